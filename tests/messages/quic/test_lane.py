"""The fast lane of QUIC reads conversations exactly as the parser does, and leaves the others to it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Taken
from quivive.messages.quic import lane as quic_lane
from quivive.messages.quic.hello_kernels import PIECES, STREAM_BYTES
from quivive.messages.quic.packet_kernels import PACKETS
from quivive.protocols.quic import Quic
from tests.protocols.quic_builder import (
    CLIENT_CRYPTO,
    CLIENT_HELLO,
    CLIENT_INITIAL,
    DRAFT_29,
    Q050,
    SAMPLE_ID,
    SERVER_ID,
    SERVER_INITIAL,
    SERVER_PLAIN,
    V1,
    V2,
    crypto,
    initial,
    varint,
)
from tests.protocols.stream_driver import ORIG, RESP
from tests.protocols.stream_rows import FLOW, rows_of_lane, rows_of_parser, streams_of
from tests.protocols.tls_builder import (
    TLS12,
    TLS13,
    client_hello,
    extension,
    message,
    numbers,
    server_hello,
    server_name,
    vector,
    versions,
)

SHORT = b"\x41" + bytes(60)
HANDSHAKE = b"\xe0\0\0\0\1" + vector(1, b"") + vector(1, SERVER_ID) + varint(30) + bytes(30)
ACK = b"\2\0\0\0\0"
SAMPLE = [(ORIG, CLIENT_INITIAL), (RESP, SERVER_INITIAL)]
AGENT = extension(57, varint(0x3129) + varint(10) + b"Chrome/140")


def check(conversations):
    """Hold the lane against the parser; returns which conversations it took while their flows go on."""
    rows = rows_of_lane(Quic, streams_of(conversations))
    for flow, of_flow in rows.items():
        # A client is done with its next datagram, whatever that holds.
        turns = [*conversations[flow - FLOW], (ORIG, SHORT)]
        assert of_flow == rows_of_parser(Quic, turns, flow - FLOW, whole=True)
    ended = streams_of(conversations, is_ended=True)
    for flow, of_flow in rows_of_lane(Quic, ended).items():
        assert of_flow == rows_of_parser(Quic, conversations[flow - FLOW], flow - FLOW, whole=True, is_ended=True)
    return [flow - FLOW for flow in rows]


def check_every_end(turns):
    """Let the flow end at every turn; returns what the lane answers where it goes on there."""
    for size in range(1, len(turns) + 1):
        check([turns[:size]])
    return [int(Quic.parse_streams(streams_of([turns[:size]]))[0][0]) for size in range(1, len(turns) + 1)]


def hello(*extensions, name="www.example.org"):
    return message(1, client_hello(server_name(name), versions(TLS13), *extensions, ciphers=(0x1301,)))


def answer(*extensions, version=TLS13):
    choice = extension(43, numbers(version)), extension(51, numbers(29) + vector(2, bytes(32)))
    return message(2, server_hello(*choice, *extensions, cipher=0x1301))


def server(plain, number=0, **more):
    own = {"dcid": b"", "scid": SERVER_ID, "key_id": SAMPLE_ID, "is_client": False, "number": number}
    return initial(plain, **(own | more))


def pair(first, second=None, **more):
    return [(ORIG, initial(crypto(first), **more)), (RESP, server(ACK + crypto(second or answer()), **more))]


def test_the_sample_of_the_rfc_is_read_as_the_parser_reads_it():
    ((table, row),) = rows_of_lane(Quic, streams_of([SAMPLE]))[FLOW]
    assert table == "quic"
    assert (row["client_dcid"], row["client_scid"], row["server_scid"]) == ("8394c8f03e515708", "", "f067a5502a4262b5")
    assert (row["server_name"], row["cipher"], row["ts_ns"]) == ("example.com", "TLS_AES_128_GCM_SHA256", 1_000_000)
    assert check([SAMPLE]) == [0]


@pytest.mark.parametrize("version", [V1, V2, DRAFT_29])
def test_versions_are_read_with_their_own_keys(version):
    assert check([pair(hello(), version=version)]) == [0]


def test_like_conversations_are_read_once_and_keep_what_is_their_own():
    quic_lane._KNOWN.clear()
    conversations = [pair(hello(name=f"host{k}.example.org"), scid=bytes([k])) for k in range(4)]
    assert check(conversations) == [0, 1, 2, 3]
    rows = [of_flow[0][1] for of_flow in rows_of_lane(Quic, streams_of(conversations)).values()]
    assert [row["server_name"] for row in rows] == [f"host{k}.example.org" for k in range(4)]
    assert [row["client_scid"] for row in rows] == ["00", "01", "02", "03"]
    assert len(quic_lane._KNOWN) == 1


def test_what_a_browser_calls_itself_is_kept():
    conversations = [pair(hello(AGENT)), pair(hello(extension(57, varint(1) + varint(2) + b"\x40\1"))), pair(hello())]
    assert check(conversations) == [0, 1, 2]
    rows = rows_of_lane(Quic, streams_of(conversations)).values()
    assert [of_flow[0][1].get("user_agent") for of_flow in rows] == ["Chrome/140", None, None]


LONG = hello(extension(51, bytes(1300)))
TAKEN = {
    "a hello in pieces": [
        (ORIG, initial(crypto(LONG[1000:], 1000), number=1)),
        (ORIG, initial(crypto(LONG[500:1100], 500) + b"\1\0\0" + crypto(LONG[:500]))),
        (RESP, server(crypto(answer()))),
    ],
    "packets that share datagrams": [
        (ORIG, initial(crypto(LONG[:500])) + initial(crypto(LONG[500:], 500), number=1) + b"\0" * 40),
        (RESP, server(ACK) + server(crypto(answer()), number=1) + HANDSHAKE),
    ],
    "a server that first acknowledges": [
        *pair(hello())[:1], (RESP, server(ACK)), (ORIG, SHORT), (RESP, server(crypto(answer()), number=1)),
    ],
    "a server that goes on": [*SAMPLE, (RESP, SHORT), (RESP, HANDSHAKE), (ORIG, HANDSHAKE), (RESP, b"\xff")],
    "a client that asks again": [SAMPLE[0], *SAMPLE],
    "a token": pair(hello(), token=b"t" * 70)[:1] + pair(hello())[1:],
}  # fmt: skip
LEFT = {
    "a server alone": SAMPLE[1:],
    "a server first": SAMPLE[::-1],
    "a server that only acknowledges": [*pair(hello())[:1], (RESP, server(ACK))],
    "a packet that cannot be opened": [(ORIG, CLIENT_INITIAL[:-1] + b"\0"), SAMPLE[1]],
    "a packet that is cut short": [(ORIG, CLIENT_INITIAL[:-1]), SAMPLE[1]],
    "a packet that begins short": [(ORIG, SHORT), *SAMPLE],
    "a hello with a hole": [(ORIG, initial(crypto(CLIENT_HELLO[:50]) + crypto(CLIENT_HELLO[51:], 51))), SAMPLE[1]],
    "a hello that contradicts itself": [(ORIG, initial(CLIENT_CRYPTO + crypto(b"\2"))), SAMPLE[1]],
    "a hello that is too long": pair(hello(extension(51, bytes(STREAM_BYTES)))),
    "a hello in too many pieces": [(ORIG, initial(CLIENT_CRYPTO + crypto(b"") * PIECES)), SAMPLE[1]],
    "a frame that may not stand there": [(ORIG, initial(CLIENT_CRYPTO + b"\x08")), SAMPLE[1]],
    "a close": [(ORIG, initial(CLIENT_CRYPTO + b"\x1c\0\0\0")), SAMPLE[1]],
    "an ACK that is cut short": [SAMPLE[0], (RESP, server(crypto(answer()) + b"\2\0\0\x3f"))],
    "another message": pair(b"\2" + hello()[1:]),
    "a Retry": [SAMPLE[0], (RESP, b"\xf0\0\0\0\1" + vector(1, b"") + vector(1, SERVER_ID) + bytes(20)), *SAMPLE],
    "versions on offer": [SAMPLE[0], (RESP, b"\xc0\0\0\0\0" + vector(1, b"") + vector(1, SERVER_ID) + bytes(8))],
    "two versions": [SAMPLE[0], (RESP, server(SERVER_PLAIN, version=V2))],
    "Google's QUIC": pair(hello(), version=Q050),
    "an ID that is too long": [(ORIG, initial(CLIENT_CRYPTO, dcid=bytes(21))), SAMPLE[1]],
    "TLS 1.2 within": pair(hello(), answer(version=TLS12)),
    "too many packets": [SAMPLE[0]] * PACKETS + SAMPLE[1:],
}


@pytest.mark.parametrize("turns", TAKEN.values(), ids=TAKEN.keys())
def test_handshakes_are_taken_however_they_are_packed(turns):
    assert check([turns, SAMPLE]) == [0, 1]


@pytest.mark.parametrize("turns", LEFT.values(), ids=LEFT.keys())
def test_others_are_left_to_the_parser(turns):
    assert check([turns, SAMPLE]) == [1]


def test_as_many_packets_as_may_be_are_taken():
    assert check([[SAMPLE[0]] * (PACKETS - 1) + SAMPLE[1:]]) == [0]


CLIENTS = {
    "one datagram": SAMPLE[:1],
    "two": [(ORIG, initial(crypto(LONG[700:], 700), number=1)), (ORIG, initial(crypto(LONG[:700])))],
    "one and data": [(ORIG, CLIENT_INITIAL + HANDSHAKE)],
}


@pytest.mark.parametrize("turns", CLIENTS.values(), ids=CLIENTS.keys())
def test_a_client_that_nobody_answers_is_read_when_the_flow_ends(turns):
    taken, found = Quic.parse_streams(streams_of([turns]))
    assert taken.tolist() == [Taken.LATER]
    assert not any(len(columns["ts_ns"]) for _, columns in found)
    rows = rows_of_lane(Quic, streams_of([turns], is_ended=True))
    assert rows == {FLOW: rows_of_parser(Quic, turns, whole=True, is_ended=True)}
    assert len(rows[FLOW]) == 1


@pytest.mark.parametrize("turns", [*TAKEN.values(), *LEFT.values()], ids=[*TAKEN.keys(), *LEFT.keys()])
def test_wherever_a_flow_ends_it_is_read_as_the_parser_reads_it(turns):
    check_every_end(turns)


def test_a_client_is_waited_for_until_it_is_answered():
    assert check_every_end(TAKEN["a hello in pieces"]) == [Taken.LATER, Taken.LATER, Taken.DONE]
    assert check_every_end(LEFT["a server that only acknowledges"]) == [Taken.LATER, Taken.NO]


def test_a_client_whose_hello_is_not_whole_when_the_flow_ends_is_left():
    turns = TAKEN["a hello in pieces"][:1]
    assert Quic.parse_streams(streams_of([turns], is_ended=True))[0].tolist() == [Taken.NO]


def test_what_is_remembered_has_a_bound(monkeypatch):
    monkeypatch.setattr(quic_lane, "REMEMBERED", 2)
    quic_lane._KNOWN.clear()
    check([pair(hello(extension(kind))) for kind in range(60, 66)])
    assert len(quic_lane._KNOWN) <= 2
    monkeypatch.setattr(quic_lane, "REMEMBERED_BYTES", 10)
    quic_lane._KNOWN.clear()
    check([SAMPLE])
    assert not quic_lane._KNOWN


frames = st.sampled_from([b"\0", b"\0\0\0", b"\1", ACK, b"\3\0\0\1\0\0\0\1\1\1", b"\x1c", b"\x40", b"\2\0"])
hellos = st.sampled_from([hello(), hello(AGENT), LONG, hello(extension(0, b"\0")), CLIENT_HELLO, b"\1\0\0\1\0"])
answers = st.sampled_from([answer(), answer(extension(41, b"\0\0")), answer(version=TLS12), b"\2\0\0\0"])


@st.composite
def said(draw, whole):
    """Return what packets hold: the pieces of a message, in some order, with other frames among them."""
    cuts = sorted({0, len(whole), *draw(st.lists(st.integers(0, len(whole)), max_size=3))})
    pieces = [crypto(whole[begin:end], begin) for begin, end in pairwise(cuts)]
    pieces += draw(st.lists(frames, max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    order = draw(st.permutations(pieces))
    if draw(st.booleans()):
        return [b"".join(order)]
    return order


@st.composite
def conversations(draw):
    client, answering = draw(said(draw(hellos))), draw(said(draw(answers)))
    turns = [(ORIG, initial(plain, number=k)) for k, plain in enumerate(client)]
    turns += [(RESP, server(plain, number=k)) for k, plain in enumerate(answering)]
    extra = draw(
        st.lists(st.sampled_from([(ORIG, SHORT), (RESP, SHORT), (RESP, HANDSHAKE), (ORIG, HANDSHAKE)]), max_size=2)
    )
    for turn in extra:
        turns.insert(draw(st.integers(0, len(turns))), turn)
    if draw(st.integers(0, 3)) == 0:
        which = draw(st.integers(0, len(turns) - 1))
        side, data = turns[which]
        at = draw(st.integers(0, len(data) - 1))
        turns[which] = (
            side,
            draw(st.sampled_from([data[:at], data[:at] + b"\x55" + data[at + 1 :], data + data[:at]])),
        )
    return [turn for turn in turns if turn[1]]


@given(st.lists(conversations(), min_size=1, max_size=3))
def test_whatever_is_taken_is_read_as_the_parser_reads_it(some):
    check(some)


@given(conversations())
def test_so_is_what_a_flow_has_said_wherever_it_ends(turns):
    check_every_end(turns)
