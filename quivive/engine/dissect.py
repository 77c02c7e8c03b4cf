"""Turns to rows: each flow's conversation is fed to the protocol that its content shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.engine.border import shielded
from quivive.engine.conversation import Conversation, Listener
from quivive.engine.held import Held, Spoken, ranges
from quivive.engine.identify import Catalogue, Service
from quivive.engine.opened import OPENED, has_keys
from quivive.engine.sink import Sink
from quivive.engine.turn import Times, Turn
from quivive.flows.describe import endpoints
from quivive.kernels.flow_row import CONFIDENCE, FLOW_ID, KEY_PORTS, SERVICE
from quivive.kernels.signatures import PATTERN
from quivive.kernels.text import address_text, hardware_text
from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Messages, Protocol, Streams, Taken
from quivive.kit.tls_keys import Keys
from quivive.model.five_tuple import Carrier, FiveTuple, Side

SIDES = (Side.ORIGINATOR, Side.RESPONDER)


class Told(NamedTuple):
    """What one batch brings to be read; made by the decoding thread, good on its own.

    bulk:     (service number, messages)      links: (slot, payload, ts_ns, source hardware address)
    ended:    numbers of flows that ended with this batch
    """

    spoken: Spoken
    bulk: list[tuple[int, Messages]]
    links: list[tuple[int, bytes, int, int]]
    ended: list[int]


class Dissector:
    """Feeds conversations, batch after batch; `updates` tells the tracker which sides need no more bytes."""

    def __init__(self, catalogue: Catalogue, sink: Sink, *, keys: Keys | None = None, is_strict: bool = False) -> None:
        self._keys = keys
        self._catalogue = catalogue
        self._sink = sink
        self._is_strict = is_strict
        self._listener = Listener(catalogue, sink, is_strict=is_strict)
        self.announced = self._listener.announced
        self._open: dict[int, Conversation] = {}
        self._held = Held()
        """Conversations that a fast lane wants to see again."""
        self._finished: set[int] = set()
        """Flows of which a fast lane wants no more."""
        self._memory: dict[int, int] = {}
        """What the fast lanes want to be told of open flows (Streams.memory), by flow."""
        self.stacks: dict[int, list[int]] = {}
        """Services of each ended flow that has a conversation, outermost first."""
        self.updates: list[tuple[int, int, int]] = []
        """(flow row, flow_id, side) that is done."""
        self._links: dict[int, Protocol] = {}

    def read(self, told: Told) -> None:
        """Read all that a batch brings."""
        self.updates = []
        for number, messages in told.bulk:
            self._bulk(number, messages)
        for slot, payload, ts_ns, source in told.links:
            self._link(slot, payload, ts_ns, source)
        ended = np.array(told.ended, np.int64)
        resumed, is_resumed = self._held.resume(told.spoken, ended)
        self._listen(resumed, np.ones(len(resumed.rows), np.bool_), ended)
        self._listen(told.spoken, ~is_resumed, ended)
        self._held.settle()
        for flow_id in told.ended:
            self._end(flow_id)

    def _listen(self, spoken: Spoken, is_asked: NDArray[np.bool_], ended: NDArray[np.int64]) -> None:
        """Read what the flows said of which it is asked."""
        ids = spoken.flow_id.tolist()
        is_left = is_asked & np.array([flow_id not in self._finished for flow_id in ids], np.bool_)
        is_fresh = is_left & np.array([flow_id not in self._open for flow_id in ids], np.bool_)
        service = spoken.rows[:, SERVICE]
        for lane in self._catalogue.lanes:
            which = np.flatnonzero(is_fresh & (service == lane.number))
            if self._keys and lane.name in OPENED:
                which = which[~has_keys(spoken, which, self._keys)]
            if which.size:
                is_left[which] = self._fast_lane(lane, self._streams(spoken, which, ended), spoken, which) == Taken.NO
        self._slow_lane(spoken, ids, np.flatnonzero(is_left[spoken.nth]))

    def _fast_lane(
        self, lane: Service, streams: Streams, spoken: Spoken, which: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """Let a protocol's fast lane read what it can; returns what was done with each of the flows (Taken)."""
        assert lane.parser is not None
        parser = lane.parser
        answer = shielded(lambda: parser.parse_streams(streams), lambda error: self._blame(lane.name, error))
        taken, found = answer or (np.zeros(which.size, np.uint8), [])
        for table, columns in found:
            self._sink.add_columns(table, columns)
        known = (taken == Taken.CLEAN) & (streams.memory != 0)
        self._memory.update(zip(streams.flow_id[known].tolist(), streams.memory[known].tolist(), strict=True))
        self._finish(spoken, which[taken == Taken.DONE])
        taken[(taken == Taken.LATER) & streams.is_ended] = Taken.NO
        later = np.flatnonzero(taken == Taken.LATER)
        taken[later[~self._held.keep(spoken, which[later])]] = Taken.NO
        return taken

    def _finish(self, spoken: Spoken, done: NDArray[np.int64]) -> None:
        """Want no more of the flows numbered in `done`."""
        flow_ids = spoken.flow_id[done].tolist()
        self._finished.update(flow_ids)
        for row, flow_id in zip(spoken.turns.flow[np.searchsorted(spoken.nth, done)].tolist(), flow_ids, strict=True):
            self.updates += [(row, flow_id, 0), (row, flow_id, 1)]

    def _streams(self, spoken: Spoken, which: NDArray[np.int64], ended: NDArray[np.int64]) -> Streams:
        """Return the conversations of the flows numbered in `which`."""
        turns = spoken.turns
        low, high = np.searchsorted(spoken.nth, which), np.searchsorted(spoken.nth, which, side="right")
        first, picked = np.concatenate([[0], np.cumsum(high - low)]), ranges(low, high)
        said = (column[picked] for column in (turns.side, turns.begin, turns.end, turns.gap, turns.ts_ns))
        rows, stop_mark = spoken.rows[which], np.cumsum(turns.n_marks)[picked]
        marks = (stop_mark - turns.n_marks[picked], stop_mark, spoken.marks.begin, spoken.marks.ts_ns)
        memory = np.array([self._memory.get(flow_id, 0) for flow_id in rows[:, FLOW_ID].tolist()], np.int64)
        is_ended = np.isin(rows[:, FLOW_ID], ended)
        return Streams(spoken.payload, first, *said, rows[:, FLOW_ID], endpoints(rows)[5], *marks, memory, is_ended)

    def _slow_lane(self, spoken: Spoken, ids: list[int], which: NDArray[np.int64]) -> None:
        """Feed the turns numbered in `which` to the parsers of their flows."""
        if not which.size:
            return
        turns, ends, services = spoken.turns, endpoints(spoken.rows), spoken.rows[:, SERVICE].tolist()
        payload, listener = memoryview(spoken.payload), self._listener
        mark_begin, mark_ts_ns = spoken.marks.begin.tolist(), spoken.marks.ts_ns.tolist()
        said = (turns.side, turns.begin, turns.end, turns.ts_ns, turns.gap, turns.is_datagram, turns.n_marks)
        columns = (spoken.nth, turns.flow, *said, np.cumsum(turns.n_marks))
        listed = (column[which].tolist() for column in columns)
        for nth, row, side, begin, end, ts_ns, gap, is_datagram, n_marks, last in zip(*listed, strict=True):
            conversation = self._open.get(ids[nth])
            if conversation is None:
                conversation = self._begin(spoken.rows[nth], [int(column[nth]) for column in ends])
            if conversation.done[side]:
                continue
            if conversation.skipping[side] >= end - begin and not gap:
                conversation.skipping[side] -= end - begin
                continue
            times = Times(mark_begin, mark_ts_ns, last - n_marks, last, begin) if n_marks > 1 else None
            turn = Turn(side, bytes(payload[begin:end]), ts_ns, gap, is_datagram != 0, times)
            if conversation.parser is not None:
                listener.feed(conversation, turn)
            else:
                listener.hear(conversation, turn, services[nth])
            if conversation.done[side]:
                self.updates.append((row, ids[nth], side))
                if conversation.done[1 - side]:
                    listener.finish(conversation)

    def _begin(self, row: NDArray[np.int64], ends: list[int]) -> Conversation:
        transport = int(row[KEY_PORTS]) & 0xFF
        flow_id = int(row[FLOW_ID])
        five_tuple = FiveTuple(
            address_text(ends[0], ends[1]), ends[2], address_text(ends[3], ends[4]), ends[5], transport
        )
        carrier = Carrier(transport) if transport in CARRIERS else Carrier.IP
        memory, is_sure = self._memory.pop(flow_id, 0), int(row[CONFIDENCE]) >= PATTERN
        flow = Flow(flow_id, five_tuple, memory=memory, keys=self._keys or None)
        conversation = Conversation(flow, carrier, int(row[SERVICE]), is_sure=is_sure)
        conversation.n_messages = int(memory != 0)  # what a fast lane has read
        self._open[flow_id] = conversation
        return conversation

    def _end(self, flow_id: int) -> None:
        self._finished.discard(flow_id)
        self._memory.pop(flow_id, None)
        conversation = self._open.pop(flow_id, None)
        if conversation is None:
            return
        self.stacks[flow_id] = conversation.stack
        self._listener.end(conversation)

    def _bulk(self, number: int, messages: Messages) -> None:
        """Read datagrams many at a time; should that fail, one by one."""
        parser = self._catalogue.parser(number)
        assert parser is not None
        found = shielded(lambda: list(parser.parse_many(messages)), lambda error: self._blame(parser.name, error))
        for table, columns in found or ():
            self._sink.add_columns(table, columns)
        if found is None:
            self._one_by_one(number, parser, messages)

    def _one_by_one(self, number: int, parser: type[Protocol], messages: Messages) -> None:
        """Read bulk messages with the parser that takes one at a time."""
        data = messages.data.tobytes()
        columns = (messages.start, messages.stop, messages.flow_id, messages.ts_ns, messages.side)
        for start, stop, flow_id, ts_ns, side in zip(*(column.tolist() for column in columns), strict=True):
            conversation = Conversation(Flow(flow_id), Carrier.UDP, number, is_sure=True)
            conversation.parser = parser(conversation.flow)
            turn = Turn(side, data[start:stop], ts_ns, 0, is_datagram=True)
            self._listener.feed(conversation, turn)

    def _blame(self, name: str, error: Exception) -> None:
        """A bulk reader failed: the failure is written down, and the slow way taken; under test it is raised."""
        if self._is_strict:
            raise error
        self._sink.anomaly(name, "fault in the parser", detail=repr(error)[:200])

    def _link(self, slot: int, payload: bytes, ts_ns: int, source: int) -> None:
        service = self._catalogue.link_readers[slot]
        assert service.parser is not None
        flow = Flow(-1, FiveTuple(hardware_text(source) if source >= 0 else "", 0, "", 0, slot))
        conversation = Conversation(flow, Carrier.LINK, service.number, is_sure=True)
        conversation.parser = service.parser(flow)
        turn = Turn(Side.ORIGINATOR, payload, ts_ns, 0, is_datagram=True)
        self._listener.read_messages(conversation, turn, Cursor(payload, ts_ns=ts_ns), 0)
        self._listener.close(conversation, conversation.parser.close, ts_ns)


CARRIERS = frozenset(int(c) for c in (Carrier.TCP, Carrier.UDP, Carrier.ICMP, Carrier.ICMPV6, Carrier.SCTP))
