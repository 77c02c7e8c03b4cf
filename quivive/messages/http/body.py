"""Where an HTTP/1 body ends (RFC 9112, 6 and 7); its bytes are stepped over, never kept."""

from __future__ import annotations

import re

from quivive.kit.cursor import Cursor
from quivive.model.errors import Malformed, NeedMoreData

MAX_CHUNK_LINE = 8192
"""Chunk extensions and trailer fields; servers refuse lines of more than 4 to 16 KB."""

MAX_SIZE_DIGITS = 15
"""Hex digits of a chunk size and decimal digits of a length that are believed: more overflow an int64 somewhere."""

CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)(?:[ \t;]|$)")

NO_NUMBER = "content length is not a number"
CONFLICT = "content lengths conflict"
BOTH = "both transfer encoding and content length"
NOT_CHUNKED = "transfer encoding does not end in chunked"
ENDLESS = (NO_NUMBER, NOT_CHUNKED)


class Body:
    """A body being read.

    n_bytes:  its size, as announced or as counted so far
    is_whole: whether all of it was there; None where its end cannot be told from the end of the capture
    """

    __slots__ = ("is_whole", "n_bytes")

    def __init__(self) -> None:
        self.n_bytes = 0
        self.is_whole: bool | None = True

    def read(self, cursor: Cursor) -> bool:
        """Step over what is there of it; returns whether it has ended."""
        raise NotImplementedError

    def missed(self, n_bytes: int) -> int:
        """Hear of a gap; returns how many bytes of it lie in this body, fewer meaning that it ended within."""
        raise NotImplementedError


class SizedBody(Body):
    """A body whose size was announced."""

    __slots__ = ("left",)

    def __init__(self, size: int) -> None:
        self.n_bytes = self.left = size
        self.is_whole = True

    def read(self, cursor: Cursor) -> bool:
        """Skip to its end but for the last byte, whose coming tells that it was whole."""
        there = cursor.stop - cursor.at
        if there >= self.left:
            cursor.at += self.left
            self.left = 0
            return True
        if cursor.whole:
            cursor.at = cursor.stop
            self.left -= there
        else:
            cursor.skip(self.left - 1)
            self.left = 1
        return False

    def missed(self, n_bytes: int) -> int:
        """The rest of it may lie behind the gap."""
        self.is_whole = False
        inside = min(n_bytes, self.left)
        self.left -= inside
        return inside


class ChunkedBody(Body):
    """Chunks, each with its size before it, then trailer fields and an empty line (RFC 9112, 7.1).

    has_chunks: whether the size of the first was read
    otherwise:  what a response's body is if none comes: some servers announce chunks that they do not send
    """

    __slots__ = ("_is_behind_data", "_is_in_trailer", "_left", "has_chunks", "otherwise")

    def __init__(self, otherwise: Body | None = None) -> None:
        super().__init__()
        self.otherwise = otherwise
        self.has_chunks = False
        self._left = 0
        self._is_behind_data = False
        self._is_in_trailer = False

    def read(self, cursor: Cursor) -> bool:
        """Step over all chunks that are there."""
        began = cursor.at
        while True:
            if self._left:
                size, self._left, self._is_behind_data = self._left, 0, True
                if cursor.stop - cursor.at < size:
                    cursor.skip(cursor.stop - cursor.at if cursor.whole else size)
                    return False
                cursor.at += size
            line = _line(cursor, began)
            if line is None:
                return False
            if self._follow(line, cursor):
                return True

    def missed(self, n_bytes: int) -> int:
        """A gap takes sizes with it: where the next chunk begins cannot be told."""
        self.is_whole = False
        return 0

    def _follow(self, line: bytes, cursor: Cursor) -> bool:
        """Act on a line; returns whether it is the empty one at the end."""
        if self._is_behind_data:
            if line:
                raise cursor.fail("chunk is longer than announced")
            self._is_behind_data = False
        elif self._is_in_trailer:
            return not line
        else:
            self._left = _chunk_size(line, cursor)
            self.has_chunks = True
            self.n_bytes += self._left
            self._is_in_trailer = not self._left
        return False


class BodyUntilClose(Body):
    """A response without length: it ends with the connection (RFC 9112, 6.3, case 8)."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.is_whole = None

    def read(self, cursor: Cursor) -> bool:
        """Count what is there."""
        self.n_bytes += cursor.stop - cursor.at
        cursor.at = cursor.stop
        return False

    def missed(self, n_bytes: int) -> int:
        """A gap does not end it."""
        self.is_whole = False
        return n_bytes


Framing = tuple[Body | None, str]
"""The body a head announces, None for none, and what is odd in the announcement."""

BODILESS: Framing = (None, "")


def framing_of_request(headers: dict[str, str]) -> Framing:
    """Return the body of a request; one without length has none (RFC 9112, 6.3, case 7)."""
    if "transfer-encoding" in headers:
        return _framing_of_coded(headers)
    return _framing_of_sized(headers) if "content-length" in headers else BODILESS


def framing_of_response(headers: dict[str, str]) -> Framing:
    """Return the body of a response that may have one: not to HEAD, not 1xx, 204 or 304 (RFC 9112, 6.3, case 1)."""
    if "transfer-encoding" in headers:
        body, anomaly = _framing_of_coded(headers)
        if isinstance(body, ChunkedBody):
            sized = _framing_of_sized(headers)[0] if "content-length" in headers else None
            body.otherwise = sized or BodyUntilClose()
    elif "content-length" in headers:
        body, anomaly = _framing_of_sized(headers)
    else:
        return BodyUntilClose(), ""
    return (BodyUntilClose() if anomaly in ENDLESS else body), anomaly


def _framing_of_coded(headers: dict[str, str]) -> Framing:
    """Chunked wins over a length; both together smuggle requests past somebody (RFC 9112, 6.3, case 3)."""
    coding = headers["transfer-encoding"].rpartition(",")[2].strip().lower()
    if coding == "chunked":
        return ChunkedBody(), BOTH if "content-length" in headers else ""
    if coding == "identity" and "content-length" in headers:  # a coding once (RFC 2616, 3.6)
        return _framing_of_sized(headers)
    return None, NOT_CHUNKED


def _framing_of_sized(headers: dict[str, str]) -> Framing:
    """The same length twice is tolerated (RFC 9112, 6.3, case 5); of different ones the first counts."""
    value = headers["content-length"]
    first, *others = (part.strip() for part in value.split(",")) if "," in value else (value,)
    if not (first.isdigit() and first.isascii()) or len(first.lstrip("0")) > MAX_SIZE_DIGITS:
        return None, NO_NUMBER
    size = int(first.lstrip("0") or "0")
    anomaly = CONFLICT if any(other != first for other in others) else ""
    return (SizedBody(size) if size else None), anomaly


def _line(cursor: Cursor, began: int) -> bytes | None:
    """Read a line; None where it has not come yet, but something before it was read and must not be read twice."""
    at = cursor.at
    end = cursor.payload.find(b"\n", at, min(cursor.stop, at + MAX_CHUNK_LINE))
    if end < 0:
        if cursor.stop - at >= MAX_CHUNK_LINE:
            raise Malformed("chunk line is too long", at)
        if cursor.whole:
            cursor.at = cursor.stop
        elif at == began:
            raise NeedMoreData
        return None
    cursor.at = end + 1
    return cursor.payload[at:end].strip()


def _chunk_size(line: bytes, cursor: Cursor) -> int:
    size = CHUNK_SIZE.match(line)
    if size is None or len(size[1].lstrip(b"0")) > MAX_SIZE_DIGITS:
        raise cursor.fail("chunk size is not a number")
    return int(size[1], 16)
