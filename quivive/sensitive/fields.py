"""Clear content by field path: JSON keys, CSV columns, XML elements, form fields, EDIFACT and X12 elements.

Values of one path are of one kind: that is what lets check digits decide. What has no fields is free text.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from quivive.messages import bounded_json
from quivive.model.errors import Malformed

MAX_BYTES = 1 << 20
"""Content that is looked at: more of one message tells nothing new about its kind."""
MAX_VALUES = 100_000
MAX_VALUE = 256
"""Characters of a value: what is longer is no number of any class."""
MAX_NESTING = 32
MAX_PARTS = 64
"""Elements of one EDI segment, and components of one element, that have a path of their own."""
FREE = ""
"""The path of text without fields."""

TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]{0,80})([^<>]{0,4000}?)(/?)>|([^<]+)", re.ASCII)
ATTRIBUTE = re.compile(r"([A-Za-z_][\w.:-]{0,80})\s*=\s*[\"']([^\"'<]{0,256})[\"']", re.ASCII)
MARKS = "\x01\x02\x03\x04"
"""Stand for EDIFACT's own signs while they are released."""
Fields = dict[str, list[str]]
Pair = tuple[str, str]


def fields_of(content: bytes) -> Fields:
    """Return the values of each field path; all of it under the free path where it has no fields."""
    text = content[:MAX_BYTES].decode("utf-8", "backslashreplace").lstrip("\ufeff \t\r\n")
    found: Fields = defaultdict(list)
    for number, (path, value) in enumerate(_reader(text)(text)):
        if number >= MAX_VALUES:
            break
        if value.strip():
            found[path].append(value if path == FREE else value[:MAX_VALUE])
    return dict(found)


def _reader(text: str) -> Callable[[str], Iterator[Pair]]:
    for fits, reader in READERS:
        if fits(text):
            return reader
    return _free


def _free(text: str) -> Iterator[Pair]:
    yield FREE, text


def _json(text: str) -> Iterator[Pair]:
    try:
        value = bounded_json.loads(text.encode("utf-8", "backslashreplace"))
    except Malformed:
        lines = text.splitlines()
        if len(lines) < 2:
            yield FREE, text
            return
        for line in lines:
            yield from _json(line) if line.lstrip()[:1] in ("{", "[") else _free(line)
        return
    yield from _walk(value, "", 0)


def _walk(value: Any, path: str, depth: int) -> Iterator[Pair]:
    if depth > MAX_NESTING:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{str(name)[:80]}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, f"{path}[]", depth + 1)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and len(value) > 2 and depth < MAX_NESTING:
        yield from _within(value, path)
    elif value is not None and not isinstance(value, bool):
        yield path, str(value) if not isinstance(value, int) or abs(value) < 1 << 63 else ""


def _within(text: str, path: str) -> Iterator[Pair]:
    """Yield what JSON written as a text within other content holds; the text itself where it is none."""
    try:
        value = bounded_json.loads(text.encode("utf-8", "backslashreplace"))
    except Malformed:
        yield path, text
        return
    yield from _walk(value, path, MAX_NESTING // 2)


def _form(text: str) -> Iterator[Pair]:
    try:
        pairs = parse_qsl(text, keep_blank_values=False, max_num_fields=MAX_VALUES, errors="backslashreplace")
    except ValueError:
        yield FREE, text
        return
    for name, value in pairs:
        if value.lstrip()[:1] in ("{", "["):
            yield from _within(value, name[:80])
        else:
            yield name[:80], value


def _xml(text: str) -> Iterator[Pair]:
    """Yield text and attributes of each element by its path; no entity is resolved and no document type read."""
    stack: list[str] = []
    for closing, name, attributes, empty, inner in TAG.findall(text):
        if inner:
            if stack:
                yield "/".join(stack), inner
        elif closing:
            if stack and stack[-1] == name:
                stack.pop()
        else:
            here = "/".join([*stack, name])
            yield from ((f"{here}@{key}", value) for key, value in ATTRIBUTE.findall(attributes))
            if not empty and len(stack) < MAX_NESTING:
                stack.append(name)


def _edifact(text: str) -> Iterator[Pair]:
    """Yield each component by segment, qualifier and place: NAD+CN+... (ISO 9735); a ? takes a sign's meaning."""
    component, element, release, end = ":", "+", "?", "'"
    if text.startswith("UNA") and len(text) >= 9:
        component, element, release, end = text[3], text[4], text[6], text[8]
        text = text[9:]
    released = {release + sign: mark for sign, mark in zip((release, component, element, end), MARKS, strict=True)}
    for pair, mark in released.items():
        text = text.replace(pair, mark)
    plain = str.maketrans(dict(zip(MARKS, (release, component, element, end), strict=True)))
    for segment in text.split(end):
        elements = segment.strip().split(element)[:MAX_PARTS]
        qualifier = elements[1].split(component)[0][:6] if len(elements) > 1 else ""
        for place, part in enumerate(elements[1:], 1):
            for number, value in enumerate(part.split(component)[:MAX_PARTS], 1):
                yield f"{elements[0][:3]}+{qualifier}:{place}.{number}", value.translate(plain)


def _x12(text: str) -> Iterator[Pair]:
    """Yield each element by segment, qualifier and place; the fixed ISA segment says what separates them (X12.5)."""
    element, end = text[3], text[105]
    for segment in text.split(end):
        elements = segment.strip().split(element)[:MAX_PARTS]
        qualifier = elements[1][:6] if len(elements) > 1 else ""
        for place, value in enumerate(elements[1:], 1):
            yield f"{elements[0][:3]}*{qualifier}:{place}", value


def _csv(text: str) -> Iterator[Pair]:
    heading = text.partition("\n")[0]
    delimiter = max(",;\t|", key=heading.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        names = [name.strip()[:80] or str(place) for place, name in enumerate(next(rows, []))]
        for row in rows:
            yield from zip(names, row, strict=False)
    except csv.Error:
        yield FREE, text


def _is_csv(text: str) -> bool:
    lines = text[:8192].splitlines()[:5]
    if len(lines) < 3:
        return False
    counts = [max((line.count(sign), sign) for sign in ",;\t|") for line in lines[:3]]
    return counts[0][0] >= 1 and len(set(counts)) == 1


READERS: tuple[tuple[Callable[[str], bool], Callable[[str], Iterator[Pair]]], ...] = (
    (lambda text: text[:1] in ("{", "["), _json),
    (lambda text: text.startswith(("UNA", "UNB+")), _edifact),
    (lambda text: text.startswith("ISA") and len(text) > 106 and not text[3].isalnum(), _x12),
    (lambda text: re.match(r"<[?!A-Za-z]", text) is not None, _xml),
    (lambda text: re.match(r"[\w.%\[\]-]{1,80}=[^\s]*(?:&[\w.%\[\]-]{1,80}=[^\s]*)*\s*$", text, re.ASCII) is not None,
     _form),
    (_is_csv, _csv),
)  # fmt: skip
"""In order: what content looks like, and how its fields are read."""
