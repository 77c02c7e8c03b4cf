"""DTLS: one row per connection, from datagrams and fragments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.messages.tls.certificates import CERTIFICATES
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.dtls import DTLS, HELD_FRAGMENTS, HELD_MESSAGES, Dtls
from tests.protocols.tls_builder import (
    ALERT,
    CERTIFICATE,
    CHANGE,
    CLIENT_HELLO,
    DATA,
    DTLS10,
    DTLS12,
    DTLS13,
    HANDSHAKE,
    HELLO_DONE,
    KEY_EXCHANGE,
    LEAF,
    RANDOM,
    ROOT,
    SERVER_HELLO,
    certificates,
    datagram,
    extension,
    fragment,
    groups,
    numbers,
    server_hello,
    server_name,
    vector,
    versions,
)

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER
VERIFY = 3
COOKIE = bytes(20)


def offer(*extensions, cookie=b""):
    """Return a ClientHello of DTLS: the cookie stands behind the session."""
    block = vector(2, b"".join(extensions))
    return numbers(DTLS12) + RANDOM + b"\0" + vector(1, cookie) + vector(2, numbers(0xC02F)) + b"\1\0" + block


OFFER = offer(server_name("www.example.org"), groups(29))
OFFER_AGAIN = offer(server_name("www.example.org"), groups(29), cookie=COOKIE)
CHOICE = server_hello(version=DTLS12)
CHAIN = certificates(LEAF, ROOT)
CURVE = b"\3" + numbers(29) + vector(1, bytes(32))
SECRET = datagram(HANDSHAKE, bytes(48), epoch=1)
HELLO = datagram(HANDSHAKE, fragment(CLIENT_HELLO, 0, OFFER))
FLIGHT = (
    datagram(HANDSHAKE, fragment(SERVER_HELLO, 1, CHOICE), number=1)
    + datagram(HANDSHAKE, fragment(CERTIFICATE, 2, CHAIN), number=2)
    + datagram(HANDSHAKE, fragment(KEY_EXCHANGE, 3, CURVE), number=3)
    + datagram(HANDSHAKE, fragment(HELLO_DONE, 4, b""), number=4)
)
TURNS = [
    (ORIG, HELLO),
    (RESP, datagram(HANDSHAKE, fragment(VERIFY, 0, numbers(DTLS10) + vector(1, COOKIE)), version=DTLS10)),
    (ORIG, datagram(HANDSHAKE, fragment(CLIENT_HELLO, 1, OFFER_AGAIN), number=1)),
    (RESP, FLIGHT),
    (ORIG, datagram(HANDSHAKE, fragment(16, 2, bytes(66)), number=2) + datagram(CHANGE, b"\1", number=3) + SECRET),
    (RESP, datagram(CHANGE, b"\1", number=5) + SECRET),
]


def rows_of(turns):
    """Feed datagrams as the engine does: each is whole, and one that is malformed is dropped."""
    parser, rows, deaf = Dtls(), [], set()
    for side, data in turns:
        cursor = Cursor(data, ts_ns=7)
        try:
            while cursor.at < cursor.stop and side not in deaf:
                rows += list(parser.parse(cursor, side))
                if cursor.is_done:
                    deaf.add(side)
        except Malformed as error:
            rows.append((None, error.reason))
    return [*rows, *parser.close()]


def dtls_row(turns):
    (row,) = [values for table, values in rows_of(turns) if table is DTLS]
    return row


def test_a_connection_is_one_row_and_one_per_certificate():
    rows = rows_of(TURNS)
    assert [table for table, _ in rows] == [CERTIFICATES, CERTIFICATES, DTLS]
    row = rows[2][1]
    shown = ("version", "client_version", "cipher", "curve", "server_name", "is_established", "n_certificates", "ts_ns")
    assert [row[name] for name in shown] == [
        "DTLSv1.2",
        "DTLSv1.2",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "x25519",
        "www.example.org",
        True,
        2,
        7,
    ]
    assert row["ja4"][:10] == "dd2d010200"
    assert row["sni_matches_certificate"] is True


def test_the_cookie_changes_no_fingerprint():
    first, second = dtls_row(TURNS[:1]), dtls_row([TURNS[2]])
    assert first == second


def test_fragments_may_come_in_any_order_and_overlap():
    pieces = [(400, None), (100, 300), (0, 150), (250, 450)]
    parts = [(RESP, datagram(HANDSHAKE, fragment(CERTIFICATE, 2, CHAIN, *piece))) for piece in pieces]
    rows = rows_of([TURNS[0], *parts])
    assert [table for table, _ in rows] == [CERTIFICATES, CERTIFICATES, DTLS]
    assert [table for table, _ in rows_of([TURNS[0], *parts[:-1]])] == [DTLS]


def test_several_fragments_may_share_a_record():
    both = fragment(CERTIFICATE, 2, CHAIN, 0, 200) + fragment(CERTIFICATE, 2, CHAIN, 200)
    assert len(rows_of([(RESP, datagram(HANDSHAKE, both))])) == 3


def test_dtls_13_is_secret_behind_the_servers_hello():
    hello = datagram(HANDSHAKE, fragment(CLIENT_HELLO, 0, offer(versions(DTLS13, DTLS12))))
    choice = server_hello(extension(43, numbers(DTLS13)), cipher=0x1301, version=DTLS12)
    answer = datagram(HANDSHAKE, fragment(SERVER_HELLO, 0, choice))
    row = dtls_row([(ORIG, hello), (RESP, answer), (ORIG, b"\x2f" + bytes(60))])
    assert (row["version"], row["client_version"], row["is_established"]) == ("DTLSv1.3", "DTLSv1.3", True)
    assert row["ja4"][:3] == "dd3"


def test_a_side_is_left_alone_once_it_is_encrypted():
    parser = Dtls()
    seen = []
    for side, data in TURNS:
        cursor = Cursor(data)
        list(parser.parse(cursor, side))
        seen.append(cursor.is_done)
    assert seen == [False, False, False, False, True, True]
    assert list(parser.close()) == []


def test_what_shares_the_port_is_passed_over():
    stun, media = bytes.fromhex("00010000 2112a442") + bytes(12), b"\x80\x60" + bytes(40)
    turns = [(ORIG, stun), (RESP, stun), TURNS[0], (ORIG, media), *TURNS[1:]]
    assert rows_of(turns) == rows_of(TURNS)


def test_an_alert_in_clear_is_noted():
    row = dtls_row([TURNS[0], (RESP, datagram(ALERT, b"\2\x28"))])
    assert (row["alert"], row["is_established"]) == ("handshake_failure", False)


def test_a_connection_already_encrypted_leaves_no_row():
    assert rows_of([(ORIG, datagram(DATA, bytes(40), epoch=1)), (RESP, b"\x2f" + bytes(60))]) == []


def test_rows_before_a_broken_record_stand():
    broken = datagram(HANDSHAKE, fragment(CERTIFICATE, 9, b"\0\0\5" + bytes(2)))
    rows = rows_of([TURNS[0], (RESP, FLIGHT + broken)])
    assert [table for table, _ in rows] == [CERTIFICATES, CERTIFICATES, None, DTLS]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (datagram(HANDSHAKE, bytes(40))[:-1], "record does not fit its datagram"),
        (datagram(HANDSHAKE, bytes(40), version=0x0303), "record does not fit its datagram"),
        (datagram(HANDSHAKE, fragment(1, 0, OFFER)[:-1]), "fragment does not fit its message"),
        (datagram(HANDSHAKE, fragment(1, 0, OFFER) + b"\1"), "fragment is cut short"),
        (datagram(HANDSHAKE, b"\1" + (1 << 20).to_bytes(3, "big") + bytes(8)), "fragment does not fit its message"),
        (datagram(HANDSHAKE, fragment(CLIENT_HELLO, 0, OFFER[:30])), "client hello is cut short"),
    ],
)
def test_broken_records_are_malformed(record, reason):
    assert rows_of([(ORIG, record)])[0] == (None, reason)


def test_unfinished_messages_are_bounded():
    begun = [(ORIG, datagram(HANDSHAKE, fragment(11, number, CHAIN, 0, 9))) for number in range(HELD_MESSAGES)]
    assert rows_of(begun) == []
    one_more = (ORIG, datagram(HANDSHAKE, fragment(11, HELD_MESSAGES, CHAIN, 0, 9)))
    assert rows_of([*begun, one_more]) == [(None, "more unfinished handshake messages than can be")]


def test_fragments_of_a_message_are_bounded():
    pieces = [(ORIG, datagram(HANDSHAKE, fragment(11, 0, CHAIN, at, at + 1))) for at in range(HELD_FRAGMENTS)]
    assert rows_of(pieces) == []
    one_more = (ORIG, datagram(HANDSHAKE, fragment(11, 0, CHAIN, HELD_FRAGMENTS, HELD_FRAGMENTS + 1)))
    assert rows_of([*pieces, one_more]) == [(None, "more unfinished handshake messages than can be")]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (HELLO, Match.YES),
        (FLIGHT, Match.YES),
        (HELLO[:-1], Match.NO),
        (b"\x16\xfe\xfc" + HELLO[3:], Match.NO),
        (b"\x13" + HELLO[1:], Match.NO),
        (HELLO[:3] + b"\0\x10" + HELLO[5:], Match.NO),
        (HELLO[:12], Match.NO),
    ],
)
def test_a_record_must_fit(payload, match):
    assert Dtls.probe(payload, ORIG) is match


def test_cut_anywhere_it_is_read_or_refused():
    for size in range(len(FLIGHT)):
        assert rows_of([TURNS[0], (RESP, FLIGHT[:size])])[-1][0] is DTLS


@given(data=st.data(), noise=st.binary(max_size=60))
def test_noise_gives_rows_or_a_dissect_error(data, noise):
    at = data.draw(st.integers(0, len(FLIGHT)))
    parser = Dtls()
    cursor = Cursor(FLIGHT[:at] + noise + FLIGHT[at:])
    try:
        while cursor.at < cursor.stop and not cursor.is_done:
            list(parser.parse(cursor, data.draw(st.sampled_from((ORIG, RESP)))))
    except DissectError:
        pass
    list(parser.close())
