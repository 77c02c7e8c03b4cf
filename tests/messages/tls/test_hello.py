"""The hellos of TLS: what is offered, what is chosen, and what breaks them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.tls.hello import ClientHello, ServerHello, read_client_hello, read_server_hello
from quivive.model.errors import Malformed
from tests.protocols.tls_builder import (
    RANDOM,
    SESSION,
    TLS12,
    TLS13,
    algorithms,
    alpn,
    client_hello,
    extension,
    formats,
    groups,
    numbers,
    server_hello,
    server_name,
    vector,
    versions,
)

GREASE = 0x1A1A
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446, 4.1.3
OFFER = client_hello(
    extension(GREASE),
    server_name("www.example.org"),
    groups(GREASE, 29, 23),
    formats(0, 1),
    algorithms(0x0403, 0x0804),
    alpn(b"h2", b"http/1.1"),
    versions(GREASE, TLS13, TLS12),
    extension(57, b"\1\2"),
)


def test_everything_offered_is_read():
    assert read_client_hello(OFFER) == ClientHello(
        legacy_version=TLS12,
        version=TLS13,
        session_id=SESSION,
        ciphers=numbers(0x1301, 0xC02F),
        extensions=(GREASE, 0, 10, 11, 13, 16, 43, 57),
        groups=numbers(GREASE, 29, 23),
        formats=b"\0\1",
        algorithms=numbers(0x0403, 0x0804),
        server_name="www.example.org",
        alpn=(b"h2", b"http/1.1"),
        transport_parameters=b"\1\2",
    )


def test_a_hello_without_extensions_is_whole():
    hello = client_hello(ciphers=(0x002F,), session=b"", version=0x0301)
    assert read_client_hello(hello) == ClientHello(0x0301, 0x0301, b"", numbers(0x002F))


def test_the_name_is_kept_as_sent():
    assert read_client_hello(client_hello(server_name("WWW.Exämple"))).server_name == "WWW.Exämple"
    odd = extension(0, vector(2, b"\0" + vector(2, b"a\xff")))
    assert read_client_hello(client_hello(odd)).server_name == "a\\xff"


def test_an_empty_name_extension_names_nobody():
    hello = read_client_hello(client_hello(extension(0)))
    assert (hello.server_name, hello.extensions) == (None, (0,))


def test_dtls_counts_its_versions_downwards():
    hello = client_hello(versions(0xFEFD, 0xFEFC), version=0xFEFD)
    assert read_client_hello(hello).version == 0xFEFC


def test_versions_that_mean_nothing_leave_the_old_field():
    assert read_client_hello(client_hello(versions(GREASE))).version == TLS12
    assert read_client_hello(client_hello(extension(43))).version == TLS12


def test_an_extension_that_goes_too_far_is_a_fault_and_those_before_it_stand():
    hello = client_hello(server_name("a.example"), numbers(16, 9) + b"\0")
    read = read_client_hello(hello)
    assert (read.server_name, read.extensions) == ("a.example", (0,))
    assert read.fault == "extension goes beyond its block"


def test_a_block_that_goes_too_far_is_a_fault():
    hello = bytearray(client_hello(server_name("a.example")))
    hello[38 + 16 + 5] = 0xFF  # the block's length
    assert read_client_hello(bytes(hello)).fault == "extensions go beyond the hello"


def test_an_odd_number_of_suite_bytes_is_malformed():
    hello = numbers(TLS12) + RANDOM + b"\0" + vector(2, b"\0\1\2") + b"\1\0"
    with pytest.raises(Malformed, match="odd length"):
        read_client_hello(hello)


def test_a_choice_is_read():
    hello = server_hello(alpn(b"h2"), extension(0x3374, b"\2h2\10http/1.1"), extension(43, numbers(TLS13)),
                         extension(51, numbers(29) + bytes(34)), cipher=0x1301, session=b"\7")  # fmt: skip
    assert read_server_hello(hello) == ServerHello(
        legacy_version=TLS12,
        version=TLS13,
        session_id=b"\7",
        cipher=0x1301,
        extensions=(16, 0x3374, 43, 51),
        alpn=(b"h2",),
        npn=(b"h2", b"http/1.1"),
        group=29,
    )


def test_a_retry_is_told_by_its_random():
    assert read_server_hello(server_hello(random=RETRY)).is_retry
    assert not read_server_hello(server_hello(random=RETRY[:-1] + b"\0")).is_retry


def test_drafts_left_out_session_and_compression():
    hello = numbers(0x7F12) + RANDOM + numbers(0x1301) + vector(2, extension(40, numbers(23)))
    assert read_server_hello(hello) == ServerHello(0x7F12, 0x7F12, b"", 0x1301, (40,), group=23)


@pytest.mark.parametrize("read", [read_client_hello, read_server_hello])
def test_cut_anywhere_it_is_read_or_refused(read):
    for size in range(len(OFFER)):
        try:
            read(OFFER[:size])
        except Malformed:
            pass


@pytest.mark.parametrize("read", [read_client_hello, read_server_hello])
@given(head=st.binary(max_size=45), tail=st.binary(max_size=80))
def test_noise_is_read_or_refused(read, head, tail):
    try:
        read(head + OFFER[len(head) :][:40] + tail)
    except Malformed:
        pass
