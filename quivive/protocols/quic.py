"""QUIC (RFC 9000, RFC 9369, drafts from 22 on, and Google's own): what its Initial packets say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature, Streams
from quivive.messages.quic import google as google_quic
from quivive.messages.quic import lane as quic_lane
from quivive.messages.quic import packet
from quivive.messages.quic.crypto import Q050, initial_keys, open_initial, salt_of
from quivive.messages.quic.packet import LongHeader
from quivive.messages.tls import fields as tls_fields
from quivive.messages.tls.handshake import Handshake, client_columns
from quivive.model.columns import Columns
from quivive.model.errors import Malformed
from quivive.model.fields import SERVER_NAME, STAMP, USER_AGENT
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

INITIALS = 16
"""Initial packets opened per flow; a ClientHello with a post-quantum key takes two or three."""

DATAGRAMS = 64
"""Datagrams of a side looked at; whoever has not said hello by then began before the capture."""

CRYPTO_BYTES = 1 << 16
"""Handshake bytes kept per side; the longest hellos seen have 4 kB."""

CRYPTO_PIECES = 512
"""Pieces of a hello kept per side; browsers that shuffle cut theirs into some forty."""

SHORTEST = 21
"""A datagram that is shorter cannot be told from noise (RFC 9000, 10.3)."""

CLIENT_BYTES = 1200
"""A client's first datagram is at least as long (RFC 9000, 14.1)."""

IETF_FRAMED = ("Q050", "T050", "T051")
"""Google's versions whose packets are protected and framed as the IETF's."""

GOOGLE_USER_AGENT = 0x3129
"""Transport parameter in which Chrome names itself."""

QUIC = Table("quic", "QUIC connections, one row each, from what their Initial packets say.", (
    *STAMP,
    Field("quic_version", "text", "QUIC version of the client's last Initial packet: 1, 2, draft-29, Q046."),
    Field("client_dcid", "text", "Connection ID the client first called the server by, hex."),
    Field("client_scid", "text", "Connection ID the client chose for itself, hex."),
    Field("server_scid", "text", "Connection ID the server chose for itself, hex."),
    SERVER_NAME,
    tls_fields.ALPN_OFFERED,
    tls_fields.JA3,
    tls_fields.JA4,
    USER_AGENT,
    tls_fields.CLIENT_VERSION,
    Field("tls_version", "text", "TLS version the server chose inside QUIC."),
    tls_fields.CIPHER,
    tls_fields.CURVE,
    tls_fields.IS_RESUMED,
    tls_fields.HAS_ECH,
    Field("is_decrypted", "bool", "Whether an Initial packet of the client could be opened."),
    Field("has_retry", "bool", "Whether the server asked the client to prove its address first."),
    Field("server_versions", "texts", "QUIC versions the server offered in place of the client's."),
))  # fmt: skip


class Quic(Protocol):
    """QUIC: one row per flow, once both hellos were read."""

    name = "quic"
    title = "QUIC"
    spec = "RFC 9000"
    carriers = (Carrier.UDP,)
    ports = (443, 80, 784, 853, 8853)
    signatures = tuple(
        Signature(f"{first}?{version}", minimum=SHORTEST)
        for version in ("00000001", "6B3343CF", "709A50C4", "FF0000??", "FACEB0??", "51303?3?", "54303?3?")
        for first in "CDEF"
    ) + tuple(Signature(f"{first}????????????????51303?3?", minimum=SHORTEST) for first in ("09", "0D"))
    tables = (QUIC,)
    family = "web"
    is_encrypted = True
    has_lane = True
    head_bytes = DATAGRAMS

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.handshake = Handshake("q")
        self._values: dict[str, Any] = {}
        self._key_id: bytes | None = None
        self._client_side: int | None = None
        self._pieces: tuple[dict[int, bytes], ...] = ({}, {})
        self._is_google = False
        self._n_initials = 0
        self._n_datagrams = [0, 0]
        self._is_written = False
        self._began_ns = 0

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Judge the invariants that all versions share (RFC 8999), and a client's padding."""
        if len(payload) < SHORTEST:
            return Match.NO
        if not payload[0] & packet.LONG:
            return Match.UNSURE if payload[0] & packet.FIXED else Match.NO
        try:
            header = packet.read_long_header(payload, 0)
            offered = packet.read_versions(payload, header) if header.kind == packet.NEGOTIATION else []
        except Malformed:
            return Match.NO
        if max(len(header.dcid), len(header.scid)) > packet.LONGEST_ID:
            return Match.NO
        if header.kind == packet.NEGOTIATION:
            return Match.YES if any(salt_of(version) for version in offered) else Match.NO
        is_grease = header.version & 0x0F0F0F0F == 0x0A0A0A0A
        if header.kind != packet.UNKNOWN or (is_grease and len(payload) >= CLIENT_BYTES):
            return Match.YES if payload[0] & packet.FIXED else Match.UNSURE
        return Match.UNSURE if len(payload) >= CLIENT_BYTES else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read the packets of one datagram."""
        began = cursor.at
        data = cursor.rest()
        self._began_ns = self._began_ns or cursor.ts_ns
        self._n_datagrams[side] += 1
        if not self._is_over(side):
            try:
                self._read_datagram(data, side)
            except Malformed as error:
                raise Malformed(error.reason, began + error.offset) from None
        if self._is_over(side):
            cursor.done()
            if self._is_over(side.other):
                yield from self.close()

    def close(self) -> Iterator[Row]:
        """Yield the row, also of a connection whose hellos were not both seen."""
        if self._is_written or not self._values:
            return
        self._is_written = True
        row = {"is_decrypted": False, "has_retry": False, "ts_ns": self._began_ns}
        client, server = self.handshake.client, self.handshake.server
        if client is not None:
            agent = packet.read_parameter(client.transport_parameters, GOOGLE_USER_AGENT)
            row |= client_columns(client, "q") | {"user_agent": agent and agent.decode("utf-8", "backslashreplace")}
        if server is not None:
            heard = self.handshake.server_columns(server)
            row |= {"tls_version": heard["version"]} | {name: heard[name] for name in ("cipher", "curve", "is_resumed")}
        yield QUIC, row | self._values

    @classmethod
    def parse_streams(cls, streams: Streams) -> tuple[NDArray[np.uint8], list[tuple[Table, Columns]]]:
        """Read the conversations that begin with a hello, each distinct pair of hellos once."""
        return quic_lane.read_streams(cls, streams)

    def told(self, values: dict[str, Any]) -> Iterator[Row]:
        """Yield the row of what the handshake and these values, read elsewhere, say."""
        self._values.update(values)
        return self.close()

    def _is_over(self, side: Side) -> bool:
        """Return whether nothing more is to be learned from a side; a client may have to begin again until answered."""
        shake = self.handshake
        has_spoken = shake.client is not None and side == self._client_side and shake.is_heard[side.other]
        is_enough = self._n_initials >= INITIALS or self._n_datagrams[side] >= DATAGRAMS
        return has_spoken or shake.is_secret[side] or self._is_google or is_enough

    def _read_datagram(self, data: bytes, side: Side) -> None:
        opening = google_quic.read_opening(data)
        if opening:
            self._values.setdefault("quic_version", opening.version)
            self._values.setdefault("client_dcid", opening.connection_id.hex())
            self._read_tags(opening.tags)
            if opening.version not in IETF_FRAMED:
                return
        at = 0
        while not self._is_google and at < len(data) and data[at] & packet.LONG and self._n_initials < INITIALS:
            header = packet.read_long_header(data, at)
            self._note(header, data, side)
            if header.kind == packet.INITIAL:
                self._n_initials += 1
                plain = self._open(header, data[at : header.end], header.number_at - at, side)
                if plain and header.version == Q050:
                    self._read_tags(google_quic.read_tags(plain))
                elif plain:
                    self._hear(plain, side)
            at = header.end

    def _read_tags(self, tags: dict[bytes, bytes]) -> None:
        """Take what a hello of Google's own handshake says."""
        self._is_google |= bool(tags)
        for tag, name in ((b"SNI\0", "server_name"), (b"UAID", "user_agent")):
            if tag in tags:
                self._values.setdefault(name, tags[tag].decode("utf-8", "backslashreplace"))

    def _note(self, header: LongHeader, data: bytes, side: Side) -> None:
        """Write down what a header says; who speaks first is the client until a key tells."""
        values = self._values
        if header.kind == packet.NEGOTIATION:
            values["server_versions"] = [packet.version_name(version) for version in packet.read_versions(data, header)]
            self.handshake = Handshake("q")
        elif header.kind == packet.RETRY:
            values["has_retry"] = True
        elif self._client_side in (None, side):
            self._client_side = side
            values["quic_version"] = packet.version_name(header.version)
            values.setdefault("client_dcid", header.dcid.hex())
            values.setdefault("client_scid", header.scid.hex())
        else:
            self.handshake.is_heard[side] = True
            values["server_scid"] = header.scid.hex()

    def _open(self, header: LongHeader, protected: bytes, number_at: int, side: Side) -> bytes | None:
        """Return what the packet holds: by the key in use, else as a client's first one, by its own destination."""
        is_client = side == self._client_side
        is_first = is_client or self._key_id is None
        for connection_id, as_client in ((self._key_id, is_client), (header.dcid if is_first else None, True)):
            keys = None if connection_id is None else initial_keys(header.version, connection_id, is_client=as_client)
            plain = open_initial(protected, number_at, keys) if keys else None
            if plain is not None:
                if as_client and connection_id != self._key_id:
                    self._take_key(header, side)
                self._values["is_decrypted"] = True
                return plain
        return None

    def _take_key(self, header: LongHeader, side: Side) -> None:
        """Begin with a connection's first packet, or with the first behind a Retry, whose handshake begins anew."""
        if side != self._client_side:
            self._values.update(client_dcid=header.dcid.hex(), client_scid=header.scid.hex())
        self._key_id, self._client_side = header.dcid, side
        self._pieces[side].clear()

    def _hear(self, plain: bytes, side: Side) -> None:
        """Put the handshake bytes in order, and hear the message they begin with once it is whole."""
        pieces = self._pieces[side]
        for piece in packet.read_crypto(plain):
            if piece.offset + len(piece.data) > CRYPTO_BYTES or len(pieces) >= CRYPTO_PIECES:
                raise Malformed("hello is too long to be believed", 0)
            held = pieces.get(piece.offset)
            if held is None or len(held) < len(piece.data):
                pieces[piece.offset] = piece.data
        said = _in_order(pieces)
        end = 4 + int.from_bytes(said[1:4], "big")
        if 4 <= end <= len(said):
            self.handshake.hear(said[0], said[4:end], side)


def _in_order(pieces: dict[int, bytes]) -> bytes:
    """Return the bytes from offset 0 to the first that is missing."""
    if len(pieces) == 1:
        return pieces.get(0, b"")
    said = bytearray()
    for offset in sorted(pieces):
        if offset > len(said):
            break
        said += pieces[offset][len(said) - offset :]
    return bytes(said)
