"""SMB2: requests and answers are joined, whatever compound they come in."""

from quivive.messages.smb import session as smb_session
from quivive.messages.smb.session import SMB
from quivive.protocols.smb import Smb
from tests.messages.smb.smb_messages import (
    FILE,
    NO_FILE,
    ORIG,
    RESP,
    SESSION,
    asked,
    chain,
    close_answer,
    close_request,
    create_answer,
    create_request,
    error_answer,
    frame,
    query_directory_request,
    read_answer,
    read_request,
    smb2,
    told,
    tree_connect_answer,
    tree_connect_request,
    write_answer,
    write_request,
)
from tests.protocols.stream_driver import Driver, rows_in_every_cut, rows_of

CREATE, CLOSE, READ, WRITE, QUERY_DIRECTORY = 5, 6, 8, 9, 14
RELATED = 4

SHARE = [asked(3, tree_connect_request("\\\\fs1\\plans")), told(3, tree_connect_answer())]
OPEN = [asked(CREATE, create_request("a.dwg"), number=2), told(CREATE, create_answer(size=9000), number=2)]
SHUT = [asked(CLOSE, close_request(), number=99), told(CLOSE, close_answer(), number=99)]

KNOWN = {"version": "2", "smb_session_id": SESSION}
NAMED = KNOWN | {"file_name": "a.dwg", "smb_share": "\\\\fs1\\plans"}


def test_reads_and_writes_of_a_file_are_one_row_each():
    turns = [
        *SHARE,
        *OPEN,
        asked(READ, read_request(4096, 4096), number=3),
        asked(READ, read_request(0, 4096), number=4),
        told(READ, read_answer(bytes(4096)), number=4),
        told(READ, read_answer(bytes(4096)), number=3),
        asked(READ, read_request(9000, 4096), number=5),
        told(READ, error_answer(), number=5, status=0xC0000011),
        asked(WRITE, write_request(9000, bytes(500)), number=6),
        told(WRITE, write_answer(500), number=6),
        *SHUT,
    ]
    assert rows_in_every_cut(Smb, turns)[2:] == [
        (SMB, NAMED | {"command": "READ", "n_requests": 3, "file_read_bytes": 8192, "file_offset_bytes": 0}),
        (SMB, NAMED | {"command": "WRITE", "n_requests": 1, "file_written_bytes": 500, "file_offset_bytes": 0}),
        (SMB, NAMED | {"command": "CLOSE", "smb_status": "STATUS_SUCCESS"}),
    ]


def test_read_that_is_refused_has_its_own_row():
    turns = [*OPEN, asked(READ, read_request(0, 10), number=3), told(READ, error_answer(), number=3, status=0xC0000022)]
    assert rows_in_every_cut(Smb, turns)[1:] == [
        (SMB, KNOWN | {"command": "READ", "file_name": "a.dwg", "smb_status": "STATUS_ACCESS_DENIED"})
    ]


def test_file_content_is_skipped_and_may_be_missing():
    answer = told(READ, read_answer(bytes(100_000)), number=3)[1]
    turns = [*OPEN, asked(READ, read_request(0, 100_000), number=3), (RESP, answer[:500]), (RESP, len(answer) - 500)]
    assert rows_of(Smb, [*turns, *SHUT])[1:] == [
        (
            SMB,
            KNOWN
            | {"command": "READ", "file_name": "a.dwg", "n_requests": 1, "file_read_bytes": 100_000}
            | {"file_offset_bytes": 0},
        ),
        (SMB, KNOWN | {"command": "CLOSE", "file_name": "a.dwg", "smb_status": "STATUS_SUCCESS"}),
    ]


def test_files_never_closed_are_told_at_the_end():
    turns = [*OPEN, asked(READ, read_request(0, 10), number=3), told(READ, read_answer(bytes(10)), number=3)]
    assert rows_of(Smb, turns)[-1][1]["file_read_bytes"] == 10


def test_position_beyond_what_a_table_holds_is_clipped():
    far = 2**64 - 1
    turns = [*OPEN, asked(READ, read_request(far, 10), number=3), told(READ, read_answer(bytes(10)), number=3)]
    assert rows_of(Smb, turns)[-1][1]["file_offset_bytes"] == 2**63 - 1


def test_reads_of_a_file_opened_before_the_capture_have_no_name():
    turns = [asked(READ, read_request(0, 10), number=3), told(READ, read_answer(bytes(10)), number=3)]
    expected = KNOWN | {"command": "READ", "n_requests": 1, "file_read_bytes": 10, "file_offset_bytes": 0}
    assert rows_in_every_cut(Smb, turns) == [(SMB, expected)]


def test_compound_hands_its_file_on():
    request = chain(
        smb2(CREATE, create_request("plans"), number=2),
        smb2(QUERY_DIRECTORY, query_directory_request("*", NO_FILE), number=3, flags=RELATED, tree=0, session=0),
        smb2(CLOSE, close_request(NO_FILE), number=4, flags=RELATED, tree=0, session=0),
    )
    answer = chain(
        smb2(CREATE, create_answer(), number=2, answer=True),
        smb2(QUERY_DIRECTORY, error_answer(), number=3, answer=True, status=0x80000006),
        smb2(CLOSE, close_answer(), number=4, answer=True),
    )
    rows = rows_in_every_cut(Smb, [*SHARE, (ORIG, frame(request)), (RESP, frame(answer))])
    assert [(row["command"], row["file_name"], row["smb_share"], row["smb_status"]) for _, row in rows[1:]] == [
        ("CREATE", "plans", "\\\\fs1\\plans", "STATUS_SUCCESS"),
        ("QUERY_DIRECTORY", "plans", "\\\\fs1\\plans", "STATUS_NO_MORE_FILES"),
        ("CLOSE", "plans", "\\\\fs1\\plans", "STATUS_SUCCESS"),
    ]


def test_interim_answer_keeps_the_request_waiting():
    turns = [
        asked(15, bytes(32), number=7),
        told(15, error_answer(), number=7, status=0x103, flags=2),
        told(15, error_answer(), number=7, status=0x10B),
    ]
    assert rows_in_every_cut(Smb, turns) == [
        (SMB, KNOWN | {"command": "CHANGE_NOTIFY", "smb_status": "STATUS_NOTIFY_CLEANUP"})
    ]


def test_request_without_an_answer_is_told_at_the_end():
    assert rows_in_every_cut(Smb, [asked(13, bytes(4), number=7)]) == [(SMB, KNOWN | {"command": "ECHO"})]


def test_cancel_has_no_answer_and_no_row():
    assert rows_in_every_cut(Smb, [asked(12, bytes(4), number=7)]) == []


def test_answer_out_of_the_blue_is_a_row():
    turns = [told(13, bytes(4), number=7, status=0xC0000203)]
    assert rows_in_every_cut(Smb, turns) == [
        (SMB, KNOWN | {"command": "ECHO", "smb_status": "STATUS_USER_SESSION_DELETED"})
    ]


def test_too_many_waiting_requests_give_way():
    turns = [asked(13, bytes(4), number=number) for number in range(smb_session.MAX_WAITING)]

    driver = Driver(Smb())
    for side, said in turns:
        driver.say(side, said, 0)
    assert driver.rows == []
    driver.say(*asked(13, bytes(4), number=5000), 0)
    assert driver.rows == [(SMB, KNOWN | {"command": "ECHO"})]


def test_unknown_file_in_other_requests_has_no_name():
    turns = [asked(CLOSE, close_request(FILE), number=3), told(CLOSE, close_answer(), number=3)]
    assert rows_in_every_cut(Smb, turns) == [(SMB, KNOWN | {"command": "CLOSE", "smb_status": "STATUS_SUCCESS"})]
