"""What a case folder holds, in every form it can be read in; and marks of packets that must not be there."""

from __future__ import annotations

import ipaddress
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quivive.engine.captures import CaptureSet
from quivive.engine.decode import Decoder
from quivive.engine.identify import Catalogue
from quivive.kernels.headers import LINK_MESSAGE, OK
from quivive.kernels.text import address_text

WINDOW_BYTES, WINDOWS_A_PACKET = 12, 3
WORD = re.compile(rb"[A-Za-z0-9_.-]{9,40}")


@dataclass
class Seen:
    """One capture, packet by packet: bytes, both addresses (None: not known), time."""

    packets: list[bytes] = field(default_factory=list)
    ends: list[tuple[str, str] | None] = field(default_factory=list)
    ts_ns: list[int] = field(default_factory=list)

    def hosts(self) -> list[str]:
        """Return all addresses, sorted."""
        return sorted({end for ends in self.ends if ends for end in ends})


def seen_in(path: Path) -> Seen:
    """Decode a capture without any scope."""
    seen = Seen()
    with CaptureSet([path]) as captures:
        decoder = Decoder(link_claims=Catalogue().link_claims())
        for buffer, origin in captures.arrivals():
            packets = decoder.decode(buffer, origin)
            for i in range(origin.size):
                seen.packets.append(buffer.data[buffer.start[i] : buffer.stop[i]].tobytes())
                halves = [int(column[i]) for column in packets[packets._fields.index("src_high") :][:4]]
                ends = (address_text(*halves[:2]), address_text(*halves[2:])) if packets.declined[i] == OK else None
                if packets.declined[i] == LINK_MESSAGE:
                    ends = _arp_ends(buffer.data[packets.at[i] : packets.end[i]].tobytes())
                seen.ends.append(ends)
                seen.ts_ns.append(int(buffer.ts_ns[i]))
    return seen


def _arp_ends(message: bytes) -> tuple[str, str] | None:
    """Return whom an ARP message is about (RFC 826), None for any other message on the link."""
    if message[2:6] != bytes.fromhex("0800 0604") or len(message) < 28:
        return None
    return str(ipaddress.IPv4Address(message[14:18])), str(ipaddress.IPv4Address(message[24:28]))


@dataclass
class Marks:
    """Bytes and addresses that stand in packets out of scope, and in none in scope."""

    windows: set[bytes]
    words: set[bytes]
    addresses: set[str]


def marks_of(seen: Seen, own: set[str], dice: random.Random) -> Marks:
    """Return marks of the packets of which no end is in `own`; what was not decoded counts as out of scope."""
    is_in = [ends is not None and bool(own & set(ends)) for ends in seen.ends]
    inside = b"\0".join(packet for packet, kept in zip(seen.packets, is_in, strict=True) if kept)
    lower, dotted = inside.lower(), _dotted(inside)
    marks = Marks(set(), set(), set())
    for packet, ends, kept in zip(seen.packets, seen.ends, is_in, strict=True):
        if kept:
            continue
        for _ in range(WINDOWS_A_PACKET if len(packet) > 14 + WINDOW_BYTES else 0):
            at = dice.randrange(14, len(packet) - WINDOW_BYTES)
            window = packet[at : at + WINDOW_BYTES]
            if len(set(window)) >= 8 and window not in inside and _dotted(window) not in dotted:
                marks.windows.add(window)
        words = {word.lower() for word in WORD.findall(packet[14:])}
        marks.words |= {word for word in words if word not in lower and _as_labels(word) not in lower}
        for end in ends or ():
            forms = (ipaddress.ip_address(end).packed, end.encode(), end.encode("utf-16-le"))
            if not any(form in inside for form in forms):
                marks.addresses.add(end)
    return marks


def _dotted(text: bytes) -> bytes:
    """Return bytes in lower case, with a dot for all that can be the length of a label in a name."""
    return text.lower().translate(bytes(46 if byte < 45 else byte for byte in range(256)))


def _as_labels(name: bytes) -> bytes:
    """Return a name as DNS writes it: each label behind its length (RFC 1035, 3.1)."""
    return b"".join(bytes([len(label)]) + label for label in name.strip(b".").split(b"."))


def haystack_of(case: Path) -> tuple[bytes, set[bytes]]:
    """Return all bytes of a case folder, files as they lie and tables as values; and the values that are bytes."""
    parts, binary = [], set()
    for path in sorted(case.rglob("*")):
        parts.append(str(path.relative_to(case)).encode())
        if path.is_file():
            parts.append(path.read_bytes())
        if path.suffix == ".parquet":
            for column in pq.read_table(path).columns:
                values = column.combine_chunks()
                values = values.flatten() if pa.types.is_list(values.type) else values
                if pa.types.is_binary(values.type):
                    binary |= {value for value in values.to_pylist() if value is not None}
                    parts += sorted(binary)
                elif pa.types.is_string(values.type):
                    parts += [value.encode() for value in values.unique().to_pylist() if value is not None]
                else:
                    parts.append(np.array(values.drop_null().cast(pa.int64(), safe=False)).tobytes())
    return b"\n".join(parts), binary


def leaks_of(marks: Marks, case: Path, known: bytes) -> list[str]:
    """Return the marks that the case holds, in any form, and that `known` (a case of nothing) does not."""
    haystack, binary = haystack_of(case)
    lower, found = haystack.lower(), []
    words = {part for word in re.findall(rb"[a-z0-9_.-]{9,}", lower) for part in (word, *word.split(b"."))}
    for window in marks.windows:
        if window in haystack or window.hex().encode() in lower:
            found.append(f"bytes {window.hex()}")
    for word in marks.words:
        if word in words and word not in known:
            found.append(f"word {word!r}")
    for address in marks.addresses:
        packed = ipaddress.ip_address(address).packed
        mapped = packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed
        is_told = re.search(rb"(?<![\w.:])" + re.escape(address.encode()) + rb"(?![\w.:])", haystack)
        if is_told or mapped in binary or mapped in haystack:
            found.append(f"address {address}")
    return found
