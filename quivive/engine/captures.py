"""One or several capture files as one stream of batches in time order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive import capture, compressions
from quivive.engine.pipeline import Arrival
from quivive.kernels.merging import copy_packets
from quivive.kit import shelf
from quivive.kit.compression import Compression
from quivive.kit.reader import Reader, open_capture
from quivive.model.packet_buffer import PacketBuffer


@dataclass
class Tally:
    """What was read of one capture."""

    number: int
    name: str
    reader: Reader
    n_packets: int = 0
    capture_bytes: int = 0
    on_wire_bytes: int = 0
    n_snapped: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    link_types: set[int] = field(default_factory=set)
    is_whole: bool = False

    def add(self, buffer: PacketBuffer) -> None:
        """Count a batch."""
        if not buffer.start.size:
            return
        size = buffer.stop - buffer.start
        self.n_packets += size.size
        self.capture_bytes += int(size.sum())
        self.on_wire_bytes += int(np.maximum(buffer.wire_bytes, size).sum())
        self.n_snapped += int((buffer.wire_bytes > size).sum())
        low, high = int(buffer.ts_ns.min()), int(buffer.ts_ns.max())
        self.first_ns = low if self.first_ns is None else min(self.first_ns, low)
        self.last_ns = high if self.last_ns is None else max(self.last_ns, high)
        self.link_types.update(np.unique(buffer.link_type).tolist())


@dataclass
class _Head:
    """The batch of a capture that is being given out, and how far."""

    tally: Tally
    batches: Iterator[PacketBuffer]
    buffer: PacketBuffer
    origin: NDArray[np.int64]

    def cut(self, n: int) -> tuple[PacketBuffer, NDArray[np.int64]]:
        """Take the first n packets."""
        data, *columns = self.buffer
        taken = PacketBuffer(data, *(column[:n] for column in columns))
        self.buffer = PacketBuffer(data, *(column[n:] for column in columns))
        origin, self.origin = self.origin[:n], self.origin[n:]
        return taken, origin

    def refill(self) -> bool:
        """Bring the next batch that holds packets; False at the end."""
        while not self.buffer.start.size:
            buffer = next(self.batches, None)
            if buffer is None:
                self.tally.is_whole = True
                return False
            first = self.tally.n_packets
            self.tally.add(buffer)
            self.buffer = buffer
            self.origin = np.arange(first, first + buffer.start.size, dtype=np.int64) | (self.tally.number << 40)
        return True


class CaptureSet:
    """Capture files that are read as one; flows go on across them."""

    def __init__(self, paths: Sequence[Path | None]) -> None:
        """Open all files (None: standard input). Raises CaptureError for what is no capture."""
        self._stack = contextlib.ExitStack()
        readers: dict[str, type[Reader]] = shelf.load(capture, Reader)
        unwrap: dict[str, Compression] = shelf.load(compressions, Compression)
        self.tallies: list[Tally] = []
        try:
            for path in paths:
                reader = open_capture(path, readers, unwrap)
                self._stack.enter_context(reader.source)
                self.tallies.append(Tally(0, path.name if path else "standard input", reader))
        except BaseException:
            self._stack.close()
            raise
        self._heads: list[_Head] = []

    def __enter__(self) -> CaptureSet:
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

    @property
    def total_bytes(self) -> int:
        """Bytes of all files on disk, -1 where one of them cannot be known."""
        sizes = [tally.reader.source.size_bytes for tally in self.tallies]
        return -1 if min(sizes) < 0 else sum(sizes)

    @property
    def at_bytes(self) -> int:
        """Bytes read so far, of total_bytes."""
        return sum(tally.reader.source.at_bytes for tally in self.tallies)

    def arrivals(self) -> Iterator[Arrival]:
        """Yield batches in time order; captures that overlap in time are merged packet by packet."""
        nothing = np.empty(0, np.int64)
        empty = PacketBuffer(np.empty(0, np.uint8), *([nothing] * 6))
        heads = [_Head(tally, tally.reader.batches(), empty, nothing) for tally in self.tallies]
        heads = [head for head in heads if head.refill()]
        heads.sort(key=lambda head: int(head.buffer.ts_ns[0]))
        order = [head.tally for head in heads] + [t for t in self.tallies if all(t is not h.tally for h in heads)]
        for number, tally in enumerate(order):
            tally.number = number
        for head in heads:
            head.origin |= head.tally.number << 40
        self.tallies = order
        while heads:
            yield self._next(heads)
            heads = [head for head in heads if head.refill()]

    def _next(self, heads: list[_Head]) -> Arrival:
        """Take what surely comes next: all of it from one capture where no other has a packet in that time."""
        if len(heads) == 1:
            return Arrival(*heads[0].cut(heads[0].buffer.start.size))
        horizon = min(int(head.buffer.ts_ns.max()) for head in heads)
        parts = []
        for head in heads:
            # A capture's clock may step back: a packet is due once none before it in its file is still to come.
            n = int(np.searchsorted(np.maximum.accumulate(head.buffer.ts_ns), horizon, side="right"))
            if n:
                parts.append(head.cut(n))
        return Arrival(*parts[0]) if len(parts) == 1 else _merged(parts)

    def close(self) -> None:
        """Close all files."""
        self._stack.close()


def _merged(parts: list[tuple[PacketBuffer, NDArray[np.int64]]]) -> Arrival:
    """Return packets of several captures in time order, in a buffer of their own."""
    ts_ns = np.concatenate([part.ts_ns for part, _ in parts])
    size = np.concatenate([part.stop - part.start for part, _ in parts])
    order = np.argsort(ts_ns, kind="stable")
    stop = np.empty(order.size, np.int64)
    stop[order] = np.cumsum(size[order])
    start, out, at = stop - size, np.empty(int(size.sum()), np.uint8), 0
    for part, _ in parts:
        n = part.start.size
        copy_packets(part.data, part.start, part.stop, start[at : at + n], out)
        at += n
    rest = [
        np.concatenate([getattr(part, name) for part, _ in parts])[order]
        for name in ("wire_bytes", "link_type", "interface")
    ]
    buffer = PacketBuffer(out, start[order], stop[order], ts_ns[order], *rest)
    return Arrival(buffer, np.concatenate([origin for _, origin in parts])[order])
