import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.opcua import MAX_CHUNK, OPCUA, POLICY, Opcua
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of


def text(value):
    return len(value).to_bytes(4, "little") + value.encode()


def chunk(kind, body):
    return kind + b"F" + (8 + len(body)).to_bytes(4, "little") + body


HELLO = chunk(b"HEL", bytes(20) + text("opc.tcp://192.0.2.1:4840"))
KNOWN = chunk(b"ACK", bytes(20))
OPEN = chunk(b"OPN", bytes.fromhex("07000000") + text(POLICY + "Basic256Sha256") + b"\xff" * 8 + bytes(40))
MESSAGE = chunk(b"MSG", bytes.fromhex("07000000") + bytes(60))
REFUSED = chunk(b"ERR", bytes.fromhex("00007d80") + text("busy"))
CLOSE = chunk(b"CLO", bytes.fromhex("07000000") + bytes(20))
REVERSE = chunk(b"RHE", text("urn:a") + text("opc.tcp://a:1"))


def test_a_connection_tells_its_address_and_how_it_is_secured():
    rows = rows_in_every_cut(Opcua, [(ORIG, HELLO), (RESP, KNOWN), (ORIG, OPEN + MESSAGE + MESSAGE + CLOSE)])
    assert rows == [
        (OPCUA, {"is_orig": True, "opcua_message": "hello", "opcua_endpoint": "opc.tcp://192.0.2.1:4840"}),
        (OPCUA, {"is_orig": False, "opcua_message": "acknowledge"}),
        (
            OPCUA,
            {"is_orig": True, "opcua_message": "open channel", "opcua_channel": 7, "opcua_policy": "Basic256Sha256"},
        ),
        (OPCUA, {"is_orig": True, "opcua_message": "message", "opcua_channel": 7}),
        (OPCUA, {"is_orig": True, "opcua_message": "close channel", "opcua_channel": 7}),
    ]


def test_an_error_and_a_server_that_calls_are_told():
    ((_, row),) = rows_of(Opcua, [(RESP, REFUSED)])
    assert (row["opcua_error"], row["opcua_reason"]) == (0x807D0000, "busy")
    ((_, row),) = rows_of(Opcua, [(RESP, REVERSE)])
    assert row["opcua_endpoint"] == "opc.tcp://a:1"


@pytest.mark.parametrize("size", [7, MAX_CHUNK + 1])
def test_a_length_out_of_bounds_is_malformed(size):
    assert rows_of(Opcua, [(ORIG, b"HELF" + size.to_bytes(4, "little") + bytes(20))])[0][0] is ANOMALIES


def test_a_port_proves_nothing():
    assert Opcua.probe(HELLO, Side.ORIGINATOR) is Match.NO


def test_cut_short_it_is_malformed_at_the_end():
    for size in range(1, len(HELLO)):
        assert rows_of(Opcua, [(ORIG, HELLO[:size])])[0][0] is ANOMALIES


@given(noise=st.binary(min_size=1, max_size=80), kind=st.sampled_from([b"HEL", b"ERR", b"OPN", b"RHE", b"MSG"]))
def test_noise_gives_rows(noise, kind):
    rows_of(Opcua, [(ORIG, noise)])
    rows_of(Opcua, [(ORIG, chunk(kind, noise))])
