"""One TLS session that is read with its owner's keys: records in, what the two sides said to each other out."""

from __future__ import annotations

import hashlib
from itertools import accumulate
from typing import NamedTuple

from quivive.kit.tls_keys import Keys
from quivive.messages.tls import secrets
from quivive.messages.tls.hello import ServerHello, read_server_hello
from quivive.messages.tls.protection import (
    EXPORTED_KEY_BYTES,
    IV_BYTES,
    SALT_BYTES,
    Authenticated,
    Deflated,
    Maced,
    Protection,
    Suite,
    of_traffic_secret,
    suite_of,
)
from quivive.messages.tls.registry import is_tls13
from quivive.messages.tls.suites import CIPHERS
from quivive.model.errors import Malformed

CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
CLIENT_HELLO, SERVER_HELLO, CLIENT_KEY_EXCHANGE, FINISHED, KEY_UPDATE = 1, 2, 16, 20, 24
ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET = 22, 23
RANDOM_BYTES = 32
DEFLATE = 1

SAID_BYTES = 1 << 17
"""Bytes of a handshake that are kept: those of chains of ten certificates and more are within it."""

NAMES = ("CLIENT", "SERVER")
SEALED = ("TLS_RSA_WITH_", "TLS_RSA_EXPORT_")
"""Suites in which the client seals the premaster secret with the server's key."""


class Opened(NamedTuple):
    """What a record brought. data: application data; said: handshake messages that were encrypted (type, body)."""

    data: bytes = b""
    said: tuple[tuple[int, bytes], ...] = ()


NOTHING = Opened()


class Opener:
    """One session; sides are 0 and 1 as in Side.

    plain_bytes:  application data read, by side
    n_false:      records that did not authenticate      n_unread: records that no key was there for
    fault:        why the session cannot be read, "" while it can
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.plain_bytes = [0, 0]
        self.n_false = 0
        self.n_unread = 0
        self.fault = ""
        self.is_open = False
        self._given_up = [False, False]
        self._active: list[Protection | None] = [None, None]
        self._waiting = [b"", b""]
        self._traffic: list[bytes] = [b"", b""]
        self._n_read = [0, 0]
        self._client_side = 0
        self._client_random = self._randoms = self._said = b""
        self._offered = self._compression = 0
        self._premaster_sealed = b""
        self._said_at_exchange = b""
        self._hello: ServerHello | None = None
        self._suite: Suite | None = None
        self._made: list[Protection] = []

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing of the session will be read."""
        return bool(self.fault) or all(self._given_up)

    def lost(self, side: int) -> None:
        """Hear that bytes of a side are missing: nothing behind them can be told apart."""
        self._given_up[side] = True

    def hear_ssl2(self, random: bytes, side: int) -> None:
        """Take the random of a client that said hello in the form of SSL 2.0."""
        self._client_side, self._client_random = side, random

    def read(self, kind: int, version: int, body: bytes, side: int) -> Opened:
        """Take the next record of a side."""
        if self._given_up[side]:
            self.n_unread += self.is_open
            return NOTHING
        protection = self._active[side]
        if protection is None:
            return self._read_clear(kind, body, side)
        if self._is_tls13 and kind != APPLICATION_DATA:
            return NOTHING  # a ChangeCipherSpec for the sake of old boxes, or an alert
        found = protection.open(kind, version, body)
        if found is None:
            return self._refuse(side)
        self._n_read[side] += 1
        return self._take(*found, side)

    @property
    def _is_tls13(self) -> bool:
        return self._hello is not None and is_tls13(self._hello.version)

    def _refuse(self, side: int) -> Opened:
        if self._is_tls13 and side == self._client_side and not self._n_read[side]:
            self.n_unread += 1  # early data, under keys of its own (RFC 8446, 4.2.10)
            return NOTHING
        self.n_false += 1
        self._given_up[side] = True
        return NOTHING

    def _read_clear(self, kind: int, body: bytes, side: int) -> Opened:
        if kind == HANDSHAKE:
            self._hear(body, side)
        elif kind == CHANGE_CIPHER_SPEC:
            self._change(side)
        elif kind == APPLICATION_DATA:
            self.n_unread += 1
        return NOTHING

    def _take(self, kind: int, content: bytes, side: int) -> Opened:
        if kind == APPLICATION_DATA:
            self.plain_bytes[side] += len(content)
            return Opened(content)
        if kind == HANDSHAKE:
            return Opened(said=self._hear(content, side))
        if kind == CHANGE_CIPHER_SPEC:
            self._change(side)
        return NOTHING

    def _hear(self, body: bytes, side: int) -> tuple[tuple[int, bytes], ...]:
        """Put handshake messages together and hear them."""
        said, at, heard = self._waiting[side] + body, 0, []
        while at + 4 <= len(said):
            end = at + 4 + int.from_bytes(said[at + 1 : at + 4], "big")
            if end > len(said):
                break
            heard.append((said[at], said[at + 4 : end]))
            self._note(said[at:end])
            self._message(said[at], said[at + 4 : end], side)
            at = end
        self._waiting[side] = said[at:]
        if len(self._waiting[side]) > SAID_BYTES:
            self._given_up[side] = True
        return tuple(heard)

    def _note(self, message: bytes) -> None:
        """Keep what was said: the master secret may depend on it."""
        if message[0] == CLIENT_HELLO:
            self._said = b""
        if message[0] and not self._is_tls13 and len(self._said) + len(message) <= SAID_BYTES:
            self._said += message

    def _message(self, kind: int, body: bytes, side: int) -> None:
        if kind == CLIENT_HELLO and len(body) >= 2 + RANDOM_BYTES:
            self._client_side, self._client_random = side, body[2 : 2 + RANDOM_BYTES]
            self._offered, self._made = int.from_bytes(body[:2], "big"), []
        elif kind == SERVER_HELLO:
            self._answer(body)
        elif kind == CLIENT_KEY_EXCHANGE:
            self._premaster_sealed, self._said_at_exchange = body, self._said
        elif kind == FINISHED and self._is_tls13:
            self._use(side, self._secret(side, "TRAFFIC_SECRET_0"))
        elif kind == KEY_UPDATE and self._is_tls13 and self._suite and self._traffic[side]:
            size = hashlib.new(self._suite.prf).digest_size
            self._use(side, secrets.expand_label(self._suite.prf, self._traffic[side], b"traffic upd", size))

    def _answer(self, body: bytes) -> None:
        try:
            hello = read_server_hello(body)
        except Malformed:
            self.fault = "server hello is cut short"
            return
        if hello.is_retry:
            return
        self._hello, self._suite, self._made = hello, suite_of(hello.cipher), []
        self._randoms = self._client_random + body[2 : 2 + RANDOM_BYTES]
        compression = 2 + RANDOM_BYTES + 1 + len(hello.session_id) + 2
        if self._suite is None:
            self.fault = "cipher suite that cannot be opened"
        elif is_tls13(hello.version):
            for side in (0, 1):
                self._use(side, self._secret(side, "HANDSHAKE_TRAFFIC_SECRET"))
        else:
            self._compression = int.from_bytes(body[compression : compression + 1], "big")
            if self._compression > DEFLATE:
                self.fault = "compressed within TLS in a way that is not known"

    def _secret(self, side: int, what: str) -> bytes:
        name = NAMES[side != self._client_side]
        return self._keys.secrets(self._client_random).get(f"{name}_{what}", b"")

    def _use(self, side: int, secret: bytes) -> None:
        """Go over to a traffic secret of TLS 1.3; without one the side stays shut."""
        if not secret or self._suite is None or not self._suite.is_aead:
            self._given_up[side] = True
            return
        self.is_open = True
        self._traffic[side], self._active[side] = secret, of_traffic_secret(self._suite, secret)

    def _change(self, side: int) -> None:
        """Go over to the keys that were agreed on, before TLS 1.3."""
        if self._hello is None or self._is_tls13:
            return  # in TLS 1.3 it means nothing
        if not self._made:
            self._made = self._make(self._hello)
        if self._made:
            self.is_open = True
            made = self._made[side != self._client_side]
            self._active[side] = Deflated(made) if self._compression else made
        else:
            self._given_up[side] = True

    def _make(self, hello: ServerHello) -> list[Protection]:
        """Return the client's protection and the server's; none without a key."""
        suite, master = self._suite, self._master(hello)
        if suite is None or not master:
            return []
        n_mac = 0 if suite.is_aead else hashlib.new(suite.mac).digest_size
        n_iv = (IV_BYTES if "CHACHA" in suite.cipher else SALT_BYTES) if suite.is_aead else suite.block_bytes
        sizes = (n_mac, n_mac, suite.key_bytes, suite.key_bytes, n_iv, n_iv)
        seed = self._randoms[RANDOM_BYTES:] + self._randoms[:RANDOM_BYTES]
        block = secrets.pseudo_random(hello.version, suite.prf, master, b"key expansion", seed, sum(sizes))
        ends = list(accumulate(sizes))
        parts = [block[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        return [self._protection(hello, suite, parts[nth::2], nth) for nth in (0, 1)]

    def _protection(self, hello: ServerHello, suite: Suite, parts: list[bytes], nth: int) -> Protection:
        """Return the protection of the client (0) or the server (1). parts: MAC key, key, IV."""
        mac_key, key, iv = parts
        if suite.cipher in EXPORTED_KEY_BYTES:
            key, iv = self._exported(hello, suite, key, nth)
        if suite.is_aead:
            return Authenticated(suite.cipher, key, iv, is_tls13=False)
        is_last = ENCRYPT_THEN_MAC in hello.extensions
        return Maced(suite, hello.version, (mac_key, key, iv), mac_is_last=is_last)

    def _exported(self, hello: ServerHello, suite: Suite, key: bytes, nth: int) -> tuple[bytes, bytes]:
        """Return key and IV of a suite that was weakened for export (RFC 2246, 6.3.1; RFC 6101, 6.2.2)."""
        n_key, n_iv = EXPORTED_KEY_BYTES[suite.cipher], suite.block_bytes
        randoms = self._randoms
        back = randoms[RANDOM_BYTES:] + randoms[:RANDOM_BYTES]
        if hello.version == secrets.SSL3:
            own = (randoms, back)[nth]
            final = hashlib.md5(key + own).digest()[:n_key]
            return final, hashlib.md5(own).digest()[:n_iv]
        label = (b"client write key", b"server write key")[nth]
        final = secrets.pseudo_random(hello.version, suite.prf, key, label, randoms, n_key)
        ivs = secrets.pseudo_random(hello.version, suite.prf, b"", b"IV block", randoms, 2 * n_iv)
        return final, ivs[nth * n_iv : (nth + 1) * n_iv]

    def _master(self, hello: ServerHello) -> bytes:
        """Return the master secret, from a key log or from what the client sealed for the server; empty without."""
        logged = self._keys.secrets(self._client_random).get("CLIENT_RANDOM", b"")
        sealed = self._premaster_sealed
        if logged or not sealed or not CIPHERS[hello.cipher].startswith(SEALED):
            return logged
        if hello.version != secrets.SSL3:
            sealed = sealed[2:]  # the length
        premaster = self._keys.premaster(sealed, self._offered)
        if premaster is None or self._suite is None:
            return b""
        if EXTENDED_MASTER_SECRET in hello.extensions:
            return secrets.extended_master_secret(hello.version, self._suite.prf, premaster, self._said_at_exchange)
        return secrets.master_secret(hello.version, self._suite.prf, premaster, self._randoms)
