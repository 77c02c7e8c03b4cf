"""SMB1: requests and answers are joined, also within a chain."""

import struct

from quivive.messages.smb.session import SMB
from quivive.protocols.smb import Smb
from tests.messages.smb.smb_messages import ORIG, RESP, asked1, frame, smb1, told1
from tests.protocols.stream_driver import rows_in_every_cut, rows_of

NO_MORE = b"\xff\0\0\0"
KNOWN = {"version": "1", "smb_session_id": 7}
HERE = {"tree": 3, "user": 7}


def wide0(text):
    return text.encode("utf-16-le") + b"\0\0"


def nt_create(name, *, options=0, access=0x20089):
    words = NO_MORE + struct.pack("<BHIIIQIIIIIB", 0, len(name) * 2, 0, 0, access, 0, 0x80, 7, 1, options, 2, 0)
    return words, b"\0" + wide0(name)


def nt_created(file, size=0):
    return NO_MORE + struct.pack("<BHI32xIQQHHB", 0, file, 1, 0x20, size, size, 0, 0, 0)


OPEN = [
    asked1(0xA2, *nt_create("\\a.dwg"), number=2, **HERE),
    told1(0xA2, nt_created(0x4001, 5000), number=2, **HERE),
]


def read_andx(file, offset, size, high=0):
    return NO_MORE + struct.pack("<HIHHIHI", file, offset, size, size, 0, 0, high)


def read_answer(size):
    return NO_MORE + struct.pack("<HHHHHHHI", 0, 0, 0, size & 0xFFFF, 59, size >> 16, 0, 0)


def write_andx(file, offset, size):
    return NO_MORE + struct.pack("<HIIHHHHHI", file, offset, 0, 0, 0, size >> 16, size & 0xFFFF, 63, 0)


def write_answer(size):
    return NO_MORE + struct.pack("<HHHH", size & 0xFFFF, 0, size >> 16, 0)


def test_reads_and_writes_of_a_file_are_one_row_each():
    turns = [
        *OPEN,
        asked1(0x2E, read_andx(0x4001, 4096, 904), number=3, **HERE),
        told1(0x2E, read_answer(904), bytes(904), number=3, **HERE),
        asked1(0x2F, write_andx(0x4001, 5000, 500), bytes(500), number=4, **HERE),
        told1(0x2F, write_answer(500), number=4, **HERE),
        asked1(0x04, struct.pack("<HI", 0x4001, 0), number=5, **HERE),
        told1(0x04, number=5, **HERE),
    ]
    named = KNOWN | {"file_name": "\\a.dwg"}
    assert rows_in_every_cut(Smb, turns) == [
        (
            SMB,
            named
            | {"command": "NT_CREATE_ANDX", "smb_action": "opened", "smb_access": ["read"]}
            | {"smb_file_size_bytes": 5000, "smb_status": "STATUS_SUCCESS"},
        ),
        (SMB, named | {"command": "READ", "n_requests": 1, "file_read_bytes": 904, "file_offset_bytes": 4096}),
        (SMB, named | {"command": "WRITE", "n_requests": 1, "file_written_bytes": 500, "file_offset_bytes": 4096}),
        (SMB, named | {"command": "CLOSE", "smb_status": "STATUS_SUCCESS"}),
    ]


def test_long_reads_count_in_two_words_and_are_skipped():
    answer = told1(0x2E, read_answer(100_000), bytes(60_000), number=3, **HERE)[1]
    answer = b"\0" + (len(answer) - 4 + 40_000).to_bytes(3, "big") + answer[4:]
    turns = [*OPEN, asked1(0x2E, read_andx(0x4001, 0, 65535), number=3, **HERE), (RESP, answer), (RESP, 40_000)]
    assert rows_of(Smb, turns)[-1][1]["file_read_bytes"] == 100_000


def test_read_that_is_refused_has_its_own_row():
    turns = [
        asked1(0x2E, read_andx(9, 0, 10), number=3, **HERE),
        told1(0x2E, number=3, status=0xC0000008, **HERE),
    ]
    assert rows_in_every_cut(Smb, turns) == [(SMB, KNOWN | {"command": "READ", "smb_status": "STATUS_INVALID_HANDLE"})]


def test_chain_of_commands_is_a_row_each():
    service = b"?????\0"
    setup = struct.pack("<HHHIHHII", 4356, 50, 0, 0, 0, 0, 0, 0)
    texts = b"\0" + wide0("weber") + wide0("WERK") + wide0("Windows") + wide0("Lanman")
    message = smb1(0x73, b"\x75\0" + struct.pack("<H", 32 + 1 + 26 + 2 + len(texts)) + setup, texts, number=1)
    connect = b"\0" + wide0("\\\\FS1\\PLANS")
    message += bytes([4]) + NO_MORE + struct.pack("<HH", 0, 0) + struct.pack("<H", len(connect) + 6) + connect + service
    answer = smb1(0x73, b"\x75\0" + struct.pack("<H", 41) + struct.pack("<H", 0), answer=True, **HERE)
    answer += bytes([3]) + NO_MORE + struct.pack("<H", 0) + struct.pack("<H", 3) + b"A:\0"
    turns = [(ORIG, frame(message)), (RESP, frame(answer))]
    rows = [row for table, row in rows_in_every_cut(Smb, turns) if table is SMB]
    assert rows == [
        KNOWN
        | {"command": "SESSION_SETUP_ANDX", "user": "weber", "domain": "WERK", "smb_client_os": "Windows"}
        | {"smb_status": "STATUS_SUCCESS"},
        KNOWN
        | {"command": "TREE_CONNECT_ANDX", "user": "weber", "domain": "WERK", "smb_share": "\\\\FS1\\PLANS"}
        | {"smb_share_type": "disk", "smb_status": "STATUS_SUCCESS"},
    ]


def test_chain_that_leads_back_ends():
    looping = smb1(0x2E, b"\x2e\0" + struct.pack("<H", 32) + read_andx(9, 0, 10)[4:])
    assert len(rows_in_every_cut(Smb, [(ORIG, frame(looping))])) == 0


def test_interim_answer_of_a_transaction_keeps_it_waiting():
    setup = struct.pack("<HHHHBBHIHHHHHBBH", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1)
    done = struct.pack("<HHHHHHHHHBB", 0, 0, 0, 0, 56, 0, 0, 56, 0, 0, 0)
    turns = [
        asked1(0x32, setup, number=4, **HERE),
        told1(0x32, number=4, **HERE),
        told1(0x32, done, number=4, **HERE),
    ]
    rows = rows_in_every_cut(Smb, turns)
    assert rows == [(SMB, KNOWN | {"command": "TRANSACTION2 FIND_FIRST2", "smb_status": "STATUS_SUCCESS"} | LEVEL)]


LEVEL = {"smb_info_level": "0x0000"}


def test_old_status_is_told_by_class_and_code():
    turns = [asked1(0x10, b"", b"\x04" + b"\\x\0", flags2=0), told1(0x10, status=0x00030001, flags2=0)]
    assert rows_in_every_cut(Smb, turns) == [
        (
            SMB,
            {"version": "1", "command": "CHECK_DIRECTORY", "file_name": "\\x", "smb_status": "DOS class 1 code 3"},
        )
    ]


def test_answer_out_of_the_blue_is_a_row():
    assert rows_in_every_cut(Smb, [told1(0x2B, b"\0\0", number=9)]) == [
        (SMB, {"version": "1", "command": "ECHO", "smb_status": "STATUS_SUCCESS"})
    ]
