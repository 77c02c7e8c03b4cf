"""RDP: one row per connection, from what stands before the encryption."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.rdp import MAX_CHANNELS, TABLE, Rdp
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

FLOW = Flow(1, FiveTuple("10.0.0.5", 50000, "10.0.0.9", 3389, 6))

REQUEST = bytes.fromhex(
    "0300 002b 26 e0 0000 0000 00"  # TPKT, 43 bytes; connection request
    "436f6f6b69653a206d737473686173683d7765626572 0d0a"  # Cookie: mstshash=weber
    "01 00 0800 03000000"  # negotiation: TLS or CredSSP
)
CONFIRM = bytes.fromhex(
    "0300 0013 0e d0 0000 1234 00"  # connection confirm
    "02 0f 0800 02000000"  # CredSSP
)
CONFIRM_RDP = CONFIRM[:15] + bytes(4)
CONFIRM_OLD = bytes.fromhex("0300 000b 06 d0 0000 1234 00")
REFUSAL = bytes.fromhex("0300 0013 0e d0 0000 1234 00 03 00 0800 05000000")

IDENTITY = {
    "protocol": "rdp",
    "identity_kind": "user",
    "identity_evidence": "mstshash cookie",
    "user": "weber",
    "identity_addr": "10.0.0.5",
}
ASKED = {"user": "weber", "rdp_requested": ["TLS", "CredSSP"]}


def data(tag, key, *blocks):
    settings = b"".join(struct.pack("<HH", kind, len(block) + 4) + block for kind, block in blocks)
    user_data = bytes(12) + key + (0x8000 | len(settings)).to_bytes(2, "big") + settings
    conference = tag + b"\x82" + len(user_data).to_bytes(2, "big") + user_data
    message = bytes.fromhex("02 f0 80") + conference
    return b"\3\0" + (len(message) + 4).to_bytes(2, "big") + message


def wide(text, size):
    return text.encode("utf-16-le").ljust(size, b"\0")


def core(keyboard=0x407, version=0x80004):
    return (
        struct.pack("<IHHHHII", version, 1920, 1080, 0xCA01, 0xAA03, keyboard, 19041)
        + wide("PC-17", 32)
        + bytes(90)
        + wide("00330-80000", 64)
    )


def network(*names):
    return struct.pack("<I", len(names)) + b"".join(name.ljust(8, b"\0") + bytes(4) for name in names)


CLIENT_SETTINGS = data(b"\x7f\x65", b"Duca", (0xC001, core()), (0xC003, network(b"rdpdr", b"cliprdr")))
SERVER_SETTINGS = data(b"\x7f\x66", b"McDn", (0x0C01, bytes(8)), (0x0C02, struct.pack("<II", 2, 2)))


def rows(*turns):
    return rows_in_every_cut(Rdp, turns, FLOW)


def test_server_that_chooses_tls_is_handed_over():
    outcome = outcome_of(Rdp(FLOW), [(ORIG, REQUEST), (RESP, CONFIRM), (ORIG, b"\x16\3\1")])
    assert outcome.rows == [(IDENTITIES, IDENTITY), (TABLE, ASKED | {"rdp_security": "CredSSP"})]
    assert outcome.handover is not None
    assert (outcome.handover.to, outcome.rest[ORIG]) == ("tls", b"\x16\3\1")


def test_settings_in_clear_tell_machine_and_channels():
    said = rows((ORIG, REQUEST), (RESP, CONFIRM_RDP), (ORIG, CLIENT_SETTINGS), (RESP, SERVER_SETTINGS))
    assert said == [
        (IDENTITIES, IDENTITY),
        (
            IDENTITIES,
            {
                "protocol": "rdp",
                "identity_kind": "machine",
                "identity_evidence": "MCS Connect Initial",
                "workstation": "PC-17",
                "identity_addr": "10.0.0.5",
            },
        ),
        (
            TABLE,
            ASKED
            | {
                "rdp_security": "RDP",
                "rdp_client_version": "5.0 to 8.1",
                "rdp_width": 1920,
                "rdp_height": 1080,
                "rdp_keyboard": "German",
                "rdp_client_build": 19041,
                "workstation": "PC-17",
                "rdp_product_id": "00330-80000",
                "rdp_channels": ["rdpdr", "cliprdr"],
                "rdp_encryption": "128 bits",
                "rdp_encryption_level": "client compatible",
            },
        ),
    ]


def test_refusal_is_named():
    said = rows((ORIG, REQUEST), (RESP, REFUSAL))
    assert said[-1] == (TABLE, ASKED | {"rdp_failure": "HYBRID_REQUIRED_BY_SERVER"})


def test_old_server_says_nothing_of_security():
    assert rows((ORIG, REQUEST), (RESP, CONFIRM_OLD))[-1] == (TABLE, ASKED | {"rdp_security": "RDP"})


def test_request_without_an_answer_is_told_at_the_end():
    assert rows((ORIG, REQUEST)) == [(IDENTITIES, IDENTITY), (TABLE, ASKED)]


def test_routing_token_is_no_user():
    token = REQUEST[:11] + b"Cookie: msts=3640205228.15629.0000\r\n" + REQUEST[-8:]
    token = token[:2] + len(token).to_bytes(2, "big") + token[4:]
    assert rows((ORIG, token)) == [
        (TABLE, {"rdp_routing_token": "3640205228.15629.0000", "rdp_requested": ["TLS", "CredSSP"]})
    ]


def test_numbers_without_a_name_stay_numbers():
    settings = data(b"\x7f\x65", b"Duca", (0xC001, core(keyboard=0x41E04, version=0x90000)))
    row = rows((ORIG, settings))[-1][1]
    assert (row["rdp_keyboard"], row["rdp_client_version"]) == ("0x00041e04", "0x00090000")


def test_channels_have_a_number():
    settings = data(b"\x7f\x65", b"Duca", (0xC003, network(*[b"x"] * (MAX_CHANNELS + 1))))
    assert len(rows((ORIG, settings))[-1][1]["rdp_channels"]) == MAX_CHANNELS


def test_what_follows_the_settings_is_not_read():
    said = rows((ORIG, REQUEST), (RESP, CONFIRM_RDP), (ORIG, CLIENT_SETTINGS + b"\x00\x05noise"))
    assert ANOMALIES not in [table for table, _ in said]


@pytest.mark.parametrize("payload", [b"\x04\0\0\x10" + bytes(12), b"\3\0\0\6\1\xe0", b"\3\0\0\x0b\6\x50" + bytes(5)])
def test_other_messages_are_malformed(payload):
    assert [table for table, _ in rows((ORIG, payload))] == [ANOMALIES]


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (REQUEST, Match.UNSURE),
        (CONFIRM_OLD, Match.UNSURE),
        (CONFIRM_OLD[:10], Match.NO),
        (b"\3\0\0\x16\x11\x50" + bytes(16), Match.NO),
        (b"\3\1" + REQUEST[2:], Match.NO),
    ],
)
def test_tpkt_alone_is_not_sure(payload, match):
    assert Rdp.probe(payload, ORIG) == match


TURNS = [(ORIG, REQUEST), (RESP, CONFIRM_RDP), (ORIG, CLIENT_SETTINGS), (RESP, SERVER_SETTINGS)]


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_message_cut_at_any_byte_makes_no_fault(number):
    side, said = TURNS[number]
    for cut in range(len(said)):
        for table, row in rows_of(Rdp(FLOW), [*TURNS[:number], (side, said[:cut])]):
            assert set(row) <= set(table.names)


@given(st.integers(0, 3), st.integers(0, 300), st.binary(min_size=1, max_size=6))
def test_noise_makes_no_fault(number, at, noise):
    side, said = TURNS[number]
    said = said[:at] + noise + said[at + len(noise) :]
    for table, row in rows_of(Rdp(FLOW), [*TURNS[:number], (side, said), *TURNS[number + 1 :]]):
        assert set(row) <= set(table.names)
