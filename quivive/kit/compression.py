"""The contract of a file in compressions/, and the reading of what is so packed.

A file names one compression: how it is recognised, and what decodes one member of it. Members standing one after
another (as gzip, zstd, lz4 and xz allow, and `cat` makes) are read as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from quivive.model.limits import CAPTURE_RATIO

FEED_BYTES = 1 << 14
"""Packed bytes given to a decoder at a time: some decoders copy what they could not use yet."""

STEP_BYTES = 1 << 12
"""Unpacked bytes asked for at a time: a decoder that fails takes at most so many good ones with it."""

RATIO_FREE_BYTES = 64 << 20
"""Unpacked bytes that need not keep to CAPTURE_RATIO: the short capture of an idle line may pack better."""

IDLE_STEPS = 4
"""A decoder may turn from data to trailer without a byte; one that goes on so would go on for ever."""

HEAD_BYTES = 64
"""What is enough to recognise a compression or a capture."""


class Bytes(Protocol):
    """A stream of bytes, read once from the front."""

    troubles: list[str]
    """Why it ended before its time, if it did."""

    @property
    def raw_bytes(self) -> int:
        """Bytes taken so far from the file at the bottom of all wrappings."""
        ...

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, empty at the end; never raises."""
        ...


class Decoder(Protocol):
    """What decodes one member; the interface of bz2.BZ2Decompressor, lzma.LZMADecompressor and their like."""

    @property
    def eof(self) -> bool:
        """Whether the member's end has been met."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing comes before more is fed."""
        ...

    @property
    def unused_data(self) -> bytes | None:
        """What was fed beyond the member's end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to max_length bytes; raises one of its compression's `faults` for damage."""
        ...


@dataclass(frozen=True)
class Compression:
    """One compression.

    magic:    what a file so packed begins with
    decoder:  makes what decodes one member
    faults:   what a decoder raises for damaged bytes
    between:  what else a later member may begin with
    """

    name: str
    title: str
    spec: str
    magic: re.Pattern[bytes]
    decoder: Callable[[], Decoder]
    faults: tuple[type[Exception], ...]
    between: re.Pattern[bytes] | None = None

    def claims(self, head: bytes) -> bool:
        """Return whether a file that begins with `head` (up to HEAD_BYTES) is so packed."""
        return self.magic.match(head) is not None

    def goes_on(self, head: bytes) -> bool:
        """Return whether `head` behind a member's end is another member."""
        return self.claims(head) or (self.between is not None and self.between.match(head) is not None)

    def open(self, packed: Bytes) -> Unpacked:
        """Return the stream that `packed` holds."""
        return Unpacked(self, packed)


class Unpacked:
    """The unpacked bytes of a stream; damage and a cut end it, and all before them is given."""

    def __init__(self, compression: Compression, packed: Bytes) -> None:
        self.troubles: list[str] = packed.troubles
        self._compression = compression
        self._packed = packed
        self._decoder = compression.decoder()
        self._faults: tuple[type[Exception], ...] = (*compression.faults, MemoryError)
        self._waiting = b""
        self._n_out = 0
        self._n_idle = 0
        """Steps in a row in which nothing went in or came out."""
        self._is_dry = False
        self._is_over = False

    @property
    def raw_bytes(self) -> int:
        """Bytes taken so far from the file at the bottom of all wrappings."""
        return self._packed.raw_bytes

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, empty at the end; never raises."""
        while not self._is_over:
            try:
                piece = self._step(min(size, STEP_BYTES))
            except self._faults as error:
                self._stop(f"{self._compression.title} data is damaged ({error or type(error).__name__})")
                break
            if piece:
                return self._counted(piece)
        return b""

    def _step(self, size: int) -> bytes:
        decoder = self._decoder
        if decoder.eof:
            self._next_member(decoder.unused_data or b"")
            return b""
        feed = b""
        if self._waiting or decoder.needs_input or self._is_dry:
            feed, self._waiting = self._waiting or self._packed.read(FEED_BYTES), b""
            self._is_dry = not feed
        piece = decoder.decompress(feed, size)
        if self._is_dry and not piece and not decoder.eof:
            self._stop(f"{self._compression.title} data is cut short")
        self._n_idle = 0 if piece or feed else self._n_idle + 1
        if self._n_idle == IDLE_STEPS:
            self._stop(f"{self._compression.title} data is damaged (it leads nowhere)")
        return piece

    def _next_member(self, rest: bytes) -> None:
        """Go on behind a member's end: zero padding is stepped over, anything else must be a member again."""
        rest = rest.lstrip(b"\0")
        while len(rest) < HEAD_BYTES and (more := self._packed.read(FEED_BYTES)):
            rest = (rest + more).lstrip(b"\0")
        if rest and self._compression.goes_on(rest[:HEAD_BYTES]):
            self._decoder, self._waiting = self._compression.decoder(), rest
            return
        self._is_over = True
        if rest:
            self._stop(f"what follows the {self._compression.title} data is not part of it")

    def _counted(self, piece: bytes) -> bytes:
        self._n_out += len(piece)
        if self._n_out > RATIO_FREE_BYTES and self._n_out > CAPTURE_RATIO * self.raw_bytes:
            self._stop(f"{self._compression.title} data unpacks to more than {CAPTURE_RATIO} times its size")
        return piece

    def _stop(self, reason: str) -> None:
        self._is_over = True
        self.troubles.append(f"{reason}, near byte {self.raw_bytes} of the file")
