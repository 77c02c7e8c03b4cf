"""Modbus over TCP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES
from quivive.protocols.modbus import LARGEST, OPEN_REQUESTS, TABLE, Modbus
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of


def adu(message, number=1, unit=1):
    message = bytes.fromhex(message)
    return number.to_bytes(2, "big") + b"\0\0" + (len(message) + 1).to_bytes(2, "big") + bytes([unit]) + message


READ = adu("03 00 6b 00 03")
REGISTERS = adu("03 06 02 2b 00 00 00 64")


def test_read_and_its_response():
    assert rows_in_every_cut(Modbus, [(ORIG, READ), (RESP, REGISTERS)]) == [
        (
            TABLE,
            {
                "is_request": True,
                "modbus_transaction": 1,
                "unit_id": 1,
                "function_code": 3,
                "function_name": "Read Holding Registers",
                "modbus_address": 107,
                "modbus_quantity": 3,
            },
        ),
        (
            TABLE,
            {
                "is_request": False,
                "modbus_transaction": 1,
                "unit_id": 1,
                "function_code": 3,
                "function_name": "Read Holding Registers",
                "modbus_address": 107,
                "modbus_quantity": 3,
                "round_trip_ms": 1.0,
            },
        ),
    ]


@pytest.mark.parametrize(("message", "address", "quantity", "values"), [
    ("05 00 ac ff 00", 172, 1, "1"),
    ("05 00 ac 00 00", 172, 1, "0"),
    ("06 00 01 00 03", 1, 1, "3"),
    ("0f 00 13 00 0a 02 cd 01", 19, 10, "1,0,1,1,0,0,1,1,1,0"),
    ("10 00 01 00 02 04 00 0a 01 02", 1, 2, "10,258"),
    ("16 00 04 00 f2 00 25", 4, 1, "and 0x00f2 or 0x0025"),
    ("17 00 03 00 06 00 0e 00 03 06 00 ff 00 ff 00 ff", 14, 3, "255,255,255"),
])  # fmt: skip
def test_writes_tell_their_values(message, address, quantity, values):
    ((_, row),) = rows_in_every_cut(Modbus, [(ORIG, adu(message))])
    assert (row["modbus_address"], row["modbus_quantity"], row["written_values"]) == (address, quantity, values)


def test_refusal_names_its_reason():
    ((_, row),) = rows_in_every_cut(Modbus, [(RESP, adu("83 02"))])
    assert (row["function_code"], row["exception_code"], row["exception_text"]) == (3, 2, "Illegal data address")


def test_device_tells_what_it_is():
    asked = adu("2b 0e 01 00")
    told = adu("2b 0e 01 01 00 00 02  00 04 41 63 6d 65  01 03 45 4d 31")  # "Acme", "EM1"
    (_, request), (_, response) = rows_in_every_cut(Modbus, [(ORIG, asked), (RESP, told)])
    assert (request["subfunction"], response["device_identity"]) == (14, "Acme EM1")
    ((_, server),) = rows_of(Modbus, [(RESP, adu("11 04 45 4d 31 ff"))])
    assert server["device_identity"] == "EM1\\xff"


def test_diagnostic_tells_which():
    ((_, row),) = rows_of(Modbus, [(ORIG, adu("08 00 01 00 00"))])
    assert (row["function_name"], row["subfunction"]) == ("Diagnostics", 1)


def test_unknown_function_has_a_row():
    ((_, row),) = rows_of(Modbus, [(ORIG, adu("64 01"))])
    assert (row["function_code"], "function_name" in row) == (100, False)


def test_client_is_told_by_the_port_where_the_capture_began_late():
    flow = Flow(1, FiveTuple("192.0.2.2", 502, "192.0.2.1", 50000, 6))
    assert [row["is_request"] for _, row in rows_of(Modbus(flow), [(ORIG, REGISTERS), (RESP, READ)])] == [False, True]


def test_response_without_its_request_knows_no_place():
    ((_, row),) = rows_of(Modbus, [(RESP, REGISTERS)])
    assert "modbus_address" not in row


def test_requests_beyond_the_limit_are_forgotten():
    asked = b"".join(adu("03 00 6b 00 03", number) for number in range(OPEN_REQUESTS))
    first = (RESP, adu("03 02 00 01", 0))
    assert "round_trip_ms" in rows_of(Modbus, [(ORIG, asked), first])[-1][1]
    assert "round_trip_ms" not in rows_of(Modbus, [(ORIG, asked + adu("03 00 6b 00 03", 999)), first])[-1][1]


def test_function_cut_short_is_an_anomaly_and_the_next_message_is_read():
    rows = rows_in_every_cut(Modbus, [(ORIG, adu("03 00") + READ)])
    assert [table.name for table, _ in rows] == ["modbus", "anomalies", "modbus"]
    assert rows[1] == (ANOMALIES, {"place": "modbus", "anomaly": "function data is cut short"})


@pytest.mark.parametrize("head", ["00 01 00 01 00 06", "00 01 00 00 00 01", "00 01 00 00 04 01"])
def test_broken_header_is_an_anomaly(head):
    rows = rows_in_every_cut(Modbus, [(ORIG, bytes.fromhex(head) + bytes(LARGEST + 1))])
    assert rows == [(ANOMALIES, {"place": "modbus", "anomaly": "no Modbus header"})]


def test_longest_message_is_read():
    assert len(rows_of(Modbus, [(ORIG, adu("64" + "00" * (LARGEST - 2)))])) == 1


@pytest.mark.parametrize(("payload", "side", "match"), [
    (READ, ORIG, Match.YES),
    (READ + READ, ORIG, Match.YES),
    (REGISTERS, RESP, Match.YES),
    (adu("83 02"), RESP, Match.YES),
    (adu("10 00 01 00 02 04 00 0a 01 02"), ORIG, Match.YES),
    (adu("2b 0e 01 00"), ORIG, Match.UNSURE),
    (adu("64 01"), ORIG, Match.UNSURE),
    (READ + b"\0", ORIG, Match.NO),
    (READ[:-1], ORIG, Match.NO),
    (adu("03 00 6b 00"), ORIG, Match.NO),
    (adu("83 07"), RESP, Match.NO),
    (bytes(12), ORIG, Match.NO),
    (b"GET / HTTP/1.1\r\n\r\n", ORIG, Match.NO),
    (b"", ORIG, Match.NO),
])  # fmt: skip
def test_probe_is_strict(payload, side, match):
    assert Modbus.probe(payload, side) is match


TALK = READ + adu("10 00 01 00 02 04 00 0a 01 02") + adu("2b 0e 01 00")


def test_every_truncation_gives_rows():
    for size in range(len(TALK)):
        rows_of(Modbus, [(ORIG, TALK[:size]), (RESP, TALK[:size])])


@given(at=st.integers(0, len(TALK)), noise=st.binary(max_size=30), chunk=st.integers(1, 20))
def test_noise_is_read_alike_in_every_cut(at, noise, chunk):
    turns = [(ORIG, TALK[:at] + noise + TALK[at:]), (RESP, REGISTERS + noise + REGISTERS)]
    assert rows_of(Modbus, turns, chunk=chunk) == rows_of(Modbus, turns)
    assert Modbus.probe(noise, ORIG) in tuple(Match)
