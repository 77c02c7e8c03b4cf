"""SMB2 bodies: what each command says of versions, users, shares and files."""

import struct

import pytest

from quivive.kit.protocol import Flow
from quivive.messages.dcerpc_pdu import DCERPC
from quivive.messages.ntlm import NTLM
from quivive.messages.smb.session import SMB
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.smb import Smb
from tests.messages.smb.smb_messages import (
    SESSION,
    asked,
    close_answer,
    close_request,
    create_answer,
    create_request,
    error_answer,
    ioctl_answer,
    ioctl_request,
    negotiate_answer,
    negotiate_request,
    query_directory_request,
    read_answer,
    read_request,
    session_setup_answer,
    session_setup_request,
    set_info_request,
    told,
    tree_connect_answer,
    tree_connect_request,
    wide,
    write_answer,
    write_request,
)
from tests.messages.test_dcerpc_pdu import BIND, BIND_ACK, REQUEST, RESPONSE
from tests.messages.test_ntlm import AUTHENTICATE, CHALLENGE, NEGOTIATE
from tests.protocols.stream_driver import rows_in_every_cut

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.9", 445, 6))
KNOWN = {"version": "2", "smb_session_id": SESSION}
OPEN = [asked(5, create_request("a.dwg"), number=2), told(5, create_answer(), number=2)]


def rows(*turns):
    return rows_in_every_cut(Smb, turns, FLOW)


def test_negotiate_tells_dialects_and_who_the_machines_are():
    turns = (
        asked(0, negotiate_request(0x0202, 0x0210, 0x0300), session=0),
        told(0, negotiate_answer(0x0300, mode=3), session=0),
    )
    assert rows(*turns) == [
        (
            SMB,
            {
                "version": "3.0",
                "command": "NEGOTIATE",
                "smb_dialects": ["2.0.2", "2.1", "3.0"],
                "smb_client_guid": "03020100-0504-0706-0809-0a0b0c0d0e0f",
                "smb_server_guid": "00000000-0000-0000-0000-000000000000",
                "smb_signing": "required",
                "smb_status": "STATUS_SUCCESS",
            },
        )
    ]


def test_contexts_of_3_1_1_name_host_and_cipher():
    netname = struct.pack("<HHI", 5, 6, 0) + wide("fs1") + bytes(2)
    request = struct.pack("<HHHHI16sIHH", 36, 1, 1, 0, 0, bytes(16), 104, 1, 0) + b"\x11\x03" + bytes(2) + netname
    cipher = struct.pack("<HHI", 2, 4, 0) + struct.pack("<HH", 1, 2)
    answer = struct.pack("<HHHH16s4IQQHHI", 65, 1, 0x0311, 1, bytes(16), 0, 0, 0, 0, 0, 0, 128, 0, 128) + cipher
    ((_, row),) = rows(asked(0, request, session=0), told(0, answer, session=0))
    assert (row["host"], row["smb_cipher"], row["version"]) == ("fs1", "AES-128-GCM", "3.1.1")


def test_session_setup_tells_the_user_and_later_rows_bear_the_name():
    turns = (
        asked(1, session_setup_request(NEGOTIATE), number=1, session=0),
        told(1, session_setup_answer(CHALLENGE), number=1, status=0xC0000016),
        asked(1, session_setup_request(AUTHENTICATE), number=2),
        told(1, session_setup_answer(), number=2),
        asked(13, bytes(4), number=3),
        told(13, bytes(4), number=3),
    )
    said = rows(*turns)
    assert [table for table, _ in said] == [NTLM, NTLM, SMB, NTLM, IDENTITIES, SMB, SMB]
    assert said[4][1]["identity_addr"] == "10.0.0.5"
    user = KNOWN | {"user": "j.weber", "domain": "WERK"}
    log_in = {"command": "SESSION_SETUP", "smb_auth": "NTLM"}
    assert said[2][1] == KNOWN | log_in | {"smb_status": "STATUS_MORE_PROCESSING_REQUIRED"}
    assert said[5][1] == user | log_in | {"smb_status": "STATUS_SUCCESS"}
    assert said[6][1] == user | {"command": "ECHO", "smb_status": "STATUS_SUCCESS"}


def test_user_whom_the_server_refuses_is_not_remembered():
    turns = (
        asked(1, session_setup_request(AUTHENTICATE), number=2),
        told(1, error_answer(), number=2, status=0xC000006D),
        asked(13, bytes(4), number=3),
    )
    *_, refused, echo = rows(*turns)
    assert (refused[1]["user"], refused[1]["smb_status"]) == ("j.weber", "STATUS_LOGON_FAILURE")
    assert "user" not in echo[1]


def test_tree_connect_names_the_share():
    said = rows(asked(3, tree_connect_request("\\\\fs1\\IPC$")), told(3, tree_connect_answer(2)))
    expected = {"smb_share": "\\\\fs1\\IPC$", "smb_share_type": "pipe", "smb_status": "STATUS_SUCCESS"}
    assert said == [(SMB, KNOWN | {"command": "TREE_CONNECT"} | expected)]


def test_create_tells_what_was_asked_and_what_was_done():
    request = create_request("neu\\a.dwg", access=0x40010000, disposition=3, options=0x1000)
    said = rows(asked(5, request), told(5, create_answer(action=2, size=77)))
    assert said[0][1] == KNOWN | {
        "command": "CREATE",
        "file_name": "neu\\a.dwg",
        "smb_action": "created, delete on close",
        "smb_access": ["write", "delete"],
        "smb_file_size_bytes": 77,
        "smb_status": "STATUS_SUCCESS",
    }


def test_create_that_is_refused_keeps_what_was_asked():
    said = rows(asked(5, create_request("x", disposition=2, options=1)), told(5, error_answer(), status=0xC0000034))
    assert (said[0][1]["smb_action"], said[0][1]["smb_status"]) == (
        "create directory",
        "STATUS_OBJECT_NAME_NOT_FOUND",
    )


@pytest.mark.parametrize(
    ("level", "content", "told_of"),
    [
        (10, bytes(16) + struct.pack("<I", 10) + wide("b.dwg"), {"smb_action": "rename", "smb_new_name": "b.dwg"}),
        (13, b"\x01", {"smb_action": "delete"}),
        (13, b"\x00", {"smb_action": "keep"}),
        (20, bytes(8), {"smb_action": "set size"}),
        (4, bytes(40), {}),
    ],
)
def test_set_info_tells_what_becomes_of_the_file(level, content, told_of):
    said = rows(*OPEN, asked(17, set_info_request(level, content), number=3), told(17, bytes(2), number=3))
    row = said[1][1]
    assert row["file_name"] == "a.dwg"
    assert {name: row[name] for name in row if name in ("smb_action", "smb_new_name")} == told_of


def test_file_marked_for_deletion_is_deleted_when_closed():
    said = rows(
        *OPEN,
        asked(17, set_info_request(13, b"\x01"), number=3),
        told(17, bytes(2), number=3),
        asked(6, close_request(), number=4),
        told(6, close_answer(), number=4),
    )
    assert (said[-1][1]["command"], said[-1][1]["smb_action"]) == ("CLOSE", "delete")


def test_directory_listing_tells_what_was_looked_for():
    request = asked(14, query_directory_request("*.dwg"), number=3)
    row = rows(*OPEN, request, told(14, bytes(8), number=3))[1][1]
    assert (row["smb_pattern"], row["smb_info_level"]) == ("*.dwg", "FileIdBothDirectoryInformation")


PIPE = [
    asked(3, tree_connect_request("\\\\fs1\\IPC$")),
    told(3, tree_connect_answer(2)),
    asked(5, create_request("svcctl"), number=2),
    told(5, create_answer(), number=2),
    asked(9, write_request(0, BIND), number=3),
    told(9, write_answer(len(BIND)), number=3),
    asked(8, read_request(0, 1024), number=4),
    told(8, read_answer(BIND_ACK), number=4),
]
CALL = {
    "protocol": "smb",
    "named_pipe": "svcctl",
    "dcerpc_interface": "svcctl",
    "dcerpc_uuid": "367abb81-9844-35f1-ad32-98f038001003",
    "dcerpc_operation": "RCreateServiceW",
    "dcerpc_opnum": 12,
    "dcerpc_version": "5.0",
    "dcerpc_call_id": 2,
    "dcerpc_request_parts": 1,
    "dcerpc_response_parts": 1,
    "dcerpc_status": "answered",
    "dcerpc_request_bytes": 8,
    "dcerpc_response_bytes": 4,
}


def test_calls_through_a_pipe_are_told():
    said = rows(
        *PIPE,
        asked(11, ioctl_request(0x0011C017, REQUEST), number=5),
        told(11, ioctl_answer(0x0011C017, RESPONSE), number=5),
        asked(6, close_request(), number=6),
        told(6, close_answer(), number=6),
    )
    assert [row for table, row in said if table is DCERPC] == [CALL]
    ioctl = next(row for _, row in said if row.get("command") == "IOCTL")
    assert (ioctl["named_pipe"], ioctl["smb_info_level"]) == ("svcctl", "FSCTL_PIPE_TRANSCEIVE")
    assert [row["n_requests"] for _, row in said if row.get("command") in ("READ", "WRITE")] == [1, 1]


def test_calls_written_and_read_are_told():
    said = rows(
        *PIPE,
        asked(9, write_request(0, REQUEST), number=5),
        told(9, write_answer(len(REQUEST)), number=5),
        asked(8, read_request(0, 1024), number=6),
        told(8, read_answer(RESPONSE), number=6),
    )
    assert [row for table, row in said if table is DCERPC] == [CALL]


def test_field_outside_its_message_is_an_anomaly_and_the_flow_goes_on():
    broken = bytearray(create_request("a"))
    broken[46:48] = b"\xff\x7f"
    said = rows(asked(5, bytes(broken)), asked(13, bytes(4), number=2))
    assert [(table, row.get("anomaly")) for table, row in said] == [
        (ANOMALIES, "SMB2 field lies outside its message"),
        (SMB, None),
    ]
