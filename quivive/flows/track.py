"""Packets to flows, batch after batch: the table that lives across batches and files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import flow_table
from quivive.kernels.flow_row import EMPTY, END_OF_CAPTURE, END_REASON, FLOW_ID, LAST_NS
from quivive.kernels.flow_table import N_FIRST, N_FREE, N_RETIRED, FlowTable
from quivive.kernels.headers import Packets
from quivive.model.limits import BATCH_PACKETS, MAX_FLOWS

FIRST_ROWS = 1 << 14

LONGEST_TIMEOUT_S = 366 * 86_400
"""No flow is kept open for longer: times in ns must not run over."""


@dataclass(frozen=True)
class Timeouts:
    """When a flow ends by silence or by length: a day for the longest.

    A TCP connection whose opening was seen may be silent for as long as RFC 5382 (REQ-5) lets it: charging stations
    speak every few minutes only. Others end as in Zeek.
    """

    open_tcp_idle_s: float = 7440.0
    tcp_idle_s: float = 300.0
    other_idle_s: float = 60.0
    longest_s: float = 86_400.0
    close_linger_s: float = 5.0

    def as_ns(self) -> NDArray[np.int64]:
        """Return idle TCP, idle other, longest, idle TCP that was opened, in ns."""
        seconds = [self.tcp_idle_s, self.other_idle_s, self.longest_s, self.open_tcp_idle_s]
        return (np.array(seconds) * 1e9).astype(np.int64)


class Tracker:
    """Gives packets their flows; flows that have ended wait in `retired` until they are taken."""

    def __init__(self, timeouts: Timeouts, server_ports: NDArray[np.uint8]) -> None:
        """server_ports: uint8 (2, 65536)  ports of servers: datagrams, TCP."""
        self.table: FlowTable = flow_table.empty_table(FIRST_ROWS, BATCH_PACKETS)
        self._timeouts = timeouts.as_ns()
        self._linger_ns = int(timeouts.close_linger_s * 1e9)
        self._server_ports = server_ports
        self.n_evicted = 0

    def track(self, data: NDArray[np.uint8], packets: Packets) -> None:
        """Fill flow_row and side of a batch; flows that end are retired."""
        self.table.counter[N_FIRST] = 0
        done, n = 0, packets.start.size
        while (
            done := flow_table.track_from(data, packets, done, n, self.table, self._timeouts, self._server_ports)
        ) < n:
            self.table = flow_table.grown(self.table)
        if n:
            flow_table.retire_before(self.table, packets.ts_ns[n - 1], self._timeouts, self._linger_ns)
        self._keep_bound()

    def end(self) -> None:
        """Retire all flows: nothing more comes."""
        self.table.counter[N_FIRST] = 0
        flow_table.retire_all(self.table, END_OF_CAPTURE)

    def retired(self) -> NDArray[np.int32]:
        """Return the rows that have ended."""
        return self.table.retired[: self.table.counter[N_RETIRED]]

    def forget(self) -> None:
        """Free the rows that have ended."""
        if self.table.counter[N_RETIRED]:
            flow_table.forget_retired(self.table)
            flow_table.rehash(self.table)

    def _keep_bound(self) -> None:
        """Retire the longest silent flows while more than MAX_FLOWS are open: a batch can at most double them."""
        row = self.table.row
        if row.shape[0] - self.table.counter[N_FREE] - self.table.counter[N_RETIRED] <= MAX_FLOWS:
            return
        last = np.sort(row[(row[:, FLOW_ID] != EMPTY) & (row[:, END_REASON] == 0), LAST_NS])
        before = self.table.counter[N_RETIRED]
        flow_table.retire_silent_since(self.table, last[last.size - MAX_FLOWS * 7 // 8])
        self.n_evicted += int(self.table.counter[N_RETIRED] - before)
