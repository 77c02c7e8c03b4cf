"""Internet Control Message Protocol for IPv4 (RFC 792) and IPv6 (RFC 4443, RFC 4861): one row per message."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.icmp_words import ICMP_NAMES, icmp_name, icmp_reason
from quivive.messages.neighbor import option_fields
from quivive.messages.quoted_packet import quoted_fields
from quivive.messages.setup_fields import NAME_SERVERS, ROUTES, SEARCH_DOMAINS
from quivive.messages.wire_text import ipv4_text, ipv6_text
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table

HEAD_BYTES = 8
"""Type, code, checksum and four bytes that each type uses in its own way."""

LEAST_BYTES = 4
FIRST_V6_INFORMATION = 128
"""ICMPv6 numbers what is no error from here on (RFC 4443, 2.1); ICMP has none of these numbers."""

FRAGMENTATION_NEEDED = 4
DIGEST_BYTES = 8
NEIGHBOR_DISCOVERY = range(133, 138)
ID_AND_SEQUENCE = struct.Struct(">HH")

ICMP = Table("icmp", "Control messages of IPv4 and IPv6: pings, errors, routers, neighbors; one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("icmp_type", "int16", "Number of the message's type."),
    Field("icmp_code", "int16", "Number that tells the type's cases apart."),
    Field("icmp_name", "text", "What the type is called: echo request, destination unreachable."),
    Field("icmp_reason", "text", "What the code means, where the type has codes."),
    Field("icmp_echo_id", "int32", "Identifier that ties echo requests to replies."),
    Field("icmp_seq", "int32", "Sequence number of an echo."),
    Field("payload_bytes", "int64", "Bytes of data behind the message's header.", "bytes"),
    Field("payload_digest", "text", "BLAKE2b digest of the data, 8 bytes in hexadecimal: equal data show as equal."),
    Field("quoted_src_addr", "text", "Source address of the packet that an error speaks of."),
    Field("quoted_src_port", "int32", "Source port of the packet that an error speaks of."),
    Field("quoted_dst_addr", "text", "Destination address of the packet that an error speaks of."),
    Field("quoted_dst_port", "int32", "Destination port of the packet that an error speaks of."),
    Field("quoted_transport", "int16", "IP protocol number of the packet that an error speaks of."),
    Field("gateway_addr", "text", "Router that a redirect or advertisement names."),
    Field("link_mtu_bytes", "int64", "Largest packet that the link or path can carry.", "bytes"),
    Field("neighbor_addr", "text", "Address that a neighbor discovery message is about."),
    Field("neighbor_mac", "text", "Hardware address that a neighbor discovery message gives."),
    Field("router_lifetime_s", "int32", "Seconds for which a router offers itself; 0 where it withdraws.", "s"),
    Field("prefixes", "texts", "Networks that a router announces as on its link."),
    ROUTES,
    NAME_SERVERS,
    SEARCH_DOMAINS,
    Field("multicast_groups", "texts", "Multicast groups that are listened to or asked for."),
))  # fmt: skip


class Icmp(Protocol):
    """ICMP and ICMPv6; which of them, the carrier says."""

    name = "icmp"
    title = "Internet Control Message Protocol"
    spec = "RFC 792"
    carriers = (Carrier.ICMP, Carrier.ICMPV6)
    # The IP header has said that it is ICMP, whatever it says; the probe only refuses what is no message at all.
    signatures = ("????????",)
    tables = (ICMP,)
    family = "control"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.transport = self.flow.five_tuple.transport

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A checksum or neighbor options that are right; the checksum of ICMPv6 takes in addresses unseen here."""
        if len(payload) < LEAST_BYTES:
            return Match.NO
        if len(payload) < HEAD_BYTES:
            return Match.UNSURE
        is_icmp = payload[0] in ICMP_NAMES and checksum(payload) == 0
        return Match.YES if is_icmp or _is_neighbor(payload) else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        if len(payload) < LEAST_BYTES:
            raise Malformed("message is cut short", len(payload))
        number, code = payload[0], payload[1]
        is_v6 = self.transport == Carrier.ICMPV6 or (self.transport != Carrier.ICMP and number >= FIRST_V6_INFORMATION)
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "icmp_type": number,
            "icmp_code": code,
            "icmp_name": icmp_name(number, is_v6=is_v6),
            "icmp_reason": icmp_reason(number, code, is_v6=is_v6),
        }
        read = (ICMPV6_READERS if is_v6 else ICMP_READERS).get(number, _data_fields)
        yield ICMP, row | read(payload)


def _is_neighbor(payload: bytes) -> bool:
    """Return whether this is a neighbor discovery message that gives a hardware address."""
    if payload[0] not in NEIGHBOR_DISCOVERY or payload[1]:
        return False
    try:
        return "neighbor_mac" in ICMPV6_READERS[payload[0]](payload)
    except Malformed:
        return False


def checksum(payload: bytes) -> int:
    """Return the Internet checksum of a message (RFC 1071), 0 where the one it bears is right."""
    if len(payload) % 2:
        payload += b"\0"
    total = sum(struct.unpack(f">{len(payload) // 2}H", payload))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def _data_fields(payload: bytes) -> dict[str, Any]:
    data = payload[HEAD_BYTES:]
    return {"payload_bytes": len(data), "payload_digest": hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()}


def _echo(payload: bytes) -> dict[str, Any]:
    if len(payload) < HEAD_BYTES:
        return {}
    echo_id, sequence = ID_AND_SEQUENCE.unpack_from(payload, 4)
    return {"icmp_echo_id": echo_id, "icmp_seq": sequence} | _data_fields(payload)


def _error(payload: bytes) -> dict[str, Any]:
    row = _data_fields(payload) | quoted_fields(payload, HEAD_BYTES, is_v6=False)
    if payload[:2] == bytes((3, FRAGMENTATION_NEEDED)) and len(payload) >= HEAD_BYTES:
        row["link_mtu_bytes"] = int.from_bytes(payload[6:8], "big")
    return row


def _redirect(payload: bytes) -> dict[str, Any]:
    row = _error(payload)
    if len(payload) >= HEAD_BYTES:
        row["gateway_addr"] = ipv4_text(payload[4:8])
    return row


def _router(payload: bytes) -> dict[str, Any]:
    """Read an ICMP router advertisement (RFC 1256)."""
    row: dict[str, Any] = {}
    if len(payload) >= HEAD_BYTES:
        row["router_lifetime_s"] = int.from_bytes(payload[6:8], "big")
    if len(payload) >= HEAD_BYTES + 4:
        row["gateway_addr"] = ipv4_text(payload[8:12])
    return row


def _error_v6(payload: bytes) -> dict[str, Any]:
    row = _data_fields(payload) | quoted_fields(payload, HEAD_BYTES, is_v6=True)
    if payload[0] == 2 and len(payload) >= HEAD_BYTES:
        row["link_mtu_bytes"] = int.from_bytes(payload[4:8], "big")
    return row


def _solicitation(payload: bytes) -> dict[str, Any]:
    return option_fields(payload, 8)


def _router_v6(payload: bytes) -> dict[str, Any]:
    if len(payload) < 16:
        raise Malformed("router advertisement is cut short", len(payload))
    return {"router_lifetime_s": int.from_bytes(payload[6:8], "big")} | option_fields(payload, 16)


def _neighbor(payload: bytes) -> dict[str, Any]:
    if len(payload) < 24:
        raise Malformed("neighbor message is cut short", len(payload))
    return {"neighbor_addr": ipv6_text(payload[8:24])} | option_fields(payload, 24)


def _redirect_v6(payload: bytes) -> dict[str, Any]:
    if len(payload) < 40:
        raise Malformed("redirect is cut short", len(payload))
    ends = {"gateway_addr": ipv6_text(payload[8:24]), "neighbor_addr": ipv6_text(payload[24:40])}
    return ends | option_fields(payload, 40)


def _listener(payload: bytes) -> dict[str, Any]:
    """Read a listener message of one group (RFC 2710)."""
    if len(payload) < 24:
        raise Malformed("listener message is cut short", len(payload))
    return {"multicast_groups": [ipv6_text(payload[8:24])]}


def _listeners(payload: bytes) -> dict[str, Any]:
    """Read a listener report of many groups (RFC 3810, 5.2)."""
    groups, at = [], HEAD_BYTES
    for _ in range(min(int.from_bytes(payload[6:8], "big"), LIST_ITEMS)):
        if at + 20 > len(payload):
            raise Malformed("listener report is cut short", at)
        groups.append(ipv6_text(payload[at + 4 : at + 20]))
        at += 20 + 4 * payload[at + 1] + 16 * int.from_bytes(payload[at + 2 : at + 4], "big")
    return {"multicast_groups": groups}


Reader = Callable[[bytes], dict[str, Any]]

ICMP_READERS: dict[int, Reader] = (
    dict.fromkeys((0, 8, 13, 14, 15, 16, 17, 18), _echo)
    | dict.fromkeys((3, 4, 11, 12), _error)
    | {5: _redirect, 9: _router}
)  # fmt: skip
ICMPV6_READERS: dict[int, Reader] = (
    dict.fromkeys((128, 129), _echo)
    | dict.fromkeys((1, 2, 3, 4), _error_v6)
    | dict.fromkeys((130, 131, 132), _listener)
    | dict.fromkeys((135, 136), _neighbor)
    | {133: _solicitation, 134: _router_v6, 137: _redirect_v6, 143: _listeners}
)
