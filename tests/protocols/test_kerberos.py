"""Kerberos: one row per message, the proofs and tickets in it left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.messages.kerberos_names import KERBEROS
from quivive.model.errors import Malformed
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.kerberos import MAX_MESSAGE_BYTES, Kerberos
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

AS_REQ = bytes.fromhex(
    "6a81d0 3081cd a103020105 a20302010a"  # AS-REQ, version 5, type 10
    "a326 3024"  # padata
    "300f a103020102 a208 0406cccccccccccc"  # encrypted timestamp
    "3011 a10402020080 a209 04073005a0030101ff"  # PAC request
    "a48198 308195 a007 03050040810010"  # options: forwardable, renewable, canonicalize, renewable-ok
    "a114 3012 a003020101 a10b 3009 1b076a2e7765626572"  # client j.weber
    "a206 1b045745524b"  # realm WERK
    "a319 3017 a003020102 a110 300e 1b066b7262746774 1b045745524b"  # service krbtgt/WERK
    "a511 180f32303337303931333032343830355a"  # till 2037-09-13 02:48:05
    "a706 020411223344"  # nonce
    "a808 3006 020112 020117"  # aes256, rc4
    "a92c 302a"  # addresses
    "3019 a003020114 a112 041050432d31372020202020202020202020"  # NetBIOS PC-17
    "300d a003020102 a106 04040a000005"  # 10.0.0.5
)
AS_REP = bytes.fromhex(
    "6b7f 307d a003020105 a10302010b"  # AS-REP, version 5, type 11
    "a306 1b045745524b a414 3012 a003020101 a10b 3009 1b076a2e7765626572"  # WERK, j.weber
    "a542 6140 303e a003020105 a106 1b045745524b"  # ticket of realm WERK
    "a219 3017 a003020102 a110 300e 1b066b7262746774 1b045745524b"  # for krbtgt/WERK
    "a314 3012 a003020112 a103020103 a206 0404aaaaaaaa"  # under aes256
    "a60f 300d a003020117 a206 0404dddddddd"  # reply's own part under rc4
)
KRB_ERROR = bytes.fromhex(
    "7e60 305e a003020105 a10302011e"  # KRB-ERROR, version 5, type 30
    "a411 180f32303234303130313030303030305a a503020105"  # server's time
    "a603020106"  # client unknown
    "a906 1b045745524b aa19 3017 a003020102 a110 300e 1b066b7262746774 1b045745524b"  # WERK, krbtgt/WERK
    "ab12 1b10434c49454e545f4e4f545f464f554e44"  # CLIENT_NOT_FOUND
)
TGS_REQ = bytes.fromhex(
    "6c72 3070 a103020105 a20302010c"  # TGS-REQ, version 5, type 12
    "a32b 3029 3027 a10402020081 a21f 041d"  # padata: for user
    "301b a011 300f a003020101 a108 3006 1b04626f7373 a106 1b045745524b"  # boss of WERK
    "a437 3035 a007 03050040020000"  # options: forwardable, cname-in-addl-tkt
    "a206 1b045745524b a316 3014 a003020102 a10d 300b 1b0463696673 1b03667331"  # WERK, cifs/fs1
    "a503180178 a805 3003 020163"  # till "x", type 99
)

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.1", 88, 17))
ASKED = {
    "protocol": "kerberos",
    "kerberos_message": "AS-REQ",
    "kerberos_padata": ["PA-ENC-TIMESTAMP", "PA-PAC-REQUEST"],
    "kerberos_options": ["forwardable", "renewable", "canonicalize", "renewable-ok"],
    "user": "j.weber",
    "domain": "WERK",
    "kerberos_service": "krbtgt/WERK",
    "kerberos_till": "2037-09-13T02:48:05Z",
    "kerberos_etypes": ["aes256-cts-hmac-sha1-96", "rc4-hmac"],
    "kerberos_addresses": ["PC-17", "10.0.0.5"],
}
GRANTED = {
    "protocol": "kerberos",
    "kerberos_message": "AS-REP",
    "domain": "WERK",
    "user": "j.weber",
    "kerberos_service_realm": "WERK",
    "kerberos_service": "krbtgt/WERK",
    "kerberos_etype": "aes256-cts-hmac-sha1-96",
    "kerberos_reply_etype": "rc4-hmac",
}
IDENTITY = {
    "protocol": "kerberos",
    "user": "j.weber",
    "domain": "WERK",
    "identity_kind": "user",
    "identity_addr": "10.0.0.5",
}


def told(*messages):
    """Rows of datagrams, the first from the client."""
    protocol = Kerberos(FLOW)
    rows = []
    for number, message in enumerate(messages):
        rows += protocol.parse(Cursor(message), (ORIG, RESP)[number % 2])
    return [*rows, *protocol.close()]


def framed(message):
    return len(message).to_bytes(4, "big") + message


def test_request_and_reply_are_a_row_each():
    assert told(AS_REQ, AS_REP) == [
        (KERBEROS, ASKED),
        (IDENTITIES, IDENTITY | {"identity_evidence": "AS-REP"}),
        (KERBEROS, GRANTED),
    ]


def test_messages_in_a_stream_stand_behind_their_length():
    turns = [(ORIG, framed(AS_REQ)), (RESP, framed(AS_REP)), (ORIG, framed(TGS_REQ))]
    rows = rows_in_every_cut(Kerberos, turns, FLOW)
    assert [row["kerberos_message"] for table, row in rows if table is KERBEROS] == ["AS-REQ", "AS-REP", "TGS-REQ"]


def test_request_without_a_reply_leaves_its_name_at_the_end():
    assert told(AS_REQ)[-1] == (IDENTITIES, IDENTITY | {"identity_evidence": "AS-REQ"})


def test_name_that_the_centre_does_not_know_is_no_identity():
    assert told(AS_REQ, KRB_ERROR) == [
        (KERBEROS, ASKED),
        (
            KERBEROS,
            {
                "protocol": "kerberos",
                "kerberos_message": "KRB-ERROR",
                "kerberos_error": "KDC_ERR_C_PRINCIPAL_UNKNOWN",
                "domain": "WERK",
                "kerberos_service": "krbtgt/WERK",
                "kerberos_error_text": "CLIENT_NOT_FOUND",
            },
        ),
    ]


def test_name_that_is_asked_for_proof_stays_a_claim():
    required = KRB_ERROR.replace(bytes.fromhex("a603020106"), bytes.fromhex("a603020119"))
    assert [table for table, _ in told(AS_REQ, required)] == [KERBEROS, KERBEROS, IDENTITIES]


def test_user_for_whom_a_service_asks_is_named():
    assert told(TGS_REQ) == [
        (
            KERBEROS,
            {
                "protocol": "kerberos",
                "kerberos_message": "TGS-REQ",
                "kerberos_padata": ["PA-FOR-USER"],
                "kerberos_for_user": "boss",
                "kerberos_options": ["forwardable", "cname-in-addl-tkt"],
                "domain": "WERK",
                "kerberos_service": "cifs/fs1",
                "kerberos_till": "x",
                "kerberos_etypes": ["etype-99"],
            },
        )
    ]


def test_message_without_readable_fields_is_named():
    assert told(bytes.fromhex("6f07 3005 a003020105")) == [
        (KERBEROS, {"protocol": "kerberos", "kerberos_message": "AP-REP"})
    ]


def test_no_proof_and_no_ticket_is_in_a_row():
    rows = str(told(AS_REQ, AS_REP))
    assert not any(secret in rows for secret in ("\\xcc", "\\xaa", "\\xdd", "cccc", "aaaa", "dddd"))


def test_other_tags_are_malformed():
    with pytest.raises(Malformed, match="no Kerberos message"):
        told(bytes.fromhex("300a a003020105 a003020105"))


def test_length_has_a_bound():
    for size, anomalies in ((MAX_MESSAGE_BYTES, []), (MAX_MESSAGE_BYTES + 1, ["message is too long"])):
        rows = rows_of(Kerberos, [(ORIG, size.to_bytes(4, "big"))])
        assert [
            row["anomaly"] for table, row in rows if table is ANOMALIES and "cut" not in row["anomaly"]
        ] == anomalies


@pytest.mark.parametrize(
    ("payload", "match"),
    [(AS_REQ, Match.UNSURE), (framed(AS_REP), Match.UNSURE), (b"\x30\x05", Match.NO), (b"", Match.NO)],
)
def test_tag_is_judged(payload, match):
    assert Kerberos.probe(payload, ORIG) == match


@pytest.mark.parametrize("message", [AS_REQ, AS_REP, KRB_ERROR, TGS_REQ])
def test_datagram_cut_at_any_byte_is_malformed(message):
    for cut in range(len(message)):
        with pytest.raises(Malformed):
            told(message[:cut])


@given(st.sampled_from([AS_REQ, AS_REP, KRB_ERROR, TGS_REQ]), st.integers(0, 210), st.binary(min_size=1, max_size=6))
def test_noise_is_rows_or_malformed(message, at, noise):
    try:
        for table, row in told(message[:at] + noise + message[at + len(noise) :]):
            assert set(row) <= set(table.names)
    except Malformed:
        pass
