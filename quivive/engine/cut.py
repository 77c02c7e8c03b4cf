"""Packets out of captures again, as pcapng: those that a mandate covers and whose flows the case has kept.

Left out is what the case does not hold: packets out of scope, flows of what is excluded, fragments and packets that
could not be decoded. Where domains are excluded, name services are left out as a whole: one flow asks for many names.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from quivive.engine.captures import CaptureSet
from quivive.engine.decode import Decoder
from quivive.engine.identify import Catalogue
from quivive.kernels.headers import OK, Packets
from quivive.kernels.text import address_text
from quivive.kit.detector import Tables
from quivive.mandate.check import check
from quivive.mandate.closed import NAME_SERVICES
from quivive.mandate.desk import Lists
from quivive.mandate.document import Mandate
from quivive.mandate.grant import NO_MANDATE, Grant
from quivive.mandate.refusal import Refusal
from quivive.mandate.scope import Scope
from quivive.mandate.terms import Level, Persons
from quivive.model.errors import UsageError
from quivive.model.packet_buffer import PacketBuffer

FLOWS = """
SELECT orig_addr, orig_port, resp_addr, resp_port, transport, ts_ns, last_ns FROM flows
WHERE NOT list_contains($left_out, coalesce(service, ''))
"""
CAPTURES = "SELECT capture_id, sha256 FROM captures WHERE sha256 IS NOT NULL"
WITH_PORTS = {"tcp": 6, "udp": 17}
SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
"""Blocks of a pcapng (draft-ietf-opsawg-pcapng, 4)."""

NANOSECONDS = bytes.fromhex("0900 0100 09 000000 0000 0000")
"""Options of an interface: times in ns (if_tsresol 9), end of options."""

Ends = tuple[tuple[str, int], tuple[str, int], int]


def packets_of(
    paths: list[Path], tables: Tables, mandate: Mandate | None, lists: Lists | None
) -> Callable[[Path], None]:
    """Return what writes the packets of captures into a folder, as the mandate of their case allows.

    Raises MandateError where it does not: without a mandate, no packet leaves.
    """
    held = lists or Lists()
    grant = NO_MANDATE
    if mandate is not None:  # what was gathered while it held stays evidence when it has expired
        known = (held.load_ownership(), held.load_signers(), held.load_revoked())
        grant = check(mandate, *known, now=mandate.window.begins)
    refuse_packets(grant)
    return lambda folder: write_packets(paths, tables, grant, folder)


def refuse_packets(grant: Grant) -> None:
    """Raise MandateError unless packets may leave: they need level L4, and hold people's names as they were sent."""
    grant.require(Level.L4)
    if grant.persons is not Persons.NAMED:
        raise Refusal(
            "packets in a pack", f"they hold names, and {grant.title} does not grant those", 'ask for persons = "named"'
        )


def write_packets(paths: list[Path], tables: Tables, grant: Grant, folder: Path) -> None:
    """Write one pcapng for each capture, which the case must have been read from. Raises UsageError, MandateError."""
    read = {row["sha256"]: row["capture_id"] for row in tables.sql(CAPTURES)}
    left_out = [*NAME_SERVICES] if grant.exclusions.all_domains else []
    kept = _kept(tables, left_out)
    for path in paths:
        with CaptureSet([path]) as captures:
            source = captures.tallies[0].reader.source
            source.hash_async()
            scratch = folder / "capture.new"
            with scratch.open("wb") as file:
                _copy(captures, Scope(grant), kept, file)
            number = read.get(source.sha256())
        if number is None:
            scratch.unlink()
            raise UsageError(f"{path}: is not a capture that this case was read from (its SHA-256 is another)")
        scratch.replace(folder / f"capture-{number}.pcapng")


def _kept(tables: Tables, left_out: list[str]) -> dict[Ends, list[tuple[int, int]]]:
    """Return when each pair of ends has a flow in the case."""
    found: dict[Ends, list[tuple[int, int]]] = {}
    for row in tables.sql(FLOWS, left_out=left_out):
        transport = WITH_PORTS.get(row["transport"], 0)
        ports = (row["orig_port"], row["resp_port"]) if transport else (0, 0)
        ends = _key((row["orig_addr"], ports[0]), (row["resp_addr"], ports[1]), transport)
        found.setdefault(ends, []).append((row["ts_ns"], row["last_ns"]))
    return found


def _key(one: tuple[str, int], other: tuple[str, int], transport: int) -> Ends:
    return (min(one, other), max(one, other), transport)


def _copy(captures: CaptureSet, scope: Scope, kept: dict[Ends, list[tuple[int, int]]], file: BinaryIO) -> None:
    """Write the packets of a capture that are in scope and in a flow that was kept."""
    decoder, interfaces = Decoder(link_claims=Catalogue().link_claims()), dict[int, int]()
    file.write(_block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
    for buffer, origin in captures.arrivals():
        packets = decoder.decode(buffer, origin)
        scope.mask(buffer.data, decoder.arena, packets)
        for i in np.flatnonzero(packets.declined == OK).tolist():
            if _is_kept(packets, i, kept):
                _write(file, buffer, i, interfaces)


def _is_kept(packets: Packets, i: int, kept: dict[Ends, list[tuple[int, int]]]) -> bool:
    told: Any = packets
    transport = int(told.transport[i])
    has_ports = transport in WITH_PORTS.values()
    src = address_text(int(told.src_high[i]), int(told.src_low[i]))
    dst = address_text(int(told.dst_high[i]), int(told.dst_low[i]))
    ports = (int(told.src_port[i]), int(told.dst_port[i])) if has_ports else (0, 0)
    spans = kept.get(_key((src, ports[0]), (dst, ports[1]), transport if has_ports else 0), ())
    return any(first <= int(told.ts_ns[i]) <= last for first, last in spans)


def _write(file: BinaryIO, buffer: PacketBuffer, i: int, interfaces: dict[int, int]) -> None:
    link = int(buffer.link_type[i])
    if link not in interfaces:
        interfaces[link] = len(interfaces)
        file.write(_block(INTERFACE, struct.pack("<HHI", link, 0, 0) + NANOSECONDS))
    held = buffer.data[buffer.start[i] : buffer.stop[i]].tobytes()
    ts_ns, n_wire = int(buffer.ts_ns[i]), max(len(held), int(buffer.wire_bytes[i]))
    head = struct.pack("<IIIII", interfaces[link], ts_ns >> 32, ts_ns & 0xFFFFFFFF, len(held), n_wire)
    file.write(_block(PACKET, head + held + bytes(-len(held) % 4)))


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size
