"""Kernels that walk through many messages of DNS and its relatives: headers, and where each entry lies.

They follow message.py; no text is made here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be16, be32
from quivive.messages.dns.message import (
    ADDITIONALS,
    BAD_DATA,
    BAD_QUESTION,
    BAD_RECORD,
    CLIENT_SUBNET,
    HEADER_BYTES,
    OPT,
    QUESTION_BYTES,
    QUESTIONS,
    RECORD_BYTES,
    SHORT,
    TOO_MANY,
)
from quivive.messages.dns.record_kernels import MALFORMED, Wire
from quivive.messages.dns.records import LABEL_BYTES, NAME_BYTES, POINTER
from quivive.messages.text_kernels import Bytes, Int
from quivive.model.limits import DNS_LABELS, DNS_RECORDS

Numbers = NDArray[np.int64]

NO_FAULT = np.int64(0)


class Heads(NamedTuple):
    """What is known of each message: int64 (n,) each, -1 where it is not known.

    The fields are those of dns_message.Message. query_at: where the first question's name lies in the buffer;
    edns_at: where the OPT record lies in the message; subnet_at, subnet_stop: where the content of a client subnet
    option lies in the buffer; entry_stop: entries up to and with this message.
    """

    trans_id: Numbers
    flags: Numbers
    n_questions: Numbers
    n_answers: Numbers
    n_authorities: Numbers
    n_additionals: Numbers
    query_at: Numbers
    qtype: Numbers
    qclass: Numbers
    edns_bytes: Numbers
    edns_flags: Numbers
    edns_at: Numbers
    subnet_at: Numbers
    subnet_stop: Numbers
    slack: Numbers
    fault: Numbers
    fault_at: Numbers
    entry_stop: Numbers


class Entries(NamedTuple):
    """Questions and records of the wanted sections, in order of the wire: int64 (n,) each.

    message: number of its message   entry_at: where it begins, its name first   data_at, data_stop: where its data lies
    """

    message: Numbers
    section: Numbers
    entry_at: Numbers
    type: Numbers
    class_: Numbers
    ttl: Numbers
    data_at: Numbers
    data_stop: Numbers


@kernel
def walk(data: Bytes, start: Numbers, stop: Numbers, wanted: Int, heads: Heads, entries: Entries) -> Int:
    """Fill heads and entries from whole messages; returns how many entries there are."""
    row = np.int64(0)
    for k in range(start.size):
        if start[k] + HEADER_BYTES > stop[k]:
            note(heads, k, np.int64(SHORT), np.int64(0))
        else:
            row = walk_message(Wire(data, start[k], stop[k]), k, wanted, heads, entries, row)
        heads.entry_stop[k] = row
    return row


@kernel
def note(heads: Heads, k: Int, fault: Int, at: Int) -> None:
    """Keep a message's first fault."""
    if heads.fault[k] == NO_FAULT:
        heads.fault[k], heads.fault_at[k] = fault, at


@kernel
def walk_message(wire: Wire, k: Int, wanted: Int, heads: Heads, entries: Entries, row: Int) -> Int:
    """Walk through one message; returns the next free row of the entries."""
    data, first = wire.data, wire.first
    heads.trans_id[k], heads.flags[k] = be16(data, first), be16(data, first + 2)
    heads.n_questions[k], heads.n_answers[k] = be16(data, first + 4), be16(data, first + 6)
    heads.n_authorities[k], heads.n_additionals[k] = be16(data, first + 8), be16(data, first + 10)
    at, n_read = first + HEADER_BYTES, 0
    for section in range(4):
        for _ in range(be16(data, first + 4 + 2 * section)):
            name_stop = skip_name(wire, at) if n_read < DNS_RECORDS else MALFORMED
            data_at = name_stop + (RECORD_BYTES if section else QUESTION_BYTES)
            end = data_at + (be16(data, data_at - 2) if section and data_at <= wire.stop else 0)
            if name_stop < 0 or end > wire.stop:
                fault = TOO_MANY if n_read == DNS_RECORDS else BAD_RECORD if section else BAD_QUESTION
                note(heads, k, np.int64(fault), at - first)
                return row
            row = keep_entry(wire, k, 1 << section, at, name_stop, end, wanted, heads, entries, row)
            at, n_read = end, n_read + 1
    heads.slack[k] = wire.stop - at
    return row


@kernel
def skip_name(wire: Wire, at: Int) -> Int:
    """Return the byte after a name, MALFORMED where it is none."""
    resume, n_bytes = MALFORMED, np.int64(1)
    for _ in range(DNS_LABELS):
        size = np.int64(wire.data[at]) if at < wire.stop else np.int64(LABEL_BYTES + 1)
        if size == 0:
            return at + 1 if resume < 0 else resume
        if size >= POINTER:
            if at + 2 > wire.stop:
                return MALFORMED
            resume = at + 2 if resume < 0 else resume
            at = wire.first + (be16(wire.data, at) & 0x3FFF)
            continue
        n_bytes += 1 + size
        at += 1 + size
        if size > LABEL_BYTES or at > wire.stop or n_bytes > NAME_BYTES:
            return MALFORMED
    return MALFORMED


@kernel
def keep_entry(
    wire: Wire,
    k: Int,
    section: Int,
    at: Int,
    name_stop: Int,
    stop: Int,
    wanted: Int,
    heads: Heads,
    entries: Entries,
    row: Int,
) -> Int:
    """Keep what is wanted of an entry that lies from `at` to `stop`; returns the next free row of the entries."""
    data = wire.data
    type_, class_ = be16(data, name_stop), be16(data, name_stop + 2)
    if section == QUESTIONS and heads.query_at[k] < 0:
        heads.query_at[k], heads.qtype[k], heads.qclass[k] = at, type_, class_
    if section == ADDITIONALS and type_ == OPT:
        if heads.edns_bytes[k] < 0:
            heads.edns_bytes[k], heads.edns_flags[k] = class_, be32(data, name_stop + 4)
            heads.edns_at[k] = at - wire.first
            find_subnet(data, name_stop + RECORD_BYTES, stop, k, heads)
        return row
    if not section & wanted:
        return row
    entries.message[row], entries.section[row], entries.entry_at[row] = k, section, at
    entries.type[row], entries.class_[row] = type_, class_
    entries.ttl[row] = be32(data, name_stop + 4) if section != QUESTIONS else -1
    entries.data_at[row] = name_stop + RECORD_BYTES if section != QUESTIONS else stop
    entries.data_stop[row] = stop
    return row + 1


@kernel
def find_subnet(data: Bytes, at: Int, stop: Int, k: Int, heads: Heads) -> None:
    """Look for the first client subnet among the options of an OPT record."""
    while at < stop:
        end = at + 4 + be16(data, at + 2) if at + 4 <= stop else stop + 1
        if end > stop:
            note(heads, k, np.int64(BAD_DATA), heads.edns_at[k])
            return
        if be16(data, at) == CLIENT_SUBNET and heads.subnet_at[k] < 0:
            heads.subnet_at[k], heads.subnet_stop[k] = at + 4, end
        at = end
