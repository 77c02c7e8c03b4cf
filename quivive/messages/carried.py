"""What a header carries, for layers whose own fields say it in a way they share: by ethertype, by content, by tag.

A layer reads one header at a time; `read` in each file of layers/ returns what it carries as (claim, start, stop, tag).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16
from quivive.kit.layer import ETHERTYPE, LINK, NOTHING, PPP, claim

Bytes = NDArray[np.uint8]

ETHERNET = claim(LINK, 1)
IPV4 = claim(ETHERTYPE, 0x0800)
IPV6 = claim(ETHERTYPE, 0x86DD)
LLC_FRAME = claim(ETHERTYPE, 0)
"""An 802.2 LLC header begins: what follows an 802.3 length in place of an ethertype."""
PPP_FRAME = claim(PPP, 0)
"""A PPP frame begins, at its address field where it has one, else at its protocol number."""

ANY_ETHERTYPE = claim(ETHERTYPE, 0)
LOWEST_ETHERTYPE, LONGEST_8023 = 0x0600, 1500  # IEEE 802.3, 3.2.6: a number between them is neither type nor length
TRANSPARENT_ETHERNET, PPP_IN_ETHERTYPE = 0x6558, 0x880B  # RFC 1701; RFC 2637, 4.1
ETHERNET_BYTES, IPV4_BYTES, IPV6_BYTES = 14, 20, 40


@kernel
def by_ethertype(value: int) -> int:
    """Return the claim of a protocol type field that holds an ethertype; NOTHING where the number is none."""
    if value == TRANSPARENT_ETHERNET:
        return ETHERNET
    if value == PPP_IN_ETHERTYPE:
        return PPP_FRAME
    return ANY_ETHERTYPE | value if value >= LOWEST_ETHERTYPE else NOTHING


@kernel
def after_tag(data: Bytes, at: int, stop: int) -> tuple[int, int, int]:
    """Return claim, start and stop of what follows the ethertype or 802.3 length at `at`; the caller has checked it."""
    value = be16(data, at)
    if value >= LOWEST_ETHERTYPE:
        return ANY_ETHERTYPE | value, at + 2, stop
    if value <= LONGEST_8023:
        return LLC_FRAME, at + 2, min(stop, at + 2 + value)
    return NOTHING, at + 2, stop


@kernel
def ip_at(data: Bytes, at: int, stop: int) -> int:
    """Return the claim of the IP header at `at`; NOTHING where version, header size and total length contradict."""
    left = stop - at
    if left >= IPV4_BYTES and data[at] >> 4 == 4:
        header, total = (np.int64(data[at]) & 15) * 4, be16(data, at + 2)
        # Zero: the sender's card segments (TSO) and fills it in later.
        return IPV4 if header >= IPV4_BYTES and (total == 0 or total >= header) else NOTHING
    if left >= IPV6_BYTES and data[at] >> 4 == 6:
        return IPV6
    return NOTHING


@kernel
def ip_bytes(data: Bytes, at: int, stop: int) -> int:
    """Return how long the IP packet at `at` says it is, 0 where there is none or it does not say."""
    kind = ip_at(data, at, stop)
    if kind == IPV4:
        return be16(data, at + 2)
    length = be16(data, at + 4) if kind == IPV6 else 0
    return IPV6_BYTES + length if length else length


@kernel
def is_ethernet(data: Bytes, at: int, stop: int) -> bool:
    """Return whether an Ethernet header may well stand at `at`: a single sender, and a type that fits what follows."""
    inner = at + ETHERNET_BYTES
    if inner + 4 > stop or data[at + 6] & 1:
        return False
    value = be16(data, at + 12)
    if value == 0x0800 or value == 0x86DD:
        return ip_at(data, inner, stop) == (ANY_ETHERTYPE | value)
    if value == 0x0806:
        return be16(data, inner) == 1
    if value <= LONGEST_8023:  # a service access point is the same at both ends but for its lowest bit
        return value >= 3 and inner + value <= stop and data[inner] | 1 == data[inner + 1] | 1
    return (
        value == 0x8100 or value == 0x88A8 or 0x8847 <= value <= 0x8848 or 0x8863 <= value <= 0x8864 or value == 0x88CC
    )


# What Linux's cooked captures say of the device (linux/if_arp.h), where it decides how the packet begins.
FRAME_RELAY, WIRELESS, PRISM, RADIOTAP, NETLINK = 770, 801, 802, 803, 824
FRAME_RELAY_LINK, WIRELESS_LINK, PRISM_LINK, RADIOTAP_LINK = (claim(LINK, kind) for kind in (107, 105, 119, 127))
LLC_PROTOCOL = 0x0004  # linux/if_ether.h: ETH_P_802_2


@kernel
def by_device(hardware: int, protocol: int) -> int:
    """Return the claim of what follows a cooked header that names a device type (ARPHRD_) and a protocol."""
    if hardware == NETLINK:
        return NOTHING
    if hardware == FRAME_RELAY:
        return FRAME_RELAY_LINK
    if hardware == WIRELESS:
        return WIRELESS_LINK
    if hardware == PRISM:
        return PRISM_LINK
    if hardware == RADIOTAP:
        return RADIOTAP_LINK
    return LLC_FRAME if protocol == LLC_PROTOCOL else by_ethertype(protocol)
