"""WebSocket frames and messages."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.messages.websocket_frames import (
    BINARY,
    MAX_FRAMES,
    MAX_KEPT_BYTES,
    PING,
    TEXT,
    FrameHead,
    Message,
    Messages,
    compression_of,
    looks_framed,
    opening,
    read_head,
    unmask,
)
from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.five_tuple import Side

MASK = bytes.fromhex("37 fa 21 3d")
HELLO = bytes.fromhex("81 05 48 65 6c 6c 6f")  # RFC 6455, 5.7: "Hello", unmasked
MASKED_HELLO = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
FRAGMENTS = bytes.fromhex("01 03 48 65 6c  80 02 6c 6f")
DEFLATED_HELLO = bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00")  # RFC 7692, 7.2.3.1
AGAIN = bytes.fromhex("c1 05 f2 00 11 00 00")  # 7.2.3.2: the same with the context of the first


def frame(opcode, payload, mask=b"", *, fin=True, rsv1=False):
    size = len(payload)
    first = opcode | fin << 7 | rsv1 << 6
    extended = b"" if size < 126 else size.to_bytes(2, "big") if size < 1 << 16 else size.to_bytes(8, "big")
    second = (size if size < 126 else 126 if size < 1 << 16 else 127) | bool(mask) << 7
    return bytes([first, second]) + extended + mask + unmask(payload, mask)


def messages_of(payload, **options):
    cursor, messages = Cursor(payload, whole=False), Messages(**options)
    found = []
    while cursor.left:
        found.append(messages.read(cursor))
    return [message for message in found if message]


@pytest.mark.parametrize(("payload", "head"), [
    (HELLO, FrameHead(TEXT, True, False, b"", 5)),
    (MASKED_HELLO, FrameHead(TEXT, True, False, MASK, 5)),
    (FRAGMENTS, FrameHead(TEXT, False, False, b"", 3)),
    (bytes.fromhex("82 7e 01 00"), FrameHead(BINARY, True, False, b"", 256)),
    (bytes.fromhex("82 7f 00 00 00 00 00 01 00 00"), FrameHead(BINARY, True, False, b"", 65536)),
    (DEFLATED_HELLO, FrameHead(TEXT, True, True, b"", 7)),
])  # fmt: skip
def test_head_is_read(payload, head):
    assert read_head(Cursor(payload)) == head


@pytest.mark.parametrize("payload", [
    "a1 00",  # reserved bit 2
    "91 00",  # reserved bit 3
    "83 00",  # reserved opcode
    "8b 00",
    "89 7e 00 7e",  # ping of 126 bytes
    "09 00",  # ping in pieces
    "82 7f 80 00 00 00 00 00 00 00",  # size beyond 63 bits
])  # fmt: skip
def test_broken_head_is_malformed(payload):
    with pytest.raises(Malformed):
        read_head(Cursor(bytes.fromhex(payload), whole=False))


def test_mask_is_taken_off():
    assert unmask(bytes.fromhex("7f 9f 4d 51 58"), MASK) == b"Hello"
    assert unmask(b"", MASK) == b""


def test_pieces_are_joined_around_control_frames():
    between = FRAGMENTS[:5] + bytes.fromhex("89 02 68 69") + FRAGMENTS[5:]
    assert messages_of(between, keeps=True) == [
        Message(PING, 1, 2, False, False, b"hi"),
        Message(TEXT, 2, 5, False, False, b"Hello"),
    ]


def test_content_is_stepped_over_unless_it_is_wanted():
    assert messages_of(MASKED_HELLO) == [Message(TEXT, 1, 5, True, False, None)]


def test_compressed_messages_share_a_context():
    compression = compression_of("permessage-deflate", by_client=False)
    found = messages_of(DEFLATED_HELLO + AGAIN, compression=compression, keeps=True)
    assert [message.payload for message in found] == [b"Hello", b"Hello"]


def test_compressed_messages_may_stand_alone():
    compression = compression_of("permessage-deflate; client_no_context_takeover", by_client=True)
    found = messages_of(DEFLATED_HELLO + DEFLATED_HELLO + AGAIN, compression=compression, keeps=True)
    assert [message.payload for message in found[:2]] == [b"Hello", b"Hello"]
    assert found[2].trouble == "compressed data is broken"


def test_message_behind_a_lost_one_has_no_context():
    messages = Messages(keeps=True)
    messages.read(Cursor(DEFLATED_HELLO))
    messages.missed()
    found = messages.read(Cursor(AGAIN))
    assert (found.payload, found.trouble) == (None, "compressed message depends on one that is lost")


def test_bomb_is_told():
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = (stream.compress(bytes(1 << 20)) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    (found,) = messages_of(frame(TEXT, bomb, rsv1=True), keeps=True)
    assert (found.payload, found.trouble) == (None, "compressed data inflates beyond its bounds")


def test_long_message_is_not_kept():
    half = bytes(MAX_KEPT_BYTES // 2)
    (found,) = messages_of(frame(BINARY, half, fin=False) + frame(0, half), keeps=True)
    assert len(found.payload) == MAX_KEPT_BYTES
    (found,) = messages_of(frame(BINARY, half, fin=False) + frame(0, half + b"x"), keeps=True)
    assert (found.n_bytes, found.payload) == (MAX_KEPT_BYTES + 1, None)
    assert found.trouble == "message is longer than what is kept"


def test_message_of_endless_frames_is_malformed():
    frames = frame(TEXT, b"", fin=False) + frame(0, b"", fin=False) * (MAX_FRAMES - 1)
    assert messages_of(frames) == []
    with pytest.raises(Malformed):
        messages_of(frames + frame(0, b""))


def test_large_frame_is_stepped_over():
    cursor = Cursor(frame(BINARY, bytes(1000))[:20], whole=False)
    assert Messages().read(cursor).n_bytes == 1000
    assert (cursor.left, cursor.skipping) == (0, 984)


def test_opening_of_a_message_is_seen_through_mask_and_compression():
    assert [opening(payload) for payload in (MASKED_HELLO, DEFLATED_HELLO, frame(PING, b"hi"))] == [
        b"Hello",
        b"Hello",
        b"",
    ]
    with pytest.raises(NeedMoreData):
        opening(MASKED_HELLO[:-1])


@pytest.mark.parametrize(("payload", "side", "looks"), [
    (MASKED_HELLO, Side.ORIGINATOR, True),
    (MASKED_HELLO, Side.RESPONDER, False),
    (HELLO, Side.RESPONDER, True),
    (MASKED_HELLO + b"x", Side.ORIGINATOR, False),
    (MASKED_HELLO[:-1], Side.ORIGINATOR, False),
    (frame(TEXT, b"abc", MASK), Side.ORIGINATOR, False),  # too short to tell
    (frame(TEXT, b"abc\x00", MASK), Side.ORIGINATOR, False),
    (frame(TEXT, b"a" * 300, MASK), Side.ORIGINATOR, True),
    (b"\x81", Side.ORIGINATOR, False),
])  # fmt: skip
def test_lone_frame_is_known_by_its_text(payload, side, looks):
    assert looks_framed(payload, side) is looks


@given(st.lists(st.binary(max_size=20), max_size=5), st.booleans())
def test_noise_gives_messages_or_a_dissect_error(pieces, keeps):
    try:
        messages_of(b"".join(pieces), keeps=keeps)
    except DissectError:
        pass
