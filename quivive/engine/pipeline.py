"""Capture in, tables out: the order of the stages.

Two threads take turns: one decodes the next batch (kernels hold no lock) while the other reads what the last one said.
What the reader learns of a batch reaches the tracker at a fixed point, so that the tables do not depend on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from quivive.engine.decode import Decoder
from quivive.engine.dissect import Dissector, Told
from quivive.engine.flow_rows import FlowRows
from quivive.engine.gather import gather
from quivive.engine.identify import Catalogue
from quivive.engine.sink import Sink
from quivive.flows.places import OwnNetworks
from quivive.flows.reassemble import Reassembler
from quivive.flows.track import Timeouts, Tracker
from quivive.kernels import checksum, headers
from quivive.kernels.flow_row import DONE, FLOW_ID
from quivive.kit.tls_keys import Keys
from quivive.model.packet_buffer import PacketBuffer

Measure = Callable[[str], None]


class Scope(Protocol):
    """What the mandate lets in."""

    def mask(self, data: NDArray[np.uint8], arena: NDArray[np.uint8], packets: headers.Packets) -> None:
        """Mark the packets that may not be kept as OUT_OF_SCOPE and forget what was decoded of them."""
        ...


class Arrival(NamedTuple):
    """A batch as it comes from the captures.

    origin: int64 (n,)  capture number << 40 | number of the packet in it, from 0
    """

    buffer: PacketBuffer
    origin: NDArray[np.int64]


class Batch(NamedTuple):
    """A decoded batch on its way to the reader."""

    told: Told
    row: NDArray[np.int64]
    stat: NDArray[np.float64]


class Pipeline:
    """The stages of one case, from packets to rows."""

    def __init__(
        self,
        catalogue: Catalogue,
        sink: Sink,
        *,
        timeouts: Timeouts,
        own: OwnNetworks,
        scope: Scope | None = None,
        measure: Measure = lambda _: None,
        keys: Keys | None = None,
        is_strict: bool = False,
        with_checksums: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self._sink = sink
        self._scope = scope
        self._measure = measure
        self.decoder = Decoder(link_claims=catalogue.link_claims())
        self._tracker = Tracker(timeouts, catalogue.server_ports())
        self._reassembler = Reassembler()
        self._dissector = Dissector(catalogue, sink, keys=keys, is_strict=is_strict)
        self._flow_rows = FlowRows(catalogue, sink, self.decoder.path_text, own, self._dissector.announced)
        self.declined: dict[int, NDArray[np.int64]] = {}
        """Packets by what became of them (see headers.REASONS), for each capture."""
        self.checksums: dict[int, NDArray[np.int64]] | None = {} if with_checksums else None
        """Packets by what their checksums show (see kernels/checksum.py), for each capture; None: not looked at."""

    @property
    def has_scope(self) -> bool:
        """Whether packets are dropped that a mandate does not cover."""
        return self._scope is not None

    def run(self, buffers: Iterator[Arrival], on_batch: Callable[[Arrival], None]) -> None:
        """Read all batches; on_batch hears of each once it has been decoded."""
        with ThreadPoolExecutor(1, thread_name_prefix="read") as reader:
            waiting = None
            try:
                for arrival in buffers:
                    batch = self._decode(arrival)
                    if waiting is not None:
                        waiting.result()
                        self._update()
                    on_batch(arrival)
                    waiting = reader.submit(self._read, batch)
            finally:
                if waiting is not None:
                    waiting.result()
                self._update()
                self._read(self._last())
                self._flow_rows.flush(self._dissector.stacks)

    def _decode(self, arrival: Arrival) -> Batch:
        buffer = arrival.buffer
        packets = self.decoder.decode(buffer, arrival.origin)
        self._measure("decode")
        if self._scope is not None:
            self._scope.mask(buffer.data, self.decoder.arena, packets)
            self._measure("scope")
        capture = arrival.origin >> 40
        _count(self.declined, capture, packets.declined, len(headers.REASONS))
        if self.checksums is not None:
            checksum.check_packets(buffer.data, self.decoder.arena, packets, capture.size)
            _count(self.checksums, capture, packets.checksum, checksum.KINDS)
            self._measure("checksums")
        self._tracker.track(buffer.data, packets)
        self._measure("track")
        self.catalogue.identify(buffer.data, self.decoder.arena, packets, self._tracker)
        self._measure("identify")
        return self._take(buffer.data, packets)

    def _take(self, data: NDArray[np.uint8], packets: headers.Packets) -> Batch:
        """Order the streams, copy what is wanted, and let go of what has ended."""
        tracker = self._tracker
        row = tracker.table.row
        ordered = self._reassembler.order(packets, row, self.decoder.arena)
        self._measure("reassemble")
        ended = tracker.retired()
        told = gather(data, self._reassembler.arena, packets, ordered, row, self.catalogue, ended)
        batch = Batch(told, row[ended], tracker.table.stat[ended])
        self._reassembler.keep(data, row)
        tracker.forget()
        self._measure("gather")
        return batch

    def _last(self) -> Batch:
        """Return what is left when no more packets come: all open flows end."""
        self._tracker.end()
        self.decoder.arena = np.empty(0, np.uint8)
        return self._take(np.empty(0, np.uint8), headers.empty_packets(0))

    def _read(self, batch: Batch) -> None:
        self._dissector.read(batch.told)
        if len(batch.row):
            self._flow_rows.add(batch.row, batch.stat, self._dissector.stacks)
        self._sink.trim()

    def _update(self) -> None:
        """Tell the tracker which sides of which flows need no more bytes."""
        row = self._tracker.table.row
        for flow, flow_id, side in self._dissector.updates:
            if row[flow, FLOW_ID] == flow_id:
                row[flow, DONE + side] = 1
        self._dissector.updates = []


def _count(counts: dict[int, NDArray[np.int64]], capture: NDArray[np.int64], kind: NDArray[np.uint8], n: int) -> None:
    """Add a batch's packets to the counts of each capture, by their kind, of which there are n."""
    for number in np.unique(capture).tolist():
        counts[number] = counts.get(number, 0) + np.bincount(kind[capture == number], minlength=n)
