"""pcapng captures (draft-ietf-opsawg-pcapng): sections of blocks, each section with its own interfaces."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import numpy as np

from quivive.kernels import blocks
from quivive.kernels.blocks import (
    BLOCK,
    BLOCK_BYTES,
    MISMATCHED,
    NO_BLOCK,
    Section,
    Tally,
    find_block,
    told_length,
    walk_blocks,
)
from quivive.kernels.records import DAMAGED, ENDED, FULL, PacketIndex
from quivive.kit.indexed_reader import IndexedReader
from quivive.kit.source import Source
from quivive.messages import pcapng_options as said
from quivive.messages.pcapng_options import ByteOrder, options, text
from quivive.model.limits import LIST_ITEMS

MAGIC = blocks.SECTION_HEADER.to_bytes(4, "big")
ORDERS: dict[bytes, ByteOrder] = {
    blocks.BYTE_ORDER_MAGIC.to_bytes(4, "big"): "big",
    blocks.BYTE_ORDER_MAGIC.to_bytes(4, "little"): "little",
}
MAJOR_VERSION = 1
SECTION_BYTES, INTERFACE_BYTES, STATISTICS_BYTES, SECRETS_BYTES = 28, 20, 24, 20
"""Shortest block of each kind that Python reads."""

MOST_BLOCK_BYTES = 1 << 24
"""Longest block believed, twice what a jumbo of a packet and its options come to; half a source's window."""

MAX_INTERFACES = 1 << 14
"""Interfaces listed per capture, and described per section: real ones have tens; `cat` of a year's files, thousands."""

MAX_SECRETS, MAX_SECRETS_BYTES = LIST_ITEMS, 1 << 24
"""Decryption secrets kept: a browser's day of TLS keys is about 1 MB."""

LENGTH_DAMAGED = "a block's length is damaged"
LEFT_OUT = (
    (blocks.UNKNOWN_INTERFACE, "packets name an interface that is not described and are left out"),
    (blocks.BROKEN, "packets are longer than their blocks and are left out"),
)
ODD_TIMES = (
    (blocks.TIMELESS, "packets bear no time and are given that of the packet before"),
    (blocks.TOO_LATE, "packets bear times beyond the year 2262 and are set to its spring"),
)
KEY_LOG = re.compile(rb"[A-Z0-9_]+ [0-9A-Fa-f]{16,} [0-9A-Fa-f]{16,}")
"""A line of a TLS key log (RFC 9850): some writers put it in a comment."""


class Pcapng(IndexedReader):
    """A pcapng file."""

    name: ClassVar[str] = "pcapng"
    title: ClassVar[str] = "pcapng"
    spec: ClassVar[str] = "draft-ietf-opsawg-pcapng"

    @classmethod
    def claims(cls, head: bytes) -> bool:
        """Return whether a file begins with a section header block; of a shorter head its type is enough."""
        return head[:4] == MAGIC and (len(head) < BLOCK_BYTES or head[8:12] in ORDERS)

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._order: ByteOrder = "little"
        self._interfaces = np.zeros((16, blocks.INTERFACE_COLUMNS), np.int64)
        self._n_interfaces = 0
        self._trusted_at = -1
        """Byte of the capture, for Section.trusted_at."""
        self._odd_times_noted: set[int] = set()
        self._tally = Tally(np.zeros(blocks.COUNTS, np.int64), np.zeros((LIST_ITEMS, 2), np.int64))
        self._n_secret_bytes = 0
        self._listed: list[dict[str, Any]] = self.info.interfaces

    def begin(self) -> bool:
        """Begin with the first section, a block like any other."""
        return True

    def walk(self, index: PacketIndex, n: int, until: int) -> tuple[int, int]:
        """Read blocks from `at` on."""
        state = BLOCK
        while state == BLOCK:
            data = self.source.data
            n, self.at, state = walk_blocks(
                data, self.at, until, n, self._section(), self._interfaces, index, self._tally
            )
            self._drain_tally()
            if state == BLOCK:
                state = self._read_block()
            elif state == MISMATCHED:
                state = self._weigh_length()
        if state == ENDED and self.is_end and self._is_followed():
            state = DAMAGED
        if state == DAMAGED:
            self.lose(LENGTH_DAMAGED, self.at, self.at + 4)
        return n, state

    def search(self, index: PacketIndex, n: int) -> int:
        """Look for the next block."""
        self.at, state = find_block(self.source.data, self.at, self._section(), int(self.is_end))
        return int(state)

    def _section(self) -> Section:
        trusted_at = self._trusted_at - self.source.base
        return Section(int(self._order == "big"), MOST_BLOCK_BYTES, trusted_at, self._n_interfaces)

    def _word(self, at: int) -> int:
        return int.from_bytes(self.source.data[at : at + 4].tobytes(), self._order)

    def _drain_tally(self) -> None:
        counts, data, base = self._tally.counts, self.source.data, self.source.base
        if not counts[: blocks.LAST_NS].any():
            return
        for what, reason in LEFT_OUT:
            if counts[what]:
                self.note(base + int(counts[what + 1]), reason)
        for what, reason in ODD_TIMES:
            if counts[what] and what not in self._odd_times_noted:
                self._odd_times_noted.add(what)
                self.note(base + int(counts[what + 1]), reason, 0)
        for start, stop in self._tally.comments[: counts[blocks.N_COMMENTS]]:
            self._comment(data[start:stop].tobytes())
        counts[: blocks.LAST_NS] = 0

    def end_batch(self) -> None:
        """Take over what packets told of lost ones."""
        matrix = self._interfaces[: self._n_interfaces]
        for number, n_dropped in matrix[matrix[:, blocks.N_DROPPED] > 0][:, (blocks.NUMBER, blocks.N_DROPPED)]:
            self._count_drops(number, int(n_dropped))

    def _count_drops(self, number: int, n_dropped: int) -> None:
        """Note how many packets an interface lost so far: the greatest of what packets and statistics tell."""
        more = n_dropped - self._listed[number]["n_dropped"]
        if more > 0:
            self._listed[number]["n_dropped"] += more
            self.info.n_dropped += more

    def _comment(self, value: bytes) -> None:
        if KEY_LOG.match(value):
            self._keep_secret("tls", value)
            value = b"(TLS keys)"
        if len(self.info.comments) < LIST_ITEMS:
            self.info.comments.append(text(value))

    def _weigh_length(self) -> int:
        """Decide of a block whose lengths differ: the leading one is believed where another block follows."""
        next_at = self.at + self._word(self.at + 4)
        if next_at + BLOCK_BYTES > self.source.data.size and not self.is_end:
            return ENDED
        if next_at != self.source.data.size and told_length(self.source.data, next_at, self._section()) == NO_BLOCK:
            return DAMAGED
        self.note(self.source.base + self.at, "a block's two lengths differ", 0)
        self._trusted_at = self.source.base + self.at
        return BLOCK

    def _is_followed(self) -> bool:
        """Return whether whole blocks follow the one that seems to go on behind the end of the file."""
        _, state = find_block(self.source.data, self.at + 4, self._section(), 1)
        return bool(state == FULL)

    def _read_block(self) -> int:
        """Read the section header, interface, statistics or secrets at `at` and step behind it."""
        data = self.source.data
        head = data[self.at : self.at + BLOCK_BYTES].tobytes()
        if head[:4] == MAGIC:
            if head[8:] not in ORDERS:
                return DAMAGED
            self._order = ORDERS[head[8:]]
        kind, total = (int.from_bytes(head[at : at + 4], self._order) for at in (0, 4))
        if total < BLOCK_BYTES or total > MOST_BLOCK_BYTES:
            return DAMAGED
        if self.at + total > data.size:
            return ENDED
        is_trusted = self._trusted_at == self.source.base + self.at
        if not is_trusted and self._word(self.at + total - 4) != total:
            return self._weigh_length()
        least, read = {
            blocks.SECTION_HEADER: (SECTION_BYTES, self._begin_section),
            blocks.INTERFACE: (INTERFACE_BYTES, self._add_interface),
            blocks.STATISTICS: (STATISTICS_BYTES, self._add_statistics),
            blocks.SECRETS: (SECRETS_BYTES, self._add_secrets),
        }[kind]
        if total < least:
            self.note(self.source.base + self.at, "a block is too short for what it must hold", total)
        read(data[self.at + 8 : self.at + total - 4].tobytes())
        self.at += total
        return BLOCK

    def _begin_section(self, body: bytes) -> None:
        self.end_batch()
        self._n_interfaces = 0
        if int.from_bytes(body[4:6], self._order) != MAJOR_VERSION:
            self.note(self.source.base + self.at, "a section is of an unknown version", 0)
        info = self.info
        for code, value in options(body[16:], self._order):
            if code == said.COMMENT:
                self._comment(value)
            elif code == said.HARDWARE:
                info.hardware = info.hardware or text(value)
            elif code == said.OS:
                info.os = info.os or text(value)
            elif code == said.APPLICATION:
                info.application = info.application or text(value)

    def _add_interface(self, body: bytes) -> None:
        if self._n_interfaces == MAX_INTERFACES:
            self.note(self.source.base + self.at, "more interfaces are described than are believed")
            return
        described = said.read_interface(body, self._order)
        for comment in described.comments:
            self._comment(comment)
        if len(self._listed) < MAX_INTERFACES:
            self._listed.append(described.facts)
        if self._n_interfaces == len(self._interfaces):
            self._interfaces = np.concatenate((self._interfaces, np.zeros_like(self._interfaces)))
        self._interfaces[self._n_interfaces] = (len(self._listed) - 1, *described.row, 0)
        self._n_interfaces += 1

    def _add_statistics(self, body: bytes) -> None:
        row = int.from_bytes(body[:4], self._order)
        if row >= self._n_interfaces:
            self.note(self.source.base + self.at, "statistics name an interface that is not described", 0)
            return
        number = int(self._interfaces[row, blocks.NUMBER])
        counts = said.read_counts(body[12:], self._order)
        self._listed[number]["n_received"] = max(self._listed[number]["n_received"], counts.n_received)
        self._count_drops(number, counts.n_dropped)

    def _add_secrets(self, body: bytes) -> None:
        size = int.from_bytes(body[4:8], self._order)
        kind = said.secret_kind(int.from_bytes(body[:4], self._order))
        self._keep_secret(kind, body[8 : 8 + size])

    def _keep_secret(self, kind: str, secret: bytes) -> None:
        if len(self.info.secrets) == MAX_SECRETS or self._n_secret_bytes + len(secret) > MAX_SECRETS_BYTES:
            self.note(self.source.base + self.at, "more decryption secrets are given than are kept", len(secret))
            return
        self._n_secret_bytes += len(secret)
        self.info.secrets.append((kind, secret))
