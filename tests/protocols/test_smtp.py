"""SMTP: one row per mail transaction, one per mail, whatever the order of what is said."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.messages.mail_headers import MAILS
from quivive.model.five_tuple import FiveTuple
from quivive.model.limits import LINE_BYTES, LIST_ITEMS
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.smtp import TABLE, UNANSWERED, Smtp
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.25", 25, 6))

MAIL = b"From: Joe <joe@example.com>\r\nTo: jane@example.net\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n\r\n..Hi\r\n"
OPENING = [(RESP, b"220 mail.example.net ESMTP\r\n"), (ORIG, b"EHLO pc7\r\n"), (RESP, b"250-mail\r\n250 SIZE\r\n")]
ENVELOPE = [
    (ORIG, b"MAIL FROM:<joe@example.com> SIZE=100\r\n"),
    (RESP, b"250 ok\r\n"),
    (ORIG, b"RCPT TO:<jane@example.net>\r\n"),
    (RESP, b"250 ok\r\n"),
]
DATA = [(ORIG, b"DATA\r\n"), (RESP, b"354 go\r\n"), (ORIG, MAIL + b".\r\n"), (RESP, b"250 queued <a@b>\r\n")]
QUIT = [(ORIG, b"QUIT\r\n"), (RESP, b"221 bye\r\n")]

SESSION = {"helo": "pc7", "banner": "mail.example.net ESMTP", "is_tls": False}
SENT = {"mail_from": "joe@example.com", "rcpt_to": ["jane@example.net"], "n_refused_rcpt": 0}
FACTS = {"mail_message_id": "<1@x>", "mail_bytes": len(MAIL) - 1, "is_mail_whole": True}
MAIL_ROW = {
    "protocol": "smtp",
    "is_orig": True,
    "from_header": "Joe <joe@example.com>",
    "from_mailbox": "joe@example.com",
    "to_header": ["jane@example.net"],
    "mail_subject": "Hello",
    "mail_content_type": None,
    "n_attachments": 0,
    "attachment_names": None,
    **FACTS,
}
TRANSACTION = (TABLE, {**SESSION, **SENT, **FACTS, "last_reply": "250 queued <<mailbox>>"})


def test_transaction_and_mail_have_a_row_each():
    assert rows_in_every_cut(Smtp, OPENING + ENVELOPE + DATA + QUIT, FLOW) == [(MAILS, MAIL_ROW), TRANSACTION]


def test_conversation_cut_anywhere_gives_rows_or_anomalies():
    turns = OPENING + ENVELOPE + DATA + QUIT
    for number, (side, said) in enumerate(turns):
        for size in range(len(said)):
            for table, row in rows_of(Smtp, [*turns[:number], (side, said[:size])]):
                assert set(row) <= set(table.names)


def test_session_without_transaction_has_a_row():
    assert rows_in_every_cut(Smtp, OPENING + QUIT) == [(TABLE, SESSION)]
    assert rows_in_every_cut(Smtp, OPENING) == [(TABLE, SESSION)]
    assert rows_in_every_cut(Smtp, [(RESP, b"554 no service\r\n")]) == [
        (TABLE, {"banner": "no service", "is_tls": False})
    ]


def test_second_transaction_has_its_own_rows():
    rows = rows_in_every_cut(Smtp, OPENING + ENVELOPE + DATA + ENVELOPE + DATA)
    assert rows == [(MAILS, MAIL_ROW), TRANSACTION] * 2


def test_pipelined_commands_get_their_own_answers():
    envelope = b"MAIL FROM:<joe@example.com>\r\nRCPT TO:<x@example.net>\r\nRCPT TO:<jane@example.net>\r\nDATA\r\n"
    turns = [*OPENING, (ORIG, envelope), (RESP, b"250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n")]
    turns += [
        (ORIG, MAIL + b".\r\n" + envelope),
        (RESP, b"250 queued\r\n250 ok\r\n550 no\r\n550 no\r\n503 none\r\n"),
        *QUIT,
    ]
    sent = {"mail_from": "joe@example.com", "rcpt_to": ["x@example.net", "jane@example.net"]}
    assert rows_in_every_cut(Smtp, turns, FLOW) == [
        (MAILS, MAIL_ROW),
        (TABLE, {**SESSION, **sent, **FACTS, "n_refused_rcpt": 1, "last_reply": "250 queued"}),
        (TABLE, {**SESSION, **sent, "n_refused_rcpt": 2, "last_reply": "503 none"}),
    ]


def test_refused_data_is_followed_by_commands():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"DATA\r\n"), (RESP, b"554 no\r\n"), *QUIT]
    assert rows_in_every_cut(Smtp, turns) == [(TABLE, {**SESSION, **SENT, "last_reply": "554 no"})]


def test_reset_ends_a_transaction():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"RSET\r\n"), (RESP, b"250 ok\r\n"), *QUIT]
    assert rows_in_every_cut(Smtp, turns) == [(TABLE, {**SESSION, **SENT, "last_reply": "250 ok"})]


def test_chunks_are_one_mail():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"BDAT 30\r\n" + MAIL[:30]), (RESP, b"250 ok\r\n")]
    turns += [(ORIG, b"BDAT %d LAST\r\n" % (len(MAIL) - 30) + MAIL[30:]), (RESP, b"250 queued\r\n"), *QUIT]
    facts = {**FACTS, "mail_bytes": len(MAIL)}
    expected = [(MAILS, {**MAIL_ROW, **facts}), (TABLE, {**SESSION, **SENT, **facts, "last_reply": "250 queued"})]
    assert rows_in_every_cut(Smtp, turns) == expected
    turns[-4:-2] = [
        (ORIG, b"BDAT %d\r\n" % (len(MAIL) - 30) + MAIL[30:]),
        (ORIG, b"BDAT 0 LAST\r\n"),
        (RESP, b"250 a\r\n250 queued\r\n"),
    ]
    assert rows_in_every_cut(Smtp, turns) == expected


def test_chunk_of_no_size_is_a_command():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"BDAT -1 LAST\r\n"), (RESP, b"501 size?\r\n"), *QUIT]
    assert rows_in_every_cut(Smtp, turns) == [(TABLE, {**SESSION, **SENT, "last_reply": "501 size?"})]


def test_unfinished_chunks_are_an_incomplete_mail():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"BDAT 30\r\n" + MAIL[:30]), (RESP, b"250 ok\r\n"), *QUIT]
    (_, mail), (_, transaction) = rows_in_every_cut(Smtp, turns)
    assert (mail["mail_bytes"], mail["is_mail_whole"]) == (30, False)
    assert (transaction["is_mail_whole"], transaction["last_reply"]) == (False, "250 ok")


def test_one_side_alone_is_understood():
    said = (
        b"EHLO pc7\r\nMAIL FROM:<joe@example.com>\r\nRCPT TO:<jane@example.net>\r\nDATA\r\n" + MAIL + b".\r\nQUIT\r\n"
    )
    row = {"helo": "pc7", "is_tls": False, **SENT, **FACTS, "last_reply": None}
    assert rows_in_every_cut(Smtp, [(ORIG, said)]) == [(MAILS, MAIL_ROW), (TABLE, row)]


def test_unanswered_commands_are_bounded():
    protocol = Smtp()
    turns = [(ORIG, b"MAIL FROM:<joe@example.com>\r\nRSET\r\n" * UNANSWERED)]
    rows = rows_of(protocol, turns)
    assert len(rows) == UNANSWERED
    assert rows[0][1]["mail_from"] == "joe@example.com"


def test_sides_are_told_by_what_they_say():
    turns = [(side.other, said) for side, said in OPENING + ENVELOPE + DATA + QUIT]
    assert rows_in_every_cut(Smtp, turns) == [(MAILS, {**MAIL_ROW, "is_orig": False}), TRANSACTION]


@pytest.mark.parametrize("command", [b"STARTTLS", b"starttls", b"X-ANONYMOUSTLS"])
def test_starttls_hands_over(command):
    turns = [*OPENING, (ORIG, command + b"\r\n"), (RESP, b"220 go\r\n"), (ORIG, b"\x16\x03\x01")]
    outcome = outcome_of(Smtp, turns)
    assert outcome.handover == ("tls", {})
    assert outcome.rest[ORIG] == b"\x16\x03\x01"
    assert outcome.rows == [(TABLE, {**SESSION, "is_tls": True})]


def test_session_whose_tls_ends_before_the_capture_goes_on():
    turns = [*OPENING, (ORIG, b"STARTTLS\r\n"), (RESP, b"220 go\r\n"), *OPENING[1:], *ENVELOPE, *DATA, *QUIT]
    session = (TABLE, {**SESSION, "is_tls": True})
    transaction = (TABLE, {**TRANSACTION[1], "is_tls": True})
    assert rows_in_every_cut(Smtp, turns) == [session, (MAILS, MAIL_ROW), transaction]


def test_refused_starttls_goes_on():
    outcome = outcome_of(Smtp, [*OPENING, (ORIG, b"STARTTLS\r\n"), (RESP, b"454 no\r\n"), *QUIT])
    assert (outcome.handover, outcome.rows) == (None, [(TABLE, SESSION)])


def test_log_in_is_a_credential_and_an_identity():
    turns = [*OPENING, (ORIG, b"AUTH LOGIN\r\n"), (RESP, b"334 VXNlcm5hbWU6\r\n"), (ORIG, b64encode(b"joe") + b"\r\n")]
    turns += [
        (RESP, b"334 UGFzc3dvcmQ6\r\n"),
        (ORIG, b64encode(b"swordfish") + b"\r\n"),
        (RESP, b"235 joe is in\r\n"),
        *QUIT,
    ]
    credential = {"protocol": "smtp", "user": "joe", "login_method": "LOGIN", "secret_mask": "8-15 characters"}
    identity = {"protocol": "smtp", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}
    assert rows_in_every_cut(Smtp, turns, FLOW) == [
        (CREDENTIALS, {**credential, "is_accepted": True}),
        (IDENTITIES, {**identity, "identity_evidence": "AUTH LOGIN"}),
        (TABLE, SESSION),
    ]


def test_log_in_of_exchange_servers_is_read():
    turns = [*OPENING, (ORIG, b"X-EXPS PLAIN " + b64encode(b"\0joe\0swordfish") + b"\r\n"), (RESP, b"235 ok\r\n")]
    assert rows_in_every_cut(Smtp, turns, FLOW)[0][0] is CREDENTIALS


@pytest.mark.parametrize(("reply", "is_accepted"), [(b"235 ok\r\n", True), (b"535 no\r\n", False), (b"", None)])
def test_answer_decides_on_a_log_in(reply, is_accepted):
    turns = [*OPENING, (ORIG, b"AUTH PLAIN " + b64encode(b"\0joe\0swordfish") + b"\r\n"), (RESP, reply)]
    table, row = rows_in_every_cut(Smtp, turns, FLOW)[0]
    assert (table, row["is_accepted"]) == (CREDENTIALS, is_accepted)
    assert "swordfish" not in str(rows_of(Smtp, turns))


def test_gap_in_a_mail_is_told():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"DATA\r\n"), (RESP, b"354 go\r\n"), (ORIG, MAIL), (ORIG, 500)]
    turns += [(ORIG, b"end\r\n.\r\n"), (RESP, b"250 queued\r\n"), *QUIT]
    (_, mail), (_, transaction) = rows_of(Smtp, turns)
    assert (mail["mail_bytes"], mail["is_mail_whole"], mail["mail_subject"]) == (len(MAIL) - 1 + 505, False, "Hello")
    assert transaction["is_mail_whole"] is False


def test_end_of_a_mail_within_a_gap_is_told_by_its_answer():
    turns = [*OPENING, *ENVELOPE, (ORIG, b"DATA\r\n"), (RESP, b"354 go\r\n"), (ORIG, MAIL), (ORIG, 5)]
    turns += [(RESP, b"250 queued\r\n"), (ORIG, b"RSET\r\n"), (RESP, b"250 ok\r\n"), *ENVELOPE, *DATA, *QUIT]
    rows = rows_of(Smtp, turns)
    assert [row["is_mail_whole"] for table, row in rows if table is MAILS] == [False, True]
    assert [row["last_reply"] for table, row in rows if table is TABLE] == ["250 queued", "250 queued <<mailbox>>"]


def test_gap_in_the_answers_shifts_none_of_them():
    turns = [*OPENING, *ENVELOPE[:3], (RESP, 8), *DATA, *QUIT]
    assert rows_of(Smtp, turns) == [(MAILS, MAIL_ROW), TRANSACTION]


def test_recipients_are_bounded():
    said = b"EHLO a\r\nMAIL FROM:<>\r\n" + b"".join(b"RCPT TO:<a%d@b>\r\n" % number for number in range(LIST_ITEMS + 1))
    rows = [row for table, row in rows_of(Smtp, [(ORIG, said)]) if table is TABLE]
    anomalies = [row for table, row in rows_of(Smtp, [(ORIG, said)]) if table is ANOMALIES]
    assert len(rows[0]["rcpt_to"]) == LIST_ITEMS
    assert rows[0]["mail_from"] == ""
    assert [row["anomaly"] for row in anomalies] == ["more recipients than are kept"]


def test_endless_line_is_given_up():
    assert rows_of(Smtp, [(ORIG, b"EHLO " + b"a" * (LINE_BYTES - 5))])[0][0] is TABLE
    rows = rows_of(Smtp, [(ORIG, b"EHLO a\r\nNOOP " + b"a" * LINE_BYTES + b"\r\n")])
    assert [table for table, _ in rows] == [ANOMALIES, TABLE]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"EHLO pc7\r\n", Match.YES),
        (b"helo pc7\r\n", Match.YES),
        (b"220 mail.example.net ESMTP\r\n", Match.YES),
        (b"220-mx1 ready\r\n", Match.YES),
        (b"220 ready\r\n", Match.UNSURE),
        (b"220 mail.example.net FTP server\r\n", Match.NO),
        (b"USER joe\r\n", Match.NO),
        (b"2201 mail", Match.NO),
    ],
)
def test_greeting_is_told_from_another_protocols(payload, match):
    assert Smtp.probe(payload, RESP) is match


@given(st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=8))
def test_noise_gives_rows_of_the_tables(noise):
    for table, row in rows_of(Smtp, OPENING + ENVELOPE[:2] + noise + DATA[:3] + noise + QUIT):
        assert set(row) <= set(table.names)
