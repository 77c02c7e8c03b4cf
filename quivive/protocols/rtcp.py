"""RTP Control Protocol (RFC 3550, 6): a row per packet of a report, with the names that sources give themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.wire_text import plain
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, BYE, APP = range(200, 205)
NAMES = {
    SENDER_REPORT: "sender report", RECEIVER_REPORT: "receiver report", DESCRIPTION: "source description", BYE: "bye",
    APP: "application", 205: "transport feedback", 206: "payload feedback", 207: "extended report",
}  # fmt: skip
CNAME = 1
MAX_PACKETS = 16
"""Packets of one datagram: real ones hold two or three."""

MAX_ITEMS = 64
"""Items of one source description."""

RTCP = Table("rtcp", "Reports on media streams: one row per packet.", (
    *STAMP,
    IS_ORIG,
    Field("rtcp_packet", "text", "What the packet is: sender report, receiver report, source description, bye ..."),
    Field("rtcp_ssrc", "int64", "Number by which the sender of the report calls itself."),
    Field("rtcp_cname", "text", "Lasting name of the source, mostly user@host.", personal="person"),
    Field("rtcp_sent_packets", "int64", "Media packets the sender has sent, as it says.", "packets"),
    Field("rtcp_sent_bytes", "int64", "Media bytes the sender has sent, as it says.", "bytes"),
))  # fmt: skip


class Rtcp(Protocol):
    """RTCP, and the open head of SRTCP."""

    name = "rtcp"
    title = "RTP Control Protocol"
    spec = "RFC 3550, 6"
    carriers = (Carrier.UDP,)
    ports = (5005,)
    signatures = tuple(Signature(f"{first}?{kind}", minimum=8) for first in "89a" for kind in ("c8", "c9", "ca"))
    tables = (RTCP,)
    family = "voice"
    head_bytes = 256

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A report that is just as long as its number of blocks says, or packets that fill the datagram."""
        if len(payload) < 8 or payload[0] >> 6 != 2 or payload[1] not in NAMES:
            return Match.NO
        words, n_blocks = int.from_bytes(payload[2:4], "big"), payload[0] & 0x1F
        fixed = {SENDER_REPORT: 6, RECEIVER_REPORT: 1}.get(payload[1])
        if fixed is not None and words == fixed + 6 * n_blocks and 4 * words + 4 <= len(payload):
            return Match.YES
        return Match.YES if sum(len(packet) for packet in packets(payload)) == len(payload) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the packets of one datagram; media on the same port is left out."""
        for packet in packets(cursor.rest()):
            yield RTCP, {"is_orig": side == Side.ORIGINATOR, **_fields(packet)}


def packets(payload: bytes) -> list[bytes]:
    """Return the packets that stand one after another, up to what is none (SRTCP's trailer, or ciphertext)."""
    found: list[bytes] = []
    at = 0
    while at + 8 <= len(payload) and len(found) < MAX_PACKETS and payload[at] >> 6 == 2 and payload[at + 1] in NAMES:
        end = at + 4 + 4 * int.from_bytes(payload[at + 2 : at + 4], "big")
        if end > len(payload) or end < at + 8:
            break
        found.append(payload[at:end])
        at = end
    return found


def _fields(packet: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {"rtcp_packet": NAMES[packet[1]], "rtcp_ssrc": int.from_bytes(packet[4:8], "big")}
    if packet[1] == SENDER_REPORT and len(packet) >= 28:
        row["rtcp_sent_packets"] = int.from_bytes(packet[20:24], "big")
        row["rtcp_sent_bytes"] = int.from_bytes(packet[24:28], "big")
    elif packet[1] == DESCRIPTION:
        row["rtcp_cname"] = _cname(packet)
    return row


def _cname(packet: bytes) -> str | None:
    """Return the lasting name in the first chunk."""
    at = 8
    for _ in range(MAX_ITEMS):
        if at + 2 > len(packet) or packet[at] == 0:
            return None
        value = packet[at + 2 : at + 2 + packet[at + 1]]
        if packet[at] == CNAME:
            return plain(value)
        at += 2 + packet[at + 1]
    return None
