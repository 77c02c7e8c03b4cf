"""Many HTTP/1 conversations at once: the usual ones, read by kernels straight into columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span_size, span_start
from quivive.kit.protocol import Streams, Taken
from quivive.messages.http.fields import PROXY
from quivive.messages.http.head import file_name_of
from quivive.messages.http.head_kernels import (
    SLOT,
    SLOT_OF_REQUEST,
    SLOT_OF_RESPONSE,
    SLOTS,
    TEXTS,
    VERSIONS,
    Tables,
    names_of,
)
from quivive.messages.http.join_kernels import join_turns
from quivive.messages.http.secret_kernels import suspicious_words
from quivive.messages.http.turn_kernels import Said, Told, read_conversations
from quivive.model.columns import Codes, Columns, Known, Spans

REFUSED_IN_REQUEST = ("upgrade", "authorization", "proxy-authorization", "content-disposition", *PROXY)
REFUSED_IN_RESPONSE = ("www-authenticate", "proxy-authenticate")
"""Header fields that change what follows, tell of a log-in, or are rare and take more than a copy to read."""

TABLES = Tables(
    names_of(SLOT_OF_REQUEST, REFUSED_IN_REQUEST),
    names_of(SLOT_OF_RESPONSE, REFUSED_IN_RESPONSE),
    names_of({}),
    suspicious_words(),
)

OF_TURNS = ("side", "begin", "end", "gap", "first_mark", "stop_mark")
OF_FLOWS = ("flow_id", "memory", "is_ended")
OF_MARKS = ("mark_begin", "mark_ts_ns", "mark_rank")

SHORTEST_REQUEST = len(b"GET / HTTP/1.1\r\nHost:a\r\n\r\n")
SENT_AHEAD = 8192
"""Requests sent ahead of answers for which there is room in one batch; a transaction else has two turns."""

URL_BYTES = 512
"""Bytes per transaction there is room for; no URL is longer than the head it is made of."""

NUMBERS = ("flow_id", "ts_ns", "trans_depth", "request_body_bytes")
OF_ANSWERS = ("status_code", "info_code", "response_ts_ns", "response_body_bytes")
IS_WHOLE = ("is_request_whole", "is_response_whole")


def read_streams(streams: Streams) -> tuple[NDArray[np.uint8], list[Columns]]:
    """Return which conversations were taken, and the columns of the http table for them.

    Those whose messages may be split between turns are joined and read again.
    """
    said = said_in(streams)
    taken, columns = read(said)
    split = np.flatnonzero((taken == Taken.NO) & (np.diff(streams.first) > 2))
    if not split.size:
        return taken, [columns]
    joined = joined_turns(said, split)
    taken[split], others = read(joined)
    streams.memory[split] = joined.memory
    return taken, [columns, others]


def said_in(streams: Streams) -> Said:
    """Return the conversations as the kernels take them."""
    marks = (streams.first_mark, streams.stop_mark, streams.mark_begin, streams.mark_ts_ns)
    rank = np.arange(streams.mark_begin.size)
    turns = (streams.first, streams.side, streams.begin, streams.end, streams.gap)
    return Said(streams.data, *turns, *marks, rank, streams.flow_id, streams.memory, streams.is_ended)


def joined_turns(said: Said, which: NDArray[np.int64]) -> Said:
    """Return the conversations numbered in `which`, each of two turns."""
    low, high = said.first[which], said.first[which + 1]
    first = np.concatenate([[0], np.cumsum(high - low)])
    picked = np.repeat(low - first[:-1], high - low) + np.arange(first[-1])
    turns: dict[str, Any] = {name: getattr(said, name)[picked] for name in OF_TURNS}
    turns |= {name: getattr(said, name)[which] for name in OF_FLOWS}
    source = said._replace(first=first, **turns)
    n_turns, n_marks = 2 * which.size, int((source.stop_mark - source.first_mark).sum())
    room: dict[str, Any] = {name: np.empty(n_turns, np.int64) for name in OF_TURNS}
    room |= {name: np.empty(n_marks, np.int64) for name in OF_MARKS}
    data = np.empty(int((source.end - source.begin).sum()), np.uint8)
    joined = source._replace(data=data, first=np.arange(0, n_turns + 1, 2), **room)
    join_turns(source, joined)
    return joined


def read(said: Said) -> tuple[NDArray[np.uint8], Columns]:
    """Read the conversations with which nothing is the matter."""
    taken = np.zeros(said.flow_id.size, np.uint8)
    n_asked = int((said.end - said.begin)[said.side == 0].sum())
    room = min(n_asked // SHORTEST_REQUEST + 1, said.side.size // 2 + SENT_AHEAD)  # one head may be cut short
    told = Told(np.empty((len(SLOTS), room), np.int64), np.empty(min(n_asked, room * URL_BYTES), np.uint8))
    count = read_conversations(said, TABLES, told, taken)
    return taken, columns_of(said.data, told, count)


def columns_of(data: NDArray[np.uint8], told: Told, count: int) -> Columns:
    """Return the columns of the transactions told."""
    cells = {name: told.cell[SLOT[name], :count] for name in SLOTS}
    columns: Columns = {name: Spans(data, cells[name]) for name in TEXTS if (cells[name] != ABSENT).any()}
    columns |= {name: cells[name] for name in NUMBERS}
    columns |= {name: Known(cells[name], cells[name] != ABSENT) for name in OF_ANSWERS}
    columns |= {name: Known(cells[name] != 0, cells[name] != ABSENT) for name in IS_WHOLE}
    return columns | {
        "url": Spans(told.arena, cells["url"]),
        "version": Codes(cells["version"], dict(enumerate(VERSIONS))),
        "has_cookie": Known(np.ones(count, np.bool_), cells["has_cookie"] != ABSENT),
        "file_name": file_names(data, cells["disposition"]),
    }


def file_names(data: NDArray[np.uint8], disposition: NDArray[np.int64]) -> list[str | None]:
    """Return the file names that fields given as spans tell."""
    names: list[str | None] = [None] * disposition.size
    for k in np.flatnonzero(disposition != ABSENT).tolist():
        at = span_start(disposition[k])
        names[k] = file_name_of(data[at : at + span_size(disposition[k])].tobytes().decode("ascii"))
    return names
