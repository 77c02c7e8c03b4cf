"""The register from a case: outflow by exporting system, recipient group, data category and month."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from quivive.flows.jurisdiction import NOT_KNOWN, Jurisdiction, Jurisdictions, Told
from quivive.kit.destinations import is_background, registrable_domain
from quivive.kit.detector import Tables
from quivive.register import categories, coverage, law, records
from quivive.register.categories import HOUSEKEEPING, NOT_OBSERVABLE, Kind
from quivive.register.compare import compare
from quivive.register.entry import LISTED, Coverage, Entry, Unseen
from quivive.register.sheets import Declared, System

MOST_PLACES = 4
"""Countries that one column of a row names."""
LEAST_BYTES = 1
"""Bytes that must have left: a call that nobody answered is no transfer."""

OBSERVED = """
SELECT strftime(hour, '%Y-%m') AS period, own_addr, is_opened_outside, service, carries, destination, peer_addr,
       sum(out_bytes)::BIGINT AS out_bytes, sum(in_bytes)::BIGINT AS in_bytes, sum(n_sessions)::BIGINT AS sessions,
       sum(clear_out_bytes)::BIGINT AS clear_bytes, sum(encrypted_out_bytes)::BIGINT AS hidden_bytes,
       sum(unseen_out_bytes)::BIGINT AS unseen_bytes, min(first_ts) AS first_ts, max(last_ts) AS last_ts,
       list(biggest_flow_id ORDER BY out_bytes DESC)[:5] AS flow_ids
FROM outflow GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Asked:
    """What a register is made with. today: the day by which sources are old or not."""

    today: date
    jurisdictions: Jurisdictions
    declared: Sequence[Declared] | None = None
    systems: Sequence[System] = ()
    entity: str = ""
    is_partial: bool = False


@dataclass
class Register:
    """All of it; declared is False where no sheet of declared transfers was given to compare with."""

    entries: list[Entry]
    unseen: list[Unseen]
    coverage: Coverage
    today: date
    is_compared: bool
    stale: list[str]
    entity: str = ""


@dataclass
class _Group:
    """Rows of outflow that become one entry."""

    kind: Kind
    rows: list[tuple[dict[str, Any], Jurisdiction]] = field(default_factory=list)

    def total(self, column: str) -> int:
        """Return the sum of a column."""
        return sum(int(row[column] or 0) for row, _ in self.rows)


Key = tuple[str, str, str, str]


def build(tables: Tables, asked: Asked) -> Register:
    """Return the register of a case."""
    groups: dict[Key, _Group] = {}
    background = 0
    for row in tables.sql(OBSERVED):
        if row["service"] in HOUSEKEEPING or row["out_bytes"] < LEAST_BYTES:
            continue
        if is_background(row["destination"]):
            background += row["out_bytes"]
            continue
        known = asked.jurisdictions.of(row["peer_addr"], row["destination"])
        is_hidden = row["hidden_bytes"] > 0 and row["clear_bytes"] == 0
        kind = categories.kind_of(
            row["service"], row["carries"], is_hidden=is_hidden, is_opened_outside=row["is_opened_outside"]
        )
        row["means"] = kind.means
        key = (row["own_addr"], _recipient(row, known), kind.category, row["period"])
        groups.setdefault(key, _Group(kind)).rows.append((row, known))
    entries = [_entry(key, group, asked) for key, group in groups.items()]
    records.estimate(tables, entries)
    seen = coverage.of_case(tables, entries, asked.systems, background, is_partial=asked.is_partial)
    unseen = compare(entries, asked.declared, asked.systems, seen) if asked.declared is not None else []
    entries.sort(key=lambda entry: (entry.period, -entry.bytes_out, entry.register_id))
    stale = list(dict.fromkeys([line for entry in entries for line in entry.stale] + law.stale(asked.today)))
    return Register(entries, unseen, seen, asked.today, asked.declared is not None, stale, asked.entity)


def _recipient(row: dict[str, Any], known: Jurisdiction) -> str:
    """Return who is behind a destination: the controlling group, else the registrable domain, else the address."""
    return known.group or registrable_domain(row["destination"])


def _entry(key: Key, group: _Group, asked: Asked) -> Entry:
    own_addr, recipient, category, period = key
    ranked = sorted(group.rows, key=lambda pair: -pair[0]["out_bytes"])
    first = ranked[0][1]
    return Entry(
        register_id="R-" + hashlib.sha256("|".join(key).encode("utf-8", "backslashreplace")).hexdigest()[:10],
        period=period,
        exporter_entity=asked.entity,
        source_assets=[own_addr],
        data_category=category,
        sensitivity=group.kind.sensitivity,
        personal_data=group.kind.personal,
        recipient_domains=list(dict.fromkeys(row["destination"] for row, _ in ranked)),
        recipient_operator=first.operator or "",
        recipient_asn=first.asn,
        recipient_group=recipient,
        is_group_known=first.group is not None,
        is_relayed=any(known.is_relayed for _, known in ranked),
        means=_means(ranked),
        records=None,
        encryption=list(dict.fromkeys(str(row["service"]) for row, _ in ranked if row["hidden_bytes"])),
        first_seen=min(row["first_ts"] for row, _ in ranked),
        last_seen=max(row["last_ts"] for row, _ in ranked),
        evidence=[flow_id for row, _ in ranked for flow_id in row["flow_ids"]][:LISTED],
        confidence=round(0.4 + 0.35 * (first.group is not None) + 0.25 * (category != NOT_OBSERVABLE), 2),
        **_amounts(group),
        **_places([known for _, known in ranked], asked.today),
    )


def _amounts(group: _Group) -> dict[str, Any]:
    out, clear = group.total("out_bytes"), group.total("clear_bytes")
    return {
        "bytes_out": out,
        "bytes_in": group.total("in_bytes"),
        "sessions": group.total("sessions"),
        "unseen_bytes": group.total("unseen_bytes"),
        "clear_share": round(clear / out, 4) if out else 0.0,
    }


def _places(known: Sequence[Jurisdiction], today: date) -> dict[str, Any]:
    """Return the three columns of a recipient, that of most bytes first, and what follows from them."""
    located, registered, controlling = (
        _joined(getattr(one, column) for one in known) for column in ("located", "registered", "controlling")
    )
    allowed = law.law_of(_countries(located), _countries(controlling))
    return {
        "located": located,
        "registered": registered,
        "controlling": controlling,
        "legal_tool": allowed.tool,
        "adequacy": allowed.status,
        "is_third_country": allowed.is_third,
        "stale": Jurisdiction(located, registered, controlling).stale(today),
    }


def _means(ranked: Iterable[tuple[dict[str, Any], Jurisdiction]]) -> list[str]:
    return list(dict.fromkeys(row["means"] for row, _ in ranked))


def _joined(told: Iterable[Told]) -> Told:
    """Return several answers as one: all countries, that with most bytes first; all sources, the oldest's date."""
    known = list(dict.fromkeys(one for one in told if one.value))
    if not known:
        return NOT_KNOWN
    values = list(dict.fromkeys(str(one.value) for one in known))
    sources = list(dict.fromkeys(one.source for one in known))[:MOST_PLACES]
    dates = [one.day for one in known]
    oldest = None if any(day is None for day in dates) else min(day for day in dates if day)
    return Told(", ".join(values[:MOST_PLACES]), "; ".join(sources), oldest)


def _countries(told: Told) -> list[str]:
    return told.value.split(", ") if told.value else []
