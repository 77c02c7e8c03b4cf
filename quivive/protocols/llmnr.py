"""Link-Local Multicast Name Resolution (RFC 4795): one row per message."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Messages, Protocol, Row
from quivive.messages.dns.bulk import read_many
from quivive.messages.dns.message import ANSWERS, Message, read_message
from quivive.messages.dns.rows import (
    ANSWER_FIELDS,
    HEAD_FIELDS,
    answer_columns,
    answer_row,
    fault_columns,
    fault_rows,
    head_columns,
    head_row,
    readable,
)
from quivive.messages.dns.words import RESPONSE
from quivive.model.columns import Columns
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

CONFLICT, TRUNCATED, TENTATIVE = 0x0400, 0x0200, 0x0100
KNOWN_FLAGS = RESPONSE | CONFLICT | TRUNCATED | TENTATIVE

IN = 1
ADDRESS_TYPES = (1, 28, 255)
"""A, AAAA, ANY: what machines of a local network ask each other for."""

LLMNR = Table("llmnr", "Names that machines ask their neighbors for, and who answers: one row per message.", (
    *HEAD_FIELDS,
    *ANSWER_FIELDS,
    Field("is_name_conflict", "bool", "Whether the sender has seen several machines answer to the name."),
    Field("is_tentative", "bool", "Whether the machine that answers does not yet know that the name is its own."),
))  # fmt: skip


class Llmnr(Protocol):
    """LLMNR; over TCP behind a length as DNS."""

    name = "llmnr"
    title = "Link-Local Multicast Name Resolution"
    spec = "RFC 4795"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (5355,)
    signatures = ("????0???0001", "????8???0001", "????????0???0001", "????????8???0001")
    tables = (LLMNR,)
    family = "name"
    has_bulk = True

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.is_framed = self.flow.five_tuple.transport == Carrier.TCP

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """One question without any wish for recursion; for the address of a name of one label it is sure."""
        match = judge(payload)
        size = int.from_bytes(payload[:2], "big")
        return judge(payload[2:]) if match is Match.NO and size == len(payload) - 2 else match

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message, over TCP behind its length."""
        payload = cursor.take(cursor.u16()) if self.is_framed else cursor.rest()
        message = read_message(payload, ANSWERS)
        yield LLMNR, head_row(message, side, len(payload)) | answer_row(message) | _own_row(message)
        yield from fault_rows(self.name, message)

    @classmethod
    def parse_many(cls, messages: Messages) -> Iterator[tuple[Table, Columns]]:
        """Read datagrams."""
        bulk = read_many(messages, ANSWERS)
        rows = readable(bulk)
        flags = bulk.heads.flags[rows]
        own: Columns = {"is_name_conflict": flags & CONFLICT != 0, "is_tentative": flags & TENTATIVE != 0}
        yield LLMNR, head_columns(bulk, rows) | answer_columns(bulk, rows) | own
        yield from fault_columns(cls.name, bulk)


def judge(payload: bytes) -> Match:
    """Judge one message without framing."""
    try:
        message = read_message(payload, 0)
    except Malformed:
        return Match.NO
    if message.flags & ~KNOWN_FLAGS or message.counts[0] != 1 or message.fault or message.slack:
        return Match.NO
    (question,) = message.questions
    if question.class_ != IN:
        return Match.NO
    # A resolver asks the roots in the same way, but for the top-level domains it knows EDNS.
    is_neighbor = "." not in question.name and question.type in ADDRESS_TYPES
    is_plain = message.edns_bytes < 0 and message.trans_id > 0 and not message.flags & TENTATIVE
    return Match.YES if is_neighbor and is_plain else Match.UNSURE


def _own_row(message: Message) -> dict[str, bool]:
    return {
        "is_name_conflict": bool(message.flags & CONFLICT),
        "is_tentative": bool(message.flags & TENTATIVE),
    }
