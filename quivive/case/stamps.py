"""Time stamps over the roots of an audit: stamps/0001.roots, what is stamped; .tsq, the request; .tsr, the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive.case import chain
from quivive.case.chain import Chain
from quivive.case.entry import Entry
from quivive.case.opened import Opened
from quivive.model.errors import CaseError
from quivive.model.later import Later

if TYPE_CHECKING:
    from quivive.case.stamp import Stamp

stamp: Any = Later("quivive.case.stamp")

FOLDER = "stamps"
ROOTS, ASKED, ANSWER = ".roots", ".tsq", ".tsr"
MOST = 10_000
"""Stamps in one case: three a day for ten years."""


def ask(opened: Opened) -> tuple[str, bytes]:
    """Write the roots of now and a request for a stamp over them; returns their name and the request."""
    folder = opened.path / FOLDER
    name = f"{1 + sum(1 for _ in folder.glob(f'*{ROOTS}')) if folder.is_dir() else 1:04d}"
    opened.custody.record("audit request", name)
    folder.mkdir(exist_ok=True)
    roots = chain.export(chain.read(opened.path))
    asked = stamp.request(roots)
    (folder / (name + ROOTS)).write_bytes(roots)
    (folder / (name + ASKED)).write_bytes(asked)
    return name, asked


def accept(opened: Opened, answer: bytes) -> Stamp:
    """Take in the answer to a request of this case. Raises CaseError where it is none."""
    first: CaseError | None = None
    for path in sorted((opened.path / FOLDER).glob(f"*{ASKED}"), reverse=True)[:MOST]:
        if path.with_suffix(ANSWER).exists():
            continue
        roots = path.with_suffix(ROOTS).read_bytes()
        try:
            found = stamp.check(answer, roots, stamp.nonce_of(path.read_bytes()))
        except CaseError as error:
            first = first or error
            continue
        path.with_suffix(ANSWER).write_bytes(answer)
        told = {"roots_sha256": hashlib.sha256(roots).hexdigest(), "stamp_sha256": hashlib.sha256(answer).hexdigest()}
        opened.custody.record("stamped", path.stem, stamped_at=f"{found.at:%Y-%m-%dT%H:%M:%SZ}", **told)
        return found
    raise CaseError(f"{opened.path}: {first or 'no request waits for an answer'}; ask anew: quivive audit request")


def faults(case: Path, audit: Chain, told: list[Entry]) -> Iterator[str]:
    """Yield what is wrong with the stamps that an audit names, and those that it does not."""
    left = {path.name for path in (case / FOLDER).glob(f"*{ANSWER}")}
    for entry in told:
        name = str(entry.get("object", ""))
        left.discard(name + ANSWER)
        try:
            yield from _faults(case / FOLDER / name, entry, audit)
        except (CaseError, OSError) as error:
            yield f"{FOLDER}/{name}{ANSWER}: {error}"
    yield from (f"{FOLDER}/{name}: is named by no entry of the audit: it was added" for name in sorted(left))


def _faults(base: Path, entry: Entry, audit: Chain) -> Iterator[str]:
    roots, answer = base.with_suffix(ROOTS), base.with_suffix(ANSWER)
    for path, said in ((roots, "roots_sha256"), (answer, "stamp_sha256")):
        if hashlib.sha256(path.read_bytes()).hexdigest() != entry.get(said):
            yield f"{FOLDER}/{path.name}: was changed: its SHA-256 is not the one in the audit"
            return
    stamp.check(answer.read_bytes(), roots.read_bytes())
    yield from chain.compared(audit, chain.read_roots(roots))
