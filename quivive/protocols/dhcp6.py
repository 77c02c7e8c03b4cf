"""Dynamic Host Configuration Protocol for IPv6 (RFC 8415): one row per message, relays unwrapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row
from quivive.messages.neighbor import names_in
from quivive.messages.setup_fields import (
    BOOT_FILE,
    CLIENT_FQDN,
    CLIENT_MAC,
    LEASE_S,
    NAME_SERVERS,
    PARAMETER_LIST,
    RELAY_INTERFACE,
    SEARCH_DOMAINS,
    USER_CLASS,
    VENDOR_CLASS,
)
from quivive.messages.wire_text import glimpse, ipv6_text, mac_text, plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES, IDENTITIES

MESSAGES = dict(
    enumerate(
        (
            "SOLICIT", "ADVERTISE", "REQUEST", "CONFIRM", "RENEW", "REBIND", "REPLY", "RELEASE", "DECLINE",
            "RECONFIGURE", "INFORMATION-REQUEST", "RELAY-FORW", "RELAY-REPL", "LEASEQUERY", "LEASEQUERY-REPLY",
        ),
        1,
    )
)  # fmt: skip
RELAYED = (12, 13)
CLIENT_MESSAGES = ("SOLICIT", "REQUEST", "CONFIRM", "RENEW", "REBIND", "INFORMATION-REQUEST")

RELAYS = 8
"""Relays around one message that are followed; RFC 8415, 7.6 stops forwarding at 8 hops."""

MAX_OPTIONS = 256
"""Options of one message; some 150 numbers are assigned."""

HEAD_BYTES, RELAY_BYTES = 4, 34
"""Type and transaction id; of a relay's: type, hops, link and peer address."""

CLIENT_ID, SERVER_ID, IA_NA, IA_TA, IA_ADDR, REQUESTED, RELAY_MESSAGE, STATUS = 1, 2, 3, 4, 5, 6, 9, 13
USER_CLASSES, VENDOR, INTERFACE, SERVERS, DOMAINS, IA_PD, IA_PREFIX = 15, 16, 18, 23, 24, 25, 26
FQDN, BOOT_URL, LINK_ADDRESS = 39, 59, 79
DUID_TIME, DUID_LINK, ETHERNET = 1, 3, 1

STATUSES = ("Success", "UnspecFail", "NoAddrsAvail", "NoBinding", "NotOnLink", "UseMulticast", "NoPrefixAvail")

DHCP6 = Table("dhcp6", "How machines got their IPv6 addresses and what they say of themselves: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("dhcp6_message", "text", "Kind of message, within relays: SOLICIT, REQUEST, REPLY and others."),
    Field("dhcp6_xid", "int64", "Number that ties a request to its answer."),
    Field("client_duid", "text", "Identifier that the client keeps over all its interfaces, in hexadecimal."),
    CLIENT_MAC,
    Field("server_duid", "text", "Identifier of the server, in hexadecimal."),
    Field("ia_addrs", "texts", "Addresses asked for, offered or given."),
    Field("ia_prefixes", "texts", "Networks asked for, offered or given to a router."),
    LEASE_S,
    CLIENT_FQDN,
    VENDOR_CLASS,
    USER_CLASS,
    PARAMETER_LIST,
    NAME_SERVERS,
    SEARCH_DOMAINS,
    BOOT_FILE,
    Field("dhcp6_status", "text", "How the server judges the request."),
    Field("dhcp6_status_text", "text", "What the server adds to its judgement, in words."),
    Field("n_relays", "int16", "Relays on the way."),
    Field("link_addr", "text", "Address by which the relay next to the client names the client's link."),
    Field("peer_addr", "text", "Address from which the relay next to the client heard it."),
    RELAY_INTERFACE,
))  # fmt: skip

BROKEN = "option is cut short, or relays are too many"

Options = dict[int, list[bytes]]
"""Contents of the options by number, in order."""


class Dhcp6(Protocol):
    """DHCPv6."""

    name = "dhcp6"
    title = "Dynamic Host Configuration Protocol for IPv6"
    spec = "RFC 8415"
    carriers = (Carrier.UDP,)
    ports = (547, 546)
    # Type, transaction id and an option of low number; of a relay the hops, and the client's link-local address.
    signatures = (
        *(f"{number:02x}??????000?" for number in sorted(MESSAGES) if number not in RELAYED),
        *(f"{number:02x}0?" + "??" * 16 + "fe" for number in RELAYED),
    )
    tables = (DHCP6,)
    family = "name"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Known types all the way in, and options that fill the message."""
        row: dict[str, Any] = {}
        number, options, cut_at = unwrap(payload, row)
        if number not in MESSAGES or number in RELAYED or cut_at >= 0:
            return Match.NO
        return Match.YES if {CLIENT_ID, SERVER_ID} & options.keys() else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        if len(payload) < HEAD_BYTES:
            raise Malformed("message is shorter than its head", len(payload))
        row: dict[str, Any] = {"is_orig": side == Side.ORIGINATOR}
        number, options, cut_at = unwrap(payload, row)
        row["dhcp6_message"] = MESSAGES.get(number, f"message {number}")
        row |= _client_fields(options) | _given_fields(options) | row
        yield DHCP6, row
        if "client_fqdn" in row and row["dhcp6_message"] in CLIENT_MESSAGES:
            yield IDENTITIES, _identity(row)
        if cut_at >= 0:
            place = cut_at if row["n_relays"] == 0 else None
            yield ANOMALIES, {"place": self.name, "anomaly": BROKEN, "offset_bytes": place}


def unwrap(message: bytes, row: dict[str, Any]) -> tuple[int, Options, int]:
    """Return type and options of the innermost message, and its byte where one is cut short, or -1.

    What the relays say of the client goes into the row; the one next to the client has the last word.
    """
    for depth in range(RELAYS + 1):
        number = message[0] if message else -1
        row["n_relays"] = depth
        if number not in RELAYED:
            break
        options, cut_at = read_options(message, RELAY_BYTES)
        if cut_at >= 0 or RELAY_MESSAGE not in options:
            return number, options, cut_at
        row["link_addr"], row["peer_addr"] = ipv6_text(message[2:18]), ipv6_text(message[18:34])
        row |= {"relay_interface": printable(options[INTERFACE][0])} if INTERFACE in options else {}
        row |= _link_mac(options)
        message = options[RELAY_MESSAGE][0]
    else:
        return number, {}, 0
    row["dhcp6_xid"] = int.from_bytes(message[1:HEAD_BYTES], "big")
    return number, *read_options(message, HEAD_BYTES)


def read_options(message: bytes, at: int) -> tuple[Options, int]:
    """Return the options from `at` on, and the byte where one is cut short, or -1."""
    options: Options = {}
    for _ in range(MAX_OPTIONS):
        if at == len(message):
            return options, -1
        stop = at + 4 + int.from_bytes(message[at + 2 : at + 4], "big")
        if at + 4 > len(message) or stop > len(message):
            break
        options.setdefault(message[at] << 8 | message[at + 1], []).append(message[at + 4 : stop])
        at = stop
    return options, at


def printable(content: bytes) -> str:
    """Return text where it is some, else hexadecimal."""
    return plain(content) if content.isascii() and content.decode().isprintable() else glimpse(content)


def _link_mac(options: Options) -> dict[str, Any]:
    """Return the hardware address that a relay saw (RFC 6939)."""
    seen = options.get(LINK_ADDRESS, [b""])[0]
    return {"client_mac": mac_text(seen[2:8])} if len(seen) == 8 else {}


def _client_fields(options: Options) -> dict[str, Any]:
    """Return what the client says of itself, and which server is meant."""
    row: dict[str, Any] = {}
    if CLIENT_ID in options:
        duid = options[CLIENT_ID][0]
        row["client_duid"] = duid[:130].hex()
        row |= _duid_mac(duid)
    if SERVER_ID in options:
        row["server_duid"] = options[SERVER_ID][0][:130].hex()
    if REQUESTED in options:
        value = options[REQUESTED][0]
        numbers = (int.from_bytes(value[at : at + 2], "big") for at in range(0, min(len(value) - 1, 2 * LIST_ITEMS), 2))
        row["parameter_list"] = ",".join(map(str, numbers))
    if FQDN in options:
        row["client_fqdn"] = ".".join(names_in(options[FQDN][0] + b"\0", 1)[:1])
    if VENDOR in options:
        row["vendor_class"] = " ".join(_counted(options[VENDOR][0], 4))
    if USER_CLASSES in options:
        row["user_class"] = " ".join(_counted(options[USER_CLASSES][0], 0))
    return row


def _duid_mac(duid: bytes) -> dict[str, Any]:
    """Return the hardware address from which the client's identifier was made (RFC 8415, 11.2 and 11.4)."""
    kind, link = int.from_bytes(duid[:2], "big"), int.from_bytes(duid[2:4], "big")
    at = {DUID_TIME: 8, DUID_LINK: 4}.get(kind, len(duid))
    return {"client_mac": mac_text(duid[at:])} if link == ETHERNET and len(duid) == at + 6 else {}


def _counted(value: bytes, at: int) -> list[str]:
    """Return strings that stand behind their lengths of two bytes."""
    words: list[str] = []
    while at + 2 <= len(value) and len(words) < LIST_ITEMS:
        size = int.from_bytes(value[at : at + 2], "big")
        words.append(printable(value[at + 2 : at + 2 + size]))
        at += 2 + size
    return words


def _given_fields(options: Options) -> dict[str, Any]:
    """Return what the server gives, or the client wants."""
    row: dict[str, Any] = {}
    for content in options.get(IA_NA, []) + [bytes(8) + content for content in options.get(IA_TA, [])]:
        _read_association(content, row)
    for content in options.get(IA_PD, []):
        _read_association(content, row)
    if SERVERS in options:
        value = options[SERVERS][0]
        row["name_servers"] = [ipv6_text(value[at : at + 16]) for at in range(0, len(value) - 15, 16)]
    if DOMAINS in options:
        row["search_domains"] = names_in(options[DOMAINS][0], 0)
    if BOOT_URL in options:
        row["boot_file"] = plain(options[BOOT_URL][0])
    _read_status(options, row)
    return row


def _read_association(content: bytes, row: dict[str, Any]) -> None:
    """Read the addresses and networks of one association (RFC 8415, 21.4 and 21.21)."""
    inner, _ = read_options(content, 12)
    for address in inner.get(IA_ADDR, []):
        if len(address) >= 24:
            row.setdefault("ia_addrs", []).append(ipv6_text(address[:16]))
            row.setdefault("lease_s", int.from_bytes(address[20:24], "big"))
    for prefix in inner.get(IA_PREFIX, []):
        if len(prefix) >= 25:
            row.setdefault("ia_prefixes", []).append(f"{ipv6_text(prefix[9:25])}/{prefix[8]}")
            row.setdefault("lease_s", int.from_bytes(prefix[4:8], "big"))
    _read_status(inner, row)


def _read_status(options: Options, row: dict[str, Any]) -> None:
    if STATUS in options and len(options[STATUS][0]) >= 2:
        number = int.from_bytes(options[STATUS][0][:2], "big")
        row["dhcp6_status"] = STATUSES[number] if number < len(STATUSES) else f"status {number}"
        row["dhcp6_status_text"] = plain(options[STATUS][0][2:])


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    """Return which machine speaks."""
    return {
        "protocol": "dhcp6",
        "workstation": row["client_fqdn"],
        "identity_kind": "machine",
        "identity_addr": row.get("peer_addr"),
        "identity_evidence": row["dhcp6_message"],
    }
