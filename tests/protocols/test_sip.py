import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import FiveTuple, Side
from quivive.model.tables import IDENTITIES
from quivive.protocols.sip import MAX_HEADERS, SIP, Sip
from tests.protocols.stream_driver import ORIG, outcome_of, rows_in_every_cut

BODY = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 49170 RTP/AVP 8 0\r\nm=video 0 RTP/AVP 31\r\n"
INVITE = (
    b"INVITE sip:bob@example.org SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1\r\n"
    b"f: <sip:alice@example.org>\r\n"
    b"To: <sip:bob@example.org>\r\n"
    b"Call-ID: a1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:alice@192.0.2.1>\r\n"
    b"User-Agent: Phone\r\n\t 1.0\r\n"
    b"Content-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY
)
ROW = {
    "is_orig": True,
    "method": "INVITE",
    "sip_uri": "sip:bob@example.org",
    "sip_from": "<sip:alice@example.org>",
    "sip_to": "<sip:bob@example.org>",
    "sip_call_id": "a1",
    "sip_cseq": "1 INVITE",
    "sip_contact": "<sip:alice@192.0.2.1>",
    "user_agent": "Phone 1.0",
    "sip_media_addr": "192.0.2.1",
    "sip_media": ["audio 49170 RTP/AVP 8 0", "video 0 RTP/AVP 31"],
}
REGISTER = (
    b"REGISTER sip:example.org SIP/2.0\r\nCall-ID: b2\r\n"
    b'Authorization: Digest username="alice", realm="example.org", nonce="1", response="00112233"\r\n\r\n'
)
RINGING = b"SIP/2.0 180 Ringing\r\nCall-ID: a1\r\n\r\n"
FLOW = Flow(1, FiveTuple("192.0.2.1", 5060, "192.0.2.2", 5060, 17))


def rows_of(payload, flow=None):
    return list(Sip(flow).parse(Cursor(payload), Side.ORIGINATOR))


def test_a_call_tells_who_whom_and_what_media():
    assert rows_of(INVITE) == [(SIP, ROW)]


def test_an_answer_is_number_and_words():
    assert rows_of(RINGING) == [
        (SIP, {"is_orig": True, "status_code": 180, "status_text": "Ringing", "sip_call_id": "a1"})
    ]


def test_a_log_in_names_the_user_and_keeps_no_secret():
    (_, row), (table, identity) = rows_of(REGISTER, FLOW)
    assert (row["method"], table) == ("REGISTER", IDENTITIES)
    assert identity == {
        "protocol": "sip",
        "user": "alice",
        "domain": "example.org",
        "identity_kind": "user",
        "identity_addr": "192.0.2.1",
        "identity_evidence": "Authorization",
    }
    assert "00112233" not in str(rows_of(REGISTER, FLOW))


def test_over_a_stream_messages_follow_one_another():
    rows = rows_in_every_cut(Sip, [(ORIG, INVITE + b"\r\n\r\n" + RINGING)])
    assert [row for _, row in rows] == [ROW, rows_of(RINGING)[0][1]]


@pytest.mark.parametrize(("n", "is_read"), [(MAX_HEADERS - 1, True), (MAX_HEADERS, False)])
def test_too_many_headers_are_malformed(n, is_read):
    payload = b"OPTIONS sip:a SIP/2.0\r\n" + b"X: y\r\n" * n + b"\r\n"
    if is_read:
        assert rows_of(payload)
    else:
        with pytest.raises(Malformed):
            rows_of(payload)


@pytest.mark.parametrize("payload", [b"INVITE sip:a SIP/3.0\r\n\r\n", b"hello\r\n\r\n", b"SIP/2.0 99 No\r\n\r\n"])
def test_another_first_line_is_malformed_and_not_claimed(payload):
    assert Sip.probe(payload, Side.ORIGINATOR) is Match.NO
    with pytest.raises(Malformed):
        rows_of(payload)


def test_a_keep_alive_makes_no_row():
    assert rows_of(b"\r\n\r\n") == []


def test_the_first_line_is_sure():
    assert Sip.probe(INVITE, Side.ORIGINATOR) is Match.YES
    assert Sip.probe(RINGING, Side.RESPONDER) is Match.YES


def test_cut_short_it_tells_less_or_is_malformed():
    for size in range(1, len(INVITE)):
        try:
            rows_of(INVITE[:size])
        except Malformed:
            pass


@given(noise=st.binary(min_size=1, max_size=120))
def test_noise_gives_rows_or_is_malformed(noise):
    for payload in (noise, INVITE[:36] + noise, INVITE[:-40] + noise):
        try:
            rows_of(payload)
        except DissectError:
            pass
        outcome_of(Sip, [(ORIG, payload)])
