"""QUIC Initials, against the sample of RFC 9001, Appendix A."""

from __future__ import annotations

from random import Random

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quivive.demo import hello, names, quic
from quivive.demo.tape import Tape

SAMPLE_ID = bytes.fromhex("8394c8f03e515708")


def test_keys_are_those_of_the_rfc():
    assert quic.keys(SAMPLE_ID, b"client in") == (
        bytes.fromhex("1f369613dd76d5467730efcbe3b1a22d"),
        bytes.fromhex("fa044b2f42a3fd3b46fb255c"),
        bytes.fromhex("9f50449e04a0e810283a1e9933adedd2"),
    )


def test_an_initial_opens_with_those_keys_and_holds_the_hello():
    greets = hello.client_hello(Random(3), hello.QUIC_BROWSER, "www.example.org", b"\1" * 8)
    packet = quic.initial(quic._crypto(greets), (SAMPLE_ID, b"\1" * 8), b"client in", SAMPLE_ID)
    key, nonce, mask_key = quic.keys(SAMPLE_ID, b"client in")
    bare = quic.masked(packet, 26, mask_key)
    assert len(packet) == 1200
    assert bare[:28] == bytes.fromhex("c1 00000001 08 8394c8f03e515708 08 0101010101010101 00 4496 0000")
    frames = AESGCM(key).decrypt(nonce, bare[28:], bare[:28])
    assert frames[4 : 4 + len(greets)] == greets
    assert not any(frames[4 + len(greets) :])


def test_a_session_begins_with_full_datagrams_both_ways():
    tape = Tape(Random(1))
    quic.session(tape, (names.PCS[0], names.VIDEO), names.VIDEO.name, 10**18, (2, 3))
    sizes = [len(frame) - 42 for _, frame in tape.in_order()]
    assert sizes[:2] == [1200, 1200]
    assert len(sizes) == 3 + 2 * (1 + 3)
