"""Domain Name System (RFC 1035, RFC 6891; over TCP RFC 7766): one row per message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Messages, Protocol, Row
from quivive.messages.dns.bulk import read_many
from quivive.messages.dns.message import ANSWERS, HEADER_BYTES, QUESTION_BYTES, Message, read_message
from quivive.messages.dns.rows import (
    ANSWER_FIELDS,
    HEAD_FIELDS,
    answer_columns,
    answer_row,
    fault_columns,
    fault_rows,
    head_columns,
    head_row,
    known,
    readable,
)
from quivive.messages.dns.words import AA, AD, CD, CLASSES, OPCODES, RA, RCODES, RD, RESPONSE, TC, TYPES
from quivive.model.columns import Columns
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

FLAGS = {"aa": AA, "tc": TC, "rd": RD, "ra": RA, "ad": AD, "cd": CD}
RESERVED_FLAG, DNSSEC_OK = 0x0040, 0x8000

NETBIOS_TYPE = 32
"""Record type of NetBIOS names, of which DNS once had another use (NIMLOC)."""

NETBIOS_LABEL = 32
"""Length of a NetBIOS name as a label; it has letters from A to P only (RFC 1001, 14.1)."""

MAX_PLAUSIBLE_QUESTIONS = 16
"""Questions that a message may ask and still be taken for one; servers answer only one, evasions ask some more."""

MAX_PLAUSIBLE_RECORDS = 64
"""Records that a message cut short by the capture may announce and still be taken for one."""

DNS = Table("dns", "Questions asked of name servers and what they answered: one row per message.", (
    *HEAD_FIELDS,
    *ANSWER_FIELDS,
    Field("aa", "bool", "Whether the answering server is an authority for the name."),
    Field("tc", "bool", "Whether the message was cut to fit, and is to be asked for again over TCP."),
    Field("rd", "bool", "Whether the server is asked to find the answer itself."),
    Field("ra", "bool", "Whether the server offers to find answers itself."),
    Field("ad", "bool", "Whether the server says that it has verified the data (DNSSEC)."),
    Field("cd", "bool", "Whether data that is not verified is accepted."),
    Field("is_dnssec_ok", "bool", "Whether the sender takes DNSSEC records; empty without EDNS."),
    Field("edns_bytes", "int32", "Largest UDP payload the sender can take; empty without EDNS.", "bytes"),
    Field("client_subnet", "text", "Network on whose behalf a resolver asks (RFC 7871)."),
    Field("slack_bytes", "int32", "Bytes behind the last record, which no server reads.", "bytes"),
))  # fmt: skip


class Dns(Protocol):
    """DNS: queries and responses, each as it passed."""

    name = "dns"
    title = "Domain Name System"
    spec = "RFC 1035"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (53,)
    # Transaction id, flags whose upper half says query, notify or update and the response to each, one question.
    signatures = (
        "????0???0001", "????8???0001", "????2???0001", "????A???0001", "????????0???0001", "????????8???0001",
    )  # fmt: skip
    tables = (DNS,)
    family = "name"
    has_bulk = True

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.is_framed = self.flow.five_tuple.transport == Carrier.TCP
        self.out_of_step: set[Side] = set()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A question that is one, in a message that holds what its header announces; over TCP behind its length."""
        match = judge(payload)
        size = int.from_bytes(payload[:2], "big")
        return judge(payload[2 : 2 + size]) if match is Match.NO and size >= HEADER_BYTES else match

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message, over TCP behind its length."""
        if side in self.out_of_step:
            cursor.rest()
            cursor.done()
            return
        payload = cursor.take(cursor.u16()) if self.is_framed else cursor.rest()
        message = read_message(payload, ANSWERS)
        yield DNS, head_row(message, side, len(payload)) | answer_row(message) | _own_row(message)
        yield from fault_rows(self.name, message)

    def missed(self, side: Side, n_bytes: int) -> None:
        """Behind a gap nothing says where the next message of a TCP stream begins."""
        self.out_of_step.add(side)

    @classmethod
    def parse_many(cls, messages: Messages) -> Iterator[tuple[Table, Columns]]:
        """Read datagrams."""
        bulk = read_many(messages, ANSWERS)
        rows = readable(bulk)
        heads = bulk.heads
        flags, edns_flags = heads.flags[rows], heads.edns_flags[rows]
        own: Columns = {name: flags & bit != 0 for name, bit in FLAGS.items()}
        own["is_dnssec_ok"] = known(edns_flags)._replace(value=edns_flags & DNSSEC_OK != 0)
        own["edns_bytes"] = known(heads.edns_bytes[rows])
        own["slack_bytes"] = heads.slack[rows].astype("int32")
        own["client_subnet"] = bulk.subnets._replace(span=bulk.subnets.span[rows])
        yield DNS, head_columns(bulk, rows) | answer_columns(bulk, rows) | own
        yield from fault_columns(cls.name, bulk)


def _own_row(message: Message) -> dict[str, Any]:
    row: dict[str, Any] = {name: bool(message.flags & bit) for name, bit in FLAGS.items()}
    if message.edns_bytes >= 0:
        row["is_dnssec_ok"] = bool(message.edns_flags & DNSSEC_OK)
        row["edns_bytes"] = message.edns_bytes
    if message.edns_subnet:
        row["client_subnet"] = message.edns_subnet
    row["slack_bytes"] = message.slack
    return row


def judge(payload: bytes) -> Match:
    """Judge one message without framing."""
    try:
        message = read_message(payload, 0)
    except Malformed:
        return Match.NO
    if is_netbios(payload) or not _has_plausible_counts(message):
        return Match.NO
    if not message.questions:
        return Match.UNSURE if _is_only_cut(payload, message) else Match.NO
    return Match.YES if _is_exact(message) else Match.UNSURE


def _has_plausible_counts(message: Message) -> bool:
    """Return whether there are questions, but few; a response may leave them out."""
    return (message.flags & RESPONSE == 0) <= message.counts[0] <= MAX_PLAUSIBLE_QUESTIONS


def _is_exact(message: Message) -> bool:
    """Return whether all is as name servers have it, down to the last byte."""
    question, flags = message.questions[0], message.flags
    if message.fault or message.slack or question.class_ not in CLASSES or question.type not in TYPES:
        return False
    if (
        question.type == NETBIOS_TYPE
        or message.opcode not in OPCODES
        or message.rcode not in RCODES
        or flags & RESERVED_FLAG
    ):
        return False
    # Its relatives on the local link look alike, but ask for no recursion; of them mDNS knows EDNS, and has no id.
    return bool(flags & RD) or (message.edns_bytes >= 0 and message.trans_id > 0)


def is_netbios(payload: bytes) -> bool:
    """Return whether the first question's name is a NetBIOS name in its first-level encoding."""
    label = payload[HEADER_BYTES + 1 : HEADER_BYTES + 1 + NETBIOS_LABEL]
    return (
        payload[HEADER_BYTES : HEADER_BYTES + 1] == b"\x20"
        and len(label) == NETBIOS_LABEL
        and not label.strip(b"ABCDEFGHIJKLMNOP")
    )


def _is_only_cut(payload: bytes, message: Message) -> bool:
    """Return whether a message without a question to read has none, or breaks off within it."""
    if message.counts[0] == 0:
        return not message.fault and not message.slack
    at = HEADER_BYTES
    while at < len(payload):
        if not 0 < payload[at] < 64:
            return payload[at] == 0 and at + 1 + QUESTION_BYTES > len(payload)
        at += 1 + payload[at]
    return max(message.counts) <= MAX_PLAUSIBLE_RECORDS
