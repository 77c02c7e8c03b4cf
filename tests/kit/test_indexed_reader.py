import io

from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.records import ENDED, FULL
from quivive.kit.indexed_reader import MAX_TROUBLES, IndexedReader
from quivive.kit.reader import Trouble
from quivive.kit.source import RawFile, StreamSource
from tests.capture.reading import Packet, packets_of


class Toy(IndexedReader):
    """A mark, then records: how many letters (1 to 9), and the letters. A digit 0 damages all up to the next ";"."""

    name = "toy"
    title = "toy"
    spec = "none"

    @classmethod
    def claims(cls, head):
        return head.startswith(b"T")

    def begin(self):
        self.at = 1
        return True

    def walk(self, index, n, until):
        data = self.source.data
        while self.at < data.size and self.at < until:
            size = int(data[self.at]) - ord("0")
            if size == 0:
                return n, self.lose("a zero", self.at, self.at + 1)
            if self.at + 1 + size > data.size:
                break
            row = (self.at + 1, self.at + 1 + size, self.source.base + self.at, size, 1, 0)
            for column, value in zip(index, row, strict=True):
                column[n] = value
            n, self.at = n + 1, self.at + 1 + size
        return n, FULL if self.at >= until else ENDED

    def search(self, index, n):
        found = bytes(self.source.data[self.at :]).find(b";")
        self.at = self.source.data.size if found < 0 else self.at + found + 1
        return FULL if found >= 0 else ENDED


def read(data, window_bytes=1000):
    raw = RawFile(io.BytesIO(data), len(data))
    reader = Toy(StreamSource(raw, raw, "toy", window_bytes=window_bytes))
    return packets_of(reader), reader.info.troubles


def packet(letters, at):
    return Packet(letters, at, len(letters))


def test_damage_is_stepped_over_and_told_of():
    packets, troubles = read(b"T2ab0xxxx;1c")
    assert packets == [packet(b"ab", 1), packet(b"c", 10)]
    assert troubles == [Trouble(4, "a zero", 6)]


def test_damage_up_to_the_end_is_told_of():
    packets, troubles = read(b"T2ab0xxxx")
    assert packets == [packet(b"ab", 1)]
    assert troubles == [Trouble(4, "a zero", 5)]


def test_a_cut_record_is_told_of():
    packets, troubles = read(b"T2ab9cde")
    assert packets == [packet(b"ab", 1)]
    assert troubles == [Trouble(4, "the last record is cut short", 4)]


def test_troubles_are_bounded():
    packets, troubles = read(b"T" + b"0;1a" * (MAX_TROUBLES + 9), 10_000)
    assert len(packets) == MAX_TROUBLES + 9
    assert len(troubles) == MAX_TROUBLES + 1
    assert troubles[-1] == Trouble(1 + 4 * MAX_TROUBLES, "more is damaged from here on than is listed")


@given(st.lists(st.sampled_from([b"1a", b"3abc", b"9abcdefghi", b"0xyz;", b"0;"]), max_size=40), st.integers(12, 60))
def test_windows_of_any_size_give_the_same(records, window_bytes):
    data = b"T" + b"".join(records)
    assert read(data, window_bytes) == read(data)
