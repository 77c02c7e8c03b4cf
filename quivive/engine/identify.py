"""Which protocol a flow speaks: all signatures in one kernel, then the probes that were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quivive import protocols, signatures
from quivive.engine.border import shielded
from quivive.flows.track import Tracker
from quivive.kernels import signatures as kernels
from quivive.kernels.flow_row import CONFIDENCE, SERVICE
from quivive.kernels.flow_table import N_FIRST
from quivive.kernels.headers import Packets
from quivive.kernels.signatures import Asked, Signatures
from quivive.kernels.turns import BULK, PARSED, UNREAD
from quivive.kit import shelf, signature_file
from quivive.kit.protocol import SURE_BITS, Match, Protocol, Signature
from quivive.kit.signature_file import NamedProtocol
from quivive.model.errors import PluginError
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import FIRST_PAYLOADS

MAX_ASKED = 65_536
LANES = {Carrier.TCP: 0, Carrier.UDP: 1}
OTHERS = 2
BY_NUMBER = (Carrier.ICMP, Carrier.ICMPV6)
PROBE_BYTES = 2048
BY_PORT, PATTERN_AND_PORT = 1, 3


@dataclass(frozen=True)
class Service:
    """A protocol as the engine knows it: by number."""

    number: int
    name: str
    kind: type[Protocol] | NamedProtocol
    parser: type[Protocol] | None


class Catalogue:
    """Every protocol of the shelves, numbered; 0 is none."""

    def __init__(self) -> None:
        read: dict[str, type[Protocol]] = shelf.load(protocols, Protocol)
        named = signature_file.load(signatures)
        both = sorted(set(read) & set(named))
        if both:
            raise PluginError(f"{both[0]!r} is declared in protocols/ and in signatures/")
        kinds = dict(sorted((read | named).items()))
        self.services = [
            Service(number, name, kind, read.get(name)) for number, (name, kind) in enumerate(kinds.items(), 1)
        ]
        self.faults: Counter[tuple[str, str]] = Counter()
        """Faults in probes, by protocol and kind."""
        self.by_name = {service.name: service for service in self.services}
        self.names = ["", *kinds]
        self.reads = np.array([UNREAD, *(_how_read(service) for service in self.services)], np.uint8)
        self.head = np.array(
            [0, *(service.parser.head_bytes if service.parser else 0 for service in self.services)], np.int64
        )
        self.lanes = [service for service in self.services if service.parser and service.parser.has_lane]
        self.signatures = compiled(self.services)
        self.link_readers = {
            number: service
            for service in self.services
            if service.parser and Carrier.LINK in service.parser.carriers
            for number in service.parser.ports
        }

    def parser(self, number: int) -> type[Protocol] | None:
        """Return the class that reads a service."""
        return self.services[number - 1].parser if number else None

    def encrypted(self) -> tuple[str, ...]:
        """Return the names of the services whose content is hidden."""
        return tuple(service.name for service in self.services if service.kind.is_encrypted)

    def link_claims(self) -> NDArray[np.uint8]:
        """Return which ethertypes and LLC service access points a protocol reads, uint8 (0x20000,)."""
        claims = np.zeros(0x20000, np.uint8)
        claims[list(self.link_readers)] = 1
        return claims

    def server_ports(self) -> NDArray[np.uint8]:
        """Return the ports below 49152 that a protocol names, uint8 (2, 65536): datagrams, TCP."""
        ports = np.zeros((2, 65_536), np.uint8)
        for service in self.services:
            known = [port for port in service.kind.ports if 0 < port < 49_152]
            for carrier in service.kind.carriers:
                if carrier in LANES:
                    ports[int(carrier == Carrier.TCP), known] = 1
        return ports

    def guesses(self) -> NDArray[np.int64]:
        """Return the service that a port suggests, int64 (3, 65536), 0 for none; carriers as in the signatures."""
        first, entries = self.signatures.port_first, self.signatures.port_next
        return np.where(first >= 0, entries[np.maximum(first, 0), 0], 0)

    def identify_payload(self, payload: bytes, carrier: Carrier, resp_port: int, side: Side) -> int:
        """Return the service that the first bytes of a carried conversation show, 0 for none."""
        if not payload:
            return 0
        data, asked = np.frombuffer(bytearray(payload), np.uint8), empty_asked(64)
        at, size, port, zero = np.int64(0), np.int64(data.size), np.int64(resp_port), np.int64(0)
        service, confidence, count = kernels.match(
            data,
            at,
            size,
            np.int64(LANES.get(carrier, OTHERS)),
            port,
            port,
            np.int64(side),
            self.signatures,
            asked,
            zero,
            zero,
            zero,
        )
        if confidence:
            return int(service)
        for number in asked.service[:count].tolist():
            parser = self.parser(number)
            if parser and self._judged(parser, payload, side) is Match.YES:
                return int(number)
        return 0

    def identify(self, data: NDArray[np.uint8], arena: NDArray[np.uint8], packets: Packets, tracker: Tracker) -> None:
        """Name the service of every flow whose first payloads in this batch show it."""
        table, asked = tracker.table, empty_asked(MAX_ASKED)
        n = int(table.counter[N_FIRST])
        for _ in range(2 * FIRST_PAYLOADS):
            is_asked = np.zeros(table.row.shape[0], np.uint8)
            first = (table.first_flow, table.first_packet, n)
            count, n = kernels.identify(data, arena, packets, table.row, *first, self.signatures, asked, is_asked)
            self._answer(Asked(*(column[:count] for column in asked)), data, arena, packets, table.row)
            if not n:
                return

    def _answer(
        self, asked: Asked, data: NDArray[np.uint8], arena: NDArray[np.uint8], packets: Packets, row: NDArray[np.int64]
    ) -> None:
        """Ask the probes: who is sure names the flow; else who is not sure, but has its port, best with a pattern."""
        best: dict[int, tuple[int, int]] = {}
        for flow, packet, number, kind in zip(*(column.tolist() for column in asked), strict=True):
            if row[flow, CONFIDENCE]:
                continue
            match = self._probe(number, data, arena, packets, packet)
            if match is Match.YES:
                row[flow, SERVICE], row[flow, CONFIDENCE] = number, kernels.PROBED
            elif match is Match.UNSURE and kind & BY_PORT and kind > best.get(flow, (0, 0))[0]:
                best[flow] = (kind, number)
        for flow, (kind, number) in best.items():
            if not row[flow, CONFIDENCE]:
                has_pattern = kind == PATTERN_AND_PORT
                row[flow, SERVICE] = number
                row[flow, CONFIDENCE] = kernels.PORT_AND_PATTERN if has_pattern else kernels.PROBED

    def _probe(self, number: int, data: NDArray, arena: NDArray, packets: Packets, packet: int) -> Match:
        parser = self.parser(number)
        if parser is None:
            return Match.NO
        start, size = int(packets.payload_start[packet]), min(int(packets.captured_bytes[packet]), PROBE_BYTES)
        source, at = (data, start) if start >= 0 else (arena, ~start)
        return self._judged(parser, source[at : at + size].tobytes(), Side(int(packets.side[packet])))

    def _judged(self, parser: type[Protocol], payload: bytes, side: Side) -> Match:
        """Ask a probe; one that fails says no, and its fault is counted."""
        answer = shielded(
            lambda: parser.probe(payload, side), lambda error: self.faults.update([(parser.name, repr(error))])
        )
        return Match.NO if answer is None else answer


def _how_read(service: Service) -> int:
    if service.parser is None:
        return UNREAD
    return BULK if service.parser.has_bulk else PARSED


def empty_asked(n: int) -> Asked:
    """Return room for n questions."""
    return Asked(*(np.empty(n, np.int64) for _ in Asked._fields))


def pattern(text: bytes | str) -> tuple[bytes, bytes]:
    """Return the value and mask of a pattern."""
    if isinstance(text, bytes):
        return text, b"\xff" * len(text)
    digits = "".join(text.split())
    mask = bytes.fromhex("".join("0" if digit == "?" else "F" for digit in digits))
    return bytes.fromhex(digits.replace("?", "0")), mask


def _patterns(service: Service) -> list[tuple[int, int, Signature, bytes, bytes]]:
    found = []
    for declared in service.kind.signatures:
        signature = declared if isinstance(declared, Signature) else Signature(declared)
        lanes = {LANES.get(carrier, OTHERS) for carrier in service.kind.carriers}
        found += [(service.number, lane, signature, *pattern(signature.pattern)) for lane in sorted(lanes)]
    return found


def compiled(services: list[Service]) -> Signatures:
    """Return the tables of the kernel; within a bucket the pattern that fixes most bits is tried first."""
    rows = [row for service in services for row in _patterns(service)]
    rows.sort(key=lambda row: (-int.from_bytes(row[4]).bit_count(), row[0]))
    n, longest = len(rows), max((len(row[3]) for row in rows), default=1)
    value, mask = np.zeros((n, longest), np.uint8), np.zeros((n, longest), np.uint8)
    buckets: list[list[int]] = [[] for _ in range(3 * 256)]
    for k, (_, lane, signature, fixed, mattering) in enumerate(rows):
        value[k, : len(fixed)] = np.frombuffer(fixed, np.uint8)
        mask[k, : len(fixed)] = np.frombuffer(mattering, np.uint8)
        for first in _first_bytes(signature, fixed[0], mattering[0]):
            buckets[lane * 256 + first].append(k)
    port_first, port_next = _port_tables(services)
    bits = np.array([int.from_bytes(row[4]).bit_count() for row in rows], np.int64)
    return Signatures(
        np.cumsum([0, *map(len, buckets)]).astype(np.int32),
        np.array([k for bucket in buckets for k in bucket], np.int32),
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        (bits >= SURE_BITS).astype(np.uint8),
        _probed(services),
        np.array([-1 if row[2].side is None else int(row[2].side) for row in rows], np.int8),
        np.array([len(row[3]) for row in rows], np.int64),
        np.array([row[2].offset for row in rows], np.int64),
        np.array([row[2].minimum for row in rows], np.int64),
        value,
        mask,
        port_first,
        port_next,
    )


def _first_bytes(signature: Signature, fixed: int, mattering: int) -> Iterable[int]:
    """Return which first bytes of a payload a pattern lets pass."""
    if signature.offset:
        return range(256)
    if mattering == 0xFF:
        return (fixed,)
    return [first for first in range(256) if first & mattering == fixed]


def _probed(services: list[Service]) -> NDArray[np.uint8]:
    own = [bool(s.parser) and s.parser.probe.__func__ is not Protocol.probe.__func__ for s in services]  # type: ignore[union-attr]
    return np.array([0, *own], np.uint8)


def _port_tables(services: list[Service]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return where the services that a port suggests begin, and the chain of them; in order of declaration."""
    first, entries = np.full((3, 65_536), -1, np.int32), []
    for service in reversed(services):
        for carrier in service.kind.carriers:
            if carrier is Carrier.LINK:
                continue
            ports = (int(carrier),) if carrier in BY_NUMBER else service.kind.ports
            for port in ports:
                lane = LANES.get(carrier, OTHERS)
                entries.append((service.number, int(first[lane, port])))
                first[lane, port] = len(entries) - 1
    return first, np.array(entries or [(0, -1)], np.int64)
