"""How many messages a transfer held: counted where heads are clear, estimated from a clear sister where they are not.

An estimate is an interval, never one number: the sister's bytes per message, two standard deviations either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from quivive.kit.detector import Tables
from quivive.register.categories import NOT_OBSERVABLE
from quivive.register.entry import Entry

LEAST_MESSAGES = 8
"""Messages of a sister below which nothing is estimated from it."""
SMALLEST_SHARE = 0.25
"""Of the mean, what a message has at least: a wide spread shall not make the interval endless."""

SESSION_BYTES = (300, 1_200)
"""What opening and closing a hidden session costs its opener, least and most: hello, keys, farewell."""
MESSAGE_BYTES = (0, 400)
"""What a message grows by on its way through such a session: heads, lengths, checks."""

SENT = """
SELECT strftime(make_timestamp(http.ts_ns // 1000), '%Y-%m') AS period, orig_addr AS own_addr, lower(http.host) AS host,
       count(*) AS n, avg(request_body_bytes) AS mean, coalesce(stddev_samp(request_body_bytes), 0) AS spread
FROM http JOIN flows USING (flow_id)
WHERE request_body_bytes > 0 AND orig_is_own AND NOT resp_is_own
GROUP BY ALL ORDER BY ALL
"""
TAKEN_IN = """
SELECT strftime(make_timestamp(http.ts_ns // 1000), '%Y-%m') AS period, resp_addr AS own_addr, NULL AS host,
       count(*) AS n, avg(request_body_bytes) AS mean, coalesce(stddev_samp(request_body_bytes), 0) AS spread
FROM http JOIN flows USING (flow_id)
WHERE request_body_bytes > 0 AND orig_is_own AND resp_is_own
GROUP BY ALL ORDER BY ALL
"""
"""Messages that a system took from others of the house, and may pass on."""


class Sister(NamedTuple):
    """Clear messages: how many, and the bytes of one with their standard deviation."""

    n: int
    mean: float
    spread: float


def estimate(tables: Tables, entries: Sequence[Entry]) -> None:
    """Fill in how many messages each entry held, where that can be told."""
    sent = list(tables.sql(SENT))
    sisters = [*sent, *tables.sql(TAKEN_IN)]
    for entry in entries:
        if entry.data_category == NOT_OBSERVABLE:
            known = [_sister(row) for row in sisters if _is_of(row, entry) and row["n"] >= LEAST_MESSAGES]
            entry.records = _interval(entry, max(known)) if known else None
        elif entry.clear_share > 0:
            n = sum(row["n"] for row in sent if _is_of(row, entry) and row["host"] in entry.recipient_domains)
            entry.records = (n, n) if n else None


def _is_of(row: dict[str, Any], entry: Entry) -> bool:
    return (row["own_addr"], row["period"]) == (entry.source_assets[0], entry.period)


def _sister(row: dict[str, Any]) -> Sister:
    return Sister(row["n"], row["mean"], row["spread"])


def _interval(entry: Entry, sister: Sister) -> tuple[int, int]:
    """Return the fewest and the most messages that a hidden transfer can have held."""
    least = max(sister.mean - 2 * sister.spread, SMALLEST_SHARE * sister.mean, 1.0) + MESSAGE_BYTES[0]
    most = sister.mean + 2 * sister.spread + MESSAGE_BYTES[1]
    sent = [max(entry.bytes_out - entry.sessions * cost, 0) for cost in SESSION_BYTES]
    return int(sent[1] / most), int(sent[0] / least) + 1
