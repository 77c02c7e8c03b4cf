"""Suites, and records that are cut or noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.tls.protection import (
    BULK,
    RECORD_BYTES,
    Authenticated,
    Deflated,
    Maced,
    Suite,
    of_traffic_secret,
    suite_of,
)


@pytest.mark.parametrize(
    ("code", "suite"),
    [
        (0x002F, Suite("AES_128_CBC", "sha1", "sha256", 16, 16)),
        (0xC024, Suite("AES_256_CBC", "sha384", "sha384", 32, 16)),
        (0x0003, Suite("RC4_40", "md5", "sha256", 5, 0)),
        (0x0008, Suite("DES40_CBC", "sha1", "sha256", 5, 8)),
        (0x003B, Suite("NULL", "sha256", "sha256", 0, 0)),
        (0x009D, Suite("AES_256_GCM", "", "sha384", 32, 0)),
        (0x1301, Suite("AES_128_GCM", "", "sha256", 16, 0)),
        (0x1305, Suite("AES_128_CCM_8", "", "sha256", 16, 0)),
        (0xC09C, Suite("AES_128_CCM", "", "sha256", 16, 0)),
        (0xCCA8, Suite("CHACHA20_POLY1305", "", "sha256", 32, 0)),
        (0xC050, None),  # ARIA
        (0x00FF, None),
        (0xFEED, None),
    ],
)
def test_suite_is_read_off_its_name(code, suite):
    assert suite_of(code) == suite


ALL = [Suite(cipher, "sha1", "sha256", *sizes) for cipher, sizes in BULK.items() if "40" not in cipher]


@pytest.mark.parametrize("suite", ALL, ids=lambda suite: suite.cipher)
@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0303])
def test_noise_never_authenticates(suite, is_last, version):
    for size in (0, 1, 15, 16, 20, 36, 48, 64):
        keys = (b"m" * 20, bytes(range(suite.key_bytes)), bytes(suite.block_bytes))
        assert Maced(suite, version, keys, mac_is_last=is_last).open(23, version, bytes(range(size))) is None


@given(st.binary(max_size=64), st.integers(20, 24))
def test_noise_never_authenticates_under_a_traffic_secret(noise, kind):
    suite = suite_of(0x1302)
    assert of_traffic_secret(suite, b"s" * 48).open(kind, 0x0303, noise) is None
    assert Authenticated("AES_128_CCM_8", b"k" * 16, b"salt", is_tls13=False).open(kind, 0x0303, noise) is None


class Clear:
    """Stands for keys that open everything."""

    def open(self, kind, version, body):
        return kind, body


def test_compressed_records_are_one_stream_and_a_bomb_is_refused():
    import zlib

    stream = zlib.compressobj()
    first = stream.compress(b"hello " * 3) + stream.flush(zlib.Z_SYNC_FLUSH)
    second = stream.compress(b"hello " * 3) + stream.flush(zlib.Z_SYNC_FLUSH)
    third = stream.compress(bytes(RECORD_BYTES + 1)) + stream.flush(zlib.Z_SYNC_FLUSH)
    opened = Deflated(Clear())
    assert [opened.open(23, 0x0303, one) for one in (first, second)] == [(23, b"hello " * 3)] * 2
    assert opened.open(23, 0x0303, third) is None
    assert Deflated(Clear()).open(23, 0x0303, b"\xff\xff noise") is None
