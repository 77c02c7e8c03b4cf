"""Trivial File Transfer Protocol (RFC 1350, RFC 2347): a row per request and answer, and one per transfer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.wire_text import plain
from quivive.model.errors import Malformed
from quivive.model.fields import FILE_NAME, IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

READ, WRITE, DATA, ACK, ERROR, OPTIONS = range(1, 7)
OPERATIONS = {
    READ: "read request",
    WRITE: "write request",
    ERROR: "error",
    OPTIONS: "option acknowledgement",
}
TRANSFER = "transfer"

MODES = (b"netascii", b"octet", b"mail")
KNOWN_OPTIONS = (b"blksize", b"tsize", b"timeout", b"windowsize", b"multicast", b"rollover", b"utimeout", b"blksize2")
MAX_STRINGS = 64
"""Strings of one request: name, mode, and options of which some ten are known."""

MAX_ERROR = 8
BLOCK_BYTES = 512
"""Of a block where no other size was agreed on (RFC 1350, 2)."""

HEAD_BYTES = 4

TFTP = Table("tftp", "Files asked for and moved by the trivial protocol: rows for requests, answers and transfers.", (
    *STAMP,
    IS_ORIG,
    Field("tftp_operation", "text", "What the row tells of: a read or write request, options, an error, a transfer."),
    FILE_NAME,
    Field("tftp_mode", "text", "How the file is sent: octet, netascii, mail."),
    Field("tftp_options", "text", "Options asked for or agreed on, as name=value."),
    Field("tftp_error_code", "int32", "Number of the error."),
    Field("tftp_error_text", "text", "The error in words."),
    Field("tftp_blocks", "int64", "Blocks moved, each counted once."),
    Field("tftp_bytes", "int64", "Bytes of file moved, each block counted once.", "bytes"),
))  # fmt: skip


class Tftp(Protocol):
    """TFTP; the data come from another port than the request went to, so a transfer is mostly a flow of its own."""

    name = "tftp"
    title = "Trivial File Transfer Protocol"
    spec = "RFC 1350"
    carriers = (Carrier.UDP,)
    ports = (69,)
    # An operation and no more: what follows is for the probe.
    signatures = tuple(Signature(f"000{number}", minimum=HEAD_BYTES) for number in range(READ, OPTIONS + 1))
    tables = (TFTP,)
    family = "file"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.sender = Side.ORIGINATOR
        self.block = 0
        self.n_blocks = 0
        self.n_bytes = 0

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A request with a known mode, known options, or a first block and its acknowledgement."""
        if len(payload) < HEAD_BYTES or payload[0]:
            return Match.NO
        number, block = payload[1], payload[2] << 8 | payload[3]
        if number in (READ, WRITE):
            words = strings(payload, 2)
            is_request = len(words) >= 2 and words[0] != b"" and words[1].lower() in MODES
            return Match.YES if is_request else Match.NO
        if number == OPTIONS:
            words = strings(payload, 2)
            return Match.YES if words and words[0].lower() in KNOWN_OPTIONS else Match.NO
        if number == ACK:
            return Match.YES if len(payload) == HEAD_BYTES and block <= 1 else Match.NO
        if number == DATA:
            is_full = len(payload) == HEAD_BYTES + BLOCK_BYTES
            return Match.NO if block != 1 else Match.YES if is_full else Match.UNSURE
        is_error = number == ERROR and block <= MAX_ERROR and payload.endswith(b"\0") and payload[4:-1].isascii()
        return Match.UNSURE if is_error else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message; data and acknowledgements are counted, not told one by one."""
        payload = cursor.rest()
        if len(payload) < HEAD_BYTES:
            raise Malformed("message is cut short", len(payload))
        number = payload[0] << 8 | payload[1]
        if number == DATA:
            self._count(payload, side)
        elif number in OPERATIONS:
            row = {"is_orig": side == Side.ORIGINATOR, "tftp_operation": OPERATIONS[number]}
            yield TFTP, row | (_error_fields(payload) if number == ERROR else _word_fields(payload, number))
        elif number != ACK:
            raise Malformed("operation is unknown", 0)

    def _count(self, payload: bytes, side: Side) -> None:
        """Count a block, unless it comes again."""
        block = payload[2] << 8 | payload[3]
        if 0 < (block - self.block) & 0xFFFF < 0x8000 or not self.n_blocks:
            self.block, self.sender = block, side
            self.n_blocks += 1
            self.n_bytes += len(payload) - HEAD_BYTES

    def close(self) -> Iterator[Row]:
        """Tell what was moved."""
        if self.n_blocks:
            yield (
                TFTP,
                {
                    "is_orig": self.sender == Side.ORIGINATOR,
                    "tftp_operation": TRANSFER,
                    "tftp_blocks": self.n_blocks,
                    "tftp_bytes": self.n_bytes,
                },
            )


def strings(payload: bytes, at: int) -> list[bytes]:
    """Return the strings that end with a zero byte each."""
    return payload[at:].split(b"\0", MAX_STRINGS)[:MAX_STRINGS][: payload.count(b"\0", at)]


def _word_fields(payload: bytes, number: int) -> dict[str, Any]:
    """Return file, mode and options of a request, or the options agreed on."""
    words = strings(payload, 2)
    row: dict[str, Any] = {}
    if number != OPTIONS:
        if len(words) < 2:
            raise Malformed("request has no mode", len(payload))
        row = {"file_name": plain(words[0]), "tftp_mode": plain(words[1].lower())}
        words = words[2:]
    pairs = zip(words[::2], words[1::2], strict=False)
    options = ",".join(f"{plain(name.lower())}={plain(value)}" for name, value in pairs)
    return row | ({"tftp_options": options} if options else {})


def _error_fields(payload: bytes) -> dict[str, Any]:
    text = payload[HEAD_BYTES:].partition(b"\0")[0]
    return {"tftp_error_code": payload[2] << 8 | payload[3], "tftp_error_text": plain(text)}
