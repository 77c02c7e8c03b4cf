"""DNS questions and answers (RFC 1035), also for multicast DNS (RFC 6762) and LLMNR (RFC 4795)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from quivive.demo.wire import packed

A, PTR, MX, TXT, AAAA, SRV, HTTPS = 1, 12, 15, 16, 28, 33, 65
PORT, MDNS_PORT, LLMNR_PORT = 53, 5353, 5355
IN = 1
CACHE_FLUSH = 0x8000
QUESTION_NAME = b"\xc0\x0c"
"""Pointer to the first question's name, which stands right after the 12 bytes of the header."""

DESIRED, ANSWERED, NO_SUCH_NAME = 0x0100, 0x8180, 0x8183
MULTICAST_ANSWER = 0x8400


class Record(NamedTuple):
    """One answer to the question; an empty owner means the question's own name."""

    kind: int
    rdata: bytes
    ttl: int = 300
    owner: bytes = QUESTION_NAME
    rclass: int = IN


def name(host: str) -> bytes:
    """Return a name as labels, uncompressed."""
    labels = [label.encode() for label in host.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(ident: int, host: str, kind: int = A, flags: int = DESIRED) -> bytes:
    """Return a query with one question."""
    return struct.pack("!6H", ident, flags, 1, 0, 0, 0) + name(host) + struct.pack("!HH", kind, IN)


def answer(asked: bytes, records: list[Record], flags: int = ANSWERED) -> bytes:
    """Return the answer to a query made by question: the question again, then the records."""
    head = asked[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0)
    return head + asked[12:] + b"".join(map(_record, records))


def announcement(records: list[Record]) -> bytes:
    """Return what multicast DNS says unasked: records without a question."""
    return struct.pack("!6H", 0, MULTICAST_ANSWER, 0, len(records), 0, 0) + b"".join(map(_record, records))


def address(ip: str, ttl: int = 300) -> Record:
    """Return an A or AAAA record."""
    raw = packed(ip)
    return Record(A if len(raw) == 4 else AAAA, raw, ttl)


def text(value: bytes, ttl: int = 0) -> Record:
    """Return a TXT record of strings of at most 255 bytes."""
    strings = [value[at : at + 255] for at in range(0, len(value), 255)]
    return Record(TXT, b"".join(bytes([len(string)]) + string for string in strings), ttl)


def service(host: str, port: int, ttl: int = 600) -> Record:
    """Return an SRV record (RFC 2782)."""
    return Record(SRV, struct.pack("!HHH", 0, 100, port) + name(host), ttl)


def mail_exchange(host: str) -> Record:
    """Return an MX record."""
    return Record(MX, struct.pack("!H", 10) + name(host), 3600)


def exchange(ident: int, host: str, records: list[Record], kind: int = A) -> tuple[bytes, bytes]:
    """Return a question and its answer."""
    asked = question(ident, host, kind)
    return asked, answer(asked, records, ANSWERED if records or kind != A else NO_SUCH_NAME)


def _record(record: Record) -> bytes:
    head = struct.pack("!HHIH", record.kind, record.rclass, record.ttl, len(record.rdata))
    return record.owner + head + record.rdata
