"""Hellos in the form of SSL 2.0."""

import pytest

from quivive.messages.tls.hello import ClientHello, ServerHello
from quivive.messages.tls.ssl2 import (
    UNSAID,
    Shown,
    chosen_suite,
    message_size,
    read_client_hello,
    read_server_hello,
)
from quivive.model.errors import Malformed

CLIENT = bytes.fromhex(
    "01 0301 0009 0000 0010"  # CLIENT-HELLO, TLS 1.0, 9 bytes of suites, no session, 16 of challenge
    "000004 00000a 010080"  # two suites of TLS, one of SSL 2.0
    "00112233445566778899aabbccddeeff"
)
SERVER = bytes.fromhex(
    "04 00 01 0002 0003 0003 0010"  # SERVER-HELLO, no session hit, X.509, SSL 2.0, sizes
    "303132"  # certificate, shortened
    "010080"
    "00112233445566778899aabbccddeeff"
)


def test_a_client_may_offer_tls_in_it():
    assert read_client_hello(CLIENT) == ClientHello(0x0301, 0x0301, b"", bytes.fromhex("0004000a"), is_ssl2=True)


def test_a_server_shows_its_certificate():
    assert read_server_hello(SERVER) == Shown(ServerHello(2, 2, b"", UNSAID, ()), b"012")


def test_the_client_chooses_the_suite():
    assert chosen_suite(bytes.fromhex("02 010080 0000 0080 0008")) == 0x010080


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ("802e 01 0002", 48),
        ("8103 01 0303", 261),
        ("802e 04 0001", 48),
        ("802e 02 0100", 48),
        ("002e 01 0002", 0),  # three bytes of length: encrypted
        ("802e 01 0001", 0),
        ("802e 01 0305", 0),
        ("802e 05 0002", 0),
        ("802e 01 00", 0),
    ],
)
def test_a_message_is_told_by_its_first_bytes(head, size):
    assert message_size(bytes.fromhex(head)) == size


@pytest.mark.parametrize("read", [read_client_hello, read_server_hello])
@pytest.mark.parametrize("size", range(9))
def test_cut_in_its_fixed_part_it_is_malformed(read, size):
    with pytest.raises(Malformed):
        read((CLIENT if read is read_client_hello else SERVER)[:size])
