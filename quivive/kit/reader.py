"""The contract of a file in capture/.

A reader turns bytes into PacketBuffers. It never raises for damage behind the first packet: what is unreadable becomes
a `Trouble`, and reading goes on where it can. It holds one batch at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from quivive.kit.source import Source
from quivive.model.packet_buffer import PacketBuffer


class Trouble(NamedTuple):
    """What could not be read: where in the (uncompressed) capture, why, and how many bytes or packets it cost (-1: unknown)."""

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
