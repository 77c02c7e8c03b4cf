"""libpcap captures (draft-ietf-opsawg-pcap) and the variants that other writers made of them."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from quivive.kernels.records import (
    CUT_BACK,
    DAMAGED,
    ENDED,
    LENGTHS_AS_IS,
    LENGTHS_MAYBE_SWAPPED,
    LENGTHS_SWAPPED,
    NS_PER_S,
    Bounds,
    PacketIndex,
    RecordShape,
    find_record,
    index_records,
    is_sound,
)
from quivive.kit.indexed_reader import IndexedReader
from quivive.kit.source import Source
from quivive.model.limits import MAX_PACKET_BYTES

HEADER_BYTES = 24
RECORD_BYTES = 16


class Variant(NamedTuple):
    """One magic number's meaning: nanoseconds in a tick, bytes of a record's header, bytes more in the file's."""

    title: str
    ns_per_tick: int
    record_bytes: int = RECORD_BYTES
    extra_bytes: int = 0


VARIANTS = {
    0xA1B2C3D4: Variant("pcap", 1_000),
    0xA1B23C4D: Variant("pcap with nanoseconds", 1),
    # Interface, protocol and packet type stand behind each record's four numbers.
    0xA1B2CD34: Variant("pcap as modified by Kuznetzov", 1_000, 24),
    0xA12B3C4D: Variant("pcap with nanoseconds, of Navtel", 1),
    # Time source, interface, protocol, hardware and packet type stand behind each record's four numbers.
    0xA1E2CB12: Variant("pcap as modified by netsniff-ng", 1, 24),
    # A count of the bytes that follow stands behind the file's header.
    0x1C0001AC: Variant("pcap of an IXIA port", 1_000, RECORD_BYTES, 4),
    0x1C0001AB: Variant("pcap of IXIA software", 1_000, RECORD_BYTES, 4),
}
ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
MAGICS = {magic.to_bytes(4, order): (order, variant) for magic, variant in VARIANTS.items() for order in ORDERS}

DG_UX = 543
"""Major version that DG/UX wrote, with swapped lengths."""

LARGEST_SNAP = 1 << 24
"""Largest snap length that is believed when it says that packets are longer than MAX_PACKET_BYTES."""

TIME_SLACK_S = 400 * 86_400
"""How far from the packets before the damage one behind it may lie: longer than any capture kept in one file."""

HEADER_DAMAGED = "a record header is damaged"


class Pcap(IndexedReader):
    """A pcap file."""

    name: ClassVar[str] = "pcap"
    title: ClassVar[str] = "pcap"
    spec: ClassVar[str] = "draft-ietf-opsawg-pcap"

    @classmethod
    def claims(cls, head: bytes) -> bool:
        """Return whether a file begins with one of the magic numbers, in either byte order."""
        return head[:4] in MAGICS

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._shape = RecordShape(0, RECORD_BYTES, 1_000, LENGTHS_AS_IS, MAX_PACKET_BYTES, 0)
        self._times: tuple[int, int] | None = None
        """Seconds of the first and the latest packet read."""

    def begin(self) -> bool:
        """Read the file's header."""
        head = self.source.data[:HEADER_BYTES].tobytes()
        order, variant = MAGICS[head[:4]]
        self.at = HEADER_BYTES + variant.extra_bytes
        if self.source.data.size < self.at:
            self.note(0, "the file's header is cut short", len(head))
            return False
        words = [int.from_bytes(head[at : at + 4], order) for at in range(16, HEADER_BYTES, 4)]
        version = int.from_bytes(head[4:6], order), int.from_bytes(head[6:8], order)
        self._describe(variant, version, *words, is_big=order == "big")
        return True

    def _describe(self, variant: Variant, version: tuple[int, int], snap: int, link: int, *, is_big: bool) -> None:
        """Learn from the header; the upper half of the link type word tells of frame check sequences (section 4)."""
        most = max(MAX_PACKET_BYTES, snap if snap <= LARGEST_SNAP else 0)
        lengths = _lengths(version)
        link_type = link & 0xFFFF
        self._shape = RecordShape(int(is_big), variant.record_bytes, variant.ns_per_tick, lengths, most, link_type)
        self.info.format = variant.title
        self.info.interfaces.append(
            {
                "name": "",
                "link_type": link_type,
                "snap_bytes": snap,
                "ts_resolution": "10^-6" if variant.ns_per_tick == 1_000 else "10^-9",
                "filter": "",
                "os": "",
                "n_dropped": 0,
                "n_received": 0,
                "fcs_bytes": (link >> 28) * 2 if link >> 26 & 1 else 0,
            }
        )

    def walk(self, index: PacketIndex, n: int, until: int) -> tuple[int, int]:
        """Read records from `at` on."""
        state, n_before = CUT_BACK, n
        while state == CUT_BACK:
            n, self.at, state = index_records(self.source.data, self.at, until, n, self._shape, self._bounds(), index)
            if state == CUT_BACK:
                self.note(self.source.base + self.at, HEADER_DAMAGED, 0)
        if n > n_before:
            first = self._times[0] if self._times else int(index.ts_ns[n_before]) // NS_PER_S
            self._times = first, int(index.ts_ns[n - 1]) // NS_PER_S
        if state == ENDED and self.is_end and self._is_unlikely():
            state = DAMAGED
        if state == DAMAGED:
            self.lose(HEADER_DAMAGED, self.at, self.at + 1)
        return n, state

    def _bounds(self) -> Bounds:
        low, high = (min(self._times), max(self._times)) if self._times else (TIME_SLACK_S + 1, 1 << 32)
        return Bounds(low - TIME_SLACK_S, high + TIME_SLACK_S, int(self.is_end), int(self._times is not None))

    def _is_unlikely(self) -> bool:
        """Return whether the record that seems to go on behind the end of the file breaks a rule."""
        data, any_time = self.source.data, Bounds(0, 1 << 32, 1, 0)
        is_whole = self.at + self._shape.header_bytes <= data.size
        return is_whole and not is_sound(data, self.at, self._shape, any_time)

    def search(self, index: PacketIndex, n: int) -> int:
        """Look for the next records."""
        data = self.source.data
        self.at, state = find_record(data, self.at, data.size, self._shape, self._bounds())
        return int(state)


def _lengths(version: tuple[int, int]) -> int:
    """Return how lengths stand: since 2.4 the captured one first, before 2.3 last, in 2.3 either way."""
    if version[0] == DG_UX or (2, 0) <= version < (2, 3):
        return LENGTHS_SWAPPED
    return LENGTHS_MAYBE_SWAPPED if version == (2, 3) else LENGTHS_AS_IS
