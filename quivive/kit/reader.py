"""The contract of a file in capture/.

A reader turns bytes into PacketBuffers. It never raises for damage behind the first packet: what is unreadable becomes
a `Trouble`, and reading goes on where it can. It holds one batch at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple

from quivive.kit.compression import HEAD_BYTES, Compression
from quivive.kit.opening import open_source
from quivive.kit.source import Source
from quivive.model.errors import UnknownFormat
from quivive.model.packet_buffer import PacketBuffer


class Trouble(NamedTuple):
    """What could not be read: where in the (uncompressed) capture, why, and how many bytes it cost (-1: unknown)."""

    offset: int
    reason: str
    lost_bytes: int = -1


@dataclass
class CaptureInfo:
    """What a capture says of itself; grows while it is read.

    interfaces: one dict each: name, link_type, snap_bytes, ts_resolution, filter, os, n_dropped, n_received
    secrets:    (type, bytes) of decryption secrets blocks
    comments:   section and packet comments, bounded
    """

    format: str = ""
    compression: str = ""
    interfaces: list[dict[str, object]] = field(default_factory=list)
    secrets: list[tuple[str, bytes]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    application: str = ""
    hardware: str = ""
    os: str = ""
    n_dropped: int = 0
    n_snapped: int = 0
    troubles: list[Trouble] = field(default_factory=list)


class Reader(ABC):
    """One capture format."""

    name: ClassVar[str]
    title: ClassVar[str]
    spec: ClassVar[str]

    @classmethod
    @abstractmethod
    def claims(cls, head: bytes) -> bool:
        """Return whether a file that begins with `head` (up to 64 bytes) is of this format."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.info = CaptureInfo(format=self.name)

    @abstractmethod
    def batches(self) -> Iterator[PacketBuffer]:
        """Yield the packets in file order; a batch is good until the next is asked for.

        At most limits.BATCH_PACKETS packets and about limits.BATCH_BYTES bytes a batch.
        """


FOREIGN = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"snoop\0\0\0": "a snoop capture: convert it, as with `editcap -F pcapng`",
    b"GMBU": "a Network Monitor capture: convert it, as with `editcap -F pcapng`",
    b"RTSS": "a Network Monitor capture: convert it, as with `editcap -F pcapng`",
    b"TRSNIFF data": "a Sniffer capture: convert it, as with `editcap -F pcapng`",
    b"XCP\0": "a NetXray capture: convert it, as with `editcap -F pcapng`",
}
"""What people hand in for captures, by first bytes."""


def open_capture(path: Path | None, readers: dict[str, type[Reader]], compressions: dict[str, Compression]) -> Reader:
    """Open a capture, or standard input with None or "-", with the reader that claims it; close its `source` when done.

    Raises CaptureError, or UnknownFormat where no reader claims it, with one line that names the file and the mend.
    """
    source = open_source(path, compressions)
    head = source.data[:HEAD_BYTES].tobytes()
    for reader in readers.values():
        if reader.claims(head):
            return reader(source)
    source.close()
    for magic, what in FOREIGN.items():
        if head.startswith(magic):
            raise UnknownFormat(f"{source.name} is {what}")
    formats = " and ".join(reader.title for reader in readers.values())
    packed = ", ".join(compression.title for compression in compressions.values())
    begins = head[:8].hex(" ")
    raise UnknownFormat(
        f"{source.name} is not a capture: it begins with {begins}; quivive reads {formats}, plain or in {packed}"
    )
