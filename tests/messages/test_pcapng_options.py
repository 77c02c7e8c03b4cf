import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.pcapng_options import (
    Resolution,
    options,
    read_counts,
    read_interface,
    secret_kind,
    shown_filter,
    shown_resolution,
    text,
)


def option(code, value, order):
    mark = "<" if order == "little" else ">"
    return struct.pack(f"{mark}2H", code, len(value)) + value + bytes(-len(value) % 4)


@pytest.mark.parametrize("order", ["little", "big"])
def test_options_are_read_up_to_their_end(order):
    body = option(2, b"eth0", order) + option(1, b"x", order) + option(0, b"", order) + option(3, b"not read", order)
    assert list(options(body, order)) == [(2, b"eth0"), (1, b"x")]


def test_an_option_cut_short_ends_the_list():
    body = option(2, b"eth0", "little") + option(3, b"uplink", "little")
    assert list(options(body[:-4], "little")) == [(2, b"eth0")]


def test_options_are_bounded():
    assert len(list(options(option(1, b"", "big") * 2000, "big"))) == 1024


def test_texts_end_at_a_zero_and_are_bounded():
    assert [text(b"lo\0\0"), text(b"\xff"), len(text(b"a" * 9000))] == ["lo", "\\xff", 4096]


def test_filters_are_text_or_programs():
    assert [shown_filter(b""), shown_filter(b"\0udp"), shown_filter(b"\1\0\0")] == ["", "udp", "(compiled filter)"]


def test_secrets_have_names():
    assert [secret_kind(0x544C534B), secret_kind(0x57474B4C), secret_kind(1)] == ["tls", "wireguard", "0x00000001"]


@pytest.mark.parametrize(
    ("code", "resolution", "shown"),
    [
        (0, (-1, 10**9, 1), "10^-0"),
        (6, (-1, 1000, 1), "10^-6"),
        (9, (-1, 1, 1), "10^-9"),
        (12, (-1, 1, 1000), "10^-12"),
        (28, (-1, 1, 10**19 - 2**64), "10^-28"),
        (29, (-1, 0, 2), "10^-29"),
        (0x80, (0, 1, 1), "2^-0"),
        (0xFF, (127, 1, 1), "2^-127"),
    ],
)
def test_resolutions_become_factors(code, resolution, shown):
    assert (tuple(Resolution.read(code)), shown_resolution(code)) == (resolution, shown)


def test_an_interface_without_options_counts_microseconds():
    described = read_interface(struct.pack("<2HI", 113, 0, 96), "little")
    assert described.row == (113, 96, -1, 1000, 1, 0)
    assert described.comments == []


def test_an_offset_beyond_all_time_is_held_at_its_bound():
    body = struct.pack(">2HI", 1, 0, 0) + option(14, struct.pack(">q", 1 << 40), "big")
    assert read_interface(body, "big").row == (1, 0, -1, 1000, 1, (1 << 33) * 10**9)


def test_drops_of_interface_and_system_are_added_up():
    body = b"".join(option(code, struct.pack("<Q", count), "little") for code, count in ((4, 70), (5, 3), (7, 4)))
    assert tuple(read_counts(body, "little")) == (70, 7)
    assert tuple(read_counts(option(5, b"\xff" * 8, "little"), "little")) == (0, (1 << 63) - 1)


@given(st.binary(max_size=200), st.sampled_from(["little", "big"]))
def test_noise_never_fails(noise, order):
    read_interface(noise, order)
    read_counts(noise, order)
