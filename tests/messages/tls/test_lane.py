"""The fast lane of TLS reads whole handshakes exactly as the parser does, and leaves the others to it."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Taken
from quivive.messages.tls import lane as tls_lane
from quivive.protocols.tls import Tls
from tests.protocols.stream_driver import ORIG, RESP
from tests.protocols.stream_rows import FLOW, rows_of_lane, rows_of_parser, streams_of
from tests.protocols.tls_builder import (
    ALERT,
    CERTIFICATE,
    CHANGE,
    CLIENT_HELLO,
    DATA,
    HANDSHAKE,
    HELLO_DONE,
    KEY_EXCHANGE,
    LEAF,
    PERSON,
    ROOT,
    SERVER_HELLO,
    SESSION,
    TLS12,
    TLS13,
    algorithms,
    alpn,
    certificates,
    client_hello,
    extension,
    formats,
    groups,
    message,
    numbers,
    record,
    server_hello,
    server_name,
    vector,
    versions,
)

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
CHANGED, SECRET, DATA_RECORD = record(CHANGE, b"\1"), record(HANDSHAKE, b"\0" * 40), record(DATA, bytes(30))
CURVE = b"\3" + numbers(23) + vector(1, bytes(65))


def said(kind, body):
    return record(HANDSHAKE, message(kind, body))


def tls12(hello, *chain, choice=None, exchange=CURVE):
    """Return a whole handshake of TLS 1.2."""
    flight = said(SERVER_HELLO, choice or server_hello(alpn(b"h2"))) + said(CERTIFICATE, certificates(*chain))
    return [
        (ORIG, said(CLIENT_HELLO, hello)),
        (RESP, flight + said(KEY_EXCHANGE, exchange) + said(HELLO_DONE, b"")),
        (ORIG, said(16, bytes(66)) + CHANGED + SECRET),
        (RESP, CHANGED + SECRET + DATA_RECORD),
    ]


def tls13(hello, *extensions, session=SESSION):
    """Return a whole handshake of TLS 1.3."""
    choice = server_hello(extension(43, numbers(TLS13)), *extensions, cipher=0x1301, session=session)
    return [
        (ORIG, said(CLIENT_HELLO, hello)),
        (RESP, said(SERVER_HELLO, choice) + CHANGED + DATA_RECORD),
        (ORIG, CHANGED + DATA_RECORD[:9]),
    ]


HELLO = client_hello(server_name("www.example.org"), groups(29, 23), algorithms(0x0403), alpn(b"h2"))


def check(conversations):
    """Hold the lane against the parser; returns which conversations it took while their flows go on."""
    rows = rows_of_lane(Tls, streams_of(conversations))
    for flow, of_flow in rows.items():
        assert of_flow == rows_of_parser(Tls, conversations[flow - FLOW], flow - FLOW)
    ended = rows_of_lane(Tls, streams_of(conversations, is_ended=True))
    for flow, of_flow in ended.items():
        assert of_flow == rows_of_parser(Tls, conversations[flow - FLOW], flow - FLOW, is_ended=True)
    assert rows.keys() <= ended.keys()
    return [flow - FLOW for flow in rows]


def answers(conversations, *, is_ended=False):
    """Return what the lane does with each conversation, having held it against the parser."""
    check(conversations)
    return Tls.parse_streams(streams_of(conversations, is_ended=is_ended))[0].tolist()


def test_a_whole_handshake_is_read_as_the_parser_reads_it():
    (rows,) = rows_of_lane(Tls, streams_of([tls12(HELLO, ROOT)])).values()
    assert [table for table, _ in rows] == ["certificates", "tls"]
    assert rows[1][1]["server_name"] == "www.example.org"
    assert rows[1][1]["sni_matches_certificate"] is False
    assert (rows[0][1]["ts_ns"], rows[1][1]["ts_ns"]) == (2_000_000, 1_000_000)
    assert check([tls12(HELLO, ROOT)]) == [0]


def test_like_handshakes_are_read_once_and_keep_what_is_their_own():
    names = [f"host{k}.example.org" for k in range(5)]
    hellos = [client_hello(server_name(name), session=bytes([k]) * 16) for k, name in enumerate(names)]
    conversations = [tls12(hello, ROOT, exchange=CURVE + bytes([k])) for k, hello in enumerate(hellos)]
    tls_lane._KNOWN.clear()
    rows = rows_of_lane(Tls, streams_of(conversations))
    assert [rows[FLOW + k][1][1]["server_name"] for k in range(5)] == names
    assert [rows[FLOW + k][1][1]["ts_ns"] for k in range(5)] == [k * 1_000_000_000 + 1_000_000 for k in range(5)]
    assert len(tls_lane._KNOWN) == 1
    assert check(conversations) == [0, 1, 2, 3, 4]


def test_sessions_taken_up_are_told_from_new_ones():
    resumed = [
        (ORIG, said(CLIENT_HELLO, HELLO)),
        (RESP, said(SERVER_HELLO, server_hello(session=SESSION)) + CHANGED + SECRET),
        (ORIG, CHANGED + SECRET),
    ]
    fresh = tls13(client_hello(versions(TLS13)))
    taken_up = tls13(client_hello(versions(TLS13)), extension(41, numbers(0)))
    assert check([resumed, fresh, taken_up]) == [0, 1, 2]
    rows = rows_of_lane(Tls, streams_of([resumed, fresh, taken_up])).values()
    assert [of_flow[0][1]["is_resumed"] for of_flow in rows] == [True, False, True]


def test_a_clients_certificate_is_told_from_the_servers():
    shown = said(CERTIFICATE, certificates(PERSON)) + said(16, b"") + CHANGED + SECRET
    turns = [*tls12(HELLO, LEAF, ROOT)[:2], (ORIG, shown), *tls12(HELLO, ROOT)[3:]]
    assert check([turns, tls12(HELLO, LEAF, ROOT)]) == [0, 1]
    rows = rows_of_lane(Tls, streams_of([turns]))[FLOW]
    named = [(table, row["client_subject"]) for table, row in rows if "client_subject" in row]
    assert named == [("certificates", "CN=Person One"), ("tls", "CN=Person One")]


def test_whether_a_certificate_is_for_the_name_is_told_for_each_name():
    anonymous = client_hello(groups(23))
    conversations = [
        tls12(client_hello(server_name(name)), LEAF, ROOT)
        for name in ("www.example.org", "a.example.net", "example.com", "WWW.example.ORG")
    ] + [tls12(anonymous, LEAF, ROOT)]
    assert check(conversations) == [0, 1, 2, 3, 4]
    rows = rows_of_lane(Tls, streams_of(conversations)).values()
    matches = [of_flow[-1][1].get("sni_matches_certificate") for of_flow in rows]
    assert matches == [True, True, False, True, None]


HRR = server_hello(extension(43, numbers(TLS13)), extension(51, numbers(23)), cipher=0x1301, random=RETRY)
LEFT = {
    "a retry": [
        (ORIG, said(CLIENT_HELLO, HELLO)),
        (RESP, said(SERVER_HELLO, HRR) + CHANGED),
        (ORIG, CHANGED + said(CLIENT_HELLO, HELLO)),
        *tls13(HELLO)[1:],
    ],
    "a record split by what the other says": [
        (ORIG, said(CLIENT_HELLO, HELLO)[:9]),
        (RESP, CHANGED),
        (ORIG, said(CLIENT_HELLO, HELLO)[9:]),
    ],
    "an answer before the question": tls12(HELLO, ROOT)[1:2] + tls12(HELLO, ROOT)[:1] + tls12(HELLO, ROOT)[2:],
    "one with a gap": [*tls12(HELLO, ROOT)[:1], (RESP, 10), *tls12(HELLO, ROOT)[1:]],
    "a name that is not ASCII": tls12(client_hello(server_name("b\u00fccher.example")), ROOT),
    "a name that is too long": tls12(client_hello(server_name("a" * 256)), ROOT),
    "two names": tls12(client_hello(server_name("a.example"), server_name("b.example")), ROOT),
    "extensions that go beyond the hello": tls12(HELLO[:-1], ROOT),
    "an odd number of bytes of suites": tls12(client_hello()[:51] + b"\0\5\x13\1\xc0\x2f\0\1\0", ROOT),
    "an odd certificate list": [*tls12(HELLO, ROOT)[:1], (RESP, said(CERTIFICATE, b"\0\0\1")), *tls13(HELLO)[1:]],
    "a server that says hello twice": [*tls12(HELLO, ROOT)[:2], *tls12(HELLO, ROOT)[1:]],
    "a draft's server hello": tls12(HELLO, ROOT, choice=b"\x7f\x12" + bytes(32) + b"\x13\1" + bytes(40)),
    "something else in front": [(ORIG, b"STARTTLS\r\n"), *tls12(HELLO, ROOT)],
}


@pytest.mark.parametrize("turns", LEFT.values(), ids=LEFT.keys())
def test_others_are_left_to_the_parser(turns):
    assert check([turns, tls12(HELLO, ROOT)]) == [1]
    assert answers([turns]) == answers([turns], is_ended=True) == [Taken.NO]


WHOLE = {
    "TLS 1.2": tls12(HELLO, LEAF, ROOT),
    "TLS 1.3": tls13(client_hello(versions(TLS13), server_name("a.example"))),
    "an alert": [*tls12(HELLO, ROOT)[:2], (ORIG, record(ALERT, b"\2\x2a")), (RESP, record(ALERT, b"\1\0"))],
    "a heartbeat": [
        (ORIG, said(CLIENT_HELLO, HELLO)),
        (RESP, record(24, b"\1\0\0") + DATA_RECORD),
        (ORIG, DATA_RECORD),
    ],
    "one whose beginning is missing": tls12(HELLO, ROOT)[1:],
    "one that is all encrypted": [(RESP, DATA_RECORD), (ORIG, DATA_RECORD)],
}


@pytest.mark.parametrize("turns", WHOLE.values(), ids=WHOLE.keys())
def test_wherever_a_flow_ends_it_is_read_as_the_parser_reads_it(turns):
    ends = [turns[:size] for size in range(1, len(turns) + 1)]
    assert answers(ends) == [Taken.LATER] * (len(turns) - 1) + [Taken.DONE]
    assert answers(ends, is_ended=True) == [Taken.DONE] * len(turns)


def test_an_ended_handshake_that_nobody_answered_has_its_row():
    (rows,) = rows_of_lane(Tls, streams_of([tls12(HELLO)[:1]], is_ended=True)).values()
    ((table, row),) = rows
    assert (table, row["server_name"], row["is_established"], row["ts_ns"]) == (
        "tls",
        "www.example.org",
        False,
        1_000_000,
    )


@pytest.mark.parametrize("turns", WHOLE.values(), ids=WHOLE.keys())
def test_a_flow_that_is_cut_within_a_record_waits_and_is_left_when_it_ends(turns):
    for k, (side, some) in enumerate(turns):
        ends = [[*turns[:k], (side, some[:size])] for size in range(1, len(some))]
        for was, now in zip(answers(ends), answers(ends, is_ended=True), strict=True):
            assert (was, now) in ((Taken.LATER, Taken.NO), (Taken.LATER, Taken.DONE), (Taken.DONE, Taken.DONE))


def test_a_first_turn_without_a_time_is_left_to_the_parser():
    streams = streams_of([tls12(HELLO, ROOT)])
    streams.ts_ns[0] = 0
    taken, found = Tls.parse_streams(streams)
    assert taken.tolist() == [Taken.NO]
    assert all(len(columns["ts_ns"]) == 0 for _, columns in found)


def test_what_is_remembered_has_a_bound(monkeypatch):
    monkeypatch.setattr(tls_lane, "REMEMBERED", 3)
    tls_lane._KNOWN.clear()
    check([tls12(client_hello(ciphers=(number,)), ROOT) for number in range(1, 8)])
    assert len(tls_lane._KNOWN) <= 3
    monkeypatch.setattr(tls_lane, "REMEMBERED_BYTES", 10)
    tls_lane._KNOWN.clear()
    check([tls12(HELLO, ROOT)])
    assert not tls_lane._KNOWN


u16 = st.integers(0, 0xFFFF) | st.sampled_from([0x0A0A, 0x1A1A, 0xFAFA, TLS12, TLS13, 0xC02F, 0x1301])
lists = st.lists(u16, max_size=4)
# Transport parameters of QUIC: a number, a length and a value; 0x3129 (71 29) names the program.
parameters = st.sampled_from([bytes.fromhex(one) for one in (
    "01 02 4000", "7129 03 4f6e65", "7129 00", "c000000000003129 01 58", "40 0f 00", "04 41", "7129 09 41", "ff",
    "80003129 01 59",
)])  # fmt: skip
client_extensions = st.lists(
    st.one_of(
        st.sampled_from(["a.example", "www.example.org", "x" * 63]).map(server_name),
        lists.map(lambda some: groups(*some)),
        lists.map(lambda some: algorithms(*some)),
        lists.map(lambda some: versions(*some)),
        st.lists(st.binary(max_size=4), max_size=3).map(lambda some: alpn(*some)),
        st.lists(st.integers(0, 255), max_size=3).map(lambda some: formats(*some)),
        st.builds(extension, st.sampled_from([35, 41, 51, 21, 23, 57, 0xFE0D, 0x2A2A, 0x3374]), st.binary(max_size=40)),
        st.builds(extension, st.sampled_from([57, 0xFFA5]), st.lists(parameters, max_size=3).map(b"".join)),
        st.builds(extension, st.sampled_from([0, 10, 11, 13, 16, 43]), st.binary(max_size=6)),
    ),
    max_size=7,
)
server_extensions = st.lists(
    st.one_of(
        st.sampled_from([TLS12, TLS13, 0x7F1C]).map(lambda version: extension(43, numbers(version))),
        st.builds(extension, st.sampled_from([16, 0x3374, 51, 40, 43, 41, 35, 0xFF01]), st.binary(max_size=6)),
        st.sampled_from([alpn(b"h2"), extension(51, numbers(29) + vector(2, bytes(32)))]),
    ),
    max_size=4,
)
sessions = st.sampled_from([b"", SESSION, bytes(32), bytes(31) + b"\1"])
client_hellos = st.builds(
    lambda some, ciphers, *last: client_hello(*some, ciphers=tuple(ciphers), version=last[0], session=last[1]),
    client_extensions, lists, u16, sessions,
)  # fmt: skip
server_hellos = st.builds(
    lambda some, cipher, session: server_hello(*some, cipher=cipher, session=session),
    server_extensions, st.sampled_from([0xC02F, 0x1301, 0x002F]), sessions,
)  # fmt: skip
server_messages = st.lists(
    st.one_of(
        st.sampled_from([certificates(ROOT), certificates(), certificates(LEAF), b"\0\0"]).map(
            lambda body: message(CERTIFICATE, body)
        ),
        st.sampled_from([CURVE, b"\3", b"\1\0\x17", b""]).map(lambda body: message(KEY_EXCHANGE, body)),
        st.builds(message, st.sampled_from([0, 4, 8, 13, 14, 22]), st.binary(max_size=9)),
    ),
    max_size=4,
)
endings = st.lists(
    st.sampled_from([CHANGED, SECRET, DATA_RECORD, record(ALERT, b"\1\0"), record(ALERT, b"\2\x28"),
                     record(ALERT, b"\1\x70"), record(ALERT, bytes(20)), record(24, b"\1\0\0"), DATA_RECORD[:9],
                     record(HANDSHAKE, b""), said(16, bytes(9)), record(HANDSHAKE, message(2, b"x"))]),
    max_size=4,
).map(b"".join)  # fmt: skip


@st.composite
def handshakes(draw):
    """Conversations that mostly are handshakes; each is whole, or ends somewhere."""
    first = said(CLIENT_HELLO, draw(client_hellos))
    told = [message(SERVER_HELLO, draw(server_hellos)), *draw(server_messages)]
    is_joined = draw(st.booleans())
    flight = record(HANDSHAKE, b"".join(told)) if is_joined else b"".join(record(HANDSHAKE, one) for one in told)
    turns = [(ORIG, first + draw(endings.filter(lambda end: not end) | endings)), (RESP, flight + draw(endings))]
    for _ in range(draw(st.integers(0, 2))):
        turns += [(ORIG, draw(endings)), (RESP, draw(endings))]
    turns += draw(st.sampled_from([[], [(ORIG, CHANGED + SECRET), (RESP, CHANGED + SECRET)]]))
    return [(side, some) for side, some in turns if some]


@given(st.lists(handshakes(), min_size=1, max_size=4))
def test_whatever_is_taken_is_read_as_the_parser_reads_it(conversations):
    check(conversations)


@given(handshakes())
def test_so_is_what_a_flow_has_said_wherever_it_ends(turns):
    check([turns[:size] for size in range(1, len(turns) + 1)])


@given(handshakes(), st.data())
def test_damage_changes_nothing_of_that(turns, data):
    for _ in range(data.draw(st.integers(1, 3))):
        which = data.draw(st.integers(0, len(turns) - 1))
        side, some = turns[which]
        at = data.draw(st.integers(0, len(some) - 1))
        how = data.draw(st.integers(0, 2))
        cut = [some[:at] + bytes([data.draw(st.integers(0, 255))]) + some[at + 1 :], some[:at], some[at:]][how]
        turns = [*turns[:which], *([(side, cut)] if cut else []), *turns[which + 1 :]]
        if not turns:
            return
    check([turns])


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=4))
def test_noise_is_read_as_the_parser_reads_it_or_not_at_all(noise):
    begin = said(CLIENT_HELLO, HELLO)
    check([[(ORIG, begin + noise[0]), *((RESP, struct.pack(">BHH", 22, 769, len(one)) + one) for one in noise)]])


def test_no_conversation_needs_more_room_than_is_made():
    """Messages without a body and empty turns grow most."""
    small = record(HANDSHAKE, message(HELLO_DONE, b"") * 40)
    turns = [(ORIG, said(CLIENT_HELLO, HELLO))] + [(RESP, small), (ORIG, record(24, b""))] * 70
    taken, _ = Tls.parse_streams(streams_of([turns] * 3))
    assert np.array_equal(taken, [Taken.NO] * 3)
