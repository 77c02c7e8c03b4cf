"""Packets to columns: the fast lane, then the layers shelf in rounds, then fragments."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from quivive import layers
from quivive.flows.fragments import Fragments
from quivive.kernels import headers
from quivive.kernels.headers import FIRST_LAYER, NO_CLAIM, Packets
from quivive.kit import shelf
from quivive.kit.layer import ETHERTYPE, IP_PROTOCOL, LINK, NOTHING, REFUSED, UDP_PORT, Layer, claim
from quivive.model.limits import LAYER_DEPTH
from quivive.model.packet_buffer import PacketBuffer

FAST = np.array([claim(LINK, 1), claim(ETHERTYPE, 0x0800), claim(ETHERTYPE, 0x86DD)])


class Decoder:
    """Decodes batch after batch; fragments wait here for the rest of their datagram."""

    def __init__(self, *, link_claims: NDArray[np.uint8]) -> None:
        """link_claims: uint8 (0x20000,) ethertypes, and LLC service access points, that a protocol reads."""
        self._shelf: list[Layer] = list(shelf.load(layers, Layer).values())
        self._number = {number: k for k, layer in enumerate(self._shelf) for number in layer.claims}
        self.path_names = ("", "eth", "vlan", "ipv4", "ipv6", *(layer.name for layer in self._shelf))
        self._ip_claims, self._udp_claims = np.zeros(256, np.uint8), np.zeros(65_536, np.uint8)
        for number in self._number:
            if number >> 32 == IP_PROTOCOL:
                self._ip_claims[number & 0xFF] = 1
            elif number >> 32 == UDP_PORT:
                self._udp_claims[number & 0xFFFF] = 1
        self._link_claims = link_claims
        self._fragments = Fragments()
        self.arena = np.empty(0, np.uint8)
        """Datagrams rebuilt from fragments in the last batch; good until the next."""
        self.unknown: Counter[str] = Counter()

    def decode(self, buffer: PacketBuffer, origin: NDArray[np.int64]) -> Packets:
        """Return the columns of a batch. origin: int64 (n,) capture number << 40 | number of the packet in it."""
        n = buffer.start.size
        packets = headers.empty_packets(n)
        for name in ("start", "stop", "ts_ns", "wire_bytes"):
            getattr(packets, name)[:] = getattr(buffer, name)
        packets.origin[:] = origin
        headers.begin(packets, buffer.link_type, n)
        self._rounds(buffer.data, packets, np.arange(n))
        self.arena = np.empty(0, np.uint8)
        fragments = np.flatnonzero(packets.declined == headers.FRAGMENT)
        if fragments.size:
            self._rebuild(buffer.data, packets, fragments)
        return packets

    def troubles(self) -> list[tuple[str, int, int]]:
        """Return what went wrong with fragments, those that still wait included: reason, datagrams, bytes."""
        self._fragments.close()
        return self._fragments.take_troubles()

    def path_text(self, path: int) -> str:
        """Return a layer path as text, outermost first: eth.vlan.ipv4.gre.ipv4."""
        elements = []
        while path:
            elements.append(path & 127)
            path >>= 7
        return ".".join("..." if e == headers.PATH_MORE else self.path_names[e] for e in reversed(elements))

    def _rounds(self, data: NDArray[np.uint8], packets: Packets, todo: NDArray[np.int64]) -> None:
        for _ in range(LAYER_DEPTH):
            is_fast = np.isin(packets.claim[todo], FAST)
            if is_fast.any():
                headers.decode(
                    data, packets, todo if is_fast.all() else todo[is_fast], self._ip_claims, self._udp_claims
                )
            todo = todo[packets.claim[todo] != NO_CLAIM]
            slow = todo[~np.isin(packets.claim[todo], FAST)]
            for number in np.unique(packets.claim[slow]):
                self._layer(data, packets, int(number), slow[packets.claim[slow] == number])
            todo = todo[packets.claim[todo] != NO_CLAIM]
            if not todo.size:
                return
        self.unknown["headers within headers beyond the limit"] += todo.size
        packets.claim[todo] = NO_CLAIM

    def _layer(self, data: NDArray[np.uint8], packets: Packets, number: int, which: NDArray[np.int64]) -> None:
        """Run the layer that answers to a claim over all packets that make it."""
        if number not in self._number:
            self._without_layer(packets, number, which)
            return
        nth = self._number[number]
        n = which.size
        out = [np.full(n, value, np.int64) for value in (NOTHING, 0, 0, -1)]
        self._shelf[nth].kernel(data, packets.at[which], packets.end[which], *out)
        next_claim, next_start, next_stop, tag = out
        is_in = next_claim >= 0
        inner = which[is_in]
        packets.claim[inner], packets.at[inner] = next_claim[is_in], next_start[is_in]
        packets.end[inner], packets.path[inner] = next_stop[is_in], self._path(packets.path[inner], nth)
        known = is_in & (tag >= 0)
        packets.tag[which[known]] = tag[known]
        packets.claim[which[~is_in]] = NO_CLAIM
        ended = which[next_claim == NOTHING]
        # What a flow of its own carries (GRE, a datagram) stays that flow; what had no addresses yet ends here.
        lost = ended[packets.declined[ended] != headers.OK]
        packets.declined[lost] = headers.NOTHING_FOLLOWS
        refused = which[next_claim == REFUSED]
        self._without_layer(packets, number, refused[packets.declined[refused] != headers.OK])

    @staticmethod
    def _path(path: NDArray[np.int64], nth: int) -> NDArray[np.int64]:
        return np.where(path >= headers.PATH_FULL, path | headers.PATH_MORE, path << 7 | (FIRST_LAYER + nth))

    def _without_layer(self, packets: Packets, number: int, which: NDArray[np.int64]) -> None:
        """End the decoding of packets that no layer reads: a protocol on the link may."""
        if not which.size:
            return
        packets.claim[which] = NO_CLAIM
        space, value = number >> 32, number & 0xFFFFFFFF
        if space == LINK:
            packets.declined[which] = headers.LINK_TYPE
            self.unknown[f"link type {value} is not known"] += which.size
            return
        which = which[packets.declined[which] != headers.OK]
        slot = value if space == ETHERTYPE else 0x10000 + (value & 0xFF) if space == 6 else 0
        if 0 < slot < self._link_claims.size and self._link_claims[slot]:
            packets.declined[which], packets.tag[which] = headers.LINK_MESSAGE, slot
        elif space not in (IP_PROTOCOL, UDP_PORT):
            packets.declined[which] = headers.ETHERTYPE

    def _rebuild(self, data: NDArray[np.uint8], packets: Packets, which: NDArray[np.int64]) -> None:
        """Put fragments together; a whole datagram takes the place of the packet that completed it."""
        rebuilt = self._fragments.add(data, packets.at[which], packets.end[which], packets.ts_ns[which])
        if not rebuilt.start.size:
            return
        done = which[rebuilt.completed_by]
        packets.at[done], packets.end[done] = rebuilt.start, rebuilt.stop
        is_v4 = rebuilt.data[rebuilt.start] >> 4 == 4
        packets.claim[done] = np.where(is_v4, FAST[1], FAST[2])
        packets.path[done] >>= 7  # the IP header is named once
        self.arena = rebuilt.data
        self._rounds(rebuilt.data, packets, done)
        headers.mark_in_arena(packets, done[packets.declined[done] == headers.OK])
