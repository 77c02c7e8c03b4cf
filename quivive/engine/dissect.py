"""Turns to rows: each flow's conversation is fed to the protocol that its content shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.engine.identify import Catalogue, Service
from quivive.engine.sink import Sink
from quivive.flows.describe import endpoints
from quivive.kernels.flow_row import CONFIDENCE, FLOW_ID, KEY_PORTS, SERVICE
from quivive.kernels.signatures import PATTERN
from quivive.kernels.text import address_text, hardware_text
from quivive.kernels.turns import Turns
from quivive.kit.cursor import Cursor, Handover
from quivive.kit.protocol import Flow, Messages, Protocol, Row, Streams, Taken
from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.limits import HANDOVERS, PENDING_BYTES, UNDECIDED_BYTES

SIDES = (Side.ORIGINATOR, Side.RESPONDER)


class Told(NamedTuple):
    """What one batch brings to be read; made by the decoding thread, good on its own.

    payload:  uint8 (n_bytes,)  what the turns' begin and end point into; turns are in order, flow by flow
    nth:      int64 (n_turns,)  number in `rows` of each turn's flow     rows: int64 (n, ROW_WORDS)
    bulk:     (service number, messages)      links: (slot, payload, ts_ns, source hardware address)
    ended:    numbers of flows that ended with this batch
    """

    payload: NDArray[np.uint8]
    turns: Turns
    nth: NDArray[np.int64]
    rows: NDArray[np.int64]
    bulk: list[tuple[int, Messages]]
    links: list[tuple[int, bytes, int, int]]
    ended: list[int]


class Turn(NamedTuple):
    """What one side said: stream bytes behind `gap` missing ones, or a datagram."""

    side: int
    said: bytes
    ts_ns: int
    gap: int
    is_datagram: bool


class Conversation:
    """One flow as its parser hears it."""

    __slots__ = (
        "carrier",
        "done",
        "flow",
        "handed",
        "last_ns",
        "n_messages",
        "parser",
        "pending",
        "services",
        "skipping",
        "sure",
        "waiting",
    )

    def __init__(self, flow: Flow, carrier: Carrier, service: int, *, is_sure: bool) -> None:
        self.flow = flow
        self.carrier = carrier
        self.services = [service] if service else []
        self.sure = is_sure
        self.parser: Protocol | None = None
        self.pending = [b"", b""]
        self.skipping = [0, 0]
        self.done = [False, False]
        self.n_messages = 0
        self.last_ns = 0
        self.handed = 0
        self.waiting: list[Turn] = []
        """What was heard before the protocol is known."""


class Dissector:
    """Feeds conversations, batch after batch; `updates` tells the tracker which sides need no more bytes."""

    def __init__(self, catalogue: Catalogue, sink: Sink, *, is_strict: bool = False) -> None:
        self._catalogue = catalogue
        self._sink = sink
        self._strict = is_strict
        self._open: dict[int, Conversation] = {}
        self._finished: set[int] = set()
        """Flows of which a fast lane wants no more."""
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
        ids = told.rows[:, FLOW_ID].tolist()
        is_left = self._fast_lanes(told, ids)[told.nth]
        self._slow_lane(told, ids, np.flatnonzero(is_left))
        for flow_id in told.ended:
            self._end(flow_id)

    # Lanes ---------------------------------------------------------------------------------------------------------

    def _fast_lanes(self, told: Told, ids: list[int]) -> NDArray[np.bool_]:
        """Let the protocols with a fast lane read what comes whole; returns which flows are left to the parsers."""
        is_left = np.array([flow_id not in self._finished for flow_id in ids], np.bool_)
        is_fresh = is_left & np.array([flow_id not in self._open for flow_id in ids], np.bool_)
        service = told.rows[:, SERVICE]
        for lane in self._catalogue.lanes:
            which = np.flatnonzero(is_fresh & (service == lane.number))
            if which.size:
                is_left[which] = self._fast_lane(lane, told, which) == Taken.NO
        return is_left

    def _fast_lane(self, lane: Service, told: Told, which: NDArray[np.int64]) -> NDArray[np.uint8]:
        assert lane.parser is not None
        turns = told.turns
        low, high = np.searchsorted(told.nth, which), np.searchsorted(told.nth, which, side="right")
        first = np.concatenate([[0], np.cumsum(high - low)])
        picked = np.repeat(low - first[:-1], high - low) + np.arange(first[-1])
        ends = endpoints(told.rows[which])
        taken, found = lane.parser.parse_streams(
            Streams(
                told.payload,
                first,
                *(column[picked] for column in (turns.side, turns.begin, turns.end, turns.gap, turns.ts_ns)),
                told.rows[which, FLOW_ID],
                ends[5],
            )
        )
        for table, columns in found:
            self._sink.add_columns(table, columns)
        done = which[taken == Taken.DONE]
        flow_ids = told.rows[done, FLOW_ID].tolist()
        self._finished.update(flow_ids)
        for row, flow_id in zip(turns.flow[np.searchsorted(told.nth, done)].tolist(), flow_ids, strict=True):
            self.updates += [(row, flow_id, 0), (row, flow_id, 1)]
        return taken

    def _slow_lane(self, told: Told, ids: list[int], which: NDArray[np.int64]) -> None:
        """Feed the turns numbered in `which` to the parsers of their flows."""
        turns, ends, is_open = told.turns, endpoints(told.rows), self._open
        services, payload = told.rows[:, SERVICE].tolist(), memoryview(told.payload)
        columns = (told.nth, turns.flow, turns.side, turns.begin, turns.end, turns.ts_ns, turns.gap, turns.is_datagram)
        listed = (column[which].tolist() for column in columns)
        for nth, row, side, begin, end, ts_ns, gap, is_datagram in zip(*listed, strict=True):
            conversation = is_open.get(ids[nth])
            if conversation is None:
                conversation = self._begin(told.rows[nth], [int(column[nth]) for column in ends])
            if not conversation.done[side]:
                turn = Turn(side, bytes(payload[begin:end]), ts_ns, gap, is_datagram != 0)
                if conversation.parser is not None:
                    self._feed(conversation, turn)
                else:
                    self._hear(conversation, turn, services[nth])
                if conversation.done[side]:
                    self.updates.append((row, ids[nth], side))

    # Flows ---------------------------------------------------------------------------------------------------------

    def _begin(self, row: NDArray[np.int64], ends: list[int]) -> Conversation:
        transport = int(row[KEY_PORTS]) & 0xFF
        flow_id = int(row[FLOW_ID])
        five_tuple = FiveTuple(
            address_text(ends[0], ends[1]), ends[2], address_text(ends[3], ends[4]), ends[5], transport
        )
        carrier = Carrier(transport) if transport in CARRIERS else Carrier.IP
        conversation = Conversation(
            Flow(flow_id, five_tuple), carrier, int(row[SERVICE]), is_sure=int(row[CONFIDENCE]) >= PATTERN
        )
        self._open[flow_id] = conversation
        return conversation

    def _hear(self, conversation: Conversation, turn: Turn, service: int) -> None:
        if conversation.parser is None and not self._find_parser(conversation, service):
            heard = sum(len(earlier.said) for earlier in conversation.waiting)
            if heard + len(turn.said) <= UNDECIDED_BYTES and not conversation.services:
                conversation.waiting.append(turn)
            else:
                conversation.done[:] = (True, True)
                conversation.waiting.clear()
            return
        if conversation.waiting:
            turns, conversation.waiting = conversation.waiting, []
            for earlier in turns:
                self._feed(conversation, earlier)
        self._feed(conversation, turn)

    def _find_parser(self, conversation: Conversation, service: int) -> bool:
        if not conversation.services and service:
            conversation.services.append(service)
        if not conversation.services:
            return False
        kind = self._catalogue.parser(conversation.services[-1])
        if kind is None:
            return False
        conversation.parser = kind(conversation.flow)
        return True

    def _end(self, flow_id: int) -> None:
        self._finished.discard(flow_id)
        conversation = self._open.pop(flow_id, None)
        if conversation is None:
            return
        self.stacks[flow_id] = conversation.services
        if conversation.parser is not None:
            self._guarded(conversation, conversation.parser.close, conversation.last_ns)

    # Turns ---------------------------------------------------------------------------------------------------------

    def _feed(self, conversation: Conversation, turn: Turn) -> None:
        """Give one turn to the parser: message by message, the unfinished rest is kept."""
        side, payload, ts_ns, gap, is_datagram = turn
        conversation.last_ns = ts_ns
        if gap:
            self._miss(conversation, side, gap)
        begin = 0
        skip = conversation.skipping[side]
        if skip:
            begin = min(skip, len(payload))
            conversation.skipping[side] = skip - begin
        if begin == len(payload) or conversation.done[side]:
            return
        if conversation.pending[side] and not is_datagram:
            payload = conversation.pending[side] + payload[begin:]
            begin = 0
            conversation.pending[side] = b""
        cursor = Cursor(payload, whole=is_datagram, at=begin, ts_ns=ts_ns)
        self._messages(conversation, SIDES[side], cursor, is_datagram)

    def _messages(self, conversation: Conversation, side: Side, cursor: Cursor, is_datagram: bool) -> None:
        parser = conversation.parser
        while cursor.at < cursor.stop and not conversation.done[side]:
            at = cursor.at
            assert parser is not None
            try:
                rows = list(parser.parse(cursor, side))
            except NeedMoreData:
                self._keep(conversation, side, cursor, at)
                return
            except Malformed as error:
                self._refuse(conversation, side, cursor, error, is_datagram)
                return
            except Exception as error:  # the plugin border: the one place where any exception is caught
                self._blame(conversation, parser, error)
                return
            if rows:
                self._sink.add_rows(rows, conversation.flow.flow_id, cursor.ts_ns)
            conversation.n_messages += 1
            if cursor.skipping:
                conversation.skipping[side] = cursor.skipping
                return
            if cursor.is_done:
                conversation.done[side] = True
                return
            if cursor.handover is not None:
                self._hand_over(conversation, side, cursor, cursor.handover)
                return
            if cursor.at <= at:
                self._blame(conversation, parser, RuntimeError("a message of no bytes"))
                return

    def _keep(self, conversation: Conversation, side: Side, cursor: Cursor, at: int) -> None:
        """Keep an unfinished message until more of it has come."""
        if cursor.stop - at > PENDING_BYTES:
            conversation.done[side] = True
            self._odd(conversation, "message longer than the limit", cursor.ts_ns, lost_bytes=cursor.stop - at)
        else:
            conversation.pending[side] = cursor.payload[at : cursor.stop]

    def _miss(self, conversation: Conversation, side: int, gap: int) -> None:
        """Tell the parser of missing bytes; an unfinished message in front of them is lost."""
        lost = len(conversation.pending[side])
        conversation.pending[side] = b""
        skip = conversation.skipping[side]
        conversation.skipping[side] = max(skip - gap, 0)
        if conversation.parser is not None and gap > skip:
            if lost:
                self._odd(conversation, "message broken off by missing bytes", 0, lost_bytes=lost)
            conversation.parser.missed(SIDES[side], gap - skip)

    def _refuse(
        self, conversation: Conversation, side: Side, cursor: Cursor, error: Malformed, is_datagram: bool
    ) -> None:
        """Give up a side, or one datagram; a flow that was named without certainty and never held is unnamed again."""
        if not conversation.n_messages and not conversation.sure and len(conversation.services) == 1:
            conversation.services.clear()
            conversation.parser = None
            conversation.done[:] = (True, True)
            return
        self._odd(conversation, error.reason, cursor.ts_ns, detail=str(error), offset_bytes=error.offset)
        if not is_datagram:
            conversation.done[side] = True

    def _hand_over(self, conversation: Conversation, side: Side, cursor: Cursor, handover: Handover) -> None:
        """Give both sides to the next protocol, from here on."""
        conversation.handed += 1
        rest = {side: cursor.payload[cursor.at : cursor.stop], side.other: conversation.pending[side.other]}
        old = conversation.parser
        assert old is not None
        self._guarded(conversation, old.close, cursor.ts_ns)
        conversation.pending, conversation.parser = [b"", b""], None
        conversation.skipping = [0, 0]
        conversation.flow = Flow(
            conversation.flow.flow_id,
            conversation.flow.five_tuple,
            conversation.flow.carriers if isinstance(old, Undecided) else (*conversation.flow.carriers, old.name),
            dict(handover.given),
        )
        conversation.n_messages, conversation.sure, conversation.done = 0, True, [False, False]
        if conversation.handed > HANDOVERS:
            conversation.done = [True, True]
            self._odd(conversation, "protocol changed too often", cursor.ts_ns)
            return
        number = self._named(handover.to, rest, conversation, side)
        if number:
            conversation.services.append(number)
        if number and self._find_parser(conversation, 0):
            for which in (side.other, side):
                if rest[which]:
                    self._feed(conversation, Turn(which, rest[which], cursor.ts_ns, 0, False))
        elif handover.to is not None or any(rest.values()):
            conversation.done = [True, True]
        else:
            conversation.parser = Undecided(conversation.flow)

    def _named(self, to: str | None, rest: dict[Side, bytes], conversation: Conversation, side: Side) -> int:
        if to is not None:
            service = self._catalogue.by_name.get(to)
            return service.number if service else 0
        for which in (Side.ORIGINATOR, Side.RESPONDER):
            port = conversation.flow.five_tuple.resp_port
            number = self._catalogue.identify_payload(rest[which], Carrier.TCP, port, which)
            if number:
                return number
        return 0

    # Others --------------------------------------------------------------------------------------------------------

    def _bulk(self, number: int, messages: Messages) -> None:
        parser = self._catalogue.parser(number)
        assert parser is not None
        for table, columns in parser.parse_many(messages):
            self._sink.add_columns(table, columns)

    def _link(self, slot: int, payload: bytes, ts_ns: int, source: int) -> None:
        service = self._catalogue.link_readers[slot]
        assert service.parser is not None
        flow = Flow(-1, FiveTuple(hardware_text(source) if source >= 0 else "", 0, "", 0, slot))
        conversation = Conversation(flow, Carrier.LINK, service.number, is_sure=True)
        conversation.parser = service.parser(flow)
        self._messages(conversation, Side.ORIGINATOR, Cursor(payload, ts_ns=ts_ns), is_datagram=True)
        self._guarded(conversation, conversation.parser.close, ts_ns)

    def _guarded(self, conversation: Conversation, close: Callable[[], Iterator[Row]], ts_ns: int) -> None:
        try:
            rows = list(close())
        except DissectError as error:
            self._odd(conversation, str(error), ts_ns)
        except Exception as error:
            assert conversation.parser is not None
            self._blame(conversation, conversation.parser, error)
        else:
            self._sink.add_rows(rows, conversation.flow.flow_id, ts_ns)

    def _blame(self, conversation: Conversation, parser: Protocol, error: Exception) -> None:
        """A plugin failed: its flow is given up and the failure written down; under test it is raised."""
        if self._strict:
            raise error
        conversation.done[:] = (True, True)
        self._sink.anomaly(
            parser.name, "fault in the parser", flow_id=conversation.flow.flow_id, detail=repr(error)[:200]
        )

    def _odd(self, conversation: Conversation, anomaly: str, ts_ns: int, **more: object) -> None:
        name = conversation.parser.name if conversation.parser is not None else ""
        self._sink.anomaly(name, anomaly, flow_id=conversation.flow.flow_id, ts_ns=ts_ns, **more)


class Undecided(Protocol):
    """Stands in after a hand-over whose next protocol no byte has shown yet; the first bytes decide."""

    name = "undecided"

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Hand over to whatever the bytes show."""
        cursor.hand_over(None)
        return iter(())


CARRIERS = frozenset(int(c) for c in (Carrier.TCP, Carrier.UDP, Carrier.ICMP, Carrier.ICMPV6, Carrier.SCTP))
