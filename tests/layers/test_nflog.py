"""Linux netfilter log."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.nflog import NFLOG
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# IPv4, version 0, group 5; value 10 (prefix) of 7 bytes, padded; value 9 (payload) of 24; a value behind it
LITTLE = bytes.fromhex("02 00 0005 0700 0a00 616200 00 1800 0900") + IPV4_PACKET + bytes.fromhex("0800 0500 00000001")


def test_payload_is_found_among_values():
    assert read(NFLOG, LITTLE) == Read(IPV4, IPV4_PACKET, 5)


def test_values_in_big_endian_are_read():
    assert read(NFLOG, bytes.fromhex("0a 00 0005 002c 0009") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET, 5)


def test_value_of_no_length_leads_nowhere():
    assert read(NFLOG, bytes.fromhex("02 00 0005 0000 0a00 1800 0900") + IPV4_PACKET) == Read(NOTHING, b"", 5)


def test_thirty_one_values_before_the_payload_are_stepped_over():
    assert read(
        NFLOG, bytes.fromhex("02 00 0005") + bytes.fromhex("0400 0100") * 31 + bytes.fromhex("1800 0900") + IPV4_PACKET
    ) == Read(IPV4, IPV4_PACKET, 5)


def test_thirty_two_values_before_the_payload_are_given_up():
    assert read(
        NFLOG, bytes.fromhex("02 00 0005") + bytes.fromhex("0400 0100") * 32 + bytes.fromhex("1800 0900") + IPV4_PACKET
    ) == Read(NOTHING, b"", 5)


def test_other_families_lead_nowhere():
    assert read(NFLOG, bytes.fromhex("07 00 0005 1800 0900") + IPV4_PACKET) == Read(NOTHING, b"", 5)


def test_another_version_leads_nowhere():
    assert read(NFLOG, bytes.fromhex("02 01 0005 1800 0900") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(NFLOG, LITTLE)


@given(altered(LITTLE))
def test_noise_stays_inside(noise):
    read(NFLOG, noise)
