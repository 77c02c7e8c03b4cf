"""POP3: one row per command with its answer, one per mail that was fetched."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.messages.mail_headers import MAILS
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.pop3 import TABLE, UNANSWERED, Pop3
from tests.protocols.stream_driver import ORIG, RESP, Driver, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.110", 110, 6))

GREETING = (RESP, b"+OK POP3 ready\r\n")
GREETING_ROW = (TABLE, {"mailbox_status": "+OK", "status_text": "POP3 ready"})
LOG_IN = [(ORIG, b"USER joe\r\n"), (RESP, b"+OK\r\n"), (ORIG, b"PASS swordfish\r\n"), (RESP, b"+OK joe has 2\r\n")]
MAIL = b"From: a@example.com\r\nSubject: Hello\r\n\r\n..Hi\r\n"
MAIL_ROW = {
    "protocol": "pop3",
    "is_orig": False,
    "from_header": "a@example.com",
    "from_mailbox": "a@example.com",
    "mail_subject": "Hello",
    "mail_content_type": None,
    "n_attachments": 0,
    "attachment_names": None,
    "mail_bytes": len(MAIL) - 1,
    "is_mail_whole": True,
}
CREDENTIAL = {"protocol": "pop3", "user": "joe", "secret_mask": "8-15 characters", "is_accepted": True}
IDENTITY = {"protocol": "pop3", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}


def row(command, argument=None, status=None, text=None, user=None, **more):
    answer = {"mailbox_status": status, "status_text": text} if status else {}
    return TABLE, {"command": command, "argument": argument, "user": user, **answer, **more}


def exchange(*turns):
    return rows_in_every_cut(Pop3, turns, FLOW)


def test_log_in_has_rows_and_a_credential():
    assert exchange(GREETING, *LOG_IN) == [
        GREETING_ROW,
        row("USER", None, "+OK", None, "joe"),
        row("PASS", "8-15 characters", "+OK", "<user> has 2", "joe"),
        (CREDENTIALS, {**CREDENTIAL, "login_method": "PASS"}),
        (IDENTITIES, {**IDENTITY, "identity_evidence": "USER"}),
    ]


@pytest.mark.parametrize(("reply", "is_accepted"), [(b"+OK\r\n", True), (b"-ERR no\r\n", False), (b"", None)])
def test_answer_decides_on_a_log_in(reply, is_accepted):
    rows = exchange(GREETING, *LOG_IN[:3], (RESP, reply))
    assert [found["is_accepted"] for table, found in rows if table is CREDENTIALS] == [is_accepted]


def test_digest_log_in_is_an_identity_alone():
    rows = exchange(GREETING, (ORIG, b"APOP joe c4c9334bac560ecc979e58001b3e22fb\r\n"), (RESP, b"+OK in\r\n"))
    assert rows[1:] == [row("APOP", None, "+OK", "in", "joe"), (IDENTITIES, {**IDENTITY, "identity_evidence": "APOP"})]


def test_sasl_log_in_is_a_credential():
    turns = [GREETING, (ORIG, b"AUTH PLAIN\r\n"), (RESP, b"+ \r\n"), (ORIG, b64encode(b"\0joe\0swordfish") + b"\r\n")]
    rows = exchange(*turns, (RESP, b"+OK in\r\n"), (ORIG, b"STAT\r\n"), (RESP, b"+OK 0 0\r\n"))
    assert rows[1:] == [
        row("AUTH", "PLAIN", "+OK", "in"),
        (CREDENTIALS, {**CREDENTIAL, "login_method": "PLAIN"}),
        (IDENTITIES, {**IDENTITY, "identity_evidence": "AUTH PLAIN"}),
        row("STAT", None, "+OK", "0 0", "joe"),
    ]


def test_fetched_mail_has_a_row():
    rows = exchange(GREETING, (ORIG, b"RETR 1\r\n"), (RESP, b"+OK 45 octets\r\n" + MAIL + b".\r\n"))
    assert rows[1:] == [(MAILS, MAIL_ROW), row("RETR", "1", "+OK", "45 octets", response_bytes=len(MAIL) - 1)]


def test_top_of_a_mail_is_not_the_whole():
    rows = exchange(GREETING, (ORIG, b"TOP 1 0\r\n"), (RESP, b"+OK\r\n" + MAIL + b".\r\n"))
    assert rows[1] == (MAILS, {**MAIL_ROW, "mail_bytes": None, "is_mail_whole": False})


def test_mail_cut_short_is_told():
    rows = exchange(GREETING, (ORIG, b"RETR 1\r\n"), (RESP, b"+OK\r\n" + MAIL))
    assert [found["is_mail_whole"] for table, found in rows if table is MAILS] == [False]


@pytest.mark.parametrize(
    ("command", "answer", "n_bytes"),
    [
        (b"CAPA", b"+OK\r\nUSER\r\n.\r\n", 6),
        (b"LIST", b"+OK\r\n1 120\r\n2 200\r\n.\r\n", 14),
        (b"LIST 1", b"+OK 1 120\r\n", None),
        (b"UIDL", b"+OK\r\n.\r\n", 0),
        (b"AUTH", b"+OK\r\nPLAIN\r\n.\r\n", 7),
        (b"LIST", b"-ERR no\r\n", None),
        (b"NOOP", b"+OK\r\n", None),
    ],
)
def test_answers_of_many_lines_are_counted(command, answer, n_bytes):
    after = [(ORIG, b"STAT\r\n"), (RESP, b"+OK 2 320\r\n")]
    _, found, stat = exchange(GREETING, (ORIG, command + b"\r\n"), (RESP, answer), *after)
    assert found[1].get("response_bytes") == n_bytes
    assert stat == row("STAT", None, "+OK", "2 320")


def test_lines_that_end_bare_are_understood():
    rows = exchange(
        (RESP, b"+OK ready\n"), (ORIG, b"LIST\n"), (RESP, b"+OK\n1 120\n.\n"), (ORIG, b"QUIT\n"), (RESP, b"+OK\n")
    )
    assert [found["command"] for _, found in rows[1:]] == ["LIST", "QUIT"]


def test_pipelined_commands_get_their_own_answers():
    rows = exchange(GREETING, (ORIG, b"RETR 1\r\nDELE 1\r\n"), (RESP, b"+OK\r\n" + MAIL + b".\r\n-ERR no\r\n"))
    assert rows[1:] == [
        (MAILS, MAIL_ROW),
        row("RETR", "1", "+OK", response_bytes=len(MAIL) - 1),
        row("DELE", "1", "-ERR", "no"),
    ]


def test_stls_hands_over():
    outcome = outcome_of(Pop3, [GREETING, (ORIG, b"STLS\r\n"), (RESP, b"+OK go\r\n"), (ORIG, b"\x16\x03")])
    assert outcome.handover == ("tls", {})
    assert outcome.rows == [GREETING_ROW, row("STLS", None, "+OK", "go")]
    assert outcome_of(Pop3, [GREETING, (ORIG, b"STLS\r\n"), (RESP, b"-ERR no\r\n")]).handover is None


def test_gap_in_a_mail_is_told_and_ends_with_the_next_command():
    turns = [GREETING, (ORIG, b"RETR 1\r\n"), (RESP, b"+OK\r\n" + MAIL), (RESP, 100)]
    turns += [(ORIG, b"STAT\r\n"), (RESP, b"+OK 2 320\r\n")]
    assert rows_of(Pop3, turns)[1:] == [
        (MAILS, {**MAIL_ROW, "mail_bytes": len(MAIL) + 99, "is_mail_whole": False}),
        row("RETR", "1", "+OK", response_bytes=len(MAIL) + 99),
        row("STAT", None, "+OK", "2 320"),
    ]


def test_gap_in_the_answers_shifts_none_of_them():
    turns = [GREETING, (ORIG, b"NOOP\r\n"), (RESP, 5), (ORIG, b"STAT\r\n"), (RESP, b"+OK 2 320\r\n"), *LOG_IN[:2]]
    assert rows_of(Pop3, turns)[-1] == row("USER", None, "+OK", None, "joe")


def test_unanswered_commands_are_bounded():
    driver = Driver(Pop3())
    driver.say(ORIG, b"NOOP\r\n" * UNANSWERED, 1)
    assert driver.rows == []
    driver.say(ORIG, b"NOOP\r\n", 2)
    assert driver.rows == [row("NOOP")]


def test_sides_are_told_by_what_they_say():
    turns = [(side.other, said) for side, said in [GREETING, *LOG_IN]]
    rows = rows_in_every_cut(Pop3, turns, FLOW)
    assert [found["identity_addr"] for table, found in rows if table is IDENTITIES] == ["192.0.2.110"]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"+OK POP3 ready\r\n", Match.YES),
        (b"CAPA\r\n", Match.YES),
        (b"+OK\r\n", Match.UNSURE),
        (b"+OK \r\n", Match.UNSURE),
        (b"USER joe\r\n", Match.UNSURE),
        (b"+PONG\r\n", Match.NO),
        (b"CATALOG", Match.NO),
    ],
)
def test_greeting_is_told_from_another_protocols(payload, match):
    assert Pop3.probe(payload, RESP) is match


def test_conversation_cut_anywhere_gives_rows():
    turns = [GREETING, *LOG_IN, (ORIG, b"RETR 1\r\n"), (RESP, b"+OK\r\n" + MAIL + b".\r\n")]
    for number, (side, said) in enumerate(turns):
        for size in range(len(said)):
            for table, found in rows_of(Pop3, [*turns[:number], (side, said[:size])]):
                assert set(found) <= set(table.names)


@given(st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=8))
def test_noise_gives_rows_of_the_tables(noise):
    for table, found in rows_of(Pop3(FLOW), [GREETING, *LOG_IN[:2], *noise, *LOG_IN[2:], *noise]):
        assert table is not ANOMALIES
        assert set(found) <= set(table.names)


def test_half_a_line_behind_a_gap_is_not_shown():
    turns = [GREETING, *LOG_IN[:2], (ORIG, b"PASS swo"), (ORIG, 3), (ORIG, b"sh\r\n"), (RESP, b"-ERR no\r\n")]
    assert rows_of(Pop3, turns)[2:] == [row("(unknown)", None, "-ERR", "no", "joe")]
