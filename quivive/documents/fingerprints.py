"""The fingerprints of a text under a key, piece by piece, so that long texts need no more memory than short ones."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels import winnowing
from quivive.kernels.winnowing import GRAM, WINDOW

PIECE = 1 << 18
"""Bytes taken at a time, few enough to stay in the cache; pieces overlap, so that no fingerprint is lost between."""
OVERLAP = GRAM + WINDOW - 2
KEY_BYTES = 16


class Fingerprints(NamedTuple):
    """What stands for a text.

    hashes: uint64 (n,) in the order of the text     places: int64 (n,) first sign of each, in signs that count
    first, stop: int64 (n,) the bytes of the content that each covers
    n_signs: letters and digits of the text          exact: keyed hash of the whole content
    """

    hashes: NDArray[np.uint64]
    places: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    n_signs: int
    exact: str


def fingerprints(content: bytes, key: bytes) -> Fingerprints:
    """Return the fingerprints of a text. key: 16 bytes."""
    data = np.frombuffer(content, np.uint8)
    pieces = _Pieces(key, min(data.size, PIECE))
    for start in range(0, data.size, PIECE):
        pieces.take(data[start : start + PIECE], start)
    exact = hmac.new(key, content, hashlib.sha256).hexdigest()[:32]
    hashes, places, first, stop = (np.concatenate(column) for column in pieces.columns())
    return Fingerprints(hashes, places, first, stop, pieces.n_signs, exact)


class _Pieces:
    """The text of a content, piece by piece: the last signs of one begin the next."""

    def __init__(self, key: bytes, size: int) -> None:
        self._low, self._high = (np.uint64(half) for half in np.frombuffer(key[:KEY_BYTES], "<u8"))
        room = size + OVERLAP
        self._text, self._origin = np.empty(room, np.uint8), np.empty(room, np.int64)
        self._hash, self._place = np.empty(room + 1, np.uint64), np.empty(room + 1, np.int64)
        self._ring = np.empty(WINDOW, np.uint64)
        self._carried = 0
        self._last = -1
        self.n_signs = 0
        self._found: list[tuple[NDArray[Any], ...]] = []

    def columns(self) -> list[list[NDArray[Any]]]:
        """Return hashes, places, first and last bytes, each piece by piece."""
        empty = (np.empty(0, np.uint64), *(np.empty(0, np.int64) for _ in range(3)))
        return [list(column) for column in zip(empty, *self._found, strict=True)]

    def take(self, data: NDArray[np.uint8], start: int) -> None:
        """Find the fingerprints of the next bytes, which begin at `start` in the content."""
        text, origin = self._text[self._carried :], self._origin[self._carried :]
        n = int(winnowing.fold(data, winnowing.FOLDED, text, origin))
        origin[:n] += start
        base, size = self.n_signs - self._carried, self._carried + n
        count = int(winnowing.winnow(self._text, np.int64(size), self._ring, self._hash, self._place))
        winnowing.keyed(self._hash, np.int64(count), self._low, self._high)
        place = self._place[:count]
        fresh = place + base > self._last
        place = place[fresh]
        if place.size:
            stop = self._origin[place + (GRAM - 1)] + 1
            self._found.append((self._hash[:count][fresh], place + base, self._origin[place], stop))
            self._last = int(place[-1]) + base
        self.n_signs += n
        kept = min(size, OVERLAP)
        self._text[:kept] = self._text[size - kept : size].copy()
        self._origin[:kept] = self._origin[size - kept : size].copy()
        self._carried = kept
