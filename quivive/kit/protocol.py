"""The contract of a file in protocols/.

A file defines one class. What it must say: a name (the file's), a title, its specification, its carriers, and the
tables it fills. How it is found: `signatures` are matched in one kernel over the first payloads of every flow; a
pattern that fixes 24 bits or more is believed alone, a shorter one only on one of `ports` or where `probe` is sure.
How it is read: `parse` takes one message at a time; where volume is high, `parse_many` does the same for many
messages in a kernel, and a test holds the two equal.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kit.cursor import Cursor
from quivive.model.columns import Columns
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.schema import Table

if TYPE_CHECKING:
    from quivive.kit.tls_keys import Keys

NOBODY = FiveTuple("", 0, "", 0, 0)
NOTHING = np.empty(0, np.int64)

Row = tuple[Table, dict[str, Any]]
"""A table and one record of it; flow_id, ts and ts_ns are added by the engine, absent fields are empty."""

SURE_BITS = 24
"""A pattern that fixes this many bits needs no port: chance hits once in 16 million."""


class Match(IntEnum):
    """A protocol's opinion of a payload."""

    NO = 0
    UNSURE = 1
    YES = 2


@dataclass(frozen=True)
class Signature:
    """Bytes that a protocol's first message begins with.

    pattern:  the bytes themselves, or text of hex digits where ? stands for any half byte
    side:     who says them; None for either
    offset:   where they stand in the payload
    minimum:  shortest payload that can be of this protocol
    """

    pattern: bytes | str
    side: Side | None = None
    offset: int = 0
    minimum: int = 0


class Expected(NamedTuple):
    """A flow that was announced: the address and port it will go to, or come from, and what it will carry."""

    addr: str
    port: int
    service: str


class Carried(NamedTuple):
    """Bytes of a conversation within a conversation; see Flow.carry."""

    side: Side
    said: bytes
    ts_ns: int
    service: str


@dataclass
class Flow:
    """What a parser may know of the flow it reads.

    carriers: names of the protocols around this one, outermost first: ("http1",) for a websocket
    given:    facts handed over by the protocol before it
    memory:   what a fast lane that read earlier turns of the flow has left in Streams.memory
    keys:     keys of encrypted sessions that their owner handed over, if any
    """

    flow_id: int = -1
    five_tuple: FiveTuple = NOBODY
    carriers: tuple[str, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)
    memory: int = 0
    expected: list[Expected] = field(default_factory=list)
    """Flows that this one announces: parsers add to it, the engine takes them out; see `expect`."""
    keys: Keys | None = field(default=None, repr=False)
    carried: list[Carried] = field(default_factory=list)
    """What was carried within: parsers add to it, the engine takes it out; see `carry`."""

    def expect(self, addr: str, port: int, service: str) -> None:
        """Say that a flow with this endpoint will carry a service that its own bytes may not show."""
        self.expected.append(Expected(addr, port, service))

    def carry(self, side: Side, said: bytes, ts_ns: int, service: str = "") -> None:
        """Pass on bytes of a stream that this protocol carries: the engine reads them as a conversation of this flow.

        For wrappers that go on (a cipher, frames); one that ends hands over. side: who said it. service: the
        protocol's name where the wrapper knows it; else its content decides. Bytes of a side must be without gaps.
        """
        self.carried.append(Carried(side, said, ts_ns, service))


class Messages(NamedTuple):
    """Many whole messages of one protocol, in order of capture.

    data: uint8 (n_bytes,)   start, stop: int64 (n,) offsets into data   flow_id, ts_ns: int64 (n,)
    side: uint8 (n,)   0 originator, 1 responder   resp_port: int64 (n,)  the flow's responder port
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    flow_id: NDArray[np.int64]
    ts_ns: NDArray[np.int64]
    side: NDArray[np.uint8]
    resp_port: NDArray[np.int64]


class Streams(NamedTuple):
    """Conversations of one protocol, none of which is under way in a parser: what each side said, turn by turn.

    data:   uint8 (n_bytes,)  bytes that begin and end point into
    first:  int64 (n_flows + 1,)  where the turns of each flow begin in the columns below
    side, begin, end, gap, ts_ns: int64 (n_turns,)  see kernels/turns.py; a datagram is a turn of its own
    flow_id, resp_port: int64 (n_flows,)
    first_mark, stop_mark: int64 (n_turns,)  which of the marks below are of the pieces that each turn was joined of
    mark_begin, mark_ts_ns: int64  where each piece begins in data, and when it was captured
    memory: int64 (n_flows,)  0, or what the lane wrote here when it took earlier turns of the flow: for it to write
    is_ended: bool (n_flows,)  whether the flow has ended: nothing more comes
    """

    data: NDArray[np.uint8]
    first: NDArray[np.int64]
    side: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    gap: NDArray[np.int64]
    ts_ns: NDArray[np.int64]
    flow_id: NDArray[np.int64]
    resp_port: NDArray[np.int64]
    first_mark: NDArray[np.int64] = NOTHING
    stop_mark: NDArray[np.int64] = NOTHING
    mark_begin: NDArray[np.int64] = NOTHING
    mark_ts_ns: NDArray[np.int64] = NOTHING
    memory: NDArray[np.int64] = NOTHING
    is_ended: NDArray[np.bool_] = NOTHING.astype(np.bool_)


class Taken(IntEnum):
    """What `parse_streams` did with a conversation."""

    NO = 0
    """Left alone: it goes to `parse`, turn by turn."""
    CLEAN = 1
    """Read up to a point where no message is under way and no answer is awaited."""
    DONE = 2
    """Read, and nothing more of the flow is wanted."""
    LATER = 3
    """Unfinished: offered again with what comes next, or when the flow has ended. Not an answer where it has."""


class Protocol(ABC):
    """One application protocol. The engine makes an instance per flow.

    No I/O, no clock, no logging: bytes come in by `parse`, rows go out.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """Its name as the field writes it: "Domain Name System"."""
    spec: ClassVar[str]
    """The document that defines it, as a reader would look it up: "RFC 1035"."""
    carriers: ClassVar[tuple[Carrier, ...]]
    ports: ClassVar[tuple[int, ...]] = ()
    """Responder ports that suggest it (Carrier.IP: protocol numbers; LINK: ethertypes); never the only evidence."""
    signatures: ClassVar[tuple[bytes | str | Signature, ...]] = ()
    tables: ClassVar[tuple[Table, ...]] = ()
    """Tables that this file owns; rows may also go to the shared ones of model/tables.py."""
    family: ClassVar[str] = ""
    """What it is for, one word: web, mail, name, file, remote, database, industrial, station, management, voice ..."""
    is_encrypted: ClassVar[bool] = False
    """Whether its content is hidden from a reader of the wire."""
    has_bulk: ClassVar[bool] = False
    """Whether `parse_many` takes its datagrams, instead of `parse` one by one."""
    has_lane: ClassVar[bool] = False
    """Whether `parse_streams` is tried before `parse`: a fast lane for conversations that are as usual."""
    head_bytes: ClassVar[int] = 0
    """Stream bytes per side that are ever of use (for datagrams: datagrams per side); 0 for all."""

    def __init__(self, flow: Flow | None = None) -> None:
        self.flow = flow or Flow()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Judge one of the first payloads, where a signature alone does not decide; may read lengths and checks.

        Asked when a short pattern (under 24 bits) fits, or when the port suggests this protocol and no pattern fits.
        YES names the flow on any port, UNSURE on this protocol's own ports only, NO rules it out.
        """
        return Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message at the cursor and yield the rows it completes, as (TABLE, {field: value}).

        Raises NeedMoreData (the engine calls again from the same byte when more has come: change no state before
        the last read) or Malformed (an anomaly row is written and this side of the flow is given up; of a datagram
        only that datagram). It must read at least one byte. cursor.skip, hand_over and done say what comes next.
        """
        raise NotImplementedError

    def missed(self, side: Side, n_bytes: int) -> None:  # noqa: B027 - most need not hear of it
        """Hear that bytes of this side are missing from the capture; the next parse begins behind the gap."""

    def close(self) -> Iterator[Row]:
        """Yield the rows that still waited for something when the flow ended."""
        return iter(())

    @classmethod
    def parse_many(cls, messages: Messages) -> Iterator[tuple[Table, Columns]]:
        """Read many whole messages at once; yields a table and its columns, flow_id, ts and ts_ns among them."""
        raise NotImplementedError

    @classmethod
    def parse_streams(cls, streams: Streams) -> tuple[NDArray[np.uint8], list[tuple[Table, Columns]]]:
        """Read many conversations at once; returns what was done with each (Taken) and the rows of those taken.

        It must take only what it reads exactly as `parse` and, where the flow has ended, `close` would.
        """
        raise NotImplementedError
