"""Remote Desktop Protocol ([MS-RDPBCGR]): who connects, and what client and server agree on before they encrypt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages import ber
from quivive.model.fields import STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import TEXT_BYTES
from quivive.model.schema import Field, Table
from quivive.model.tables import IDENTITIES

TABLE = Table(
    "rdp",
    "Remote desktop connections, as far as they are in clear.",
    (
        *STAMP,
        USER,
        Field("workstation", "text", "Name of the user's machine as sent.", personal="host"),
        Field("rdp_routing_token", "text", "Token that leads the client back to its session's server."),
        Field("rdp_requested", "texts", "Security protocols the client can use."),
        Field("rdp_security", "text", "Security protocol the server chose."),
        Field("rdp_failure", "text", "Why the server refused to go on."),
        Field("rdp_client_version", "text", "Version of the protocol the client speaks."),
        Field("rdp_client_build", "int64", "Build number of the client."),
        Field("rdp_product_id", "text", "Product number of the client's machine.", personal="host"),
        Field("rdp_keyboard", "text", "Keyboard layout of the client."),
        Field("rdp_width", "int32", "Width of the client's desktop in pixels."),
        Field("rdp_height", "int32", "Height of the client's desktop in pixels."),
        Field("rdp_channels", "texts", "Virtual channels the client asks for: rdpdr is drives, cliprdr the clipboard."),
        Field("rdp_encryption", "text", "Encryption of the protocol's own, by key size."),
        Field("rdp_encryption_level", "text", "What the protocol's own encryption covers."),
    ),
)

TPKT_VERSION = 3
REQUEST, CONFIRM, DATA, DISCONNECT = 0xE0, 0xD0, 0xF0, 0x80
"""X.224 TPDU codes (13.3 to 13.7)."""

MIN_TPKT_BYTES = 7

COOKIE = re.compile(rb"Cookie: (mstshash|msts)=([^\r\n]{0,512})\r\n")

NEGOTIATION_REQUEST, NEGOTIATION_ANSWER, NEGOTIATION_FAILURE = 1, 2, 3
NEGOTIATION_BYTES = 8
CONFIRM_HEAD_BYTES = 11

PROTOCOLS = {0: "RDP", 1: "TLS", 2: "CredSSP", 4: "RDSTLS", 8: "CredSSP with early authorization", 16: "RDS AAD"}
"""Requested protocols are a set of bits, RDP being none; the selected one is a single bit (2.2.1.1.1)."""

FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER",
    2: "SSL_NOT_ALLOWED_BY_SERVER",
    3: "SSL_CERT_NOT_ON_SERVER",
    4: "INCONSISTENT_FLAGS",
    5: "HYBRID_REQUIRED_BY_SERVER",
    6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}

CONNECT_INITIAL, CONNECT_RESPONSE = 0x7F65, 0x7F66
CLIENT_KEY, SERVER_KEY = b"Duca", b"McDn"
"""What stands before the settings in the conference's user data (2.2.1.3, T.124)."""

CLIENT_CORE, CLIENT_NETWORK, SERVER_SECURITY = 0xC001, 0xC003, 0x0C02
MAX_BLOCKS = 32
"""Blocks of settings; about ten kinds exist."""
MAX_CHANNELS = 31
"""Virtual channels of one connection (2.2.1.3.4)."""

VERSIONS = {0x80001: "4.0", 0x80004: "5.0 to 8.1", 0x80005: "10.0"}
VERSIONS |= {0x80006 + minor: f"10.{minor + 1}" for minor in range(11)}
METHODS = {0: "none", 1: "40 bits", 2: "128 bits", 8: "56 bits", 16: "FIPS 140-1"}
LEVELS = {0: "none", 1: "low", 2: "client compatible", 3: "high", 4: "FIPS"}

KEYBOARDS = {
    0x0402: "Bulgarian",
    0x0404: "Chinese (Taiwan)",
    0x0405: "Czech",
    0x0406: "Danish",
    0x0407: "German",
    0x0408: "Greek",
    0x0409: "English (United States)",
    0x040A: "Spanish",
    0x040B: "Finnish",
    0x040C: "French",
    0x040D: "Hebrew",
    0x040E: "Hungarian",
    0x0410: "Italian",
    0x0411: "Japanese",
    0x0412: "Korean",
    0x0413: "Dutch",
    0x0414: "Norwegian",
    0x0415: "Polish",
    0x0416: "Portuguese (Brazil)",
    0x0418: "Romanian",
    0x0419: "Russian",
    0x041A: "Croatian",
    0x041B: "Slovak",
    0x041D: "Swedish",
    0x041E: "Thai",
    0x041F: "Turkish",
    0x0422: "Ukrainian",
    0x0423: "Belarusian",
    0x0429: "Persian",
    0x042A: "Vietnamese",
    0x0439: "Hindi",
    0x0804: "Chinese (China)",
    0x0807: "German (Switzerland)",
    0x0809: "English (United Kingdom)",
    0x080A: "Spanish (Latin America)",
    0x080C: "French (Belgium)",
    0x0816: "Portuguese",
    0x0C0C: "French (Canada)",
    0x100C: "French (Switzerland)",
}
"""Windows language identifiers of the usual layouts ([MS-LCID])."""


class Rdp(Protocol):
    """RDP: one row per connection."""

    name = "rdp"
    title = "Remote Desktop Protocol"
    spec = "[MS-RDPBCGR]"
    carriers = (Carrier.TCP,)
    ports = (3389,)
    signatures = (
        Signature("0300??????e00000000000436f6f6b69653a206d737473", side=Side.ORIGINATOR),
        Signature("030000130ee0000000000001??0800??000000", side=Side.ORIGINATOR),
        Signature("030000130ed00000????0002??0800??000000", side=Side.RESPONDER),
    )
    tables = (TABLE,)
    family = "remote"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.row: dict[str, Any] = {}

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A connection request without parameters is that of other protocols too."""
        if len(payload) < CONFIRM_HEAD_BYTES or payload[:2] != b"\x03\x00":
            return Match.NO
        return Match.UNSURE if payload[5] in (REQUEST, CONFIRM, DATA) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one TPKT (RFC 1006): the request, the answer to it, then the conference's settings."""
        cursor.need(4)
        payload, at = cursor.payload, cursor.at
        size = int.from_bytes(payload[at + 2 : at + 4], "big")
        if payload[at] != TPKT_VERSION or size < MIN_TPKT_BYTES:
            raise cursor.fail("no TPKT")
        message = cursor.take(size)
        kind = message[5]
        if kind == REQUEST:
            yield from self._read_request(message)
        elif kind == CONFIRM:
            yield from self._read_confirm(cursor, message)
        elif kind == DATA:
            yield from self._read_settings(cursor, message)
        elif kind == DISCONNECT:
            cursor.done()
        else:
            raise cursor.fail(f"TPDU of kind 0x{kind:02x}")

    def _read_request(self, message: bytes) -> Iterator[Row]:
        """Read whom the client wants to be, and what it can (2.2.1.1)."""
        cookie = COOKIE.search(message)
        rest = CONFIRM_HEAD_BYTES
        if cookie:
            rest = cookie.end()
            name = ber.read_text(cookie[2]).strip()
            self.row["user" if cookie[1] == b"mstshash" else "rdp_routing_token"] = name
        kind, number = _negotiation(message, rest)
        if kind == NEGOTIATION_REQUEST:
            self.row["rdp_requested"] = [name for bit, name in PROTOCOLS.items() if number & bit] or [PROTOCOLS[0]]
        if self.row.get("user"):
            yield self._identity("user", {"user": self.row["user"]}, "mstshash cookie")

    def _identity(self, kind: str, names: dict[str, str], evidence: str) -> Row:
        found = {"protocol": "rdp", "identity_kind": kind, "identity_evidence": evidence, **names}
        return IDENTITIES, found | {"identity_addr": self.flow.five_tuple.orig_addr or None}

    def _read_confirm(self, cursor: Cursor, message: bytes) -> Iterator[Row]:
        """Read what the server chose (2.2.1.2); without a word of it, it is the protocol's own security."""
        kind, number = _negotiation(message, CONFIRM_HEAD_BYTES)
        if kind == NEGOTIATION_FAILURE:
            self.row["rdp_failure"] = FAILURES.get(number, f"failure {number}")
            cursor.done()
            yield from self.close()
            return
        chosen = number if kind == NEGOTIATION_ANSWER else 0
        self.row["rdp_security"] = PROTOCOLS.get(chosen, f"0x{chosen:08x}")
        if chosen:
            cursor.hand_over("tls")
            yield from self.close()

    def _read_settings(self, cursor: Cursor, message: bytes) -> Iterator[Row]:
        """Read the conference's settings (2.2.1.3, 2.2.1.4); what follows is encrypted or of no interest."""
        cursor.done()
        start = 7 if message[4] == 2 else 5 + message[4]
        tag, at, stop = ber.read_header(message, start, len(message))
        stop = min(stop, len(message))
        if tag == CONNECT_INITIAL:
            for kind, block in _blocks(message, CLIENT_KEY, at, stop):
                if kind == CLIENT_CORE:
                    self.row |= _read_core(block)
                elif kind == CLIENT_NETWORK:
                    self.row["rdp_channels"] = _read_channels(block)
            if self.row.get("workstation"):
                yield self._identity("machine", {"workstation": self.row["workstation"]}, "MCS Connect Initial")
        elif tag == CONNECT_RESPONSE:
            for kind, block in _blocks(message, SERVER_KEY, at, stop):
                if kind == SERVER_SECURITY:
                    method, level = _le32(block, 0), _le32(block, 4)
                    self.row["rdp_encryption"] = METHODS.get(method, f"method {method}")
                    self.row["rdp_encryption_level"] = LEVELS.get(level, f"level {level}")
            yield from self.close()

    def close(self) -> Iterator[Row]:
        """Yield the connection's row, once."""
        row, self.row = self.row, {}
        if row:
            yield TABLE, {name: value for name, value in row.items() if value not in ("", [], None)}


def _negotiation(message: bytes, at: int) -> tuple[int, int]:
    """Return kind and number of the negotiation at `at`, 0 and 0 where there is none."""
    if at + NEGOTIATION_BYTES > len(message) or message[at + 2 : at + 4] != b"\x08\x00":
        return 0, 0
    return message[at], _le32(message, at + 4)


def _blocks(message: bytes, key: bytes, at: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the blocks of settings behind `key`."""
    at = message.find(key, at, stop)
    if at < 0:
        return
    at += len(key)
    at += 2 if at < stop and message[at] & 0x80 else 1
    for _ in range(MAX_BLOCKS):
        size = int.from_bytes(message[at + 2 : at + 4], "little")
        if size < 4 or at + size > stop:
            return
        yield int.from_bytes(message[at : at + 2], "little"), message[at + 4 : at + size]
        at += size


def _read_core(block: bytes) -> dict[str, Any]:
    """Read the client's version, desktop, keyboard, build and names (2.2.1.3.2)."""
    version, layout = _le32(block, 0), _le32(block, 12)
    return {
        "rdp_client_version": VERSIONS.get(version, f"0x{version:08x}"),
        "rdp_width": int.from_bytes(block[4:6], "little"),
        "rdp_height": int.from_bytes(block[6:8], "little"),
        "rdp_keyboard": KEYBOARDS.get(layout, f"0x{layout:08x}"),
        "rdp_client_build": _le32(block, 16),
        "workstation": _wide_text(block[20:52]),
        "rdp_product_id": _wide_text(block[142:206]),
    }


def _read_channels(block: bytes) -> list[str]:
    """Read the names of the virtual channels (2.2.1.3.4)."""
    count = min(_le32(block, 0), MAX_CHANNELS, (len(block) - 4) // 12)
    names = (block[4 + 12 * number : 12 + 12 * number] for number in range(count))
    return [name.split(b"\0")[0].decode("ascii", "backslashreplace") for name in names]


def _wide_text(text: bytes) -> str:
    return text[:TEXT_BYTES].decode("utf-16-le", "backslashreplace").split("\0")[0]


def _le32(block: bytes, at: int) -> int:
    return int.from_bytes(block[at : at + 4], "little")
