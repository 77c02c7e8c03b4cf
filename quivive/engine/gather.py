"""What the parsers need of a batch, copied out of it: turns, bulk messages, link messages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quivive.engine.dissect import Told
from quivive.engine.held import Spoken
from quivive.engine.identify import Catalogue
from quivive.flows.reassemble import Ordered
from quivive.kernels import turns as kernels
from quivive.kernels.flow_row import FLOW_ID, KEY_PORTS, SERVICE
from quivive.kernels.headers import LINK_MESSAGE, Packets
from quivive.kernels.turns import Marks, Picks, Turns
from quivive.kernels.wire import be48
from quivive.kit.protocol import Messages


def gather(
    data: NDArray[np.uint8],
    arena: NDArray[np.uint8],
    packets: Packets,
    ordered: Ordered,
    row: NDArray[np.int64],
    catalogue: Catalogue,
    ended: NDArray[np.int32],
) -> Told:
    """Return what a batch brings to be read.

    arena: bytes that negative offsets point into    ended: rows of the flows that ended with this batch
    """
    n = packets.start.size
    room = ordered.n_pieces + n
    picks = Picks(np.empty(room, np.int64), np.empty(room, np.int64))
    bulk = np.empty(n, np.int64)
    reads, head = catalogue.reads, catalogue.head
    count, n_stream = kernels.pick_pieces(
        ordered.pieces, ordered.n_pieces, ordered.segments, row, reads, head, picks, np.int64(0)
    )
    count, n_datagram, n_bulk = kernels.pick_datagrams(packets, n, row, reads, head, picks, count, bulk)
    order = np.argsort(picks.key[:count], kind="stable")
    turns = Turns(*(np.empty(count, np.int64) for _ in Turns._fields))
    out = np.empty(n_stream + n_datagram, np.uint8)
    marks = Marks(np.empty(count, np.int64), np.empty(count, np.int64))
    n_turns = kernels.gather_turns(
        data, arena, packets, ordered.pieces, ordered.segments, order, picks, turns, marks, out
    )
    flow_rows = np.unique(turns.flow[:n_turns])
    spoken = Turns(*(column[:n_turns] for column in turns))
    return Told(
        Spoken(out, spoken, marks, np.searchsorted(flow_rows, spoken.flow), row[flow_rows]),
        bulk_messages(data, arena, packets, bulk[:n_bulk], row),
        link_messages(data, packets),
        row[ended, FLOW_ID].tolist(),
    )


def bulk_messages(
    data: NDArray[np.uint8], arena: NDArray[np.uint8], packets: Packets, bulk: NDArray[np.int64], row: NDArray[np.int64]
) -> list[tuple[int, Messages]]:
    """Return the datagrams that are read many at a time, service by service."""
    if not bulk.size:
        return []
    flow = packets.flow_row[bulk]
    service, found = row[flow, SERVICE], []
    for number in np.unique(service).tolist():
        which = bulk[service == number]
        rows = packets.flow_row[which]
        start = np.empty(which.size + 1, np.int64)
        out = np.empty(int(packets.captured_bytes[which].sum()) + 8 * which.size, np.uint8)
        kernels.gather_bulk(data, arena, packets, which, start, out)
        resp_port = np.where(row[rows, 5] & 1, row[rows, KEY_PORTS] >> 24, (row[rows, KEY_PORTS] >> 8) & 0xFFFF)
        found.append(
            (
                number,
                Messages(
                    out, start[:-1], start[1:], row[rows, FLOW_ID], packets.ts_ns[which], packets.side[which], resp_port
                ),
            )
        )
    return found


def link_messages(data: NDArray[np.uint8], packets: Packets) -> list[tuple[int, bytes, int, int]]:
    """Return what protocols on the link said: slot, payload, time, sender's hardware address (-1: none)."""
    which = np.flatnonzero(packets.declined == LINK_MESSAGE)
    if not which.size:
        return []
    start = np.empty(which.size + 1, np.int64)
    out = np.empty(int((packets.end[which] - packets.at[which]).sum()), np.uint8)
    kernels.gather_links(data, packets, which, start, out)
    payload, bounds = out.tobytes(), start.tolist()
    found = []
    for k, i in enumerate(which.tolist()):
        link = int(packets.link_start[i])
        source = int(be48(data, link + 6)) if link >= 0 else -1
        found.append((int(packets.tag[i]), payload[bounds[k] : bounds[k + 1]], int(packets.ts_ns[i]), source))
    return found
