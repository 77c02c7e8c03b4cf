"""Feed the bytes of a conversation to a protocol as the engine does, in any cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from quivive.kit.cursor import Cursor, Handover
from quivive.kit.protocol import Flow, Protocol, Row
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER

Turn = tuple[Side, bytes | int]
"""What one side says; a number stands for so many bytes that are missing from the capture."""

TURN_NS = 1_000_000
"""Turns are a millisecond apart; the first comes at TURN_NS, the second at 2 * TURN_NS."""


class Outcome(NamedTuple):
    """What a conversation led to; after a hand-over, `rest` is what each side has still to say to the next protocol."""

    rows: list[Row]
    handover: Handover | None
    rest: dict[Side, bytes]


def rows_of(protocol: Protocol | type[Protocol], turns: Iterable[Turn], *, chunk: int | None = None) -> list[Row]:
    """Return the rows that a conversation makes; `chunk` cuts what is said into pieces of so many bytes."""
    return outcome_of(protocol, turns, chunk=chunk).rows


def outcome_of(protocol: Protocol | type[Protocol], turns: Iterable[Turn], *, chunk: int | None = None) -> Outcome:
    """Return rows, hand-over and unread bytes of a conversation; a broken rule is an anomaly row, as in the engine."""
    driver = Driver(protocol() if isinstance(protocol, type) else protocol)
    for number, (side, said) in enumerate(turns, 1):
        if isinstance(said, int):
            driver.miss(side, said)
        else:
            for at in range(0, len(said), chunk or len(said) or 1):
                driver.say(side, said[at : at + (chunk or len(said))], number * TURN_NS)
    return driver.end()


def rows_in_every_cut(kind: type[Protocol], turns: Iterable[Turn], flow: Flow | None = None) -> list[Row]:
    """Return the rows, having checked that they are the same however the bytes are cut into segments."""
    turns = list(turns)
    whole = rows_of(kind(flow), turns)
    for chunk in (1, 2, 7):
        assert rows_of(kind(flow), turns, chunk=chunk) == whole, f"cut into pieces of {chunk}"
    return whole


class Driver:
    """One flow: what each side has said and is not yet read."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.rows: list[Row] = []
        self.pending = {ORIG: b"", RESP: b""}
        self.skipping = {ORIG: 0, RESP: 0}
        self.ts_ns = {ORIG: 0, RESP: 0}
        self.deaf: set[Side] = set()
        self.handover: Handover | None = None

    def say(self, side: Side, said: bytes, ts_ns: int) -> None:
        """Take more bytes of a side; what may now be readable on the other is tried too."""
        if self.handover is None:
            skipped = min(self.skipping[side], len(said))
            self.skipping[side] -= skipped
            said = said[skipped:]
        self.pending[side] += said
        self.ts_ns[side] = ts_ns
        self._read_both(side, whole=False)

    def miss(self, side: Side, n_bytes: int) -> None:
        """Leave a gap: what is unread before it is lost; bytes that were to be skipped anyway are not missed."""
        skipped = min(self.skipping[side], n_bytes)
        self.skipping[side] -= skipped
        self.pending[side] = b""
        if n_bytes > skipped and self.handover is None:
            self.protocol.missed(side, n_bytes - skipped)

    def end(self) -> Outcome:
        """End the flow: what is left is read as a whole, then the protocol is closed."""
        for side in (ORIG, RESP):
            self._read_both(side, whole=True)
        self.rows += self.protocol.close()
        return Outcome(self.rows, self.handover, self.pending)

    def _read_both(self, side: Side, *, whole: bool) -> None:
        while self._read(side, whole=whole):
            side = side.other

    def _read(self, side: Side, *, whole: bool) -> bool:
        """Read messages of one side while they are complete; returns whether any was."""
        has_read = False
        while self.pending[side] and self.handover is None and side not in self.deaf:
            cursor = Cursor(self.pending[side], whole=whole, ts_ns=self.ts_ns[side])
            try:
                rows = list(self.protocol.parse(cursor, side))
            except NeedMoreData:
                break
            except Malformed as error:
                rows = [(ANOMALIES, {"place": self.protocol.name, "anomaly": error.reason})]
                cursor.is_done = True
            else:
                assert cursor.at > 0 or cursor.handover or cursor.is_done, "a parse must read at least one byte"
            self._take(side, cursor, rows)
            has_read = True
        return has_read

    def _take(self, side: Side, cursor: Cursor, rows: list[Row]) -> None:
        self.rows += rows
        self.pending[side] = cursor.payload[cursor.at :]
        self.skipping[side] = cursor.skipping
        self.handover = cursor.handover
        if cursor.is_done:
            self.deaf.add(side)
            self.pending[side] = b""
