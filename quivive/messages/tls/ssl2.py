"""Hellos in the form of SSL 2.0 (its draft of 1995), which old clients sent for TLS too (RFC 5246, E.2)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from quivive.messages.tls.hello import ClientHello, ServerHello
from quivive.model.errors import Malformed

CLIENT_HELLO, CLIENT_MASTER_KEY, SERVER_HELLO = 1, 2, 4
VERSION = 0x0002
UNSAID = -1
"""The suite in a ServerHello of SSL 2.0: the client chooses it, afterwards."""

CLIENT = struct.Struct(">BHHHH")
SERVER = struct.Struct(">BBBHHHH")


class Shown(NamedTuple):
    """A server's hello and the one certificate in it, as DER."""

    hello: ServerHello
    certificate: bytes


def message_size(head: bytes) -> int:
    """Return how long the message that begins with these bytes is, header of two bytes included; 0 if it is none."""
    if len(head) < 5 or not head[0] & 0x80:
        return 0
    version = head[3:5]
    is_client = head[2] == CLIENT_HELLO and (version == b"\x00\x02" or (version[0] == 3 and version[1] <= 4))
    is_server = head[2] == SERVER_HELLO and version[0] <= 1 and version[1] <= 1
    if not (is_client or is_server or head[2] == CLIENT_MASTER_KEY):
        return 0
    return 2 + ((head[0] & 0x7F) << 8 | head[1])


def read_client_hello(body: bytes) -> ClientHello:
    """Read a CLIENT-HELLO behind its two bytes of length; only the suites that TLS has are kept."""
    try:
        _, version, suites_size, session_size, _ = CLIENT.unpack_from(body)
    except struct.error:
        raise Malformed("client hello is cut short", len(body)) from None
    at = CLIENT.size
    suites = body[at : at + suites_size]
    known = b"".join([suites[k + 1 : k + 3] for k in range(0, len(suites) - 2, 3) if suites[k] == 0])
    session = body[at + suites_size : at + suites_size + session_size]
    return ClientHello(version, version, session, known, is_ssl2=True)


def read_server_hello(body: bytes) -> Shown:
    """Read a SERVER-HELLO behind its two bytes of length."""
    try:
        _, _, _, version, certificate_size, _, _ = SERVER.unpack_from(body)
    except struct.error:
        raise Malformed("server hello is cut short", len(body)) from None
    certificate = body[SERVER.size : SERVER.size + certificate_size]
    return Shown(ServerHello(version, version, b"", UNSAID, ()), certificate)


def chosen_suite(body: bytes) -> int:
    """Return the suite named in a CLIENT-MASTER-KEY."""
    return int.from_bytes(body[1:4], "big")
