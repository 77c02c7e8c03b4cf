"""Cases made from rows, for the tests of detectors: write what matters, the rest of a row is ordinary."""

from __future__ import annotations

import itertools
import zlib
from contextlib import contextmanager
from pathlib import Path

from quivive.engine import registry
from quivive.engine.questions import working_tables
from quivive.model.finding import Finding
from quivive.store.parquet import ParquetTable

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
START_NS = 1_789_430_400 * SECOND
"""2026-09-15 00:00 UTC."""
N_PARTS = 8

_number = itertools.count(1)


def flow(**given):
    """Return a row of flows: an own host's short TLS connection to outside, unless told otherwise."""
    ts_ns = given.pop("ts_ns", START_NS)
    last_ns = given.pop("last_ns", ts_ns + SECOND)
    ordinary = {
        "flow_id": next(_number), "ts_ns": ts_ns, "last_ns": last_ns, "orig_addr": "10.0.0.5", "orig_port": 50_000,
        "resp_addr": "198.51.100.7", "resp_port": 443, "transport": "tcp", "service": "tls", "state": "SF",
        "orig_bytes": 900, "resp_bytes": 4_000, "orig_packets": 8, "resp_packets": 9, "orig_ip_bytes": 1_300,
        "resp_ip_bytes": 4_500, "orig_gap_bytes": 0, "resp_gap_bytes": 0, "n_gaps": 0,
        "orig_is_own": True, "resp_is_own": False, "resp_registered": "US",
    }  # fmt: skip
    row = ordinary | given
    if "service_stack" not in row:
        row["service_stack"] = row["service"]
    return row


def row_of(of_flow, **given):
    """Return a row of a protocol's table within a flow."""
    return {"flow_id": of_flow["flow_id"], "ts_ns": of_flow["ts_ns"]} | given


def capture(first_ns=START_NS, last_ns=START_NS + DAY, **given):
    """Return a row of captures that spans a day."""
    times = {"first_ts": first_ns // 1000, "last_ts": last_ns // 1000}
    return {"capture_id": 0, "capture": "a.pcap", "ts_ns": 0} | times | given


@contextmanager
def case(folder: Path, rows: dict[str, list[dict]], *, reads=()):
    """Give the tables that hold these rows: {"flows": [...], "dns": [...]}; what else is read is there, and empty."""
    known = registry.tables()
    for name, of_table in rows.items():
        table = ParquetTable(known[name], folder)
        for row in sorted(of_table, key=lambda row: row.get("ts_ns", 0)):
            flow_id = row.get("flow_id")
            values = {key: value for key, value in row.items() if key != "flow_id"}
            if "last_ns" in values and "last_ts" in table.table.names:
                values.setdefault("last_ts", values["last_ns"] // 1000)
            table.add(-1 if flow_id is None else flow_id, row.get("ts_ns", 0), values)
        table.close()
    tables = working_tables(folder, known, n_threads=1)
    try:
        for name in sorted({*rows, *reads} - {"flows"}):
            tables.open(name)
        yield tables
    finally:
        tables.close()


def findings(detector, folder: Path, rows: dict[str, list[dict]]) -> list[Finding]:
    """Return what a detector finds in a case made of these rows."""
    with case(folder, rows, reads=(*detector.reads, *detector.reads_one_of, *detector.may_read)) as tables:
        return list(detector().run(tables, as_of_ns=last_ns(rows)))


def last_ns(rows: dict[str, list[dict]]) -> int:
    """Return the time of the case's last packet."""
    return max((row["last_ns"] for row in rows.get("flows", ())), default=0)


def parts(rows: dict[str, list[dict]], column: str) -> list[dict[str, list[dict]]]:
    """Return the rows in eight parts by a column; a table without it follows its flows, or goes whole."""
    known = registry.tables()
    of_flow = {
        row["flow_id"]: _part(row.get(column)) for row in rows.get("flows", ()) if column in known["flows"].names
    }
    divided: list[dict[str, list[dict]]] = [{} for _ in range(N_PARTS)]
    for name, of_table in rows.items():
        for row in of_table:
            if column in known[name].names:
                chosen = [_part(row.get(column))]
            elif row.get("flow_id") in of_flow:
                chosen = [of_flow[row["flow_id"]]]
            else:
                chosen = list(range(N_PARTS))
            for part in chosen:
                divided[part].setdefault(name, []).append(row)
    return divided


def _part(value) -> int:
    return zlib.crc32(repr(value).encode()) % N_PARTS
