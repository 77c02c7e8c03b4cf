"""Mandates for tests: the shipped examples, changed as a test needs."""

from __future__ import annotations

import copy
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quivive import mandate as room
from quivive.mandate import approval, document, keys, ownership
from quivive.mandate.approval import Revocations
from quivive.mandate.check import check
from quivive.mandate.grant import Grant
from quivive.mandate.signers import Signer, Signers
from quivive.mandate.terms import Role

EXAMPLES = Path(room.__file__).parent / "examples"
NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
"""Within the window of the examples case.toml, station.toml and outflow.toml."""


def values_of(name: str, **changes: Any) -> dict[str, Any]:
    """Return an example's TOML values; `scope__networks=[...]` changes a key of a table, None takes it out."""
    values = copy.deepcopy(tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")))
    for path, value in changes.items():
        *tables, key = path.split("__")
        held = values
        for table in tables:
            held = held.setdefault(table, {})
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value
    return values


def draft(name: str = "case", **changes: Any) -> document.Mandate:
    """Return an example as a mandate, with changes."""
    return document.loads(values_of(name, **changes))


class Office:
    """Two approvers, a requester and a stranger, each with a key of their own."""

    def __init__(self) -> None:
        self.keys = {name: Ed25519PrivateKey.generate() for name in ("sec", "dpo", "incident.lead", "stranger")}
        roles = {"sec": Role.SECURITY, "dpo": Role.DPO_OR_LEGAL, "incident.lead": Role.REQUESTER}
        self.signers = Signers(
            1, tuple(Signer(name, name, role, keys.public_text(self.keys[name])) for name, role in roles.items())
        )
        self.ownership = ownership.load(EXAMPLES / "ownership.toml")

    def signed(self, mandate: document.Mandate, *names: str, now: datetime = NOW) -> document.Mandate:
        """Return the mandate signed by those named."""
        for name in names:
            mandate = approval.sign(mandate, self.keys[name], self.signers, now)
        return mandate

    def check(self, mandate: document.Mandate, revoked: Revocations | None = None, now: datetime = NOW) -> Grant:
        """Return the grant."""
        return check(mandate, self.ownership, self.signers, revoked or Revocations(), now)
