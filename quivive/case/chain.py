"""Reading an audit from its first entry to its last: every edit, deletion, move and cut is found and named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from quivive.case import entry as entries
from quivive.case.entry import LINE_BYTES, ORIGIN, BadEntry, Entry
from quivive.case.merkle import Merkle, leaf
from quivive.case.trail import AUDIT, BLOCK, HEAD, ROOTS, Head, Trail
from quivive.mandate.canonical import canonical
from quivive.model.errors import CaseError

ROOT_KEYS = {"kind", "first", "last", "root", "last_hash"}
MOST_ROOTS = 1 << 20
"""Roots in one list: those of a thousand million entries."""

OF_INTEREST = ("purged", "stamped")
"""Actions whose entries others check something against."""

Root = dict[str, str | int]


@dataclass
class Chain:
    """What an audit holds, up to its end or to the first entry that is not sound."""

    n: int = 0
    last_hash: str = ORIGIN
    first_hash: str = ""
    """Hash of the first entry: names the case, in lists of roots."""
    size: int = 0
    last_at: int = 0
    roots_size: int = 0
    sums: str = ""
    """SHA-256 of the case's list of hashes, as last said."""
    fault: str = ""
    """What is wrong with the first entry that is not sound; empty where all are."""
    roots: list[Root] = field(default_factory=list)
    """Of each block and day that is over, in the order in which they were."""
    unfinished: list[Root] = field(default_factory=list)
    """Of the day and the thousand that go on."""
    whole: Merkle = field(default_factory=Merkle)
    """The tree over all entries."""
    told: list[Entry] = field(default_factory=list)
    """The entries of OF_INTEREST."""
    heights: dict[int, str] = field(default_factory=dict)
    """Root of the tree over the first n entries, for the n that were asked for."""
    head: Head = field(default_factory=Head)
    """The head that stood beside the audit when it had as many entries as were asked for."""

    def close(self, root: Root) -> None:
        """Take the root of a day or thousand that is over."""
        self.roots.append(root)
        self.roots_size += len(canonical(root)) + 1

    def root(self) -> Root:
        """Return the root over everything."""
        told: Root = {"kind": "all", "first": 0, "last": self.n - 1, "root": self.whole.root}
        return told | {"last_hash": self.last_hash}


class _Run:
    """Entries under one root that is not closed yet."""

    def __init__(self, first: int = 0, at: int = 0) -> None:
        self.first = first
        self.at = at
        self.tree = Merkle()

    def closed(self, kind: str, chain: Chain) -> Root:
        """Return the root over its entries."""
        told: Root = {"kind": kind, "first": self.first, "last": chain.n - 1, "root": self.tree.root}
        return told | {"last_hash": chain.last_hash}


def read(folder: Path, origin: str = ORIGIN, heights: Iterable[int] = (), head_at: int = 0) -> Chain:
    """Read an audit. heights: numbers of entries for which the root up to there is wanted; head_at: or the head."""
    return read_file(folder / AUDIT, origin, heights, head_at)


def read_file(path: Path, origin: str = ORIGIN, heights: Iterable[int] = (), head_at: int = 0) -> Chain:
    """Read an audit under another name."""
    chain, wanted = Chain(last_hash=origin, head=Head(hash=origin, origin=origin)), set(heights)
    block, day_run, day = _Run(), _Run(), ""
    for line in _lines(path):
        try:
            entry = entries.read_line(line, chain.n, chain.last_hash)
        except BadEntry as error:
            chain.fault = f"entry {chain.n} {error}"
            return chain
        today = str(entry.get("at", ""))[:10]
        if chain.n and today != day:
            chain.close(day_run.closed("day", chain))
        if today != day:
            day_run = _Run(chain.n, chain.size)
        if chain.n % BLOCK == 0:
            block = _Run(chain.n, chain.size)
        day, top = today, leaf(line[:-1])
        for tree in (block.tree, day_run.tree, chain.whole):
            tree.add_leaf(top)
        _take(chain, entry, len(line))
        if chain.n % BLOCK == 0:
            chain.close(block.closed("block", chain))
        if chain.n in wanted:
            chain.heights[chain.n] = chain.whole.root
        if chain.n == head_at:
            chain.head = _head(chain, block, day_run, day, origin)
    chain.unfinished = [day_run.closed("day", chain), block.closed("block", chain)]
    return chain


def _head(chain: Chain, block: _Run, day_run: _Run, day: str, origin: str) -> Head:
    """Return the head as it was written after the last entry so far."""
    return Head(
        n=chain.n,
        hash=chain.last_hash,
        size=chain.size,
        last_at=chain.last_at,
        block_at=block.at,
        day=day,
        day_first=day_run.first,
        day_at=day_run.at,
        roots_size=chain.roots_size,
        sums=chain.sums,
        origin=origin,
    )


def _take(chain: Chain, entry: Entry, size: int) -> None:
    chain.first_hash, chain.last_at = chain.first_hash or entry["hash"], chain.size
    chain.n, chain.last_hash, chain.size = chain.n + 1, entry["hash"], chain.size + size
    chain.sums = str(entry.get("sums", chain.sums))
    if entry.get("action") in OF_INTEREST:
        chain.told.append(entry)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while line := file.readline(LINE_BYTES + 2):
                yield line
    except FileNotFoundError:
        return


def checked(folder: Path, exported: Path | None = None, origin: str = ORIGIN) -> tuple[Chain, list[str]]:
    """Return an audit, and what is wrong with it: the first bad entry first; nothing where it is whole.

    exported: list of roots kept at another place, which the owner of the case cannot rewrite. Raises CaseError.
    """
    kept, faults = read_roots(exported) if exported is not None else [], []
    try:
        head = Trail(folder, origin).head()
    except CaseError as error:
        head = Head()
        faults.append(str(error).removeprefix(f"{folder}/"))
    heights = [int(root["last"]) + 1 for root in kept if root["kind"] == "all"]
    chain = read(folder, origin, heights, head.n)
    if chain.fault:
        faults.insert(0, f"{AUDIT}: {chain.fault}")
    elif not chain.n:
        faults.insert(0, f"{AUDIT}: is missing or empty")
    elif head.n > chain.n:
        gone = f"the audit was cut from {head.n} to {chain.n}"
        faults.append(f"{AUDIT}: entry {chain.n} is missing, and all after it: {gone}")
    elif not faults and head != chain.head:
        faults.append(f"{HEAD}: does not fit the audit: it was changed, or put back from another time")
    if not chain.fault and chain.n:
        faults += _own_root_faults(folder, chain)
    return chain, [*faults, *compared(chain, kept)]


def _own_root_faults(folder: Path, chain: Chain) -> Iterator[str]:
    """Compare the roots that lie beside the audit: fewer than there should be is a cut, or a crash at the last one."""
    try:
        held = read_roots(folder / ROOTS) if (folder / ROOTS).exists() else []
    except CaseError as error:
        yield f"{ROOTS}: {error}"
        return
    for ours, theirs in zip(chain.roots, held, strict=False):
        if ours != theirs:
            yield f"{ROOTS}: the root of entries {theirs['first']} to {theirs['last']} was changed"
            return
    if len(held) > len(chain.roots):
        yield f"{AUDIT}: entry {chain.n} is missing, and all after it: {ROOTS} holds roots of more"
    elif len(held) < len(chain.roots):
        gone = chain.roots[len(held)]
        yield f"{ROOTS}: the root of entries {gone['first']} to {gone['last']} is missing"


def compared(chain: Chain, kept: list[Root]) -> Iterator[str]:
    """Compare roots kept elsewhere, the shortest reach first: it tells most exactly where the two part."""
    ours = {(root["kind"], root["first"], root["last"]): root["root"] for root in (*chain.roots, *chain.unfinished)}
    for root in sorted(kept, key=lambda root: (int(root["last"]), int(root["last"]) - int(root["first"]))):
        first, last = int(root["first"]), int(root["last"])
        if last >= chain.n:
            if not chain.fault:
                yield f"{AUDIT}: entry {chain.n} is missing, and all up to {last} at least: the audit was cut"
            return
        found = ours.get((root["kind"], first, last)) if root["kind"] != "all" else chain.heights.get(last + 1)
        if found is None and root["kind"] == "all":
            continue  # not asked for when the audit was read
        if found != root["root"]:
            yield f"{AUDIT}: of the entries {first} to {last} some were written anew since their root was exported"
            return


def read_roots(path: Path) -> list[Root]:
    """Return a list of roots. Raises CaseError for a file that is none."""
    found: list[Root] = []
    try:
        with path.open("rb") as file:
            while (line := file.readline(LINE_BYTES)) and len(found) < MOST_ROOTS:
                found.append(_root(line))
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}; name a list of roots that can be read") from error
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{path}: line {len(found) + 1} is no root; name a file of `quivive audit roots`") from error
    return found


def _root(line: bytes) -> Root:
    root = json.loads(line)
    if not isinstance(root, dict) or set(root) - {"case"} != ROOT_KEYS:
        raise ValueError
    if any(type(root[key]) is not (int if key in ("first", "last") else str) for key in ROOT_KEYS):
        raise ValueError
    return root


def export(chain: Chain) -> bytes:
    """Return the list of roots for another place: each block and day that is over, and one over all, now."""
    return b"".join(canonical({**root, "case": chain.first_hash}) + b"\n" for root in (*chain.roots, chain.root()))
