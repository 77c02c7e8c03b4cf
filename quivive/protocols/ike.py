"""Internet Key Exchange, version 1 (RFC 2409, ISAKMP RFC 2408) and 2 (RFC 7296): a row per message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.wire_text import glimpse, plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import IDENTITIES

HEAD_BYTES = 28
MARK = bytes(4)
"""Before a message on port 4500, where an ESP packet has its number (RFC 3948, 2.2)."""

EXCHANGES = {
    1: {1: "base", 2: "identity protection", 4: "aggressive", 5: "informational", 6: "transaction", 32: "quick",
        33: "new group"},
    2: {34: "initiate", 35: "authenticate", 36: "create child", 37: "informational", 38: "resume", 43: "intermediate"},
}  # fmt: skip
ENCRYPTED_V1, RESPONSE_V2 = 0x01, 0x20
VENDOR_ID = {1: 13, 2: 43}
IDENTITY_V1 = 5
IDENTITY_NAMES = (2, 3)
MAX_PAYLOADS = 32
"""Payloads of one message: real ones have under twenty, most of them vendor IDs."""

IKE = Table("ike", "Keys agreed on for IPsec tunnels: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("ike_version", "int16", "Version of the protocol: 1 or 2."),
    Field("ike_exchange", "text", "What the message is part of: initiate, authenticate, identity protection ..."),
    Field("ike_is_response", "bool", "Whether it says that it answers (version 2)."),
    Field("ike_initiator", "text", "Number of the tunnel that the initiator chose, in hexadecimal."),
    Field("ike_responder", "text", "Number of the tunnel that the responder chose, in hexadecimal."),
    Field("ike_message_id", "int64", "Number of the message within the exchange."),
    Field("ike_vendors", "texts", "What the sender can do, as makers mark it, in hexadecimal or letters."),
))  # fmt: skip


class Ike(Protocol):
    """IKE on UDP ports 500 and 4500; what shares the latter with it (ESP) is left out."""

    name = "ike"
    title = "Internet Key Exchange"
    spec = "RFC 7296, RFC 2409"
    carriers = (Carrier.UDP,)
    ports = (500, 4500)
    signatures = (
        Signature("0000000000000000 ??10 ??00", offset=8, minimum=HEAD_BYTES),
        Signature("0000000000000000 ??20 22", offset=8, minimum=HEAD_BYTES),
        *(Signature(f"{version}", offset=17, minimum=HEAD_BYTES) for version in ("10", "20")),
        *(Signature(f"{version}", offset=21, minimum=HEAD_BYTES + 4) for version in ("10", "20")),
    )
    tables = (IKE,)
    family = "vpn"
    is_encrypted = True
    head_bytes = 64

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A known version and exchange, and just the length it says."""
        message = payload.removeprefix(MARK)
        if len(message) < HEAD_BYTES or not any(message[:8]):
            return Match.NO
        is_known = message[18] in EXCHANGES.get(message[17] >> 4, {}) and message[17] & 0x0F == 0
        return Match.YES if is_known and int.from_bytes(message[24:28], "big") == len(message) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        datagram = cursor.rest()
        if self.flow.five_tuple.resp_port == 4500 and not datagram.startswith(MARK):
            return
        message = datagram.removeprefix(MARK)
        if len(message) < HEAD_BYTES:
            if len(datagram) > 4:
                raise Malformed("message is shorter than its head", len(message))
            return
        version = message[17] >> 4
        if version not in EXCHANGES:
            raise Malformed("version is unknown", 17)
        payloads = _payloads(message, version)
        row = _fields(message, version) | {"is_orig": side == Side.ORIGINATOR}
        vendors = [_vendor(value) for kind, value in payloads if kind == VENDOR_ID[version]]
        yield IKE, row | {"ike_vendors": vendors}
        for kind, value in payloads:
            if version == 1 and kind == IDENTITY_V1 and len(value) > 4 and value[0] in IDENTITY_NAMES:
                yield (
                    IDENTITIES,
                    {
                        "protocol": self.name,
                        "user": plain(value[4:]),
                        "identity_addr": self.flow.five_tuple[0 if side == Side.ORIGINATOR else 2] or None,
                        "identity_kind": "machine",
                        "identity_evidence": "identification",
                    },
                )


def _fields(message: bytes, version: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ike_version": version,
        "ike_exchange": EXCHANGES[version].get(message[18], f"exchange {message[18]}"),
        "ike_initiator": message[:8].hex(),
        "ike_responder": message[8:16].hex() if any(message[8:16]) else None,
        "ike_message_id": int.from_bytes(message[20:24], "big"),
    }
    return row | ({"ike_is_response": bool(message[19] & RESPONSE_V2)} if version == 2 else {})


def _payloads(message: bytes, version: int) -> list[tuple[int, bytes]]:
    """Return kind and content of the payloads that are not encrypted."""
    found: list[tuple[int, bytes]] = []
    if version == 1 and message[19] & ENCRYPTED_V1:
        return found
    kind, at = message[16], HEAD_BYTES
    while kind and at + 4 <= len(message) and len(found) < MAX_PAYLOADS:
        size = int.from_bytes(message[at + 2 : at + 4], "big")
        if size < 4 or at + size > len(message):
            break
        found.append((kind, message[at + 4 : at + size]))
        kind, at = message[at], at + size
    return found


def _vendor(value: bytes) -> str:
    return plain(value) if value.isascii() and value.decode("ascii").isprintable() else glimpse(value)
