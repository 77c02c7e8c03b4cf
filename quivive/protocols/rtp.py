"""Real-time Transport Protocol (RFC 3550, RFC 3551): a row per source and payload type of a flow."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

HEAD_BYTES = 12
CODECS = {
    0: "PCMU", 3: "GSM", 4: "G723", 5: "DVI4", 6: "DVI4", 7: "LPC", 8: "PCMA", 9: "G722", 10: "L16", 11: "L16",
    12: "QCELP", 13: "CN", 14: "MPA", 15: "G728", 16: "DVI4", 17: "DVI4", 18: "G729", 25: "CelB", 26: "JPEG",
    28: "nv", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263",
}  # fmt: skip
FRAME_BYTES = {0: 80, 8: 80, 9: 80, 3: 33, 4: 24, 18: 10, 33: 188}
"""What a frame of speech or television has of bytes, by payload type: payloads are a few of them."""

MAX_FRAMES = 9
DYNAMIC = range(96, 128)
RTCP_TYPES = range(72, 77)
"""Payload types that RTCP's packet types look like (RFC 5761, 4)."""

MAX_SOURCES = 64
"""Sources told of one flow: a conference sends some dozens over one port."""

RTP = Table("rtp", "Voice, pictures and other media on their way: one row per source and payload type of a flow.", (
    *STAMP,
    IS_ORIG,
    Field("rtp_ssrc", "int64", "Number by which the source calls itself."),
    Field("rtp_payload_type", "int16", "Payload type; 96 and above are agreed on elsewhere, as in SDP."),
    Field("rtp_codec", "text", "Encoding of a static payload type (RFC 3551, 6)."),
    Field("rtp_sequence", "int32", "Sequence number of the first packet seen."),
))  # fmt: skip


class Rtp(Protocol):
    """RTP and SRTP, whose heads are alike; only the first packets of each side are looked at."""

    name = "rtp"
    title = "Real-time Transport Protocol"
    spec = "RFC 3550"
    carriers = (Carrier.UDP,)
    ports = (5004,)
    signatures = tuple(Signature(f"{first}?", minimum=HEAD_BYTES + 4) for first in "89")
    tables = (RTP,)
    family = "voice"
    head_bytes = 32

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.seen: set[tuple[Side, int, int]] = set()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Sure where a static type has just a few of its frames; a dynamic type is believed on its port only."""
        if len(payload) < HEAD_BYTES or payload[0] >> 6 != 2:
            return Match.NO
        kind, body = payload[1] & 0x7F, len(payload) - HEAD_BYTES - 4 * (payload[0] & 0x0F)
        if kind in FRAME_BYTES and payload[0] in (0x80, 0x90) and any(payload[8:12]):
            is_frames = body > 0 and body % FRAME_BYTES[kind] == 0 and body // FRAME_BYTES[kind] <= MAX_FRAMES
            if is_frames and payload[0] == 0x80 and (kind != 33 or payload[HEAD_BYTES] == 0x47):
                return Match.YES
        return Match.UNSURE if kind in CODECS or kind in DYNAMIC else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one packet; what shares the port (STUN, RTCP, DTLS) is left out."""
        packet = cursor.rest()
        if len(packet) < HEAD_BYTES or packet[0] >> 6 != 2 or packet[1] & 0x7F in RTCP_TYPES:
            return
        kind, ssrc = packet[1] & 0x7F, int.from_bytes(packet[8:12], "big")
        if (side, ssrc, kind) in self.seen or len(self.seen) >= MAX_SOURCES:
            return
        self.seen.add((side, ssrc, kind))
        yield (
            RTP,
            {
                "is_orig": side == Side.ORIGINATOR,
                "rtp_ssrc": ssrc,
                "rtp_payload_type": kind,
                "rtp_codec": CODECS.get(kind),
                "rtp_sequence": int.from_bytes(packet[2:4], "big"),
            },
        )
