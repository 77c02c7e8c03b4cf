"""Whose an address is: the organisation's own, and in which country's registry it stands.

The registry country (RIR delegation data, by `iptocc`) says where an address range was assigned, not where it is used
nor who controls its user.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import NamedTuple

from quivive.kernels.text import address_text
from quivive.model.errors import UsageError

INNER = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
    "100.64.0.0/10",  # RFC 6598, behind a carrier's NAT
    *("169.254.0.0/16", "127.0.0.0/8", "fe80::/10", "::1/128"),  # link-local and loopback
    "fc00::/7",  # RFC 4193
)
"""Ranges that count as own where nobody said which are; documentation and test ranges do not."""

UNROUTED = (
    *INNER,
    *("0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/3", "::/128", "2001:db8::/32", "ff00::/8"),
)
"""Ranges that stand in no country's registry (RFC 6890): private, documentation, multicast, reserved."""

Range = tuple[int, int]
MAPPED = 0xFFFF << 32  # IPv4 as ::ffff:a.b.c.d


class Place(NamedTuple):
    """registered: ISO 3166 country of the registry; None for what is not routed on the Internet or not known."""

    is_own: bool
    registered: str | None


def ranges_of(networks: Iterable[str]) -> list[Range]:
    """Return networks as ranges of 128-bit numbers, IPv4 mapped. Raises UsageError for what is no address range."""
    ranges = []
    for text in networks:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise UsageError(
                f"{error}; write a range of your own addresses as 192.0.2.0/24 or 2001:db8::/32"
            ) from error
        base = MAPPED if network.version == 4 else 0
        ranges.append((base + int(network.network_address), base + int(network.broadcast_address)))
    return ranges


class OwnNetworks:
    """The organisation's own address ranges; without any told, what is not routed on the Internet counts as own."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises UsageError for what is no address range."""
        self._own = ranges_of(networks) or ranges_of(INNER)
        self._unrouted = ranges_of(UNROUTED)
        self._country = _lookup()
        self.place = functools.lru_cache(maxsize=65_536)(self._place)

    def _place(self, high: int, low: int) -> Place:
        """Return whose the address with these halves is."""
        address = (high & 0xFFFFFFFFFFFFFFFF) << 64 | low & 0xFFFFFFFFFFFFFFFF
        is_own = any(first <= address <= last for first, last in self._own)
        if any(first <= address <= last for first, last in self._unrouted):
            return Place(is_own, None)
        return Place(is_own, self._country(address_text(high, low)))


@functools.cache
def _lookup() -> Callable[[str], str | None]:
    import iptocc  # 30 ms of registry data that help need not load

    return iptocc.country_code
