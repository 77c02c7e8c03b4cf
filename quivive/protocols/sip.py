"""Session Initiation Protocol (RFC 3261) with the media its bodies agree on (SDP, RFC 8866): a row per message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row
from quivive.messages.wire_text import plain
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, METHOD, STAMP, STATUS_CODE, STATUS_TEXT, USER_AGENT
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import IDENTITIES

METHODS = (
    "INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "SUBSCRIBE", "NOTIFY", "MESSAGE", "INFO", "PRACK",
    "UPDATE", "REFER", "PUBLISH",
)  # fmt: skip
SCHEMES = ("sip:", "sips:", "tel:")
SHORT = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "c": "content-type", "l": "content-length", "v": "via"}
"""One-letter names of headers (RFC 3261, 7.3.3)."""

KEPT = {
    "from": "sip_from", "to": "sip_to", "call-id": "sip_call_id", "contact": "sip_contact", "cseq": "sip_cseq",
    "user-agent": "user_agent", "server": "user_agent",
}  # fmt: skip
MAX_HEADERS = 128
MAX_MEDIA = 16
"""Media lines of one body: sound, picture, screen, text, and their spares."""

MAX_BODY = 65_536
REQUEST = re.compile(rb"([A-Z]{2,16}) (\S{1,2048}) SIP/2\.0$")
STATUS = re.compile(rb"SIP/2\.0 ([1-6]\d\d) ?(.*)$", re.DOTALL)
LOGIN = re.compile(rb'(username|realm)="([^"]{0,512})"')

SIP = Table("sip", "Calls, messages and registrations asked for and answered: one row per message.", (
    *STAMP,
    IS_ORIG,
    METHOD,
    Field("sip_uri", "text", "Whom or what the request is for.", personal="person"),
    STATUS_CODE,
    STATUS_TEXT,
    Field("sip_from", "text", "Who calls, as the message says.", personal="person"),
    Field("sip_to", "text", "Who is called, as the message says.", personal="person"),
    Field("sip_contact", "text", "Where the sender can be reached directly.", personal="person"),
    Field("sip_call_id", "text", "Number of the call or registration that messages belong to."),
    Field("sip_cseq", "text", "Number and method of the transaction."),
    USER_AGENT,
    Field("sip_media_addr", "text", "Address at which media is awaited."),
    Field("sip_media", "texts", "Media offered or accepted: kind, port, transport and formats."),
))  # fmt: skip


class Sip(Protocol):
    """SIP over UDP and TCP; keep-alives of bare line ends are stepped over."""

    name = "sip"
    title = "Session Initiation Protocol"
    spec = "RFC 3261"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (5060,)
    signatures = (*(f"{method} {scheme}".encode() for method in METHODS for scheme in SCHEMES), b"SIP/2.0 ")
    tables = (SIP,)
    family = "voice"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its own port proves nothing; the first line does."""
        line = payload.partition(b"\n")[0].rstrip(b"\r")
        return Match.YES if REQUEST.match(line) or STATUS.match(line) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        line = cursor.line()
        if not line.strip(b"\0"):
            return
        row = _first_line(line, cursor) | {"is_orig": side == Side.ORIGINATOR}
        headers = _headers(cursor)
        row |= {KEPT[name]: plain(value) for name, value in headers if name in KEPT}
        body = _body(cursor, dict(headers))
        row |= _media(body)
        yield SIP, row
        login = {
            name: value
            for header, said in headers
            if header in ("authorization", "proxy-authorization")
            for name, value in LOGIN.findall(said)
        }
        if b"username" in login:
            yield (
                IDENTITIES,
                {
                    "protocol": self.name,
                    "user": plain(login[b"username"]),
                    "domain": plain(login[b"realm"]) if b"realm" in login else None,
                    "identity_kind": "user",
                    "identity_addr": self.flow.five_tuple[0 if side == Side.ORIGINATOR else 2] or None,
                    "identity_evidence": "Authorization",
                },
            )


def _first_line(line: bytes, cursor: Cursor) -> dict[str, Any]:
    request = REQUEST.match(line)
    if request:
        return {"method": plain(request[1]), "sip_uri": plain(request[2])}
    status = STATUS.match(line)
    if status is None:
        raise cursor.fail("line is neither request nor status")
    return {"status_code": int(status[1]), "status_text": plain(status[2])}


def _headers(cursor: Cursor) -> list[tuple[str, bytes]]:
    """Read headers up to the empty line; folded lines belong to the one before."""
    found: list[tuple[str, bytes]] = []
    for _ in range(MAX_HEADERS):
        if not cursor.left and cursor.whole:
            return found
        line = cursor.line()
        if not line:
            return found
        if line[:1] in b" \t" and found:
            found[-1] = (found[-1][0], found[-1][1] + b" " + line.strip())
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            raise Malformed("header has no colon", cursor.at)
        word = plain(name.strip()[:64]).lower()
        found.append((SHORT.get(word, word), value.strip()))
    raise Malformed("more headers than the limit", cursor.at)


def _body(cursor: Cursor, headers: dict[str, bytes]) -> bytes:
    """Read the body: in a datagram all that is left, in a stream what the length says."""
    if cursor.whole:
        return cursor.rest()
    said = headers.get("content-length", b"0")
    size = int(said) if said.isdigit() and len(said) < 7 else 0
    if size > MAX_BODY:
        raise Malformed("body is longer than the limit", cursor.at)
    return cursor.take(size)


def _media(body: bytes) -> dict[str, Any]:
    """Return address and media of a session description."""
    if not body.startswith(b"v=0"):
        return {}
    media: list[str] = []
    row: dict[str, Any] = {}
    for line in body.split(b"\n", 512)[:512]:
        words = line.rstrip(b"\r")
        if words.startswith(b"m=") and len(media) < MAX_MEDIA:
            media.append(plain(words[2:]))
        elif words.startswith((b"c=IN IP4 ", b"c=IN IP6 ")):
            row.setdefault("sip_media_addr", plain(words[9:]))
    return row | {"sip_media": media}
