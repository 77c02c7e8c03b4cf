"""What is known of places, in lines for people; an old source is warned of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from quivive.flows import operators, regions
from quivive.flows.jurisdiction import Jurisdiction, Told, registry_release, warning
from quivive.flows.place_table import PlaceTable


def place_lines(known: Jurisdiction, today: date) -> Iterator[str]:
    """Yield located, registered and controlling of a place, each with source, date and age."""
    for column, told in (
        ("located", known.located),
        ("registered", known.registered),
        ("controlling", known.controlling),
    ):
        yield f"{column:<12}{_told(told, today)}"
    if known.operator:
        asn = f", AS{known.asn}" if known.asn else ""
        yield f"{'operator':<12}{known.operator} (group {known.group}{asn})"
    elif known.asn:
        yield f"{'operator':<12}not known (AS{known.asn})"
    if known.is_relayed:
        yield f"{'onward':<12}yes: it mostly hands on what others serve; who stands behind it cannot be seen"
    for line in known.stale(today):
        yield f"WARNING {line}"


def _told(told: Told, today: date) -> str:
    if told.value is None:
        return "not known"
    age = told.age_days(today)
    dated = "date not known" if age is None else f"{told.day}, {age} days old"
    return f"{told.value:<4}{told.source}; {dated}"


def source_lines(imported: dict[str, PlaceTable], today: date) -> Iterator[str]:
    """Yield every source of places with its date and age; old ones with a warning."""
    version, day = registry_release()
    shipped = [
        ("registered", Told("-", f"delegations of the five address registries (iptocc {version})", day)),
        ("controlling", Told("-", "table of operators", operators.shipped().date)),
        ("located", Told("-", "regions in the host names of clouds", regions.DATE)),
    ]
    brought = [
        (table.means, Told("-", f"{table.source} ({name}: {table.n_rows:,} ranges)", table.date))
        for name, table in imported.items()
    ]
    for column, told in [*shipped, *brought]:
        age = told.age_days(today)
        yield f"{column:<12}{told.source}; " + ("date not known" if age is None else f"{told.day}, {age} days old")
        if told.is_stale(today):
            yield f"WARNING {warning(column, told, today)}"


def stale_sources(imported: dict[str, PlaceTable], today: date) -> list[str]:
    """Return a warning for every source that is too old, used or not."""
    return [line.removeprefix("WARNING ") for line in source_lines(imported, today) if line.startswith("WARNING ")]
