"""Regular calls to outside, scored as RITA version 5 publishes it (MITRE ATT&CK T1071).

The score is re-implemented from its published description: the mean of four parts, each 0 to 1 and rounded to three
decimals: how alike the intervals are, how alike the sizes are, how even the calls lie over the time seen, and how much
of that time they cover.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from quivive.kit.destinations import is_background
from quivive.kit.detector import Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, peer_text, span_text, when_text
from quivive.model.finding import Finding, ScorePart, Severity

MIN_CONNECTIONS = 4
"""Connections at different seconds that can be judged at all (RITA)."""
STROBE_CONNECTIONS = 86_400
"""As many connections are a strobe, not a beacon (RITA): one a second all day."""
MIN_IQR = 10
"""Quartiles closer than this (seconds, bytes) are one spike, of which no skew can be told (RITA)."""
BINS = 24
IDEAL_RUN = 12
MIN_BARS_OF_DURATION, MIN_BARS_OF_MODES = 6, 11
MODE_WIDTH = 0.05
"""Bars that differ by less than this share of the highest count as alike."""
OUTLIERS = 1
"""Bars that may stand apart from the two commonest heights."""
CLASSES = ((1.0, Severity.HIGH), (0.9, Severity.MEDIUM), (0.7, Severity.LOW))
"""RITA's classes; the lowest, from 0.5, is not told: ordinary browsing over a day reaches it."""
MIN_INTERVALS = 0.7
"""Below this the calls only are many and spread evenly (office hours): no clock drives them. A beacon whose pauses vary
between nothing and twice the mean still has 0.75."""
NO_HOST_POINTS = 0.1
MIN_WINDOW_NS = 3_600 * 10**9
"""A shorter capture cannot tell a rhythm from one visit: a bar would stand for less than 150 seconds."""
FLOWS_AT_ONCE = 1_000_000
"""Connections whose times and sizes are held in memory together."""
BACKGROUND_SERVICES = ["ntp", "dns", "dhcp", "mdns", "llmnr", "nbns", "ssdp", "stun", "icmp"]
"""Services that are regular by their nature; a rhythm in them is no news."""

WINDOW = """
SELECT coalesce((SELECT epoch_ns(min(first_ts)) FROM captures), min(ts_ns)) AS first_ns,
       coalesce((SELECT epoch_ns(max(last_ts)) FROM captures), max(ts_ns)) AS last_ns,
       (SELECT count(*) FROM outward) AS n_flows
FROM flows
"""

CALLS = """
WITH calls AS (
    SELECT orig_addr, peer, resp_addr, server_name, resp_registered, service, ts_ns, ts_ns // 1000000000 AS second,
           last_ns, flow_id, orig_ip_bytes, orig_bytes,
           greatest(least((ts_ns - $first_ns) // $bin_ns, $bins - 1), 0) AS bin
    FROM outward
    WHERE transport IN ('tcp', 'udp') AND hash(orig_addr) % $n_slices = $slice
), often AS (
    SELECT orig_addr, peer FROM calls GROUP BY ALL
    HAVING count(*) >= $min_connections AND count(*) < $strobe_connections AND count(DISTINCT bin) >= $min_bars
)
SELECT orig_addr, peer, max(server_name) AS server_name, max(resp_registered) AS registered,
       min(resp_addr) AS resp_addr, count(DISTINCT resp_addr) AS n_addrs, count(*) AS n_flows,
       min(ts_ns) AS first_ns, max(last_ns) AS last_ns, sum(orig_bytes)::BIGINT AS n_bytes,
       count(*) FILTER (WHERE list_contains($background, service)) AS n_background,
       list_sort(list(DISTINCT second)) AS seconds,
       list(orig_ip_bytes ORDER BY ts_ns, flow_id) AS sizes, list(flow_id ORDER BY ts_ns, flow_id) AS flow_ids
FROM calls JOIN often USING (orig_addr, peer)
GROUP BY orig_addr, peer
HAVING count(DISTINCT second) >= $min_connections
ORDER BY orig_addr, peer
"""

NO_HOST = """
SELECT f.orig_addr, f.resp_addr AS peer, count(*) AS n
FROM http AS h JOIN outward AS f USING (flow_id)
WHERE coalesce(h.host, '') = '' AND h.method IS NOT NULL
GROUP BY ALL
"""

INNOCENT = (
    "a program that looks for updates, mail or news at fixed times",
    "a monitoring or licence service that the organisation uses",
    "a page left open that refreshes itself",
)


class Rhythm(NamedTuple):
    """A beacon's score and its four parts, each 0 to 1."""

    intervals: float
    sizes: float
    evenness: float
    duration: float

    @property
    def score(self) -> float:
        """The mean of the four, to three decimals."""
        return thousandths(sum(self) / len(self))


class Beacon(Detector):
    """A host that calls the same place again and again, like clockwork."""

    name = "beacon"
    question = "Does a machine call the same place outside again and again, like clockwork?"
    reads = ("flows",)
    may_read = ("captures", "http")
    floor = Floor(n_outward=MIN_CONNECTIONS, span_ns=MIN_WINDOW_NS)
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host and place that it calls; nothing where less than an hour was captured."""
        (window,) = tables.sql(WINDOW)
        if not window["n_flows"] or window["last_ns"] - window["first_ns"] < MIN_WINDOW_NS:
            return
        hostless = {(row["orig_addr"], row["peer"]) for row in tables.sql(NO_HOST)}
        n_slices = 1 + window["n_flows"] // FLOWS_AT_ONCE
        for part in range(n_slices):
            for row in _calls(tables, window, n_slices, part):
                times = (window["first_ns"] / 1e9, window["last_ns"] / 1e9)
                rhythm = rhythm_of(row["seconds"], row["sizes"], *times)
                finding = _finding(row, rhythm, has_no_host=(row["orig_addr"], row["peer"]) in hostless)
                if finding:
                    yield finding


def _calls(tables: Tables, window: dict[str, Any], n_slices: int, part: int) -> Iterator[dict[str, Any]]:
    return tables.sql(
        CALLS,
        first_ns=window["first_ns"],
        bin_ns=(window["last_ns"] - window["first_ns"]) // BINS,
        bins=BINS,
        background=BACKGROUND_SERVICES,
        min_connections=MIN_CONNECTIONS,
        strobe_connections=STROBE_CONNECTIONS,
        min_bars=MIN_BARS_OF_DURATION,  # with fewer, two parts are 0 and the score stays below every class
        n_slices=n_slices,
        slice=part,
    )


def rhythm_of(seconds: Sequence[int], sizes: Sequence[int], first_s: float, last_s: float) -> Rhythm:
    """Return the score of calls at distinct, sorted seconds, within the time that the case covers."""
    intervals = [later - earlier for earlier, later in pairwise(seconds)]
    bars = histogram(seconds, first_s, last_s)
    return Rhythm(
        intervals=likeness(intervals),
        sizes=likeness(sizes),
        evenness=evenness(bars),
        duration=duration(bars, (seconds[-1] - seconds[0]) / (last_s - first_s)),
    )


def likeness(values: Sequence[int]) -> float:
    """Return how alike values are: the mean of (1 - |Bowley's skewness|) and (1 - MAD / median)."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    low, middle, high = median(ordered[:half]), median(ordered), median(ordered[half + odd :])
    spread = high - low
    skewness = 0.0
    if spread >= MIN_IQR and middle not in (low, high):
        skewness = (low + high - 2 * middle) / spread
    deviation = median(sorted(abs(value - middle) for value in ordered))
    steadiness = max((middle - deviation) / middle, 0.0) if middle > 0 else 0.0
    return thousandths((1 - abs(skewness) + steadiness) / 2)


def median(ordered: Sequence[float]) -> float:
    """Return the middle of sorted values."""
    half, odd = divmod(len(ordered), 2)
    return float(ordered[half]) if odd else (ordered[half - 1] + ordered[half]) / 2


def histogram(seconds: Sequence[int], first_s: float, last_s: float) -> list[int]:
    """Return how many calls fall into each of 24 equal parts of the time covered."""
    bars = [0] * BINS
    width = (last_s - first_s) / BINS
    for second in seconds:
        bars[min(max(int((second - first_s) / width), 0), BINS - 1)] += 1
    return bars


def evenness(bars: Sequence[int]) -> float:
    """Return the better of: how little the bars vary, and how many have one of the two commonest heights."""
    mean = sum(bars) / len(bars)
    deviation = math.sqrt(sum((bar - mean) ** 2 for bar in bars) / len(bars))
    steadiness = thousandths(max(1 - deviation / mean, 0.0))
    n_bars = sum(bar > 0 for bar in bars)
    if n_bars < MIN_BARS_OF_MODES:
        return steadiness
    step = math.ceil(max(bars) * MODE_WIDTH)
    heights = Counter(bar // step for bar in bars if bar)
    modes = sum(count for _, count in heights.most_common(2))
    return max(steadiness, thousandths(min(modes / max(n_bars - OUTLIERS, 1), 1.0)))


def duration(bars: Sequence[int], coverage: float) -> float:
    """Return the better of: the share of the time between first and last call, and the longest run over half a day."""
    if sum(bar > 0 for bar in bars) < MIN_BARS_OF_DURATION:
        return 0.0
    run = longest = 0
    for bar in [*bars, *bars]:  # a run may go over the end of the time covered into its beginning
        run = run + 1 if bar else 0
        longest = max(longest, run)
    return thousandths(min(max(coverage, min(longest, BINS) / IDEAL_RUN), 1.0))


def thousandths(value: float) -> float:
    """Round half up to three decimals, as the published scores are."""
    return math.floor(value * 1000 + 0.5) / 1000


def _finding(row: dict[str, Any], rhythm: Rhythm, *, has_no_host: bool) -> Finding | None:
    score = thousandths(min(rhythm.score + (NO_HOST_POINTS if has_no_host else 0.0), 1.0))
    severity = next((severity for least, severity in CLASSES if score >= least), None)
    if severity is None or rhythm.intervals < MIN_INTERVALS or row["n_background"] == row["n_flows"]:
        return None
    is_known = is_background(row["peer"])
    intervals = sorted(later - earlier for earlier, later in pairwise(row["seconds"]))
    every = median(intervals)
    mean_bytes = row["n_bytes"] // row["n_flows"]
    return Finding(
        title=(
            f"{row['orig_addr']} called {_peer(row)} {row['n_flows']:,} times like clockwork, about every "
            f"{span_text(every)}, each time sending about {bytes_text(mean_bytes)}, "
            f"{when_text(row['first_ns'], row['last_ns'])}"
        ),
        severity=Severity.NOTE if is_known else severity,
        confidence=round(min(rhythm.score, 0.95), 3),
        who=row["orig_addr"],
        what=row["peer"],
        first_ns=row["first_ns"],
        last_ns=row["last_ns"],
        n_bytes=row["n_bytes"],
        flow_ids=tuple(row["flow_ids"]),
        innocent=("a service that systems call by themselves (its name says so)", *INNOCENT) if is_known else INNOCENT,
        score=score,
        score_parts=_parts(rhythm, has_no_host=has_no_host),
        attack_id="T1071",
        facts={
            "interval": f"median {every:g} s, {intervals[0]} to {intervals[-1]} s",
            "registered": f"{row['registered'] or 'not known'} ({REGISTRY_ONLY})",
        },
    )


def _peer(row: dict[str, Any]) -> str:
    if row["n_addrs"] > 1:
        return peer_text(f"{row['n_addrs']} addresses", row["server_name"], row["registered"])
    return peer_text(row["resp_addr"], row["server_name"], row["registered"])


def _parts(rhythm: Rhythm, *, has_no_host: bool) -> tuple[ScorePart, ...]:
    names = ("intervals alike", "sizes alike", "evenly spread over the time", "lasting over the time")
    parts = [ScorePart(name, value, round(value / 4, 5)) for name, value in zip(names, rhythm, strict=True)]
    if has_no_host:
        parts.append(ScorePart("web request without a host name", 1.0, NO_HOST_POINTS))
    return tuple(parts)
