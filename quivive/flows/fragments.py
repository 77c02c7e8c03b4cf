"""IP fragments become whole packets again (RFC 791; RFC 8200, 4.5; RFC 5722), across batches and in bounded memory.

Where IPv4 fragments overlap, the first to arrive has each byte, and the datagram is counted: receivers differ here,
which is what evasion lives on. IPv6 datagrams whose fragments overlap are discarded whole, as are datagrams of either
version whose fragments disagree about the end or go beyond 65,535 bytes, with all of theirs that come later. An exact
copy of a fragment is no overlap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import fragments as kernels
from quivive.model.limits import FRAGMENT_IDLE_S, FRAGMENTS_HELD

Ints = NDArray[np.int64]

HELD_BYTES = 1 << 24
"""Bytes of fragments kept for the next batch: room for 11,000 of Ethernet's size, or 256 datagrams of the largest."""

IDLE_NS = FRAGMENT_IDLE_S * 1_000_000_000

REASONS = {
    kernels.MALFORMED: "fragment is malformed",
    kernels.CUT: "fragment is cut short, its datagram lost",
    kernels.OVERSIZED: "fragments make more than 65,535 bytes",
    kernels.OVERLAPPING: "IPv6 fragments overlap, datagram discarded",
    kernels.CONTRADICTING: "fragments disagree about the datagram's end",
    kernels.EXPIRED: "fragments missing after the time allowed",
}
OVERLAP_IPV4 = "IPv4 fragments overlap, first to arrive kept"
EVICTED = "fragments given up for want of room"
INCOMPLETE = "fragments missing at the end"


class Rebuilt(NamedTuple):
    """Whole packets, in order of completion.

    data:          uint8 (n_bytes,)  the packets' bytes, headers as if they had never been cut up
    start, stop:   int64 (n,)  where each IP packet lies in data
    completed_by:  int64 (n,)  number, among the fragments just added, of the one that completed it
    """

    data: NDArray[np.uint8]
    start: Ints
    stop: Ints
    completed_by: Ints


class FragmentTrouble(NamedTuple):
    """Why datagrams were lost or are doubtful: how many (for malformed fragments: fragments), and their bytes."""

    reason: str
    n_datagrams: int
    n_bytes: int


class Fragments:
    """Fragments that wait for the rest of their datagram."""

    def __init__(self) -> None:
        self._held = np.zeros((0, kernels.FRAGMENT_FIELDS), np.int64)
        self._store = np.zeros(0, np.uint8)
        self._troubles: dict[str, list[int]] = {}

    def add(self, data: NDArray[np.uint8], start: Ints, stop: Ints, ts_ns: Ints) -> Rebuilt:
        """Add fragments in order of arrival and return the packets that are whole with them.

        start:  int64 (n,)  where each fragment's IPv4 or IPv6 header begins in data
        stop:   int64 (n,)  where its captured bytes end, link padding left out
        """
        if not start.size:
            return Rebuilt(np.empty(0, np.uint8), start, stop, start)
        n_held = self._held.shape[0]
        rows = np.zeros((n_held + start.size, kernels.FRAGMENT_FIELDS), np.int64)
        rows[:n_held] = self._held
        kernels.read(data, start, stop, ts_ns, rows[n_held:])
        buffer = np.empty(_bytes_of(rows).sum(), np.uint8)
        at = kernels.pack(self._store, rows[:n_held], buffer, np.int64(0))
        kernels.pack(data, rows[n_held:], buffer, at)
        datagrams = _settle(buffer, rows)
        rebuilt = _assemble(buffer, rows, datagrams, n_held)
        self._forget(rows, datagrams, int(ts_ns.max()))
        self._hold(buffer, rows, datagrams)
        return rebuilt

    def close(self) -> None:
        """Give up what still waits: nothing more will come."""
        waiting = self._held[self._held[:, kernels.FAULT] == kernels.OPEN]
        if len(waiting):
            datagrams = _settle(self._store, waiting)
            self._count(INCOMPLETE, len(datagrams), datagrams[:, kernels.N_BYTES].sum())
        self._held, self._store = self._held[:0], self._store[:0]

    def take_troubles(self) -> list[FragmentTrouble]:
        """Return what went wrong since the last call, each reason once."""
        taken = [FragmentTrouble(reason, count, n_bytes) for reason, (count, n_bytes) in self._troubles.items()]
        self._troubles = {}
        return taken

    def _count(self, reason: str, count: int, n_bytes: int) -> None:
        if count or n_bytes:
            so_far = self._troubles.setdefault(reason, [0, 0])
            so_far[0] += int(count)
            so_far[1] += int(n_bytes)

    def _forget(self, rows: Ints, datagrams: Ints, now_ns: int) -> None:
        """Count faults, and let go of what has waited too long."""
        verdict, is_late = datagrams[:, kernels.VERDICT], abs(now_ns - datagrams[:, kernels.FIRST_NS]) > IDLE_NS
        verdict[is_late & (verdict == kernels.OPEN)] = kernels.EXPIRED
        malformed = rows[rows[:, kernels.FAULT] == kernels.MALFORMED]
        self._count(REASONS[kernels.MALFORMED], len(malformed), malformed[:, kernels.CAPTURED].sum())
        for fault, reason in REASONS.items():
            of_it = datagrams[verdict == fault]
            n_old = of_it[:, kernels.IS_OLD].sum()  # counted before; only their bytes are news
            self._count(reason, len(of_it) - n_old, of_it[:, kernels.N_BYTES].sum())
        overlapped = datagrams[(verdict == kernels.DONE) & (datagrams[:, kernels.OVERLAPS] > 0)]
        self._count(OVERLAP_IPV4, len(overlapped), overlapped[:, kernels.N_BYTES].sum())
        # What is late and faulty need not be remembered either.
        verdict[is_late] = np.where(verdict[is_late] == kernels.DONE, kernels.DONE, kernels.EXPIRED)

    def _hold(self, buffer: NDArray[np.uint8], rows: Ints, datagrams: Ints) -> None:
        """Keep the fragments of open datagrams, and of a faulty one a row without bytes that says so."""
        verdict, number = datagrams[:, kernels.VERDICT], rows[:, kernels.DATAGRAM]
        keep = np.zeros(len(rows), np.bool_)
        if len(datagrams):
            keep = (number >= 0) & (verdict[number] == kernels.OPEN)
            faulty = _first_rows(
                number, (verdict != kernels.OPEN) & (verdict != kernels.DONE) & (verdict != kernels.EXPIRED)
            )
            rows[faulty, kernels.FAULT] = verdict[number[faulty]]
            for field in (kernels.CAPTURED, kernels.HEADER_BYTES, kernels.SIZE):
                rows[faulty, field] = 0
            overlapped = _first_rows(number, datagrams[:, kernels.OVERLAPS] > 0)
            rows[overlapped, kernels.OVERLAPPED] = 1
            keep[faulty] = True
            keep[keep] = self._fits(rows[keep], datagrams)[number[keep]]
        self._held = rows[keep]
        self._held[:, kernels.DATAGRAM] = kernels.NO_DATAGRAM
        self._store = np.empty(_bytes_of(self._held).sum(), np.uint8)
        kernels.pack(buffer, self._held, self._store, np.int64(0))

    def _fits(self, kept: Ints, datagrams: Ints) -> NDArray[np.bool_]:
        """Return which datagrams there is room for: the oldest give way."""
        n, number = len(datagrams), kept[:, kernels.DATAGRAM]
        newest_first = np.argsort(-datagrams[:, kernels.FIRST_NS], kind="stable")
        n_fragments = np.bincount(number, minlength=n)[newest_first].cumsum()
        n_bytes = np.bincount(number, weights=_bytes_of(kept), minlength=n)[newest_first].cumsum()
        fits = np.empty(n, np.bool_)
        fits[newest_first] = (n_fragments <= FRAGMENTS_HELD) & (n_bytes <= HELD_BYTES)
        evicted = datagrams[~fits & (datagrams[:, kernels.VERDICT] == kernels.OPEN)]
        self._count(EVICTED, len(evicted), evicted[:, kernels.N_BYTES].sum())
        return fits


def _bytes_of(rows: Ints) -> Ints:
    return rows[:, kernels.HEADER_BYTES] + rows[:, kernels.SIZE]


def _first_rows(number: Ints, chosen: NDArray[np.bool_]) -> Ints:
    """Return the first row of each chosen datagram, given each row's."""
    own, first = np.unique(number, return_index=True)
    return first[own >= 0][chosen[own[own >= 0]]]


def _settle(buffer: NDArray[np.uint8], rows: Ints) -> Ints:
    """Number the rows' datagrams and return these, in order of their keys."""
    order = np.lexsort([rows[:, field] for field in range(kernels.IDENT, -1, -1)])
    datagrams = np.zeros((len(rows), kernels.DATAGRAM_FIELDS), np.int64)
    owner = np.full(kernels.BLOCKS, -1, np.int64)
    n = kernels.settle(buffer, rows, order, owner, datagrams, np.int64(IDLE_NS))
    return datagrams[:n]


def _assemble(buffer: NDArray[np.uint8], rows: Ints, datagrams: Ints, n_held: int) -> Rebuilt:
    done = np.flatnonzero(datagrams[:, kernels.VERDICT] == kernels.DONE)
    done = done[np.argsort(datagrams[done, kernels.LAST_ROW])]
    size = rows[datagrams[done, kernels.FIRST_ROW], kernels.HEADER_BYTES] + datagrams[done, kernels.TOTAL]
    stop = size.cumsum()
    arena = np.empty(size.sum(), np.uint8)
    kernels.assemble(buffer, rows, datagrams, done, stop - size, arena)
    return Rebuilt(arena, stop - size, stop, datagrams[done, kernels.LAST_ROW] - n_held)
