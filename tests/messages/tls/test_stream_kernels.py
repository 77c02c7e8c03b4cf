"""A conversation that kernels have written is turns of records again, with what matters of each."""

import numpy as np

from quivive.messages.tls.hello_kernels import STATE_WORDS
from quivive.messages.tls.lane import _turns
from quivive.messages.tls.stream_kernels import MESSAGES, ROOM, TURNS, WORD_BYTES, Turns, Written, write_conversations
from tests.messages.tls.test_lane import CHANGED, CURVE, DATA_RECORD, SECRET, said, tls12
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
# Handshake, version 3.3, no byte: encrypted from here on.
SIGN = bytes.fromhex("16 0303 0000")
CHANGE_SIGN, DATA_SIGN, ALERT_SIGN, BEAT_SIGN = (bytes.fromhex(f"{kind} 0303 0000") for kind in (14, 17, 15, 18))
BEGIN = [(ORIG, said(CLIENT_HELLO, HELLO))]


def written(*conversations):
    """Return the turns of each conversation, None for those of another shape, and the names."""
    texts, of_each = written_of(conversations)
    names = [None if ref < 0 else of_each[1][ref >> 16 :][: ref & 0xFFFF] for ref in of_each[0].name.tolist()]
    return [list(_turns(text)) if text else None for text in texts], names


def written_of(conversations):
    """Return the bytes of each conversation, and what is told of all, with the data it points into."""
    streams = streams_of(list(conversations))
    n = len(conversations)
    told = Written(*(np.full(n, -7, np.int64) for _ in Written._fields))
    room = int((streams.end - streams.begin).sum()) + n * ROOM
    out = np.full((room // WORD_BYTES + 1) * WORD_BYTES, 0xEE, np.uint8)
    turns = Turns(streams.first, streams.side, streams.begin, streams.end, streams.gap)
    write_conversations(streams.data, turns, out, np.empty(STATE_WORDS, np.int64), told)
    places = zip((told.start * WORD_BYTES).tolist(), (told.size * WORD_BYTES).tolist(), strict=True)
    return [out[at : at + n_bytes].tobytes() for at, n_bytes in places], (told, streams.data.tobytes())


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


def test_alerts_in_clear_are_kept_and_other_records_emptied():
    alert, secret_alert, beat = record(ALERT, b"\1\x5a"), record(ALERT, bytes(20)), record(24, b"\1\0\0")
    (one,), _ = written([*BEGIN, (RESP, alert + secret_alert + beat + CHANGED), (ORIG, DATA_RECORD[:7])])
    assert one[1:] == [(1, 1, alert + ALERT_SIGN + BEAT_SIGN + CHANGE_SIGN), (2, 0, DATA_SIGN)]


def test_a_fatal_alert_ends_a_side():
    fatal = record(ALERT, b"\2\x28")
    (one,), _ = written([*BEGIN, (RESP, fatal + b"noise"), (ORIG, fatal), (RESP, b"noise")])
    assert one[1:] == [(1, 1, fatal), (2, 0, fatal)]


def test_conversations_of_another_shape_leave_nothing():
    shapes = [
        BEGIN,
        [*BEGIN, (RESP, 1), (RESP, CHANGED)],  # a gap
        [*BEGIN, (RESP, SECRET[:-1]), (ORIG, CHANGED), (RESP, SECRET[-1:])],  # a record that is split
        [*BEGIN, (RESP, record(HANDSHAKE, message(SERVER_HELLO, server_hello())[:-1]))],  # nor is a message
        [*BEGIN, (RESP, record(99, b"\1"))],
        [*BEGIN, (RESP, record(HANDSHAKE, b"", version=0x0403))],
        [(RESP, said(SERVER_HELLO, server_hello())), *BEGIN],  # a hello that answers nothing yet
        [(RESP, said(CLIENT_HELLO, HELLO))],
        [*BEGIN, *BEGIN],
        [*BEGIN, (ORIG, said(SERVER_HELLO, server_hello()))],
    ]
    turns, _ = written(*shapes)
    assert [one is None for one in turns] == [False] + [True] * 9


def test_whatever_is_cut_off_is_left_out_and_told():
    flight = said(SERVER_HELLO, server_hello()) + CHANGED + SECRET
    whole, first = len(flight), len(said(SERVER_HELLO, server_hello()))
    cut = [[*BEGIN, (RESP, flight[:size])] for size in range(1, whole + 1)]
    texts, (told, _) = written_of(cut)
    assert [k + 1 for k in range(whole) if not told.is_cut[k]] == [first, first + len(CHANGED), whole]
    assert len(set(texts)) == 4


def test_records_of_no_bytes_need_no_room():
    empty = b"".join(record(kind, b"") for kind in (20, 24, 21, 22)) * 500
    (turns,), _ = written([*BEGIN, (RESP, empty[:20] + empty[20:].replace(empty[15:20], b""))])
    assert turns[1][2] == empty[:15] + SIGN


def test_no_more_turns_and_messages_are_looked_at_than_a_handshake_can_have():
    beat = record(24, b"\1")
    few = [*BEGIN, *[(RESP, beat), (ORIG, beat)] * ((TURNS - 2) // 2), (RESP, beat)]
    (one, other), _ = written(few, [*few, (ORIG, beat)])
    assert (one is None, other is None) == (False, True)
    (one, other), _ = written(*([*BEGIN, (RESP, said(HELLO_DONE, b"") * n)] for n in (MESSAGES - 1, MESSAGES)))
    assert (one is None, other is None) == (False, True)
