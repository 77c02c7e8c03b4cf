"""Names and record data of DNS as text (RFC 1035, 3597, 9460), in plain Python."""

from __future__ import annotations

import struct

from quivive.messages.dns.layouts import (
    ALPN,
    DOHPATH,
    HEX,
    IPV4,
    IPV4HINT,
    IPV6,
    IPV6HINT,
    LAYOUTS,
    NAME,
    OMIT,
    PARAM_NAMES,
    PARAMS,
    PORT,
    QUOTED,
    STRING,
    STRINGS,
    U8,
    U16,
    U32,
    WORD,
)
from quivive.messages.wire_text import COMMA, cut, escape, glimpse, ipv4_text, ipv6_text, label_text, quoted
from quivive.model.errors import Malformed
from quivive.model.limits import DNS_LABELS

POINTER, LABEL_BYTES, NAME_BYTES = 0xC0, 63, 255
NUMBER_BYTES = {U8: 1, U16: 2, U32: 4, IPV4: 4, IPV6: 16}


def read_name(payload: bytes, at: int) -> tuple[str, int]:
    """Return a name in lower case and the byte after it.

    Pointers should lead back (RFC 1035, 4.1.4); one that leads on is followed too, as some resolvers do.
    """
    labels: list[str] = []
    resume, n_bytes, begin = -1, 1, at
    for _ in range(DNS_LABELS):
        if at >= len(payload):
            break
        size = payload[at]
        if size == 0:
            return ".".join(labels) or ".", at + 1 if resume < 0 else resume
        if size >= POINTER:
            if at + 2 > len(payload):
                break
            resume = at + 2 if resume < 0 else resume
            at = (size & 0x3F) << 8 | payload[at + 1]
        else:
            n_bytes += 1 + size
            if size > LABEL_BYTES or at + 1 + size > len(payload) or n_bytes > NAME_BYTES:
                break
            labels.append(label_text(payload[at + 1 : at + 1 + size]))
            at += 1 + size
    raise Malformed("name is malformed", begin)


def record_text(payload: bytes, type_: int, at: int, stop: int) -> str:
    """Return a record's data in the form of a zone file, cut to TEXT_BYTES; parts that do not fill it are Malformed."""
    if type_ not in LAYOUTS or at == stop:
        return generic_text(payload, at, stop)
    words = []
    for part in LAYOUTS[type_]:
        word, at = _read_part(payload, part, at, stop)
        words.append(word)
    if at != stop:
        raise Malformed("record data is malformed", at)
    return cut(" ".join(filter(None, words)))


def _read_part(payload: bytes, part: int, at: int, stop: int) -> tuple[str, int]:
    if part == NAME:
        name, at = read_name(payload, at)
        if at > stop:
            raise Malformed("name runs past its record", stop)
        return name, at
    if part in NUMBER_BYTES:
        size = NUMBER_BYTES[part]
        word = _take(payload, at, size, stop)
        text = (
            ipv4_text(word) if part == IPV4 else ipv6_text(word) if part == IPV6 else str(int.from_bytes(word, "big"))
        )
        return text, at + size
    if part in (WORD, STRING):
        word = _take(payload, at + 1, _take(payload, at, 1, stop)[0], stop)
        return (escape(word, COMMA) if part == WORD else quoted(word)), at + 1 + len(word)
    return _rest(payload, part, at, stop), stop


def _rest(payload: bytes, part: int, at: int, stop: int) -> str:
    """Return the text of a part that takes all that is left."""
    if part == QUOTED:
        return quoted(payload[at:stop])
    if part == HEX:
        return glimpse(payload[at:stop])
    if part == STRINGS:
        return " ".join(map(quoted, _strings(payload, at, stop)))
    assert part in (PARAMS, OMIT)
    return "" if part == OMIT else _params_text(payload, at, stop)


def _take(payload: bytes, at: int, size: int, stop: int) -> bytes:
    if at + size > stop:
        raise Malformed("record data is cut short", at)
    return payload[at : at + size]


def _strings(payload: bytes, at: int, stop: int) -> list[bytes]:
    """Return counted strings that lie one after the other."""
    strings = []
    while at < stop:
        strings.append(_take(payload, at + 1, payload[at], stop))
        at += 1 + payload[at]
    return strings


def _params_text(payload: bytes, at: int, stop: int) -> str:
    """Return service parameters as key=value."""
    words = []
    while at < stop:
        key, size = struct.unpack(">HH", _take(payload, at, 4, stop))
        value = _take(payload, at + 4, size, stop)
        word = PARAM_NAMES[key] if key < len(PARAM_NAMES) else f"key{key}"
        words.append(f"{word}={_param_text(key, value)}" if value else word)
        at += 4 + size
    return " ".join(words)


def _param_text(key: int, value: bytes) -> str:
    if key == ALPN:
        return ",".join(escape(item, COMMA) for item in _strings(value, 0, len(value)))
    if key == PORT and len(value) == 2:
        return str(int.from_bytes(value, "big"))
    if key == IPV4HINT and len(value) % 4 == 0:
        return ",".join(ipv4_text(value[at : at + 4]) for at in range(0, len(value), 4))
    if key == IPV6HINT and len(value) % 16 == 0:
        return ",".join(ipv6_text(value[at : at + 16]) for at in range(0, len(value), 16))
    return escape(value, COMMA) if key == DOHPATH else glimpse(value)


def generic_text(payload: bytes, at: int, stop: int) -> str:
    """Return the data of any record as RFC 3597, 5 writes it, a long one only in part; nothing for none."""
    return f"\\# {stop - at} {glimpse(payload[at:stop])}" if at < stop else ""
