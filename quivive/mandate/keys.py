"""Ed25519 keys (RFC 8032) in PEM files: the private one for its owner alone, the public one for the list of signers.

Keys in hardware (PKCS#11, smart cards) are not read yet; they would come in here and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quivive.mandate.refusal import Refusal
from quivive.model.later import Later

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ed25519: Any = Later("cryptography.hazmat.primitives.asymmetric.ed25519")
serialization: Any = Later("cryptography.hazmat.primitives.serialization")
exceptions: Any = Later("cryptography.exceptions")

KEY_BYTES = 1 << 14
"""A PEM file of one Ed25519 key has under 500 bytes."""

PRIVATE_MODE = 0o600
PUBLIC_SUFFIX = ".pub"
LEAST_PASSPHRASE = 8


def new_key(path: Path, passphrase: str = "") -> str:
    """Make a key pair: `path` (mode 0600) and `path`.pub; returns the public key. Raises MandateError."""
    if passphrase and len(passphrase) < LEAST_PASSPHRASE:
        raise Refusal("passphrase", f"is shorter than {LEAST_PASSPHRASE} characters", "choose a longer one, or none")
    key = generated()
    lock = (
        serialization.BestAvailableEncryption(passphrase.encode("utf-8"))
        if passphrase
        else serialization.NoEncryption()
    )
    held = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    write_private(path, held)
    public = public_text(key)
    Path(f"{path}{PUBLIC_SUFFIX}").write_text(public + "\n", encoding="ascii")
    return public


def generated() -> Ed25519PrivateKey:
    """Return a new private key."""
    key: Ed25519PrivateKey = ed25519.Ed25519PrivateKey.generate()
    return key


def write_private(path: Path, held: bytes) -> None:
    """Write a secret to a new file that only its owner may read. Raises MandateError; never writes over a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(held)
    except FileExistsError as error:
        raise Refusal(str(path), "is there already, and a key is never written over", "choose another name") from error
    except OSError as error:
        raise Refusal(str(path), error.strerror or "cannot be written", "choose another place for the key") from error


def read_private(path: Path) -> bytes:
    """Return a secret from a file of its owner. Raises MandateError where others may read it too."""
    try:
        with path.open("rb") as file:
            others = os.fstat(file.fileno()).st_mode & 0o077
            held = file.read(KEY_BYTES)
    except OSError as error:
        raise Refusal(str(path), error.strerror or "cannot be read", "name a key file that can be read") from error
    if others and os.name == "posix":
        raise Refusal(str(path), "others may read this key", f"shut it: chmod 600 {path}")
    return held


def load_key(path: Path, passphrase: str = "") -> Ed25519PrivateKey:
    """Return a private key. Raises MandateError where it is none, or the passphrase is wrong."""
    held = read_private(path)
    try:
        key = serialization.load_pem_private_key(held, passphrase.encode("utf-8") or None)
    except TypeError as error:
        mend = "sign again without one" if passphrase else "give the passphrase"
        raise Refusal(str(path), "the key is open" if passphrase else "the key is locked", mend) from error
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise Refusal(
            str(path), "is no key, or the passphrase is wrong", "try again, or name the right file"
        ) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise Refusal(str(path), "is not an Ed25519 key", "make one: quivive key new")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public key of a private one as text: 32 bytes in base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")


def fingerprint(public: str) -> str:
    """Return the short name of a public key: 16 hexadecimal digits of its SHA-256. Raises MandateError."""
    return hashlib.sha256(raw(public)).hexdigest()[:16]


def raw(public: str) -> bytes:
    """Return the 32 bytes of a public key given as text. Raises MandateError."""
    try:
        held = base64.b64decode(public, validate=True)
    except (binascii.Error, ValueError):
        held = b""
    if len(held) != 32:
        raise Refusal("public key", f"{public!r:.50} is none", "copy it from the .pub file: 44 characters")
    return held


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """Return the signature over a message, in base64."""
    return base64.b64encode(key.sign(message)).decode("ascii")


def is_signed(public: str, message: bytes, signature: str) -> bool:
    """Return whether the signature over the message was made with the key."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(raw(public)).verify(
            base64.b64decode(signature, validate=True), message
        )
    except (exceptions.InvalidSignature, binascii.Error, ValueError):
        return False
    return True
