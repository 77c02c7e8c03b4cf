"""What was planted, and what a detector said: the two are held against each other here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quivive.kit.destinations import registrable_domain
from quivive.model.finding import Finding, Severity

VOLUME = ("upload", "low_and_slow", "staging", "rare_destination", "odd_hours", "cloud_storage", "relay")
"""Questions of which each may name an upload first."""
CARRIERS = (
    "dns_tunnel", "doh", "ftp_upload", "http_post_exfiltration", "icmp_tunnel", "mail_exfiltration", "beacon",
)  # fmt: skip
COUNTED = (*VOLUME, *CARRIERS)
"""Detectors whose false findings are counted."""


@dataclass(frozen=True)
class Leak:
    """One planted leak: who sent what where, and which detectors are to say so.

    kind: how it is listed    places: names and addresses of the destination    expected: any of them will do
    """

    kind: str
    who: str
    places: tuple[str, ...]
    first_ns: int
    expected: tuple[str, ...]

    def is_told_by(self, detector: str, finding: Finding) -> bool:
        """Return whether a finding names this leak."""
        return detector in self.expected and finding.who == self.who and self.is_place(finding.what)

    def is_place(self, what: str) -> bool:
        """Return whether a finding's object is the destination."""
        return any(what in (place, registrable_domain(place)) for place in self.places)


@dataclass
class Verdict:
    """What one case showed.

    told:   leaks by kind: how many of them were found, of how many
    right, wrong:  by detector, how grave its findings are that name a leak, or nothing planted
    """

    scenario: str
    host_days: float
    n_domains: int
    told: dict[str, list[bool]] = field(default_factory=dict)
    right: dict[str, list[Severity]] = field(default_factory=dict)
    wrong: dict[str, list[Severity]] = field(default_factory=dict)


def judge(verdict: Verdict, leaks: Sequence[Leak], found: Sequence[tuple[str, Finding]]) -> Verdict:
    """Fill a verdict; a finding that is only a note accuses nobody and finds nothing."""
    weighty = [(name, finding) for name, finding in found if finding.severity >= Severity.LOW]
    for leak in leaks:
        is_told = any(leak.is_told_by(name, finding) for name, finding in weighty)
        verdict.told.setdefault(leak.kind, []).append(is_told)
    planted = {leak.who: [other for other in leaks if other.who == leak.who] for leak in leaks}
    for name, finding in weighty:
        if name not in COUNTED:
            continue
        if any(leak.is_place(finding.what) for leak in planted.get(finding.who, ())):
            verdict.right.setdefault(name, []).append(finding.severity)
        else:
            verdict.wrong.setdefault(name, []).append(finding.severity)
    return verdict
