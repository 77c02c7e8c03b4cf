"""How a reader of records goes through a source: batches by a kernel, damage stepped over, the window moved on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np

from quivive.kernels.records import DAMAGED, ENDED, FULL, PacketIndex
from quivive.kit.reader import Reader, Trouble
from quivive.kit.source import Source
from quivive.model.limits import BATCH_BYTES, BATCH_PACKETS, LIST_ITEMS
from quivive.model.packet_buffer import PacketBuffer

MAX_TROUBLES = LIST_ITEMS
"""Troubles listed one by one: a file of noise would make millions."""


class IndexedReader(Reader):
    """A reader whose file is a header and then records.

    A subclass says how to begin, how to walk sound records, and how to find the next ones behind damage.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.info.compression = source.compression
        self.at = 0
        """Byte of source.data where reading goes on."""
        self.is_end = False
        """Whether nothing comes behind the data at hand."""
        self.lost_at = -1
        """Byte of the capture where damage began while sound records are looked for, else -1."""
        self.lost_reason = ""
        self._is_done = False

    @abstractmethod
    def begin(self) -> bool:
        """Read the file's header and set `at` behind it; False if there is nothing to read."""

    @abstractmethod
    def walk(self, index: PacketIndex, n: int, until: int) -> tuple[int, int]:
        """Read sound records from `at` on, up to byte `until`; move `at`.

        Returns the packets now in the index, and FULL, ENDED (more bytes are needed) or DAMAGED (`lose` was called).
        """

    @abstractmethod
    def search(self, index: PacketIndex, n: int) -> int:
        """Look from `at` on for sound records; move `at`. Returns FULL if they begin there, ENDED if bytes ran out."""

    def end_batch(self) -> None:
        """Hear that a batch is full: the time for what is not worth doing per block."""

    def batches(self) -> Iterator[PacketBuffer]:
        """Yield the packets in file order."""
        self._is_done = not self.begin()
        while not self._is_done:
            packets = self._batch()
            if packets.start.size:
                self.source.release(self.at)
                yield packets
        for offset, reason in self.source.troubles:
            self.note(offset, reason)
        self.source.troubles.clear()

    def _batch(self) -> PacketBuffer:
        index = _empty_index()
        data, n, until = self.source.data, 0, self.at + BATCH_BYTES
        while True:
            if self.lost_at >= 0:
                state = self._find(index, n)
                if state == FULL:
                    continue
            else:
                n, state = self.walk(index, n, until)
                if state == FULL:
                    break
            if state == ENDED:
                if n or not self._bring_more():
                    break
                data, until = self.source.data, self.at + BATCH_BYTES
        self.end_batch()
        start, stop, wire_bytes = index.start[:n], index.stop[:n], index.wire_bytes[:n]
        self.info.n_snapped += int(np.count_nonzero(stop - start < wire_bytes))
        return PacketBuffer(data, start, stop, index.ts_ns[:n], wire_bytes, index.link_type[:n], index.interface[:n])

    def _find(self, index: PacketIndex, n: int) -> int:
        state = self.search(index, n)
        at = self.source.base + self.at
        if state == FULL or (self.is_end and self.at >= self.source.data.size):
            self.note(self.lost_at, self.lost_reason, max(at - self.lost_at, 0))
            self.lost_at = -1
        return state

    def _bring_more(self) -> bool:
        """Move the window on. At the end it is walked once more, knowing that it is the end; then all is done."""
        if self.source.advance(self.at):
            self.at, self.is_end = 0, False
        elif not self.is_end:
            self.is_end = True
        else:
            self._is_done = True
            self._note_rest()
        return not self._is_done

    def _note_rest(self) -> None:
        rest = self.source.data.size - self.at
        if rest > 0:
            self.note(self.source.base + self.at, "the last record is cut short", rest)

    def lose(self, reason: str, at: int, search_from: int) -> int:
        """Say that no record can be read at byte `at` of the data; the search begins at `search_from`."""
        self.lost_at, self.lost_reason, self.at = self.source.base + at, reason, search_from
        return DAMAGED

    def note(self, offset: int, reason: str, lost_bytes: int = -1) -> None:
        """Add a trouble, bounded."""
        troubles = self.info.troubles
        if len(troubles) < MAX_TROUBLES:
            troubles.append(Trouble(offset, reason, lost_bytes))
        elif len(troubles) == MAX_TROUBLES:
            troubles.append(Trouble(offset, "more is damaged from here on than is listed"))


def _empty_index() -> PacketIndex:
    """Return an index of its own for each batch: the one before is still in use while this one is filled."""
    wide, narrow = np.empty((4, BATCH_PACKETS), np.int64), np.empty((2, BATCH_PACKETS), np.int32)
    return PacketIndex(wide[0], wide[1], wide[2], wide[3], narrow[0], narrow[1])
