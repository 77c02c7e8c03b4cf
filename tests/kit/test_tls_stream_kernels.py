"""A conversation that kernels have written is turns of records again, with what matters of each."""

import numpy as np

from quivive.kit.tls_hello_kernels import STATE_WORDS
from quivive.kit.tls_lane import _turns
from quivive.kit.tls_stream_kernels import MESSAGES, ROOM, TURNS, WORD_BYTES, Turns, write_conversations
from tests.kit.test_tls_lane import CHANGED, CURVE, DATA_RECORD, SECRET, said, tls12
from tests.protocols.stream_driver import ORIG, RESP
from tests.protocols.stream_rows import streams_of
from tests.protocols.tls_builder import (
    ALERT,
    CERTIFICATE,
    CLIENT_HELLO,
    HANDSHAKE,
    HELLO_DONE,
    KEY_EXCHANGE,
    ROOT,
    SERVER_HELLO,
    certificates,
    client_hello,
    message,
    record,
    server_hello,
    server_name,
)

HELLO = client_hello(server_name("a.example"))
# Handshake, version 3.3, 1 byte: encrypted from here on.
SIGN = bytes.fromhex("16 0303 0001 00")
CHANGE_SIGN, DATA_SIGN = bytes.fromhex("14 0303 0001 00"), bytes.fromhex("17 0303 0001 00")
BEGIN = [(ORIG, said(CLIENT_HELLO, HELLO))]


def written(*conversations):
    """Return the turns of each conversation, None for those of another shape, and the spans of the names."""
    streams = streams_of(list(conversations))
    n = len(conversations)
    start, size, name = (np.full(n, -7, np.int64) for _ in range(3))
    room = int((streams.end - streams.begin).sum()) + n * ROOM
    out = np.full((room // WORD_BYTES + 1) * WORD_BYTES, 0xEE, np.uint8)
    turns = Turns(streams.first, streams.side, streams.begin, streams.end, streams.gap)
    write_conversations(streams.data, turns, out, np.empty(STATE_WORDS, np.int64), start, size, name)
    texts = [
        out[at * WORD_BYTES : (at + n_words) * WORD_BYTES].tobytes() for at, n_words in zip(start, size, strict=True)
    ]
    names = [None if ref < 0 else streams.data[ref >> 16 :][: ref & 0xFFFF].tobytes() for ref in name.tolist()]
    return [list(_turns(text)) if text else None for text in texts], names


def test_each_message_gets_a_record_and_loses_what_is_random():
    joined = [message(SERVER_HELLO, server_hello()), message(CERTIFICATE, certificates(ROOT))]
    joined += [message(KEY_EXCHANGE, CURVE), message(HELLO_DONE)]
    turns = tls12(HELLO, ROOT)
    one, other = written(turns, [turns[0], (RESP, record(HANDSHAKE, b"".join(joined))), *turns[2:]])[0]
    assert [text for _, _, text in one[2:]] == [said(16, b"") + CHANGE_SIGN + SIGN, CHANGE_SIGN + SIGN]
    tail = said(CERTIFICATE, certificates(ROOT)) + said(KEY_EXCHANGE, CURVE[:3]) + said(HELLO_DONE, b"")
    assert one[1][2].endswith(tail)
    assert other[1][2] == said(SERVER_HELLO, server_hello(random=bytes(32))) + tail


def test_turns_keep_number_and_side_and_those_behind_the_handshake_are_dropped():
    turns = [*tls12(HELLO, ROOT), (ORIG, DATA_RECORD), (RESP, DATA_RECORD)]
    (one,), names = written(turns)
    assert [(number, side) for number, side, _ in one] == [(0, 0), (1, 1), (2, 0), (3, 1)]
    assert names == [b"a.example"]


def test_alerts_in_clear_are_kept_and_other_records_left_out():
    alert, secret_alert, beat = record(ALERT, b"\1\x5a"), record(ALERT, bytes(20)), record(24, b"\1\0\0")
    (one,), _ = written([*BEGIN, (RESP, alert + secret_alert + beat + CHANGED), (ORIG, DATA_RECORD[:7])])
    assert one[1:] == [(1, 1, alert + CHANGE_SIGN), (2, 0, DATA_SIGN)]


def test_a_fatal_alert_ends_a_side():
    fatal = record(ALERT, b"\2\x28")
    (one,), _ = written([*BEGIN, (RESP, fatal + b"noise"), (ORIG, fatal), (RESP, b"noise")])
    assert one[1:] == [(1, 1, fatal), (2, 0, fatal)]


def test_conversations_of_another_shape_leave_nothing():
    shapes = [
        BEGIN,
        [*BEGIN, (RESP, 1), (RESP, CHANGED)],  # a gap
        [*BEGIN, (RESP, SECRET[:-1])],  # a record that is not whole
        [*BEGIN, (RESP, record(HANDSHAKE, message(SERVER_HELLO, server_hello())[:-1]))],  # nor is a message
        [*BEGIN, (RESP, record(99, b"\1"))],
        [*BEGIN, (RESP, record(HANDSHAKE, b"", version=0x0403))],
        [(ORIG, CHANGED)],
        [(RESP, said(CLIENT_HELLO, HELLO))],
        [*BEGIN, *BEGIN],
        [*BEGIN, (ORIG, said(SERVER_HELLO, server_hello()))],
    ]
    turns, _ = written(*shapes)
    assert [one is None for one in turns] == [False] + [True] * 9


def test_no_more_turns_and_messages_are_looked_at_than_a_handshake_can_have():
    beat = record(24, b"\1")
    few = [*BEGIN, *[(RESP, beat), (ORIG, beat)] * ((TURNS - 2) // 2), (RESP, beat)]
    (one, other), _ = written(few, [*few, (ORIG, beat)])
    assert (one is None, other is None) == (False, True)
    (one, other), _ = written(*([*BEGIN, (RESP, said(HELLO_DONE, b"") * n)] for n in (MESSAGES - 1, MESSAGES)))
    assert (one is None, other is None) == (False, True)
