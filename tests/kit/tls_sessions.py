"""TLS sessions made for tests with the standard library over memory: what went over the wire, said and logged."""

from __future__ import annotations

import datetime
import functools
import ssl
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

REQUEST = b"GET /plan HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"

TLS10, TLS11, TLS12, TLS13 = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)


class Session(NamedTuple):
    """What one session left. turns: (side, bytes) in order; log: the key log; private: the server's key in PEM."""

    turns: list[tuple[int, bytes]]
    log: bytes
    private: bytes


@functools.cache
def identity() -> tuple[bytes, bytes]:
    """Return a server's private key and certificate in PEM."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.com")])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, begin + datetime.timedelta(days=365))
    certificate = made.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return private, certificate.public_bytes(serialization.Encoding.PEM)


@functools.cache
def session(version=TLS13, ciphers="", *, alpn="http/1.1", request=REQUEST, response=RESPONSE) -> Session:
    """Return a session in which a request is asked and answered, and closed."""
    private, certificate = identity()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "keys"
        pem = Path(folder) / "pem"
        pem.write_bytes(private + certificate)
        client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        client.keylog_filename = str(log)
        server.load_cert_chain(pem)
        for context in (client, server):
            context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # old ones are to be read too
                context.minimum_version = context.maximum_version = version
            context.options |= ssl.OP_NO_TICKET
            if alpn:
                context.set_alpn_protocols([alpn])
        turns = _talk(client, server, request, response)
        del client
        return Session(turns, log.read_bytes(), private)


def _talk(client, server, request, response):
    turns = []
    inward = (ssl.MemoryBIO(), ssl.MemoryBIO())
    outward = (ssl.MemoryBIO(), ssl.MemoryBIO())
    ends = (
        client.wrap_bio(inward[0], outward[0], server_hostname="www.example.com"),
        server.wrap_bio(inward[1], outward[1], server_side=True),
    )

    def _carry():
        for side in (0, 1):
            said = outward[side].read()
            if said:
                turns.append((side, said))
                inward[1 - side].write(said)

    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            _carry()
    ends[0].write(request)
    _carry()
    assert ends[1].read(len(request)) == request
    ends[1].write(response)
    _carry()
    assert ends[0].read(len(response)) == response
    return turns


def frames(made, resp_port=443):
    """Return the frames of a session on its own connection."""
    from tests.kernels.frames import ACK, FIN, SYN, ethernet, ipv4, tcp

    def _segment(side, seq, ack, flags=ACK, payload=b""):
        ends = ("10.0.0.1", "192.0.2.80") if side == 0 else ("192.0.2.80", "10.0.0.1")
        ports = (50_000, resp_port) if side == 0 else (resp_port, 50_000)
        inner = tcp(payload, src_port=ports[0], dst_port=ports[1], seq=seq, ack=ack, flags=flags)
        return ethernet(ipv4(inner, protocol=6, src=ends[0], dst=ends[1]))

    at = [100, 500]
    found = [_segment(0, 99, 0, SYN), _segment(1, 499, 100, SYN | ACK), _segment(0, 100, 500)]
    for side, said in made.turns:
        for begin in range(0, len(said), 1400):
            part = said[begin : begin + 1400]
            found.append(_segment(side, at[side], at[1 - side], ACK, part))
            at[side] += len(part)
    found.append(_segment(0, at[0], at[1], FIN | ACK))
    return [*found, _segment(1, at[1], at[0] + 1, FIN | ACK)]
