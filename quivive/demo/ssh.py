"""SSH sessions (RFC 4253): banners and key exchange in clear, then noise."""

from __future__ import annotations

import struct

from quivive.demo.tcp import ORIG, RESP, Conversation

PORT = 22
CLIENT_BANNER, SERVER_BANNER = b"SSH-2.0-OpenSSH_9.6\r\n", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
KEXINIT, NEWKEYS, ECDH_INIT, ECDH_REPLY = 20, 21, 30, 31
KEX = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha256"
HOST_KEYS = "ssh-ed25519,rsa-sha2-512,rsa-sha2-256"
CIPHERS = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes256-ctr"
MACS = "umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-256"
BLOCK_BYTES = 8


def open_session(talk: Conversation) -> None:
    """Exchange banners, offers and keys."""
    talk.say(ORIG, CLIENT_BANNER)
    talk.say(RESP, SERVER_BANNER)
    talk.say(ORIG, _offer(talk, f"{KEX},ext-info-c"))
    talk.say(RESP, _offer(talk, KEX))
    talk.say(ORIG, _packet(bytes([ECDH_INIT]) + _string(talk.rng.randbytes(32))))
    key = _string(b"ssh-ed25519") + _string(talk.rng.randbytes(32))
    signature = _string(b"ssh-ed25519") + _string(talk.rng.randbytes(64))
    reply = bytes([ECDH_REPLY]) + _string(key) + _string(talk.rng.randbytes(32)) + _string(signature)
    talk.say(RESP, _packet(reply) + _packet(bytes([NEWKEYS])))
    talk.say(ORIG, _packet(bytes([NEWKEYS])))


def noise(talk: Conversation, side: int, size: int) -> None:
    """Send so many encrypted bytes."""
    talk.say(side, talk.rng.randbytes(size))


def _offer(talk: Conversation, kex: str) -> bytes:
    lists = (kex, HOST_KEYS, CIPHERS, CIPHERS, MACS, MACS, "none", "none", "", "")
    body = b"".join(_string(names.encode()) for names in lists)
    return _packet(bytes([KEXINIT]) + talk.rng.randbytes(16) + body + b"\0" * 5)


def _packet(payload: bytes) -> bytes:
    """Return one unencrypted packet: length, padding length, payload, padding of at least four bytes."""
    padding = 4 + -(len(payload) + 9) % BLOCK_BYTES
    return struct.pack("!IB", 1 + len(payload) + padding, padding) + payload + b"\0" * padding


def _string(value: bytes) -> bytes:
    return struct.pack("!I", len(value)) + value
