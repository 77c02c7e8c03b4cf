"""Frames, header by header, with right lengths and checksums (RFC 791, 8200, 768, 9293, 792, 826)."""

from __future__ import annotations

import ipaddress
import struct
from functools import lru_cache

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
IPV4_TYPE, ARP_TYPE, VLAN_TYPE, IPV6_TYPE = 0x0800, 0x0806, 0x8100, 0x86DD
SHORTEST_FRAME = 60
"""Ethernet pads to 64 bytes, of which a capture leaves out the 4 of the check sequence."""

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
DONT_FRAGMENT = 0x4000


@lru_cache(maxsize=4096)
def packed(address: str) -> bytes:
    """Return the 4 or 16 bytes of an address."""
    return ipaddress.ip_address(address).packed


@lru_cache(maxsize=4096)
def hardware(address: str) -> bytes:
    """Return the 6 bytes of an Ethernet address written with colons."""
    return bytes.fromhex(address.replace(":", ""))


def checksum(*parts: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of parts that, but for the last, have even length.

    2**16 is 1 modulo 0xffff, so the sum of 16-bit words is the whole number modulo 0xffff.
    """
    data = b"".join(parts)
    if len(data) % 2:
        data += b"\0"
    number = int.from_bytes(data, "big")
    total = number % 0xFFFF
    if total == 0 and number:
        total = 0xFFFF
    return total ^ 0xFFFF


def ethernet(dst: str, src: str, ether_type: int, payload: bytes, vlan: int | None = None) -> bytes:
    """Return a frame, tagged (802.1Q) where a VLAN is given, padded to the shortest length."""
    tag = b"" if vlan is None else struct.pack("!HH", VLAN_TYPE, vlan)
    frame = hardware(dst) + hardware(src) + tag + struct.pack("!H", ether_type) + payload
    return frame.ljust(SHORTEST_FRAME, b"\0")


def arp(operation: int, sender: tuple[str, str], target: tuple[str, str]) -> bytes:
    """Return an ARP packet: 1 asks, 2 answers; each end is (Ethernet address, IPv4 address)."""
    head = struct.pack("!HHBBH", 1, IPV4_TYPE, 6, 4, operation)
    return head + hardware(sender[0]) + packed(sender[1]) + hardware(target[0]) + packed(target[1])


def ipv4(src: str, dst: str, protocol: int, payload: bytes, *, ttl: int = 64, ident: int = 0) -> bytes:
    """Return an IPv4 packet that must not be fragmented."""
    total = 20 + len(payload)
    ends = packed(src) + packed(dst)
    head = struct.pack("!BBHHHBBH", 0x45, 0, total, ident & 0xFFFF, DONT_FRAGMENT, ttl, protocol, 0)
    return head[:10] + struct.pack("!H", checksum(head, ends)) + ends + payload


def ipv6(src: str, dst: str, protocol: int, payload: bytes, *, hop_limit: int = 64) -> bytes:
    """Return an IPv6 packet without extension headers."""
    return struct.pack("!IHBB", 0x60000000, len(payload), protocol, hop_limit) + packed(src) + packed(dst) + payload


def _sealed(src: str, dst: str, protocol: int, message: bytes, at: int) -> bytes:
    """Return the message with the checksum over it and its pseudo-header written at a byte."""
    ends = packed(src) + packed(dst)
    value = checksum(ends, struct.pack("!IHBB", len(message), 0, 0, protocol), message)
    if protocol == UDP and value == 0:
        value = 0xFFFF  # in UDP zero says that there is no checksum
    return message[:at] + struct.pack("!H", value) + message[at + 2 :]


def udp(src: str, sport: int, dst: str, dport: int, payload: bytes) -> bytes:
    """Return a UDP datagram."""
    return _sealed(src, dst, UDP, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload, 6)


def tcp(ends: tuple[str, int, str, int], seq: int, ack: int, flags: int, payload: bytes, *,
        window: int = 64240, options: bytes = b"") -> bytes:  # fmt: skip
    """Return a TCP segment; ends are (source address, source port, destination address, destination port)."""
    src, sport, dst, dport = ends
    size = (20 + len(options)) << 10
    head = struct.pack("!HHIIHHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, size | flags, window, 0, 0)
    return _sealed(src, dst, TCP, head + options + payload, 16)


def icmp_echo(kind: int, ident: int, sequence: int, payload: bytes) -> bytes:
    """Return an ICMP echo request (8) or reply (0)."""
    message = struct.pack("!BBHHH", kind, 0, 0, ident, sequence) + payload
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmpv6(src: str, dst: str, kind: int, body: bytes) -> bytes:
    """Return an ICMPv6 message."""
    return _sealed(src, dst, ICMPV6, struct.pack("!BBH", kind, 0, 0) + body, 2)
