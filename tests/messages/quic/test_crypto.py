"""The protection of Initial packets, against the samples of RFC 9001 and RFC 9369."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quic.crypto import draft_of, initial_keys, open_initial, salt_of
from tests.protocols.quic_builder import (
    CLIENT_CRYPTO,
    CLIENT_INITIAL,
    SALT_29,
    SALT_Q050,
    SALT_V1,
    SAMPLE_ID,
    SERVER_INITIAL,
    SERVER_PLAIN,
    V1,
    V2,
    crypto,
    initial,
)

PLAIN = bytes(20)


RFC_KEYS = [  # key, iv and header key: RFC 9001, A.1; RFC 9369, A.1
    (V1, True, "1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c 9f50449e04a0e810283a1e9933adedd2"),
    (V1, False, "cf3a5331653c364c88f0f379b6067e37 0ac1493ca1905853b0bba03e c206b8d9b9f0f37644430b490eeaa314"),
    (V2, True, "8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f 45b95e15235d6f45a6b19cbcb0294ba9"),
]


@pytest.mark.parametrize(("version", "is_client", "expected"), RFC_KEYS)
def test_keys_are_those_of_the_rfc(version, is_client, expected):
    key, iv, header = map(bytes.fromhex, expected.split())
    keys = initial_keys(version, SAMPLE_ID, is_client=is_client)
    assert keys.body.encrypt(bytes(12), PLAIN, None) == AESGCM(key).encrypt(bytes(12), PLAIN, None)
    assert keys.iv.to_bytes(12, "big") == iv
    assert keys.header.algorithm.key == header


def test_the_clients_sample_is_the_one_printed():
    assert len(CLIENT_INITIAL) == 1200
    assert CLIENT_INITIAL[:38].hex() == (
        "c000000001088394c8f03e5157080000449e7b9aec34"  # the protected header
        "d1b1c98dd7689fb8ec11d242b123dc9b"  # what the header's mask is made of
    )


def test_the_clients_sample_opens():
    keys = initial_keys(V1, SAMPLE_ID, is_client=True)
    plain = open_initial(CLIENT_INITIAL, 18, keys)
    assert plain == CLIENT_CRYPTO + bytes(1162 - len(CLIENT_CRYPTO))


def test_the_servers_sample_opens():
    keys = initial_keys(V1, SAMPLE_ID, is_client=False)
    assert open_initial(SERVER_INITIAL, 18, keys) == SERVER_PLAIN


def test_a_packet_of_version_2_opens():
    packet = initial(crypto(b"hello"), version=V2)
    assert open_initial(packet, 18, initial_keys(V2, SAMPLE_ID, is_client=True)).startswith(crypto(b"hello"))


@pytest.mark.parametrize("is_client", [True, False])
def test_other_keys_do_not_open_it(is_client):
    other = initial_keys(V1, b"\0" * 8 if is_client else SAMPLE_ID, is_client=is_client)
    assert open_initial(CLIENT_INITIAL, 18, other) is None


def test_a_packet_cut_short_does_not_open():
    keys = initial_keys(V1, SAMPLE_ID, is_client=True)
    assert all(open_initial(CLIENT_INITIAL[:size], 18, keys) is None for size in range(18, 1200))


@given(at=st.integers(0, len(SERVER_INITIAL) - 1), bit=st.integers(0, 7))
def test_no_bit_may_be_wrong(at, bit):
    odd = bytearray(SERVER_INITIAL)
    odd[at] ^= 1 << bit
    assert open_initial(bytes(odd), 18, initial_keys(V1, SAMPLE_ID, is_client=False)) is None


@pytest.mark.parametrize(
    ("version", "draft", "salt"),
    [
        (1, 0, SALT_V1),
        (0xFF000022, 34, SALT_V1),
        (0xFF000021, 33, SALT_V1),
        (0xFF000020, 32, SALT_29),
        (0xFF00001D, 29, SALT_29),
        (0xFF00001C, 28, bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")),
        (0xFF000016, 22, bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a")),
        (0xFF000015, 21, None),
        (0xFF000023, 35, None),
        (0xFACEB002, 27, bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")),
        (0x51303530, 0, SALT_Q050),
        (0x0A1A2A3A, 0, None),
    ],
)
def test_every_draft_has_its_salt(version, draft, salt):
    assert (draft_of(version), salt_of(version)) == (draft, salt)
    assert (initial_keys(version, b"", is_client=True) is None) == (salt is None)
