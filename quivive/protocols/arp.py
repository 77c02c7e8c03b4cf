"""Address Resolution Protocol (RFC 826) and its reverse (RFC 903, RFC 2390): one row per packet."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row
from quivive.messages.wire_text import ipv4_text, mac_text
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

OPERATIONS = {
    1: "request",
    2: "reply",
    3: "reverse request",
    4: "reverse reply",
    8: "inverse request",
    9: "inverse reply",
}
"""IANA ARP parameters; the others are of links that are gone."""

ETHERNET, IPV4_TYPE = 1, 0x0800
LINKS = (ETHERNET, 6, 7, 15, 24)
"""Ethernet, IEEE 802, ARCNET, frame relay, FireWire: the links ARP is still met on."""

HEAD = struct.Struct(">HHBBH")
FIXED = struct.Struct(">HHBBH6s4s6s4s")
NO_MAC, ALL_MAC = "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"
NO_ADDR = "0.0.0.0"

ARP = Table("arp", "Who said which hardware address belongs to which network address: one row per packet.", (
    *STAMP,
    Field("arp_operation", "text", "What the packet does: request, reply, and their reverse and inverse kinds."),
    Field("sender_mac", "text", "Hardware address that the sender says is its own."),
    Field("sender_addr", "text", "Network address that the sender says is its own."),
    Field("target_mac", "text", "Hardware address of the target; empty where it is what is asked for."),
    Field("target_addr", "text", "Network address of the target, as a rule the one asked for."),
    Field("frame_mac", "text", "Hardware address that the frame itself came from; it should be the sender's."),
    Field("arp_hardware", "int32", "Kind of link (IANA ARP hardware type), 1 for Ethernet."),
    Field("is_gratuitous", "bool", "Whether sender and target address are the same: an announcement nobody asked for."),
    Field("is_address_probe", "bool", "Whether the sender has no address yet and tries whether the target's is free."),
))  # fmt: skip


class Arp(Protocol):
    """ARP and reverse ARP on any link with addresses of six bytes; others in hexadecimal."""

    name = "arp"
    title = "Address Resolution Protocol"
    spec = "RFC 826"
    carriers = (Carrier.LINK,)
    ports = (0x0806, 0x8035)
    tables = (ARP,)
    family = "name"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """The head says link, network, address lengths and operation, all of few values."""
        if len(payload) < HEAD.size:
            return Match.NO
        link, network, mac_bytes, addr_bytes, operation = HEAD.unpack_from(payload)
        is_arp = link in LINKS and network == IPV4_TYPE and mac_bytes in (1, 6, 8) and addr_bytes == 4
        return Match.YES if is_arp and operation in OPERATIONS else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one packet; what follows it is padding."""
        head = cursor.peek(FIXED.size)
        if head[4:6] == b"\x06\x04" and len(head) == FIXED.size:
            link, network, _, _, operation, *ends = FIXED.unpack(head)
            cursor.take(FIXED.size)
        else:
            link, network, mac_bytes, addr_bytes, operation = HEAD.unpack(cursor.take(HEAD.size))
            ends = [cursor.take(size) for size in (mac_bytes, addr_bytes, mac_bytes, addr_bytes)]
        cursor.rest()
        yield ARP, self._row(link, network, operation, ends)

    def _row(self, link: int, network: int, operation: int, ends: list[bytes]) -> dict[str, Any]:
        is_ipv4 = network == IPV4_TYPE and len(ends[1]) == 4
        sender_addr, target_addr = (ipv4_text(end) if is_ipv4 else end.hex() for end in (ends[1], ends[3]))
        sender_mac, target_mac = mac_text(ends[0]), mac_text(ends[2])
        row = {
            "arp_operation": OPERATIONS.get(operation, f"operation {operation}"),
            "sender_mac": sender_mac,
            "sender_addr": sender_addr,
            "target_addr": target_addr,
            "frame_mac": self.flow.five_tuple.orig_addr or None,
            "arp_hardware": link,
            "is_gratuitous": sender_addr == target_addr,
            "is_address_probe": sender_addr == NO_ADDR and operation == 1,
        }
        if target_mac not in (NO_MAC, ALL_MAC):
            row["target_mac"] = target_mac
        return row
