"""The few forms of DER (X.690) that the demonstration's protocols are written in."""

from __future__ import annotations

INTEGER, BIT_STRING, OCTET_STRING, OBJECT, ENUMERATED, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x0A, 0x30
GENERALIZED_TIME, GENERAL_STRING = 0x18, 0x1B


def wrap(tag: int, *parts: bytes) -> bytes:
    """Return one value: tag, length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE."""
    return wrap(SEQUENCE, *parts)


def context(number: int, *parts: bytes) -> bytes:
    """Return a constructed value with a context tag, as explicit tagging needs."""
    return wrap(0xA0 | number, *parts)


def application(number: int, *parts: bytes) -> bytes:
    """Return a constructed value with an application tag."""
    return wrap(0x60 | number, *parts)


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return wrap(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return wrap(OCTET_STRING, value)


def bits(value: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return wrap(BIT_STRING, b"\0", value)


def text(value: str) -> bytes:
    """Return a GeneralString."""
    return wrap(GENERAL_STRING, value.encode())


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *others = (int(number) for number in dotted.split("."))
    content = b""
    for number in (40 * first + second, *others):
        base128 = bytes([number & 0x7F])
        while number := number >> 7:
            base128 = bytes([0x80 | number & 0x7F]) + base128
        content += base128
    return wrap(OBJECT, content)
