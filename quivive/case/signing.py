"""The key with which this machine signs what it does on its own: receipts of what was removed, evidence packs.

It lies beside the user's other keys, never in a case, and is made on first use. Where no file can be written, a key is
made for the occasion: the audit holds its public half.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from quivive.mandate import keys, settings
from quivive.mandate.refusal import Refusal
from quivive.model.errors import MandateError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def own_key(named: Path | None = None, passphrase: str = "") -> Ed25519PrivateKey:
    """Return the key that was named, or this machine's. Raises MandateError for a named one that cannot be used."""
    if named is not None:
        return keys.load_key(named, passphrase)
    try:
        path = settings.place_of("custody")
        if not path.exists():
            with contextlib.suppress(Refusal):  # made by another process in the meantime
                keys.new_key(path)
        return keys.load_key(path)
    except MandateError:
        if settings.is_named("custody"):
            raise
        return keys.generated()
