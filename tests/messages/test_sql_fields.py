"""Of a statement only its first word is told."""

import pytest

from quivive.messages.sql_fields import STATEMENT_HEAD_BYTES, credential, identity, keyword
from quivive.model.tables import CREDENTIALS, IDENTITIES


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        (b"select * from plans", "SELECT"),
        (b"\n\t INSERT INTO x", "INSERT"),
        (b"-- who: j.weber\nUPDATE x", "UPDATE"),
        (b"/* app:1 */ /* b */ (select 1)", "SELECT"),
        (b"# note\nSHOW TABLES", "SHOW"),
        (b"@@version", None),
        (b"", None),
        (b"/* never closed select", None),
        (b"\xff\xfe", None),
    ],
)
def test_first_word_is_found(statement, word):
    assert keyword(statement) == word


def test_word_is_looked_for_in_the_beginning_only():
    assert keyword(b" " * (STATEMENT_HEAD_BYTES - 6) + b"SELECT") == "SELECT"
    assert keyword(b" " * STATEMENT_HEAD_BYTES + b"SELECT") is None


def test_password_is_masked():
    assert credential("mysql", "root", "clear", 9, True) == (
        CREDENTIALS,
        {
            "protocol": "mysql",
            "user": "root",
            "login_method": "clear",
            "secret_mask": "8-15 characters",
            "is_accepted": True,
        },
    )


def test_nobody_is_no_identity():
    assert list(identity("mysql", "", "10.0.0.5", "login")) == []
    ((table, row),) = identity("mysql", "root", "", "login", workstation="PC")
    assert (table, row["identity_addr"], row["workstation"]) == (IDENTITIES, None, "PC")
