"""TLS: one row per connection, from what both sides say in clear."""

from hashlib import md5, sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.messages.tls.certificates import CERTIFICATES
from quivive.messages.tls.handshake import HANDSHAKE_BYTES
from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.limits import UNDECIDED_BYTES
from quivive.model.tables import ANOMALIES
from quivive.protocols.tls import RECORD_BYTES, TLS, Tls
from tests.protocols.stream_driver import ORIG, RESP, TURN_NS, outcome_of, rows_in_every_cut, rows_of
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
    TLS10,
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

LEAF_SHA256 = "e30f5bb1f102157f8e4bdd70b8838d21438338436589cd02c8ca51299c1ceafa"
ROOT_SHA256 = "647959c449d0ae953dec80d4c381c93296e788ad25465485664d7a473ef516b0"
JANUARY_2024, JANUARY_2025 = 1_704_067_200_000_000, 1_735_689_600_000_000
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

OFFER_12 = client_hello(server_name("www.example.org"), groups(29, 23), formats(0), algorithms(0x0403),
                        alpn(b"h2", b"http/1.1"), ciphers=(0xC02F, 0x002F))  # fmt: skip
OFFER_13 = client_hello(server_name("www.example.org"), versions(TLS13, TLS12), extension(0xFE0D), ciphers=(0x1301,))
CHOICE_12 = server_hello(alpn(b"h2"))
CHOICE_13 = server_hello(extension(43, numbers(TLS13)), extension(51, numbers(29) + vector(2, bytes(32))),
                         cipher=0x1301, session=SESSION)  # fmt: skip
CURVE = b"\3" + numbers(23) + vector(1, bytes(65))
CHANGED, SECRET, DATA_RECORD = record(CHANGE, b"\1"), record(HANDSHAKE, bytes(40)), record(DATA, bytes(300))


def said(kind, body):
    return record(HANDSHAKE, message(kind, body))


HELLO_12, HELLO_13 = said(CLIENT_HELLO, OFFER_12), said(CLIENT_HELLO, OFFER_13)
FLIGHT_12 = said(SERVER_HELLO, CHOICE_12) + said(CERTIFICATE, certificates(LEAF, ROOT))
FLIGHT_12 += said(KEY_EXCHANGE, CURVE) + said(HELLO_DONE, b"")
TURNS_12 = [
    (ORIG, HELLO_12),
    (RESP, FLIGHT_12),
    (ORIG, said(16, bytes(66)) + CHANGED + SECRET),
    (RESP, CHANGED + SECRET + DATA_RECORD),
    (ORIG, DATA_RECORD),
]
CLIENT_12 = {
    "client_version": "TLSv1.2",
    "server_name": "www.example.org",
    "alpn_offered": ["h2", "http/1.1"],
    "ja3": md5(b"771,49199-47,0-10-11-13-16,29-23,0").hexdigest(),
    "ja4": f"t12d0205h2_{sha256(b'002f,c02f').hexdigest()[:12]}_{sha256(b'000a,000b,000d_0403').hexdigest()[:12]}",
    "has_ech": False,
}
SERVER_12 = {
    "version": "TLSv1.2",
    "cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "curve": "secp256r1",
    "alpn": "h2",
    "ja3s": md5(b"771,49199,16").hexdigest(),
    "is_resumed": False,
    "next_protocol": None,
}
SHOWN = {
    "n_certificates": 2,
    "certificate_sha256": LEAF_SHA256,
    "chain_sha256": [LEAF_SHA256, ROOT_SHA256],
    "certificate_subject": "CN=www.example.org,O=Example",
    "certificate_issuer": "CN=Example CA",
    "certificate_not_before": JANUARY_2024,
    "certificate_not_after": JANUARY_2025,
    "sni_matches_certificate": True,
}


def tls_row(turns):
    (row,) = [values for table, values in rows_of(Tls, turns) if table is TLS]
    return row


def certificate_rows(turns):
    return [values for table, values in rows_of(Tls, turns) if table is CERTIFICATES]


def test_a_connection_of_tls_12_is_one_row_and_one_per_certificate():
    rows = rows_in_every_cut(Tls, TURNS_12)
    assert [table for table, _ in rows] == [CERTIFICATES, CERTIFICATES, TLS]
    assert rows[2][1] == CLIENT_12 | SERVER_12 | SHOWN | {"is_established": True, "ts_ns": TURN_NS}
    leaf, root = rows[0][1], rows[1][1]
    assert leaf["san_dns"] == ["www.example.org", "*.example.net"]
    assert (leaf["chain_depth"], leaf["is_client_certificate"]) == (0, False)
    assert (root["certificate_sha256"], root["chain_depth"], root["is_ca"]) == (ROOT_SHA256, 1, True)


def test_a_connection_of_tls_13_shows_its_hellos_only():
    answer = said(SERVER_HELLO, CHOICE_13) + CHANGED + DATA_RECORD
    turns = [(ORIG, HELLO_13), (RESP, answer), (ORIG, CHANGED + DATA_RECORD)]
    ((table, row),) = rows_in_every_cut(Tls, turns)
    assert table is TLS
    assert {name: row[name] for name in ("version", "client_version", "cipher", "curve", "is_resumed")} == {
        "version": "TLSv1.3",
        "client_version": "TLSv1.3",
        "cipher": "TLS_AES_128_GCM_SHA256",
        "curve": "x25519",
        "is_resumed": False,
    }
    assert (row["has_ech"], row["is_established"], "certificate_sha256" in row) == (True, True, False)


def test_a_side_is_left_alone_once_it_is_encrypted():
    parser = Tls()
    seen = []
    turns = [(ORIG, HELLO_13), (RESP, said(SERVER_HELLO, CHOICE_13)), (ORIG, CHANGED), (ORIG, DATA_RECORD[:5])]
    for side, data in turns:
        cursor = Cursor(data, whole=False)
        rows = list(parser.parse(cursor, side))
        seen.append((cursor.at == len(data), cursor.is_done, len(rows)))
    assert seen == [(True, False, 0), (True, True, 0), (True, False, 0), (True, True, 1)]
    assert list(parser.close()) == []


def test_a_retry_is_followed_by_the_hello_that_counts():
    retry = server_hello(extension(43, numbers(TLS13)), extension(51, numbers(23)), cipher=0x1301, random=RETRY)
    turns = [
        (ORIG, HELLO_13),
        (RESP, said(SERVER_HELLO, retry) + CHANGED),
        (ORIG, CHANGED + HELLO_13),
        (RESP, said(SERVER_HELLO, CHOICE_13) + DATA_RECORD),
        (ORIG, DATA_RECORD),
    ]
    ((_, row),) = rows_in_every_cut(Tls, turns)
    assert (row["curve"], row["is_established"]) == ("x25519", True)
    assert row["ja3s"] == tls_row(turns[:2])["ja3s"]


def test_a_session_taken_up_sends_no_certificate():
    hello = said(CLIENT_HELLO, client_hello(session=SESSION))
    echo = said(SERVER_HELLO, server_hello(session=SESSION)) + CHANGED + SECRET
    assert tls_row([(ORIG, hello), (RESP, echo), (ORIG, CHANGED + SECRET)])["is_resumed"] is True
    ticket = said(SERVER_HELLO, server_hello()) + CHANGED + SECRET
    assert tls_row([(ORIG, hello), (RESP, ticket), (ORIG, CHANGED + SECRET)])["is_resumed"] is True
    assert tls_row([(ORIG, hello), (RESP, said(SERVER_HELLO, server_hello()))])["is_resumed"] is None
    psk = server_hello(extension(43, numbers(TLS13)), extension(41, b"\0\0"), cipher=0x1301)
    assert tls_row([(ORIG, HELLO_13), (RESP, said(SERVER_HELLO, psk))])["is_resumed"] is True


def test_a_clients_certificate_is_personal():
    client = said(CERTIFICATE, certificates(PERSON, ROOT)) + said(16, bytes(66)) + CHANGED + SECRET
    turns = [TURNS_12[0], TURNS_12[1], (ORIG, client), TURNS_12[3]]
    assert tls_row(turns)["client_subject"] == "CN=Person One"
    person = certificate_rows(turns)[2]
    assert (person["client_subject"], person["is_client_certificate"]) == ("CN=Person One", True)
    assert "certificate_subject" not in person
    assert len(certificate_rows(turns)) == 3  # the root was shown before


def test_a_client_without_a_certificate_says_so_and_is_nobody():
    turns = [TURNS_12[0], TURNS_12[1], (ORIG, said(CERTIFICATE, certificates()) + CHANGED + SECRET)]
    assert "client_subject" not in tls_row(turns)


def test_a_certificate_for_another_name_does_not_match():
    other = said(CLIENT_HELLO, client_hello(server_name("other.example")))
    assert tls_row([(ORIG, other), (RESP, FLIGHT_12)])["sni_matches_certificate"] is False
    nameless = said(CLIENT_HELLO, client_hello())
    assert tls_row([(ORIG, nameless), (RESP, FLIGHT_12)])["sni_matches_certificate"] is None


def test_messages_may_share_a_record_or_be_spread_over_many():
    flight = message(SERVER_HELLO, CHOICE_12) + message(CERTIFICATE, certificates(LEAF, ROOT))
    flight += message(KEY_EXCHANGE, CURVE) + message(HELLO_DONE)
    whole = [(ORIG, HELLO_12), (RESP, record(HANDSHAKE, flight)), *TURNS_12[2:]]
    assert rows_of(Tls, whole) == rows_of(Tls, TURNS_12)
    spread = b"".join(record(HANDSHAKE, flight[at : at + 100]) for at in range(0, len(flight), 100))
    assert rows_of(Tls, [(ORIG, HELLO_12), (RESP, spread), *TURNS_12[2:]]) == rows_of(Tls, TURNS_12)


def test_an_alert_in_clear_is_noted_and_a_fatal_one_ends_its_side():
    refused = record(ALERT, b"\2\x28")
    row = tls_row([(ORIG, HELLO_12), (RESP, refused)])
    assert (row["alert"], row["is_established"], "version" in row) == ("handshake_failure", False, False)
    warned = tls_row([(ORIG, HELLO_12), (RESP, record(ALERT, b"\1\x70") + FLIGHT_12)])
    assert (warned["alert"], warned["version"]) == ("unrecognized_name", "TLSv1.2")


def test_an_alert_behind_the_change_of_keys_is_encrypted():
    turns = [*TURNS_12[:2], (ORIG, CHANGED + record(ALERT, b"\2\x28"))]
    assert "alert" not in tls_row(turns)


def test_one_side_alone_gives_a_row():
    client = tls_row([TURNS_12[0], TURNS_12[2]])
    assert client == CLIENT_12 | {"is_established": True, "ts_ns": TURN_NS}
    server = tls_row([TURNS_12[1], TURNS_12[3]])
    assert server == SERVER_12 | SHOWN | {"is_established": True, "ts_ns": TURN_NS, "sni_matches_certificate": None}


def test_the_client_is_who_says_its_hello():
    turns = [(side.other, data) for side, data in TURNS_12]
    assert tls_row(turns) == tls_row(TURNS_12)


def test_a_connection_already_encrypted_leaves_no_row():
    assert rows_of(Tls, [(ORIG, DATA_RECORD), (RESP, DATA_RECORD)]) == []


def test_a_gap_loses_a_message_not_the_row():
    half = len(FLIGHT_12) // 2
    turns = [(ORIG, HELLO_12), (RESP, FLIGHT_12[:half]), (RESP, 9), (RESP, FLIGHT_12[half + 9 :]), *TURNS_12[2:]]
    rows = rows_of(Tls, turns)
    assert [table for table, _ in rows] == [TLS]
    assert rows[0][1]["version"] == "TLSv1.2"


def test_a_gap_between_records_loses_nothing_more():
    turns = [(ORIG, HELLO_12), (RESP, said(SERVER_HELLO, CHOICE_12)), (RESP, 100), (RESP, said(KEY_EXCHANGE, CURVE))]
    assert tls_row(turns)["curve"] == "secp256r1"


def test_what_an_unknown_protocol_says_first_is_stepped_over():
    turns = [
        (RESP, b":irc.example 001 NOTICE\r\n"),
        (ORIG, b"STARTTLS\r\n"),
        (RESP, b":irc.example 670 :go ahead\r\n"),
        *TURNS_12,
    ]
    rows = rows_in_every_cut(Tls, turns)
    assert rows[-1] == (TLS, tls_row(TURNS_12) | {"ts_ns": 4 * TURN_NS})


def test_what_comes_first_may_share_a_segment_with_the_hello():
    turns = [(ORIG, bytes(36) + HELLO_12), (RESP, b"S" + FLIGHT_12), *TURNS_12[2:]]
    assert tls_row(turns) == tls_row(TURNS_12)


def test_a_hello_whose_record_is_too_long_is_stepped_over_like_anything_else():
    odd = HELLO_12[:3] + b"\xff\xff" + HELLO_12[5:]
    assert tls_row([(ORIG, odd), (ORIG, HELLO_12)])["server_name"] == "www.example.org"


@pytest.mark.parametrize(("extra", "is_refused"), [(0, False), (1, True)])
def test_tls_is_not_looked_for_without_end(extra, is_refused):
    turns = [(ORIG, bytes(UNDECIDED_BYTES + extra))]
    rows = rows_of(Tls, turns)
    assert rows == ([(ANOMALIES, {"place": "tls", "anomaly": "not a TLS record"})] if is_refused else [])


def test_an_answer_that_is_not_tls_is_an_anomaly_and_the_hello_stands():
    rows = rows_of(Tls, [(ORIG, HELLO_12), (RESP, b"HTTP/1.1 400 Bad Request\r\n\r\n")])
    assert rows == [
        (ANOMALIES, {"place": "tls", "anomaly": "not a TLS record"}),
        (TLS, CLIENT_12 | {"is_established": False, "ts_ns": TURN_NS}),
    ]


def test_a_side_that_breaks_off_into_something_else_is_an_anomaly():
    rows = rows_of(Tls, [(ORIG, HELLO_12), (RESP, said(SERVER_HELLO, CHOICE_12)), (RESP, b"overtaken by \x16 others")])
    assert [table for table, _ in rows] == [ANOMALIES, TLS]


def test_rows_before_a_broken_record_stand():
    broken = said(CERTIFICATE, b"\0\0\5" + bytes(2))
    rows = rows_of(Tls, [(ORIG, HELLO_12), (RESP, FLIGHT_12 + broken)])
    assert [table for table, _ in rows] == [CERTIFICATES, CERTIFICATES, ANOMALIES, TLS]
    assert rows[2][1]["anomaly"] == "certificate list has another length than its message"


def test_a_faulty_extension_is_an_anomaly_and_the_name_stands():
    hello = client_hello(server_name("a.example"), numbers(16, 9) + b"\0")
    rows = rows_of(Tls, [(ORIG, said(CLIENT_HELLO, hello))])
    assert rows[0] == (ANOMALIES, {"place": "tls", "anomaly": "extension goes beyond its block"})
    assert rows[1][1]["server_name"] == "a.example"


def test_a_message_may_be_long_but_not_too_long():
    head = record(HANDSHAKE, bytes([CERTIFICATE]) + HANDSHAKE_BYTES.to_bytes(3, "big") + bytes(9))
    assert outcome_of(Tls, [(RESP, head)]).rows == []
    head = record(HANDSHAKE, bytes([CERTIFICATE]) + (HANDSHAKE_BYTES + 1).to_bytes(3, "big") + bytes(9))
    ((table, row),) = outcome_of(Tls, [(RESP, head)]).rows
    assert (table, row["anomaly"]) == (ANOMALIES, "handshake message is too long to be believed")


def test_a_record_may_be_long_but_not_too_long():
    with pytest.raises(NeedMoreData):
        list(Tls().parse(Cursor(record(HANDSHAKE, bytes(RECORD_BYTES))[:9], whole=False), ORIG))
    parser = Tls()
    list(parser.parse(Cursor(HELLO_12, whole=False), ORIG))
    with pytest.raises(Malformed, match="not a TLS record"):
        list(parser.parse(Cursor(record(HANDSHAKE, bytes(RECORD_BYTES + 1)), whole=False), ORIG))


# SSL 2.0 ------------------------------------------------------------------------------------------------------------


def ssl2(body):
    return (0x8000 | len(body)).to_bytes(2, "big") + body


SSL2_OFFER = ssl2(bytes.fromhex("01 0002 0003 0000 0010 010080") + bytes(16))
SSL2_CHOICE = ssl2(bytes.fromhex("0400010002") + numbers(len(LEAF), 3, 16) + LEAF + b"\1\0\x80" + bytes(16))
SSL2_KEY = ssl2(bytes.fromhex("02 010080 0000 0004 0000") + bytes(4))


def test_ssl_2_is_read_up_to_the_clients_choice():
    rows = rows_in_every_cut(Tls, [(ORIG, SSL2_OFFER), (RESP, SSL2_CHOICE), (ORIG, SSL2_KEY), (RESP, bytes(40))])
    assert [table for table, _ in rows] == [CERTIFICATES, TLS]
    assert rows[1][1] == {
        "is_established": True,
        "client_version": "SSLv2",
        "server_name": None,
        "alpn_offered": None,
        "ja3": None,
        "ja4": None,
        "has_ech": False,
        "version": "SSLv2",
        "cipher": "SSL_CK_RC4_128_WITH_MD5",
        "curve": None,
        "alpn": None,
        "ja3s": None,
        "is_resumed": False,
        "next_protocol": None,
        "n_certificates": 1,
        "certificate_sha256": LEAF_SHA256,
        "chain_sha256": [LEAF_SHA256],
        "certificate_subject": "CN=www.example.org,O=Example",
        "certificate_issuer": "CN=Example CA",
        "certificate_not_before": JANUARY_2024,
        "certificate_not_after": JANUARY_2025,
        "sni_matches_certificate": None,
        "ts_ns": TURN_NS,
    }


def test_a_hello_of_ssl_2_may_lead_to_tls():
    offer = ssl2(bytes.fromhex("01 0301 0003 0000 0010 00002f") + bytes(16))
    answer = said(SERVER_HELLO, server_hello(cipher=0x002F, version=TLS10)) + CHANGED + SECRET
    row = tls_row([(ORIG, offer), (RESP, answer), (ORIG, CHANGED + SECRET)])
    assert (row["client_version"], row["version"], row["is_established"]) == ("TLSv1.0", "TLSv1.0", True)


# Being told apart ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (HELLO_12, Match.YES),
        (HELLO_12[:40], Match.UNSURE),
        (FLIGHT_12, Match.YES),
        (DATA_RECORD * 9, Match.UNSURE),
        (DATA_RECORD, Match.YES),
        (DATA_RECORD + b"GET / HTTP", Match.NO),
        (record(DATA, b""), Match.NO),
        (record(19, b"\0"), Match.NO),
        (record(DATA, b"\0", version=0x0305), Match.NO),
        (b"\x17\x03\x03", Match.NO),
        (b"", Match.NO),
    ],
)
def test_records_must_follow_each_other(payload, match):
    assert Tls.probe(payload, ORIG) is match


# Hostile input ------------------------------------------------------------------------------------------------------

WHOLE = HELLO_12 + FLIGHT_12 + CHANGED


def test_cut_anywhere_it_waits_or_gives_its_rows():
    for size in range(len(FLIGHT_12)):
        assert rows_of(Tls, [(ORIG, HELLO_12), (RESP, FLIGHT_12[:size])])[-1][0] is TLS


@given(data=st.data(), noise=st.binary(max_size=60))
def test_noise_gives_rows_or_a_dissect_error(data, noise):
    at = data.draw(st.integers(0, len(WHOLE)))
    for whole in (False, True):
        parser = Tls()
        cursor = Cursor(WHOLE[:at] + noise + WHOLE[at:], whole=whole)
        try:
            while cursor.at < cursor.stop and not cursor.is_done:
                list(parser.parse(cursor, data.draw(st.sampled_from((ORIG, RESP)))))
        except DissectError:
            pass
        assert all(table in (TLS, CERTIFICATES) for table, _ in parser.close())


def test_records_of_one_byte_take_no_more_than_their_time():
    head = bytes([CERTIFICATE]) + (1 << 16).to_bytes(3, "big")
    stream = b"".join(record(HANDSHAKE, bytes([byte])) for byte in head + bytes(1 << 14))
    assert rows_of(Tls, [(ORIG, HELLO_12), (RESP, stream)])[-1][0] is TLS
