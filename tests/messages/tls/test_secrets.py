"""Secrets to keys, against published values."""

from __future__ import annotations

import hashlib

from quivive.messages.tls import secrets


def test_expansion_gives_the_published_handshake_key():
    # RFC 8448, 3: the server's handshake traffic secret, and the key and IV made of it
    secret = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    assert secrets.expand_label("sha256", secret, b"key", 16).hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert secrets.expand_label("sha256", secret, b"iv", 12).hex() == "5d313eb2671276ee13000b30"


def test_longer_output_begins_with_the_shorter():
    long = secrets.expand_label("sha256", b"s" * 32, b"x", 100)
    assert len(long) == 100
    for version in (0x0300, 0x0301, 0x0303):
        whole = secrets.pseudo_random(version, "sha256", b"secret", b"label", b"seed", 104)
        assert (len(whole), whole[:40]) == (
            104,
            secrets.pseudo_random(version, "sha256", b"secret", b"label", b"seed", 40),
        )


def test_first_bytes_of_ssl_3_are_two_hashes_within_each_other():
    inner = hashlib.sha1(b"A" + b"secret" + b"seed").digest()
    assert secrets.pseudo_random(0x0300, "", b"secret", b"", b"seed", 16) == hashlib.md5(b"secret" + inner).digest()


def test_halves_of_an_odd_secret_overlap():
    one = secrets.pseudo_random(0x0301, "", b"abc", b"l", b"s", 8)
    md5, sha1 = secrets.spread("md5", b"ab", b"ls", 8), secrets.spread("sha1", b"bc", b"ls", 8)
    assert one == bytes(a ^ b for a, b in zip(md5, sha1, strict=True))


def test_master_secrets_have_48_bytes():
    assert len(secrets.master_secret(0x0303, "sha384", b"p" * 48, b"r" * 64)) == 48
    for version in (0x0301, 0x0303):
        assert len(secrets.extended_master_secret(version, "sha256", b"p" * 48, b"said")) == 48
