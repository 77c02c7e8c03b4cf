"""NetBIOS names and their encoding as labels of domain names (RFC 1001, 14.1)."""

from __future__ import annotations

from typing import NamedTuple

from quivive.messages.wire_text import QUOTE, escape

LABEL_BYTES, NAME_BYTES = 32, 16

UNIQUE_SERVICES = {
    0x00: "workstation",
    0x01: "messenger",
    0x03: "messenger",
    0x06: "remote access server",
    0x1B: "domain master browser",
    0x1D: "master browser",
    0x1F: "dynamic data exchange",
    0x20: "file server",
    0x21: "remote access client",
    0xBE: "network monitor agent",
    0xBF: "network monitor",
}
GROUP_SERVICES = {
    0x00: "domain or workgroup",
    0x01: "master browser",
    0x1C: "domain controllers",
    0x1E: "browser elections",
}


class NetbiosName(NamedTuple):
    """A name of fifteen characters without the spaces that fill it up, and the number of its service."""

    name: str
    suffix: int

    def __str__(self) -> str:
        """Return the usual written form: NAME<20>."""
        return f"{self.name}<{self.suffix:02x}>"


def netbios_name(raw: bytes) -> NetbiosName:
    """Return the name in sixteen bytes."""
    return NetbiosName(escape(raw[: NAME_BYTES - 1].rstrip(b" \0"), QUOTE), raw[NAME_BYTES - 1])


def from_label(label: str) -> NetbiosName | None:
    """Return the name that a label of 32 letters from A to P encodes, two for each byte; None where it does not."""
    codes = [ord(letter) - 0x61 for letter in label.lower()]
    if len(codes) != LABEL_BYTES or min(codes) < 0 or max(codes) > 15:
        return None
    return netbios_name(bytes(codes[at] << 4 | codes[at + 1] for at in range(0, LABEL_BYTES, 2)))


def service_name(suffix: int, *, is_group: bool) -> str | None:
    """Return which service registers a name with this number."""
    return (GROUP_SERVICES if is_group else UNIQUE_SERVICES).get(suffix)
