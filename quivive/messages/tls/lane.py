"""Many TLS handshakes at once: kernels make like ones the same bytes, and the parser reads each distinct one once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from typing import Protocol as Shape

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.distinct import WORD_BYTES, distinct, distinct_spans
from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Row, Streams, Taken
from quivive.kit.shown_rows import Shown, Spread, spread
from quivive.messages.tls import stream_kernels as kernels
from quivive.messages.tls.certificates import Certificate
from quivive.messages.tls.handshake import Handshake
from quivive.messages.tls.hello_kernels import STATE_WORDS
from quivive.model import columns as column
from quivive.model.columns import Columns
from quivive.model.errors import DissectError
from quivive.model.five_tuple import Side
from quivive.model.schema import Table
from quivive.model.tables import ANOMALIES

REMEMBERED = 2048
"""Distinct handshakes kept read: a program's with a server's; a network has some hundred at a time."""

REMEMBERED_BYTES = 1 << 13
"""Longer ones are read each time, so that a flood of them cannot fill the memory (16 MB at most)."""

SIDES = (Side.ORIGINATOR, Side.RESPONDER)


class Parser(Shape):
    """A parser of TLS over a stream."""

    handshake: Handshake

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; see kit/protocol.py."""

    def close(self) -> Iterator[Row]:
        """Yield the rows that wait for the flow's end."""


class Known(NamedTuple):
    """What a handshake says.

    rows:    those that it makes, if need be by the end of the flow     leaf: the server's own certificate
    is_done: whether both sides came to their end
    """

    rows: list[Shown]
    leaf: Certificate | None
    is_done: bool


class Alike(NamedTuple):
    """Conversations and which of them are alike.

    number: int64 (n,)  what each is like, -1 for those of another shape     name: int64 (n,) span of the server name
    is_cut: bool (n,)   whether it ends within a record
    texts:  the bytes of each distinct one
    """

    number: NDArray[np.int64]
    name: NDArray[np.int64]
    is_cut: NDArray[np.bool_]
    texts: list[bytes]


_KNOWN: dict[tuple[type, bytes], Known | None] = {}


def read_streams(kind: type[Parser], streams: Streams) -> tuple[NDArray[np.uint8], list[tuple[Table, Columns]]]:
    """Do what `parse_streams` promises, by reading one of each kind of handshake with a parser made by `kind`."""
    alike = _compare(streams)
    known = [_known(kind, text) for text in alike.texts]
    is_done = np.array([*(one is not None and one.is_done for one in known), False])[alike.number]
    # A time of 0 is none to the parser, which then takes that of a later turn.
    is_known = np.array([*(one is not None for one in known), False])[alike.number]
    is_known &= streams.ts_ns[streams.first[:-1]] > 0
    is_taken = is_known & (is_done | (streams.is_ended & ~alike.is_cut))
    taken = np.flatnonzero(is_taken)
    shown = [[] if one is None else one.rows for one in known]
    found = spread(shown, alike.number[taken], streams.first[taken], streams.ts_ns)
    for part in found:
        part.columns["flow_id"] = streams.flow_id[taken][part.conversation]
        if "server_name" in part.table.names:
            _add_names(part, known, streams.data, alike.name[taken])
    others = np.where(is_known & ~streams.is_ended, Taken.LATER, Taken.NO)
    return np.where(is_taken, Taken.DONE, others).astype(np.uint8), [(part.table, part.columns) for part in found]


def _compare(streams: Streams) -> Alike:
    n = streams.flow_id.size
    written = kernels.Written(*(np.empty(n, np.int64) for _ in kernels.Written._fields))
    room = int((streams.end - streams.begin).sum()) + n * kernels.ROOM
    out = np.empty((room // WORD_BYTES + 1) * WORD_BYTES, np.uint8)
    turns = kernels.Turns(streams.first, streams.side, streams.begin, streams.end, streams.gap)
    kernels.write_conversations(streams.data, turns, out, np.empty(STATE_WORDS, np.int64), written)
    start, size = written.start, written.size
    number, sample = distinct(out.view(np.uint64), start, size)
    begin, end = start[sample] * WORD_BYTES, (start[sample] + size[sample]) * WORD_BYTES
    texts = [out[at:stop].tobytes() for at, stop in zip(begin.tolist(), end.tolist(), strict=True)]
    return Alike(number, written.name, written.is_cut != 0, texts)


def _known(kind: type[Parser], text: bytes) -> Known | None:
    """Return what a conversation says, read once; None where the parser must see the original."""
    key = (kind, text)
    if key in _KNOWN:
        return _KNOWN[key]
    known = _read(kind(), text)
    if len(_KNOWN) >= REMEMBERED:
        _KNOWN.clear()
    if len(text) <= REMEMBERED_BYTES:
        _KNOWN[key] = known
    return known


def _read(parser: Parser, text: bytes) -> Known | None:
    """Have the parser read a conversation as kernels wrote it; None where something is wrong with it."""
    rows: list[Shown] = []
    is_done = [False, False]
    for turn, side, said in _turns(text):
        # A turn is stamped with its number and one, by which the parser's own stamps are known again.
        cursor = Cursor(said, whole=False, ts_ns=turn + 1)
        try:
            while cursor.at < cursor.stop and not is_done[side]:
                for table, values in parser.parse(cursor, SIDES[side]):
                    rows.append(Shown(table, values, values.get("ts_ns", turn + 1) - 1))
                is_done[side] = cursor.is_done
        except DissectError:
            return None
    if any(row.table is ANOMALIES for row in rows):
        return None
    rows += [Shown(table, values, values["ts_ns"] - 1) for table, values in parser.close()]
    chain = parser.handshake.chains.get(False)
    return Known(rows, chain[0] if chain else None, all(is_done))


def _turns(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, side and bytes of each turn."""
    at = 0
    while at + kernels.TURN_HEAD <= len(text):
        size = int.from_bytes(text[at + 1 : at + kernels.TURN_HEAD], "big")
        if size:
            yield text[at] >> 1, text[at] & 1, text[at + kernels.TURN_HEAD : at + kernels.TURN_HEAD + size]
        at += kernels.TURN_HEAD + size


def _add_names(part: Spread, known: list[Known | None], data: NDArray[np.uint8], spans: NDArray[np.int64]) -> None:
    """Add the name that each client asked for, and whether the certificate is for it."""
    number, sample = distinct_spans(data, spans)
    names: list[str | None] = [
        data[ref >> 16 : (ref >> 16) + (ref & 0xFFFF)].tobytes().decode() for ref in spans[sample]
    ]
    which = np.where(number < 0, len(names), number)[part.conversation]
    names.append(None)
    part.columns["server_name"] = column.Taken(names, which)
    pairs, of_pair = np.unique(part.source * len(names) + which, return_inverse=True)
    is_match: list[bool | None] = []
    for pair in pairs.tolist():
        one, name = known[pair // len(names)], names[pair % len(names)]
        is_match.append(one.leaf.is_for(name) if one and one.leaf and name else None)
    part.columns["sni_matches_certificate"] = column.Taken(is_match, of_pair)
