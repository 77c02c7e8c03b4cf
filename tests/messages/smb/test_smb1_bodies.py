"""SMB1 blocks: what each command says of versions, users, shares and files."""

import struct

import pytest

from quivive.messages.dcerpc_pdu import DCERPC
from quivive.messages.ntlm import NTLM
from quivive.messages.smb.session import SMB
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.smb import Smb
from tests.messages.smb.smb_messages import asked1, negotiate_answer, told, told1
from tests.messages.smb.test_smb1 import HERE, KNOWN, NO_MORE, OPEN, nt_create, nt_created, wide0
from tests.messages.test_dcerpc_pdu import BIND, REQUEST, RESPONSE
from tests.messages.test_ntlm import AUTHENTICATE
from tests.protocols.stream_driver import rows_in_every_cut

DIALECTS = b"\x02NT LM 0.12\0\x02SMB 2.???\0"


def rows(*turns):
    return rows_in_every_cut(Smb, turns)


def negotiated(mode):
    return told1(0x72, struct.pack("<HBHHIIIIQHB", 0, mode, 50, 1, 0, 0, 0, 0, 0, 0, 0))


def test_negotiate_tells_the_dialects():
    assert rows(asked1(0x72, b"", DIALECTS), negotiated(0x0F)) == [
        (
            SMB,
            {
                "version": "1",
                "command": "NEGOTIATE",
                "smb_dialects": ["NT LM 0.12", "SMB 2.???"],
                "smb_signing": "required",
                "smb_status": "STATUS_SUCCESS",
            },
        )
    ]


def test_server_may_answer_in_smb2():
    ((_, row),) = rows(
        asked1(0x72, b"", DIALECTS),
        told(0, negotiate_answer(0x02FF), number=0, session=0),
    )
    assert (row["version"], row["smb_dialects"]) == ("2.???", ["NT LM 0.12", "SMB 2.???"])


def test_log_in_by_token_tells_the_user():
    words = NO_MORE + struct.pack("<HHHIHII", 4356, 50, 0, 0, len(AUTHENTICATE), 0, 0)
    texts = AUTHENTICATE + b"\0" + wide0("Windows 5.1")
    answer = NO_MORE + struct.pack("<HH", 0, 0)
    said = rows(
        asked1(0x73, words, texts, user=7),
        told1(0x73, answer, b"\0" + wide0("Windows 6.1"), user=7),
    )
    assert [table for table, _ in said] == [NTLM, IDENTITIES, SMB]
    assert said[-1][1]["user"] == "j.weber"
    assert said[-1][1]["smb_auth"] == "NTLM"


def plain_log_in(mode, user="weber"):
    password = b"geheim12"
    words = NO_MORE + struct.pack("<HHHIHHII", 4356, 50, 0, 0, len(password), 0, 0, 0)
    texts = password + b"\0" + wide0(user) + wide0("WERK") + wide0("Windows")
    return rows(asked1(0x72, b"", DIALECTS), negotiated(mode), asked1(0x73, words, texts, number=2))


def test_password_in_clear_is_a_credential_without_the_password():
    said = plain_log_in(0x01)
    assert said[1:3] == [
        (
            IDENTITIES,
            {
                "protocol": "smb",
                "user": "weber",
                "domain": "WERK",
                "identity_kind": "user",
                "identity_addr": None,
                "identity_evidence": "SESSION_SETUP_ANDX",
            },
        ),
        (
            CREDENTIALS,
            {
                "protocol": "smb",
                "user": "weber",
                "domain": "WERK",
                "login_method": "SESSION_SETUP_ANDX",
                "secret_mask": "8-15 characters",
            },
        ),
    ]
    assert "geheim" not in str(said)


def test_password_response_is_no_credential():
    assert CREDENTIALS not in [table for table, _ in plain_log_in(0x03)]


def test_log_in_without_a_name_is_no_identity():
    assert IDENTITIES not in [table for table, _ in plain_log_in(0x03, user="")]


@pytest.mark.parametrize(
    ("command", "words", "content", "told_of"),
    [
        (0x06, b"\0\0", b"\x04" + wide0("\\a"), {"file_name": "\\a", "smb_action": "delete"}),
        (
            0x07,
            b"\0\0",
            b"\x04" + wide0("\\a") + b"\x04\0" + wide0("\\b"),
            {"file_name": "\\a", "smb_action": "rename", "smb_new_name": "\\b"},
        ),
        (0x00, b"", b"\x04" + wide0("\\neu"), {"file_name": "\\neu"}),
        (0x70, b"", b"\x04\\\\FS1\\C\0\x04\0\x04A:\0", {"smb_share": "\\\\FS1\\C"}),
    ],
)
def test_path_commands_name_their_file(command, words, content, told_of):
    ((_, row),) = rows(asked1(command, words, content))
    assert {name: row[name] for name in told_of} == told_of


def transaction2(function, parameters, data=b""):
    setup = struct.pack(
        "<HHHHBBHIHHHHHBBH", len(parameters), len(data), 0, 0, 0, 0, 0, 0, 0, len(parameters), 68, len(data), 0, 1, 0, 0
    )
    setup = bytearray(setup[:-2] + struct.pack("<H", function))
    content = b"\0\0\0" + parameters + data
    setup[24:26] = struct.pack("<H", 68 + len(parameters))
    return asked1(0x32, bytes(setup), content, number=8, **HERE)


@pytest.mark.parametrize(
    ("function", "parameters", "data", "told_of"),
    [
        (1, bytes(6) + b"\x04\x01" + bytes(4) + wide0("\\*.dwg"), b"", {"file_name": "\\*.dwg"}),
        (5, b"\x07\x01" + bytes(4) + wide0("\\a"), b"", {"file_name": "\\a", "smb_info_level": "0x0107"}),
        (16, b"\x03\x00" + wide0("\\d"), b"", {"file_name": "\\d"}),
        (8, b"\x01\x40\x02\x01\0\0", b"\x01", {"file_name": "\\a.dwg", "smb_action": "delete"}),
        (7, b"\x01\x40\xee\x03", b"", {"file_name": "\\a.dwg", "smb_info_level": "FileInternalInformation"}),
    ],
)
def test_transaction2_names_path_and_level(function, parameters, data, told_of):
    row = rows(*OPEN, transaction2(function, parameters, data))[-1][1]
    assert {name: row.get(name) for name in told_of} == told_of


def test_file_deleted_on_close_is_told():
    said = rows(
        asked1(0xA2, *nt_create("\\a", options=0x1000), number=2, **HERE),
        told1(0xA2, nt_created(5), number=2, **HERE),
        asked1(0x04, struct.pack("<HI", 5, 0), number=3, **HERE),
        told1(0x04, number=3, **HERE),
    )
    assert [row["smb_action"] for _, row in said] == ["open, delete on close", "delete"]


def pipe_transaction(content, number):
    setup = struct.pack(
        "<HHHHBBHIHHHHHBBHH", 0, len(content), 0, 1024, 0, 0, 0, 0, 0, 0, 0, len(content), 84, 2, 0, 0x26, 0x4001
    )
    name = b"\0" + wide0("\\PIPE\\")
    return asked1(0x25, setup, name + bytes(84 - 67 - len(name)) + content, number=number, **HERE)


def pipe_answer(content, number):
    words = struct.pack("<HHHHHHHHHBB", 0, len(content), 0, 0, 56, 0, len(content), 56, 0, 0, 0)
    return told1(0x25, words, b"\0" + content, number=number, **HERE)


def test_calls_through_a_pipe_are_told():
    said = rows(
        *OPEN,
        pipe_transaction(BIND, 4),
        pipe_transaction(REQUEST, 5),
        pipe_answer(RESPONSE, 5),
    )
    ((_, call),) = [(table, row) for table, row in said if table is DCERPC]
    assert (call["named_pipe"], call["dcerpc_operation"], call["dcerpc_status"]) == (
        "\\a.dwg",
        "RCreateServiceW",
        "answered",
    )
    assert said[-1][1]["smb_info_level"] == "TransactNmPipe"


def test_block_that_is_cut_short_is_an_anomaly_and_the_flow_goes_on():
    broken = asked1(0x73, NO_MORE + struct.pack("<HHHIHII", 4356, 50, 0, 0, 999, 0, 0), b"", user=7)
    said = rows(broken, told1(0x2B, b"\0\0", number=9, user=7))
    assert [(table, row.get("anomaly")) for table, row in said] == [
        (ANOMALIES, "SMB1 bytes are cut short"),
        (SMB, None),
    ]
    assert said[1][1] == KNOWN | {"command": "ECHO", "smb_status": "STATUS_SUCCESS"}
