"""Bounded reading of ASN.1 in its BER and DER encodings (ITU-T X.690).

An element is (tag, start, stop): its identifier octets as one number (0x30, 0xA1; 0x7F21 for a tag of two octets) and
where its content lies in the payload. Nothing is copied until somebody slices. Indefinite lengths are refused: LDAP
(RFC 4511, 5.1), SNMP, Kerberos and DER, whose readers this is for, all forbid them.
"""

from __future__ import annotations

from collections.abc import Iterator

from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.limits import LIST_ITEMS, NESTING, TEXT_BYTES

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
SEQUENCE = 0x30
SET = 0x31

CONSTRUCTED = 0x20

MAX_TAG_BYTES = 4
"""Identifier octets of one tag: numbers up to 2**21, far above any that a standard assigns."""

MAX_LENGTH_BYTES = 4
"""Octets that state a length: 4 GB is more than any message here may hold; leading zeros beyond are an evasion."""

MAX_INTEGER_BYTES = 9
"""Octets of an integer: 64 bits and the zero before an unsigned one; serial numbers and keys are no numbers here."""

MAX_OID_BYTES = 128
"""Octets of an object identifier: 128 arcs, the bound of SNMP (RFC 2578, 3.5)."""

Element = tuple[int, int, int]
"""Tag, start and stop of the content."""


def read_tlv(payload: bytes, at: int, stop: int, *, may_grow: bool = False) -> Element:
    """Return tag, content start and content stop of the element at `at`.

    An element that runs past `stop` is Malformed; where the payload may grow it asks for more data instead.
    """
    if at + 2 > stop:
        raise _cut(at + 2 - stop, at, may_grow)
    tag, size, start = payload[at], payload[at + 1], at + 2
    if size >= 0x80 or tag & 0x1F == 0x1F:
        tag, size, start = _read_long_header(payload, at, stop, may_grow)
    if start + size > stop:
        raise _cut(start + size - stop, at, may_grow)
    return tag, start, start + size


def read_header(payload: bytes, at: int, stop: int, *, may_grow: bool = False) -> Element:
    """Return tag, content start and content stop of the element at `at`, whose content need not be there yet."""
    if at + 2 > stop:
        raise _cut(at + 2 - stop, at, may_grow)
    tag, size, start = _read_long_header(payload, at, stop, may_grow)
    return tag, start, start + size


def _cut(missing: int, at: int, may_grow: bool) -> DissectError:
    return NeedMoreData(missing) if may_grow else Malformed("element runs past its end", at)


def _read_long_header(payload: bytes, at: int, stop: int, may_grow: bool) -> Element:
    """Return tag, content size and content start where tag or length takes more than one octet."""
    tag, start = _read_tag(payload, at, stop, may_grow)
    if start >= stop:
        raise _cut(1, at, may_grow)
    size = payload[start]
    start += 1
    if size < 0x80:
        return tag, size, start
    n_octets = size & 0x7F
    if n_octets == 0:
        raise Malformed("length is indefinite", start - 1)
    if n_octets > MAX_LENGTH_BYTES:
        raise Malformed("length is too long", start - 1)
    if start + n_octets > stop:
        raise _cut(start + n_octets - stop, at, may_grow)
    return tag, int.from_bytes(payload[start : start + n_octets], "big"), start + n_octets


def _read_tag(payload: bytes, at: int, stop: int, may_grow: bool) -> tuple[int, int]:
    tag = payload[at]
    if tag & 0x1F != 0x1F:
        return tag, at + 1
    for start in range(at + 1, at + MAX_TAG_BYTES):
        if start >= stop:
            raise _cut(1, at, may_grow)
        tag = tag << 8 | payload[start]
        if payload[start] < 0x80:
            return tag, start + 1
    raise Malformed("tag is too long", at)


def expect(payload: bytes, at: int, stop: int, tag: int) -> tuple[int, int]:
    """Return content start and stop of the element at `at`, which must bear `tag`."""
    found, start, end = read_tlv(payload, at, stop)
    if found != tag:
        raise Malformed(f"element has tag 0x{found:02x}, not 0x{tag:02x}", at)
    return start, end


def children(payload: bytes, start: int, stop: int, *, limit: int = LIST_ITEMS) -> Iterator[Element]:
    """Yield the elements that lie side by side between `start` and `stop`; more than `limit` are malformed."""
    at = start
    for _ in range(limit):
        if at >= stop:
            return
        tag, inner, at = read_tlv(payload, at, stop)
        yield tag, inner, at
    if at < stop:
        raise Malformed(f"more than {limit} elements", at)


def by_tag(payload: bytes, start: int, stop: int) -> dict[int, tuple[int, int]]:
    """Return start and stop of the first child of each tag: how a SEQUENCE of context tags is read."""
    found: dict[int, tuple[int, int]] = {}
    for tag, inner, end in children(payload, start, stop):
        found.setdefault(tag, (inner, end))
    return found


def walk(payload: bytes, start: int, stop: int, *, limit: int = LIST_ITEMS) -> Iterator[tuple[int, int, int, int]]:
    """Yield (depth, tag, start, stop) of every element, an outer one before its inner ones.

    Constructed elements are entered, at most NESTING deep; more than `limit` elements in all are malformed.
    """
    at = start
    ends = [stop]
    for n_seen in range(limit + 1):
        while ends and at >= ends[-1]:
            ends.pop()
        if not ends:
            return
        if n_seen == limit or len(ends) > NESTING:
            raise Malformed("elements are too many or nested too deep", at)
        tag, inner, end = read_tlv(payload, at, ends[-1])
        yield len(ends) - 1, tag, inner, end
        at = end
        if is_constructed(tag):
            ends.append(end)
            at = inner


def is_constructed(tag: int) -> bool:
    """Return whether the element's content is elements again."""
    while tag > 0xFF:
        tag >>= 8
    return bool(tag & CONSTRUCTED)


def read_integer(content: bytes) -> int:
    """Return the number whose content octets these are: two's complement, 64 bits or unsigned 64 bits."""
    size = len(content)
    if size == 0 or size > MAX_INTEGER_BYTES or (size == MAX_INTEGER_BYTES and content[0] != 0):
        raise Malformed(f"integer of {size} bytes", 0)
    return int.from_bytes(content, "big", signed=True)


def read_oid(content: bytes) -> str:
    """Return an object identifier in dotted form from its content octets."""
    size = len(content)
    if size == 0 or size > MAX_OID_BYTES or content[-1] & 0x80:
        raise Malformed(f"object identifier of {size} bytes", 0)
    arcs = []
    arc = 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    # The first two arcs share a number: 40 * first + second, where only a first arc of 2 lets the second pass 39.
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def read_text(content: bytes) -> str:
    """Return UTF-8 or ASCII text; what is not stays visible, escaped."""
    return content[:TEXT_BYTES].decode("utf-8", "backslashreplace")
