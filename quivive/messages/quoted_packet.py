"""The packet that an ICMP error quotes: whose packet could not be delivered (RFC 792, RFC 4443)."""

from __future__ import annotations

from typing import Any

from quivive.messages.wire_text import ipv4_text, ipv6_text
from quivive.model.limits import IPV6_EXTENSIONS

IPV4_BYTES, IPV6_BYTES = 20, 40
FRAGMENT = 44
EXTENSIONS = {0, 43, 60, 135}
"""Headers that state their length in units of eight bytes: hop-by-hop, routing, destination, mobility."""

HAVE_PORTS = {6: "tcp", 17: "udp", 33: "dccp", 132: "sctp", 136: "udplite"}


def quoted_fields(payload: bytes, at: int, *, is_v6: bool) -> dict[str, Any]:
    """Return the five-tuple of the packet that is quoted from `at` on, as far as it goes."""
    header = _ipv6(payload, at) if is_v6 else _ipv4(payload, at)
    if header is None:
        return {}
    src, dst, protocol, next_at = header
    row: dict[str, Any] = {"quoted_src_addr": src, "quoted_dst_addr": dst, "quoted_transport": protocol}
    if protocol in HAVE_PORTS and next_at is not None and next_at + 4 <= len(payload):
        row["quoted_src_port"] = int.from_bytes(payload[next_at : next_at + 2], "big")
        row["quoted_dst_port"] = int.from_bytes(payload[next_at + 2 : next_at + 4], "big")
    return row


def _ipv4(payload: bytes, at: int) -> tuple[str, str, int, int | None] | None:
    """Return source, destination, protocol, and where its header begins: nowhere in a later fragment."""
    if at + IPV4_BYTES > len(payload) or payload[at] >> 4 != 4:
        return None
    header_bytes = max((payload[at] & 0xF) * 4, IPV4_BYTES)
    is_later_fragment = (payload[at + 6] & 0x1F) << 8 | payload[at + 7]
    next_at = None if is_later_fragment else at + header_bytes
    return ipv4_text(payload[at + 12 : at + 16]), ipv4_text(payload[at + 16 : at + 20]), payload[at + 9], next_at


def _ipv6(payload: bytes, at: int) -> tuple[str, str, int, int | None] | None:
    """Return source, destination, the protocol behind the extension headers, and where its header begins."""
    if at + IPV6_BYTES > len(payload) or payload[at] >> 4 != 6:
        return None
    src, dst = ipv6_text(payload[at + 8 : at + 24]), ipv6_text(payload[at + 24 : at + 40])
    protocol, next_at = payload[at + 6], at + IPV6_BYTES
    for _ in range(IPV6_EXTENSIONS):
        if next_at + 8 > len(payload) or protocol not in EXTENSIONS | {FRAGMENT}:
            break
        if protocol == FRAGMENT and (payload[next_at + 2] or payload[next_at + 3] & 0xF8):
            return src, dst, payload[next_at], None
        size = 8 if protocol == FRAGMENT else 8 + 8 * payload[next_at + 1]
        protocol, next_at = payload[next_at], next_at + size
    return src, dst, protocol, next_at
