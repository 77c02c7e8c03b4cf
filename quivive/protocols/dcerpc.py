"""DCE/RPC ([C706], [MS-RPCE]): calls to Windows services on port 135 and the ports it hands out."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages import spnego
from quivive.messages.dcerpc_pdu import (
    CALL_HEAD_BYTES,
    DATAGRAM_HEADER_BYTES,
    DCERPC,
    FAULT,
    HEADER_BYTES,
    LAST_DATAGRAM_KIND,
    LAST_KIND,
    REQUEST,
    RESPONSE,
    Association,
)
from quivive.model.errors import NeedMoreData
from quivive.model.five_tuple import Carrier, Side

LITTLE_ENDIAN = b"\x10\x00\x00\x00"
BIG_ENDIAN = b"\x00\x00\x00\x00"


class DceRpc(Protocol):
    """DCE/RPC: one row per call and its answer."""

    name = "dcerpc"
    title = "Distributed Computing Environment Remote Procedure Call"
    spec = "[C706]"
    carriers = (Carrier.TCP, Carrier.UDP)
    ports = (135, 593)
    signatures = (
        Signature("050?0b??10000000", minimum=HEADER_BYTES),
        Signature("050?0c??10000000", minimum=HEADER_BYTES),
        Signature("050?00??10000000", minimum=HEADER_BYTES),
        Signature("050?02??10000000", minimum=HEADER_BYTES),
        Signature("05000b0?00000000", minimum=HEADER_BYTES),
        Signature("040???0?100000", minimum=DATAGRAM_HEADER_BYTES),
    )
    tables = (DCERPC, *spnego.TABLES)
    family = "remote"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.association = Association("dcerpc", self.flow.five_tuple.orig_addr or None)
        self.is_lost = [False, False]
        """Whether the next message of a side has to be looked for, behind a gap."""

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A version and kind that exist, a data representation that somebody uses, and a size that can be."""
        if len(payload) >= DATAGRAM_HEADER_BYTES and payload[0] == 4 and payload[1] <= LAST_DATAGRAM_KIND:
            size = int.from_bytes(payload[74:76], "little" if payload[4] & 0x10 else "big")
            return Match.YES if size <= len(payload) - DATAGRAM_HEADER_BYTES else Match.NO
        if len(payload) < HEADER_BYTES or payload[0] != 5 or payload[1] > 1 or payload[2] > LAST_KIND:
            return Match.NO
        order = {LITTLE_ENDIAN: 8, BIG_ENDIAN: 9}.get(payload[4:8])
        if order is None or (payload[order] < HEADER_BYTES and not payload[17 - order]):
            return Match.NO
        return Match.YES

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; of arguments and results only the size."""
        if cursor.whole and cursor.peek(1) == b"\4":
            self._read_datagram(cursor)
            return iter(self.association.hand_out())
        if self.is_lost[side] and not self._find_message(cursor):
            return iter(())
        cursor.need(HEADER_BYTES)
        payload, at = cursor.payload, cursor.at
        if payload[at] != 5 or payload[at + 2] > LAST_KIND:
            raise cursor.fail("no RPC message of version 5")
        size = self.association.size_of(payload, at)
        is_call = payload[at + 2] in (REQUEST, RESPONSE, FAULT)
        wanted = min(size, CALL_HEAD_BYTES) if is_call else size
        cursor.need(wanted)
        cursor.at = at + wanted
        cursor.skip(min(size - wanted, cursor.left) if cursor.whole else size - wanted)
        self.is_lost[side] = False
        self.association.read(payload, at, at + wanted)
        return iter(self.association.hand_out())

    def _read_datagram(self, cursor: Cursor) -> None:
        cursor.need(DATAGRAM_HEADER_BYTES)
        datagram = cursor.rest()
        if datagram[1] > LAST_DATAGRAM_KIND:
            raise cursor.fail("no RPC datagram")
        self.association.read_datagram(datagram)

    def _find_message(self, cursor: Cursor) -> bool:
        """Step over what is left of a message whose beginning was lost; returns whether a message is here."""
        payload, at, stop = cursor.payload, cursor.at, cursor.stop
        found = payload.find(b"\x05\x00", at, stop)
        while 0 <= found <= stop - 8:
            if payload[found + 4 : found + 8] == LITTLE_ENDIAN and payload[found + 2] <= LAST_KIND:
                cursor.at = found
                return found == at
            found = payload.find(b"\x05\x00", found + 1, stop)
        if not cursor.whole and stop - at < 8:
            raise NeedMoreData
        cursor.at = stop if cursor.whole else stop - 7
        return False

    def missed(self, side: Side, n_bytes: int) -> None:
        """Look for the next message: a gap seldom ends where one begins."""
        self.is_lost[side] = True

    def close(self) -> Iterator[Row]:
        """Yield the calls that got no answer."""
        self.association.end()
        return iter(self.association.hand_out())
