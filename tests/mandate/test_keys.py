"""Keys: who may read them, how they are locked, and that a signature is over one message by one key."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from quivive.mandate import keys
from quivive.model.errors import MandateError


def test_a_new_key_is_its_owners_alone_and_its_public_half_lies_beside(tmp_path):
    public = keys.new_key(tmp_path / "deep" / "a.key")
    assert (tmp_path / "deep" / "a.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "deep" / "a.key.pub").read_text().strip() == public and len(public) == 44
    assert keys.public_text(keys.load_key(tmp_path / "deep" / "a.key")) == public


def test_a_key_is_never_written_over(tmp_path):
    keys.new_key(tmp_path / "a.key")
    with pytest.raises(MandateError, match="never written over"):
        keys.new_key(tmp_path / "a.key")


def test_a_passphrase_locks_the_key(tmp_path):
    public = keys.new_key(tmp_path / "a.key", "eight wolves")
    assert b"ENCRYPTED" in (tmp_path / "a.key").read_bytes()
    assert keys.public_text(keys.load_key(tmp_path / "a.key", "eight wolves")) == public
    for wrong, told in (("seven wolves", "passphrase is wrong"), ("", "give the passphrase")):
        with pytest.raises(MandateError, match=told):
            keys.load_key(tmp_path / "a.key", wrong)


def test_a_short_passphrase_is_refused_and_one_of_eight_is_not(tmp_path):
    with pytest.raises(MandateError, match="shorter than 8"):
        keys.new_key(tmp_path / "a.key", "7 chars")
    keys.new_key(tmp_path / "a.key", "8 chars!")


def test_a_key_that_others_may_read_is_refused(tmp_path):
    keys.new_key(tmp_path / "a.key")
    (tmp_path / "a.key").chmod(0o640)
    with pytest.raises(MandateError, match="chmod 600"):
        keys.load_key(tmp_path / "a.key")


@pytest.mark.parametrize("held", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path, held):
    keys.write_private(tmp_path / "a.key", held)
    with pytest.raises(MandateError, match="is no key"):
        keys.load_key(tmp_path / "a.key")


def test_a_key_of_another_kind_is_refused(tmp_path):
    other = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    keys.write_private(tmp_path / "a.key", other)
    with pytest.raises(MandateError, match="not an Ed25519 key"):
        keys.load_key(tmp_path / "a.key")


def test_a_signature_holds_for_its_message_and_key_only(tmp_path):
    keys.new_key(tmp_path / "a")
    key = keys.load_key(tmp_path / "a")
    public, signature = keys.public_text(key), keys.sign(key, b"message")
    assert keys.is_signed(public, b"message", signature)
    assert not keys.is_signed(public, b"messagf", signature)
    assert not keys.is_signed(keys.new_key(tmp_path / "b"), b"message", signature)
    assert not keys.is_signed(public, b"message", "no base64!")
    assert not keys.is_signed(public, b"message", signature[:-4])


@pytest.mark.parametrize("public", ["", "AAAA", "x" * 44, "\u20ac"])
def test_what_is_no_public_key_is_refused(public):
    with pytest.raises(MandateError, match="public key"):
        keys.raw(public)
