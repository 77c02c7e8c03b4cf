"""BSD loopback captures."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.null_loop import NULL_LOOP
from quivive.messages.carried import IPV4, IPV6
from tests.layers import IPV4_PACKET, IPV6_PACKET, Read, altered, cuts_stay_inside, read

# family 2, little-endian
LITTLE = bytes.fromhex("02000000") + IPV4_PACKET


def test_family_is_read_in_little_endian():
    assert read(NULL_LOOP, LITTLE) == Read(IPV4, IPV4_PACKET)


def test_family_is_read_in_big_endian():
    assert read(NULL_LOOP, bytes.fromhex("00000002") + IPV4_PACKET) == Read(IPV4, IPV4_PACKET)


def test_ipv6_of_netbsd_is_found():
    assert read(NULL_LOOP, bytes.fromhex("18000000") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_ipv6_of_freebsd_is_found():
    assert read(NULL_LOOP, bytes.fromhex("0000001c") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_ipv6_of_darwin_is_found():
    assert read(NULL_LOOP, bytes.fromhex("1e000000") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_ipv6_of_linux_is_found():
    assert read(NULL_LOOP, bytes.fromhex("0a000000") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_ipv6_of_windows_is_found():
    assert read(NULL_LOOP, bytes.fromhex("17000000") + IPV6_PACKET) == Read(IPV6, IPV6_PACKET)


def test_other_families_lead_nowhere():
    assert read(NULL_LOOP, bytes.fromhex("07000000") + IPV4_PACKET) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(NULL_LOOP, LITTLE)


@given(altered(LITTLE))
def test_noise_stays_inside(noise):
    read(NULL_LOOP, noise)
