"""Kernels that follow HTTP/1 conversations, turn by turn: heads, bodies, and which answer belongs to what.

A conversation is refused, and left to the parser, where anything in it is unusual. It is CUT where it is not at rest
at its end: a body is not all there, a request is not answered. That is told as it is only where the flow has ended.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span, span_size, span_start
from quivive.kit.protocol import Taken
from quivive.messages.http.body_kernels import CUT, PAUSED, REFUSED, body_end
from quivive.messages.http.exchange import PIPELINED
from quivive.messages.http.head_kernels import (
    COLON,
    METHOD,
    SLOT,
    STATUS_CODE,
    URI,
    ZERO,
    Tables,
    read_request,
    read_response,
)
from quivive.messages.http.login import FORM_BYTES
from quivive.messages.http.secret_kernels import Bytes, Int, Numbers, holds, may_log_in
from quivive.model.limits import TEXT_BYTES

HOST, URL, CONTENT_TYPE, REQUEST_LENGTH, REQUEST_CODING, REQUEST_BYTES, RESPONSE_LENGTH, RESPONSE_CODING = (
    SLOT[name]
    for name in (
        *("host", "url", "request_content_type", "request_length", "request_coding", "request_body_bytes"),
        *("response_length", "transfer_encoding"),
    )
)
RESPONSE_BYTES, TS_NS, RESPONSE_TS_NS, FLOW, DEPTH, HEAD_RANK, REQUEST_WHOLE, RESPONSE_WHOLE = (
    SLOT[name]
    for name in (
        *("response_body_bytes", "ts_ns", "response_ts_ns", "flow_id", "trans_depth", "head_rank"),
        *("is_request_whole", "is_response_whole"),
    )
)

CLEAN, LATER = np.uint8(Taken.CLEAN), np.uint8(Taken.LATER)
UNTIL_CLOSE, ENDLESS = np.int64(1 << 60), np.int64(1 << 59)
"""What is left of a body that ends with the connection, at its beginning; and what no other body has left."""
NO_CONTENT, NOT_MODIFIED = np.int64(204), np.int64(304)
SCHEME, SCHEME_MARK, HEAD = (np.frombuffer(word, np.uint8) for word in (b"http://", b"://", b"HEAD"))
MAX_SCHEME = np.int64(16)
"""Bytes of a target in which its scheme is looked for (see fields.py)."""
NINE, SLASH = (np.int64(byte) for byte in b"9/")


class Said(NamedTuple):
    """Conversations: the columns of Streams that are needed, and the order in which the pieces were heard."""

    data: Bytes
    first: Numbers
    side: Numbers
    begin: Numbers
    end: Numbers
    gap: Numbers
    first_mark: Numbers
    stop_mark: Numbers
    mark_begin: Numbers
    mark_ts_ns: Numbers
    mark_rank: Numbers
    flow_id: Numbers
    memory: Numbers
    is_ended: NDArray[np.bool_]


class Told(NamedTuple):
    """What is told of the transactions. cell: int64 (slots, room)   arena: uint8, what the spans of url point into."""

    cell: Numbers
    arena: Bytes


@kernel
def read_conversations(said: Said, tables: Tables, told: Told, taken: Bytes) -> Int:
    """Read every conversation that is as usual; returns the number of transactions told."""
    n_told, to = np.int64(0), np.int64(0)
    for flow in range(said.flow_id.size):
        count, to_after = read_conversation(said, flow, tables, told, n_told, to)
        if count < 0:
            if count == CUT and not said.is_ended[flow]:
                taken[flow] = LATER
            continue
        depth = said.memory[flow]
        for k in range(n_told, count):
            depth += 1
            told.cell[FLOW, k], told.cell[DEPTH, k] = said.flow_id[flow], depth
        taken[flow], said.memory[flow] = CLEAN, depth
        n_told, to = count, to_after
    return n_told


@kernel
def read_conversation(said: Said, flow: Int, tables: Tables, told: Told, first: Int, to: Int) -> tuple[Int, Int]:
    """Read one conversation; returns the transactions told so far, REFUSED or CUT, and the arena's bytes in use."""
    asked, answered, request_left, response_left = first, first, np.int64(0), np.int64(0)
    has_one_each = said.first[flow + 1] - said.first[flow] <= 2
    for turn in range(said.first[flow], said.first[flow + 1]):
        if said.gap[turn] > 0:
            return REFUSED, to
        if said.side[turn] == 0:
            asked, request_left, to = read_requests(said, turn, tables, told, asked, request_left, to)
        else:
            answered, response_left = read_responses(said, turn, tables, told, answered, asked, response_left)
        if asked < 0 or answered < 0 or asked - answered > PIPELINED:
            # What is cut off at the end of a turn may go on in another.
            is_cut = has_one_each and (asked == CUT or answered == CUT)
            return (CUT if is_cut else REFUSED), to
        if response_left == PAUSED and not has_one_each:
            return REFUSED, to
    if asked == answered and request_left == 0 and response_left == 0:
        return asked, to
    if not said.is_ended[flow]:
        return CUT, to
    end_bodies(told.cell, asked, answered, request_left, response_left)
    return asked, to


@kernel
def end_bodies(cell: Numbers, asked: Int, answered: Int, request_left: Int, response_left: Int) -> None:
    """Tell of the last request and the last response that their bodies ended with the flow."""
    if request_left > 0:
        cell[REQUEST_WHOLE, asked - 1] = 0
    if response_left > ENDLESS:
        cell[RESPONSE_WHOLE, answered - 1] = ABSENT
        cell[RESPONSE_BYTES, answered - 1] = UNTIL_CLOSE - response_left
    elif response_left != 0:
        cell[RESPONSE_WHOLE, answered - 1] = 0


@kernel
def read_requests(
    said: Said, turn: Int, tables: Tables, told: Told, asked: Int, left: Int, to: Int
) -> tuple[Int, Int, Int]:
    """Read a turn of the client; returns the requests so far, what is left of a body, and the arena's bytes in use."""
    data, stop, cell, mark = said.data, said.end[turn], told.cell, said.first_mark[turn]
    at = said.begin[turn] + left
    while at < stop:
        if asked == cell.shape[1]:
            return REFUSED, left, to
        for slot in range(cell.shape[0]):
            cell[slot, asked] = ABSENT
        mark = mark_of(said, turn, mark, at)
        body_at = read_request(data, at, stop, tables, cell, asked)
        if body_at < 0 or said.mark_ts_ns[mark] == 0:
            return (CUT if body_at == CUT else REFUSED), left, to
        cell[TS_NS, asked] = said.mark_ts_ns[mark]
        to = put_url(data, told, asked, to)
        at = request_end(data, body_at, stop, tables, cell, asked) if to != REFUSED else REFUSED
        if at < 0:
            return (REFUSED if at == REFUSED else CUT), left, to
        mark = mark_of(said, turn, mark, body_at - 1)
        cell[HEAD_RANK, asked] = said.mark_rank[mark]
        asked += 1
    return asked, at - stop, to


@kernel
def read_responses(
    said: Said, turn: Int, tables: Tables, told: Told, answered: Int, asked: Int, left: Int
) -> tuple[Int, Int]:
    """Read a turn of the server; returns the requests answered so far, and what is left of a body.

    PAUSED is left of chunks that ended with the turn, and with no part of one to be read.
    """
    data, stop, cell, mark = said.data, said.end[turn], told.cell, said.first_mark[turn]
    at = said.begin[turn] + left
    while at < stop:
        if answered == asked:
            return REFUSED, left
        mark = mark_of(said, turn, mark, at)
        began_ns = said.mark_ts_ns[mark]
        at = body_at = read_response(data, at, stop, tables, cell, answered)
        if body_at < 0:
            return body_at, left
        mark = mark_of(said, turn, mark, body_at - 1)
        if said.mark_rank[mark] < cell[HEAD_RANK, answered]:
            return REFUSED, left
        if cell[STATUS_CODE, answered] != ABSENT:
            cell[RESPONSE_TS_NS, answered] = began_ns
            at = response_end(data, body_at, stop, cell, answered)
            if at in (REFUSED, CUT):
                return at, left
            answered += 1
            if at == PAUSED:
                return answered, PAUSED
    return answered, at - stop


@kernel
def mark_of(said: Said, turn: Int, mark: Int, at: Int) -> Int:
    """Return which piece of a turn holds a byte, from a mark at or before it on."""
    while mark + 1 < said.stop_mark[turn] and said.mark_begin[mark + 1] <= at:
        mark += 1
    return mark


@kernel
def request_end(data: Bytes, at: Int, stop: Int, tables: Tables, cell: Numbers, k: Int) -> Int:
    """Return where a request's body ends, which may be behind the turn; a form is looked at for a log-in."""
    length, coding = cell[REQUEST_LENGTH, k], cell[REQUEST_CODING, k]
    end, n_bytes = body_end(data, at, stop, length, coding)
    cell[REQUEST_BYTES, k], cell[REQUEST_WHOLE, k] = n_bytes, 1
    media_type = cell[CONTENT_TYPE, k]
    if end < 0 or coding != ABSENT or n_bytes == 0 or media_type == ABSENT:
        return end
    if not may_log_in(data, at, n_bytes, stop, media_type, tables.secrets):
        return end
    return CUT if at + min(n_bytes, FORM_BYTES) > stop else REFUSED


@kernel
def response_end(data: Bytes, at: Int, stop: Int, cell: Numbers, k: Int) -> Int:
    """Return where a response's body ends, which may be behind the turn, or CUT, PAUSED or REFUSED."""
    status, length, coding = cell[STATUS_CODE, k], cell[RESPONSE_LENGTH, k], cell[RESPONSE_CODING, k]
    method = cell[METHOD, k]
    is_head = span_size(method) == HEAD.size and holds(data, span_start(method), span_start(method) + HEAD.size, HEAD)
    cell[RESPONSE_BYTES, k], cell[RESPONSE_WHOLE, k] = 0, 1
    if status in (NO_CONTENT, NOT_MODIFIED) or is_head:
        return at
    if length == ABSENT and coding == ABSENT:
        return at + UNTIL_CLOSE
    end, n_bytes = body_end(data, at, stop, length, coding)
    cell[RESPONSE_BYTES, k] = n_bytes
    return end


@kernel
def put_url(data: Bytes, told: Told, k: Int, to: Int) -> Int:
    """Put together a request's URL as fields.py does, take the port off its host; returns the arena's end."""
    authority, uri = told.cell[HOST, k], told.cell[URI, k]
    host = without_port(data, authority)
    began, first, n_uri = to, span_start(uri), span_size(uri)
    has_scheme = holds(data, first, first + min(n_uri, MAX_SCHEME), SCHEME_MARK)
    n_bytes = n_uri if has_scheme else SCHEME.size + span_size(authority) + n_uri
    is_usual = host != ABSENT and (has_scheme or data[first] == SLASH)
    if not is_usual or n_bytes > min(TEXT_BYTES, told.arena.size - to):
        return REFUSED
    if not has_scheme:
        to = put(SCHEME, np.int64(0), SCHEME.size, told.arena, to)
        to = put(data, span_start(authority), span_size(authority), told.arena, to)
    to = put(data, first, n_uri, told.arena, to)
    told.cell[HOST, k], told.cell[URL, k] = host, span(began, to - began)
    return to


@kernel
def without_port(data: Bytes, authority: Int) -> Int:
    """Return the span of a host, its port left out; ABSENT where nothing is left."""
    if authority == ABSENT:
        return np.int64(ABSENT)
    at = span_start(authority)
    stop = at + span_size(authority)
    digits = stop
    while digits > at and ZERO <= data[digits - 1] <= NINE:
        digits -= 1
    if digits > at and data[digits - 1] == COLON:
        stop = digits - 1
    return span(at, stop - at) if stop > at else np.int64(ABSENT)


@kernel
def put(source: Bytes, at: Int, n_bytes: Int, arena: Bytes, to: Int) -> Int:
    """Copy bytes; returns the byte behind them."""
    first, target = np.uint64(at), np.uint64(to)
    for k in range(np.uint64(n_bytes)):
        arena[target + k] = source[first + k]
    return to + n_bytes
