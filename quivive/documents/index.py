"""The index of protected documents: keyed fingerprints and whose they are; no text, no name, nothing to guess from.

A background index holds what everybody has (licences, templates, one's own public pages): a passage of it is nobody's
secret and never matches.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.documents.fingerprints import Fingerprints
from quivive.kernels.winnowing import GRAM, WINDOW
from quivive.model.errors import UsageError

ALERT_SIGNS, ALERT_HASHES = 150, 4
NOTE_SIGNS, NOTE_HASHES = 100, 3
"""A passage as long as this with as many fingerprints: chance and idiom give shorter ones."""
LARGEST_GAP = 2 * (GRAM + WINDOW)
"""Signs between two fingerprints of one passage: one in ten words changed leaves no longer holes."""
MAX_DOCUMENTS = 1_000_000
FORMAT = 1


class Passage(NamedTuple):
    """A passage of a protected document in other content.

    first, stop: bytes of the content     n_signs: letters and digits in it    share: of the document
    others: how many more protected documents hold fingerprints of it
    """

    document: str
    first: int
    stop: int
    n_signs: int
    n_hashes: int
    share: float
    others: int
    is_exact: bool

    @property
    def is_alert(self) -> bool:
        """Whether it is long enough to be called; else it is a note."""
        return self.is_exact or (self.n_signs >= ALERT_SIGNS and self.n_hashes >= ALERT_HASHES)


class DocumentIndex:
    """Fingerprints of documents, sorted by hash, and hashes of the background."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.uint64], NDArray[np.int32]]] = []
        self._hash = np.empty(0, np.uint64)
        self._whose = np.empty(0, np.int32)
        self._background = np.empty(0, np.uint64)
        self._background_parts: list[NDArray[np.uint64]] = []
        self.documents: list[str] = []
        self._n_signs: list[int] = []
        self._exact: dict[str, int] = {}

    def add(self, document: str, found: Fingerprints) -> None:
        """Take in a protected document under a name that tells nothing. Raises UsageError for too many."""
        if len(self.documents) >= MAX_DOCUMENTS:
            raise UsageError(f"an index holds at most {MAX_DOCUMENTS:,} documents")
        number = len(self.documents)
        self.documents.append(document)
        self._n_signs.append(found.n_signs)
        self._exact[found.exact] = number
        hashes = np.unique(found.hashes) if found.n_signs >= GRAM else np.empty(0, np.uint64)
        self._parts.append((hashes, np.full(hashes.size, number, np.int32)))

    def add_background(self, found: Fingerprints) -> None:
        """Take in what everybody has: its passages match no more."""
        self._background_parts.append(found.hashes)

    def settle(self) -> None:
        """Sort what was added; done by itself before matching and writing."""
        if self._background_parts:
            self._background = np.unique(np.concatenate([self._background, *self._background_parts]))
            self._background_parts = []
        if self._parts:
            hashes = np.concatenate([self._hash, *(part[0] for part in self._parts)])
            whose = np.concatenate([self._whose, *(part[1] for part in self._parts)])
            order = np.argsort(hashes, kind="stable")
            self._hash, self._whose, self._parts = hashes[order], whose[order], []

    def match(self, found: Fingerprints) -> list[Passage]:
        """Return the passages of protected documents in a text, the longest first."""
        self.settle()
        exact = self._exact.get(found.exact)
        passages = [] if exact is None else [self._whole(exact, found)]
        known = _holds(self._hash, found.hashes) & ~_holds(self._background, found.hashes)
        seen = np.flatnonzero(known)
        hashes = found.hashes[seen]
        left, right = (np.searchsorted(self._hash, hashes, side=side) for side in ("left", "right"))
        size = right - left
        which = np.repeat(np.arange(hashes.size), size)
        rows = np.arange(which.size) - np.repeat(np.cumsum(size) - size, size) + np.repeat(left, size)
        whose = self._whose[rows]
        for number in np.unique(whose).tolist():
            if number != exact:
                mine = which[whose == number]
                passages += self._passages(number, seen[mine], size[mine], found)
        return sorted(passages, key=lambda one: (-one.is_exact, -one.n_signs, one.document))

    def _whole(self, number: int, found: Fingerprints) -> Passage:
        stop = int(found.stop[-1]) if found.stop.size else 0
        return Passage(self.documents[number], 0, stop, found.n_signs, found.hashes.size, 1.0, 0, is_exact=True)

    def _passages(
        self, number: int, which: NDArray[np.int64], holders: NDArray[np.int64], found: Fingerprints
    ) -> list[Passage]:
        """Return one document's passages: fingerprints of the text (which) that stand near each other."""
        cuts = np.flatnonzero(np.diff(found.places[which]) > LARGEST_GAP) + 1
        passages = []
        for run, shared in zip(np.split(which, cuts), np.split(holders, cuts), strict=True):
            n_signs = int(found.places[run[-1]] - found.places[run[0]]) + GRAM
            if n_signs >= NOTE_SIGNS and run.size >= NOTE_HASHES:
                share = round(min(n_signs / max(self._n_signs[number], 1), 1.0), 4)
                first, stop = int(found.first[run[0]]), int(found.stop[run[-1]])
                others = int(shared.max()) - 1
                name = self.documents[number]
                passages.append(Passage(name, first, stop, n_signs, int(run.size), share, others, is_exact=False))
        return passages

    def write(self, path: Path) -> None:
        """Keep the index in a file of arrays."""
        self.settle()
        told = {"format": FORMAT, "documents": self.documents, "n_signs": self._n_signs, "exact": self._exact}
        scratch = path.with_name(path.name + ".new")
        with scratch.open("wb") as file:
            np.savez(file, hash=self._hash, whose=self._whose, background=self._background,
                     told=np.array([json.dumps(told)]))  # fmt: skip
        scratch.replace(path)

    @classmethod
    def load(cls, path: Path) -> DocumentIndex:
        """Return an index that was kept. Raises UsageError for a file that is none."""
        made = cls()
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                told = json.loads(str(held["told"][0]))
                made._hash, made._whose, made._background = held["hash"], held["whose"], held["background"]
            if told["format"] != FORMAT:
                raise UsageError(f"{path}: is an index of another version; add the documents again")
            made.documents, made._n_signs = list(told["documents"]), list(told["n_signs"])
            made._exact = dict(told["exact"])
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(f"{path}: is no index of documents; add them again") from error
        return made

    @property
    def n_hashes(self) -> int:
        """How many fingerprints of protected documents it holds."""
        self.settle()
        return int(self._hash.size)


def _holds(ordered: NDArray[np.uint64], values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which values stand in an array that is in order."""
    at = np.searchsorted(ordered, values)
    at[at == ordered.size] = 0
    return ordered[at] == values if ordered.size else np.zeros(values.size, np.bool_)
