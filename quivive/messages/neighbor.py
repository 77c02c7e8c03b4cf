"""Neighbor discovery options of ICMPv6 (RFC 4861, RFC 8106): hardware addresses, prefixes, name servers."""

from __future__ import annotations

from typing import Any

from quivive.messages.dns.records import read_name
from quivive.messages.wire_text import ipv6_text, mac_text
from quivive.model.errors import Malformed
from quivive.model.limits import LIST_ITEMS

SOURCE_MAC, TARGET_MAC, PREFIX, MTU, ROUTE, NAME_SERVERS, SEARCH_LIST = 1, 2, 3, 5, 24, 25, 31
MAX_OPTIONS = 64
"""Options of one message: a router with 20 prefixes sends some 30, an IPv6 packet of 1,280 bytes holds 155."""


def option_fields(payload: bytes, at: int) -> dict[str, Any]:
    """Return what the options from `at` on say; an option without length or beyond the end is Malformed."""
    row: dict[str, Any] = {}
    for _ in range(MAX_OPTIONS):
        if at + 2 > len(payload):
            break
        stop = at + 8 * payload[at + 1]
        if stop == at or stop > len(payload):
            raise Malformed("neighbor discovery option has a wrong length", at)
        _read_option(payload[at], payload[at + 2 : stop], row)
        at = stop
    return row


def _read_option(kind: int, content: bytes, row: dict[str, Any]) -> None:
    if kind in (SOURCE_MAC, TARGET_MAC):
        row.setdefault("neighbor_mac", mac_text(content[:6]))
    elif kind == PREFIX and len(content) == 30:
        row.setdefault("prefixes", []).append(f"{ipv6_text(content[14:30])}/{content[0]}")
    elif kind == ROUTE and len(content) >= 6:
        row.setdefault("routes", []).append(f"{ipv6_text(content[6:22].ljust(16, bytes(1)))}/{content[0]}")
    elif kind == MTU and len(content) >= 6:
        row["link_mtu_bytes"] = int.from_bytes(content[2:6], "big")
    elif kind == NAME_SERVERS:
        addresses = [ipv6_text(content[at : at + 16]) for at in range(6, len(content) - 15, 16)]
        row.setdefault("name_servers", []).extend(addresses)
    elif kind == SEARCH_LIST:
        row.setdefault("search_domains", []).extend(names_in(content, 6))


def names_in(content: bytes, at: int) -> list[str]:
    """Return domain names that lie one after the other, without compression, up to the end or to padding."""
    names: list[str] = []
    for _ in range(LIST_ITEMS):
        if at >= len(content) or content[at] == 0:
            break
        try:
            name, at = read_name(content, at)
        except Malformed:
            break
        names.append(name)
    return names
