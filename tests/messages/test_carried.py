"""What headers carry."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, claim
from quivive.messages.carried import (
    ETHERNET,
    IPV4,
    IPV6,
    LLC_FRAME,
    PPP_FRAME,
    after_tag,
    by_device,
    by_ethertype,
    ip_at,
    ip_bytes,
    is_ethernet,
)

# 192.0.2.1 to 192.0.2.2, 20 bytes, nothing behind the header (protocol 59)
IPV4_PACKET = "4500 0014 0001 0000 40 3b 0000 c0000201 c0000202"
# 2001:db8::1 to 2001:db8::2, 8 bytes said to follow
IPV6_PACKET = "60000000 0008 3b 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
ADDRESSES = "020000000002 020000000001"
START = np.int64(0)


def ask(kernel, text, *, cut=0):
    data = np.frombuffer(bytearray(bytes.fromhex(text)), np.uint8)
    return kernel(data, START, np.int64(data.size - cut))


def test_ethertype_is_its_own_claim():
    assert by_ethertype(np.int64(0x0806)) == claim(ETHERTYPE, 0x0806)


def test_bridging_and_ppp_have_claims_of_their_own():
    assert (by_ethertype(np.int64(0x6558)), by_ethertype(np.int64(0x880B))) == (ETHERNET, PPP_FRAME)


def test_number_below_the_lowest_ethertype_is_none():
    assert by_ethertype(np.int64(0x05FF)) == NOTHING


def test_lowest_ethertype_is_one():
    assert by_ethertype(np.int64(0x0600)) == claim(ETHERTYPE, 0x0600)


def test_longest_length_leads_to_llc():
    assert ask(after_tag, "05dc 42") == (LLC_FRAME, 2, 3)


def test_number_beyond_the_longest_length_is_neither():
    assert ask(after_tag, "05dd 42") == (NOTHING, 2, 3)


def test_length_leaves_padding_out():
    assert ask(after_tag, "0001 42 00") == (LLC_FRAME, 2, 3)


def test_ipv4_is_told_by_version_and_lengths():
    assert (ask(ip_at, IPV4_PACKET), ask(ip_bytes, IPV4_PACKET)) == (IPV4, 20)


def test_ipv6_is_told_by_version_alone():
    assert (ask(ip_at, IPV6_PACKET), ask(ip_bytes, IPV6_PACKET)) == (IPV6, 48)


def test_jumbo_packet_does_not_say_its_length():
    assert ask(ip_bytes, IPV6_PACKET.replace("0008", "0000")) == 0


def test_cut_headers_are_none():
    assert (ask(ip_at, IPV4_PACKET, cut=1), ask(ip_at, IPV6_PACKET, cut=1)) == (NOTHING, NOTHING)


def test_header_longer_than_the_packet_is_none():
    assert ask(ip_at, IPV4_PACKET.replace("4500", "4600")) == NOTHING


def test_frame_with_a_packet_is_ethernet():
    assert ask(is_ethernet, f"{ADDRESSES} 0800 {IPV4_PACKET}")


def test_frame_whose_type_its_packet_belies_is_not_ethernet():
    assert not ask(is_ethernet, f"{ADDRESSES} 0800 {IPV6_PACKET}")


def test_frame_from_a_group_is_not_ethernet():
    assert not ask(is_ethernet, f"020000000002 030000000001 0800 {IPV4_PACKET}")


def test_address_resolution_is_ethernet():
    assert ask(is_ethernet, f"{ADDRESSES} 0806 0001 0800")


def test_spanning_tree_is_ethernet():
    assert ask(is_ethernet, f"{ADDRESSES} 0007 4242 03 00000000")


def test_length_beyond_the_end_is_not_ethernet():
    assert not ask(is_ethernet, f"{ADDRESSES} 0008 4242 03 00000000")


def test_tagged_frame_is_ethernet():
    assert ask(is_ethernet, f"{ADDRESSES} 8100 0001 0800")


def test_unknown_type_is_not_ethernet():
    assert not ask(is_ethernet, f"{ADDRESSES} 1234 0001 0800")


def test_wireless_devices_lead_to_their_link_types():
    found = [by_device(np.int64(device), np.int64(0x0800)) for device in (770, 801, 802, 803)]
    assert found == [claim(LINK, kind) for kind in (107, 105, 119, 127)]


def test_other_devices_are_told_by_their_protocol():
    assert by_device(np.int64(1), np.int64(0x0800)) == IPV4


@given(st.binary(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_noise_raises_nothing(noise, a, b):
    data = np.frombuffer(bytearray(noise), np.uint8)
    start, stop = np.int64(min(a, b, data.size)), np.int64(min(max(a, b), data.size))
    assert ip_at(data, start, stop) in (NOTHING, IPV4, IPV6)
    assert ip_bytes(data, start, stop) >= 0
    assert is_ethernet(data, start, stop) in (True, False)
