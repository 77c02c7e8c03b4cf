"""Numbered replies: lines are joined, and texts give no name away."""

import pytest

from quivive.kit.cursor import Cursor
from quivive.messages.replies import (
    Replies,
    Reply,
    client_of,
    goes_over_to_tls,
    is_reply,
    without_mailboxes,
    without_name,
)
from quivive.model.five_tuple import Side

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER


def whole_replies(*lines):
    replies = Replies()
    return [reply for line in lines if (reply := replies.add(line))]


def test_one_line_is_a_reply():
    assert whole_replies(b"220 ready") == [Reply(220, "ready", "ready")]


def test_code_alone_is_a_reply():
    assert whole_replies(b"250") == [Reply(250, "", "")]


def test_lines_up_to_the_one_with_a_blank_are_one_reply():
    lines = (b"230-Welcome", b" to 230 files", b"250 inside", b"230-still", b"230 Logged in")
    assert whole_replies(*lines) == [Reply(230, "Welcome", "Logged in")]


def test_line_without_code_has_code_0():
    assert whole_replies(b"hello") == [Reply(0, "hello", "hello")]


def test_begun_reply_is_forgotten_after_a_gap():
    replies = Replies()
    assert replies.add(b"230-Welcome") is None
    replies.forget()
    assert replies.add(b"331 Password") == Reply(331, "Password", "Password")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"220 x", True),
        (b"220-x", True),
        (b"220", True),
        (b"2200", False),
        (b"720 x", False),
        (b"USER x", False),
        (b"", False),
    ],
)
def test_reply_begins_with_three_digits(line, expected):
    assert is_reply(line) is expected


@pytest.mark.parametrize(
    ("line", "side", "client"),
    [
        (b"220 ready", ORIG, RESP),
        (b"NOOP", RESP, RESP),
        (b"noop x", RESP, RESP),
        (b"hello", RESP, ORIG),
        (b"NOOPS", RESP, ORIG),
    ],
)
def test_client_is_told_by_the_first_line(line, side, client):
    assert client_of(line, side, frozenset([b"NOOP"])) is client


@pytest.mark.parametrize(
    ("payload", "expected"), [(b"\x16\x03\x01", True), (b"\x80\x2e\x01", True), (b"EHLO", False), (b"", False)]
)
def test_tls_is_handed_over_where_it_begins(payload, expected):
    cursor = Cursor(payload)
    assert goes_over_to_tls(cursor) is expected
    assert cursor.handover == (("tls", {}) if expected else None)


def test_name_is_left_out_only_as_a_word():
    assert without_name("230 User joe logged in, joey", "joe") == "230 User <user> logged in, joey"
    assert without_name("230 ok", "") == "230 ok"
    assert without_name("(a+b) in", "(a+b)") == "<user> in"


def test_mail_addresses_are_left_out():
    assert without_mailboxes("250 2.1.5 <joe@example.com> ok") == "250 2.1.5 <<mailbox>> ok"
    assert without_mailboxes("250 joe@example.com... ok") == "250 <mailbox> ok"
    assert without_mailboxes("250 ok") == "250 ok"
