"""Wireless LAN data frames."""

from __future__ import annotations

from hypothesis import given

from quivive.kit.layer import NOTHING
from quivive.layers.ieee80211 import IEEE80211
from quivive.messages.carried import LLC_FRAME
from tests.layers import SNAP_PACKET, Read, altered, cuts_stay_inside, read

# data to the distribution system; duration; three addresses; sequence 1, fragment 0
DATA = bytes.fromhex("08 01 0000 020000000001 020000000002 020000000003 1000") + SNAP_PACKET
# QoS data between bridges, with HT control: four addresses, QoS control
LONGEST = (
    bytes.fromhex("88 83 0000 020000000001 020000000002 020000000003 1000 020000000004 0000 00000000") + SNAP_PACKET
)
# QoS data whose control says aggregate; receiver, sender, 28 bytes, packet; then padding and the next
AGGREGATE = (
    bytes.fromhex("88 01 0000 020000000001 020000000002 020000000003 1000 8000 020000000003 020000000002 001c")
    + SNAP_PACKET
    + b"next"
)


def test_packet_behind_three_addresses_is_found():
    assert read(IEEE80211, DATA) == Read(LLC_FRAME, SNAP_PACKET)


def test_packet_behind_four_addresses_qos_and_ht_control_is_found():
    assert read(IEEE80211, LONGEST) == Read(LLC_FRAME, SNAP_PACKET)


def test_packet_behind_a_padded_header_is_found():
    assert read(
        IEEE80211, bytes.fromhex("88 01 0000 020000000001 020000000002 020000000003 1000 0000 0000") + SNAP_PACKET
    ) == Read(LLC_FRAME, SNAP_PACKET)


def test_first_packet_of_an_aggregate_is_found():
    assert read(IEEE80211, AGGREGATE) == Read(LLC_FRAME, SNAP_PACKET)


def test_fields_with_swapped_bytes_are_read():
    assert read(
        IEEE80211, bytes.fromhex("01 08 0000 020000000001 020000000002 020000000003 0010") + SNAP_PACKET
    ) == Read(LLC_FRAME, SNAP_PACKET)


def test_encrypted_frame_leads_nowhere():
    assert read(
        IEEE80211, bytes.fromhex("08 41 0000 020000000001 020000000002 020000000003 1000") + SNAP_PACKET
    ) == Read(NOTHING)


def test_frame_without_data_leads_nowhere():
    assert read(
        IEEE80211, bytes.fromhex("48 01 0000 020000000001 020000000002 020000000003 1000") + SNAP_PACKET
    ) == Read(NOTHING)


def test_later_fragment_leads_nowhere():
    assert read(
        IEEE80211, bytes.fromhex("08 01 0000 020000000001 020000000002 020000000003 1100") + SNAP_PACKET
    ) == Read(NOTHING)


def test_beacon_leads_nowhere():
    assert read(
        IEEE80211, bytes.fromhex("80 00 0000 020000000001 020000000002 020000000003 1000") + SNAP_PACKET
    ) == Read(NOTHING)


def test_every_cut_stays_inside():
    cuts_stay_inside(IEEE80211, LONGEST)


@given(altered(LONGEST))
def test_noise_stays_inside(noise):
    read(IEEE80211, noise)
