"""Messages of DNS and its relatives, one at a time in plain Python (RFC 1035, 6891, 7871).

This is the reference that the kernels of bulk.py are held to: same rows from the same bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from quivive.messages.dns.records import generic_text, read_name, record_text
from quivive.messages.wire_text import CUT_MARK, ipv4_text, ipv6_text
from quivive.model.errors import Malformed
from quivive.model.limits import DNS_RECORDS, TEXT_BYTES

HEADER_BYTES, QUESTION_BYTES, RECORD_BYTES = 12, 4, 10
"""Of a header; of a question and of a record behind its name."""

QUESTIONS, ANSWERS, AUTHORITIES, ADDITIONALS = 1, 2, 4, 8
"""Sections whose entries are wanted."""

AS_DATA, NAMES = 16, 32
"""Beside the sections: records are wanted as data only, their types mean something else; names are wanted."""

TEXT_GAIN = 8
"""Characters kept per byte of a message, TEXT_BYTES given free: compressed names of real answers make up to 7."""

OPT, CLIENT_SUBNET = 41, 8

SHORT, BAD_QUESTION, BAD_RECORD, BAD_DATA, TOO_MANY, TOO_LONG = range(1, 7)
FAULTS = {
    SHORT: "message is shorter than its header",
    BAD_QUESTION: "question is malformed",
    BAD_RECORD: "record is malformed",
    BAD_DATA: "record data is malformed",
    TOO_MANY: "more records than are read",
    TOO_LONG: "names or data grow longer than is kept",
}
BOUNDS = (TOO_MANY, TOO_LONG)
"""Faults that are ours, not the sender's."""

HEADER = struct.Struct(">6H")
RECORD = struct.Struct(">HHIH")


class Question(NamedTuple):
    """What is asked: a name, a record type and a class (in mDNS with the unicast bit)."""

    name: str
    type: int
    class_: int


class Record(NamedTuple):
    """A resource record; text is its data as a zone file would have it, section the bit of its place."""

    section: int
    name: str
    type: int
    class_: int
    ttl: int
    text: str
    data: bytes


@dataclass(slots=True)
class Message:
    """A message as far as it could be read.

    counts:  of questions, answers, authorities, additionals as the header announces
    edns:    payload bytes and extended flags (RFC 6891, 6.1.3) of the first OPT record, -1 where there is none
    slack:   bytes behind the last record
    fault:   the first rule that is broken, 0 for none; the entry concerned begins at byte fault_at
    places:  where each question and record begins
    """

    trans_id: int
    flags: int
    counts: tuple[int, int, int, int]
    questions: list[Question] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    edns_bytes: int = -1
    edns_flags: int = -1
    edns_subnet: str = ""
    slack: int = 0
    fault: int = 0
    fault_at: int = -1
    places: list[int] = field(default_factory=list)

    @property
    def opcode(self) -> int:
        """Kind of operation."""
        return self.flags >> 11 & 0xF

    @property
    def rcode(self) -> int:
        """Response code, with the upper bits of EDNS."""
        return self.flags & 0xF | (self.edns_flags >> 24 << 4 if self.edns_flags >= 0 else 0)

    @property
    def is_malformed(self) -> bool:
        """Whether a rule is broken; a bound of ours is none."""
        return self.fault not in (0, *BOUNDS)

    def note(self, fault: int, at: int) -> None:
        """Keep the first fault."""
        if not self.fault:
            self.fault, self.fault_at = fault, at


def read_message(payload: bytes, wanted: int) -> Message:
    """Read a whole message; of the wanted sections every entry, of questions the first at least.

    What breaks off keeps what came before it; without a header it is Malformed.
    """
    if len(payload) < HEADER_BYTES:
        raise Malformed(FAULTS[SHORT], 0)
    trans_id, flags, *counts = HEADER.unpack_from(payload)
    message = Message(trans_id, flags, (counts[0], counts[1], counts[2], counts[3]))
    at = _read_questions(payload, message)
    for index in (1, 2, 3):
        at = _read_section(payload, at, message, index, wanted)
    message.slack = len(payload) - at if at >= 0 else 0
    _cut_texts(message, TEXT_GAIN * len(payload) + TEXT_BYTES, wanted)
    return message


def _cut_texts(message: Message, room: int, wanted: int) -> None:
    """Leave only the mark of a cut of names, where wanted, and of data that no longer find room."""
    questions, records = message.questions, message.records
    cut_at = []
    if wanted & NAMES:
        for k in _too_long([question.name for question in questions] + [record.name for record in records], room):
            cut_at.append(message.places[k])
            if k < len(questions):
                questions[k] = questions[k]._replace(name=CUT_MARK)
            else:
                records[k - len(questions)] = records[k - len(questions)]._replace(name=CUT_MARK)
    for k in _too_long([record.text for record in records], room):
        cut_at.append(message.places[len(questions) + k])
        records[k] = records[k]._replace(text=CUT_MARK)
    if cut_at:
        message.note(TOO_LONG, min(cut_at))


def _too_long(texts: list[str], room: int) -> list[int]:
    """Return which texts find no room; a later, shorter one may."""
    found = []
    for k, text in enumerate(texts):
        if len(text) > room:
            found.append(k)
        else:
            room -= len(text)
    return found


def _read_questions(payload: bytes, message: Message) -> int:
    """Return the byte after the questions, -1 where they break off."""
    at = HEADER_BYTES
    for number in range(message.counts[0]):
        if number == DNS_RECORDS:
            message.note(TOO_MANY, at)
            return -1
        try:
            name, end = read_name(payload, at)
        except Malformed:
            end = len(payload)
        if end + QUESTION_BYTES > len(payload):
            message.note(BAD_QUESTION, at)
            return -1
        type_, class_ = struct.unpack_from(">HH", payload, end)
        message.places.append(at)
        message.questions.append(Question(name, type_, class_))
        at = end + QUESTION_BYTES
    return at


def _read_section(payload: bytes, at: int, message: Message, index: int, wanted: int) -> int:
    """Return the byte after a section's records, -1 where they break off."""
    n_before = sum(message.counts[:index])
    for number in range(message.counts[index]):
        if at < 0:
            return -1
        if n_before + number >= DNS_RECORDS:
            message.note(TOO_MANY, at)
            return -1
        at = _read_record(payload, at, message, 1 << index, wanted)
    return at


def _read_record(payload: bytes, at: int, message: Message, section: int, wanted: int) -> int:
    """Return the byte after a record, -1 where it breaks off."""
    try:
        name, end = read_name(payload, at)
        type_, class_, ttl, size = RECORD.unpack_from(payload, end)
    except (Malformed, struct.error):
        message.note(BAD_RECORD, at)
        return -1
    start = end + RECORD_BYTES
    if start + size > len(payload):
        message.note(BAD_RECORD, at)
        return -1
    if type_ == OPT and section == ADDITIONALS:
        _read_edns(payload, at, message, (class_, ttl, start, start + size))
    elif section & wanted:
        try:
            text = "" if wanted & AS_DATA else record_text(payload, type_, start, start + size)
        except Malformed:
            message.note(BAD_DATA, at)
            text = generic_text(payload, start, start + size)
        message.places.append(at)
        message.records.append(Record(section, name, type_, class_, ttl, text, payload[start : start + size]))
    return start + size


def _read_edns(payload: bytes, record_at: int, message: Message, opt: tuple[int, int, int, int]) -> None:
    """Note what the first OPT record says; its options must fill it."""
    if message.edns_bytes >= 0:
        return
    message.edns_bytes, message.edns_flags, at, stop = opt
    while at < stop:
        end = at + 4 + int.from_bytes(payload[at + 2 : at + 4], "big")
        if at + 4 > stop or end > stop:
            message.note(BAD_DATA, record_at)
            return
        if payload[at] << 8 | payload[at + 1] == CLIENT_SUBNET and not message.edns_subnet:
            message.edns_subnet = subnet_text(payload[at + 4 : end])
            if not message.edns_subnet:
                message.note(BAD_DATA, record_at)
        at = end


def subnet_text(option: bytes) -> str:
    """Return a client subnet as address/prefix (RFC 7871, 6); nothing where it is none."""
    if len(option) < 4 or option[0] != 0 or option[1] not in (1, 2):
        return ""
    size = 4 if option[1] == 1 else 16
    address = option[4:].ljust(size, b"\0")
    if len(address) > size or option[2] > 8 * size:
        return ""
    return f"{ipv4_text(address) if size == 4 else ipv6_text(address)}/{option[2]}"
