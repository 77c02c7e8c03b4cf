import hashlib
import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.compression import HEAD_BYTES
from quivive.kit.source import KEPT_BATCHES, Headed, MappedSource, RawFile, StreamSource

CONTENT = bytes(range(256)) * 40


def streamed(data, window_bytes=64):
    raw = RawFile(io.BytesIO(data), len(data))
    return StreamSource(raw, raw, "capture", window_bytes=window_bytes)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(CONTENT)
    return path


def mapped(path):
    return MappedSource(path.open("rb", buffering=0), path.name)


class Failing(io.BytesIO):
    """A disk that fails behind its first bytes."""

    def read(self, size=-1):
        if self.tell() >= 100:
            raise OSError(5, "Input/output error")
        return super().read(min(size, 100))


def test_a_file_is_mapped_whole(path):
    with mapped(path) as source:
        assert source.data.tobytes() == CONTENT
        assert (source.base, source.size_bytes, source.at_bytes, source.compression) == (0, len(CONTENT), 0, "")
        assert source.advance(100) is False
        assert source.data.flags.writeable


def test_writing_to_a_map_leaves_the_file_alone(path):
    with mapped(path) as source:
        source.data[0] = 99
        assert path.read_bytes() == CONTENT


def test_a_file_that_grew_goes_on_where_it_was(path):
    with mapped(path) as source:
        before = source.data
        with path.open("ab") as file:
            file.write(b"more")
        assert source.advance(len(CONTENT) - 2) is True
        assert (source.data.tobytes(), source.base) == (CONTENT[-2:] + b"more", len(CONTENT) - 2)
        assert before.tobytes() == CONTENT
        assert source.advance(6) is False
        assert source.sha256() == hashlib.sha256(CONTENT + b"more").hexdigest()


def test_a_file_cut_while_it_is_read_ends_where_it_now_ends(path):
    with mapped(path) as source:
        source.release(10)
        os.truncate(path, 5000)
        source.release(20)
        assert source.data.tobytes() == CONTENT[:5000]
        assert source.troubles == [(5000, "the file was cut short while it was read")]
        assert source.sha256() == hashlib.sha256(CONTENT[:5000]).hexdigest()


def test_released_pages_can_be_read_again(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(CONTENT * 100)
    with mapped(path) as source:
        for batch in range(1, KEPT_BATCHES + 5):
            source.release(batch * 100_000)
        assert source.at_bytes == (KEPT_BATCHES + 4) * 100_000
        assert source.data.tobytes() == CONTENT * 100


def test_the_hash_is_that_of_the_file(path):
    expected = hashlib.sha256(CONTENT).hexdigest()
    with mapped(path) as source:
        source.hash_async()
        assert source.sha256() == expected
    with mapped(path) as source:
        assert source.sha256() == expected
    source = streamed(CONTENT)
    source.hash_async()
    assert source.sha256() == expected


def test_a_file_closed_too_early_has_no_hash(path):
    source = streamed(CONTENT)
    source.close()
    assert source.sha256() == ""
    source = mapped(path)
    source.close()
    assert source.sha256() == ""


@given(st.lists(st.integers(0, 64), max_size=30), st.integers(0, 1000))
def test_windows_show_the_bytes_from_base_on(keeps, size):
    data = (CONTENT * 2)[:size]
    source = streamed(data)
    windows = [(source.base, source.data)]
    for keep in keeps:
        before, at = source.data.tobytes(), source.base + min(keep, source.data.size)
        if source.advance(min(keep, source.data.size)):
            assert source.base == at
            windows.append((source.base, source.data))
        else:
            assert source.data.tobytes() == before
    for base, window in windows:
        assert window.tobytes() == data[base : base + window.size]


def test_bytes_not_yet_come_can_be_skipped():
    source = streamed(CONTENT)
    assert source.advance(1000) is True
    assert (source.base, source.data.tobytes()) == (1000, CONTENT[1000:1064])
    assert source.advance(100_000) is False


def test_a_window_never_moves_nor_changes():
    source = streamed(CONTENT)
    first = source.data
    source.advance(60)
    assert not np.shares_memory(first, source.data)
    assert first.tobytes() == CONTENT[:64]


def test_a_failing_disk_ends_the_capture():
    raw = RawFile(Failing(CONTENT), len(CONTENT))
    source = StreamSource(raw, raw, "capture", window_bytes=1000)

    assert source.data.tobytes() == CONTENT[:100]
    assert source.troubles == [(100, "the file cannot be read further: Input/output error")]
    assert source.sha256() == ""


def test_progress_counts_the_bytes_of_the_file():
    source = streamed(CONTENT)
    assert (source.at_bytes, source.size_bytes) == (64, len(CONTENT))
    source.release(64)
    source.advance(10)
    assert source.at_bytes == 74


def test_a_head_is_looked_at_and_read_again():
    stream = Headed(RawFile(io.BytesIO(CONTENT), -1))
    assert stream.head == CONTENT[:HEAD_BYTES]
    assert [stream.read(10), stream.read(1000), stream.read(10)] == [CONTENT[:10], CONTENT[10:64], CONTENT[64:74]]
    assert stream.raw_bytes == 74
