"""Strategies for messages of DNS and its relatives: sound ones, odd ones, broken ones."""

from __future__ import annotations

from hypothesis import strategies as st

LABELS = st.sampled_from([b"www", b"Example", b"com", b"a.b", b"\\", b"\xff\x00", b"_tcp", b"x" * 63, b"local", b"a b"])
TYPES = st.sampled_from([
    1, 2, 5, 6, 10, 12, 13, 15, 16, 28, 33, 35, 41, 43, 46, 47, 48, 52, 64, 65, 99, 255, 256, 257, 258, 65_535,
])  # fmt: skip
NUMBERS = st.one_of(st.integers(0, 300), st.sampled_from([0x7FFF, 0x8001, 0xFFFF]))
POINTERS = st.integers(0, 120).map(lambda at: (0xC000 | at).to_bytes(2, "big"))


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


@st.composite
def names(draw: st.DrawFn) -> bytes:
    """A name: labels, then the root or a pointer."""
    labels = draw(st.lists(LABELS, max_size=5))
    end = draw(st.one_of(st.just(b"\0"), POINTERS))
    return b"".join(bytes([len(label)]) + label for label in labels) + end


STRINGS = st.binary(max_size=12).map(lambda text: bytes([len(text)]) + text)
PARAMS = st.tuples(st.integers(0, 10), st.one_of(STRINGS, st.binary(max_size=20))).map(
    lambda pair: u16(pair[0]) + u16(len(pair[1])) + pair[1]
)
SUBNETS = st.tuples(st.integers(0, 3), st.integers(0, 130), st.binary(max_size=17)).map(
    lambda subnet: u16(8) + u16(4 + len(subnet[2])) + u16(subnet[0]) + bytes([subnet[1], 0]) + subnet[2]
)
PARTS = st.one_of(names(), STRINGS, PARAMS, SUBNETS, st.binary(max_size=4), st.binary(min_size=16, max_size=16))
DATA = st.one_of(st.lists(PARTS, max_size=5).map(b"".join), STRINGS.map(lambda text: text * 400))


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A record whose stated length is mostly right."""
    data = draw(DATA)
    size = draw(st.one_of(st.just(len(data)), st.just(len(data)), NUMBERS))
    type_, class_, ttl = draw(TYPES), draw(NUMBERS), draw(st.integers(0, 2**32 - 1))
    return draw(names()) + u16(type_) + u16(class_) + ttl.to_bytes(4, "big") + u16(size) + data


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message whose counts are mostly right, sometimes cut or followed by more."""
    questions = draw(st.lists(st.tuples(names(), TYPES, NUMBERS), max_size=3))
    sections = [draw(st.lists(records(), max_size=3)) for _ in range(3)]
    counts = [len(questions), *map(len, sections)]
    if draw(st.integers(0, 9)) == 0:
        counts = [draw(NUMBERS) for _ in range(4)]
    head = u16(draw(st.integers(0, 65_535))) + u16(draw(st.integers(0, 65_535))) + b"".join(map(u16, counts))
    body = b"".join(name + u16(type_) + u16(class_) for name, type_, class_ in questions)
    whole = head + body + b"".join(record for section in sections for record in section)
    return draw(st.sampled_from([whole, whole, whole + b"\x01", whole[: draw(st.integers(0, len(whole)))]]))
