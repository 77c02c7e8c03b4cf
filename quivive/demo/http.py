"""HTTP/1.1 messages (RFC 9112)."""

from __future__ import annotations

import gzip
from email.utils import format_datetime

from quivive.demo.clock import stamp

WORDS = (
    "gear", "wheel", "tooth", "module", "helix", "bearing", "housing", "torque", "shaft", "order", "delivery",
    "drawing", "tolerance", "steel", "quote", "batch", "invoice", "customer", "supplier", "meeting", "minutes",
    "hardening", "grinding", "inspection", "report", "week", "shift", "pallet", "label",
)  # fmt: skip


def request(method: str, host: str, target: str, body: bytes = b"", headers: tuple[str, ...] = ()) -> bytes:
    """Return a request; the length is added where there is a body."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, "Accept: */*"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return _head(lines) + body


def response(at_ns: int, body: bytes, kind: str = "text/html", status: str = "200 OK",
             headers: tuple[str, ...] = ()) -> bytes:  # fmt: skip
    """Return a response whose length is given."""
    date = format_datetime(stamp(at_ns), usegmt=True)
    lines = [f"HTTP/1.1 {status}", f"Date: {date}", "Server: nginx", f"Content-Type: {kind}", *headers]
    return _head([*lines, f"Content-Length: {len(body)}"]) + body


def chunked(at_ns: int, body: bytes, kind: str = "text/html") -> bytes:
    """Return a response compressed by gzip and sent in chunks."""
    packed = gzip.compress(body, mtime=0)
    date = format_datetime(stamp(at_ns), usegmt=True)
    lines = ["HTTP/1.1 200 OK", f"Date: {date}", "Server: nginx", f"Content-Type: {kind}", "Content-Encoding: gzip"]
    pieces = [packed[at : at + 512] for at in range(0, len(packed), 512)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return _head([*lines, "Transfer-Encoding: chunked"]) + framed + b"0\r\n\r\n"


def page(title: str, n_words: int) -> bytes:
    """Return a small page of words from the trade."""
    text = " ".join(WORDS[n * n * 7 % len(WORDS)] for n in range(n_words))
    return f"<!doctype html><html><head><title>{title}</title></head><body><p>{text}</p></body></html>\n".encode()


def _head(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()
