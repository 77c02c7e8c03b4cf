"""Declared against observed, both ways: what left without being declared, and what was declared and not seen."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from quivive.register.categories import NOT_OBSERVABLE
from quivive.register.entry import Coverage, Entry, Unseen
from quivive.register.law import INSIDE
from quivive.register.sheets import Declared, System, within
from quivive.register.words import CATEGORIES

LEAST_KNOWN = 0.95
"""Share of the bytes that left whose recipient is known, without which "no evidence" cannot be said."""


def compare(
    entries: Sequence[Entry], declared: Sequence[Declared], systems: Sequence[System], seen: Coverage
) -> list[Unseen]:
    """Mark each entry as declared or not, with the gaps; return the declared transfers that were not seen."""
    used: set[int] = set()
    for entry in entries:
        fits = [one for one in declared if matches(one, entry, systems)]
        used.update(one.line for one in fits)
        entry.declared = "yes" if fits else "no"
        entry.gaps = _gaps(entry, fits)
        if fits:
            entry.contract_ref, entry.tia_ref = fits[0].contract_ref, fits[0].tia_ref
            entry.legal_tool = fits[0].legal_tool or entry.legal_tool
    return [_unseen(one, entries, systems, seen) for one in declared if one.line not in used]


def matches(one: Declared, entry: Entry, systems: Sequence[System]) -> bool:
    """Return whether a declaration is about an entry; hidden content contradicts no declared category."""
    return (
        one.covers(entry.period)
        and _is_exporter(one.exporter, entry.source_assets, systems)
        and _is_recipient(one.recipient, entry)
        and (entry.data_category == NOT_OBSERVABLE or _is_category(one.category, entry.data_category))
    )


def _is_exporter(text: str, assets: Sequence[str], systems: Sequence[System]) -> bool:
    if text in ("", "*"):
        return True
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        named = [system for system in systems if system.name.casefold() == text.casefold()]
        return any(system.holds(asset) for system in named for asset in assets)
    return any(within(asset, network) for asset in assets)


def _is_recipient(text: str, entry: Entry) -> bool:
    wanted = text.casefold().rstrip(".")
    if wanted in (entry.recipient_group.casefold(), entry.recipient_operator.casefold()):
        return True
    return any(name == wanted or name.endswith(f".{wanted}") for name in map(str.casefold, entry.recipient_domains))


def _is_category(text: str, category: str) -> bool:
    wanted = text.casefold()
    return wanted in ("", "*", category, *(word.casefold() for word in CATEGORIES[category].values()))


def _gaps(entry: Entry, fits: Sequence[Declared]) -> list[str]:
    if not fits:
        return ["not_declared"]
    gaps = []
    observed = {country for told in (entry.located, entry.controlling) for country in (told.value or "").split(", ")}
    countries = {one.country for one in fits if one.country}
    if countries and entry.controlling.value and not set(entry.controlling.value.split(", ")) <= countries:
        gaps.append("country_differs")
    if any(one.legal_tool.casefold() == "adequacy" for one in fits) and entry.legal_tool == "to_be_shown":
        gaps.append("no_adequacy")
    if any(one.country in INSIDE for one in fits) and observed - {""} - INSIDE and "country_differs" not in gaps:
        gaps.append("leaves_eea")
    return gaps


def _unseen(one: Declared, entries: Sequence[Entry], systems: Sequence[System], seen: Coverage) -> Unseen:
    """Say what is known of a declared transfer that was not seen: no evidence only where it would have been seen."""
    blind = one.exporter and any(
        one.exporter.casefold() in name.casefold() for name in seen.unseen_systems if one.exporter not in ("*",)
    )
    own = [entry for entry in entries if _is_exporter(one.exporter, entry.source_assets, systems)]
    sent = sum(entry.bytes_out for entry in own)
    unknown = sum(entry.bytes_out for entry in own if not entry.is_group_known)
    if blind or (not own and (not one.exporter or seen.unseen_systems)):
        answer, why = "not_observable", "system_not_seen"
    elif sent and 1 - unknown / sent < LEAST_KNOWN:
        answer, why = "not_observable", "recipients_not_known"
    elif seen.is_lossy:
        answer, why = "not_observable", "bytes_lost"
    elif seen.is_partial:
        answer, why = "not_observable", "case_partial"
    else:
        answer, why = "no_evidence", "would_have_been_seen"
    return Unseen(one.exporter or "*", one.recipient, one.category or "*", answer, why)
