"""A grant as the columns of packets see it: ranges, times, and what was cut off, by reason.

A packet is in scope when one of its ends lies in the networks and neither end is excluded. What cannot be judged by
addresses is out: packets that were not decoded, and messages on the link, but for ARP about addresses in scope. So
are DHCP requests of machines that have no address yet, and IPv6 link-local traffic unless fe80::/10 is declared as
owned. An ICMP error is judged by the packet that it quotes as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import scope as kernels
from quivive.kernels.headers import MAPPED_IPV4, Packets
from quivive.mandate.grant import Grant
from quivive.mandate.parts import Hours, Window
from quivive.mandate.refusal import Refusal
from quivive.mandate.strict import Network
from quivive.mandate.terms import WEEKDAYS, Clock

HALF = (1 << 64) - 1
SIGN = 1 << 63
Ints = NDArray[np.int64]


class Scope:
    """Cuts off what a mandate does not cover; one per case that is read."""

    def __init__(self, grant: Grant) -> None:
        """Raises MandateError for a grant without networks or window: nothing would limit it."""
        if not grant.networks or grant.window is None:
            raise Refusal("scope", "there is no mandate to take it from", "name one: --mandate FILE")
        self.networks = ranges_of(grant.networks)
        self.excluded = ranges_of(grant.exclusions.all_hosts)
        self.spans = spans_of(grant.window)
        self._counts = np.zeros(len(kernels.CUT_OFF), np.int64)

    def mask(self, data: NDArray[np.uint8], arena: NDArray[np.uint8], packets: Packets) -> None:
        """Mark the packets that may not be kept as OUT_OF_SCOPE and forget what was decoded of them.

        data, arena: uint8  the bytes that offsets from 0 up, and from -1 down, point into
        """
        kernels.mask(data, arena, packets, self.networks, self.excluded, self.spans, self._counts)

    @property
    def counts(self) -> dict[str, int]:
        """Packets cut off so far, by reason; reasons without packets are left out."""
        told = zip(kernels.CUT_OFF, self._counts.tolist(), strict=True)
        return {reason: count for reason, count in told if count and reason != kernels.CUT_OFF[kernels.KEPT]}


def ranges_of(networks: Iterable[Network]) -> Ints:
    """Return address ranges as the kernels compare them, sorted and joined, int64 (n, 4)."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(map(_ends, networks)):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    rows = [[half for end in ends for half in (_turned(end >> 64), _turned(end & HALF))] for ends in joined]
    return np.array(rows, np.int64).reshape(-1, 4)


def _ends(network: Network) -> tuple[int, int]:
    offset = MAPPED_IPV4 if network.version == 4 else 0
    return int(network.network_address) + offset, int(network.broadcast_address) + offset


def _turned(half: int) -> int:
    """Return an unsigned half as a signed number of the same order."""
    return half - SIGN


def spans_of(window: Window) -> Ints:
    """Return the window, then the hours within it, in ns, int64 (n, 2)."""
    whole = (_ns(window.begins), _ns(window.ends))
    hours = [whole] if window.hours is None else _hours(window, window.hours)
    return np.array([whole, *hours], np.int64)


def _hours(window: Window, hours: Hours) -> list[tuple[int, int]]:
    zone, spans = ZoneInfo(hours.timezone), []
    day, last = window.begins.astimezone(zone).date(), window.ends.astimezone(zone).date()
    while day <= last:
        if WEEKDAYS[day.weekday()] in hours.days:
            first = max(_moment(day, hours.begins, zone), _ns(window.begins))
            end = min(_moment(day, hours.ends, zone), _ns(window.ends))
            if first < end:
                spans.append((first, end))
        day += timedelta(days=1)
    return spans


def _moment(day: date, clock: str, zone: ZoneInfo) -> int:
    minutes = Clock.of(clock, "hours").minutes
    return _ns(datetime.combine(day, datetime.min.time(), zone) + timedelta(minutes=minutes))


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000
