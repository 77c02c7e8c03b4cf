"""What the two sides of a TLS or DTLS handshake say in clear, joined to one row (RFC 8446, 4; RFC 5246, 7.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quivive.kit.protocol import Row
from quivive.messages.tls import hello as tls_hello
from quivive.messages.tls import ja, ssl2
from quivive.messages.tls.certificates import CERTIFICATES, Certificate
from quivive.messages.tls.hello import ClientHello, ServerHello, read_client_hello, read_server_hello
from quivive.messages.tls.registry import alert_name, group_name, is_tls13, version_name
from quivive.messages.tls.suites import CIPHERS, cipher_name
from quivive.model.errors import Malformed
from quivive.model.tables import ANOMALIES

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE, HELLO_DONE = 1, 2, 11, 12, 14
NAMED_CURVE = b"\x03"
"""The one way left to name a curve in a ServerKeyExchange (RFC 8422, 5.4)."""

CHAIN = 32
"""Certificates opened of one chain; real chains have up to six, servers that send their whole store some twenty."""

HANDSHAKE_BYTES = 1 << 19
"""Longest handshake message put together: real chains stay under 100 kB, made ones reach 340 kB of 16 MB."""

PROTOCOLS = {"t": "tls", "d": "dtls", "q": "quic"}


class Handshake:
    """One handshake; sides are 0 and 1 as in Side.

    carrier:      JA4's letter for what carries it: t, d or q
    client_side:  the side that spoke as the client, or would have; the originator until a hello tells
    answer:       the server's first hello, which may be a retry; JA3S is of the answer to the hello that JA3 is of
    is_heard:     whether anything of that side was read
    is_secret:    whether that side went over to encryption
    """

    __slots__ = (
        "alert",
        "answer",
        "carrier",
        "chains",
        "client",
        "client_side",
        "curve",
        "has_exchange",
        "is_heard",
        "is_secret",
        "server",
    )

    def __init__(self, carrier: str) -> None:
        self.carrier = carrier
        self.client: ClientHello | None = None
        self.server: ServerHello | None = None
        self.answer: ServerHello | None = None
        self.client_side = 0
        self.chains: dict[bool, list[Certificate]] = {}
        self.curve = 0
        self.alert: int | None = None
        self.has_exchange = False
        self.is_heard = [False, False]
        self.is_secret = [False, False]

    def hear(self, kind: int, body: bytes, side: int) -> Iterable[Row]:
        """Take one message; returns the rows it completes: certificates, and what is odd."""
        if kind == CLIENT_HELLO:
            return self._hear_client(read_client_hello(body), side)
        if kind == SERVER_HELLO:
            self.server_speaks(read_server_hello(body), side)
        elif kind == CERTIFICATE:
            return self.show_chain(_read_chain(body), is_client=side == self.client_side)
        elif kind == SERVER_KEY_EXCHANGE:
            self.has_exchange = True
            if body[:1] == NAMED_CURVE and self.server and "_ECDH" in CIPHERS.get(self.server.cipher, ""):
                self.curve = int.from_bytes(body[1:3], "big")
        elif kind == HELLO_DONE:
            self.has_exchange = True
        return ()

    def _hear_client(self, hello: ClientHello, side: int) -> Iterable[Row]:
        self.client_speaks(hello, side)
        return [(ANOMALIES, {"place": PROTOCOLS[self.carrier], "anomaly": hello.fault})] if hello.fault else ()

    def client_speaks(self, hello: ClientHello, side: int) -> None:
        """Take a client's hello; only the first counts, what follows a retry merely repeats it."""
        if self.client is None:
            self.client, self.client_side = hello, side

    def server_speaks(self, hello: ServerHello, side: int) -> None:
        """Take a server's hello; from TLS 1.3 on nothing behind it is in clear."""
        if self.server is None:
            self.answer = hello
        if self.server is None or self.server.is_retry:
            self.server, self.client_side = hello, 1 - side
            self.is_secret[side] |= is_tls13(hello.version) and not hello.is_retry

    def show_chain(self, chain: list[bytes], *, is_client: bool) -> list[Row]:
        """Take the certificates that a side sent; returns those that this flow has not shown yet."""
        from quivive.messages.tls.certificate_reader import read_certificate  # 50 ms that most commands need not pay

        self.has_exchange |= not is_client
        known = {certificate.certificate_sha256 for shown in self.chains.values() for certificate in shown}
        read = [read_certificate(der) for der in chain[:CHAIN]]
        self.chains.setdefault(is_client, read)
        rows: list[Row] = []
        for depth, certificate in enumerate(read):
            if certificate.certificate_sha256 not in known:
                known.add(certificate.certificate_sha256)
                rows.append((CERTIFICATES, _certificate_row(certificate, depth, is_client)))
        return rows

    @property
    def is_silent(self) -> bool:
        """Whether nothing worth a row was heard."""
        return self.client is None and self.server is None and not self.chains and self.alert is None

    def row(self) -> dict[str, Any]:
        """Return the columns of HANDSHAKE_FIELDS that are known."""
        is_seen = [secret for secret, heard in zip(self.is_secret, self.is_heard, strict=True) if heard]
        values: dict[str, Any] = {"is_established": bool(is_seen) and all(is_seen)}
        if self.client is not None:
            values |= client_columns(self.client, self.carrier)
        if self.server is not None:
            values |= self.server_columns(self.server)
        if self.chains:
            values |= self._certificate_columns()
        if self.alert is not None:
            values["alert"] = alert_name(self.alert)
        return values

    def server_columns(self, hello: ServerHello) -> dict[str, Any]:
        """Return the columns that a server's hello fills."""
        return {
            "version": version_name(hello.version),
            "cipher": cipher_name(hello.cipher) if hello.cipher != ssl2.UNSAID else None,
            "curve": group_name(self.curve or hello.group) if self.curve or hello.group else None,
            "alpn": _text(hello.alpn[0]) if hello.alpn else None,
            "ja3s": ja.ja3s(self.answer or hello) if hello.version != ssl2.VERSION else None,
            "is_resumed": self._is_resumed(hello),
            "next_protocol": [_text(name) for name in hello.npn] or None,
        }

    def _is_resumed(self, hello: ServerHello) -> bool | None:
        if is_tls13(hello.version):
            return tls_hello.PRE_SHARED_KEY in hello.extensions
        if self.has_exchange:
            return False
        if self.is_secret[1 - self.client_side]:
            return True
        is_echoed = self.client is not None and hello.session_id == self.client.session_id != b""
        return True if is_echoed else None

    def _certificate_columns(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if own := self.chains.get(True):
            values["client_subject"] = own[0].certificate_subject
        if chain := self.chains.get(False):
            leaf, name = chain[0], self.client and self.client.server_name
            values |= {
                "n_certificates": len(chain),
                "certificate_sha256": leaf.certificate_sha256,
                "chain_sha256": [certificate.certificate_sha256 for certificate in chain],
                "certificate_subject": leaf.certificate_subject,
                "certificate_issuer": leaf.certificate_issuer,
                "certificate_not_before": leaf.certificate_not_before,
                "certificate_not_after": leaf.certificate_not_after,
                "sni_matches_certificate": leaf.is_for(name) if name else None,
            }
        return values


def client_columns(hello: ClientHello, carrier: str) -> dict[str, Any]:
    """Return the columns that a client's hello fills; carrier as in Handshake."""
    return {
        "client_version": version_name(hello.version),
        "server_name": hello.server_name,
        "alpn_offered": [_text(name) for name in hello.alpn] or None,
        "ja3": None if hello.is_ssl2 else ja.ja3(hello),
        "ja4": None if hello.is_ssl2 else ja.ja4(hello, carrier),
        "has_ech": tls_hello.ECH in hello.extensions or tls_hello.ESNI in hello.extensions,
    }


def _certificate_row(certificate: Certificate, depth: int, is_client: bool) -> dict[str, Any]:
    """Return the row; whom a client's own certificate names may be a person, and has a column for that."""
    values = certificate._asdict() | {"chain_depth": depth, "is_client_certificate": is_client}
    if is_client and depth == 0:
        values["client_subject"] = values.pop("certificate_subject")
    return values


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _read_chain(body: bytes) -> list[bytes]:
    """Return the certificates of a Certificate message, as DER."""
    chain: list[bytes] = []
    at, stop = 3, len(body)
    if stop < 3 or int.from_bytes(body[:3], "big") != stop - 3:
        raise Malformed("certificate list has another length than its message", 0)
    while at < stop and len(chain) < CHAIN:
        end = at + 3 + int.from_bytes(body[at : at + 3], "big")
        if at + 3 > stop or end > stop:
            raise Malformed("certificate goes beyond its message", at)
        chain.append(body[at + 3 : end])
        at = end
    return chain
