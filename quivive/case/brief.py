"""The brief: one screen that says what was read, what could not be seen, and what deserves a look."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from quivive.flows import operators
from quivive.kit.detector import Tables
from quivive.kit.finding_words import bytes_text, count_text, span_text

WIDTH = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_STORIES, MOST_OTHERS, MOST_PLACES, MOST_SERVICES = 6, 2, 6, 8
WIDE_GROUP, WIDE_NAME = 16, 28

READ = """
SELECT count(*) AS captures, sum(n_packets)::BIGINT AS packets, sum(capture_bytes)::BIGINT AS captured,
       sum(n_dropped)::BIGINT AS dropped, sum(n_snapped)::BIGINT AS snapped, sum(n_not_decoded)::BIGINT AS undecoded,
       sum(n_out_of_scope)::BIGINT AS out_of_scope, epoch_us(min(first_ts)) AS first_us,
       epoch_us(max(last_ts)) AS last_us,
       count(*) FILTER (WHERE is_partial) AS partial
FROM captures
"""

SEEN = """
SELECT count(*) AS flows, coalesce(sum(n_gaps), 0)::BIGINT AS gaps,
       coalesce(sum(orig_gap_bytes + resp_gap_bytes), 0)::BIGINT AS gap_bytes,
       coalesce(sum(orig_bytes + resp_bytes), 0)::BIGINT AS total,
       coalesce(sum(orig_bytes + resp_bytes)
                FILTER (WHERE list_has_any(string_split(service_stack, ','), $encrypted)), 0)::BIGINT AS encrypted,
       coalesce(sum(orig_bytes + resp_bytes) FILTER (WHERE service IS NULL), 0)::BIGINT AS unnamed,
       count(*) FILTER (WHERE (orig_packets = 0 OR resp_packets = 0) AND transport = 'tcp') AS one_sided
FROM flows
"""

PLACES = """
WITH outward AS (
    SELECT resp_registered AS country, resp_controlling AS controlling, resp_operator AS operator, resp_addr AS peer,
           server_name, orig_addr AS own, orig_bytes AS sent, resp_bytes AS received
    FROM flows WHERE orig_is_own AND NOT resp_is_own AND resp_registered IS NOT NULL
    UNION ALL
    SELECT orig_registered, orig_controlling, orig_operator, orig_addr, NULL, resp_addr, resp_bytes, orig_bytes
    FROM flows WHERE resp_is_own AND NOT orig_is_own AND orig_registered IS NOT NULL
), run AS (
    SELECT country, controlling, operator, sum(sent) AS sent FROM outward WHERE operator IS NOT NULL GROUP BY ALL
), runners AS (
    SELECT country, controlling, list(operator ORDER BY sent DESC, operator) AS operators FROM run GROUP BY ALL
)
SELECT country, controlling, any_value(operators) AS operators, count(DISTINCT peer) AS peers,
       count(DISTINCT own) AS own_hosts, sum(sent)::BIGINT AS sent, sum(received)::BIGINT AS received,
       arg_max(coalesce(server_name, peer), sent + received) AS biggest
FROM outward LEFT JOIN runners USING (country, controlling)
GROUP BY country, controlling ORDER BY sent DESC, country, controlling
"""

SERVICES = """
SELECT coalesce(service, 'not recognised') AS service, count(*) AS flows, sum(orig_bytes + resp_bytes)::BIGINT AS total
FROM flows GROUP BY 1 ORDER BY total DESC, service
"""

STORIES = "SELECT count(*) AS n_findings, count(DISTINCT campaign) AS n_stories FROM findings"

FINDINGS = """
SELECT finding_id, campaign, severity, title, n_evidence_flows, evidence_flows[1] AS first_flow, score,
       innocent[1] AS innocent
FROM findings WHERE substr(campaign, 2)::INTEGER <= $most_stories
ORDER BY substr(campaign, 2)::INTEGER, substr(finding_id, 2)::INTEGER
"""
ANOMALIES = (
    "SELECT anomaly, count(*) AS n FROM anomalies WHERE place = 'capture' GROUP BY 1 ORDER BY n DESC, anomaly LIMIT 3"
)


def brief_text(
    tables: Tables,
    *,
    encrypted: tuple[str, ...],
    name: str,
    is_partial: bool,
    failed: Sequence[str] = (),
    not_judged: Mapping[str, str] | None = None,
    no_rows: Sequence[str] = (),
    granted: str,
) -> str:
    """Return the brief of a case.

    encrypted: services with hidden content    failed: detectors that gave no answer
    not_judged: what a detector could not judge, by its name
    no_rows: detectors that found nothing of what they read
    """
    (read,) = tables.sql(READ)
    parts = [
        *_read(read, is_partial),
        *_not_seen(tables, read, encrypted),
        granted,
        "",
        *_findings(tables),
        *_failed(failed),
        *_not_judged(not_judged or {}),
        *_no_rows(no_rows),
        "",
        *_places(tables, read),
        "",
        *_services(tables),
        "",
        f"More: quivive show {name} findings | quivive show {name} flows | quivive follow {name} FLOW_ID",
    ]
    return "\n".join(parts) + "\n"


def _read(read: dict[str, Any], is_partial: bool) -> Iterator[str]:
    if not read["packets"]:
        yield "No packets were read."
        return
    yield (
        f"Read {count_text(read['captures'], 'capture')}: {count_text(read['packets'], 'packet')}, "
        f"{bytes_text(read['captured'])}, {_span(read['first_us'], read['last_us'])}."
    )
    if is_partial:
        yield "PARTIAL: reading was stopped before the end; what follows covers only what was read."


def _span(first_us: int, last_us: int) -> str:
    first, last = _time(first_us), _time(last_us)
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC ({span_text((last_us - first_us) / 1e6)})"


def _time(since_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=since_us)


def _not_seen(tables: Tables, read: dict[str, Any], encrypted: tuple[str, ...]) -> Iterator[str]:
    """Say what the case cannot show: a reader must not take silence for a no."""
    (seen,) = tables.sql(SEEN, encrypted=list(encrypted))
    missing = [
        (read["dropped"], f"{count_text(read['dropped'] or 0, 'packet')} lost while capturing"),
        (read["snapped"], f"{count_text(read['snapped'] or 0, 'packet')} cut short by the capture"),
        (read["undecoded"], f"{count_text(read['undecoded'] or 0, 'packet')} of unknown or broken kind"),
        (
            read["out_of_scope"],
            f"{count_text(read['out_of_scope'] or 0, 'packet')} outside the mandate, dropped unread",
        ),
        (seen["gaps"], f"{count_text(seen['gaps'], 'hole')} in streams ({bytes_text(seen['gap_bytes'])})"),
        (seen["one_sided"], f"{count_text(seen['one_sided'], 'TCP flow')} with one side only"),
    ]
    missing += [(row["n"], f"{row['anomaly']} ({row['n']}x)") for row in tables.sql(ANOMALIES)]
    said = [text for number, text in missing if number]
    if seen["total"]:
        said.append(f"{seen['encrypted'] / seen['total']:.0%} of application bytes encrypted")
        said.append(f"{seen['unnamed'] / seen['total']:.0%} of a kind not recognised")
    yield from _wrapped("Not seen: " + ("; ".join(said) or "nothing known to be missing") + ".", "  ")


def _findings(tables: Tables) -> Iterator[str]:
    """Tell one event once: its gravest finding, and beside it what else was found of it."""
    (found,) = tables.sql(STORIES)
    if not found["n_findings"]:
        yield "Deserves a look: nothing was found. That is not proof of absence; see what could not be seen above."
        return
    alone = found["n_findings"] == found["n_stories"]
    yield f"DESERVES A LOOK ({found['n_stories']}" + (")" if alone else f", from {found['n_findings']} findings)")
    rows = tables.sql(FINDINGS, most_stories=MOST_STORIES)
    for _, story in groupby(rows, lambda row: row["campaign"]):
        first, *others = story
        yield from _finding(first)
        yield from _others(others)
    if found["n_stories"] > MOST_STORIES:
        yield f"  ... and {found['n_stories'] - MOST_STORIES} more"


def _others(others: Sequence[dict[str, Any]]) -> Iterator[str]:
    for row in others[:MOST_OTHERS]:
        yield from _wrapped(f"{' ' * 13}with {row['finding_id']} {row['severity']}: {row['title']}", " " * 15)
    if len(others) > MOST_OTHERS:
        yield f"{' ' * 13}and {count_text(len(others) - MOST_OTHERS, 'finding')} more of the same event"


def _failed(failed: Sequence[str]) -> Iterator[str]:
    if failed:
        yield from _wrapped("NOT ASKED, because of a fault of this program: " + "; ".join(failed), "  ")


def _not_judged(reasons: Mapping[str, str]) -> Iterator[str]:
    if reasons:
        yield from _wrapped(
            "COULD NOT JUDGE: " + "; ".join(f"{name} ({reason})" for name, reason in reasons.items()), "  "
        )


def _no_rows(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield from _wrapped("NOTHING TO JUDGE (no such traffic was captured): " + ", ".join(names), "  ")


def _finding(finding: dict[str, Any]) -> Iterator[str]:
    head = f"  {finding['finding_id']:>3} {finding['severity'].upper():<6} "
    yield from _wrapped(head + finding["title"], " " * 13)
    evidence = f"evidence: {count_text(finding['n_evidence_flows'], 'flow')}"
    if finding["first_flow"] is not None:
        evidence += f", first {finding['first_flow']}"
    if finding["score"] is not None:
        evidence += f"; score {finding['score']:.2f}"
    innocent = f"; could also be: {finding['innocent']}" if finding["innocent"] else ""
    yield from _wrapped(" " * 13 + evidence + innocent, " " * 13)


def _places(tables: Tables, read: dict[str, Any]) -> Iterator[str]:
    places = list(tables.sql(PLACES))
    if not places:
        yield "OUTSIDE: no traffic with addresses outside was seen."
        return
    yield from _wrapped(_outside(read), "  ")
    yield f"  {'registered':<11}{'controlled':<22} peers own hosts{'sent':>9}{'received':>10}  biggest peer"
    for place in places[:MOST_PLACES]:
        yield (
            f"  {place['country']:<11}{_controlled(place):<22}{place['peers']:>6}{place['own_hosts']:>10}"
            f"{bytes_text(place['sent']):>9}{bytes_text(place['received']):>10}  {_name_end(place['biggest'])}"
        )
    if len(places) > MOST_PLACES:
        rest = places[MOST_PLACES:]
        yield f"  and {count_text(len(rest), 'more line')}, {bytes_text(sum(place['sent'] for place in rest))} sent"


def _outside(read: dict[str, Any]) -> str:
    """Say what the two countries mean, and how far the second can be relied on."""
    table = operators.shipped()
    text = (
        "OUTSIDE. registered: country of the address registry (where assigned: not where used). "
        f"controlled: seat of the operator's group, by the operator table of {table.date}; '-' where not known"
    )
    last = _time(read["last_us"]).date() if read["last_us"] is not None else table.date
    return text + (f" (OLD: {table.age_days(last)} days when the capture ended)" if table.is_stale(last) else "")


def _controlled(place: dict[str, Any]) -> str:
    """Return the controlling country and the group to which most was sent: CN (Alibaba), US (Amazon +2)."""
    if place["controlling"] is None:
        return "-"
    groups = list(dict.fromkeys(operators.shipped().group_of(operator) for operator in place["operators"]))
    more = f" +{len(groups) - 1}" if len(groups) > 1 else ""
    room = WIDE_GROUP - len(more)
    name = groups[0] if len(groups[0]) <= room else f"{groups[0][: room - 2]}.."
    return f"{place['controlling']} ({name}{more})"


def _name_end(name: str) -> str:
    """Return a name that fits; of a long one the end, which says whose it is."""
    return name if len(name) <= WIDE_NAME else f"...{name[3 - WIDE_NAME :]}"


def _services(tables: Tables) -> Iterator[str]:
    services = list(tables.sql(SERVICES))
    told = [f"{row['service']} {row['flows']:,} ({bytes_text(row['total'])})" for row in services[:MOST_SERVICES]]
    more = f", and {len(services) - MOST_SERVICES} more" if len(services) > MOST_SERVICES else ""
    yield from _wrapped("PROTOCOLS, flows (bytes): " + ", ".join(told) + more, "  ")


def _wrapped(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
