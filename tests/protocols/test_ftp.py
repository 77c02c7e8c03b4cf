"""FTP: one row per command with its answer; where data will flow is told, passwords are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.limits import TEXT_BYTES
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.ftp import TABLE, UNANSWERED, Ftp
from tests.protocols.stream_driver import ORIG, RESP, Driver, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.21", 21, 6))
FLOW_IPV6 = Flow(five_tuple=FiveTuple("2001:db8::1", 50000, "2001:db8::21", 21, 6))

GREETING = (RESP, b"220-files\r\n220 FTP server\r\n")
USER = [(ORIG, b"USER joe\r\n"), (RESP, b"331 Password for joe\r\n")]
PASS = [(ORIG, b"PASS swordfish\r\n"), (RESP, b"230-Welcome\r\n 1 file\r\n230 joe logged in\r\n")]


def row(command, argument, status_code, status_text, **more):
    start = {"command": command, "argument": argument}
    end = {"status_code": status_code, "status_text": status_text} if status_code else {}
    return TABLE, {**start, "user": None, "cwd": None, **more, **end}


def exchange(*turns, flow=FLOW):
    return rows_in_every_cut(Ftp, turns, flow)


def answered(command, reply, flow=FLOW):
    (found,) = exchange((ORIG, command + b"\r\n"), (RESP, reply + b"\r\n"), flow=flow)
    return found


def test_log_in_has_rows_and_a_credential():
    credential = {"protocol": "ftp", "user": "joe", "login_method": "PASS", "secret_mask": "8-15 characters"}
    identity = {"protocol": "ftp", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}
    assert exchange(GREETING, *USER, *PASS) == [
        (TABLE, {"status_code": 220, "status_text": "files"}),
        row("USER", None, 331, "Password for <user>", user="joe"),
        row("PASS", "8-15 characters", 230, "<user> logged in", user="joe"),
        (CREDENTIALS, {**credential, "is_accepted": True}),
        (IDENTITIES, {**identity, "identity_evidence": "USER"}),
    ]


@pytest.mark.parametrize(("reply", "is_accepted"), [(b"230 ok", True), (b"530 no", False), (b"", None)])
def test_answer_decides_on_a_log_in(reply, is_accepted):
    turns = [GREETING, *USER, (ORIG, b"PASS swordfish\r\n"), (RESP, reply + b"\r\n" if reply else b"")]
    ((_, credential),) = (found for found in exchange(*turns) if found[0] is CREDENTIALS)
    assert credential["is_accepted"] is is_accepted


def test_account_is_asked_for_before_the_log_in_is_decided():
    turns = [GREETING, *USER, (ORIG, b"PASS swordfish\r\n"), (RESP, b"332 account\r\n"), (ORIG, b"ACCT sales7\r\n")]
    assert exchange(*turns)[-1] == row("ACCT", "1-7 characters", 0, "", user="joe")
    assert all(table is TABLE for table, _ in exchange(*turns))


def test_anonymous_log_in_is_marked():
    turns = [(ORIG, b"USER anonymous\r\nPASS a@example.com\r\n"), (RESP, b"331 go\r\n230 in\r\n")]
    table, credential = exchange(GREETING, *turns)[-1]
    assert (table, credential["login_method"], credential["user"]) == (CREDENTIALS, "anonymous", "anonymous")


def test_user_let_in_without_password_is_an_identity():
    assert exchange((ORIG, b"USER joe\r\n"), (RESP, b"230 in\r\n"))[-1][0] is IDENTITIES


def test_transfer_joins_both_replies_and_its_data_connection():
    turns = [GREETING, (ORIG, b"PASV\r\n"), (RESP, b"227 Entering (192,0,2,21,200,10).\r\n")]
    turns += [(ORIG, b"RETR a b.zip\r\n"), (RESP, b"150 Opening (1234 bytes)\r\n"), (RESP, b"226 Done\r\n")]
    data = {"data_addr": "192.0.2.21", "data_port": 51210, "is_passive": True, "is_bounce": False}
    assert exchange(*turns)[1:] == [
        row("PASV", None, 227, "Entering (192,0,2,21,200,10).", **data),
        row("RETR", "a b.zip", 226, "Done", file_name="a b.zip", file_bytes=1234, **data),
    ]


def test_data_connection_serves_one_transfer():
    turns = [(ORIG, b"PORT 192,0,2,1,0,80\r\nSTOR a\r\nSTOR b\r\n"), (RESP, b"200 ok\r\n226 ok\r\n425 no\r\n")]
    assert [found.get("data_port") for _, found in rows_of(Ftp(FLOW), turns)] == [80, 80, 80]
    turns = [(ORIG, b"PORT 192,0,2,1,0,80\r\nSTOR a\r\n"), (RESP, b"200 ok\r\n226 ok\r\n"), (ORIG, b"STOR b\r\n")]
    assert [found.get("data_port") for _, found in exchange(*turns)] == [80, 80, None]


@pytest.mark.parametrize(
    ("command", "reply", "addr", "port", "is_bounce"),
    [
        (b"PORT 192,0,2,1,4,1", b"200 ok", "192.0.2.1", 1025, False),
        (b"PORT 198,51,100,9,4,1", b"200 ok", "198.51.100.9", 1025, True),
        (b"EPRT |1|192.0.2.1|6275|", b"200 ok", "192.0.2.1", 6275, False),
        (b"EPRT !2!2001:0db8::0002!6275!", b"200 ok", "2001:db8::2", 6275, True),
        (b"EPSV", b"229 Entering (|||6446|)", "192.0.2.21", 6446, False),
        (b"PASV", b"227 =10,0,0,21,4,1", "10.0.0.21", 1025, True),
    ],
)
def test_announced_end_of_data_is_told(command, reply, addr, port, is_bounce):
    _, found = answered(command, reply)
    assert (found["data_addr"], found["data_port"], found["is_bounce"]) == (addr, port, is_bounce)
    assert found["is_passive"] is (command in (b"EPSV", b"PASV"))


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (b"PORT 1,2,3,4,5", b"200 ok"),
        (b"PORT 1,2,3,256,5,6", b"200 ok"),
        (b"EPRT |1|192.0.2.1|65536|", b"200 ok"),
        (b"PASV", b"227 soon"),
        (b"PASV", b"425 (192,0,2,21,200,10)"),
    ],
)
def test_what_announces_no_end_is_left_out(command, reply):
    assert "data_port" not in answered(command, reply)[1]


def test_extended_port_of_ipv6_is_the_servers():
    _, found = answered(b"EPSV", b"229 ok (|||65535|)", FLOW_IPV6)
    assert (found["data_addr"], found["data_port"], found["is_bounce"]) == ("2001:db8::21", 65535, False)


def test_size_is_told_by_the_server():
    assert answered(b"SIZE a", b"213 77") == row("SIZE", "a", 213, "77", file_name="a", file_bytes=77)
    assert answered(b"SIZE a", b"213 " + b"9" * 19) == row("SIZE", "a", 213, "9" * 19, file_name="a")


def test_directory_is_followed():
    said = b"PWD\r\nCWD joe\r\nCDUP\r\nCWD x\r\nCWD /a//b/\r\nNOOP\r\n"
    heard = [b'257 "/ho""me" is it\r\n', b"250 ok\r\n", b"250 ok\r\n", b"550 no\r\n", b"250 ok\r\n", b"200 ok\r\n"]
    turns = [
        turn
        for pair in zip(said.splitlines(keepends=True), heard, strict=True)
        for turn in zip((ORIG, RESP), pair, strict=True)
    ]
    assert [found["cwd"] for _, found in exchange(*turns)] == [None, '/ho"me', '/ho"me/joe', '/ho"me', '/ho"me', "/a/b"]


def test_directory_without_end_is_forgotten():
    step = b"a" * (TEXT_BYTES - 1)
    turns = [
        (ORIG, b"CWD /" + step + b"\r\n"),
        (RESP, b"250 ok\r\n"),
        (ORIG, b"CWD b\r\n"),
        (RESP, b"250 ok\r\n"),
        (ORIG, b"NOOP\r\n"),
    ]
    assert [len(found["cwd"] or "") for _, found in rows_of(Ftp(), turns)] == [0, TEXT_BYTES, 0]


def test_auth_tls_hands_over():
    outcome = outcome_of(Ftp, [GREETING, (ORIG, b"AUTH TLS\r\n"), (RESP, b"234 go\r\n"), (ORIG, b"\x16\x03")])
    assert outcome.handover == ("tls", {})
    assert outcome.rows[-1] == row("AUTH", "TLS", 234, "go")


@pytest.mark.parametrize(("command", "reply"), [(b"AUTH TLS", b"534 no"), (b"AUTH GSSAPI", b"234 go")])
def test_other_answers_hand_nothing_over(command, reply):
    assert outcome_of(Ftp, [GREETING, (ORIG, command + b"\r\n"), (RESP, reply + b"\r\n")]).handover is None


def test_security_data_is_masked():
    assert answered(b"ADAT YIIC", b"235 ok")[1]["argument"] == "1-7 characters"


def test_abort_is_read_behind_its_telnet_signal():
    assert answered(b"\xff\xf4\xff\xf2ABOR", b"226 ok") == row("ABOR", None, 226, "ok")


def test_reply_nobody_asked_for_has_a_row():
    assert exchange(GREETING, (RESP, b"421 timeout\r\n"))[1] == (TABLE, {"status_code": 421, "status_text": "timeout"})


def test_unanswered_commands_have_rows_and_are_bounded():
    turns = [(ORIG, b"NOOP\r\n" * (UNANSWERED + 1))]
    assert rows_of(Ftp, turns) == [row("NOOP", None, 0, "")] * (UNANSWERED + 1)
    driver = Driver(Ftp())
    driver.say(ORIG, b"NOOP\r\n" * UNANSWERED, 1)
    assert driver.rows == []
    driver.say(ORIG, b"NOOP\r\n", 2)
    assert driver.rows == [row("NOOP", None, 0, "")]


def test_gap_in_the_answers_shifts_none_of_them():
    turns = [GREETING, (ORIG, b"NOOP\r\n"), (RESP, 8), (ORIG, b"SYST\r\n"), (RESP, b"215 UNIX\r\n")]
    assert [found.get("status_code") for _, found in rows_of(Ftp, turns)] == [220, None, 215]


def test_server_that_speaks_no_ftp_is_given_up():
    assert [table for table, _ in rows_of(Ftp, [(RESP, b"hello\r\n421 bye\r\n")])] == [ANOMALIES]
    turns = [(ORIG, b"SYST\r\n"), (RESP, b"215 UNIX\r\n"), (RESP, b"hello\r\n"), (RESP, b"421 bye\r\n")]
    assert [found["status_code"] for _, found in exchange(*turns)] == [215, 421]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"220 FTP server\r\n", Match.YES),
        (b"331 Password\r\n", Match.YES),
        (b"AUTH TLS\r\n", Match.YES),
        (b"220 ready\r\n", Match.UNSURE),
        (b"USER joe\r\n", Match.UNSURE),
        (b"QUIT\r\n", Match.UNSURE),
        (b"220 mail ESMTP\r\n", Match.NO),
        (b"GET / HTTP/1.0\r\n", Match.NO),
    ],
)
def test_greeting_is_told_from_another_protocols(payload, match):
    assert Ftp.probe(payload, RESP) is match


def test_conversation_cut_anywhere_gives_rows():
    turns = [GREETING, *USER, *PASS, (ORIG, b"EPSV\r\n"), (RESP, b"229 ok (|||6446|)\r\n")]
    for number, (side, said) in enumerate(turns):
        for size in range(len(said)):
            for table, found in rows_of(Ftp, [*turns[:number], (side, said[:size])]):
                assert set(found) <= set(table.names)


@given(st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=8))
def test_noise_gives_rows_of_the_tables(noise):
    for table, found in rows_of(Ftp(FLOW), [GREETING, *USER, *noise, *PASS]):
        assert set(found) <= set(table.names)


@given(st.text(alphabet="0123456789,|()!:", max_size=60))
def test_odd_announcements_are_read_without_an_error(text):
    answered(b"EPRT " + text.encode(), b"200 ok")
    answered(b"PASV", b"227 " + text.encode())


def test_half_a_line_behind_a_gap_is_not_shown():
    rows = rows_of(Ftp, [GREETING, *USER, (ORIG, b"PASS swo"), (ORIG, 3), (ORIG, b"sh\r\n"), (RESP, b"530 no\r\n")])
    assert rows[-1] == row("(unknown)", None, 530, "no", user="joe")
