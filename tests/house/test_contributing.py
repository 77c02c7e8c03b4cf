"""The worked example of CONTRIBUTING.md: it is a protocol in one file, and it works."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def example(tmp_path):
    """Return the module that the page shows."""
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "finger.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("finger", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_reads_a_question(tmp_path):
    finger = example(tmp_path)
    rows = list(finger.Finger().parse(Cursor(b"/W root\r\n", whole=False), Side.ORIGINATOR))
    assert rows == [(finger.FINGER, {"finger_query": "root", "is_verbose": True})]


def test_the_example_probes_by_content(tmp_path):
    finger = example(tmp_path).Finger
    assert finger.probe(b"root\r\n", Side.ORIGINATOR) is Match.UNSURE
    assert finger.probe(b"\x16\x03\x01\x02\x00\x01\r\n", Side.ORIGINATOR) is Match.NO
    assert finger.probe(b"root", Side.ORIGINATOR) is Match.NO
    assert finger.probe(b"root\r\n", Side.RESPONDER) is Match.NO


def test_the_example_asks_for_more_until_the_line_is_whole(tmp_path):
    finger = example(tmp_path).Finger
    for size in range(len(b"root\r\n")):
        cursor = Cursor(b"root\r\n"[:size], whole=False)
        try:
            list(finger().parse(cursor, Side.ORIGINATOR))
        except Exception as error:
            assert type(error).__name__ == "NeedMoreData"
