"""The maker of a network card, from the IEEE registry that `netaddr` carries."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=8192)
def vendor_of(mac: str) -> str | None:
    """Return the maker; None for addresses that are made up locally or not in the registry."""
    import netaddr

    first = int(mac[:2], 16)
    if first & 3:  # locally administered or a group address (IEEE 802, 8.2)
        return None
    try:
        return str(netaddr.EUI(mac).oui.registration().org)
    except netaddr.NotRegisteredError:
        return None
