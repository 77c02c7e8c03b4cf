"""LDAP search filters as text (RFC 4515) from their encoding (RFC 4511, 4.5.1.7)."""

from __future__ import annotations

from quivive.messages import ber
from quivive.model.errors import Malformed
from quivive.model.limits import LIST_ITEMS, NESTING, TEXT_BYTES

AND, OR, NOT, EQUAL, SUBSTRINGS, GREATER, LESS, PRESENT, APPROXIMATE, EXTENSIBLE = (
    0xA0,
    0xA1,
    0xA2,
    0xA3,
    0xA4,
    0xA5,
    0xA6,
    0x87,
    0xA8,
    0xA9,
)
JOINING = {AND: "&", OR: "|", NOT: "!"}
COMPARING = {EQUAL: "=", GREATER: ">=", LESS: "<=", APPROXIMATE: "~="}
INITIAL, ANY, FINAL = 0x80, 0x81, 0x82
RULE, TYPE, VALUE, WITH_DN = 0x81, 0x82, 0x83, 0x84

ESCAPED = {number: f"\\{number:02x}" for number in (*range(32), 127, *b"*()\\")}


class Filter:
    """A filter being written: its text so far and the conditions in it.

    conditions: (attribute, value) of every comparison; the value is empty where it is not one for equality
    """

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.conditions: list[tuple[str, str]] = []
        self._n_items = 0
        self._n_characters = 0

    @property
    def text(self) -> str:
        """The filter as text; one that is too long is cut and marked."""
        return "".join(self.parts)

    @property
    def attributes(self) -> list[str]:
        """Attributes that the filter asks for, each once."""
        return list(dict.fromkeys(attribute for attribute, _ in self.conditions))

    def write(self, text: str) -> None:
        """Add to the text while there is room."""
        if self._n_characters <= TEXT_BYTES:
            self._n_characters += len(text)
            self.parts.append(text if self._n_characters <= TEXT_BYTES else "...")

    def read(self, payload: bytes, at: int, stop: int, depth: int = 0) -> int:
        """Read the filter that is encoded at `at`; returns where it ends."""
        self._n_items += 1
        if depth > NESTING or self._n_items > LIST_ITEMS:
            raise Malformed("filter is nested too deep or too long", at)
        tag, start, end = ber.read_tlv(payload, at, stop)
        self.write("(")
        if tag in JOINING:
            self.write(JOINING[tag])
            inner = start
            while inner < end:
                inner = self.read(payload, inner, end, depth + 1)
        elif tag in READERS:
            READERS[tag](self, tag, payload, start, end)
        else:
            raise Malformed(f"filter of kind 0x{tag:02x}", at)
        self.write(")")
        return end

    def compare(self, tag: int, payload: bytes, start: int, end: int) -> None:
        """Read an attribute and the value it is compared with."""
        _, at, name_end = ber.read_tlv(payload, start, end)
        attribute = ber.read_text(payload[at:name_end])
        _, at, value_end = ber.read_tlv(payload, name_end, end)
        value = escape(payload[at:value_end])
        self.conditions.append((attribute, value if tag == EQUAL else ""))
        self.write(attribute + COMPARING[tag] + value)

    def match_parts(self, tag: int, payload: bytes, start: int, end: int) -> None:
        """Read an attribute and the pieces its value is to begin with, hold and end with."""
        _, at, name_end = ber.read_tlv(payload, start, end)
        attribute = ber.read_text(payload[at:name_end])
        self.conditions.append((attribute, ""))
        self.write(attribute + "=")
        kind = ANY
        for number, (kind, inner, inner_end) in enumerate(
            ber.children(payload, *ber.expect(payload, name_end, end, ber.SEQUENCE))
        ):
            self.write(("" if kind == INITIAL and number == 0 else "*") + escape(payload[inner:inner_end]))
        self.write("" if kind == FINAL else "*")

    def ask_presence(self, tag: int, payload: bytes, start: int, end: int) -> None:
        """Read an attribute that is only to be there."""
        attribute = ber.read_text(payload[start:end])
        self.conditions.append((attribute, ""))
        self.write(attribute + "=*")

    def extend(self, tag: int, payload: bytes, start: int, end: int) -> None:
        """Read a match by a rule of its own, such as the bit masks of Active Directory."""
        fields = {kind: payload[at:stop] for kind, (at, stop) in ber.by_tag(payload, start, end).items()}
        attribute = ber.read_text(fields.get(TYPE, b""))
        self.conditions.append((attribute, ""))
        with_dn = ":dn" if any(fields.get(WITH_DN, b"")) else ""
        rule = ":" + ber.read_text(fields[RULE]) if RULE in fields else ""
        self.write(f"{attribute}{with_dn}{rule}:={escape(fields.get(VALUE, b''))}")


def escape(value: bytes) -> str:
    """Return a value as a filter writes it: what is special as a backslash and two hex digits (RFC 4515, 3)."""
    value = value[:TEXT_BYTES]
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "".join(f"\\{octet:02x}" for octet in value)
    return text.translate(ESCAPED)


READERS = {
    **dict.fromkeys(COMPARING, Filter.compare),
    SUBSTRINGS: Filter.match_parts,
    PRESENT: Filter.ask_presence,
    EXTENSIBLE: Filter.extend,
}
