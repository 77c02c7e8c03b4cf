"""What people do with mandates, keys and requests: draft, show, sign, check, revoke, list. Files in, files out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from quivive.mandate import approval, check, document, keys, ownership, questions, settings, signers, strict, unmask
from quivive.mandate.approval import Revocation, Revocations
from quivive.mandate.document import Mandate
from quivive.mandate.grant import Grant
from quivive.mandate.ownership import Ownership
from quivive.mandate.refusal import Refusal
from quivive.mandate.signers import Signer, Signers
from quivive.mandate.terms import LEVEL_MEANS, Role
from quivive.model.errors import MandateError


@dataclass(frozen=True)
class Lists:
    """Where the organisation's lists are; without a place, where settings.py says."""

    signers: Path | None = None
    ownership: Path | None = None
    revoked: Path | None = None

    @classmethod
    def in_folder(cls, folder: Path | None) -> Lists:
        """Return the lists of a folder, under the names that settings.py gives them; None: where that says."""
        if folder is None:
            return cls()
        return cls(*(folder / settings.NAMES[what][1] for what in ("signers", "ownership", "revoked")))

    def load_signers(self) -> Signers:
        """Return who may sign. Raises MandateError."""
        path = settings.place_of("signers", self.signers)
        if not path.exists():
            raise Refusal(
                f"list of signers {path}", "is not there", "make keys with: quivive key new FILE --id NAME --role ROLE"
            )
        return signers.load(path)

    def load_ownership(self) -> Ownership:
        """Return which networks are the organisation's. Raises MandateError."""
        path = settings.place_of("ownership", self.ownership)
        if not path.exists():
            raise Refusal(
                f"ownership file {path}", "is not there", "write one: [[network]] with range, proof and proven"
            )
        return ownership.load(path)

    def load_revoked(self) -> Revocations:
        """Return what was withdrawn. Raises MandateError."""
        return approval.load_revocations(settings.place_of("revoked", self.revoked))


class Listed(NamedTuple):
    """One mandate of a folder, in short."""

    file: str
    mandate_id: str
    version: int
    purpose: str
    state: str
    until: str


def now_utc() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def draft(answers: dict[str, str]) -> Mandate:
    """Return a mandate made of answers to questions.py. Raises MandateError for what does not fit together."""
    return document.loads(questions.values_of(answers))


def next_version(path: Path) -> Mandate:
    """Return a mandate's next version, without signatures: to be changed and signed anew."""
    old = document.load(path)
    return dataclasses.replace(old, version=old.version + 1, supersedes=old.digest, approvals=(), emergency=None)


def write(path: Path, value: Any, *, is_new: bool = False) -> None:
    """Write a mandate, request or list as TOML, whole or not at all. Raises MandateError; is_new: never over a file."""
    if is_new and path.exists():
        raise Refusal(str(path), "is there already", "choose another name")
    scratch = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(strict.toml_text(value), encoding="utf-8")
        os.replace(scratch, path)  # noqa: PTH105 - of a file that is there already, on every system
    except OSError as error:
        raise Refusal(str(path), error.strerror or "cannot be written", "choose another place") from error


def sign(path: Path, key: Path, passphrase: str = "", lists: Lists | None = None) -> str:
    """Sign a mandate, or a request to open a pseudonym, and write it back; returns who signed. Raises MandateError."""
    known = (lists or Lists()).load_signers()
    private = keys.load_key(key, passphrase)
    owner = known.owner_of(keys.public_text(private))
    if is_request(path):
        write(path, unmask.sign(unmask.load(path), private, known, now_utc()))
    else:
        write(path, approval.sign(document.load(path), private, known, now_utc()))
    return f"{owner.name} ({owner.role})"


def is_request(path: Path) -> bool:
    """Return whether a file is a request to open a pseudonym rather than a mandate."""
    try:
        return b"\npseudonym = " in b"\n" + path.read_bytes()[: strict.FILE_BYTES]
    except OSError:
        return False


def grant_of(path: Path, lists: Lists | None = None, now: datetime | None = None) -> Grant:
    """Return what a mandate grants now. Raises MandateError with the reason why it does not hold."""
    held = lists or Lists()
    mandate = document.load(path)
    return check.check(mandate, held.load_ownership(), held.load_signers(), held.load_revoked(), now)


def state_of(mandate: Mandate, lists: Lists | None = None, now: datetime | None = None) -> str:
    """Return where a mandate stands in its life, or why that cannot be said."""
    held = lists or Lists()
    try:
        return check.state_of(mandate, held.load_signers(), held.load_revoked(), now or now_utc())
    except MandateError as error:
        return f"unsound: {error}"


def show(path: Path, lists: Lists | None = None) -> Iterator[tuple[str, str]]:
    """Yield a mandate in plain lines: heading and text. Raises MandateError for a file that is none."""
    mandate = document.load(path)
    scope, window = mandate.scope, mandate.window
    yield "mandate", f"{mandate.mandate_id}, version {mandate.version}: {state_of(mandate, lists)}"
    yield "digest", mandate.digest
    yield "answers for it", f"{mandate.controller.entity}, {mandate.controller.country}"
    yield "purpose", mandate.purpose
    yield "networks", ", ".join(map(str, scope.networks))
    yield "levels", "; ".join(f"{level} {LEVEL_MEANS[level]}" for level in scope.data_levels)
    yield "persons", scope.persons
    yield "closed", ", ".join([*map(str, mandate.exclusions.all_hosts), *mandate.exclusions.all_domains]) or "nothing"
    yield "from", f"{window.begins} until {window.ends}"
    yield "asked by", mandate.requester
    for one in mandate.approvals:
        yield "signed by", f"{one.id} ({one.role}) on {one.at:%Y-%m-%d %H:%M}"


def revoke(path: Path, reason: str, key: Path, passphrase: str = "", lists: Lists | None = None) -> Revocation:
    """Withdraw a mandate in all its versions; one registered signature is enough. Raises MandateError."""
    held, mandate = lists or Lists(), document.load(path)
    meant = Revocation(mandate.mandate_id, 0, reason, "", now_utc())
    signed = approval.revoke(meant, keys.load_key(key, passphrase), held.load_signers())
    known = held.load_revoked()
    place = settings.place_of("revoked", held.revoked)
    write(place, dataclasses.replace(known, revoked=(*known.revoked, signed)))
    return signed


def listed(folder: Path, lists: Lists | None = None) -> list[Listed]:
    """Return the mandates of a folder, newest version first."""
    rows = []
    for path in sorted(folder.glob("*.toml")):
        try:
            mandate = document.load(path)
        except MandateError:
            continue
        state = state_of(mandate, lists)
        until = f"{mandate.window.ends:%Y-%m-%d}"
        rows.append(Listed(path.name, mandate.mandate_id, mandate.version, mandate.purpose, state, until))
    return sorted(rows, key=lambda row: (row.mandate_id, -row.version))


def new_key(
    path: Path, passphrase: str = "", *, owner: str = "", name: str = "", role: str = "", lists: Lists | None = None
) -> str:
    """Make a key pair; with an owner and a role, add them to the list of signers. Raises MandateError."""
    if bool(owner) != bool(role):
        raise Refusal("key", "an owner and a role go together", "give both --id and --role, or neither")
    if role and role not in list(Role):
        raise Refusal("role", f"{role!r:.30} is not known", f"choose one of {', '.join(Role)}")
    place = settings.place_of("signers", (lists or Lists()).signers)
    known = signers.load(place) if owner and place.exists() else Signers(1)
    if owner and any(one.id.casefold() == owner.casefold() for one in known.signers):
        raise Refusal(f"signer {owner}", "has a key already", f"take the old entry out of {place} first")
    public = keys.new_key(path, passphrase)
    if owner:
        write(place, known.with_signer(Signer(owner, name or owner, Role(role), public)))
    return public
