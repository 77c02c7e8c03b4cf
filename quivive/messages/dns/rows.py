"""What the rows of DNS and its relatives have in common: from one message, and the same from many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kit.protocol import Messages, Row
from quivive.messages.dns.bulk import Bulk, is_malformed, queries
from quivive.messages.dns.message import ADDITIONALS, AUTHORITIES, FAULTS, NAMES, QUESTIONS, SHORT, Message
from quivive.messages.dns.message import ANSWERS as ANSWER_RECORDS
from quivive.messages.dns.walk import Numbers
from quivive.messages.dns.words import (
    ANSWER_TTLS,
    ANSWER_TYPES,
    ANSWERS,
    CLASSES,
    COUNTS,
    IS_MALFORMED,
    IS_RESPONSE,
    MESSAGE_BYTES,
    OPCODE,
    OPCODES,
    OTHER_CLASS,
    OTHER_OPCODE,
    OTHER_RCODE,
    OTHER_TYPE,
    QCLASS,
    QTYPE,
    QUERY,
    RCODE,
    RCODES,
    RESPONSE,
    TRANS_ID,
    TYPES,
    class_name,
    opcode_name,
    rcode_name,
    type_name,
)
from quivive.model.columns import Codes, Columns, Known, Lists, Spans
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Side
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES

HEAD_FIELDS = (
    *STAMP,
    IS_ORIG,
    TRANS_ID,
    IS_RESPONSE,
    OPCODE,
    RCODE,
    QUERY,
    QTYPE,
    QCLASS,
    *COUNTS,
    MESSAGE_BYTES,
    IS_MALFORMED,
)
ANSWER_FIELDS = (ANSWERS, ANSWER_TYPES, ANSWER_TTLS)

ENTRY_FIELDS = (
    Field("questions", "texts", "Name of each question."),
    Field("question_types", "texts", "Type of each question, in the order of the questions."),
    Field("record_names", "texts", "Name of each record of all sections."),
    Field("record_types", "texts", "Type of each record, in the order of their names."),
    Field("record_data", "texts", "Data of each record as in a zone file, in the order of their names."),
    Field(
        "record_ttls", "ints", "Seconds each record may be kept, 0 where it is withdrawn, in the order of names.", "s"
    ),
)
EVERYTHING = QUESTIONS | ANSWER_RECORDS | AUTHORITIES | ADDITIONALS | NAMES

CLASS_BITS = 0x7FFF
"""Of a class; multicast DNS uses the highest bit for something else (RFC 6762, 18.12)."""


def head_row(message: Message, side: Side, n_bytes: int) -> dict[str, Any]:
    """Return the fields that say what a message asks and whether it could be read."""
    row: dict[str, Any] = {
        "is_orig": side == Side.ORIGINATOR,
        "trans_id": message.trans_id,
        "is_response": bool(message.flags & RESPONSE),
        "opcode": opcode_name(message.opcode),
        **{field.name: count for field, count in zip(COUNTS, message.counts, strict=True)},
        "message_bytes": n_bytes,
        "is_malformed": message.is_malformed,
    }
    if message.flags & RESPONSE:
        row["rcode"] = rcode_name(message.rcode)
    if message.questions:
        question = message.questions[0]
        row |= {
            "query": question.name,
            "qtype": type_name(question.type),
            "qclass": class_name(question.class_ & CLASS_BITS),
        }
    return row


def answer_row(message: Message) -> dict[str, Any]:
    """Return the records that were wanted as parallel lists."""
    return {
        "answers": [record.text for record in message.records],
        "answer_types": [type_name(record.type) for record in message.records],
        "answer_ttls": [record.ttl for record in message.records],
    }


def entry_row(message: Message) -> dict[str, Any]:
    """Return all questions and the records that were wanted as parallel lists."""
    return {
        "questions": [question.name for question in message.questions],
        "question_types": [type_name(question.type) for question in message.questions],
        "record_names": [record.name for record in message.records],
        "record_types": [type_name(record.type) for record in message.records],
        "record_data": [record.text for record in message.records],
        "record_ttls": [record.ttl for record in message.records],
    }


def fault_rows(place: str, message: Message) -> Iterator[Row]:
    """Yield an anomaly for a rule that a message breaks or a bound that it hits."""
    if message.fault:
        yield ANOMALIES, {"place": place, "anomaly": FAULTS[message.fault], "offset_bytes": message.fault_at}


def readable(bulk: Bulk) -> Numbers:
    """Return which messages become rows: those with a header."""
    return np.flatnonzero(bulk.heads.fault != SHORT)


def stamp_columns(messages: Messages, rows: Numbers) -> Columns:
    """Return the columns every table begins with."""
    ts_ns = messages.ts_ns[rows]
    return {"flow_id": messages.flow_id[rows], "ts": ts_ns // 1000, "ts_ns": ts_ns}


def head_columns(bulk: Bulk, rows: Numbers) -> Columns:
    """Return the columns of head_row."""
    heads, messages, query = bulk.heads, bulk.messages, queries(bulk)
    flags = heads.flags[rows]
    is_response = flags & RESPONSE != 0
    qclass = heads.qclass[rows]
    return stamp_columns(messages, rows) | {
        "is_orig": messages.side[rows] == Side.ORIGINATOR,
        "trans_id": _int32(heads.trans_id[rows]),
        "is_response": is_response,
        "opcode": Codes(flags >> 11 & 0xF, OPCODES, OTHER_OPCODE),
        "rcode": Codes(np.where(is_response, rcodes(bulk, rows), -1), RCODES, OTHER_RCODE),
        "query": Spans(query.data, query.span[rows]),
        "qtype": Codes(heads.qtype[rows], TYPES, OTHER_TYPE),
        "qclass": Codes(np.where(qclass >= 0, qclass & CLASS_BITS, -1), CLASSES, OTHER_CLASS),
        "n_questions": _int32(heads.n_questions[rows]),
        "n_answers": _int32(heads.n_answers[rows]),
        "n_authorities": _int32(heads.n_authorities[rows]),
        "n_additionals": _int32(heads.n_additionals[rows]),
        "message_bytes": _int32(messages.stop[rows] - messages.start[rows]),
        "is_malformed": is_malformed(heads)[rows],
    }


def rcodes(bulk: Bulk, rows: Numbers) -> Numbers:
    """Return the response codes with the upper bits of EDNS."""
    edns_flags = bulk.heads.edns_flags[rows]
    return bulk.heads.flags[rows] & 0xF | np.where(edns_flags >= 0, edns_flags >> 24 << 4, 0)


def known(values: Numbers, *, none: int = -1) -> Known:
    """Return numbers of which `none` stands for those that are not known."""
    return Known(_int32(values), values != none)


def _int32(values: Numbers) -> NDArray[np.int32]:
    return values.astype(np.int32)


def answer_columns(bulk: Bulk, rows: Numbers) -> Columns:
    """Return the columns of answer_row."""
    offset = entry_offsets(bulk, rows)
    return {
        "answers": Lists(bulk.texts, offset),
        "answer_types": Lists(Codes(bulk.entries.type, TYPES, OTHER_TYPE), offset),
        "answer_ttls": Lists(bulk.entries.ttl, offset),
    }


def entry_columns(bulk: Bulk, rows: Numbers) -> Columns:
    """Return the columns of entry_row."""
    names, entries = bulk.names, bulk.entries
    asked = entries.section == QUESTIONS
    told = ~asked
    ends = entry_offsets(bulk, rows)
    questions, records = (np.concatenate([[0], np.cumsum(picked)])[ends] for picked in (asked, told))
    return {
        "questions": Lists(Spans(names.data, names.span[asked]), questions),
        "question_types": Lists(Codes(entries.type[asked], TYPES, OTHER_TYPE), questions),
        "record_names": Lists(Spans(names.data, names.span[told]), records),
        "record_types": Lists(Codes(entries.type[told], TYPES, OTHER_TYPE), records),
        "record_data": Lists(Spans(bulk.texts.data, bulk.texts.span[told]), records),
        "record_ttls": Lists(entries.ttl[told], records),
    }


def entry_offsets(bulk: Bulk, rows: Numbers) -> Numbers:
    """Return where the entries of each row begin, and where the last row's end."""
    return np.concatenate([np.zeros(1, np.int64), bulk.heads.entry_stop[rows]])


def fault_columns(place: str, bulk: Bulk) -> Iterator[tuple[Table, Columns]]:
    """Yield the anomalies of fault_rows, and those of messages without a header."""
    rows = np.flatnonzero(bulk.heads.fault)
    if rows.size:
        yield (
            ANOMALIES,
            stamp_columns(bulk.messages, rows)
            | {
                "place": [place] * rows.size,
                "anomaly": Codes(bulk.heads.fault[rows], FAULTS),
                "offset_bytes": bulk.heads.fault_at[rows],
            },
        )
