"""LDAP: one row per request and its result, passwords and values left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.messages.kerberos_names import KERBEROS
from quivive.messages.ldap_fields import LDAP
from quivive.messages.ntlm import NTLM
from quivive.model.errors import Malformed
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols import ldap
from quivive.protocols.ldap import Ldap
from tests.messages.test_ntlm import AUTHENTICATE, CHALLENGE, NEGOTIATE
from tests.messages.test_spnego import NEG_TOKEN_INIT
from tests.protocols.stream_driver import ORIG, RESP, Driver, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.1", 389, 6))

BIND = bytes.fromhex(
    "3024 020101"  # message 1
    "601f 020103"  # bind, version 3
    "0412 636e3d61646d696e2c64633d7765726b2c64"  # cn=admin,dc=werk,d
    "8006 67656865696d"  # simple: geheim
)
BOUND = bytes.fromhex("300c 020101 6107 0a0100 0400 0400")  # success
REFUSED = bytes.fromhex("300f 020101 610a 0a0131 0400 0403 353265")  # invalid credentials, 52e
SEARCH = bytes.fromhex(
    "3041 020102"  # message 2
    "633c 0404 64633d77 0a0102 0a0100 020100 020100 010100"  # base dc=w, subtree, no limits
    "a317 0408 75736572 4e616d65 040b 77656265722c 4a7b7d2a29"  # (userName=weber,J{}*))
    "300c 0402 636e 0406 6d6f62696c65"  # cn, mobile
)
ENTRY = bytes.fromhex("3011 020102 640c 0408 636e3d77656265 72 3000")  # cn=weber, without attributes
DONE = bytes.fromhex("300c 020102 6507 0a0100 0400 0400")
UNBIND = bytes.fromhex("3005 020103 4200")
STARTTLS = bytes.fromhex(
    "301d 020105 7718 8016 312e332e362e312e342e312e313436362e3230303337"  # extended 1.3.6.1.4.1.1466.20037
)
STARTED = bytes.fromhex("300c 020105 7807 0a0100 0400 0400")

USER = "cn=admin,dc=werk,d"
SEARCHED = {
    "ldap_message_id": 2,
    "ldap_operation": "search",
    "ldap_dn": "dc=w",
    "ldap_scope": "subtree",
    "ldap_filter": "(userName=weber,J{}\\2a\\29)",
    "ldap_filter_attributes": ["userName"],
    "ldap_attributes": ["cn", "mobile"],
    "ldap_entries": 2,
    "ldap_entries_bytes": 38,
    "ldap_result": "success",
}


def tlv(tag, *content):
    content = b"".join(content)
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + content


def message(number, operation, *content):
    return tlv(0x30, tlv(2, bytes([number])), tlv(operation, *content))


def result(number, operation, code=0, *more):
    return message(number, operation, tlv(10, bytes([code])), tlv(4), tlv(4), *more)


def rows(*turns):
    return rows_in_every_cut(Ldap, turns, FLOW)


def test_password_in_clear_is_a_credential_without_the_password():
    said = rows((ORIG, BIND), (RESP, BOUND), (ORIG, UNBIND))
    assert said == [
        (
            CREDENTIALS,
            {
                "protocol": "ldap",
                "user": USER,
                "login_method": "simple",
                "secret_mask": "1-7 characters",
                "is_accepted": True,
            },
        ),
        (
            IDENTITIES,
            {
                "protocol": "ldap",
                "user": USER,
                "identity_kind": "user",
                "identity_addr": "10.0.0.5",
                "identity_evidence": "BindRequest",
            },
        ),
        (
            LDAP,
            {
                "ldap_message_id": 1,
                "ldap_operation": "bind",
                "version": "3",
                "user": USER,
                "ldap_auth": "simple",
                "ldap_result": "success",
            },
        ),
        (LDAP, {"ldap_message_id": 3, "ldap_operation": "unbind", "user": USER}),
    ]
    assert "geheim" not in str(said)


def test_refused_log_in_is_no_identity():
    credential, bind, search = rows((ORIG, BIND), (RESP, REFUSED), (ORIG, SEARCH))
    assert credential[1]["is_accepted"] is False
    assert (bind[1]["ldap_result"], bind[1]["ldap_diagnostic"]) == ("invalidCredentials", "52e")
    assert "user" not in search[1]


def test_log_in_without_an_answer_is_told_at_the_end():
    credential, bind = rows((ORIG, BIND))
    assert "is_accepted" not in credential[1]
    assert "ldap_result" not in bind[1]


def test_anonymous_log_in_has_no_credential():
    anonymous = bytes.fromhex("300c 020101 6007 020103 0400 8000")
    assert rows((ORIG, anonymous), (RESP, BOUND)) == [
        (
            LDAP,
            {
                "ldap_message_id": 1,
                "ldap_operation": "bind",
                "version": "3",
                "ldap_auth": "anonymous",
                "ldap_result": "success",
            },
        )
    ]


def test_entries_of_a_search_are_counted():
    assert rows((ORIG, SEARCH), (RESP, ENTRY + ENTRY + DONE)) == [(LDAP, SEARCHED)]


def test_long_entries_are_skipped_and_may_be_missing():
    long = message(2, 0x64, tlv(4, b"cn=x"), tlv(0x30, tlv(0x30, tlv(4, b"photo"), tlv(0x31, tlv(4, bytes(50_000))))))
    ((_, row),) = rows_of(Ldap, [(ORIG, SEARCH), (RESP, long[:100]), (RESP, len(long) - 100), (RESP, DONE)])
    assert (row["ldap_entries"], row["ldap_entries_bytes"]) == (1, len(long))


def test_references_are_counted():
    reference = message(2, 0x73, tlv(4, b"ldap://dc2"))
    ((_, row),) = rows((ORIG, SEARCH), (RESP, reference + DONE))
    assert (row["ldap_references"], row["ldap_entries"]) == (1, 0)


SASL_BIND = message(6, 0x60, tlv(2, b"\3"), tlv(4), tlv(0xA3, tlv(4, b"GSS-SPNEGO"), tlv(4, NEG_TOKEN_INIT)))
SASL_BOUND = result(6, 0x61)


def test_token_of_a_log_in_is_read():
    (ticket, bind) = rows((ORIG, SASL_BIND), (RESP, SASL_BOUND))
    assert (ticket[0], ticket[1]["kerberos_service"]) == (KERBEROS, "cifs/fs1.werk.example")
    assert (bind[1]["ldap_auth"], bind[1]["ldap_result"]) == ("GSS-SPNEGO", "success")


def test_ntlm_log_in_names_the_user_of_later_requests():
    def bind(number, token):
        return message(number, 0x60, tlv(2, b"\3"), tlv(4), tlv(0xA3, tlv(4, b"GSS-SPNEGO"), tlv(4, token)))

    said = rows(
        (ORIG, bind(6, NEGOTIATE)),
        (RESP, result(6, 0x61, 14, tlv(0x87, CHALLENGE))),
        (ORIG, bind(7, AUTHENTICATE)),
        (RESP, result(7, 0x61)),
        (ORIG, UNBIND),
    )
    assert [table for table, _ in said] == [NTLM, NTLM, LDAP, NTLM, IDENTITIES, LDAP, LDAP]
    assert [row.get("user") for table, row in said if table is LDAP] == [None, "j.weber", "j.weber"]


def test_sicily_log_in_is_read():
    said = rows((ORIG, message(6, 0x60, tlv(2, b"\3"), tlv(4, b"NTLM"), tlv(0x8B, AUTHENTICATE))))
    assert [table for table, _ in said] == [NTLM, IDENTITIES, LDAP]
    assert (said[-1][1]["user"], said[-1][1]["ldap_auth"]) == ("j.weber", "NTLM")


def test_plain_sasl_is_a_credential():
    token = b"\0weber\0geheim12"
    bind = message(6, 0x60, tlv(2, b"\3"), tlv(4), tlv(0xA3, tlv(4, b"PLAIN"), tlv(4, token)))
    credential, *_ = rows((ORIG, bind), (RESP, result(6, 0x61)))
    assert credential[1] == {
        "protocol": "ldap",
        "user": "weber",
        "login_method": "PLAIN",
        "secret_mask": "8-15 characters",
        "is_accepted": True,
    }


def wrapped(token):
    return len(token).to_bytes(4, "big") + token


SIGNED = bytes.fromhex("0504 04 ff 000c 000c 0000000000000001 000000000000000000000000")
SIGNED_BEHIND = bytes.fromhex("0504 04 ff 000c 0000 0000000000000001")
SIGNED_BY_NTLM = bytes.fromhex("01000000 1122334455667788 00000000")


@pytest.mark.parametrize(
    "token", [SIGNED + UNBIND, SIGNED_BEHIND + UNBIND + bytes(12), SIGNED_BY_NTLM + UNBIND, SIGNED + UNBIND + UNBIND]
)
def test_signed_messages_are_read(token):
    *_, last = rows((ORIG, SASL_BIND), (RESP, SASL_BOUND), (ORIG, wrapped(token)))
    assert last == (LDAP, {"ldap_message_id": 3, "ldap_operation": "unbind"})


@pytest.mark.parametrize(
    "token",
    [SIGNED[:2] + b"\x06" + SIGNED[3:] + UNBIND, SIGNED_BY_NTLM + b"\x31" + UNBIND, SIGNED[:7] + b"\5" + bytes(40)],
)
def test_sealed_messages_are_noted_once(token):
    *_, last = rows((ORIG, SASL_BIND), (RESP, SASL_BOUND), (ORIG, wrapped(token) + wrapped(token)))
    assert last == (LDAP, {"ldap_operation": "sealed"})


REPLACE_MAIL = tlv(0x30, tlv(10, b"\2"), tlv(0x30, tlv(4, b"mail"), tlv(0x31, tlv(4, b"secret"))))


@pytest.mark.parametrize(
    ("request_message", "told"),
    [
        (
            message(9, 0x66, tlv(4, b"cn=x"), tlv(0x30, REPLACE_MAIL)),
            {"ldap_operation": "modify", "ldap_dn": "cn=x", "ldap_attributes": ["replace mail"]},
        ),
        (
            message(9, 0x68, tlv(4, b"cn=x"), tlv(0x30, tlv(0x30, tlv(4, b"sn"), tlv(0x31, tlv(4, b"secret"))))),
            {"ldap_operation": "add", "ldap_dn": "cn=x", "ldap_attributes": ["sn"]},
        ),
        (message(9, 0x4A, b"cn=x"), {"ldap_operation": "delete", "ldap_dn": "cn=x"}),
        (
            message(9, 0x6C, tlv(4, b"cn=x"), tlv(4, b"cn=y"), tlv(1, b"\xff"), tlv(0x80, b"ou=z")),
            {"ldap_operation": "rename", "ldap_dn": "cn=x", "ldap_new_dn": "cn=y,ou=z"},
        ),
        (
            message(9, 0x6E, tlv(4, b"cn=x"), tlv(0x30, tlv(4, b"pin"), tlv(4, b"secret"))),
            {"ldap_operation": "compare", "ldap_dn": "cn=x", "ldap_attributes": ["pin"]},
        ),
        (
            message(9, 0x77, tlv(0x80, b"1.3.6.1.4.1.4203.1.11.1"), tlv(0x81, b"secret")),
            {"ldap_operation": "extended", "ldap_extended": "password modify"},
        ),
    ],
)
def test_changes_name_their_object_and_no_value(request_message, told):
    ((_, row),) = rows((ORIG, request_message))
    assert row == {"ldap_message_id": 9} | told


def test_start_tls_hands_over_once_the_server_agrees():
    outcome = outcome_of(Ldap(FLOW), [(ORIG, STARTTLS), (RESP, STARTED + b"\x16\x03")])
    assert outcome.handover is not None
    assert outcome.handover.to == "tls"
    assert outcome.rest[RESP] == b"\x16\x03"
    assert outcome_of(Ldap(FLOW), [(ORIG, STARTTLS), (RESP, result(5, 0x78, 53))]).handover is None


def test_abandoned_request_is_told():
    said = rows((ORIG, SEARCH), (ORIG, message(8, 0x50, b"\2")))
    assert (said[0][1]["ldap_message_id"], said[0][1]["ldap_result"]) == (2, "abandoned")


def test_notice_of_the_server_is_a_row():
    notice = result(0, 0x78, 52, tlv(0x8A, b"1.3.6.1.4.1.1466.20036"))
    assert rows((RESP, notice)) == [
        (LDAP, {"ldap_message_id": 0, "ldap_operation": "extended", "ldap_result": "unavailable"})
    ]


def test_machine_that_looks_for_its_domain_controller_is_named():
    conditions = [("DnsDomain", "werk.example"), ("Host", "PC17"), ("User", "PC17$")]
    condition = tlv(0xA0, *(tlv(0xA3, tlv(4, name.encode()), tlv(4, value.encode())) for name, value in conditions))
    fixed = bytes.fromhex("0400 0a0100 0a0100 020100 020100 010100")
    ping = message(1, 0x63, fixed, condition, tlv(0x30, tlv(4, b"Netlogon")))
    protocol = Ldap(FLOW)
    assert list(protocol.parse(Cursor(ping), ORIG)) == [
        (
            IDENTITIES,
            {
                "protocol": "ldap",
                "user": "PC17$",
                "domain": "werk.example",
                "workstation": "PC17",
                "identity_kind": "machine",
                "identity_addr": "10.0.0.5",
                "identity_evidence": "search for NETLOGON",
            },
        )
    ]


def test_message_behind_a_gap_is_found():
    turns = [(ORIG, 500), (ORIG, b"rest of a message 0\2\1" + bytes(20) + SEARCH), (RESP, DONE)]
    assert [row["ldap_operation"] for _, row in rows_of(Ldap, turns)] == ["search"]
    assert rows_of(Ldap, turns, chunk=3) == rows_of(Ldap, turns)


def test_too_many_waiting_requests_give_way():
    driver = Driver(Ldap(FLOW))
    for number in range(ldap.MAX_WAITING):
        driver.say(ORIG, tlv(0x30, tlv(2, number.to_bytes(2, "big")), tlv(0x4A, b"cn=x")), 0)
    assert driver.rows == []
    driver.say(ORIG, tlv(0x30, tlv(2, b"\1\0"), tlv(0x4A, b"cn=x")), 0)
    assert [row["ldap_message_id"] for _, row in driver.rows] == [0]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (BIND, Match.YES),
        (SEARCH[:6], Match.YES),
        (bytes.fromhex("30840000000c 020101 61"), Match.YES),
        (SEARCH[:5], Match.NO),
        (bytes.fromhex("3005 020103 7f00"), Match.NO),
        (bytes.fromhex("3005 040103 4200"), Match.NO),
        (bytes.fromhex("3003 020103 42"), Match.NO),
        (b"GET / HTTP", Match.NO),
    ],
)
def test_sequence_of_number_and_operation_is_sure(payload, match):
    assert Ldap.probe(payload, ORIG) == match


@pytest.mark.parametrize(("number", "table"), [("7fffffff", LDAP), ("ffffffff", ANOMALIES), ("0080000000", ANOMALIES)])
def test_message_number_has_a_range(number, table):
    number = bytes.fromhex(number)
    assert [found for found, _ in rows((ORIG, tlv(0x30, tlv(2, number), tlv(0x42))))] == [table]


def test_operation_that_does_not_exist_is_malformed():
    assert rows((ORIG, bytes.fromhex("3005 020103 5f00"))) == [
        (ANOMALIES, {"place": "ldap", "anomaly": "operation 0x5f"})
    ]


MESSAGES = [BIND, BOUND, SEARCH, ENTRY, DONE, UNBIND, STARTTLS, SASL_BIND]


@pytest.mark.parametrize("said", MESSAGES)
def test_datagram_cut_at_any_byte_is_rows_or_malformed(said):
    for cut in range(1, len(said)):
        try:
            list(Ldap(FLOW).parse(Cursor(said[:cut]), ORIG))
        except Malformed:
            continue


@given(st.sampled_from(MESSAGES), st.integers(0, 70), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(said, at, noise):
    said = said[:at] + noise + said[at + len(noise) :]
    for table, row in rows_of(Ldap(FLOW), [(ORIG, said), (RESP, BOUND), (ORIG, said)]):
        assert set(row) <= set(table.names)
