"""What an SMB connection is remembered by is bounded."""

import pytest

from quivive.messages.smb import session as smb_session
from quivive.messages.smb.session import SMB, OpenFile, Session, action_of


def file_read(n_bytes):
    file = OpenFile("a", None, 1)
    file.n_reads, file.read_bytes = 1, n_bytes
    return file


def test_file_open_too_long_is_told_early():
    session = Session("10.0.0.5")
    for number in range(smb_session.MAX_OPEN_FILES):
        session.open(number, file_read(number))
    assert session.hand_out() == []
    session.open(-1, file_read(0))
    expected = {"command": "READ", "smb_session_id": 1, "file_name": "a", "n_requests": 1, "file_read_bytes": 0}
    assert session.hand_out() == [(SMB, expected)]


@pytest.mark.parametrize(
    ("most", "keep", "memory"),
    [
        (smb_session.MAX_TREES, lambda session, number: session.connect(1, number, "s", "disk"), "trees"),
        (smb_session.MAX_USERS, lambda session, number: session.log_in(number, {"user": "u"}), "users"),
        (smb_session.MAX_USERS, lambda session, number: session.hide("ENCRYPTED", number, 9), "hidden"),
    ],
)
def test_memory_keeps_the_newest(most, keep, memory):
    session = Session("")
    for number in range(most + 3):
        keep(session, number)
    assert len(getattr(session, memory)) == most


def test_log_in_without_a_name_is_not_remembered():
    session = Session("")
    session.log_in(1, {"user": None})
    assert session.users == {}


@pytest.mark.parametrize(
    ("disposition", "options", "words"),
    [
        (1, 0, "open"),
        (2, 0x1, "create directory"),
        (5, 0x1000, "overwrite or create, delete on close"),
        (6, 0, "disposition 6"),
    ],
)
def test_create_is_told_in_words(disposition, options, words):
    assert action_of(disposition, options) == words
