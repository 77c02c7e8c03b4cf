"""Many messages of DNS and its relatives at once, by kernels: the same as message.py reads one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.wire import span
from quivive.kit.protocol import Messages
from quivive.messages.dns.message import (
    BAD_DATA,
    BOUNDS,
    HEADER_BYTES,
    NAMES,
    QUESTION_BYTES,
    QUESTIONS,
    RECORD_BYTES,
    TEXT_GAIN,
    TOO_LONG,
    subnet_text,
)
from quivive.messages.dns.record_kernels import Wire, put_name, put_record
from quivive.messages.dns.walk import Entries, Heads, Numbers, walk
from quivive.messages.text_kernels import DOT, Bytes, Int
from quivive.model.columns import Spans
from quivive.model.limits import DNS_RECORDS, TEXT_BYTES

NAME_TEXT = 1024
"""Room for a name: 255 bytes, each written with four characters at most."""

RECORD_TEXT = TEXT_BYTES + 1
"""Room for a record's data, and for the character that shows there were more."""


BAD, LONG = 1, 2
"""Fates of an entry: its data break their layout; its name or data found no room."""

Fates = NDArray[np.uint8]


class Bulk(NamedTuple):
    """All that was read of many messages; one without a header has fault SHORT.

    names, texts: the entries' names, where wanted, and data   subnets: each message's client subnet
    """

    messages: Messages
    heads: Heads
    entries: Entries
    names: Spans
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
    names = Spans(np.empty(0, np.uint8), np.full(n_entries, -1, np.int64))
    fate = np.zeros(n_entries, np.uint8)
    if wanted & NAMES:
        names = _write(write_names, NAME_TEXT, messages.data, first, stop, entries.entry_at, fate)
    texts = _write(write_records, RECORD_TEXT, messages.data, first, stop, entries, fate)
    subnets, no_subnet = _read_subnets(messages.data, heads)
    bad, long = fate & BAD > 0, (fate & LONG > 0) & (heads.fault[entries.message] == 0)
    place = entries.entry_at - first
    _note(heads, BAD_DATA, entries.message[bad], place[bad])
    _note(heads, BAD_DATA, no_subnet, heads.edns_at[no_subnet])
    _note(heads, TOO_LONG, entries.message[long], place[long])
    return Bulk(messages, heads, entries, names, texts, subnets)


def entries_at_most(messages: Messages, wanted: int) -> int:
    """Return how many entries of the wanted sections these messages can hold, by their size and our bound."""
    least = 1 + (QUESTION_BYTES if wanted & QUESTIONS else RECORD_BYTES)
    sizes = (messages.stop - messages.start - HEADER_BYTES) // least
    return int(np.clip(sizes, 0, DNS_RECORDS).sum())


def queries(bulk: Bulk) -> Spans:
    """Return the name of each message's first question."""
    messages, fate = bulk.messages, np.zeros(bulk.messages.start.size, np.uint8)
    return _write(write_names, NAME_TEXT, messages.data, messages.start, messages.stop, bulk.heads.query_at, fate)


def _note(heads: Heads, fault: int, message: Numbers, fault_at: Numbers) -> None:
    """Note a fault of messages, given in order of their entries, in which nothing before it is at fault."""
    message, firsts = np.unique(message, return_index=True)
    at = fault_at[firsts]
    is_first = (heads.fault[message] == 0) | (at < heads.fault_at[message])
    heads.fault[message[is_first]], heads.fault_at[message[is_first]] = fault, at[is_first]


def is_malformed(heads: Heads) -> NDArray[np.bool_]:
    """Return which messages break a rule; a bound of ours is none."""
    return (heads.fault != 0) & ~np.isin(heads.fault, BOUNDS)


def _read_subnets(data: Bytes, heads: Heads) -> tuple[Spans, Numbers]:
    """Read the client subnets one by one, since only resolvers send them; returns also which messages' are none."""
    spans, arena = np.full(heads.subnet_at.size, -1, np.int64), bytearray()
    has_option = np.flatnonzero(heads.subnet_at >= 0)
    for k in has_option.tolist():
        text = subnet_text(data[heads.subnet_at[k] : heads.subnet_stop[k]].tobytes())
        if text:
            spans[k] = len(arena) << 16 | len(text)
            arena += text.encode()
    return Spans(np.array(arena, np.uint8), spans), has_option[spans[has_option] < 0]


def _write(write: Callable[..., None], room: int, data: Bytes, first: Numbers, stop: Numbers, *columns: Any) -> Spans:
    """Call a writing kernel until all is written, with a larger arena each time it had no room for the next text."""
    spans = np.empty(first.size, np.int64)
    arena = np.empty(64 * first.size + room, np.uint8)
    progress = np.zeros(3, np.int64)
    while progress[0] < first.size:
        write(data, first, stop, *columns, arena, spans, progress)
        if progress[0] < first.size:
            arena = np.concatenate([arena, np.empty(arena.size + room, np.uint8)])
    return Spans(arena, spans)


@kernel
def room_left(first: Numbers, stop: Numbers, k: Int, progress: Numbers) -> Int:
    """Return how many characters the message of entry k may still grow by: anew where its first entry is."""
    is_next = k == 0 or first[k] != first[k - 1] or stop[k] != stop[k - 1]
    return TEXT_GAIN * (stop[k] - first[k]) + TEXT_BYTES if is_next else progress[2]


@kernel
def keep(arena: Bytes, to: Int, end: Int, k: Int, left: Int, fate: Fates, spans: Numbers, progress: Numbers) -> None:
    """Keep the text of entry k, or only the mark of a cut where it finds no room; counts it in the progress."""
    if end - to > left:
        fate[k] |= LONG
        end = to + 3
        for at in range(to, end):
            arena[at] = DOT
    else:
        left -= end - to
    spans[k] = span(to, end - to)
    progress[0], progress[1], progress[2] = k + 1, end, left


@kernel
def write_names(
    data: Bytes,
    first: Numbers,
    stop: Numbers,
    at: Numbers,
    fate: Fates,
    arena: Bytes,
    spans: Numbers,
    progress: Numbers,
) -> None:
    """Write the names that lie at `at`, -1 for none; progress: names written, bytes used, characters left."""
    for k in range(progress[0], at.size):
        to = progress[1]
        if to + NAME_TEXT > arena.size:
            return
        if at[k] < 0:
            spans[k], progress[0] = -1, k + 1
            continue
        left = room_left(first, stop, k, progress)
        _, end = put_name(Wire(data, first[k], stop[k]), at[k], arena, to, to + NAME_TEXT)
        keep(arena, to, end, k, left, fate, spans, progress)


@kernel
def write_records(
    data: Bytes,
    first: Numbers,
    stop: Numbers,
    entries: Entries,
    fate: Fates,
    arena: Bytes,
    spans: Numbers,
    progress: Numbers,
) -> None:
    """Write the data of entries, and note which break their layout; progress as above."""
    for k in range(progress[0], spans.size):
        to = progress[1]
        if to + RECORD_TEXT > arena.size:
            return
        left = room_left(first, stop, k, progress)
        wire = Wire(data, first[k], stop[k])
        is_whole, end = put_record(wire, entries.type[k], entries.data_at[k], entries.data_stop[k], arena, to)
        if not is_whole:
            fate[k] |= BAD
        keep(arena, to, end, k, left, fate, spans, progress)
