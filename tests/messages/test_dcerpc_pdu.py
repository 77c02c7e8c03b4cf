"""DCE/RPC messages: a call and its answer are one row."""

import pytest

from quivive.messages import dcerpc_pdu
from quivive.messages.dcerpc_pdu import DCERPC, Association
from quivive.messages.ntlm import NTLM
from quivive.model.errors import Malformed
from quivive.model.tables import ANOMALIES
from tests.messages.test_ntlm import NEGOTIATE

BIND = bytes.fromhex(
    "05000b03 10000000 4800 0000 01000000"  # bind, first and last fragment, little endian, 72 bytes, call 1
    "b810 b810 00000000 01 000000"  # fragment sizes, group, one context
    "0000 01 00"  # context 0, one transfer syntax
    "81bb7a36 4498 f135 ad32 98f038001003 02000000"  # svcctl 2.0
    "045d888a eb1c c911 9fe8 08002b104860 02000000"  # NDR
)
BIND_ACK = bytes.fromhex(
    "05000c03 10000000 4400 0000 01000000"  # bind_ack, 68 bytes
    "b810 b810 00010000 0d00 5c504950455c73766363746c00 00"  # \PIPE\svcctl
    "01 000000 0000 0000 045d888a eb1c c911 9fe8 08002b104860 02000000"  # accepted
)
REQUEST = bytes.fromhex(
    "05000003 10000000 2000 0000 02000000"  # request, 32 bytes, call 2
    "08000000 0000 0c00"  # 8 bytes, context 0, operation 12
    "0000000000000000"
)
RESPONSE = bytes.fromhex(
    "05000203 10000000 1c00 0000 02000000"  # response, 28 bytes, call 2
    "04000000 0000 00 00"
    "00000000"
)
FAULT = bytes.fromhex(
    "05000303 10000000 2000 0000 02000000"  # fault, 32 bytes, call 2
    "00000000 0000 00 00 05000000 00000000"  # access denied
)

CALL = {
    "protocol": "dcerpc",
    "named_pipe": None,
    "dcerpc_interface": "svcctl",
    "dcerpc_uuid": "367abb81-9844-35f1-ad32-98f038001003",
    "dcerpc_operation": "RCreateServiceW",
    "dcerpc_opnum": 12,
    "dcerpc_version": "5.0",
    "dcerpc_call_id": 2,
    "dcerpc_request_parts": 1,
    "dcerpc_request_bytes": 8,
}
ANSWERED = {"dcerpc_status": "answered", "dcerpc_response_parts": 1, "dcerpc_response_bytes": 4}


def told(*messages, ends=True):
    association = Association("dcerpc", "10.0.0.5")
    for message in messages:
        association.read(message, 0, len(message))
    if ends:
        association.end()
    return association.hand_out()


def test_call_and_answer_are_one_row():
    assert told(BIND, BIND_ACK, REQUEST, RESPONSE) == [(DCERPC, CALL | ANSWERED)]


def test_fault_is_named():
    assert told(BIND, BIND_ACK, REQUEST, FAULT) == [(DCERPC, CALL | {"dcerpc_status": "access denied"})]


def test_call_without_an_answer_is_told_at_the_end():
    assert told(BIND, REQUEST) == [(DCERPC, CALL | {"dcerpc_status": None})]


def test_fragments_are_one_call():
    first, middle = REQUEST[:3] + b"\1" + REQUEST[4:], REQUEST[:3] + b"\0" + REQUEST[4:]
    answer = RESPONSE[:3] + b"\1" + RESPONSE[4:]
    last = RESPONSE[:3] + b"\2" + RESPONSE[4:]
    assert told(BIND, first, middle, answer, last) == [
        (
            DCERPC,
            CALL
            | ANSWERED
            | {
                "dcerpc_request_parts": 2,
                "dcerpc_request_bytes": 16,
                "dcerpc_response_parts": 2,
                "dcerpc_response_bytes": 8,
            },
        )
    ]


def test_interface_that_nobody_called_is_told_at_the_end():
    assert told(BIND, BIND_ACK) == [
        (
            DCERPC,
            {
                "protocol": "dcerpc",
                "named_pipe": None,
                "dcerpc_interface": "svcctl",
                "dcerpc_uuid": "367abb81-9844-35f1-ad32-98f038001003",
                "dcerpc_status": "bound only",
            },
        )
    ]


def test_call_of_an_interface_bound_before_the_capture_has_only_its_number():
    assert told(REQUEST, RESPONSE) == [
        (
            DCERPC,
            {
                "protocol": "dcerpc",
                "named_pipe": None,
                "dcerpc_operation": "operation 12",
                "dcerpc_opnum": 12,
                "dcerpc_version": "5.0",
                "dcerpc_call_id": 2,
                "dcerpc_request_parts": 1,
                "dcerpc_response_parts": 1,
                "dcerpc_request_bytes": 8,
                "dcerpc_response_bytes": 4,
                "dcerpc_status": "answered",
            },
        )
    ]


def test_refused_bind_is_a_row():
    nak = bytes.fromhex("05000d03 10000000 1500 0000 01000000 0400 01 0500")
    assert told(nak) == [(DCERPC, {"protocol": "dcerpc", "named_pipe": None, "dcerpc_status": "refused"})]


def test_log_in_behind_a_bind_is_read():
    size = len(BIND) + 8 + len(NEGOTIATE)
    header = BIND[:8] + size.to_bytes(2, "little") + len(NEGOTIATE).to_bytes(2, "little")
    message = header + BIND[12:] + bytes.fromhex("0a 06 00 00 00000000") + NEGOTIATE
    log_in, call = told(message, REQUEST)
    assert (log_in[0], log_in[1]["workstation"]) == (NTLM, "PC-17")
    assert call[1] == CALL | {"dcerpc_status": None, "dcerpc_auth": "NTLM", "dcerpc_auth_level": "privacy"}


def test_big_endian_numbers_are_read():
    bind = bytes.fromhex(
        "05000b03 00000000 0048 0000 00000001 10b8 10b8 00000000 01 000000 0000 01 00"
        "367abb81 9844 35f1 ad32 98f038001003 00020000 8a885d04 1ceb 11c9 9fe8 08002b104860 00000002"
    )
    request = bytes.fromhex("05000003 00000000 0020 0000 00000002 00000008 0000 000c 0000000000000000")
    assert told(bind, request) == [(DCERPC, CALL | {"dcerpc_status": None})]


def test_too_many_calls_under_way_give_way():
    requests = [
        REQUEST[:12] + number.to_bytes(4, "little") + REQUEST[16:] for number in range(dcerpc_pdu.MAX_CALLS + 1)
    ]
    assert told(BIND, *requests[:-1], ends=False) == []
    assert len(told(BIND, *requests, ends=False)) == 1


def test_message_that_goes_on_in_the_next_piece_of_a_pipe_is_stepped_over():
    association = Association("smb", None, "svcctl")
    long = REQUEST[:8] + (3000).to_bytes(2, "little") + REQUEST[10:24] + bytes(3000 - 24)
    association.read_pipe(BIND, is_request=True)
    association.read_pipe(long[:1000], is_request=True)
    association.read_pipe(long[1000:] + REQUEST[:12] + b"\3\0\0\0" + REQUEST[16:], is_request=True)
    association.end()
    assert [row["dcerpc_request_bytes"] for _, row in association.hand_out()] == [2976, 8]


def test_pipe_that_carries_something_else_is_left_alone():
    association = Association("smb", None, "other")
    association.read_pipe(b"MsFteWds" * 8, is_request=True)
    assert association.hand_out() == []


def test_broken_message_in_a_pipe_is_an_anomaly():
    association = Association("smb", None, "svcctl")
    association.read_pipe(BIND[:40] + bytes(8), is_request=True)
    assert [(table, row["anomaly"]) for table, row in association.hand_out()] == [(ANOMALIES, "RPC bind is cut short")]


@pytest.mark.parametrize("message", [BIND, BIND_ACK, REQUEST, RESPONSE, FAULT])
def test_message_cut_at_any_byte_is_rows_or_malformed(message):
    for cut in range(16, len(message)):
        try:
            told(message[:cut])
        except Malformed:
            continue


def test_message_shorter_than_its_header_is_malformed():
    with pytest.raises(Malformed, match="shorter than its header"):
        Association("dcerpc", None).size_of(BIND[:8] + b"\x0f\0" + BIND[10:], 0)
