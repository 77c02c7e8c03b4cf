"""QUIC version 1: Initial packets protected as RFC 9001 has it, the rest as noise in the right form (RFC 9000)."""

from __future__ import annotations

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quivive.demo import hello
from quivive.demo.clock import MICROSECOND
from quivive.demo.names import Host
from quivive.demo.tape import Tape

PORT = 443
SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001, 5.2
VERSION = 1
INITIAL, HANDSHAKE = 0xC1, 0xE1
"""First bytes of the long headers, with a packet number of two bytes."""

DATAGRAM_BYTES = 1200
LONG_BYTES = 25
"""A long header with two identifiers of eight bytes."""

TAG_BYTES = 16
ACK_FIRST = bytes.fromhex("02 00 00 00 00")
"""ACK frame: packet 0 came, without delay."""


def session(tape: Tape, pair: tuple[Host, Host], server_name: str, at_ns: int, volume: tuple[int, int]) -> None:
    """Leave a whole session on the tape; volume counts datagrams: the originator's, and each one's answers."""
    rng, (orig, resp) = tape.rng, pair
    ends = ((orig, tape.port(orig)), (resp, PORT))
    their_id, own_id = rng.randbytes(8), rng.randbytes(8)
    rtt_ns = rng.randrange(8_000, 25_000) * MICROSECOND
    greets = hello.client_hello(rng, hello.QUIC_BROWSER, server_name, own_id)
    answers = hello.server_hello(rng, greets, 0x1301, hello.TLS13)
    first = initial(_crypto(greets), (their_id, own_id), b"client in", their_id)
    tape.datagram(at_ns, *ends, first)
    flight = initial(ACK_FIRST + _crypto(answers), (own_id, their_id), b"server in", their_id, pad=False)
    flight += _long(HANDSHAKE, own_id, their_id, rng.randbytes(DATAGRAM_BYTES - len(flight) - LONG_BYTES))
    now_ns = at_ns + rtt_ns
    tape.datagram(now_ns, ends[1], ends[0], flight)
    now_ns += 400 * MICROSECOND
    tape.datagram(now_ns, *ends, _long(HANDSHAKE, their_id, own_id, rng.randbytes(92)))
    for _ in range(volume[0]):
        tape.datagram(now_ns, *ends, _short(tape, their_id, rng.randrange(40, 300)))
        now_ns += rtt_ns
        for _ in range(volume[1]):
            tape.datagram(now_ns, ends[1], ends[0], _short(tape, own_id, 1170))
            now_ns += 15 * MICROSECOND
        now_ns += rng.randrange(1_000, 400_000) * MICROSECOND


def initial(frames: bytes, ids: tuple[bytes, bytes], label: bytes, first_id: bytes, *, pad: bool = True) -> bytes:
    """Return Initial packet 0 for (destination, source) identifiers, protected with the keys of RFC 9001, 5.2."""
    head = bytes([INITIAL]) + struct.pack("!I", VERSION) + b"".join(bytes([len(name)]) + name for name in ids) + b"\0"
    overhead = len(head) + 2 + 2 + TAG_BYTES
    frames = frames.ljust(DATAGRAM_BYTES - overhead if pad else 0, b"\0")  # a zero byte is a PADDING frame
    head += _length(2 + len(frames) + TAG_BYTES) + b"\0\0"
    key, start, mask_key = keys(first_id, label)
    body = AESGCM(key).encrypt(start, frames, head)  # number 0 leaves the start of the nonce as it is
    return masked(head + body, len(head) - 2, mask_key)


def keys(first_id: bytes, label: bytes) -> tuple[bytes, bytes, bytes]:
    """Return key, nonce start and mask key of one side's Initial packets."""
    common = hmac.digest(SALT, first_id, "sha256")
    secret = _expand(common, label, 32)
    return _expand(secret, b"quic key", 16), _expand(secret, b"quic iv", 12), _expand(secret, b"quic hp", 16)


def masked(packet: bytes, number_at: int, mask_key: bytes) -> bytes:
    """Return the packet with its first byte and its two number bytes masked (RFC 9001, 5.4)."""
    sample = packet[number_at + 4 : number_at + 20]
    encryptor = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor()  # one block
    mask = encryptor.update(sample)
    number = bytes(byte ^ hidden for byte, hidden in zip(packet[number_at : number_at + 2], mask[1:3], strict=True))
    return bytes([packet[0] ^ (mask[0] & 0x0F)]) + packet[1:number_at] + number + packet[number_at + 2 :]


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1) for results of at most one hash."""
    name = b"tls13 " + label
    info = struct.pack("!HB", size, len(name)) + name + b"\0\1"
    return hmac.new(secret, info, hashlib.sha256).digest()[:size]


def _crypto(message: bytes) -> bytes:
    """Return a CRYPTO frame from offset 0."""
    return b"\x06\0" + _length(len(message)) + message


def _length(value: int) -> bytes:
    """Return a variable-length integer of two bytes."""
    return struct.pack("!H", 0x4000 | value)


def _long(first: int, dst: bytes, src: bytes, noise: bytes) -> bytes:
    head = bytes([first]) + struct.pack("!I", VERSION) + bytes([len(dst)]) + dst + bytes([len(src)]) + src
    return head + _length(len(noise)) + noise


def _short(tape: Tape, dst: bytes, size: int) -> bytes:
    return bytes([0x40 | tape.rng.getrandbits(5)]) + dst + tape.rng.randbytes(size)
