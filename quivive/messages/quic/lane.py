"""Many QUIC handshakes at once: like hellos are made the same bytes by kernels, and each pair of them is read once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from typing import Protocol as Shape

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.distinct import WORD_BYTES, distinct
from quivive.kit.protocol import Row, Streams, Taken
from quivive.kit.shown_rows import Shown, spread
from quivive.messages.quic import hello_kernels, packet_kernels
from quivive.messages.quic.crypto import initial_keys, open_initial
from quivive.messages.quic.hello_kernels import Hellos, Scratch
from quivive.messages.quic.packet import version_name
from quivive.messages.quic.packet_kernels import Heads, Packets, Turns
from quivive.messages.tls.handshake import CLIENT_HELLO, SERVER_HELLO, Handshake
from quivive.messages.tls.hello_kernels import ODD, STATE_WORDS
from quivive.model import columns as column
from quivive.model.columns import Columns
from quivive.model.errors import DissectError
from quivive.model.schema import Table

REMEMBERED = 2048
"""Distinct pairs of hellos kept read; a network's programs and servers make some hundred."""

REMEMBERED_BYTES = 1 << 12
"""Longer ones are read each time, so that a flood of them cannot fill the memory (8 MB at most)."""


class Parser(Shape):
    """A parser of QUIC."""

    handshake: Handshake

    def told(self, values: dict[str, Any]) -> Iterator[Row]:
        """Return the rows that these values and the handshake make."""


_KNOWN: dict[tuple[type, bytes], list[Shown] | None] = {}


class Opened(NamedTuple):
    """Initial packets of a batch and what they hold.

    data: uint8, of the opened packets    is_early: bool (n_flows,) whether a client may still be answered
    """

    heads: Heads
    packets: Packets
    n_packets: int
    server_scid: NDArray[np.int64]
    data: NDArray[np.uint8]
    is_early: NDArray[np.bool_]


class Heard(NamedTuple):
    """What one conversation says of its own, beside what its pair of hellos decides."""

    known: list[Shown]
    ts_ns: int
    server_name: str | None
    client_dcid: str
    client_scid: str
    server_scid: str | None


def read_streams(kind: type[Parser], streams: Streams) -> tuple[NDArray[np.uint8], list[tuple[Table, Columns]]]:
    """Do what `parse_streams` promises, where both sides have said hello, or a client ends without an answer."""
    turns = Turns(streams.first, streams.side, streams.begin, streams.end)
    opened = _open(streams.data, turns, streams.is_ended)
    hellos, number, texts = _compare(turns, opened)
    known = [_known(kind, text) for text in texts]
    names = _names(hellos)
    is_known = np.array([*(one is not None for one in known), False])[number]
    # A time of 0 is none to the parser, which then takes that of a later datagram.
    is_known &= streams.ts_ns[streams.first[:-1]] > 0
    is_over = is_known & (streams.is_ended | (hellos.last >= 0))
    heard = []
    for c in np.flatnonzero(is_over).tolist():
        shown, last = known[number[c]], hellos.last[c]
        dcid, scid = _hex(streams.data, opened.heads.dcid[c]), _hex(streams.data, opened.heads.scid[c])
        server_scid = _hex(streams.data, opened.server_scid[last]) if last >= 0 else None
        heard.append(Heard(shown or [], int(streams.ts_ns[streams.first[c]]), names[c], dcid, scid, server_scid))
    taken = np.where(is_over, Taken.DONE, np.where(opened.is_early, Taken.LATER, Taken.NO)).astype(np.uint8)
    return taken, _rows(heard, streams.flow_id[is_over])


def _rows(heard: list[Heard], flow_id: NDArray[np.int64]) -> list[tuple[Table, Columns]]:
    """Return the rows of conversations, given in the order of their flows."""
    pairs = {id(one.known): one.known for one in heard}
    place = {key: number for number, key in enumerate(pairs)}
    which = np.array([place[id(one.known)] for one in heard], np.int64)
    ts_ns = np.array([one.ts_ns for one in heard], np.int64)
    found = []
    for part in spread(list(pairs.values()), which, np.arange(which.size), ts_ns):
        rows = [heard[number] for number in part.conversation.tolist()]
        for name in ("server_name", "client_dcid", "client_scid", "server_scid"):
            part.columns[name] = column.Taken([getattr(one, name) for one in rows], np.arange(len(rows)))
        part.columns["flow_id"] = flow_id[part.conversation]
        found.append((part.table, part.columns))
    return found


def _open(data: NDArray[np.uint8], turns: Turns, is_ended: NDArray[np.bool_]) -> Opened:
    """Find the Initial packets and open them; a conversation with one that cannot be opened is left alone.

    Those of a client that may still be answered are not opened yet.
    """
    n = turns.first.size - 1
    heads = Heads(*(np.empty(n, np.int64) for _ in Heads._fields))
    packets = Packets(*(np.empty(n * packet_kernels.PACKETS + packet_kernels.MORE, np.int64) for _ in Packets._fields))
    server_scid = np.zeros(turns.side.size, np.int64)
    count = packet_kernels.find_packets(data, turns, heads, server_scid, packets)
    is_early = (heads.version != ODD) & (heads.n_server == 0) & ~is_ended
    heads.version[is_early] = ODD
    said, at = [b""], 0
    view, version, dcid = data.data, heads.version.tolist(), heads.dcid.tolist()
    columns = (packets.flow, turns.side[packets.turn[:count]], packets.begin, packets.number_at, packets.end)
    listed = (values[:count].tolist() for values in columns)
    for p, (flow, side, begin, number_at, end) in enumerate(zip(*listed, strict=True)):
        plain = None
        if version[flow] != ODD:
            ref = dcid[flow]
            keys = initial_keys(
                version[flow], bytes(view[ref >> 16 : (ref >> 16) + (ref & 0xFFFF)]), is_client=not side
            )
            plain = open_initial(bytes(view[begin:end]), number_at - begin, keys) if keys else None
        if plain is None:
            version[flow] = heads.version[flow] = ODD
            continue
        packets.plain[p], packets.plain_end[p] = at, at + len(plain)
        said.append(plain)
        at += len(plain)
    opened = np.frombuffer(bytearray(b"".join(said)) or bytearray(1), np.uint8)
    return Opened(heads, packets, count, server_scid, opened, is_early)


def _compare(turns: Turns, opened: Opened) -> tuple[Hellos, NDArray[np.int64], list[bytes]]:
    """Return the hellos, which distinct pair each conversation has, -1 for none, and the bytes of each such pair."""
    n = opened.heads.version.size
    names = np.empty(n * hello_kernels.NAME_ROOM, np.uint8)
    start, size, name, last = (np.empty(n, np.int64) for _ in range(4))
    hellos = Hellos(start, size, name, last, names)
    said, is_there = (np.empty(2 * hello_kernels.STREAM_BYTES, np.uint8) for _ in range(2))
    scratch = Scratch(said, is_there, np.empty(STATE_WORDS, np.int64))
    out = np.empty((opened.data.size + n * hello_kernels.ROOM) // WORD_BYTES * WORD_BYTES + WORD_BYTES, np.uint8)
    packets, count = opened.packets, opened.n_packets
    hello_kernels.write_hellos(opened.data, turns, opened.heads, packets, count, scratch, out, hellos)
    number, sample = distinct(out.view(np.uint64), hellos.start, hellos.size)
    begin, end = hellos.start[sample] * WORD_BYTES, (hellos.start[sample] + hellos.size[sample]) * WORD_BYTES
    return hellos, number, [out[at:stop].tobytes() for at, stop in zip(begin.tolist(), end.tolist(), strict=True)]


def _known(kind: type[Parser], text: bytes) -> list[Shown] | None:
    """Return the rows that a pair of hellos makes, read once; None where the parser must see the packets."""
    key = (kind, text)
    if key in _KNOWN:
        return _KNOWN[key]
    known = _read(kind(), text)
    if len(_KNOWN) >= REMEMBERED:
        _KNOWN.clear()
    if len(text) <= REMEMBERED_BYTES:
        _KNOWN[key] = known
    return known


def _read(parser: Parser, text: bytes) -> list[Shown] | None:
    """Have the parser read the hellos; None where more in clear may follow the server's."""
    at, shake = 4, parser.handshake
    try:
        for side, kind in enumerate((CLIENT_HELLO, SERVER_HELLO)):
            size = int.from_bytes(text[at : at + 2], "big")
            if size:
                shake.hear(kind, text[at + 2 : at + 2 + size], side)
            at += 2 + size
    except DissectError:
        return None
    if shake.server is not None and not shake.is_secret[1]:
        return None
    values = {"quic_version": version_name(int.from_bytes(text[:4], "big")), "is_decrypted": True}
    return [Shown(table, row, 0) for table, row in parser.told(values)]


def _hex(data: NDArray[np.uint8], ref: int) -> str:
    return data.data[ref >> 16 : (ref >> 16) + (ref & 0xFFFF)].hex()


def _names(hellos: Hellos) -> list[str | None]:
    """Return the name that each client asked for."""
    view = hellos.names.data
    spans = hellos.name.tolist()
    return [None if ref < 0 else bytes(view[ref >> 16 : (ref >> 16) + (ref & 0xFFFF)]).decode() for ref in spans]
