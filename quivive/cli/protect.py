"""quivive protect: documents that must not leave, known by fingerprints."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

app = App(name="protect", help="Know documents that must not leave by keyed fingerprints.", help_format="plaintext")


@app.command
def add(folder: Path) -> None:
    """Take documents into the index: office files, web pages, mail, code, plain text. No text is kept.

    Parameters
    ----------
    folder
        Folder of documents, or one document.

    """
    from quivive import api

    print(api.documents.add_words(folder))


@app.command
def background(folder: Path) -> None:
    """Take in what everybody has: licences, templates, your public pages. Passages of it match no more.

    Parameters
    ----------
    folder
        Folder of documents, or one document.

    """
    from quivive import api

    print(api.documents.add_words(folder, is_background=True))


@app.command
def check(file: Path) -> None:
    """Say which passages of protected documents a file holds.

    Parameters
    ----------
    file
        Any file.

    """
    from quivive import api

    for line in api.documents.check_lines(file):
        print(line)
