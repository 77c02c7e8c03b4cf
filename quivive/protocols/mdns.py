"""Multicast DNS and the services found by it (RFC 6762, RFC 6763): one row per message."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Messages, Protocol, Row, Signature
from quivive.messages.dns.bulk import read_many
from quivive.messages.dns.message import Message, read_message
from quivive.messages.dns.rows import (
    CLASS_BITS,
    ENTRY_FIELDS,
    EVERYTHING,
    HEAD_FIELDS,
    entry_columns,
    entry_row,
    fault_columns,
    fault_rows,
    head_columns,
    head_row,
    readable,
)
from quivive.messages.dns.words import AA, CLASSES, RESPONSE, TC
from quivive.model.columns import Columns, Known
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

UNICAST = 0x8000
"""In the class of a question: answer to me alone (RFC 6762, 5.4)."""

LOCAL = (".local", ".254.169.in-addr.arpa", ".0.8.e.f.ip6.arpa")
"""Ends of the names that are asked for by multicast (RFC 6762, 3 and 4)."""

MDNS = Table("mdns", "What devices on the local network ask for and say of themselves: one row per message.", (
    *HEAD_FIELDS,
    *ENTRY_FIELDS,
    Field("is_unicast_wanted", "bool", "Whether the asker wants the answer to itself alone; empty without a question."),
))  # fmt: skip


class Mdns(Protocol):
    """mDNS and DNS-SD."""

    name = "mdns"
    title = "Multicast DNS"
    spec = "RFC 6762"
    carriers = (Carrier.UDP,)
    ports = (5353,)
    signatures = (Signature("00000???", minimum=12), Signature("00008???", minimum=12))
    tables = (MDNS,)
    family = "name"
    has_bulk = True

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A name of the local network asked for or told of, without any wish for recursion."""
        try:
            message = read_message(payload, EVERYTHING)
        except Malformed:
            return Match.NO
        is_mdns = message.flags & ~(RESPONSE | AA | TC) == 0 and any(message.counts)
        if not is_mdns or (message.fault and not message.questions and not message.records):
            return Match.NO
        names = [question.name for question in message.questions] + [record.name for record in message.records]
        classes = {question.class_ & CLASS_BITS for question in message.questions}
        classes |= {record.class_ & CLASS_BITS for record in message.records}
        is_local = any(name.endswith(LOCAL) for name in names) and classes <= CLASSES.keys()
        return Match.YES if is_local and not message.fault and not message.slack else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        message = read_message(payload, EVERYTHING)
        yield MDNS, head_row(message, side, len(payload)) | entry_row(message) | _own_row(message)
        yield from fault_rows(self.name, message)

    @classmethod
    def parse_many(cls, messages: Messages) -> Iterator[tuple[Table, Columns]]:
        """Read datagrams."""
        bulk = read_many(messages, EVERYTHING)
        rows = readable(bulk)
        qclass = bulk.heads.qclass[rows]
        own: Columns = {"is_unicast_wanted": Known(qclass & UNICAST != 0, qclass >= 0)}
        yield MDNS, head_columns(bulk, rows) | entry_columns(bulk, rows) | own
        yield from fault_columns(cls.name, bulk)


def _own_row(message: Message) -> dict[str, bool]:
    return {"is_unicast_wanted": bool(message.questions[0].class_ & UNICAST)} if message.questions else {}
