"""Whose an address is."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from quivive.flows.places import OwnNetworks, Place
from quivive.model.errors import UsageError


def place(address, *own):
    high, low = struct.unpack(">qq", ipaddress.ip_address(address).packed.rjust(16, b"\0"))
    return OwnNetworks(own).place(high, low | 0xFFFF << 32 if "." in address else low)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.31.255.255", "192.168.0.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"]
)
def test_inner_addresses_are_own_and_in_no_registry(address):
    assert place(address) == Place(is_own=True, registered=None)


@pytest.mark.parametrize(
    "address", ["172.32.0.0", "192.169.0.1", "100.128.0.0", "192.0.2.1", "198.18.0.1", "2001:db8::1", "224.0.0.251"]
)
def test_addresses_just_outside_inner_ranges_are_not_own(address):
    assert not place(address).is_own


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "198.19.255.255", "255.255.255.255", "ff02::fb", "0.0.0.0", "::", "2001:db8::1"]
)
def test_what_nobody_is_assigned_has_no_country(address):
    assert place(address).registered is None


def test_told_ranges_replace_the_inner_ones():
    assert place("192.0.2.9", "192.0.2.0/28").is_own
    assert not place("192.0.2.16", "192.0.2.0/28").is_own
    assert not place("10.0.0.1", "192.0.2.0/28").is_own
    assert place("2001:db8::5", "2001:db8::/64").is_own


def test_an_assigned_address_has_its_registry_country():
    assert place("193.0.6.139").registered == "NL"  # RIPE NCC's own web site


@pytest.mark.parametrize("text", ["10.0.0.0/33", "office", "10.0.0.0/8/8"])
def test_what_is_no_range_is_refused_with_the_mend(text):
    with pytest.raises(UsageError, match="write a range"):
        OwnNetworks([text])
