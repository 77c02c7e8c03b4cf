"""Remote Authentication Dial In User Service (RFC 2865, RFC 2866, RFC 5176): one row per message."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.wire_text import ipv4_text, ipv6_text, plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES, IDENTITIES

HEAD = struct.Struct(">BBH16s")
MAX_BYTES = 4096
"""Of a message (RFC 2865, 3)."""

CODES = {
    1: "Access-Request",
    2: "Access-Accept",
    3: "Access-Reject",
    4: "Accounting-Request",
    5: "Accounting-Response",
    11: "Access-Challenge",
    12: "Status-Server",
    13: "Status-Client",
    40: "Disconnect-Request",
    41: "Disconnect-ACK",
    42: "Disconnect-NAK",
    43: "CoA-Request",
    44: "CoA-ACK",
    45: "CoA-NAK",
}
REQUESTS = (1, 4, 40, 43)

USER_NAME, PASSWORD, CHAP, VENDOR, STATUS, EAP, VLAN = 1, 2, 3, 26, 40, 79, 81
TEXT = {
    USER_NAME: "user",
    11: "radius_filter",
    18: "radius_reply_text",
    30: "called_station",
    31: "calling_station",
    32: "nas_identifier",
    44: "acct_session_id",
    77: "radius_connect_text",
    87: "nas_port_id",
}
ADDRESS = {4: "nas_addr", 8: "framed_addr", 95: "nas_addr", 168: "framed_addr"}
NUMBER = {5: "nas_port", 42: "acct_received_bytes", 43: "acct_sent_bytes", 46: "acct_session_s"}
GIGAWORDS = {52: "acct_received_bytes", 53: "acct_sent_bytes"}
"""How often the counts of bytes have passed 2**32 (RFC 2869, 5.1)."""

STATUSES = {1: "Start", 2: "Stop", 3: "Interim-Update", 7: "Accounting-On", 8: "Accounting-Off"}
PORT_TYPE, TERMINATION = 61, 49
PORT_TYPES = {0: "Async", 1: "Sync", 2: "ISDN", 5: "Virtual", 15: "Ethernet", 16: "xDSL", 17: "Cable",
              18: "Wireless", 19: "Wireless 802.11"}  # fmt: skip
CAUSES = (
    "", "User Request", "Lost Carrier", "Lost Service", "Idle Timeout", "Session Timeout", "Admin Reset",
    "Admin Reboot", "Port Error", "NAS Error", "NAS Request", "NAS Reboot", "Port Unneeded", "Port Preempted",
    "Port Suspended", "Service Unavailable", "Callback", "User Error", "Host Request",
)  # fmt: skip

MICROSOFT = 311
EAP_RESPONSE, EAP_IDENTITY = 2, 1

RADIUS = Table("radius", "Who asked for access to the network, from where, and how it went: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("radius_code", "text", "Kind of message: Access-Request, Access-Accept and others."),
    Field("radius_id", "int16", "Number that ties a response to its request."),
    USER,
    Field("radius_auth", "text", "How the user proves to be the user: PAP, CHAP, MS-CHAP, EAP; no proof is kept."),
    Field("calling_station", "text", "Where the user comes from: a hardware address or telephone number.", "", "host"),
    Field("called_station", "text", "What the user connects to: a hardware address with the network's name, a number."),
    Field("nas_addr", "text", "Address of the switch, access point or gateway that asks."),
    Field("nas_identifier", "text", "Name of the switch, access point or gateway that asks."),
    Field("nas_port", "int64", "Number of the port at which the user is."),
    Field("nas_port_id", "text", "Name of the port at which the user is."),
    Field("nas_port_type", "text", "Kind of the port: Ethernet, Wireless 802.11, Virtual and others."),
    Field("framed_addr", "text", "Address given to the user's machine."),
    Field("radius_vlan", "text", "Virtual network that the user is put in."),
    Field("radius_filter", "text", "Name of the filter that is laid on the user."),
    Field("radius_reply_text", "text", "What the server tells the user."),
    Field("radius_connect_text", "text", "What is said of the connection, such as its speed."),
    Field("acct_status", "text", "What is accounted for: Start, Interim-Update, Stop and others."),
    Field("acct_session_id", "text", "Number of the session accounted for."),
    Field("acct_session_s", "int64", "Seconds that the session has lasted.", "s"),
    Field("acct_received_bytes", "int64", "Bytes received from the user.", "bytes"),
    Field("acct_sent_bytes", "int64", "Bytes sent to the user.", "bytes"),
    Field("acct_termination", "text", "Why the session ended."),
    Field("radius_vendors", "ints", "Numbers of the vendors whose own attributes are there (IANA enterprise numbers)."),
))  # fmt: skip


class Radius(Protocol):
    """RADIUS authentication, accounting and dynamic authorization."""

    name = "radius"
    title = "Remote Authentication Dial In User Service"
    spec = "RFC 2865"
    carriers = (Carrier.UDP,)
    ports = (1812, 1813, 1645, 1646, 3799)
    # A code, and a length below 4096.
    signatures = tuple(Signature(f"{code:02x}??0?", minimum=HEAD.size) for code in CODES)
    tables = (RADIUS,)
    family = "management"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A known code, a length within the datagram, and attributes that fill it."""
        size = int.from_bytes(payload[2:4], "big")
        if not payload or payload[0] not in CODES or not HEAD.size <= size <= min(len(payload), MAX_BYTES):
            return Match.NO
        attributes, cut_at = read_attributes(payload[:size])
        if cut_at >= 0 or (payload[0] in REQUESTS and not attributes):
            return Match.NO
        return Match.YES if size == len(payload) else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; what stands behind its length is padding."""
        payload = cursor.rest()
        if len(payload) < HEAD.size:
            raise Malformed("message is shorter than its head", len(payload))
        code, number, size, _ = HEAD.unpack_from(payload)
        if not HEAD.size <= size <= min(len(payload), MAX_BYTES):
            raise Malformed("message length is out of range", 2)
        attributes, cut_at = read_attributes(payload[:size])
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "radius_code": CODES.get(code, f"code {code}"),
            "radius_id": number,
            **attribute_fields(attributes),
        }
        yield RADIUS, row
        if "user" in row and code in REQUESTS:
            yield IDENTITIES, _identity(row)
        if cut_at >= 0:
            yield ANOMALIES, {"place": self.name, "anomaly": "attribute has a wrong length", "offset_bytes": cut_at}


def read_attributes(payload: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Return the attributes in order, and the byte where one has a wrong length, or -1."""
    attributes: list[tuple[int, bytes]] = []
    at = HEAD.size
    while at < len(payload) and len(attributes) < LIST_ITEMS:
        size = payload[at + 1] if at + 1 < len(payload) else 0
        if size < 2 or at + size > len(payload):
            return attributes, at
        attributes.append((payload[at], payload[at + 2 : at + size]))
        at += size
    return attributes, -1


def attribute_fields(attributes: list[tuple[int, bytes]]) -> dict[str, Any]:
    """Return what the attributes say; a value of the wrong size says nothing."""
    row: dict[str, Any] = {}
    eap, vendors = b"", set()
    for kind, value in attributes:
        if kind in TEXT:
            row.setdefault(TEXT[kind], plain(value.rstrip(b"\0")))
        elif kind in ADDRESS and len(value) in (4, 16):
            row.setdefault(ADDRESS[kind], ipv4_text(value) if len(value) == 4 else ipv6_text(value))
        elif len(value) == 4 and kind != VENDOR:
            _read_number(kind, int.from_bytes(value, "big"), row)
        elif kind == EAP:
            eap += value
        elif kind == VENDOR:
            vendors.add(int.from_bytes(value[:4], "big"))
        if kind == VLAN:
            row["radius_vlan"] = plain(value[1:] if value[:1] < b"\x20" else value)
    if vendors:
        row["radius_vendors"] = sorted(vendors)
    if eap and "user" not in row:
        row |= _eap_identity(eap)
    return row | _auth_fields({kind for kind, _ in attributes}, vendors)


def _read_number(kind: int, number: int, row: dict[str, Any]) -> None:
    if kind in NUMBER:
        row[NUMBER[kind]] = row.get(NUMBER[kind], 0) + number
    elif kind in GIGAWORDS:
        row[GIGAWORDS[kind]] = row.get(GIGAWORDS[kind], 0) + (number << 32)
    elif kind == STATUS:
        row["acct_status"] = STATUSES.get(number, f"status {number}")
    elif kind == PORT_TYPE:
        row["nas_port_type"] = PORT_TYPES.get(number, f"type {number}")
    elif kind == TERMINATION:
        row["acct_termination"] = CAUSES[number] if 0 < number < len(CAUSES) else f"cause {number}"


def _eap_identity(eap: bytes) -> dict[str, Any]:
    """Return the user whom an EAP identity names (RFC 3748, 5.1)."""
    size = int.from_bytes(eap[2:4], "big")
    is_identity = len(eap) > 5 and eap[0] == EAP_RESPONSE and eap[4] == EAP_IDENTITY
    return {"user": plain(eap[5:size].partition(b"\0")[0])} if is_identity else {}


def _auth_fields(kinds: set[int], vendors: set[int]) -> dict[str, Any]:
    """Return how the user proves to be the user."""
    if EAP in kinds:
        return {"radius_auth": "EAP"}
    if PASSWORD in kinds:
        return {"radius_auth": "PAP"}
    if CHAP in kinds:
        return {"radius_auth": "CHAP"}
    return {"radius_auth": "MS-CHAP"} if MICROSOFT in vendors and USER_NAME in kinds and STATUS not in kinds else {}


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "protocol": "radius",
        "user": row["user"],
        "identity_kind": "machine" if row["user"].startswith("host/") else "user",
        "identity_addr": row.get("framed_addr"),
        "identity_evidence": row["radius_code"],
    }
