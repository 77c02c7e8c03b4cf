"""Many QUIC conversations at once: where their Initial packets stand (RFC 9000, 17; RFC 9369, 3.2).

Only what is common is read: one version, a client that begins with an Initial packet, and no Retry. Conversations of
another shape are marked ODD.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quivive.kernels.jit import kernel
from quivive.kernels.wire import be32, span
from quivive.messages.quic.crypto import FIRST_DRAFT, V1, V2
from quivive.messages.tls.hello_kernels import ODD, ZERO, Bytes, Int, Words, read_varint

LONG = 0x80
INITIAL, RETRY = 0, 3
ID_BYTES = 20
"""Longest connection ID of the versions known (RFC 9000, 17.2)."""

PACKETS = 12
"""Initial packets of a conversation looked at, and datagrams of its client; a handshake has two to six."""


MORE = 256
"""Packets listed beyond those: of a datagram that turns out to hold too many."""


class Turns(NamedTuple):
    """The columns of Streams that are read here."""

    first: Words
    side: Words
    begin: Words
    end: Words


class Packets(NamedTuple):
    """Initial packets, conversation by conversation; int64 columns.

    flow: number of the conversation   turn: of the datagram   begin, number_at, end: where it stands in the data
    plain, plain_end: where what it holds stands, once it is opened
    """

    flow: Words
    turn: Words
    begin: Words
    number_at: Words
    end: Words
    plain: Words
    plain_end: Words


class Heads(NamedTuple):
    """What long headers say, by conversation; int64 columns.

    version: ODD for a conversation of another shape   dcid, scid: spans, of the client's first packet
    n_server: datagrams of the server
    """

    version: Words
    dcid: Words
    scid: Words
    n_server: Words


@kernel
def find_packets(data: Bytes, turns: Turns, heads: Heads, server_scid: Words, packets: Packets) -> Int:
    """List the Initial packets of all conversations; returns how many there are.

    server_scid: int64 (n_turns,) filled: what the last header of each datagram of a server gives as its own ID
    """
    count = np.int64(0)
    for c in range(heads.version.size):
        end = find_of_one(data, turns, c, heads, server_scid, packets, count)
        if end < 0:
            heads.version[c] = ODD
        else:
            count = end
    return count


@kernel
def find_of_one(
    data: Bytes, turns: Turns, c: Int, heads: Heads, server_scid: Words, packets: Packets, count: Int
) -> Int:
    """List the packets of one conversation, of its client's up to where the server speaks; returns the count or ODD."""
    heads.version[c], heads.dcid[c], heads.scid[c], heads.n_server[c] = 0, 0, 0, 0
    limit = count + PACKETS
    for k in range(turns.first[c], turns.first[c + 1]):
        side = turns.side[k]
        if side == 0 and heads.n_server[c] > 0:
            continue
        if side == 0 and k - turns.first[c] >= PACKETS:
            return ODD
        heads.n_server[c] += side
        end = find_in_datagram(data, turns, c, k, heads, server_scid, packets, count)
        if end < 0 or end > limit:
            # Behind a server's hello nothing matters; before it, that the hello is missing shows.
            return count if heads.n_server[c] > 0 and heads.dcid[c] else ODD
        count = end
    return count if heads.dcid[c] else ODD


@kernel
def find_in_datagram(
    data: Bytes, turns: Turns, c: Int, k: Int, heads: Heads, server_scid: Words, packets: Packets, count: Int
) -> Int:
    """List the Initial packets of a datagram; returns the count or ODD."""
    at, stop = turns.begin[k], turns.end[k]
    if at >= stop or not data[at] & LONG:
        return ODD
    while at < stop and data[at] & LONG:
        kind, version, dcid, scid, number_at, end = read_head(data, at, stop)
        if kind < 0 or count >= packets.flow.size:
            return ODD
        if not heads.dcid[c]:
            if kind != INITIAL or turns.side[k] != 0:
                return ODD
            heads.version[c], heads.dcid[c], heads.scid[c] = version, dcid, scid
        if version != heads.version[c]:
            return ODD
        if turns.side[k]:
            server_scid[k] = scid
        if kind == INITIAL:
            packets.flow[count], packets.turn[count], packets.begin[count] = c, k, at
            packets.number_at[count], packets.end[count] = number_at, end
            count += 1
        at = end
    return count


@kernel
def read_head(data: Bytes, at: Int, stop: Int) -> tuple[Int, Int, Int, Int, Int, Int]:
    """Return kind, version, spans of both connection IDs, where the packet's number stands, and its end.

    The kind is ODD for a header that is cut short, and for a Retry and versions that are not read here.
    """
    refused = ODD, ZERO, ZERO, ZERO, ZERO, ZERO
    if at + 7 > stop or data[at + 5] > ID_BYTES:
        return refused
    version, n_dcid = be32(data, at + 1), np.int64(data[at + 5])
    after = at + 6 + n_dcid
    if after >= stop or data[after] > ID_BYTES or not is_read(version):
        return refused
    dcid, scid = span(at + 6, n_dcid), span(after + 1, np.int64(data[after]))
    after += 1 + np.int64(data[after])
    kind = (np.int64(data[at]) >> 4) - (version == V2) & 3
    n_token = ZERO
    if kind == INITIAL:
        n_token, after = read_varint(data, after, stop)
    if kind == RETRY or n_token < 0 or after + n_token > stop:
        return refused
    size, after = read_varint(data, after + n_token, stop)
    if size < 0 or after + size > stop:
        return refused
    return kind, version, dcid, scid, after, after + size


@kernel
def is_read(version: Int) -> bool:
    """Return whether packets of a version are read here: 1, 2 and the drafts with keys of their own."""
    return version in (V1, V2) or (version >> 8 == 0xFF0000 and version & 0xFF >= FIRST_DRAFT)
