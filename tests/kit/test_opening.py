import gzip
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from quivive import compressions
from quivive.kit import shelf
from quivive.kit.compression import Compression
from quivive.kit.opening import open_source, shown
from quivive.kit.source import MappedSource, StreamSource
from quivive.model.errors import CaptureError

COMPRESSIONS = shelf.load(compressions, Compression)
CONTENT = b"any bytes will do here, the format is another's matter"


def message(path):
    with pytest.raises(CaptureError) as raised:
        open_source(path, COMPRESSIONS)
    assert "\n" not in str(raised.value)
    return str(raised.value).replace(str(path.parent) + os.sep, "")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "capture"


def test_a_plain_file_is_mapped(path):
    path.write_bytes(CONTENT)
    with open_source(path, COMPRESSIONS) as source:
        assert isinstance(source, MappedSource)
        assert (source.data.tobytes(), source.name) == (CONTENT, str(path))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_compressions_within_each_other_are_unwrapped(path, times):
    packed = CONTENT
    for _ in range(times):
        packed = gzip.compress(packed)
    path.write_bytes(packed)
    with open_source(path, COMPRESSIONS) as source:
        assert isinstance(source, StreamSource)
        assert (source.data.tobytes(), source.compression) == (CONTENT, "+".join(["gz"] * times))
        assert source.sha256() == hashlib.sha256(packed).hexdigest()
        assert (source.size_bytes, source.at_bytes) == (len(packed), len(packed))


def test_a_fourth_compression_is_refused(path):
    packed = CONTENT
    for _ in range(4):
        packed = gzip.compress(packed)
    path.write_bytes(packed)
    assert message(path) == "capture is compressed more than 3 times: unpack it first"


def test_a_missing_file_is_named(path):
    assert message(path) == "capture does not exist: check the name and the folder"


def test_a_folder_is_no_capture(path):
    path.mkdir()
    assert message(path) == "capture is a folder: name the captures in it, as in capture/*.pcap"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it(path):
    path.write_bytes(CONTENT)
    path.chmod(0)
    assert message(path) == "capture may not be read: ask its owner for the right to read it"


def test_an_empty_file_is_said_to_be_empty(path):
    path.write_bytes(b"")
    assert message(path) == "capture is empty: nothing was captured or copied"


def test_a_compressed_file_with_nothing_inside(path):
    path.write_bytes(gzip.compress(b""))
    assert message(path) == "capture is a gzip file of which nothing can be unpacked: there is nothing inside"
    path.write_bytes(gzip.compress(CONTENT)[:10])
    reason = "gzip data is cut short, near byte 10 of the file"
    assert message(path) == f"capture is a gzip file of which nothing can be unpacked: {reason}"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_names_that_no_file_can_have(tmp_path, name):
    assert "cannot be opened" in message(tmp_path / name)


def test_names_are_shown_in_one_line():
    assert shown("a\nb\x1b[31m\udcff é") == "a\\nb\\x1b[31m\\udcff é"


def test_a_cut_compressed_file_says_where_its_bytes_end(path):
    content = bytes(range(256)) * 100
    path.write_bytes(gzip.compress(content)[:-100])
    with open_source(path, COMPRESSIONS) as source:
        assert content.startswith(source.data.tobytes())
        ((offset, reason),) = source.troubles
        assert offset == source.data.size
        assert reason.startswith("gzip data is cut short")


def test_a_named_pipe_is_read_as_a_stream(path):
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(CONTENT),))
    writer.start()
    with open_source(path, COMPRESSIONS) as source:
        assert (source.data.tobytes(), source.size_bytes) == (CONTENT, -1)
        assert source.sha256() == hashlib.sha256(gzip.compress(CONTENT)).hexdigest()
    writer.join()


@pytest.mark.parametrize("argument", ["None", "Path('-')"])
def test_standard_input_is_read(argument):
    program = (
        "from pathlib import Path\n"
        "from quivive.kit.opening import open_source\n"
        f"source = open_source({argument}, {{}})\n"
        "print(source.name, source.data.tobytes())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=CONTENT, capture_output=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.decode().strip() == f"standard input {CONTENT!r}"
