"""Receipts: what was removed from a case, when and why, and the hash of what is left; signed with Ed25519."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive.case.entry import Entry
from quivive.mandate import keys
from quivive.mandate.canonical import canonical
from quivive.model.errors import MandateError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER = "receipts"
SIGNS = "quivive purge receipt, 1"
RECEIPT_BYTES = 1 << 22


def write(case: Path, said: dict[str, Any], key: Ed25519PrivateKey) -> tuple[str, str]:
    """Write a receipt; returns its name and its SHA-256."""
    folder = case / FOLDER
    folder.mkdir(exist_ok=True)
    name = f"purge-{1 + sum(1 for _ in folder.iterdir()):04d}.json"
    body = {**said, "signs": SIGNS, "public_key": keys.public_text(key)}
    held = canonical({**body, "signature": keys.sign(key, canonical(body))}) + b"\n"
    scratch = folder / f"{name}.new"
    scratch.write_bytes(held)
    scratch.replace(folder / name)
    return name, hashlib.sha256(held).hexdigest()


def faults(case: Path, told: list[Entry]) -> Iterator[str]:
    """Yield what is wrong with the receipts that an audit names, and those that it does not."""
    left = {path.name for path in (case / FOLDER).iterdir()} if (case / FOLDER).is_dir() else set()
    for entry in told:
        name = str(entry.get("receipt", ""))
        left.discard(name)
        fault = _fault(case / FOLDER / name, entry)
        if fault:
            yield f"{FOLDER}/{name}: {fault}"
    yield from (f"{FOLDER}/{name}: is named by no entry of the audit: it was added" for name in sorted(left))


def _fault(path: Path, entry: Entry) -> str:
    try:
        with path.open("rb") as file:
            held = file.read(RECEIPT_BYTES)
    except OSError as error:
        return f"is missing or cannot be read ({error.strerror})"
    if hashlib.sha256(held).hexdigest() != entry.get("receipt_sha256"):
        return "was changed: its SHA-256 is not the one in the audit"
    body = json.loads(held)
    signature = body.pop("signature")
    try:
        is_signed = keys.is_signed(body["public_key"], canonical(body), signature)
    except MandateError:
        is_signed = False
    return "" if is_signed and body.get("manifest") == entry.get("sums") else "its signature or manifest does not fit"
