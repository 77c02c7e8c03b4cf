"""The evidence pack: a copy of a case that others can check without us; the same case and time give the same bytes.

manifest.json lists everything that is evidence, and is what a third party stamps; SHA256SUMS lists every file, and is
what is signed; the README says how to check it all with sha256sum and openssl.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quivive.case import chain, stamp, stix, sums, timeline, uco
from quivive.case.access import stamp as time_text
from quivive.case.opened import Opened
from quivive.case.pack_words import readme
from quivive.case.stamp import Authority
from quivive.case.trail import AUDIT
from quivive.case.uco import HashedFile
from quivive.kit.detector import Tables
from quivive.mandate import keys
from quivive.mandate.canonical import canonical
from quivive.mandate.document import Mandate
from quivive.model.errors import CaseError

KIND = "quivive evidence pack"
MANIFEST, SUMS, SIGNATURE, SIGNER = "manifest.json", "SHA256SUMS", "SHA256SUMS.sig", "signer.pub.pem"
STAMP = f"{MANIFEST}.tsr"
README = "README_verification.txt"
UNLISTED = (SUMS, SIGNATURE)
COPIED = {"brief.txt": "brief.txt", "case.toml": "case.toml", "receipts": "receipts", "stamps": "stamps"}
"""What of a case goes into a pack as it is, and under which name; sealed names never do."""

LATER = ("content", "tables")
CAPTURES = "SELECT capture, sha256, file_size_bytes, n_packets, n_dropped, is_partial FROM captures ORDER BY capture_id"
NO_PACKETS = "not in the pack; the captures and their SHA-256 are named in manifest.json"


class Extras(NamedTuple):
    """What is added to a case to make a pack."""

    key: Ed25519PrivateKey
    mandate: Mandate | None = None
    authority: Authority | None = None
    write_packets: Callable[[Path], None] | None = None
    """Writes the packets in scope into a folder."""


class Sealed(NamedTuple):
    """A pack that was made."""

    path: Path
    n_files: int
    sums: str
    """SHA-256 of SHA256SUMS: names the pack."""
    signer: str
    """Fingerprint of the key that signed."""


def seal(opened: Opened, tables: Tables, out: Path, extras: Extras) -> Sealed:
    """Write a pack. Raises CaseError where the folder is not empty, or a file of the case was changed."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CaseError(f"{out}: is there already; choose another place with --out")
    opened.check(*opened.sums.listed)
    fingerprint = keys.fingerprint(keys.public_text(extras.key))
    at = time_text(opened.custody.access.clock())
    opened.custody.record("seal", f"signed with key {fingerprint}")
    scratch = out.with_name(f"{out.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        packets = _fill(scratch, opened, tables, extras, at)
        digest, n_files = _close(scratch, opened, tables, extras, at, packets)
        if out.exists():
            out.rmdir()
        scratch.replace(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    opened.custody.record("sealed", f"{n_files} files", pack_sha256=digest, key=fingerprint)
    return Sealed(out, n_files, digest, fingerprint)


def _fill(pack: Path, opened: Opened, tables: Tables, extras: Extras, at: str) -> str:
    """Write all that is evidence; returns what is said of packets."""
    case = opened.path
    for name, under in COPIED.items():
        if (case / name).is_dir():
            shutil.copytree(case / name, pack / under)
        elif (case / name).exists():
            shutil.copyfile(case / name, pack / under)
    for path in sorted((case / "tables").glob("*/*.parquet")):
        (pack / "tables").mkdir(exist_ok=True)
        number = path.stem.removeprefix("part-")
        shutil.copyfile(path, pack / "tables" / f"{path.parent.name}{'' if number == '0' else '-' + number}.parquet")
    if (case / "content").is_dir():
        shutil.copytree(case / "content", pack / "objects")
    (pack / "timeline.csv").write_text(timeline.csv_text(tables), encoding="utf-8", newline="")
    shutil.copyfile(case / AUDIT, pack / "audit_extract.jsonl")
    audit = chain.read(case)
    (pack / "audit_roots.jsonl").write_bytes(chain.export(audit))
    sealed_at = opened.custody.access.clock()
    _write_json(pack / "stix.json", stix.bundle(tables, sealed_at, audit.first_hash))
    if extras.mandate is not None:
        from quivive.mandate.document import text_of

        (pack / "mandate.toml").write_text(text_of(extras.mandate), encoding="utf-8")
        (pack / "mandate.json").write_bytes(extras.mandate.canonical)
    if extras.write_packets is not None:
        (pack / "packets").mkdir()
        extras.write_packets(pack / "packets")
        return "in packets/, cut to the scope of the mandate and to the flows of the case"
    return NO_PACKETS


def _close(pack: Path, opened: Opened, tables: Tables, extras: Extras, at: str, packets: str) -> tuple[str, int]:
    """Write what speaks of the other files: origin, manifest, README, hashes, signature."""
    audit = chain.read(opened.path)
    captures = [dict(row) for row in tables.sql(CAPTURES)]
    manifest = opened.manifest
    title = str(manifest.get("mandate", {}).get("case_ref") or "case")
    told = uco.Told(
        audit.first_hash,
        title,
        str(manifest.get("read_at", "")),
        at,
        str(manifest.get("quivive", "")),
        str(manifest.get("granted", "")),
    )
    sources = [HashedFile(row["capture"], _size(row), row["sha256"] or "") for row in captures]
    _write_json(pack / "case.jsonld", uco.graph(told, sources, _files(pack)))
    mandate = extras.mandate
    said: dict[str, Any] = {
        "kind": KIND,
        "schema": 1,
        "case": audit.first_hash,
        "case_ref": title,
        "read_at": told.read_at,
        "read_by_version": told.version,
        "status": str(manifest.get("status", "")),
        "granted": told.mandate,
        "mandate": mandate.digest if mandate is not None else "",
        "recipients": [str(one) for one in mandate.export.recipients] if mandate is not None else [],
        "sealed_at": at,
        "sealed": {name: opened.custody.access.told().get(name, "") for name in ("actor", "name", "reason")},
        "signer": keys.fingerprint(keys.public_text(extras.key)),
        "captures": captures,
        "packets": packets,
        "files": [{"path": one.name, "bytes": one.n_bytes, "sha256": one.sha256} for one in _files(pack)],
    }
    said["sealed"]["reason"] = opened.custody.spoken.prose(said["sealed"]["reason"])
    (pack / MANIFEST).write_bytes(canonical(said) + b"\n")
    if extras.authority is not None:
        answer = extras.authority(stamp.request((pack / MANIFEST).read_bytes()))
        stamp.check(answer, (pack / MANIFEST).read_bytes())
        (pack / STAMP).write_bytes(answer)
    return _sign(pack, extras, packets)


def _sign(pack: Path, extras: Extras, packets: str) -> tuple[str, int]:
    public = extras.key.public_key()
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (pack / SIGNER).write_bytes(public.public_bytes(*form))
    names = [one.name for one in _files(pack)]
    page = readme(
        names,
        fingerprint=keys.fingerprint(keys.public_text(extras.key)),
        is_stamped=extras.authority is not None,
        has_stamps=any(name.startswith("stamps/") and name.endswith(".tsr") for name in names),
        packets=packets,
    )
    (pack / README).write_text(page, encoding="utf-8")
    files = _files(pack)
    listed = "".join(f"{one.sha256}  {one.name}\n" for one in files).encode("utf-8")
    (pack / SUMS).write_bytes(listed)
    (pack / SIGNATURE).write_bytes(extras.key.sign(listed))
    return hashlib.sha256(listed).hexdigest(), len(files)


def _files(pack: Path) -> list[HashedFile]:
    """Return all files so far, sorted."""
    found = ((path.relative_to(pack).as_posix(), path) for path in pack.rglob("*") if path.is_file())
    return [HashedFile(name, path.stat().st_size, sums.sha256_of(path)) for name, path in sorted(found)]


def _size(row: dict[str, Any]) -> int:
    return -1 if row["file_size_bytes"] is None else int(row["file_size_bytes"])


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", newline="")
