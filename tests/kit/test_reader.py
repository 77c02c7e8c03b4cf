import bz2
import gzip
import lzma
import sys
from pathlib import Path

import lz4.frame
import pytest

from quivive.kit.reader import open_capture
from quivive.model.errors import CaptureError, UnknownFormat
from tests.capture.reading import COMPRESSIONS, READERS, Packet, read_file

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CAPTURE = bytes.fromhex(
    "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000"  # pcap 2.4, snap length 65,535, Ethernet
    "00f15365 00000000 02000000 02000000 cafe"  # 2023-11-14 22:13:20, 2 bytes
)
PACKETS = [Packet(b"\xca\xfe", 1_700_000_000 * 10**9, 2)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "capture"


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (bytes, ""),
        (gzip.compress, "gz"),
        (zstd.compress, "zst"),
        (lz4.frame.compress, "lz4"),
        (lzma.compress, "xz"),
        (bz2.compress, "bz2"),
        (lambda data: zstd.compress(gzip.compress(data)), "zst+gz"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_capture_is_read_in_every_packing(path, pack, name):
    path.write_bytes(pack(CAPTURE))
    packets, info = read_file(path)

    assert packets == PACKETS
    assert (info.format, info.compression, info.troubles) == ("pcap", name, [])


def test_what_is_no_capture_is_told_with_what_it_begins(path):
    path.write_bytes(b"Date,Time,Badge\n")
    with pytest.raises(UnknownFormat) as raised:
        open_capture(path, READERS, COMPRESSIONS)
    assert str(raised.value) == (
        f"{path} is not a capture: it begins with 44 61 74 65 2c 54 69 6d; "
        "quivive reads pcap and pcapng, plain or in bzip2, gzip, lz4, xz, zstd"
    )


@pytest.mark.parametrize(
    ("head", "advice"),
    [
        (b"PK\3\4", "is a zip archive: unpack it first"),
        (b"snoop\0\0\0\0\0\0\2", "is a snoop capture: convert it, as with `editcap -F pcapng`"),
    ],
)
def test_what_people_hand_in_for_captures_gets_advice(path, head, advice):
    path.write_bytes(head + bytes(40))
    with pytest.raises(UnknownFormat, match="capture is a") as raised:
        open_capture(path, READERS, COMPRESSIONS)
    assert str(raised.value) == f"{path} {advice}"


def test_a_missing_file_is_an_error_of_captures():
    with pytest.raises(CaptureError, match="does not exist"):
        open_capture(Path("no/such/file"), READERS, COMPRESSIONS)


def test_packets_that_come_while_a_file_is_read_are_read_too(path):
    record = CAPTURE[24:]
    path.write_bytes(CAPTURE + record[:10])
    reader = open_capture(path, READERS, COMPRESSIONS)
    batches = reader.batches()

    first = next(batches)
    with path.open("ab") as file:
        file.write(record[10:] + record + record[:5])
    rest = list(batches)

    assert [batch.start.size for batch in (first, *rest)] == [1, 2]
    assert [trouble[:2] for trouble in reader.info.troubles] == [(24 + 54, "the last record is cut short")]
    reader.source.close()


def test_batches_are_bounded_and_do_not_share_their_index(path):
    path.write_bytes(CAPTURE + CAPTURE[24:] * 300_000)
    reader = open_capture(path, READERS, COMPRESSIONS)
    batches = list(reader.batches())

    assert [batch.start.size for batch in batches] == [131_072, 131_072, 300_001 - 2 * 131_072]
    starts = [int(start) for batch in batches for start in batch.start]
    assert starts == list(range(40, 40 + 18 * 300_001, 18))
    reader.source.close()


def test_batches_of_long_packets_are_bounded_in_bytes(path):
    record = CAPTURE[24:32] + (200_000).to_bytes(4, "little") * 2 + bytes(200_000)
    path.write_bytes(gzip.compress(CAPTURE[:24] + record * 400, 1))
    reader = open_capture(path, READERS, COMPRESSIONS)

    sizes = [int(batch.stop[-1] - batch.start[0]) for batch in reader.batches()]

    assert len(sizes) == 3
    assert max(sizes) <= (1 << 25) + 200_016
    reader.source.close()
