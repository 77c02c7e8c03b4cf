"""WireGuard (wireguard.com/protocol): a row per message of a handshake and one for the first data of each side."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

INITIATION, RESPONSE, COOKIE, DATA = 1, 2, 3, 4
NAMES = {INITIATION: "initiation", RESPONSE: "response", COOKIE: "cookie", DATA: "data"}
SIZES = {INITIATION: 148, RESPONSE: 92, COOKIE: 64}
DATA_HEAD = 32
"""Type, receiver, counter, and the tag of an empty packet: a keep-alive."""

WIREGUARD = Table("wireguard", "WireGuard tunnels: handshakes, and the first data of each side.", (
    *STAMP,
    IS_ORIG,
    Field("wireguard_message", "text", "What the message is: initiation, response, cookie, data."),
    Field("wireguard_sender", "int64", "Number by which the sender wants to be addressed."),
    Field("wireguard_receiver", "int64", "Number by which the receiver is addressed."),
))  # fmt: skip


class Wireguard(Protocol):
    """WireGuard; some services fill the three reserved bytes, so the lengths of a handshake decide."""

    name = "wireguard"
    title = "WireGuard"
    spec = "WireGuard: Next Generation Kernel Network Tunnel (wireguard.com/protocol)"
    carriers = (Carrier.UDP,)
    ports = (51820, 2408)
    signatures = tuple(Signature(f"0{kind}000?", minimum=size) for kind, size in ((1, 148), (2, 92), (3, 64), (4, 32)))
    tables = (WIREGUARD,)
    family = "vpn"
    is_encrypted = True
    head_bytes = 64

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.has_data: set[Side] = set()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A handshake of its exact length, or data padded to sixteen bytes with a small counter."""
        kind = payload[0] if payload else 0
        if kind in SIZES:
            is_exact = len(payload) == SIZES[kind]
            return Match.NO if not is_exact else Match.UNSURE if any(payload[1:4]) else Match.YES
        if kind != DATA or len(payload) < DATA_HEAD or len(payload) % 16:
            return Match.NO
        is_young = not any(payload[1:4]) and not any(payload[11:16]) and any(payload[4:8])
        return Match.YES if is_young else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        kind = payload[0]
        if kind not in NAMES or len(payload) < SIZES.get(kind, DATA_HEAD):
            raise Malformed("message has no known type or length", 0)
        if kind == DATA:
            if side in self.has_data:
                return
            self.has_data.add(side)
        row = {"is_orig": side == Side.ORIGINATOR, "wireguard_message": NAMES[kind]}
        first, second = (int.from_bytes(payload[at : at + 4], "little") for at in (4, 8))
        if kind == RESPONSE:
            yield WIREGUARD, row | {"wireguard_sender": first, "wireguard_receiver": second}
        elif kind == INITIATION:
            yield WIREGUARD, row | {"wireguard_sender": first}
        else:
            yield WIREGUARD, row | {"wireguard_receiver": first}
