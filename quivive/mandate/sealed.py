"""The names behind a case's pseudonyms, each sealed on its own (AES-256-GCM): names.sealed, one JSON object a line.

The key is the second secret of the pseudonym key; it never lies in the case. Who holds the case alone sees nothing,
and opening one line says nothing of another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from quivive.mandate.pseudonyms import PseudonymKey
from quivive.mandate.refusal import Refusal
from quivive.model.later import Later

aead: Any = Later("cryptography.hazmat.primitives.ciphers.aead")
exceptions: Any = Later("cryptography.exceptions")

FILE = "names.sealed"
MOST_NAMES = 262_144
"""Names sealed in one case: no organisation has more people, and hostile input can invent any number."""

NAME_BYTES = 1024
"""Longest name that is sealed; what is longer is cut."""

LINE_BYTES = 4096
NONCE_BYTES = 12


class SealedNames:
    """Writes each name once, the first time its pseudonym is given."""

    def __init__(self, path: Path, key: PseudonymKey) -> None:
        self._path = path
        self._key = key
        self._seen: set[str] = set()
        self.n_left_out = 0
        """Names beyond MOST_NAMES: their pseudonyms can never be opened."""
        path.unlink(missing_ok=True)

    def seal(self, pseudonym: str, name: str) -> None:
        """Hear of a pseudonym and the name behind it."""
        if pseudonym in self._seen:
            return
        if len(self._seen) >= MOST_NAMES:
            self.n_left_out += 1
            return
        self._seen.add(pseudonym)
        line = json.dumps({"pseudonym": pseudonym, "sealed": sealed(self._key.seal, pseudonym, name)})
        with self._path.open("a", encoding="ascii") as file:
            file.write(line + "\n")


def sealed(key: bytes, pseudonym: str, name: str) -> str:
    """Return a name sealed, in base64; the same name under the same pseudonym gives the same text.

    The nonce is made from both, so that it never comes twice for two names (as in RFC 8452's synthetic ones).
    """
    text = name.encode("utf-8", "backslashreplace")[:NAME_BYTES]
    bound = pseudonym.encode("utf-8")
    nonce = hmac.new(key, b"nonce\0" + bound + b"\0" + text, hashlib.sha256).digest()[:NONCE_BYTES]
    return base64.b64encode(nonce + aead.AESGCM(_cipher_key(key)).encrypt(nonce, text, bound)).decode("ascii")


def _cipher_key(key: bytes) -> bytes:
    return hmac.new(key, b"cipher", hashlib.sha256).digest()


def opened(path: Path, key: PseudonymKey, pseudonym: str) -> str:
    """Return the one name behind a pseudonym. Raises MandateError where it is not there, or the key is another."""
    try:
        with path.open(encoding="ascii") as file:
            for line in file:
                if len(line) <= LINE_BYTES and json.loads(line).get("pseudonym") == pseudonym:
                    return _open(key.seal, pseudonym, json.loads(line)["sealed"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Refusal(str(path), "the sealed names cannot be read", "inspect the captures again") from error
    raise Refusal(f"pseudonym {pseudonym!r:.40}", "is not in this case", "copy it from a table, such as user-7k3f...")


def _open(key: bytes, pseudonym: str, held: str) -> str:
    packed = base64.b64decode(held, validate=True)
    try:
        text = aead.AESGCM(_cipher_key(key)).decrypt(
            packed[:NONCE_BYTES], packed[NONCE_BYTES:], pseudonym.encode("utf-8")
        )
    except exceptions.InvalidTag as error:
        raise Refusal(
            f"pseudonym {pseudonym}",
            "was sealed with another key, or altered",
            "name the key that this case was read with",
        ) from error
    return text.decode("utf-8", "backslashreplace")
