"""The bytes of one capture: a memory map of a plain file, or a sliding window of what is read from the front."""

from __future__ import annotations

import hashlib
import mmap
import os
import threading
from abc import ABC, abstractmethod
from collections import deque
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from quivive.kit.compression import HEAD_BYTES, Bytes
from quivive.model.limits import BATCH_BYTES

WINDOW_BYTES = BATCH_BYTES
"""Bytes of a stream held at a time. The largest record believed is half of it, so one whole record always fits."""

KEPT_BATCHES = 3
"""Batches whose pages stay: one in use, one being decoded ahead of it, one just handed out."""

MAX_GROWTHS = 64
"""Times a file that is still written to is looked at again; each time costs one more map."""

CHUNK_BYTES = 1 << 20
"""Bytes read or hashed at a time."""


class Source(ABC):
    """One view of the bytes of one capture, uncompressed.

    data:         uint8 (n,)  what is in reach now; bytes once seen never change or move while an array of them lives
    base:         offset of data[0] in the uncompressed capture
    name:         what to call it in a message: the path, or "standard input"
    compression:  names of the compressions unwrapped, outermost first, joined by "+"; empty for none
    size_bytes:   length of the file as it lies on the disk, -1 where it cannot be known
    troubles:     (offset, reason) of what cut the bytes short
    """

    def __init__(self, name: str, compression: str, size_bytes: int) -> None:
        self.name = name
        self.compression = compression
        self.size_bytes = size_bytes
        self.data: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.base = 0
        self.troubles: list[tuple[int, str]] = []

    @property
    @abstractmethod
    def at_bytes(self) -> int:
        """How far in the file reading has come, of size_bytes."""

    @abstractmethod
    def advance(self, keep: int) -> bool:
        """Drop the bytes before data[keep] and bring more behind them; False, and nothing changes, at the end.

        True moves `base` on by `keep`. A `keep` beyond the data skips bytes that have not come yet.
        """

    @abstractmethod
    def release(self, stop: int) -> None:
        """Hear that a batch that ends before data[stop] goes out; memory of batches long gone is given back."""

    @abstractmethod
    def hash_async(self) -> None:
        """Begin to compute the file's hash beside the reading, where that can be."""

    @abstractmethod
    def sha256(self) -> str:
        """Return the hash of the file as it lies on the disk, in hex; empty where not all of it could be read.

        Ask at the end of reading, before closing; waits for what is not computed yet. Of a file that is still
        written to it covers the first size_bytes, of a pipe all that was taken from it.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the file; arrays already handed out stay good."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class MappedSource(Source):
    """A plain file in a private memory map."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(name, "", os.fstat(file.fileno()).st_size)
        self._file = file
        self._map = _private_map(file, self.size_bytes)
        self.data = np.frombuffer(self._map, np.uint8)
        self._batch_ends: deque[int] = deque(maxlen=KEPT_BATCHES)
        self._released = 0
        self._at = 0
        self._growths = 0
        self._sha256 = hashlib.sha256()
        self._hashed_bytes = 0
        self._hashing: threading.Thread | None = None
        self._is_closed = False

    @property
    def at_bytes(self) -> int:
        """How far in the file reading has come."""
        return self._at

    def advance(self, keep: int) -> bool:
        """Take in what was appended to the file since it was mapped."""
        at, size = self.base + keep, os.fstat(self._file.fileno()).st_size
        if size <= max(self.size_bytes, at):
            return False
        if self._growths == MAX_GROWTHS:
            self.troubles.append((self.size_bytes, "the file is still written to"))
            return False
        self._growths += 1
        self._map, self._released = _private_map(self._file, size), 0
        self.size_bytes, self.base = size, at
        self.data = np.frombuffer(self._map, np.uint8)[at:]
        return True

    def release(self, stop: int) -> None:
        """Give back the pages of batches long gone: they can be read again, but do not count as ours."""
        self._at = self.base + stop
        if len(self._batch_ends) == KEPT_BATCHES:
            end = self._batch_ends[0] // mmap.PAGESIZE * mmap.PAGESIZE
            if end > self._released and hasattr(mmap, "MADV_DONTNEED"):
                self._map.madvise(mmap.MADV_DONTNEED, self._released, end - self._released)
                self._released = end
        self._batch_ends.append(self._at)
        self._notice_shrinking()

    def _notice_shrinking(self) -> None:
        """Stop before the end of a file that was cut since: touching a page that is gone ends the process."""
        size = os.fstat(self._file.fileno()).st_size
        if size < self.size_bytes:
            self.troubles.append((size, "the file was cut short while it was read"))
            self.size_bytes, self.data = size, self.data[: max(size - self.base, 0)]

    def hash_async(self) -> None:
        """Begin to hash in a thread of its own: hashing holds no lock of Python's."""
        if self._hashing is None:
            self._hashing = threading.Thread(target=self._hash, name="sha256", daemon=True)
            self._hashing.start()

    def sha256(self) -> str:
        """Return the hash of all that was mapped."""
        if self._hashing is not None:
            self._hashing.join()
        self._hash()
        return self._sha256.hexdigest() if self._hashed_bytes == self.size_bytes else ""

    def _hash(self) -> None:
        while self._hashed_bytes < self.size_bytes and not self._is_closed:
            size = min(CHUNK_BYTES, self.size_bytes - self._hashed_bytes)
            try:
                chunk = os.pread(self._file.fileno(), size, self._hashed_bytes)
            except OSError:
                return
            if not chunk:
                return
            self._sha256.update(chunk)
            self._hashed_bytes += len(chunk)

    def close(self) -> None:
        """Let go of the file."""
        self._is_closed = True
        if self._hashing is not None:
            self._hashing.join()
        self._file.close()


class StreamSource(Source):
    """Bytes that come from the front only: compressed files, pipes, standard input.

    Each window is memory of its own, so that batches of earlier windows stay good.
    """

    def __init__(
        self, stream: Bytes, raw: RawFile, name: str, compression: str = "", *, window_bytes: int = WINDOW_BYTES
    ) -> None:
        super().__init__(name, compression, raw.size_bytes)
        self._stream = stream
        self._raw = raw
        self._window_bytes = window_bytes
        self.advance(0)

    @property
    def at_bytes(self) -> int:
        """How far in the file reading has come."""
        return self._raw.raw_bytes

    def advance(self, keep: int) -> bool:
        """Open the next window: what is kept of this one, then as much more as it holds."""
        kept = self.data[keep:]
        base = self.base + min(keep, self.data.size) + self._skip(keep - self.data.size)
        window = np.empty(self._window_bytes, np.uint8)
        window[: kept.size] = kept
        size = kept.size + self._fill(window.data[kept.size :])
        if size < window.size:
            self.troubles += [(base + size, reason) for reason in self._stream.troubles]
            self._stream.troubles.clear()
        if size == kept.size:
            return False
        self.base, self.data = base, window[:size]
        return True

    def _skip(self, size: int) -> int:
        left = size
        while left > 0 and (piece := self._stream.read(min(left, CHUNK_BYTES))):
            left -= len(piece)
        return max(size, 0) - max(left, 0)

    def _fill(self, room: memoryview) -> int:
        n = 0
        while n < len(room) and (piece := self._stream.read(min(len(room) - n, CHUNK_BYTES))):
            room[n : n + len(piece)] = piece
            n += len(piece)
        return n

    def release(self, stop: int) -> None:
        """Do nothing: a window goes with its last array."""

    def hash_async(self) -> None:
        """Do nothing: the hash is computed as the bytes come."""

    def sha256(self) -> str:
        """Return the hash of the whole file, or of all that was taken from a pipe."""
        return self._raw.sha256()

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()


class RawFile:
    """An open file or pipe, read from the front, counted and hashed on the way; a failing disk ends it."""

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.troubles: list[str] = []
        self.raw_bytes = 0
        self._is_broken = False
        self._file = file
        self._sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, empty at the end."""
        try:
            piece = self._file.read(size) or b""
        except OSError as error:
            self._is_broken = True
            self.troubles.append(f"the file cannot be read further: {error.strerror}")
            return b""
        self._sha256.update(piece)
        self.raw_bytes += len(piece)
        return piece

    def sha256(self) -> str:
        """Return the hash; of a file on the disk what was not wanted is read as well."""
        if self._file.closed:
            return ""
        while self.size_bytes >= 0 and self.read(CHUNK_BYTES):
            pass
        return "" if self._is_broken else self._sha256.hexdigest()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Headed:
    """A stream whose first bytes have been looked at."""

    def __init__(self, stream: Bytes) -> None:
        self.troubles = stream.troubles
        self._stream = stream
        self._left = b""
        while len(self._left) < HEAD_BYTES and (piece := stream.read(HEAD_BYTES - len(self._left))):
            self._left += piece
        self.head = self._left

    @property
    def raw_bytes(self) -> int:
        """Bytes taken so far from the file at the bottom of all wrappings."""
        return self._stream.raw_bytes

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, empty at the end."""
        if self._left:
            piece, self._left = self._left[:size], self._left[size:]
            return piece
        return self._stream.read(size)


def _private_map(file: BinaryIO, size: int) -> mmap.mmap:
    """Map a file. A private map is writable in Numba's eyes: one kernel type for files and for memory."""
    mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    if hasattr(mmap, "MADV_SEQUENTIAL"):
        mapped.madvise(mmap.MADV_SEQUENTIAL)
    return mapped
