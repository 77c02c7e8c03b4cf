"""Header lists of HTTP/2 (RFC 9113, 8; HPACK, RFC 7541), as the fields of a head."""

from __future__ import annotations

from typing import Any

from quivive.model.later import Later
from quivive.model.limits import LIST_ITEMS

hpack: Any = Later("hpack")
hpack_errors: Any = Later("hpack.exceptions")

LIST_BYTES = 1 << 16
"""Longest header list: what servers take is 8 to 32 kB."""

TABLE_BYTES = 1 << 16
"""Largest table of remembered fields: the size browsers ask for."""

SPOKEN_TABLE_BYTES = 4096


class HeaderReader:
    """One side's header lists, each of which depends on those before it."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self._allowed = SPOKEN_TABLE_BYTES
        self.is_lost = False

    def allow(self, size: int) -> None:
        """Hear how large a table the other side allows (SETTINGS_HEADER_TABLE_SIZE); the larger one stays allowed."""
        self._allowed = min(max(self._allowed, size), TABLE_BYTES)
        if self._decoder is not None:
            self._decoder.max_allowed_table_size = self._allowed

    def read(self, block: bytes) -> dict[str, str] | None:
        """Return value by name in lower case; None, now and from then on, where the block cannot be read."""
        if self.is_lost:
            return None
        if self._decoder is None:
            self._decoder = hpack.Decoder(max_header_list_size=LIST_BYTES)
            self._decoder.max_allowed_table_size = self._allowed
        try:
            fields = self._decoder.decode(block, raw=True)
        except hpack_errors.HPACKError:
            self.is_lost = True
            return None
        return _joined(fields)


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return fields by name: repeated ones joined by a comma, pieces of a cookie by a semicolon (RFC 9113, 8.2.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in fields[:LIST_ITEMS]:
        name, value = (raw.decode("utf-8", "backslashreplace") for raw in (raw_name, raw_value))
        name = name.lower()
        mark = "; " if name == "cookie" else ", "
        found[name] = f"{found[name]}{mark}{value}" if name in found else value
    return found
