"""TLS hellos, taken apart again by hand."""

from __future__ import annotations

import struct
from random import Random

from quivive.demo import hello


def _extensions(message, at):
    end = at + 2 + struct.unpack_from("!H", message, at)[0]
    assert end == len(message)
    at, found = at + 2, {}
    while at < end:
        kind, size = struct.unpack_from("!HH", message, at)
        found[kind] = message[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _client_parts(message):
    at = 39 + message[38]
    n_bytes = struct.unpack_from("!H", message, at)[0]
    ciphers = struct.unpack_from(f"!{n_bytes // 2}H", message, at + 2)
    return ciphers, _extensions(message, at + 2 + n_bytes + 2)


def test_an_older_programs_hello_names_its_server_and_no_newer_version():
    message = hello.client_hello(Random(1), hello.OLD_SYSTEM, "a.example")
    ciphers, extensions = _client_parts(message)
    assert message[:6] == b"\1" + (len(message) - 4).to_bytes(3, "big") + b"\3\3"
    assert ciphers == hello.OLD_SYSTEM.ciphers
    assert list(extensions) == list(hello.OLD_SYSTEM.extensions)
    assert extensions[hello.SERVER_NAME] == bytes.fromhex("000c 00 0009") + b"a.example"
    assert extensions[hello.GROUPS] == bytes.fromhex("0006 001d 0017 0018")


def test_a_browsers_hello_is_greased_and_needs_two_segments():
    message = hello.client_hello(Random(2), hello.BROWSER, "b.example")
    ciphers, extensions = _client_parts(message)
    assert ciphers[0] & 0x0F0F == 0x0A0A
    assert next(iter(extensions)) == ciphers[0]
    assert extensions[hello.ALPN] == b"\0\x0c\2h2\x08http/1.1"
    assert extensions[hello.VERSIONS] == b"\6" + struct.pack("!H", ciphers[0]) + bytes.fromhex("0304 0303")
    assert len(extensions[hello.KEY_SHARE]) == 2 + 4 + 1216 + 4 + 32
    assert len(message) > 1460


def test_the_server_repeats_the_session_and_picks_a_cipher():
    greets = hello.client_hello(Random(3), hello.SYSTEM, "c.example")
    message = hello.server_hello(Random(4), greets, 0x1301, hello.TLS13)
    assert message[38:71] == greets[38:71]
    assert message[71:74] == bytes.fromhex("1301 00")
    assert _extensions(message, 74)[hello.VERSIONS] == bytes.fromhex("0304")
