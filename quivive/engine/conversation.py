"""One flow as its parser hears it: turns in, rows out, until the flow ends or its protocol changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from quivive.engine.announced import Announced
from quivive.engine.border import shielded
from quivive.engine.identify import Catalogue
from quivive.engine.sink import Sink
from quivive.engine.turn import Turn
from quivive.kit.cursor import Cursor, Handover
from quivive.kit.protocol import Flow, Protocol, Row
from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import HANDOVERS, PENDING_BYTES, UNDECIDED_BYTES
from quivive.model.tables import CREDENTIALS

SIDES = (Side.ORIGINATOR, Side.RESPONDER)


NOTHING_MORE = Flow()


class Conversation:
    """One flow as its parser hears it."""

    __slots__ = (
        "carrier",
        "done",
        "flow",
        "handed",
        "inner",
        "is_sealed",
        "last_ns",
        "n_messages",
        "parser",
        "pending",
        "pending_ns",
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
        self.pending_ns = [0, 0]
        self.skipping = [0, 0]
        self.done = [False, False]
        self.n_messages = 0
        self.last_ns = 0
        self.handed = 0
        self.waiting: list[Turn] = []
        """What was heard before the protocol is known."""
        self.inner: Conversation | None = None
        """What the protocol carries (Flow.carry), once it carried something."""

        self.is_sealed = False
        """Whether it was under encryption, and only keys have opened it."""

    @property
    def stack(self) -> list[int]:
        """Services, outermost first."""
        return self.services + (self.inner.stack if self.inner else [])


class Listener:
    """Feeds one conversation at a time to the protocol that its content shows, message by message."""

    def __init__(self, catalogue: Catalogue, sink: Sink, *, is_strict: bool = False) -> None:
        self._catalogue = catalogue
        self._sink = sink
        self._strict = is_strict
        self.announced = Announced()

    def hear(self, conversation: Conversation, turn: Turn, service: int) -> None:
        """Take a turn of a flow that may have no parser yet; until its protocol is known, turns wait."""
        if conversation.parser is None and not self._find_parser(conversation, service):
            heard = sum(len(earlier.said) for earlier in conversation.waiting)
            if heard + len(turn.said) <= UNDECIDED_BYTES and not conversation.services:
                conversation.waiting.append(turn._replace(times=turn.times and turn.times.own()))
            else:
                conversation.done[:] = (True, True)
                conversation.waiting.clear()
            return
        if conversation.waiting:
            turns, conversation.waiting = conversation.waiting, []
            for earlier in turns:
                self.feed(conversation, earlier)
        self.feed(conversation, turn)

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

    def feed(self, conversation: Conversation, turn: Turn) -> None:
        """Give one turn to the parser: message by message, the unfinished rest is kept."""
        side, payload, begin = turn.side, turn.said, 0
        if turn.gap:
            self._miss(conversation, side, turn.gap)
        skip = conversation.skipping[side]
        if skip:
            begin = min(skip, len(payload))
            conversation.skipping[side] = skip - begin
        if begin == len(payload) or conversation.done[side]:
            return
        n_pending = 0
        if conversation.pending[side] and not turn.is_datagram:
            n_pending = len(conversation.pending[side])
            payload = conversation.pending[side] + payload[begin:]
            begin, n_pending = 0, n_pending - begin
            conversation.pending[side] = b""
        cursor = Cursor(payload, whole=turn.is_datagram, at=begin, ts_ns=turn.ts_ns)
        self.read_messages(conversation, turn, cursor, n_pending)

    def read_messages(self, conversation: Conversation, turn: Turn, cursor: Cursor, n_pending: int) -> None:
        """Read message after message. n_pending: bytes of the cursor in front of the turn's own first byte."""
        side, parser = SIDES[turn.side], conversation.parser
        assert parser is not None
        found: list[tuple[list[Row], int]] = []
        stopped = shielded(
            lambda: _parse_messages(conversation, turn, cursor, n_pending, found), self._blamer(conversation, parser)
        )
        for rows, ts_ns in found:
            self._tell(conversation, rows, ts_ns)
        if conversation.flow.expected:
            self._note_expected(conversation)
        if conversation.flow.carried:
            self._hear_carried(conversation, parser)
        if stopped is None:
            return
        if stopped.why is None:
            self._goes_over(conversation, side, cursor)
        elif stopped.why is Malformed:
            self._refuse(conversation, side, cursor, stopped, turn.is_datagram)
        else:
            self._keep(conversation, side, cursor, stopped.at)

    def _tell(self, conversation: Conversation, rows: list[Row], ts_ns: int) -> None:
        """Take rows; a log-in that only keys have opened was not sent in clear, and is no row of those."""
        if conversation.is_sealed:
            rows = [row for row in rows if row[0] is not CREDENTIALS]
        self._sink.add_rows(rows, conversation.flow.flow_id, ts_ns)

    def _note_expected(self, conversation: Conversation) -> None:
        """Take the flows that a parser announced."""
        announced, conversation.flow.expected = conversation.flow.expected, []
        for flow in announced:
            service = self._catalogue.by_name.get(flow.service)
            if service is not None:
                self.announced.add(flow.addr, flow.port, service.number, conversation.last_ns)

    def _hear_carried(self, conversation: Conversation, wrapper: Protocol) -> None:
        """Read what a protocol carries, as a conversation of its own; its rows have this flow's number."""
        outer = conversation.flow
        carried, outer.carried = outer.carried, []
        if conversation.inner is None:
            flow = Flow(outer.flow_id, outer.five_tuple, (*outer.carriers, wrapper.name))
            conversation.inner = Conversation(flow, Carrier.TCP, 0, is_sure=True)
            conversation.inner.is_sealed = conversation.is_sealed or wrapper.is_encrypted
        inner = conversation.inner
        for side, said, ts_ns, service in carried:
            inner.last_ns = ts_ns
            if inner.done[side]:
                continue
            number = 0
            if inner.parser is None and not inner.services:
                number = self._carried_service(inner, side, said, service)
            self.hear(inner, Turn(side, said, ts_ns, 0, is_datagram=False), number)

    def _carried_service(self, inner: Conversation, side: Side, said: bytes, service: str) -> int:
        """Return what a carried conversation speaks: what its wrapper says or its first bytes show; 0 for nothing."""
        named = self._catalogue.by_name.get(service)
        if named is not None:
            return named.number
        heard = b"".join(turn.said for turn in inner.waiting if turn.side == side)
        return self._catalogue.identify_payload(heard + said, Carrier.TCP, inner.flow.five_tuple.resp_port, side)

    def _goes_over(self, conversation: Conversation, side: Side, cursor: Cursor) -> None:
        """Do what the last message said of those behind it."""
        if cursor.skipping:
            conversation.skipping[side] = cursor.skipping
        elif cursor.is_done:
            conversation.done[side] = True
        elif cursor.handover is not None:
            self._hand_over(conversation, side, cursor, cursor.handover)

    def _keep(self, conversation: Conversation, side: Side, cursor: Cursor, at: int) -> None:
        """Keep an unfinished message until more of it has come."""
        if cursor.stop - at > PENDING_BYTES:
            conversation.done[side] = True
            self._odd(conversation, "message longer than the limit", cursor.ts_ns, lost_bytes=cursor.stop - at)
        else:
            conversation.pending[side] = cursor.payload[at : cursor.stop]
            conversation.pending_ns[side] = cursor.ts_ns

    def _miss(self, conversation: Conversation, side: int, gap: int) -> None:
        """Tell the parser of missing bytes; an unfinished message in front of them is lost."""
        self._break_off(conversation, side, "message broken off by missing bytes")
        skip = conversation.skipping[side]
        conversation.skipping[side] = max(skip - gap, 0)
        if conversation.parser is not None and gap > skip:
            conversation.parser.missed(SIDES[side], gap - skip)

    def _refuse(
        self, conversation: Conversation, side: Side, cursor: Cursor, fault: Stopped, is_datagram: bool
    ) -> None:
        """Give up a side, or one datagram; a flow that was named without certainty and never held is unnamed again."""
        if not conversation.n_messages and not conversation.sure and len(conversation.services) == 1:
            conversation.services.clear()
            conversation.parser = None
            conversation.done[:] = (True, True)
            return
        self._odd(conversation, fault.reason, cursor.ts_ns, detail=fault.detail, offset_bytes=fault.offset)
        if not is_datagram:
            conversation.done[side] = True

    def _hand_over(self, conversation: Conversation, side: Side, cursor: Cursor, handover: Handover) -> None:
        """Give both sides to the next protocol, from here on."""
        conversation.handed += 1
        rest = {side: cursor.payload[cursor.at : cursor.stop], side.other: conversation.pending[side.other]}
        old = conversation.parser
        assert old is not None
        self.close(conversation, old.close, cursor.ts_ns)
        conversation.pending, conversation.parser = [b"", b""], None
        conversation.skipping = [0, 0]
        conversation.flow = Flow(
            conversation.flow.flow_id,
            conversation.flow.five_tuple,
            conversation.flow.carriers if isinstance(old, Undecided) else (*conversation.flow.carriers, old.name),
            dict(handover.given),
            keys=conversation.flow.keys,
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
                    self.feed(conversation, Turn(which, rest[which], cursor.ts_ns, 0, False))
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

    def _break_off(self, conversation: Conversation, side: int, anomaly: str) -> None:
        """Give a parser what is pending as all that will come: part of a message may say enough."""
        pending, parser = conversation.pending[side], conversation.parser
        conversation.pending[side] = b""
        if not pending or parser is None or conversation.done[side]:
            return
        cursor = Cursor(pending, whole=True, ts_ns=conversation.pending_ns[side])
        self._odd(conversation, anomaly, cursor.ts_ns, lost_bytes=len(pending))
        try:
            rows = shielded(lambda: list(parser.parse(cursor, SIDES[side])), self._blamer(conversation, parser))
        except DissectError:
            return
        self._tell(conversation, rows or [], cursor.ts_ns)

    def end(self, conversation: Conversation) -> None:
        """Take what a conversation still holds when its flow ends."""
        for side in SIDES:
            self._break_off(conversation, side, "message broken off by the end of the flow")
        if conversation.parser is not None:
            self.close(conversation, conversation.parser.close, conversation.last_ns)
        if conversation.inner is not None:
            self.end(conversation.inner)

    def finish(self, conversation: Conversation) -> None:
        """End a conversation of which nothing more is wanted, and let go of its parser: its flow may last for hours."""
        self.end(conversation)
        conversation.parser, conversation.flow = None, NOTHING_MORE
        conversation.waiting.clear()

    def close(self, conversation: Conversation, close: Callable[[], Iterator[Row]], ts_ns: int) -> None:
        """Take the rows with which a parser closes."""
        assert conversation.parser is not None
        try:
            rows = shielded(lambda: list(close()), self._blamer(conversation, conversation.parser))
        except DissectError as error:
            self._odd(conversation, str(error), ts_ns)
        else:
            self._tell(conversation, rows or [], ts_ns)

    def _blamer(self, conversation: Conversation, parser: Protocol) -> Callable[[Exception], None]:
        return lambda error: self._blame(conversation, parser, error)

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


class Stopped(NamedTuple):
    """Why reading a turn stopped before its end: a message that began at `at`. None: there is nothing more to read."""

    why: type[DissectError] | None
    at: int
    reason: str = ""
    offset: int = 0
    detail: str = ""


def _parse_messages(
    conversation: Conversation, turn: Turn, cursor: Cursor, n_pending: int, found: list[tuple[list[Row], int]]
) -> Stopped:
    """Parse what a cursor holds up to what stops it; found: takes the rows of each message, and its time."""
    parser, side, at, times = conversation.parser, SIDES[turn.side], cursor.at, turn.times
    assert parser is not None
    while at < cursor.stop:
        if at < n_pending:
            cursor.ts_ns = conversation.pending_ns[side]
        else:
            cursor.ts_ns = turn.ts_ns if times is None else times.at(at - n_pending)
        try:
            rows = list(parser.parse(cursor, side))
        except NeedMoreData:
            return Stopped(NeedMoreData, at)
        except Malformed as error:  # not kept itself: its frames would hold the batch until cycles are looked for
            return Stopped(Malformed, at, error.reason, error.offset, str(error))
        conversation.last_ns = cursor.ts_ns
        conversation.n_messages += 1
        if rows:
            found.append((rows, cursor.ts_ns))
        if cursor.skipping or cursor.is_done or cursor.handover is not None:
            break
        if cursor.at <= at:
            raise RuntimeError("a message of no bytes")
        at = cursor.at
    return Stopped(None, at)


class Undecided(Protocol):
    """Stands in after a hand-over whose next protocol no byte has shown yet; the first bytes decide."""

    name = "undecided"

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Hand over to whatever the bytes show."""
        cursor.hand_over(None)
        return iter(())
