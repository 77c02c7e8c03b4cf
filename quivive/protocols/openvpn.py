"""OpenVPN (OpenVPN protocol, project documentation): a row per reset that opens a tunnel."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

RESETS = {
    1: "client reset 1", 2: "server reset 1", 7: "client reset", 8: "server reset", 10: "client reset 3",
}  # fmt: skip
OPCODES = range(1, 12)
HMAC_BYTES = (0, 16, 20, 32, 64)
"""Sizes of the authentication before the packet's number: none, MD5, SHA-1, SHA-256, SHA-512."""

SESSION_BYTES = 9
"""Opcode and session."""

LEAST = SESSION_BYTES + 5
OPENVPN = Table("openvpn", "OpenVPN tunnels that are opened: one row per reset.", (
    *STAMP,
    IS_ORIG,
    Field("openvpn_message", "text", "What the packet is: client reset, server reset, by version of the key method."),
    Field("openvpn_session", "text", "Number of the session that the sender chose, in hexadecimal."),
))  # fmt: skip


class Openvpn(Protocol):
    """OpenVPN over UDP, and over TCP with a length before each packet."""

    name = "openvpn"
    title = "OpenVPN"
    spec = "OpenVPN protocol (OpenVPN project documentation)"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (1194, 1195)
    signatures = (
        *(Signature(f"{opcode}", minimum=LEAST) for opcode in ("38", "40", "50")),
        *(Signature(f"00??{opcode}", minimum=LEAST + 2) for opcode in ("38", "40", "50")),
        *(Signature(f"01??{opcode}", minimum=LEAST + 2) for opcode in ("38", "40", "50")),
    )
    tables = (OPENVPN,)
    family = "vpn"
    is_encrypted = True
    head_bytes = 2048

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A reset whose packet number is one and which acknowledges nothing, at one of the places it may stand."""
        if len(payload) > 2 and int.from_bytes(payload[:2], "big") == len(payload) - 2:
            payload = payload[2:]
        if len(payload) < LEAST or payload[0] >> 3 not in RESETS or payload[0] & 7:
            return Match.NO
        is_plain = len(payload) == LEAST and not any(payload[SESSION_BYTES:])
        if is_plain and any(payload[1:SESSION_BYTES]):
            return Match.YES
        ends_empty = not any(payload[-5:])
        for size in HMAC_BYTES:
            at = SESSION_BYTES + size
            if payload[at : at + 4] != b"\0\0\0\1":
                continue
            is_whole = len(payload) == at + 8 + 5 and ends_empty
            return Match.YES if is_whole or size == 0 or payload[0] >> 3 == 8 else Match.UNSURE
        return Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one packet."""
        if cursor.whole and int.from_bytes(cursor.peek(2), "big") != cursor.left - 2:
            packet = cursor.rest()
        else:
            packet = cursor.take(cursor.u16())
        if not packet or packet[0] >> 3 not in OPCODES:
            raise cursor.fail("opcode is unknown")
        opcode = packet[0] >> 3
        if opcode in RESETS and len(packet) >= SESSION_BYTES:
            yield (
                OPENVPN,
                {
                    "is_orig": side == Side.ORIGINATOR,
                    "openvpn_message": RESETS[opcode],
                    "openvpn_session": packet[1:SESSION_BYTES].hex(),
                },
            )
        elif opcode in (6, 9):  # data: the tunnel is open
            cursor.done()
