"""TLS sessions over a conversation: hellos in clear, the rest as records of noise of the right sizes."""

from __future__ import annotations

import struct
from random import Random
from typing import NamedTuple

from quivive.demo import certificates, hello
from quivive.demo.hello import TLS12, TLS13, Profile
from quivive.demo.tcp import NO_TROUBLE, ORIG, RESP, Conversation, Trouble

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
RECORD_BYTES = 16_384
TAG_BYTES = 17
"""What TLS 1.3 adds to a record: the content type and the check of its cipher."""

FINISHED_BYTES, CLOSE_BYTES = 53, 19
CHANGE = bytes.fromhex("14 0303 0001 01")


class Greeting(NamedTuple):
    """Who is called, and by which kind of program."""

    server_name: str
    profile: Profile
    flight_bytes: int = 2_400
    """Size of what a TLS 1.3 server sends after its hello, most of it certificates; little when it resumes."""


def record(kind: int, body: bytes, version: int = TLS12) -> bytes:
    """Return one record."""
    return struct.pack("!BHH", kind, version, len(body)) + body


def sealed(rng: Random, size: int) -> bytes:
    """Return records that carry so many bytes of application data."""
    whole, rest = divmod(size, RECORD_BYTES)
    sizes = [RECORD_BYTES] * whole + [rest] * bool(rest)
    return b"".join(record(APPLICATION, rng.randbytes(part + TAG_BYTES)) for part in sizes)


def open13(talk: Conversation, greeting: Greeting) -> None:
    """Do the handshake of TLS 1.3."""
    greets = hello.client_hello(talk.rng, greeting.profile, greeting.server_name)
    talk.say(ORIG, record(HANDSHAKE, greets, 0x0301))
    answers = record(HANDSHAKE, hello.server_hello(talk.rng, greets, 0x1301, TLS13))
    talk.say(RESP, answers + CHANGE + sealed(talk.rng, greeting.flight_bytes))
    talk.say(ORIG, CHANGE + sealed(talk.rng, FINISHED_BYTES - TAG_BYTES))


def open12(talk: Conversation, greeting: Greeting, chain: tuple[bytes, ...] = ()) -> None:
    """Do the handshake of TLS 1.2; without a chain the server shows the one made for its name."""
    greets = hello.client_hello(talk.rng, greeting.profile, greeting.server_name)
    talk.say(ORIG, record(HANDSHAKE, greets, 0x0301))
    messages = (
        hello.server_hello(talk.rng, greets, 0xC02B, TLS12),
        hello.certificate_message(chain or certificates.chain(greeting.server_name)),
        hello.server_key_exchange(talk.rng),
        hello.SERVER_HELLO_DONE,
    )
    talk.say(RESP, b"".join(record(HANDSHAKE, message) for message in messages))
    finished = record(HANDSHAKE, talk.rng.randbytes(40))
    talk.say(ORIG, record(HANDSHAKE, hello.client_key_exchange(talk.rng)) + CHANGE + finished)
    talk.say(RESP, CHANGE + record(HANDSHAKE, talk.rng.randbytes(40)))


def exchange(talk: Conversation, up_bytes: int, down_bytes: int, trouble: Trouble = NO_TROUBLE) -> None:
    """Send a request and its answer, both sealed."""
    talk.say(ORIG, sealed(talk.rng, up_bytes))
    if down_bytes:
        talk.say(RESP, sealed(talk.rng, down_bytes), trouble)


def close(talk: Conversation) -> None:
    """Say that nothing more will come, then end the conversation."""
    talk.say(ORIG, record(APPLICATION, talk.rng.randbytes(CLOSE_BYTES)))
    talk.close()


def close12(talk: Conversation) -> None:
    """The same in TLS 1.2, where an alert shows its kind."""
    talk.say(ORIG, record(ALERT, talk.rng.randbytes(26)))
    talk.close()
