"""How many messages a transfer held: counted where heads are clear, estimated from a clear sister where they are not.

An estimate is an interval, never one number: the sister's bytes per message, two standard deviations either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from quivive.kit.detector import Tables
from quivive.register.categories import NOT_OBSERVABLE
from quivive.register.entry import Entry

LEAST_MESSAGES = 8
"""Messages of a sister below which nothing is estimated from it."""
SMALLEST_SHARE = 0.25
"""Of the mean, what a message has at least: a wide spread shall not make the interval endless."""

MESSAGES = """
SELECT strftime(make_timestamp(http.ts_ns // 1000), '%Y-%m') AS period, orig_addr AS own_addr,
       coalesce(resp_operator, resp_addr) AS whom, flows.resp_addr AS peer_addr, lower(http.host) AS host,
       count(*) AS n, avg(request_body_bytes) AS mean, coalesce(stddev_samp(request_body_bytes), 0) AS spread
FROM http JOIN flows USING (flow_id)
WHERE request_body_bytes > 0 AND orig_is_own AND NOT resp_is_own
GROUP BY ALL
"""


class Sister(NamedTuple):
    """Clear messages: how many, and the bytes of one with their standard deviation."""

    n: int
    mean: float
    spread: float


def estimate(tables: Tables, entries: Sequence[Entry]) -> None:
    """Fill in how many messages each entry held, where that can be told."""
    seen = [(row, Sister(row["n"], row["mean"], row["spread"])) for row in tables.sql(MESSAGES)]
    for entry in entries:
        own = entry.source_assets[0]
        counted = [
            sister
            for row, sister in seen
            if row["own_addr"] == own and row["period"] == entry.period and row["host"] in entry.recipient_domains
        ]
        if entry.data_category == NOT_OBSERVABLE:
            sisters = [sister for row, sister in seen if row["own_addr"] == own and sister.n >= LEAST_MESSAGES]
            entry.records = _interval(entry.bytes_out, max(sisters)) if sisters else None
        elif counted and entry.clear_share > 0:
            n = sum(sister.n for sister in counted)
            entry.records = (n, n)


def _interval(sent: int, sister: Sister) -> tuple[int, int]:
    least = max(sister.mean - 2 * sister.spread, SMALLEST_SHARE * sister.mean, 1.0)
    most = sister.mean + 2 * sister.spread
    return int(sent / max(most, 1.0)), int(sent / least) + 1
