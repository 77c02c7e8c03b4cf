"""Passages of protected documents in other content."""

from __future__ import annotations

import pytest

from bench.protected_documents import SCENARIOS, is_found, recall
from quivive.documents.fingerprints import fingerprints
from quivive.documents.index import ALERT_SIGNS, NOTE_SIGNS, DocumentIndex
from quivive.model.errors import UsageError
from tests.documents.test_fingerprints import words

KEY = b"sixteen bytes ok"
DOCUMENT, OTHER = words(8_000, 2), words(8_000, 3)


def index_of(*documents, background=()):
    made = DocumentIndex()
    for number, document in enumerate(documents):
        made.add(f"D-{number}", fingerprints(document, KEY))
    for text in background:
        made.add_background(fingerprints(text, KEY))
    return made


def signs(text, n):
    """Return the beginning of a text with so many letters and digits."""
    kept = bytearray()
    for byte in text:
        if n == 0:
            break
        n -= byte != 32
        kept.append(byte)
    return bytes(kept)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_document_is_found_however_it_is_wrapped(name):
    assert is_found(index_of(DOCUMENT), SCENARIOS[name](DOCUMENT), "D-0")


def test_an_exact_copy_is_told_as_such():
    (passage,) = index_of(DOCUMENT).match(fingerprints(DOCUMENT, KEY))
    assert (passage.is_exact, passage.share, passage.is_alert) == (True, 1.0, True)


def test_an_excerpt_shows_where_it_stands_and_how_much_it_is():
    content = OTHER[:2_000] + DOCUMENT[1_000:3_000] + OTHER[2_000:]
    (passage,) = index_of(DOCUMENT).match(fingerprints(content, KEY))
    assert (passage.document, passage.is_alert, passage.is_exact, passage.others) == ("D-0", True, False, 0)
    assert 2_000 <= passage.first < 2_060
    assert 3_940 < passage.stop <= 4_000
    assert passage.share == pytest.approx(0.25, abs=0.02)


def test_short_excerpts_are_a_note_and_shorter_ones_nothing():
    start = 100
    index = index_of(DOCUMENT)
    long = index.match(fingerprints(signs(DOCUMENT[start:], ALERT_SIGNS + 60), KEY))
    note = index.match(fingerprints(signs(DOCUMENT[start:], NOTE_SIGNS + 30), KEY))
    short = index.match(fingerprints(signs(DOCUMENT[start:], NOTE_SIGNS - 1), KEY))
    assert [one.is_alert for one in long] == [True]
    assert [one.is_alert for one in note] == [False]
    assert short == []


def test_unrelated_text_matches_nothing():
    assert index_of(DOCUMENT).match(fingerprints(OTHER, KEY)) == []
    assert index_of().match(fingerprints(OTHER, KEY)) == []


def test_what_everybody_has_matches_no_more():
    notice = OTHER[:2_000]
    with_notice = DOCUMENT + notice
    content = fingerprints(notice + words(500, 9), KEY)
    assert [one.is_alert for one in index_of(with_notice).match(content)] == [True]
    assert index_of(with_notice, background=[notice]).match(content) == []


def test_a_passage_of_two_documents_names_both():
    shared = OTHER[:2_000]
    found = index_of(DOCUMENT[:1_000] + shared, shared + DOCUMENT[3_000:4_000]).match(
        fingerprints(shared + b" end", KEY)
    )
    assert sorted(one.document for one in found) == ["D-0", "D-1"]
    assert [one.others for one in found] == [1, 1]


def test_an_index_is_kept_and_holds_no_text(tmp_path):
    path = tmp_path / "index.npz"
    index_of(DOCUMENT, background=[OTHER[:500]]).write(path)
    kept = path.read_bytes()
    assert not any(DOCUMENT[at : at + 24] in kept for at in range(0, 4_000, 8))
    found = DocumentIndex.load(path).match(fingerprints(DOCUMENT[:4_000], KEY))
    assert [one.document for one in found] == ["D-0"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04x", b"\x93NUMPY\x01"])
def test_a_file_that_is_no_index_is_refused(tmp_path, content):
    path = tmp_path / "index.npz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is no index"):
        DocumentIndex.load(path)


def test_recall_on_real_texts():
    """Forty modules of the standard library, a hundred as background: the bars of the issue."""
    _, found = recall(40, 100)
    for name in ("full", "re-wrapped, capitals", "docx", "zip", "gzip", "base64 (mail)", "html"):
        assert found[name] >= 0.95, name
    assert found["500-character excerpt"] >= 0.85
