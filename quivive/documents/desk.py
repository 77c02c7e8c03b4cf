"""What a user does with protected documents, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from quivive.documents import protected
from quivive.documents.index import Passage
from quivive.documents.openers import MAX_BYTES
from quivive.model.errors import UsageError


def add_words(folder: str | Path, *, is_background: bool = False) -> str:
    """Take documents into the index and return what was done. Raises UsageError."""
    n_taken, n_empty = protected.add(Path(folder), is_background=is_background)
    n_documents, n_hashes = protected.totals()
    what = "taken as background" if is_background else "protected"
    unread = f"; {n_empty:,} without text that can be read" if n_empty else ""
    return f"{n_taken:,} files {what}{unread}; the index holds {n_documents:,} documents in {n_hashes:,} fingerprints"


def check_lines(file: str | Path) -> Iterator[str]:
    """Yield the passages of protected documents in a file, or that none was found. Raises UsageError."""
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(MAX_BYTES)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from error
    found = protected.check(content)
    for name, passage in found:
        yield _line(name, passage)
    if not found:
        yield "no passage of a protected document found"


def _line(name: str, passage: Passage) -> str:
    if passage.is_exact:
        return f"ALERT  {name}: the whole document"
    word = "ALERT" if passage.is_alert else "note "
    others = f"; {passage.others} other documents hold some of it" if passage.others else ""
    return (
        f"{word}  {name}: {passage.n_signs:,} letters and digits, {passage.share:.0%} of it, "
        f"at bytes {passage.first:,} to {passage.stop:,}{others}"
    )
