"""Handshake bytes are taken out of frames and put in order as the reader of frames does it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quic.hello_kernels import PIECES, STREAM_BYTES, Scratch, hello_end, read_frames
from quivive.messages.quic.packet import read_crypto
from quivive.messages.tls.hello_kernels import STATE_WORDS
from quivive.model.errors import Malformed
from tests.protocols.quic_builder import CLIENT_CRYPTO, CLIENT_HELLO, SERVER_PLAIN, crypto, varint

ZERO = np.int64(0)


def scratch():
    return Scratch(*(np.zeros(2 * STREAM_BYTES, np.uint8) for _ in range(2)), np.zeros(STATE_WORDS, np.int64))


def taken(plain, base=0):
    """Return the stream's bytes by offset after one packet, None where the kernel refuses it."""
    room = scratch()
    data = np.frombuffer(b"\xee" + plain + b"\x06", np.uint8).copy()
    if not read_frames(data, np.int64(1), np.int64(1 + len(plain)), np.int64(base), room):
        return None
    return {at - base: int(room.said[at]) for at in np.flatnonzero(room.is_there).tolist()}


def plain_taken(plain):
    """Return the same in plain Python; contradictions and frames that are not read in the lane are refused."""
    try:
        frames = read_crypto(plain)
    except Malformed:
        return None
    found = {}
    for offset, data in frames:
        if offset + len(data) > STREAM_BYTES:
            return None
        for k, byte in enumerate(data, offset):
            if found.setdefault(k, byte) != byte:
                return None
    return found


pieces = st.builds(lambda data, offset: crypto(data, offset), st.binary(max_size=5), st.integers(0, 12))
others = [b"\0", b"\0\0", b"\1", b"\2\0\0\0\0", b"\2\0\0\1\0\0\0", b"\3\0\0\0\0\1\1\1", b"\4", b"\2"]
others += [b"\6\x40", b"\2\0\0\xff", crypto(b"a", STREAM_BYTES - 1), crypto(b"a", STREAM_BYTES)]
frames = pieces | st.sampled_from(others)


@given(st.lists(frames, max_size=6).map(b"".join) | st.binary(max_size=30))
def test_frames_are_read_as_one_by_one(plain):
    # A close ends the reader's list; the lane refuses it, whatever follows.
    own, expected = taken(plain), plain_taken(plain)
    if own is not None or expected is None:
        assert own == expected
    else:
        assert any(close in plain for close in (b"\x1c", b"\x1d", b"\xff", b"\x40", b"\x80"))


def test_the_samples_of_the_rfc_are_read():
    assert bytes(taken(CLIENT_CRYPTO.ljust(1162, b"\0")).values()) == CLIENT_HELLO
    assert bytes(taken(SERVER_PLAIN, STREAM_BYTES).values()) == SERVER_PLAIN[9:]


def test_a_hello_ends_where_its_length_says_and_only_when_it_is_whole():
    room = scratch()
    for plain, end in ((crypto(b"\1\0\0"), 0), (crypto(b"\2a", 3), 0), (crypto(b"b", 5), 6)):
        data = np.frombuffer(plain, np.uint8).copy()
        assert read_frames(data, ZERO, np.int64(len(plain)), ZERO, room)
        assert hello_end(room, ZERO, np.int64(1)) == end
    assert hello_end(room, ZERO, np.int64(2)) == 0


def test_no_more_pieces_are_taken_than_a_hello_can_have():
    assert taken(crypto(b"") * PIECES) == {}
    assert taken(crypto(b"") * (PIECES + 1)) is None


def test_an_ack_of_too_many_ranges_is_refused():
    assert taken(b"\2\0\0" + varint(64) + bytes(129)) == {}
    assert taken(b"\2\0\0" + varint(65) + bytes(131)) is None
