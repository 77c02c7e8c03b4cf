"""OCPP over WebSocket."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.messages.websocket_frames import unmask
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.ocpp import OPEN_CALLS, TABLE, Ocpp, station_of
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

MASK = bytes.fromhex("37 fa 21 3d")
GIVEN = {"path": "/ocpp/CP%2F13", "subprotocol": "ocpp1.6", "extensions": "", "host": "c.example"}


def frame(payload, *, first=0x81, is_masked):
    size = len(payload)
    extended = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    head = bytes([first, extended[0] | is_masked << 7]) + extended[1:]
    return head + MASK + unmask(payload, MASK) if is_masked else head + payload


def station(*message):
    return ORIG, frame(json.dumps(message).encode(), is_masked=True)


def system(*message):
    return RESP, frame(json.dumps(message).encode(), is_masked=False)


def told(turns, given=GIVEN):
    return [row for table, row in rows_in_every_cut(Ocpp, turns, Flow(given=given)) if table is TABLE]


def test_call_and_result_become_a_row_each():
    turns = [
        station(2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
        system(3, "1", {"status": "Accepted", "currentTime": "2026-01-01T12:00:00Z", "interval": 300}),
    ]
    assert told(turns) == [
        {
            "station": "CP/13",
            "ocpp_version": "ocpp1.6",
            "message_type": "CALL",
            "message_id": "1",
            "action": "BootNotification",
            "from_station": True,
            "vendor": "V",
            "model": "M",
            "ocpp_bytes": 81,
        },
        {
            "station": "CP/13",
            "ocpp_version": "ocpp1.6",
            "message_type": "CALLRESULT",
            "message_id": "1",
            "action": "BootNotification",
            "from_station": False,
            "round_trip_ms": 1.0,
            "ocpp_status": "Accepted",
            "heartbeat_s": 300,
            "sender_ts_ns": 1_767_268_800_000_000_000,
            "ocpp_bytes": 88,
        },
    ]


def test_answers_belong_to_the_calls_of_the_other_side():
    turns = [
        station(2, "7", "Heartbeat", {}),
        system(2, "7", "Reset", {"type": "Hard"}),
        station(3, "7", {"status": "Accepted"}),
        system(4, "7", "InternalError", "sorry", {}),
        system(5, "7", "FormatViolation", "odd result", {}),
    ]
    assert [(row["action"], row.get("error_code")) for row in told(turns)] == [
        ("Heartbeat", None),
        ("Reset", None),
        ("Reset", None),
        ("Heartbeat", "InternalError"),
        ("Reset", "FormatViolation"),
    ]


def test_answer_without_its_call_has_no_action():
    (row,) = told([system(3, "1", {"status": "Accepted"})])
    assert "action" not in row
    assert "round_trip_ms" not in row


def test_calls_beyond_the_limit_are_forgotten():
    calls = [station(2, str(n), "Heartbeat", {}) for n in range(2 * OPEN_CALLS)]
    rows = rows_of(Ocpp, [*calls, system(3, "0", {})])
    assert rows[-1][1]["action"] == "Heartbeat"
    rows = rows_of(Ocpp, [*calls, station(2, "last", "Heartbeat", {}), system(3, "0", {})])
    assert "action" not in rows[-1][1]


def test_compressed_messages_are_inflated_with_the_context_of_their_direction():
    turns = []
    packers = {side: zlib.compressobj(6, zlib.DEFLATED, -15) for side in (ORIG, RESP)}
    for number in range(3):
        for side, message in ((ORIG, [2, str(number), "Heartbeat", {}]), (RESP, [3, str(number), {}])):
            packed = packers[side].compress(json.dumps(message).encode()) + packers[side].flush(zlib.Z_SYNC_FLUSH)
            turns.append((side, frame(packed[:-4], first=0xC1, is_masked=side is ORIG)))
    assert [row["action"] for row in told(turns, GIVEN | {"extensions": "permessage-deflate"})] == ["Heartbeat"] * 6


def test_login_at_the_kiosk_is_an_identity():
    tech_info = "{'user':'jdoe','origin':'local'}"
    turns = [station(2, "1", "SecurityEventNotification", {"type": "MaintenanceLoginAccepted", "techInfo": tech_info})]
    (_, row), identity = rows_of(Ocpp(Flow(given=GIVEN)), turns)
    assert (row["user"], row["tech_info"]) == ("jdoe", "{'user':'<user>','origin':'local'}")
    assert identity == (
        IDENTITIES,
        {
            "protocol": "ocpp",
            "user": "jdoe",
            "identity_kind": "user",
            "workstation": "CP/13",
            "identity_evidence": "MaintenanceLoginAccepted",
        },
    )


def test_secret_in_a_command_is_a_credential():
    turns = [system(2, "1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "s3cr3t-s3cr3t"})]
    (_, row), (table, credential) = rows_of(Ocpp(Flow(given=GIVEN)), turns)
    assert (table, credential) == (
        CREDENTIALS,
        {
            "protocol": "ocpp",
            "user": "CP/13",
            "login_method": "ChangeConfiguration AuthorizationKey",
            "secret_mask": "8-15 characters",
        },
    )
    assert "s3cr3t" not in str(row)


def test_control_frames_and_binary_messages_are_passed_over():
    assert (
        rows_of(Ocpp, [(ORIG, frame(b"hi", first=0x89, is_masked=True) + frame(b"hi", first=0x82, is_masked=True))])
        == []
    )


@pytest.mark.parametrize(("payload", "anomaly"), [
    (b"hello", "text is not JSON"),
    (b"[9]", "text is no OCPP message"),
    (b"[" * 40, "JSON is nested too deeply"),
])  # fmt: skip
def test_odd_text_is_an_anomaly_and_the_next_message_is_read(payload, anomaly):
    rows = rows_of(Ocpp, [(RESP, frame(payload, is_masked=False)), system(3, "1", {})])
    assert rows[0] == (ANOMALIES, {"place": "ocpp", "anomaly": anomaly})
    assert rows[1][0] is TABLE


def test_long_message_is_an_anomaly_and_not_kept():
    half = frame(b" " * 60_000, first=0x01, is_masked=False) + frame(b" " * 60_000, first=0x00, is_masked=False) * 4
    rows = rows_of(Ocpp, [(RESP, half + frame(b"", first=0x80, is_masked=False))])
    assert rows == [(ANOMALIES, {"place": "ocpp", "anomaly": "message is longer than what is kept"})]


def test_message_in_a_gap_is_lost_and_the_next_is_read():
    side, said = system(3, "1", {})
    assert len(rows_of(Ocpp, [(side, said[:4]), (side, len(said) - 4), (side, said)])) == 1


@pytest.mark.parametrize(("path", "station"), [
    ("/ocpp/CS1", "CS1"),
    ("/CS%2F1?x=/y", "CS/1"),
    ("/a/b/", "b"),
    ("", ""),
    ("/%ff", "\\xff"),
])  # fmt: skip
def test_station_is_the_end_of_the_path(path, station):
    assert station_of(path) == station


def test_probe_wants_a_call():
    boot, text = station(2, "1", "BootNotification", {})[1], frame(b"hello world, hello", is_masked=True)
    assert (Ocpp.probe(boot, ORIG), Ocpp.probe(boot, RESP), Ocpp.probe(text, ORIG)) == (Match.YES, Match.NO, Match.NO)


CALLS = station(2, "1", "Heartbeat", {})[1] * 3


@given(at=st.integers(0, len(CALLS)), noise=st.binary(max_size=30), chunk=st.integers(1, 40))
def test_noise_is_read_alike_in_every_cut(at, noise, chunk):
    turns = [(ORIG, CALLS[:at] + noise + CALLS[at:])]
    assert rows_of(Ocpp, turns, chunk=chunk) == rows_of(Ocpp, turns)


def test_every_truncation_gives_rows():
    for size in range(len(CALLS)):
        rows_of(Ocpp, [(ORIG, CALLS[:size])])
