"""SMB: messages behind NetBIOS headers, whichever of its versions they are of."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.messages.smb.session import SMB
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.tables import ANOMALIES
from quivive.protocols.smb import Smb
from tests.messages.smb.smb_messages import (
    ORIG,
    RESP,
    SESSION,
    asked,
    create_answer,
    create_request,
    frame,
    negotiate_request,
    read_answer,
    read_request,
    told,
    told1,
    tree_connect_answer,
    tree_connect_request,
)
from tests.messages.smb.test_smb1 import OPEN as OPEN_IN_SMB1
from tests.messages.smb.test_smb2_bodies import PIPE
from tests.protocols.stream_driver import rows_in_every_cut, rows_of

CREATE = bytes.fromhex(
    "00 000084"  # NetBIOS session message, 132 bytes
    "fe534d42 4000 0100 00000000 0500 0100"  # SMB2 header, CREATE request
    "00000000 00000000 0200000000000000"  # flags, no further message, number 2
    "fffe0000 05000000 4100000000400000"  # process, tree 5, session
    "00000000000000000000000000000000"  # signature
    "3900 00 00 02000000 0000000000000000 0000000000000000"  # oplock, impersonation
    "89001200 80000000 07000000 01000000 00000000"  # read access, open
    "7800 0a00 00000000 00000000"  # name of 10 bytes at 120
    "61002e00640077006700 0000"  # a.dwg
)

ENCRYPTED = frame(b"\xfdSMB" + bytes(40) + struct.pack("<q", SESSION) + bytes(100))
SESSION_REQUEST = bytes.fromhex(
    "81 000044"  # NetBIOS session request, 68 bytes
    "20 4547464443414341434143414341434143414341434143414341434143414341 00"  # FS (letters A to P, two a byte)
    "20 4641454443414341434143414341434143414341434143414341434143414141 00"  # PC
)
KNOWN = {"version": "2", "smb_session_id": SESSION}


def test_literal_request_is_read():
    assert rows_in_every_cut(Smb, [(ORIG, CREATE)]) == [
        (SMB, KNOWN | {"command": "CREATE", "file_name": "a.dwg", "smb_action": "open", "smb_access": ["read"]})
    ]


def test_encrypted_messages_are_counted():
    assert rows_in_every_cut(Smb, [(ORIG, ENCRYPTED), (RESP, ENCRYPTED)]) == [
        (
            SMB,
            {
                "version": "3",
                "command": "ENCRYPTED",
                "smb_session_id": SESSION,
                "n_requests": 2,
                "smb_hidden_bytes": 304,
            },
        )
    ]


def compressed(offset, flags=0):
    return frame(b"\xfcSMB" + struct.pack("<IHHI", 500, 1, flags, offset) + bytes(84))


def test_compressed_messages_are_counted():
    assert rows_in_every_cut(Smb, [(ORIG, compressed(84))]) == [
        (SMB, {"version": "3", "command": "COMPRESSED", "n_requests": 1, "smb_hidden_bytes": 100})
    ]


def test_compressed_data_behind_its_message_is_an_anomaly():
    (anomaly, _) = rows_in_every_cut(Smb, [(ORIG, compressed(85))])
    assert anomaly == (
        ANOMALIES,
        {
            "place": "smb",
            "anomaly": "compressed data begins behind its message",
            "detail": "offset 85 in a message of 100 bytes",
        },
    )


def test_netbios_session_names_both_machines():
    turns = [(ORIG, SESSION_REQUEST), (RESP, b"\x82\0\0\0"), (ORIG, b"\x85\0\0\0")]
    assert rows_in_every_cut(Smb, turns) == [
        (SMB, {"command": "NETBIOS SESSION REQUEST", "host": "FS", "workstation": "PC"}),
        (SMB, {"command": "NETBIOS SESSION ACCEPTED"}),
    ]


def test_netbios_message_of_no_known_kind_is_malformed():
    assert rows_of(Smb, [(ORIG, b"\x77\0\0\0abcd")]) == [
        (ANOMALIES, {"place": "smb", "anomaly": "no NetBIOS session message"})
    ]


def test_message_behind_a_gap_is_found():
    turns = [(ORIG, 700), (ORIG, b"\0\0\1rest of a message" * 9 + CREATE + CREATE)]
    assert [row["command"] for _, row in rows_of(Smb, turns)] == ["CREATE"]
    assert rows_of(Smb, turns, chunk=3) == rows_of(Smb, turns)


def test_broken_message_is_an_anomaly_and_the_next_is_read():
    broken = CREATE[:8] + b"\x41" + CREATE[9:]
    said = rows_in_every_cut(Smb, [(ORIG, broken + CREATE)])
    assert [(table, row.get("anomaly")) for table, row in said] == [
        (ANOMALIES, "SMB2 header has the wrong size"),
        (SMB, None),
    ]


def test_raw_content_of_smb1_is_stepped_over():
    raw = (RESP, frame(b"content without a header"))
    assert [table for table, _ in rows_in_every_cut(Smb, [*OPEN_IN_SMB1, raw])] == [SMB]
    assert [table for table, _ in rows_in_every_cut(Smb, [(ORIG, CREATE), raw])] == [ANOMALIES, SMB]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (CREATE, Match.YES),
        (told1(0x2B)[1], Match.YES),
        (ENCRYPTED, Match.YES),
        (SESSION_REQUEST, Match.UNSURE),
        (b"\x85\0\0\0", Match.UNSURE),
        (b"GET / HTTP/1.1\r\n", Match.NO),
        (b"\x81\x05\0\0", Match.NO),
        (b"\x01\0\0\x20" + CREATE[4:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_magic_behind_a_netbios_header_is_sure(payload, match):
    assert Smb.probe(payload, ORIG) == match


CONVERSATION = [
    asked(0, negotiate_request(0x0202, 0x0300), session=0),
    asked(3, tree_connect_request("\\\\fs1\\plans")),
    told(3, tree_connect_answer()),
    asked(5, create_request("a.dwg"), number=2),
    told(5, create_answer(), number=2),
    asked(8, read_request(0, 100), number=3),
    told(8, read_answer(bytes(100)), number=3),
    *PIPE,
    *OPEN_IN_SMB1,
    (ORIG, SESSION_REQUEST),
]


@pytest.mark.parametrize("number", range(len(CONVERSATION)))
def test_message_cut_at_any_byte_makes_no_fault(number):
    side, said = CONVERSATION[number]
    before = CONVERSATION[:number]
    for cut in range(len(said)):
        for table, row in rows_of(Smb, [*before, (side, said[:cut]), (side, 1), (side, CREATE)]):
            assert set(row) <= set(table.names)


@given(st.integers(0, len(CONVERSATION) - 1), st.integers(0, 200), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(number, at, noise):
    side, said = CONVERSATION[number]
    said = said[:at] + noise + said[at + len(noise) :]
    try:
        for table, row in rows_of(Smb, [*CONVERSATION[:number], (side, said), *CONVERSATION[number + 1 :]]):
            assert set(row) <= set(table.names)
    except (Malformed, NeedMoreData) as error:
        raise AssertionError("errors must not leave the driver") from error
