"""Merkle trees over lines (RFC 6962, 2.1): one hash that stands for all of them, in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

LEAF, NODE = b"\0", b"\1"
"""What is hashed before a line, and before two hashes: no line can be taken for a branch."""


class Merkle:
    """A tree that grows line by line; it keeps one hash for each bit of their number."""

    def __init__(self, lines: Iterable[bytes] = ()) -> None:
        self._peaks: list[tuple[int, bytes]] = []
        for line in lines:
            self.add(line)

    def add(self, line: bytes) -> None:
        """Take the next line, without its newline."""
        self.add_leaf(leaf(line))

    def add_leaf(self, top: bytes) -> None:
        """Take the next line by its hash."""
        size = 1
        while self._peaks and self._peaks[-1][0] == size:
            left = self._peaks.pop()[1]
            size, top = 2 * size, hashlib.sha256(NODE + left + top).digest()
        self._peaks.append((size, top))

    @property
    def root(self) -> str:
        """The hash of the tree, in hexadecimal; of no line, that of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        top = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            top = hashlib.sha256(NODE + left + top).digest()
        return top.hex()


def leaf(line: bytes) -> bytes:
    """Return the hash of a line as a leaf."""
    return hashlib.sha256(LEAF + line).digest()
