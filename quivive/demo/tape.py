"""The tape on which scenes leave their frames, in any order; a capture is its frames in the order of time."""

from __future__ import annotations

from collections import Counter
from random import Random

from quivive.demo import wire
from quivive.demo.names import Host

FIRST_EPHEMERAL_PORT, LAST_PORT = 49_152, 65_535  # RFC 6335, 6
FORWARD_NS = 4_000
"""How much later than sent a frame is seen."""


class Tape:
    """Frames of one capture point, and what its hosts must remember: the next IP identification and port."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.frames: list[tuple[int, bytes]] = []
        self._ident: Counter[str] = Counter()
        self._port: dict[str, int] = {}

    def frame(self, at_ns: int, frame: bytes) -> None:
        """Keep a frame, seen at a time."""
        self.frames.append((at_ns + FORWARD_NS, frame))

    def in_order(self) -> list[tuple[int, bytes]]:
        """Return all frames in the order of time; those of one moment in the order in which they were left."""
        return sorted(self.frames, key=lambda timed: timed[0])

    def port(self, host: Host) -> int:
        """Return the next port from which this host opens a conversation."""
        port = self._port.get(host.ip, self.rng.randrange(FIRST_EPHEMERAL_PORT, LAST_PORT))
        self._port[host.ip] = port + 1 if port < LAST_PORT else FIRST_EPHEMERAL_PORT
        return port

    def packet(self, at_ns: int, src: Host, dst: Host, protocol: int, message: bytes) -> None:
        """Send one transport message over IPv4."""
        self._ident[src.ip] += 1
        ident = self._ident[src.ip] + wire.checksum(wire.packed(src.ip))
        packet = wire.ipv4(src.ip, dst.ip, protocol, message, ttl=src.ttl, ident=ident)
        self.frame(at_ns, wire.ethernet(dst.mac, src.mac, wire.IPV4_TYPE, packet, src.vlan))

    def packet6(self, at_ns: int, src: Host, dst: Host, protocol: int, message: bytes) -> None:
        """Send one transport message over IPv6."""
        packet = wire.ipv6(src.ip6, dst.ip6, protocol, message, hop_limit=src.ttl)
        self.frame(at_ns, wire.ethernet(dst.mac, src.mac, wire.IPV6_TYPE, packet, src.vlan))

    def datagram(self, at_ns: int, src: tuple[Host, int], dst: tuple[Host, int], payload: bytes) -> None:
        """Send one UDP datagram between two (host, port)."""
        message = wire.udp(src[0].ip, src[1], dst[0].ip, dst[1], payload)
        self.packet(at_ns, src[0], dst[0], wire.UDP, message)

    def ask(self, at_ns: int, src: Host, dst: tuple[Host, int], exchange: tuple[bytes, bytes]) -> int:
        """Send a datagram from a new port and have it answered; return when the answer came."""
        port = self.port(src)
        answered_ns = at_ns + self.rng.randrange(250_000, 1_500_000)
        self.datagram(at_ns, (src, port), dst, exchange[0])
        self.datagram(answered_ns, dst, (src, port), exchange[1])
        return answered_ns
