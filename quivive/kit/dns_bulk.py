"""Many messages of DNS and its relatives at once, by kernels: the same as dns_message.py reads one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import span
from quivive.kit.dns_message import (
    BAD_DATA,
    HEADER_BYTES,
    QUESTION_BYTES,
    QUESTIONS,
    RECORD_BYTES,
    TOO_MANY,
    subnet_text,
)
from quivive.kit.dns_record_kernels import Wire, put_name, put_record
from quivive.kit.dns_walk import Entries, Heads, Numbers, walk
from quivive.kit.protocol import Messages
from quivive.kit.text_kernels import Bytes
from quivive.model.columns import Spans
from quivive.model.limits import DNS_RECORDS, TEXT_BYTES

NAME_TEXT = 1024
"""Room for a name: 255 bytes, each written with four characters at most."""

RECORD_TEXT = TEXT_BYTES + 1
"""Room for a record's data, and for the character that shows there were more."""


class Bulk(NamedTuple):
    """All that was read of many messages; one without a header has fault SHORT.

    texts: the entries' data   subnets: each message's client subnet
    """

    messages: Messages
    heads: Heads
    entries: Entries
    texts: Spans
    subnets: Spans


def read_many(messages: Messages, wanted: int) -> Bulk:
    """Read whole messages; of the wanted sections every entry."""
    heads = Heads(*(np.full(messages.start.size, -1, np.int64) for _ in Heads._fields))
    heads.fault[:] = heads.slack[:] = 0
    room = Entries(*(np.empty(entries_at_most(messages, wanted), np.int64) for _ in Entries._fields))
    n_entries = walk(messages.data, messages.start, messages.stop, wanted, heads, room)
    entries = Entries(*(column[:n_entries] for column in room))
    first, stop = messages.start[entries.message], messages.stop[entries.message]
    is_whole = np.ones(n_entries, np.bool_)
    texts = _write(write_records, RECORD_TEXT, messages.data, first, stop, entries, is_whole)
    note_bad_data(heads, entries.message[~is_whole], (entries.entry_at - first)[~is_whole])
    return Bulk(messages, heads, entries, texts, _read_subnets(messages.data, heads))


def entries_at_most(messages: Messages, wanted: int) -> int:
    """Return how many entries of the wanted sections these messages can hold, by their size and our bound."""
    least = 1 + (QUESTION_BYTES if wanted & QUESTIONS else RECORD_BYTES)
    sizes = (messages.stop - messages.start - HEADER_BYTES) // least
    return int(np.clip(sizes, 0, DNS_RECORDS).sum())


def queries(bulk: Bulk) -> Spans:
    """Return the name of each message's first question."""
    messages = bulk.messages
    return _write(write_names, NAME_TEXT, messages.data, messages.start, messages.stop, bulk.heads.query_at)


def entry_names(bulk: Bulk) -> Spans:
    """Return the name of each entry."""
    messages, owner = bulk.messages, bulk.entries.message
    first, stop = messages.start[owner], messages.stop[owner]
    return _write(write_names, NAME_TEXT, messages.data, first, stop, bulk.entries.entry_at)


def note_bad_data(heads: Heads, message: Numbers, fault_at: Numbers) -> None:
    """Note data that breaks a rule, in messages in which nothing before it does."""
    for k, at in zip(message.tolist(), fault_at.tolist(), strict=True):
        if heads.fault[k] == 0 or at < heads.fault_at[k]:
            heads.fault[k], heads.fault_at[k] = BAD_DATA, at


def is_malformed(heads: Heads) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which messages break a rule; a bound of ours is none."""
    return (heads.fault != 0) & (heads.fault != TOO_MANY)


def _read_subnets(data: Bytes, heads: Heads) -> Spans:
    """Read the client subnets one by one: only resolvers send them, and few."""
    spans, arena = np.full(heads.subnet_at.size, -1, np.int64), bytearray()
    for k in np.flatnonzero(heads.subnet_at >= 0).tolist():
        text = subnet_text(data[heads.subnet_at[k] : heads.subnet_stop[k]].tobytes())
        if text:
            spans[k] = len(arena) << 16 | len(text)
            arena += text.encode()
        else:
            note_bad_data(heads, np.array([k]), heads.edns_at[k : k + 1])
    return Spans(np.array(arena, np.uint8), spans)


def _write(write: Callable[..., int], room: int, data: Bytes, first: Numbers, stop: Numbers, *columns: Any) -> Spans:
    """Call a writing kernel until all is written, with a larger arena each time it had no room for the next text."""
    spans = np.empty(first.size, np.int64)
    arena = np.empty(64 * first.size + room, np.uint8)
    progress = np.zeros(2, np.int64)
    while progress[0] < first.size:
        write(data, first, stop, *columns, arena, spans, progress)
        if progress[0] < first.size:
            arena = np.concatenate([arena, np.empty(arena.size + room, np.uint8)])
    return Spans(arena, spans)


@kernel
def write_names(
    data: Bytes, first: Numbers, stop: Numbers, at: Numbers, arena: Bytes, spans: Numbers, progress: Numbers
) -> None:
    """Write the names that lie at `at`, -1 for none; progress: names written, bytes used."""
    to = progress[1]
    for k in range(progress[0], at.size):
        if to + NAME_TEXT > arena.size:
            break
        spans[k] = -1
        if at[k] >= 0:
            _, end = put_name(Wire(data, first[k], stop[k]), at[k], arena, to, to + NAME_TEXT)
            spans[k] = span(to, end - to)
            to = end
        progress[0] = k + 1
    progress[1] = to


@kernel
def write_records(
    data: Bytes,
    first: Numbers,
    stop: Numbers,
    entries: Entries,
    is_whole: np.ndarray,
    arena: Bytes,
    spans: Numbers,
    progress: Numbers,
) -> None:
    """Write the data of entries and whether it keeps its layout; progress: entries written, bytes used."""
    to = progress[1]
    for k in range(progress[0], spans.size):
        if to + RECORD_TEXT > arena.size:
            break
        wire = Wire(data, first[k], stop[k])
        is_whole[k], end = put_record(wire, entries.type[k], entries.data_at[k], entries.data_stop[k], arena, to)
        spans[k] = span(to, end - to)
        to = end
        progress[0] = k + 1
    progress[1] = to
