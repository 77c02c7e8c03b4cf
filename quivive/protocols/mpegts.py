"""MPEG transport stream over datagrams (ISO/IEC 13818-1): a row per flow on the programmes it carries."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.model.errors import Malformed
from quivive.model.fields import STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

PACKET_BYTES = 188
SYNC = 0x47
MOST = 348
"""Packets in the longest datagram."""

MAX_PIDS = 256
"""Streams told of one flow; a whole satellite channel has some dozens."""

NULL_PID = 0x1FFF

MPEGTS = Table("mpegts", "Television and cameras sent as transport streams: one row per flow.", (
    *STAMP,
    Field("mpegts_pids", "ints", "Numbers of the streams in it, as far as the first datagrams show."),
    Field("is_scrambled", "bool", "Whether any of it is scrambled."),
))  # fmt: skip


class Mpegts(Protocol):
    """Transport streams straight in UDP; within RTP they are RTP's."""

    name = "mpegts"
    title = "MPEG transport stream"
    spec = "ISO/IEC 13818-1"
    carriers = (Carrier.UDP,)
    ports = (1234,)
    signatures = (Signature("47", minimum=PACKET_BYTES),)
    tables = (MPEGTS,)
    family = "streaming"
    head_bytes = 64

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.pids: set[int] = set()
        self.is_scrambled = False
        self.has_any = False

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Packets of 188 bytes that each begin in step; one alone is believed on its port only."""
        n_packets, rest = divmod(len(payload), PACKET_BYTES)
        if rest or not 0 < n_packets <= MOST or set(payload[::PACKET_BYTES]) != {SYNC}:
            return Match.NO
        return Match.YES if n_packets > 2 else Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the packets of one datagram."""
        payload = cursor.rest()
        if payload[0] != SYNC:
            raise Malformed("packet is out of step", 0)
        for at in range(0, len(payload) - 3, PACKET_BYTES):
            if payload[at] != SYNC:
                raise Malformed("packet is out of step", at)
            self.has_any = True
            self.is_scrambled |= bool(payload[at + 3] & 0xC0)
            pid = int.from_bytes(payload[at + 1 : at + 3], "big") & NULL_PID
            if pid != NULL_PID and len(self.pids) < MAX_PIDS:
                self.pids.add(pid)
        return iter(())

    def close(self) -> Iterator[Row]:
        """Tell what was in it."""
        if self.has_any:
            yield MPEGTS, {"mpegts_pids": sorted(self.pids), "is_scrambled": self.is_scrambled}
