"""Prompts: what was asked, typed and answered, however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.prompts import LINE_KEPT, LOG_INS, Prompts, is_log_in_prompt
from quivive.model.tables import CREDENTIALS

CREDENTIAL = {"protocol": "telnet", "user": "joe", "login_method": "prompt", "secret_mask": "8-15 characters"}


def session(*said, chunk=None):
    """Return rows of what is shown (str) and typed (bytes)."""
    prompts, rows = Prompts("telnet", "192.0.2.1"), []
    for text in said:
        take, data = (prompts.show, text.encode()) if isinstance(text, str) else (prompts.type, text)
        for at in range(0, len(data), chunk or len(data) or 1):
            rows += take(data[at : at + (chunk or len(data))])
    return [*rows, *prompts.end()], prompts


def accepted(*said):
    rows, _ = session("login: ", b"joe\r\n", "Password: ", b"swordfish\r\n", *said)
    return [row["is_accepted"] for table, row in rows if table is CREDENTIALS]


def test_log_in_is_a_credential():
    rows, prompts = session("login: ", b"joe\r\n", "joe\r\nPassword: ", b"swordfish\r\n", "\r\nWelcome\r\n")
    assert rows[0] == (CREDENTIALS, {**CREDENTIAL, "is_accepted": True})
    assert (prompts.user, prompts.n_lines, prompts.n_log_ins) == ("joe", 2, 1)


@pytest.mark.parametrize(
    ("said", "is_accepted"),
    [
        (["\r\nLast login: Monday\r\n"], True),
        (["\r\nuser@host:~$ "], True),
        (["\r\nuser@host:~$ \x1b[0m"], True),
        (["\r\nrouter>", b"x"], True),
        (["\r\nLogin incorrect\r\n"], False),
        (["\r\nPassword: ", b"x"], False),
        (["\r\nPassword: "], None),
        (["\r\nhello\r\n"], None),
        ([], None),
    ],
)
def test_what_follows_decides(said, is_accepted):
    assert accepted(*said) == [is_accepted]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (b"login: ", True),
        (b"User Name:", True),
        (b"Username> ", True),
        (b"Password for joe:", True),
        (b"Enter passcode: ", True),
        (b"login: joe", False),
        (b"password expired today", False),
        (b"", False),
    ],
)
def test_prompts_are_recognised(shown, expected):
    assert is_log_in_prompt(shown) is expected


def test_lost_bytes_end_a_log_in():
    prompts = Prompts("telnet", "")
    assert [*prompts.show(b"Password: "), *prompts.type(b"sword")] == []
    prompts.lose()
    assert [*prompts.type(b"fish\r\n"), *prompts.end()] == []


def test_log_ins_are_bounded():
    said = ("Password: ", b"x\r\n") * (LOG_INS + 1)
    assert sum(table is CREDENTIALS for table, _ in session(*said)[0]) == LOG_INS


def test_what_is_typed_is_cut():
    assert session("login: ", b"a" * (LINE_KEPT + 1) + b"\r\n")[1].user == "a" * LINE_KEPT


@given(st.lists(st.one_of(st.text("lPpogin: aswrd\n\r$x", max_size=30), st.binary(max_size=30)), max_size=8))
def test_cuts_make_no_difference(said):
    said = ["login: ", b"joe\r\n", "Password:", *said]
    whole, prompts = session(*said)
    for chunk in (1, 3):
        rows, cut = session(*said, chunk=chunk)
        assert (rows, cut.user, cut.n_lines) == (whole, prompts.user, prompts.n_lines)
