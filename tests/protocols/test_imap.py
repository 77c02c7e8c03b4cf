"""IMAP: one row per command with its completion, one per mail that was fetched or appended."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.messages.mail_headers import MAILS
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.imap import ARGUMENT_BYTES, LITERAL_BYTES, TABLE, UNANSWERED, Imap
from tests.protocols.stream_driver import ORIG, RESP, Driver, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(five_tuple=FiveTuple("192.0.2.1", 50000, "192.0.2.143", 143, 6))

GREETING = (RESP, b"* OK IMAP4rev2 ready\r\n")
GREETING_ROW = (TABLE, {"mailbox_status": "OK", "status_text": "IMAP4rev2 ready"})
MAIL = b"From: a@example.com\r\nSubject: Hello\r\n\r\nHi\r\n"
MAIL_ROW = {
    "protocol": "imap",
    "is_orig": False,
    "from_header": "a@example.com",
    "from_mailbox": "a@example.com",
    "mail_subject": "Hello",
    "mail_content_type": None,
    "n_attachments": 0,
    "attachment_names": None,
    "mail_bytes": len(MAIL),
    "is_mail_whole": True,
}
CREDENTIAL = {"protocol": "imap", "user": "joe", "secret_mask": "8-15 characters", "is_accepted": True}
IDENTITY = {"protocol": "imap", "user": "joe", "identity_kind": "user", "identity_addr": "192.0.2.1"}


def row(tag, command, argument=None, text=None, status="OK", n_bytes=0, **more):
    start = {"imap_tag": tag, "command": command, "argument": argument, "user": None, "mailbox_name": None}
    return TABLE, {**start, "mailbox_status": status, "status_text": text, "response_bytes": n_bytes, **more}


def exchange(*turns):
    return rows_in_every_cut(Imap, turns, FLOW)


def fetched(items):
    """Return the mail rows of a FETCH whose answer holds `items`."""
    turns = [GREETING, (ORIG, b"a FETCH 1 (X)\r\n"), (RESP, b"* 1 FETCH (" + items + b")\r\na OK\r\n")]
    rows = exchange(*turns)
    assert rows[-1][1]["mailbox_status"] == "OK"
    return [found for table, found in rows if table is MAILS]


def literal(data):
    return b"{%d}\r\n" % len(data) + data


def test_command_is_joined_to_its_completion():
    turns = [GREETING, (ORIG, b"a CAPABILITY\r\nb noop\r\n"), (RESP, b"* CAPABILITY X\r\nb OK b\r\na OK a\r\n")]
    assert exchange(*turns) == [
        GREETING_ROW,
        row("b", "NOOP", None, "b", n_bytes=16),
        row("a", "CAPABILITY", None, "a"),
    ]


def test_log_in_has_a_row_and_a_credential():
    turns = [GREETING, (ORIG, b'a LOGIN joe "sword\\"fish"\r\n'), (RESP, b"a OK joe is in\r\n")]
    assert exchange(*turns)[1:] == [
        row("a", "LOGIN", "8-15 characters", "joe is in", user="joe"),
        (CREDENTIALS, {**CREDENTIAL, "login_method": "LOGIN"}),
        (IDENTITIES, {**IDENTITY, "identity_evidence": "LOGIN"}),
    ]


def test_log_in_by_literals_is_the_same():
    turns = [GREETING, (ORIG, b"a LOGIN {3}\r\n"), (RESP, b"+ go\r\n"), (ORIG, b"joe {9+}\r\nswordfish\r\n")]
    assert exchange(*turns, (RESP, b"a OK in\r\n"))[2][1] == {**CREDENTIAL, "login_method": "LOGIN"}


@pytest.mark.parametrize(("reply", "is_accepted"), [(b"a OK in\r\n", True), (b"a NO no\r\n", False), (b"", None)])
def test_answer_decides_on_a_log_in(reply, is_accepted):
    rows = exchange(GREETING, (ORIG, b"a LOGIN joe swordfish\r\n"), (RESP, reply))
    assert [found["is_accepted"] for table, found in rows if table is CREDENTIALS] == [is_accepted]


@pytest.mark.parametrize("is_initial", [False, True])
def test_sasl_log_in_is_a_credential(is_initial):
    message = b64encode(b"\0joe\0swordfish")
    turns = [(ORIG, b"a AUTHENTICATE PLAIN " + message + b"\r\n")]
    if not is_initial:
        turns = [(ORIG, b"a AUTHENTICATE PLAIN\r\n"), (RESP, b"+ \r\n"), (ORIG, message + b"\r\n")]
    assert exchange(GREETING, *turns, (RESP, b"a OK in\r\n"))[1:] == [
        row("a", "AUTHENTICATE", "PLAIN", "in"),
        (CREDENTIALS, {**CREDENTIAL, "login_method": "PLAIN"}),
        (IDENTITIES, {**IDENTITY, "identity_evidence": "AUTH PLAIN"}),
    ]


def test_later_rows_bear_the_user_and_hide_the_name():
    turns = [GREETING, (ORIG, b"a LOGIN joe x\r\n"), (RESP, b"a OK in\r\n"), (ORIG, b"b SELECT user/joe\r\n")]
    rows = exchange(*turns, (RESP, b"b OK joe\r\n"))
    expected = row("b", "SELECT", "user/<user>", "<user>", user="joe", mailbox_name="user/<user>")
    assert rows[-1] == expected


def test_commands_are_about_the_mailbox_selected():
    said = b'a SELECT "In \\"box"\r\nb UID COPY 1:2 Old\r\nc NOOP\r\nd SELECT bad\r\ne NOOP\r\n'
    turns = [GREETING]
    for line in said.splitlines(keepends=True):
        turns += [(ORIG, line), (RESP, line[:1] + (b" NO x\r\n" if line[:1] == b"d" else b" OK x\r\n"))]
    names = [found["mailbox_name"] for _, found in exchange(*turns)[1:]]
    assert names == ['In "box', "Old", 'In "box', "bad", 'In "box']


def test_whole_mail_that_is_fetched_has_a_row():
    assert fetched(b"UID 7 BODY[] " + literal(MAIL)) == [MAIL_ROW]
    assert fetched(b"RFC822 " + literal(MAIL) + b" FLAGS ()") == [MAIL_ROW]
    assert fetched(b"RFC822.SIZE %d BODY[]<0> " % len(MAIL) + literal(MAIL)) == [MAIL_ROW]


def test_part_of_a_mail_is_not_the_whole():
    head = {**MAIL_ROW, "mail_bytes": 900, "is_mail_whole": False}
    assert fetched(b"BODY[]<0> " + literal(MAIL) + b" RFC822.SIZE 900") == [head]
    assert fetched(b"RFC822.SIZE 900 BODY[HEADER.FIELDS (FROM)] " + literal(MAIL)) == [head]
    assert fetched(b"BODY[HEADER] " + literal(MAIL)) == [{**head, "mail_bytes": None}]


def test_header_and_text_are_one_mail():
    head, text = MAIL[:-4], MAIL[-4:]
    assert len(fetched(b"BODY[HEADER] " + literal(head) + b" BODY[TEXT] " + literal(text))) == 1


@pytest.mark.parametrize("item", [b"BODY[1]", b"BODY[TEXT]", b"BODY[]<9>", b"BODY[1.MIME]", b"RFC822.TEXT"])
def test_literals_without_a_head_are_stepped_over(item):
    assert fetched(item + b" " + literal(MAIL)) == []


def test_mail_that_is_appended_has_a_row():
    turns = [
        GREETING,
        (ORIG, b"a APPEND Sent (\\Seen) {%d}\r\n" % len(MAIL)),
        (RESP, b"+ go\r\n"),
        (ORIG, MAIL + b"\r\n"),
    ]
    rows = exchange(*turns, (RESP, b"a OK done\r\n"))
    assert rows[1:] == [
        (MAILS, {**MAIL_ROW, "is_orig": True}),
        row("a", "APPEND", "Sent (\\Seen)", "done", mailbox_name="Sent"),
    ]


def test_empty_mail_and_name_by_literal_are_understood():
    rows = exchange(GREETING, (ORIG, b"a APPEND {4+}\r\nSent {0+}\r\n\r\nb NOOP\r\n"), (RESP, b"a NO x\r\nb OK x\r\n"))
    assert [(found["command"], found["mailbox_name"]) for _, found in rows[1:]] == [("APPEND", "Sent"), ("NOOP", None)]


def test_refused_literal_is_not_waited_for():
    turns = [GREETING, (ORIG, b"a APPEND Sent {500}\r\n"), (RESP, b"a NO too big\r\n"), (ORIG, b"b NOOP\r\n")]
    rows = exchange(*turns, (RESP, b"b OK\r\n"))
    assert [found["command"] for _, found in rows[1:]] == ["APPEND", "NOOP"]


def test_long_literal_of_a_command_is_stepped_over():
    for size in (LITERAL_BYTES, LITERAL_BYTES + 1):
        said = b"a SEARCH TEXT {%d+}\r\n" % size + b"x" * size + b" ALL\r\nb NOOP\r\n"
        rows = exchange(GREETING, (ORIG, said), (RESP, b"a OK\r\nb OK\r\n"))
        argument = 'TEXT "' + "x" * size + '" ALL' if size == LITERAL_BYTES else f"TEXT {{{size}+}} ALL"
        assert [found["argument"] for _, found in rows[1:]] == [argument, None]


def test_arguments_are_bounded():
    said = b"a SEARCH " + b"b{1000+}\r\n%b" % (b"x" * 1000) * 20 + b"\r\n"
    protocol = Imap()
    driver = Driver(protocol)
    driver.say(ORIG, said, 1)
    assert len(protocol._waiting[b"a"].raw) == ARGUMENT_BYTES


def test_idle_ends_without_a_tag():
    turns = [
        GREETING,
        (ORIG, b"a IDLE\r\n"),
        (RESP, b"+ idling\r\n* 4 EXISTS\r\n"),
        (ORIG, b"DONE\r\n"),
        (RESP, b"a OK x\r\n"),
    ]
    assert exchange(*turns)[1:] == [row("a", "IDLE", None, "x", n_bytes=12)]


def test_starttls_hands_over():
    outcome = outcome_of(Imap, [GREETING, (ORIG, b"a STARTTLS\r\n"), (RESP, b"a OK go\r\n"), (ORIG, b"\x16\x03")])
    assert outcome.handover == ("tls", {})
    assert outcome.rows == [GREETING_ROW, row("a", "STARTTLS", None, "go")]
    assert outcome_of(Imap, [GREETING, (ORIG, b"a STARTTLS\r\n"), (RESP, b"a BAD no\r\n")]).handover is None


def test_session_whose_tls_ends_before_the_capture_goes_on():
    turns = [GREETING, (ORIG, b"a STARTTLS\r\n"), (RESP, b"a OK go\r\n"), (ORIG, b"b NOOP\r\n"), (RESP, b"b OK\r\n")]
    assert exchange(*turns)[1:] == [row("a", "STARTTLS", None, "go"), row("b", "NOOP")]


def test_compressed_session_is_not_read_on():
    turns = [GREETING, (ORIG, b"a COMPRESS DEFLATE\r\n"), (RESP, b"a OK go\r\n\x4b\x4c"), (ORIG, b"\x4b\x54")]
    assert exchange(*turns)[1:] == [row("a", "COMPRESS", "DEFLATE", "go")]


def test_gap_in_a_fetched_mail_is_told():
    turns = [GREETING, (ORIG, b"a FETCH 1 BODY[]\r\n"), (RESP, b"* 1 FETCH (BODY[] {%d}\r\n" % (len(MAIL) + 50) + MAIL)]
    rows = rows_of(Imap, [*turns, (RESP, 40), (RESP, b"0123456789)\r\na OK x\r\n")])
    assert [found for table, found in rows if table is MAILS] == [
        {**MAIL_ROW, "mail_bytes": len(MAIL) + 50, "is_mail_whole": False}
    ]
    rows = rows_of(Imap, [*turns, (RESP, 53), (RESP, b"a OK x\r\n")])
    assert rows[1][1]["mailbox_status"] == "OK"
    assert rows[2] == (MAILS, {**MAIL_ROW, "mail_bytes": len(MAIL) + 50, "is_mail_whole": False})


def test_mail_cut_short_is_told():
    rows = rows_of(Imap, [GREETING, (ORIG, b"a FETCH 1 BODY[]\r\n"), (RESP, b"* 1 FETCH (BODY[] {900}\r\n" + MAIL)])
    assert rows[1] == (MAILS, {**MAIL_ROW, "is_mail_whole": False})


def test_unanswered_commands_are_bounded():
    driver = Driver(Imap())
    driver.say(ORIG, b"".join(b"a%d NOOP\r\n" % number for number in range(UNANSWERED)), 1)
    assert driver.rows == []
    driver.say(ORIG, b"b NOOP\r\n", 2)
    assert [found["imap_tag"] for _, found in driver.rows] == ["a0"]
    driver.say(ORIG, b"b NOOP\r\n", 3)
    assert [found["imap_tag"] for _, found in driver.rows] == ["a0", "b"]


def test_sides_are_told_by_what_they_say():
    turns = [(RESP, b"a LOGIN joe swordfish\r\n"), (ORIG, b"a OK in\r\n")]
    assert [found["identity_addr"] for table, found in exchange(*turns) if table is IDENTITIES] == ["192.0.2.143"]


def test_server_that_speaks_no_imap_is_given_up():
    assert rows_of(Imap, [(RESP, b"hello\r\n* OK x\r\n")])[0][0] is ANOMALIES


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"* OK ready\r\n", Match.YES),
        (b"* PREAUTH ready\r\n", Match.YES),
        (b"a1 LOGIN joe x\r\n", Match.UNSURE),
        (b"a1 capability\r\n", Match.UNSURE),
        (b"a1 SELECTED\r\n", Match.NO),
        (b"* OKAY\r\n", Match.NO),
        (b"GET / HTTP/1.1\r\n", Match.NO),
    ],
)
def test_greeting_is_told_from_another_protocols(payload, match):
    assert Imap.probe(payload, RESP) is match


CONVERSATION = [
    GREETING,
    (ORIG, b"a LOGIN {3}\r\n"),
    (RESP, b"+ go\r\n"),
    (ORIG, b'joe "x"\r\n'),
    (RESP, b"a OK in\r\n"),
    (ORIG, b"b FETCH 1 BODY[]\r\n"),
    (RESP, b"* 1 FETCH (BODY[] {%d}\r\n" % len(MAIL) + MAIL + b")\r\nb OK x\r\n"),
]


def test_conversation_cut_anywhere_gives_rows():
    for number, (side, said) in enumerate(CONVERSATION):
        for size in range(len(said)):
            for table, found in rows_of(Imap, [*CONVERSATION[:number], (side, said[:size])]):
                assert set(found) <= set(table.names)


@given(st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=60)), max_size=8), st.integers(0, 7))
def test_noise_gives_rows_of_the_tables(noise, at):
    for table, found in rows_of(Imap(FLOW), [*CONVERSATION[:at], *noise, *CONVERSATION[at:]]):
        assert set(found) <= set(table.names)


@given(st.text(alphabet='ab {}"\\()+*1\r\n', max_size=80))
def test_odd_lines_are_read_without_an_error(text):
    said = text.encode()
    rows_of(
        Imap, [GREETING, (ORIG, b"a LOGIN " + said), (RESP, b"* 1 FETCH (BODY[] " + said), (ORIG, said), (RESP, said)]
    )
