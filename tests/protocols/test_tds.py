"""TDS: one row per log-in and request, passwords and content left out."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.messages.kerberos_names import KERBEROS
from quivive.messages.ntlm import NTLM
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.tds import MAX_LOGIN_BYTES, TABLE, Tds
from tests.messages.test_ntlm import AUTHENTICATE, CHALLENGE, NEGOTIATE
from tests.messages.test_spnego import NEG_TOKEN_INIT
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.9", 1433, 6))

PRELOGIN = bytes.fromhex(
    "12 01 0027 0000 01 00"  # prelogin, last packet, 39 bytes
    "00 0010 0006 01 0016 0001 02 0017 0008 ff"  # version at 16, encryption at 22, instance at 23
    "11000001 0000 02 4d5353514c535300"  # 17.0.1, not supported, MSSQLSS
)
AGREED = bytes.fromhex("04 01 001a 0000 01 00 00 000b 0006 01 0011 0001 ff 0f000fa0 0000 02")  # 15.0.4000


def packet(kind, content, *, is_last=True, number=1):
    return bytes([kind, is_last]) + struct.pack(">HHBB", len(content) + 8, 0, number, 0) + content


def login7(*, user="weber", password="geheim12", token=b""):
    texts = ["PC-17", user, password, "Excel", "fs1", "", "ODBC", "", "plans"]
    fixed = struct.pack("<IIIIIIIII", 0, 0x74000004, 4096, 7, 1234, 0, 0, 0, 0x407)
    at = 94
    table, data = b"", b""
    for text in texts:
        table += struct.pack("<HH", at + len(data), len(text))
        data += text.encode("utf-16-le")
    table += bytes(6)  # client's hardware address
    table += struct.pack("<HHHHHHI", at + len(data), len(token), 0, 0, 0, 0, 0)
    message = fixed + table + data + token
    return struct.pack("<I", len(message)) + message[4:]


def token(kind, content):
    return bytes([kind]) + struct.pack("<H", len(content)) + content


def wide(text):
    return text.encode("utf-16-le")


DONE = bytes.fromhex("fd 0000 0000 0000000000000000")
ACKNOWLEDGED = (
    token(0xE3, b"\x01\x05" + wide("plans") + b"\x06" + wide("master"))
    + token(0xAB, bytes(4) + b"\1\0" + bytes(9))
    + token(0xAD, b"\x01\x74\x00\x00\x04\x03" + wide("SQL") + b"\x0f\x00\x0f\xa0")
    + DONE
)
REFUSED = token(0xAA, struct.pack("<IBB", 18456, 1, 14) + bytes(9)) + DONE
HEADERS = bytes.fromhex("16000000 12000000 0200 0000000000000000 01000000")
QUERY = packet(1, HEADERS + wide("-- x\nselect secret from plans"))
RESULT = packet(4, b"\x81\x01\x00" + bytes(30) + bytes.fromhex("fd 1000 c100 0700000000000000"))

LOGIN = [(ORIG, PRELOGIN), (RESP, AGREED), (ORIG, packet(16, login7())), (RESP, packet(4, ACKNOWLEDGED))]
LOGGED_IN = {
    "command": "login",
    "tds_client_version": "17.0.1",
    "tds_server_version": "15.0.4000",
    "tds_encryption": "nothing",
    "tds_instance": "MSSQLSS",
    "version": "7.4",
    "workstation": "PC-17",
    "user": "weber",
    "sql_application": "Excel",
    "host": "fs1",
    "sql_database": "plans",
    "sql_auth": "password",
    "is_accepted": True,
}
WHO = {"user": "weber", "sql_database": "plans"}
SELECTED = WHO | {"command": "batch", "sql_keyword": "SELECT", "sql_rows": 7, "sql_response_bytes": len(RESULT)}


def rows(*turns):
    return rows_in_every_cut(Tds, turns, FLOW)


def test_password_in_clear_is_a_credential_without_the_password():
    said = rows(*LOGIN)
    assert said == [
        (
            CREDENTIALS,
            {
                "protocol": "tds",
                "user": "weber",
                "login_method": "password",
                "secret_mask": "8-15 characters",
                "is_accepted": True,
            },
        ),
        (
            IDENTITIES,
            {
                "protocol": "tds",
                "user": "weber",
                "identity_kind": "user",
                "identity_addr": "10.0.0.5",
                "identity_evidence": "LOGIN7",
                "workstation": "PC-17",
            },
        ),
        (TABLE, LOGGED_IN),
    ]
    assert "geheim" not in str(said)


def test_refused_log_in_is_no_identity():
    said = rows(*LOGIN[:3], (RESP, packet(4, REFUSED)))
    assert [table for table, _ in said] == [CREDENTIALS, TABLE]
    assert said[1][1] == LOGGED_IN | {"is_accepted": False, "sql_error": "18456"}


def test_log_in_in_several_packets_is_put_together():
    message = login7()
    parts = [packet(16, message[:50], is_last=False), packet(16, message[50:], number=2)]
    said = rows(*LOGIN[:2], *((ORIG, part) for part in parts), LOGIN[3])
    assert said[-1] == (TABLE, LOGGED_IN)


def test_log_in_has_a_size():
    parts = [(ORIG, packet(16, bytes(8000), is_last=False))] * (MAX_LOGIN_BYTES // 8000)
    assert ANOMALIES not in [table for table, _ in rows_of(Tds(FLOW), parts)]
    assert ANOMALIES in [table for table, _ in rows_of(Tds(FLOW), [*parts, parts[0]])]


def test_ntlm_log_in_names_the_user():
    said = rows(
        *LOGIN[:2],
        (ORIG, packet(16, login7(user="", password="", token=NEGOTIATE))),
        (RESP, packet(4, token(0xED, CHALLENGE))),
        (ORIG, packet(17, AUTHENTICATE)),
        LOGIN[3],
        (ORIG, QUERY),
        (RESP, RESULT),
    )
    assert [table for table, _ in said] == [NTLM, NTLM, NTLM, IDENTITIES, TABLE, TABLE]
    assert (said[4][1]["user"], said[4][1]["sql_auth"]) == ("j.weber", "NTLM")
    assert said[5][1]["user"] == "j.weber"


def test_ticket_of_a_log_in_is_read():
    said = rows((ORIG, packet(16, login7(user="", password="", token=NEG_TOKEN_INIT))), LOGIN[3])
    assert [table for table, _ in said] == [KERBEROS, TABLE]
    assert said[1][1]["sql_auth"] == "Kerberos"


@pytest.mark.parametrize(("wanted", "answered"), [(1, 1), (0, 1), (0, 3)])
def test_server_that_encrypts_everything_hides_the_rest(wanted, answered):
    prelogin, agreed = bytearray(PRELOGIN), bytearray(AGREED)
    prelogin[8 + 22], agreed[-1] = wanted, answered
    said = rows(
        (ORIG, bytes(prelogin)), (RESP, bytes(agreed)), (ORIG, b"\x12\1\0\x20" + bytes(28)), (RESP, b"\x17\3\3")
    )
    assert said == [
        (
            TABLE,
            {
                "command": "login",
                "tds_client_version": "17.0.1",
                "tds_server_version": "15.0.4000",
                "tds_encryption": "everything",
                "tds_instance": "MSSQLSS",
            },
        )
    ]


def test_encrypted_log_in_is_stepped_over():
    prelogin, agreed = bytearray(PRELOGIN), bytearray(AGREED)
    prelogin[8 + 22], agreed[-1] = 0, 0
    handshake = packet(18, b"\x16\3\3\0\1x")
    record = b"\x17\3\3\0\x10" + bytes(16)
    said = rows(
        (ORIG, bytes(prelogin)),
        (RESP, bytes(agreed)),
        (ORIG, handshake),
        (RESP, handshake),
        (ORIG, record),
        LOGIN[3],
        (ORIG, QUERY),
        (RESP, RESULT),
    )
    assert [(row["command"], row.get("tds_encryption")) for _, row in said] == [
        ("login", "the log-in"),
        ("batch", None),
    ]


def test_old_log_in_is_read():
    def field(text, size=30):
        return text.ljust(size, b"\0") + bytes([len(text)])

    message = field(b"PC-17") + field(b"weber") + field(b"geheim") + field(b"1234") + bytes(16)
    message += field(b"isql") + field(b"SYB1") + bytes(255)
    first, rest = packet(2, message[:300], is_last=False), packet(15, message[300:])
    answer = token(0xE3, b"\x01\x05plans\x06master") + token(0xAD, b"\5\5\0\0\0\3SQL\x0c\5\0\0") + DONE
    query = packet(15, b"\x21" + struct.pack("<I", 8) + b"\0use plan")
    said = rows((ORIG, first + rest), (RESP, packet(4, answer)), (ORIG, query))
    assert [table for table, _ in said] == [CREDENTIALS, IDENTITIES, TABLE, TABLE]
    assert said[2][1] == {
        "command": "login",
        "workstation": "PC-17",
        "user": "weber",
        "sql_application": "isql",
        "host": "SYB1",
        "version": "5.0",
        "tds_server_version": "12.5.0",
        "sql_database": "plans",
        "sql_auth": "password",
        "is_accepted": True,
    }
    assert (said[3][1]["sql_keyword"], said[3][1]["sql_database"]) == ("USE", "plans")


def test_request_and_answer_are_one_row():
    said = rows(*LOGIN, (ORIG, QUERY), (RESP, RESULT))
    assert said[3:] == [(TABLE, SELECTED)]
    assert "secret from" not in str(said)


def test_answer_in_several_packets_is_counted():
    long = packet(4, b"\x81\x01\x00" + bytes(20_000), is_last=False)
    last = packet(4, bytes(10) + RESULT[-13:], number=2)
    turns = [*LOGIN, (ORIG, QUERY), (RESP, long[:9000]), (RESP, len(long) - 9000), (RESP, last)]
    row = rows_of(Tds(FLOW), turns)[-1][1]
    assert (row["sql_rows"], row["sql_response_bytes"]) == (7, len(long) + len(last))


def test_request_that_fails_has_its_error():
    assert rows(*LOGIN, (ORIG, QUERY), (RESP, packet(4, REFUSED)))[-1][1]["sql_error"] == "18456"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (b"\xff\xff\x0a\0\0\0", "sp_executesql"),
        (b"\xff\xff\x63\0\0\0", "procedure 99"),
        (b"\4\0" + wide("p_up") + b"\0\0", "p_up"),
    ],
)
def test_procedure_is_named(call, name):
    row = rows(*LOGIN, (ORIG, packet(3, HEADERS + call)))[-1][1]
    assert (row["command"], row["sql_keyword"]) == ("procedure call", name)


def test_request_of_an_old_client_has_no_headers():
    assert rows((ORIG, packet(1, wide("update x")))) == [
        (TABLE, {"command": "batch", "sql_keyword": "UPDATE", "sql_response_bytes": 0})
    ]


def test_database_that_the_server_changes_to_is_remembered():
    change = packet(4, token(0xE3, b"\x01\x05" + wide("other") + b"\0") + DONE)
    said = rows(*LOGIN, (ORIG, QUERY), (RESP, change), (ORIG, QUERY))
    assert [row["sql_database"] for _, row in said[3:]] == ["other", "other"]


def test_packets_behind_a_gap_are_read():
    turns = [*LOGIN, (ORIG, 50), (ORIG, b"\x99 rest of a statement"), (ORIG, packet(6, b"")), (ORIG, QUERY)]
    assert rows_of(Tds(FLOW), turns)[-1][1]["sql_keyword"] == "SELECT"


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (PRELOGIN, Match.UNSURE),
        (QUERY, Match.UNSURE),
        (PRELOGIN[:7], Match.NO),
        (b"\x05" + PRELOGIN[1:], Match.NO),
        (PRELOGIN[:7] + b"\1" + PRELOGIN[8:], Match.NO),
    ],
)
def test_header_alone_is_not_sure(payload, match):
    assert Tds.probe(payload, ORIG) == match


@pytest.mark.parametrize("payload", [b"\x09" + PRELOGIN[1:], b"\1\1\0\7\0\0\0\0", packet(16, bytes(85))])
def test_other_packets_are_malformed(payload):
    assert rows((ORIG, payload))[0][0] is ANOMALIES


TURNS = [*LOGIN, (ORIG, QUERY), (RESP, RESULT)]


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_packet_cut_at_any_byte_makes_no_fault(number):
    side, said = TURNS[number]
    for cut in range(len(said)):
        for table, row in rows_of(Tds(FLOW), [*TURNS[:number], (side, said[:cut])]):
            assert set(row) <= set(table.names)


@given(st.integers(0, len(TURNS) - 1), st.integers(0, 160), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(number, at, noise):
    side, said = TURNS[number]
    said = said[:at] + noise + said[at + len(noise) :]
    for table, row in rows_of(Tds(FLOW), [*TURNS[:number], (side, said), *TURNS[number + 1 :]]):
        assert set(row) <= set(table.names)
