"""Dynamic Host Configuration Protocol and BOOTP (RFC 2131, RFC 2132): one row per message."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.neighbor import names_in
from quivive.messages.setup_fields import (
    ASSIGNED_ADDR,
    BOOT_FILE,
    CLIENT_FQDN,
    CLIENT_MAC,
    HOST_NAME,
    LEASE_S,
    NAME_SERVERS,
    PARAMETER_LIST,
    RELAY_INTERFACE,
    ROUTES,
    SEARCH_DOMAINS,
    USER_CLASS,
    VENDOR_CLASS,
)
from quivive.messages.wire_text import DOT, escape, glimpse, ipv4_text, mac_text, plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES, IDENTITIES

HEAD = struct.Struct(">BBBBIHH4s4s4s4s16s64s128s")
COOKIE = b"\x63\x82\x53\x63"
NO_ADDR = bytes(4)

MESSAGES = dict(
    enumerate(
        (
            "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM", "FORCERENEW",
            "LEASEQUERY", "LEASEUNASSIGNED", "LEASEUNKNOWN", "LEASEACTIVE", "BULKLEASEQUERY", "LEASEQUERYDONE",
            "ACTIVELEASEQUERY", "LEASEQUERYSTATUS", "TLS",
        ),
        1,
    )
)  # fmt: skip
BOOT = {1: "BOOTREQUEST", 2: "BOOTREPLY"}
"""What a message is called that has no message type: it is plain BOOTP (RFC 951)."""

PAD, OVERLOAD, MESSAGE_TYPE, PARAMETERS, CLIENT_ID, FQDN, RELAY, END = 0, 52, 53, 55, 61, 81, 82, 255
USER_CLASSES, DOMAINS, CLASSLESS_ROUTES, OLD_ROUTES = 77, 119, 121, 249
CIRCUIT_ID, REMOTE_ID = 1, 2
MAX_OPTIONS = 256
"""Options of one message: there are 254 numbers, and few are repeated."""

ADDRESS = {1: "subnet_mask", 50: "requested_addr", 54: "dhcp_server_addr"}
ADDRESSES = {3: "routers", 6: "name_servers", 42: "time_servers"}
TEXT = {12: "host_name", 15: "dhcp_domain", 56: "dhcp_error_text", 60: "vendor_class", 66: "boot_server",
        67: "boot_file", 252: "proxy_config_url"}  # fmt: skip
LEASE = 51

DHCP = Table("dhcp", "How machines got IPv4 addresses and what they say of themselves: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("dhcp_message", "text", "Kind of message: DISCOVER, OFFER, REQUEST, ACK, or BOOTREQUEST without one."),
    Field("dhcp_xid", "int64", "Number that ties the messages of one assignment together."),
    CLIENT_MAC,
    Field("client_id", "text", "Identifier that a client chose: a hardware address, else hexadecimal."),
    Field("client_addr", "text", "Address that the client has already."),
    Field("requested_addr", "text", "Address that the client asks for."),
    ASSIGNED_ADDR,
    Field("dhcp_server_addr", "text", "Server that offers or is chosen."),
    Field("relay_addr", "text", "First relay on the way to the server."),
    RELAY_INTERFACE,
    Field("relay_remote_id", "text", "What a relay says of the client's end of the circuit."),
    HOST_NAME,
    CLIENT_FQDN,
    VENDOR_CLASS,
    USER_CLASS,
    PARAMETER_LIST,
    LEASE_S,
    Field("subnet_mask", "text", "Mask of the network that the client is put in."),
    Field("routers", "texts", "Routers that the client is told to use."),
    NAME_SERVERS,
    Field("time_servers", "texts", "Time servers that the client is told to use."),
    ROUTES,
    Field("dhcp_domain", "text", "Domain that the client is put in."),
    SEARCH_DOMAINS,
    Field("boot_server", "text", "Server that the client is told to start from."),
    BOOT_FILE,
    Field("proxy_config_url", "text", "Where the client is told to find its proxy settings."),
    Field("dhcp_error_text", "text", "Why a server refuses or a client declines, in words."),
))  # fmt: skip


class Dhcp(Protocol):
    """DHCP and BOOTP."""

    name = "dhcp"
    title = "Dynamic Host Configuration Protocol"
    spec = "RFC 2131"
    carriers = (Carrier.UDP,)
    ports = (67, 68, 4011)
    # The cookie of DHCP; the operation and hardware type of plain BOOTP.
    signatures = (Signature(COOKIE, offset=236), Signature("0?0106", minimum=HEAD.size))
    tables = (DHCP,)
    family = "name"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A cookie where it belongs; without one an operation and few hops."""
        if len(payload) < HEAD.size or payload[0] not in BOOT:
            return Match.NO
        if payload[HEAD.size : HEAD.size + 4] == COOKIE:
            return Match.YES
        return Match.UNSURE if payload[2] <= 16 and payload[3] <= 16 else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        if len(payload) < HEAD.size:
            raise Malformed("message is shorter than its head", len(payload))
        operation, _, mac_bytes, _, xid, _, _, *addresses, hardware, sname, file = HEAD.unpack_from(payload)
        options, cut_at = all_options(payload, sname, file)
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "dhcp_message": _message_name(operation, options),
            "dhcp_xid": xid,
        }
        if 0 < mac_bytes <= 16:
            row["client_mac"] = mac_text(hardware[:mac_bytes])
        names = ("client_addr", "assigned_addr", None, "relay_addr")
        row |= {name: ipv4_text(addr) for name, addr in zip(names, addresses, strict=True) if name and addr != NO_ADDR}
        row |= _boot_fields(sname, file, options) | option_fields(options)
        yield DHCP, row
        if "host_name" in row and operation == 1:
            yield IDENTITIES, _identity(row)
        if cut_at >= 0:
            yield ANOMALIES, {"place": self.name, "anomaly": "option is cut short", "offset_bytes": cut_at}


def _message_name(operation: int, options: dict[int, bytes]) -> str:
    if MESSAGE_TYPE in options:
        number = int.from_bytes(options[MESSAGE_TYPE][:1], "big")
        return MESSAGES.get(number, f"message {number}")
    return BOOT.get(operation, f"operation {operation}")


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    """Return who the client says it is, with the address it has or wants."""
    return {
        "protocol": "dhcp",
        "workstation": row["host_name"],
        "identity_kind": "machine",
        "identity_addr": row.get("requested_addr") or row.get("client_addr"),
        "identity_evidence": row["dhcp_message"],
    }


def all_options(payload: bytes, sname: bytes, file: bytes) -> tuple[dict[int, bytes], int]:
    """Return the options behind the cookie and in fields that lend them room, and the byte where one is cut short."""
    options: dict[int, bytes] = {}
    if payload[HEAD.size : HEAD.size + 4] != COOKIE:
        return options, -1
    cut_at = read_options(payload, HEAD.size + 4, options)
    lent = int.from_bytes(options.get(OVERLOAD, b"")[:1], "big")
    for bit, field in ((1, file), (2, sname)):
        if lent & bit:
            read_options(field, 0, options)
    return options, cut_at


def read_options(payload: bytes, at: int, options: dict[int, bytes]) -> int:
    """Add options from `at` on, the parts of a long one joined (RFC 3396); returns where one is cut short, or -1."""
    for _ in range(MAX_OPTIONS):
        while at < len(payload) and payload[at] == PAD:
            at += 1
        if at >= len(payload) or payload[at] == END:
            return -1
        stop = at + 2 + payload[at + 1] if at + 1 < len(payload) else len(payload) + 1
        if stop > len(payload):
            return at
        options[payload[at]] = options.get(payload[at], b"") + payload[at + 2 : stop]
        at = stop
    return at


def option_fields(options: dict[int, bytes]) -> dict[str, Any]:
    """Return what the options say; a value of the wrong size says nothing."""
    row: dict[str, Any] = {name: ipv4_text(options[k]) for k, name in ADDRESS.items() if len(options.get(k, b"")) == 4}
    row |= {name: _addresses(options[k]) for k, name in ADDRESSES.items() if k in options}
    row |= {name: plain(options[k].rstrip(b"\0")) for k, name in TEXT.items() if k in options}
    readers = {
        PARAMETERS: ("parameter_list", lambda value: ",".join(map(str, value))),
        CLIENT_ID: ("client_id", _client_id),
        FQDN: ("client_fqdn", _fqdn),
        USER_CLASSES: ("user_class", lambda value: plain(value)),
        DOMAINS: ("search_domains", lambda value: names_in(value, 0)),
        OLD_ROUTES: ("routes", _routes),
        CLASSLESS_ROUTES: ("routes", _routes),
    }
    row |= {name: read(options[k]) for k, (name, read) in readers.items() if k in options}
    if len(options.get(LEASE, b"")) == 4:
        row["lease_s"] = int.from_bytes(options[LEASE], "big")
    return row | _relay_fields(options.get(RELAY, b""))


def _addresses(value: bytes) -> list[str]:
    return [ipv4_text(value[at : at + 4]) for at in range(0, min(len(value) - 3, 4 * LIST_ITEMS), 4)]


def _client_id(value: bytes) -> str:
    """Return a hardware address as such (RFC 2132, 9.14), anything else in hexadecimal."""
    return mac_text(value[1:]) if len(value) == 7 and value[0] == 1 else value[:64].hex()


def _fqdn(value: bytes) -> str:
    """Return the name behind flags and two obsolete bytes (RFC 4702); in labels where the flag says so."""
    is_in_labels = len(value) > 3 and value[0] & 0x04
    return ".".join(names_in(value, 3)[:1]) if is_in_labels else escape(value[3:], DOT).replace("\\x2e", ".")


def _routes(value: bytes) -> list[str]:
    """Return classless routes as network/prefix via router (RFC 3442)."""
    routes: list[str] = []
    at = 0
    while at < len(value) and len(routes) < LIST_ITEMS:
        prefix, size = value[at], (value[at] + 7) // 8
        if prefix > 32 or at + 1 + size + 4 > len(value):
            break
        network, router = value[at + 1 : at + 1 + size].ljust(4, b"\0"), value[at + 1 + size : at + 5 + size]
        routes.append(f"{ipv4_text(network)}/{prefix} via {ipv4_text(router)}")
        at += 5 + size
    return routes


def _relay_fields(value: bytes) -> dict[str, Any]:
    """Return what a relay added (RFC 3046): text where it is printable, else hexadecimal."""
    row: dict[str, Any] = {}
    at = 0
    while at + 2 <= len(value):
        content = value[at + 2 : at + 2 + value[at + 1]]
        if value[at] in (CIRCUIT_ID, REMOTE_ID):
            name = "relay_interface" if value[at] == CIRCUIT_ID else "relay_remote_id"
            row[name] = plain(content) if content.isascii() and content.decode().isprintable() else glimpse(content)
        at += 2 + value[at + 1]
    return row


def _boot_fields(sname: bytes, file: bytes, options: dict[int, bytes]) -> dict[str, Any]:
    """Return server and file to start from where the head's own fields are used for them."""
    lent = int.from_bytes(options.get(OVERLOAD, b"")[:1], "big")
    row = {}
    for bit, name, field in ((1, "boot_file", file), (2, "boot_server", sname)):
        text = field.partition(b"\0")[0]
        if text and not lent & bit:
            row[name] = plain(text)
    return row
