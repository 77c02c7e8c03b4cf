"""Bytes of the wire as text: escaped, quoted, cut, and the written forms of addresses."""

from __future__ import annotations

from ipaddress import IPv6Address

from quivive.model.limits import TEXT_BYTES

CUT_MARK = "..."
"""Ends a text that is longer than what is kept of it."""

GLIMPSE_BYTES = 32
"""Bytes of a digest, key or unknown value that are shown; they identify it, more would only fill the table."""

DOT, COMMA, QUOTE, BACKSLASH = 0x2E, 0x2C, 0x22, 0x5C


def _escapes(special: int) -> list[str]:
    """Return what stands for each byte: itself where it is printable ASCII and not special."""
    return [
        chr(byte) if 0x20 <= byte < 0x7F and byte not in (special, BACKSLASH) else f"\\x{byte:02x}"
        for byte in range(256)
    ]


ESCAPES = {special: _escapes(special) for special in (DOT, COMMA, QUOTE)}


def escape(raw: bytes, special: int) -> str:
    r"""Return the bytes as ASCII: what is not printable, a backslash and the special byte are written \xNN."""
    if raw.isalnum():
        return raw.decode("ascii")
    table = ESCAPES[special]
    return "".join([table[byte] for byte in raw])


def label_text(label: bytes) -> str:
    """Return a label of a domain name in lower case, a dot within it told from one between labels."""
    return escape(label.lower(), DOT)


def quoted(raw: bytes) -> str:
    """Return the bytes in quotation marks, those within them escaped."""
    return f'"{escape(raw, QUOTE)}"'


def glimpse(raw: bytes) -> str:
    """Return the first bytes in hexadecimal."""
    return raw[:GLIMPSE_BYTES].hex() + CUT_MARK if len(raw) > GLIMPSE_BYTES else raw.hex()


def cut(text: str) -> str:
    """Return the text, cut and marked where it is longer than TEXT_BYTES characters."""
    return text if len(text) <= TEXT_BYTES else text[: TEXT_BYTES - len(CUT_MARK)] + CUT_MARK


def plain(raw: bytes) -> str:
    r"""Return text that should be UTF-8, cut to what is kept; bytes that are none of it are written \xNN."""
    return cut(raw[: TEXT_BYTES + 1].decode("utf-8", "backslashreplace"))


def ipv4_text(address: bytes) -> str:
    """Return four bytes in dotted form."""
    return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"


def ipv6_text(address: bytes) -> str:
    """Return sixteen bytes as RFC 5952 writes them: the first longest run of zeros shortened, mapped IPv4 dotted."""
    if address[:12] == bytes(10) + b"\xff\xff":
        return "::ffff:" + ipv4_text(address[12:])
    return str(IPv6Address(address))


def mac_text(address: bytes) -> str:
    """Return a hardware address in lower-case hexadecimal with colons."""
    return address.hex(":")
