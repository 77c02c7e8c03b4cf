"""LISP data packets."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import REFUSED
from quivive.layers.lisp import LISP
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# nonce and instance; nonce 1; instance 2
DATA = bytes.fromhex("88 000001 000002 00") + IPV4_PACKET


def test_packet_is_found():
    assert read(LISP, DATA) == Read(IPV4, IPV4_PACKET, 2)


def test_packet_without_instance_is_found():
    assert read(LISP, bytes.fromhex("40 000000 00000001") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_nonce_and_version_at_once_are_refused():
    assert read(LISP, bytes.fromhex("90 000001 00000000") + IPV4_PACKET) == Read(REFUSED)


def test_packet_longer_than_the_datagram_is_refused():
    assert read(LISP, DATA[:-1]) == Read(REFUSED)


def test_every_cut_stays_inside():
    cuts_stay_inside(LISP, DATA)


@given(altered(DATA))
def test_noise_stays_inside(noise):
    read(LISP, noise)
