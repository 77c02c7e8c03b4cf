"""Rows of a made-up case: many at a time as columns, written through the product's store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.engine import registry
from quivive.model.columns import Columns, Taken
from quivive.store.parquet import ParquetTable

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
START_NS = 1_789_344_000 * SECOND
"""Monday, 2026-09-14 00:00 UTC."""
NEVER = 1 << 62
Times = NDArray[np.int64]

ORDINARY: dict[str, Any] = {
    "resp_port": 443, "transport": "tcp", "service": "tls", "state": "SF", "orig_gap_bytes": 0, "resp_gap_bytes": 0,
    "n_gaps": 0, "orig_is_own": True, "resp_is_own": False, "resp_registered": "US", "server_name": None,
}  # fmt: skip
"""A flow unless told otherwise: a TLS connection of an own host to outside."""


class Rows:
    """Blocks of rows by table; a value that is no array holds for the whole block."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._blocks: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self._n_flows = 0

    def flows(self, ts_ns: Times, **given: Any) -> NDArray[np.int64]:
        """Add flows; returns their flow_id. lasting_ns: how long each lasts (a second)."""
        n = len(ts_ns)
        ids = np.arange(self._n_flows, self._n_flows + n)
        self._n_flows += n
        block = ORDINARY | {"flow_id": ids, "ts_ns": ts_ns, "orig_bytes": 900, "resp_bytes": 4_000} | given
        block["last_ns"] = ts_ns + block.pop("lasting_ns", SECOND)
        block["last_ts"] = block["last_ns"] // 1_000
        block.setdefault("orig_port", self.rng.integers(49_152, 65_535, n))
        block["service_stack"] = block["service"]
        for side in ("orig", "resp"):
            block[f"{side}_packets"] = np.asarray(block[f"{side}_bytes"]) // 1_200 + 6
            block[f"{side}_ip_bytes"] = np.asarray(block[f"{side}_bytes"]) + 40 * block[f"{side}_packets"]
        self._blocks.setdefault("flows", []).append((n, block))
        return ids

    def rows(self, table: str, n: int, **given: Any) -> None:
        """Add rows of another table; flow_id and ts_ns are among the values."""
        self._blocks.setdefault(table, []).append((n, given))

    def write(self, folder: Path, *, until_ns: int = NEVER) -> None:
        """Write all tables below a folder, as far as a capture that ends at a time would have shown them."""
        known = registry.tables()
        for name, blocks in self._blocks.items():
            table = ParquetTable(known[name], folder)
            fields = sorted({field for _, block in blocks for field in block} & {*known[name].names, "ts_ns"})
            for n, block in blocks:
                kept = np.broadcast_to(np.asarray(block["ts_ns"]) <= until_ns, n)
                if kept.any():
                    table.add_columns({field: _column(block.get(field), n, kept) for field in fields})
            table.close()

    @property
    def n_flows(self) -> int:
        """Flows added so far."""
        return self._n_flows


def capture(rows: Rows, until_ns: int) -> None:
    """Add the row of the capture that all this was read from."""
    times = {"first_ts": np.array([START_NS // 1_000]), "last_ts": np.array([until_ns // 1_000])}
    rows.rows("captures", 1, capture_id=0, capture="made.pcap", ts_ns=np.array([START_NS]), **times)


def _column(value: Any, n: int, kept: NDArray[np.bool_]) -> Columns | Any:
    """Return the kept rows of a block's value as the store takes them."""
    size = int(kept.sum())
    if isinstance(value, list):
        return [each for each, is_kept in zip(value, kept, strict=True) if is_kept]
    if isinstance(value, np.ndarray):
        return value[kept]
    if isinstance(value, Taken):
        return Taken(value.distinct, value.which[kept])
    if isinstance(value, str) or value is None:
        return Taken([value], np.zeros(size, np.int64)) if value is not None else [None] * size
    return np.full(size, value)
