"""Findings that tell of one event, joined into one story: same machine and flows, or same place outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quivive.kit.destinations import is_address, registrable_domain
from quivive.model.finding import Finding

MAX_KEYS = 1_000
"""Flows of a finding by which it is joined to others."""

Key = tuple[str, str | int]


def campaigns(findings: Sequence[Finding]) -> list[int]:
    """Return the number of each finding's story, from 1 on in order of the stories' first findings."""
    leader = list(range(len(findings)))
    first_with: dict[Key, int] = {}
    for number, finding in enumerate(findings):
        for key in _keys(finding):
            _join(leader, first_with.setdefault(key, number), number)
    story_of: dict[int, int] = {}
    return [story_of.setdefault(_leader(leader, number), len(story_of) + 1) for number in range(len(findings))]


def _keys(finding: Finding) -> Iterator[Key]:
    """Yield what another finding of the same event has as well.

    A flow joins only findings about one machine: through one flow to a name server go many events.
    """
    place = place_of(finding)
    yield "place", place
    yield "pair", " ".join(sorted((finding.who, place)))
    for flow_id in finding.flow_ids[:MAX_KEYS]:
        yield finding.who, flow_id


def place_of(finding: Finding) -> str:
    """Return the place that a finding is about: a registered domain, an address, else the words it uses."""
    first = finding.what.split(" ")[0].lower()
    host, _, port = first.rpartition(":")
    name = host if port.isdigit() and host and ":" not in host else first
    if is_address(name):
        return name
    if "." in name:
        return registrable_domain(name)
    return f"{finding.who} {finding.what}" if finding.what[:1].isdigit() else finding.what.lower()


def _join(leader: list[int], left: int, right: int) -> None:
    """Let the earlier of two stories take over the later one."""
    one, other = sorted((_leader(leader, left), _leader(leader, right)))
    leader[other] = one


def _leader(leader: list[int], number: int) -> int:
    """Return the first finding of a story, and shorten the way to it."""
    while leader[number] != number:
        leader[number] = leader[leader[number]]
        number = leader[number]
    return number
