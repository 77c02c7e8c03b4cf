"""python -m bench.protected_documents [N]: recall and false flags of document fingerprints, on Python's own library."""

from __future__ import annotations

import base64
import gzip
import io
import sys
import sysconfig
import textwrap
import time
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape as xml_escape

from quivive.documents.fingerprints import fingerprints
from quivive.documents.index import DocumentIndex
from quivive.documents.openers import texts_of

KEY = b"sixteen bytes ok"
LEAST_BYTES = 2_000
HOST = b"The quarterly minutes mention pallets, belts and scanners, and nothing that is secret to anybody. " * 40


def corpus() -> list[bytes]:
    """Return the modules of the standard library and their tests that are long enough, in an order that is fixed."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)
    found = dict.fromkeys(content for path in paths if len(content := path.read_bytes()) >= LEAST_BYTES)
    texts = list(found)
    Random(5).shuffle(texts)
    return texts


def strangers() -> list[bytes]:
    """Return modules of installed packages: other people wrote them, though some have copied from the library."""
    root = Path(sysconfig.get_paths()["purelib"])
    sized = (path for path in sorted(root.rglob("*.py")) if LEAST_BYTES <= path.stat().st_size < 400_000)
    texts = list(dict.fromkeys(path.read_bytes() for path in sized))
    Random(6).shuffle(texts)
    return texts


def rewrapped(text: bytes) -> bytes:
    """Return a text in capitals, in lines of another length."""
    return textwrap.fill(text.decode("utf-8", "replace"), 53).upper().encode()


def docx(text: bytes) -> bytes:
    """Return a text as a word processor keeps it."""
    file = io.BytesIO()
    body = "".join(
        f"<w:p><w:r><w:t>{xml_escape(line)}</w:t></w:r></w:p>" for line in text.decode("utf-8", "replace").split("\n")
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<?xml version='1.0'?><w:document>{body}</w:document>")
    return file.getvalue()


def zipped(text: bytes) -> bytes:
    """Return a text in an archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", text)
    return file.getvalue()


def page(text: bytes) -> bytes:
    """Return a text as a web page."""
    return (
        b"<!doctype html><html><body><pre>" + escape(text.decode("utf-8", "replace")).encode() + b"</pre></body></html>"
    )


def attached(text: bytes) -> bytes:
    """Return a text as a mail carries it."""
    return b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(text)


def excerpt(size: int) -> Callable[[bytes], bytes]:
    """Return how a passage of so many characters stands in another text."""

    def _excerpt(text: bytes) -> bytes:
        at = Random(len(text)).randrange(max(len(text) - size, 1))
        return HOST[:1_500] + text[at : at + size] + HOST[1_500:]

    return _excerpt


SCENARIOS: dict[str, Callable[[bytes], bytes]] = {
    "full": lambda text: text, "re-wrapped, capitals": rewrapped, "docx": docx, "zip": zipped, "gzip": gzip.compress,
    "base64 (mail)": attached, "html": page, "1,000-character excerpt": excerpt(1_000),
    "500-character excerpt": excerpt(500),
}  # fmt: skip


def is_found(index: DocumentIndex, content: bytes, document: str) -> bool:
    """Return whether the alert rule names a document in content."""
    return any(
        one.is_alert and one.document == document
        for text in texts_of(content)
        for one in index.match(fingerprints(text, KEY))
    )


def recall(n: int, n_background: int) -> tuple[DocumentIndex, dict[str, float]]:
    """Return an index of n documents, and the share of them that is found, by scenario."""
    texts = corpus()
    protected, index = texts[:n], DocumentIndex()
    for number, text in enumerate(protected):
        index.add(f"D-{number}", fingerprints(text, KEY))
    for text in texts[n : n + n_background]:
        index.add_background(fingerprints(text, KEY))
    return index, {
        name: sum(is_found(index, change(text), f"D-{k}") for k, text in enumerate(protected)) / n
        for name, change in SCENARIOS.items()
    }


def measure(n: int, n_background: int, n_others: int) -> dict[str, float]:
    """Return recall by scenario, and the share of other documents that are flagged."""
    index, found = recall(n, n_background)
    rest = corpus()[n:]
    found[f"of {n_others} others of the same library flagged"] = flagged(index, rest[n_background:][:n_others])
    apart = strangers()
    found["of 2,000 of other projects flagged"] = flagged(index, apart[:2_000])
    for text in apart[2_000 : 2_000 + 2 * n_background]:
        index.add_background(fingerprints(text, KEY))
    found["the same, their like in the background"] = flagged(index, apart[:2_000])
    return found


def flagged(index: DocumentIndex, texts: list[bytes]) -> float:
    """Return the share of texts in which the alert rule names any document."""
    return sum(any(one.is_alert for one in index.match(fingerprints(text, KEY))) for text in texts) / max(len(texts), 1)


def speed() -> float:
    """Return megabytes of text per second of one core, kernels warm."""
    content = b"".join(corpus())[: 30 << 20]
    fingerprints(content[:100_000], KEY)
    begun = time.process_time()
    fingerprints(content, KEY)
    return len(content) / 1e6 / (time.process_time() - begun)


def main() -> None:
    """Print recall, false flags and speed."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name, share in measure(n, 600, 400).items():
        print(f"{name:<44} {share:.3f}")
    print(f"{'fingerprints, MB of text per second and core':<44} {speed():.0f}")


if __name__ == "__main__":
    main()
