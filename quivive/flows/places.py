"""Whose an address is: the organisation's own, and in which country's registry it stands.

The registry country (RIR delegation data, by `iptocc`) says where an address range was assigned, not where it is used
nor who controls its user.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from quivive.model.errors import UsageError

INNER = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",  # RFC 1918
    "100.64.0.0/10",  # RFC 6598, behind a carrier's NAT
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fe80::/10",
    "::1/128",  # link-local and loopback
    "fc00::/7",  # RFC 4193
)
"""Ranges that count as own where nobody said which are; documentation and test ranges do not."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Place(NamedTuple):
    """registered: ISO 3166 country of the registry; None for what is not routed on the Internet or not known."""

    is_own: bool
    registered: str | None


class OwnNetworks:
    """The organisation's own address ranges; without any told, what is not routed on the Internet counts as own."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises UsageError for what is no address range."""
        try:
            self._networks: list[Network] = [ipaddress.ip_network(text, strict=False) for text in networks]
        except ValueError as error:
            raise UsageError(
                f"{error}; write a range of your own addresses as 192.0.2.0/24 or 2001:db8::/32"
            ) from error
        self._networks = self._networks or [ipaddress.ip_network(text) for text in INNER]
        self.place = functools.lru_cache(maxsize=65_536)(self._place)

    def _place(self, address: str) -> Place:
        ip = ipaddress.ip_address(address)
        is_own = any(ip.version == network.version and ip in network for network in self._networks)
        is_special = ip.is_private or ip.is_multicast or ip.is_unspecified or ip.is_reserved
        return Place(is_own, None if is_special else registry_country(address))


@functools.cache
def _lookup() -> object:
    import iptocc

    return iptocc.country_code


@functools.lru_cache(maxsize=65_536)
def registry_country(address: str) -> str | None:
    """Return the country whose registry assigned the address (ISO 3166), None where none is known."""
    found = _lookup()(address)  # type: ignore[operator]
    return str(found) if found else None
