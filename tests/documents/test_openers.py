"""The text of documents."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.protected_documents import attached, docx, page, zipped
from quivive.documents.openers import MAX_DEPTH, texts_of

TEXT = b"Module of the helix and tolerance of the tooth, as agreed with nobody.\n" * 6


@pytest.mark.parametrize("wrap", [docx, zipped, gzip.compress, page, lambda text: text.decode().encode("utf-16")])
def test_text_is_taken_out_of(wrap):
    (found,) = texts_of(wrap(TEXT))
    assert b"tolerance of the tooth" in found


def test_an_attachment_in_base64_is_opened():
    assert TEXT in list(texts_of(attached(TEXT)))
    assert any(b"tolerance" in text for text in texts_of(attached(docx(TEXT))))


def test_entities_are_the_signs_they_stand_for():
    (found,) = texts_of(b"<html><body>3 &lt; 5 &amp; caf&eacute;<script>var secret</script></body></html>")
    assert found.decode().split() == ["3", "<", "5", "&", "café"]
    assert b"secret" not in found


def test_a_truncated_gzip_gives_what_there_is():
    packed = gzip.compress(bytes(range(32, 120)) * 400)
    (found,) = texts_of(packed[: len(packed) // 2])
    assert found


def test_archives_in_archives_end():
    content = TEXT
    for _ in range(MAX_DEPTH + 2):
        content = zipped(content)
    assert list(texts_of(content)) == []


def test_a_bomb_is_not_inflated():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"0" * (100 << 20))
    assert list(texts_of(file.getvalue())) == []
    assert sum(map(len, texts_of(gzip.compress(b"0" * (30 << 20))))) < 8 << 20


@given(st.binary(max_size=300))
def test_any_bytes_are_opened_or_not(content):
    for head in (b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"\xff\xfe", b"<html>", b"<?xml "):
        assert all(isinstance(text, bytes) for text in texts_of(head + content))
