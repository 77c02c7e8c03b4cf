"""docs/coverage.md: which fields of other tools we have, which we leave out on purpose, and which we lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from oracles.mapping import View, views
from oracles.sources import arkime, suricata, zeek_logs

HEAD = """# Coverage of other tools' fields

Made by `python -m oracles --coverage` from the mappings in `oracles/maps/` and the answers in the corpus; edit those,
not this page. *Have*: told by our tables, by the expression in the mapping. *Left out*: not about the traffic, or never
kept, with the reason. *Lack*: a field of their answers that our tables do not hold. Numbers say how often it is there.
"""

Used = dict[str, Counter[str]]
"""How often each field is used, by log or event type."""


def page(corpus: Path) -> str:
    """Return the page."""
    used = {
        "suricata": ("Suricata, by event type", suricata_fields(corpus)),
        "zeek": ("Zeek, by log", zeek_fields(corpus)),
        "arkime": ("Arkime, sessions", arkime_fields(corpus)),
    }
    return HEAD + "".join("".join(_tool(name, title, fields)) for name, (title, fields) in used.items())


def suricata_fields(corpus: Path) -> Used:
    """Return the fields that filters look at."""
    found: Used = {}
    for filters in suricata.Suricata.truths(corpus).values():
        for said in filters:
            wanted = {key: value for key, value in suricata.expanded(said["match"]) if key != "event_type"}
            kind = said["match"].get("event_type") or suricata.kind_of(wanted)
            names = (name for key, value in wanted.items() for name in suricata.columns_of(key, value))
            found.setdefault(kind, Counter()).update(name for name in names if name not in suricata.PLACES)
    return found


def zeek_fields(corpus: Path) -> Used:
    """Return the fields that rows of logs fill."""
    found: Used = {}
    for logs in zeek_logs.ZeekLogs.truths(corpus).values():
        for log, rows in logs.items():
            for row in rows:
                filled = (field for field, value in row.items() if value not in zeek_logs.OPEN)
                found.setdefault(log, Counter()).update(filled)
    return found


def arkime_fields(corpus: Path) -> Used:
    """Return the fields of sessions, without those that count others."""
    found: Counter[str] = Counter()
    for sessions in arkime.Arkime.truths(corpus).values():
        for session in sessions:
            found.update(field for field in session if not field.lower().endswith("cnt"))
    return {"session": found}


def _tool(name: str, title: str, used: Used) -> Iterator[str]:
    known = views(name)
    shares = [_split(known.get(kind), fields) for kind, fields in used.items()]
    n_have, n_all = sum(len(have) for have, _, _ in shares), sum(map(len, used.values()))
    yield f"\n## {title}\n\nHave {n_have} of {n_all} fields that are used.\n\n"
    yield "| kind | have | left out | lack |\n|---|---|---|---|\n"
    for (kind, _), (have, left_out, lack) in zip(sorted(used.items()), _sorted(shares, used), strict=True):
        reasons = known[kind].not_asked if kind in known else {}
        told = "; ".join(f"`{field}` ({reasons[field]})" for field in left_out if field in reasons)
        if "*" in reasons:
            told = f"all: {reasons['*']}"
        yield f"| {kind} | {_names(have)} | {told} | {_names(lack)} |\n"


Split = tuple[Counter[str], Counter[str], Counter[str]]


def _sorted(shares: list[Split], used: Used) -> list[Split]:
    return [share for _, share in sorted(zip(used, shares, strict=True))]


def _split(view: View | None, fields: Counter[str]) -> Split:
    """Return the fields we have, those left out and those we lack."""
    have = Counter({name: n for name, n in fields.items() if view and name in view.fields})
    left_out = Counter({name: n for name, n in fields.items() if view and {name, "*"} & set(view.not_asked)})
    return have, left_out, Counter({name: n for name, n in fields.items() if name not in have and name not in left_out})


def _names(fields: Counter[str]) -> str:
    return ", ".join(f"`{name}` {n}" for name, n in sorted(fields.items(), key=lambda one: (-one[1], one[0])))
