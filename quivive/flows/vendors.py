"""The maker of a network card, from the IEEE registry that `netaddr` carries."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MOST_LINE = 256
"""Bytes read of an entry: its first line names the maker."""


def vendor_of(mac: str) -> str | None:
    """Return the maker; None for addresses that are made up locally or not in the registry."""
    return _registered(int(mac[:8].replace(":", ""), 16))


@functools.lru_cache(maxsize=8192)
def _registered(prefix: int) -> str | None:
    """Return to whom the first 24 bits of hardware addresses were assigned."""
    if prefix >> 16 & 3:  # locally administered or a group address (IEEE 802, 8.2)
        return None
    index = _index()
    at = int(np.searchsorted(index[:, 0], prefix))
    if at == len(index) or index[at, 0] != prefix:
        return None
    with (_folder() / "oui.txt").open("rb") as text:
        text.seek(int(index[at, 1]))
        entry = text.read(MOST_LINE)
    return entry.split(b"\n", 1)[0].partition(b"(hex)")[2].strip().decode("utf-8", "backslashreplace") or None


@functools.cache
def _index() -> NDArray[np.int64]:
    """Return prefix, offset and size of each entry, sorted; `netaddr` takes twenty times as long to read them."""
    text = (_folder() / "oui.idx").read_text(encoding="ascii")
    entries = np.fromstring(text.replace("\n", ","), dtype=np.int64, sep=",").reshape(-1, 3)
    return entries[np.argsort(entries[:, 0])]


def _folder() -> Path:
    spec = importlib.util.find_spec("netaddr")
    return Path(spec.origin).parent / "eui" if spec and spec.origin else Path()
