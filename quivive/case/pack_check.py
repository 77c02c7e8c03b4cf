"""Whether an evidence pack is what was sealed: every file, the list, its signature, the stamp, the audit in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from quivive.case import chain, stamp
from quivive.case.pack import KIND, MANIFEST, SIGNATURE, SIGNER, STAMP, SUMS, UNLISTED
from quivive.case.sums import LINE, LIST_BYTES, sha256_of
from quivive.case.verify import Verified
from quivive.model.errors import CaseError

SMALL_BYTES = 64 << 20
"""Longest of the files that are read as a whole."""


def is_pack(path: Path) -> bool:
    """Return whether a folder is meant as a pack: it has what only packs have."""
    return any((path / name).exists() for name in (SIGNATURE, SIGNER, MANIFEST))


def check(pack: Path) -> Verified:
    """Look at all of a pack; what is wrong names the file."""
    found = Verified()
    try:
        listed = _listed(pack, found)
    except (CaseError, OSError) as error:
        found.faults.append(f"{SUMS}: {error}")
        return found
    found.n_files = len(listed)
    found.faults += _signature_faults(pack)
    for name in sorted(set(listed) | set(_names(pack))):
        fault = _fault(pack, name, listed)
        if fault:
            found.faults.append(f"{name}: {fault}")
    if not found.faults:
        found.faults += _inner_faults(pack, found)
    return found


def _listed(pack: Path, found: Verified) -> dict[str, str]:
    with (pack / SUMS).open("rb") as file:
        text = file.read(LIST_BYTES).decode("utf-8", "replace")
    lines = [LINE.fullmatch(line) for line in text.split("\n")[:-1]]
    if not all(lines) or not text.endswith("\n"):
        raise CaseError("was changed: a line of it is no hash with a name")
    return {line["name"]: line["sha256"] for line in lines if line}


def _signature_faults(pack: Path) -> Iterator[str]:
    try:
        key = load_pem_public_key((pack / SIGNER).read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            yield f"{SIGNER}: is no Ed25519 key"
            return
        key.verify((pack / SIGNATURE).read_bytes(), (pack / SUMS).read_bytes())
    except OSError as error:
        yield f"{Path(str(error.filename)).name}: is missing or cannot be read ({error.strerror})"
    except (ValueError, UnsupportedAlgorithm) as error:
        yield f"{SIGNER}: is no public key ({' '.join(str(error).split())[:80]})"
    except InvalidSignature:
        yield f"{SIGNATURE}: is not the signature of {SIGNER} over {SUMS}: one of the three was changed"


def _names(pack: Path) -> list[str]:
    found = (path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_symlink() or path.is_file())
    return [name for name in found if name not in UNLISTED]


def _fault(pack: Path, name: str, listed: dict[str, str]) -> str:
    if name not in listed:
        return f"is not in {SUMS}: it was added"
    path = pack / name
    if ".." in Path(name).parts or Path(name).is_absolute() or path.is_symlink():
        return "lies outside of the pack"
    try:
        return "" if sha256_of(path) == listed[name] else f"was changed: its SHA-256 is not that of {SUMS}"
    except OSError as error:
        return f"is missing or cannot be read ({error.strerror})"


def _inner_faults(pack: Path, found: Verified) -> Iterator[str]:
    """Look at what the files say of each other, once each is the one that was signed."""
    try:
        manifest = json.loads((pack / MANIFEST).read_bytes()[:SMALL_BYTES])
        is_ours = manifest["kind"] == KIND
        named = {one["path"]: one["sha256"] for one in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        yield f"{MANIFEST}: is no manifest of a pack"
        return
    if not is_ours or any(sha256_of(pack / name) != sha256 for name, sha256 in named.items()):
        yield f"{MANIFEST}: does not fit the files"
    audit = chain.read_file(pack / "audit_extract.jsonl")
    found.n_entries = audit.n
    if audit.fault or not audit.n:
        yield f"audit_extract.jsonl: {audit.fault or 'is empty'}"
    else:
        kept = chain.read_roots(pack / "audit_roots.jsonl")
        yield from (fault.replace("audit.jsonl", "audit_extract.jsonl") for fault in chain.compared(audit, kept))
    if (pack / STAMP).exists():
        try:
            stamp.check((pack / STAMP).read_bytes(), (pack / MANIFEST).read_bytes())
        except CaseError as error:
            yield f"{STAMP}: {error}"
