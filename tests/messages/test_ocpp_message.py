"""OCPP-J messages and what their payloads tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.ocpp_message import (
    CALL,
    CALLERROR,
    CALLRESULT,
    CALLRESULTERROR,
    EVENTS,
    SEND,
    OcppMessage,
    Secret,
    columns_of,
    energy_of,
    read_message,
    secrets_of,
    settings_of,
)
from quivive.model.errors import Malformed

NOON_NS = 1_767_268_800_000_000_000  # 2026-01-01T12:00:00Z


@pytest.mark.parametrize(("text", "message"), [
    (b'[2,"19","Heartbeat",{}]', OcppMessage(CALL, "19", "Heartbeat", {})),
    (b'[3,"19",{"status":"Accepted"}]', OcppMessage(CALLRESULT, "19", "", {"status": "Accepted"})),
    (
        b'[4,"19","NotImplemented","no such thing",{"a":1}]',
        OcppMessage(CALLERROR, "19", "", {}, "NotImplemented", "no such thing"),
    ),
    (b'[5,"19","FormatViolation","",{}]', OcppMessage(CALLRESULTERROR, "19", "", {}, "FormatViolation", None)),
    (b'[6,"20","NotifyPeriodicEventStream",{"id":1}]', OcppMessage(SEND, "20", "NotifyPeriodicEventStream", {"id": 1})),
    (b'[2,19,"Heartbeat",[]]', OcppMessage(CALL, "19", "Heartbeat", {})),  # an id and a payload of the wrong kind
    (b'[3,"19"]', OcppMessage(CALLRESULT, "19", "", {})),
])  # fmt: skip
def test_message_is_read(text, message):
    assert read_message(text) == message


@pytest.mark.parametrize("text", [
    b"{}", b"[]", b"2", b"[2]", b'[7,"1",{}]', b'[true,"1",{}]', b'[2.0,"1","A",{}]', b'[[],"1","A",{}]',
    b'[2,null,"A",{}]', b'[2,"1",{}]', b'[2,"1","",{}]', b"no JSON",
])  # fmt: skip
def test_other_text_is_malformed(text):
    with pytest.raises(Malformed):
        read_message(text)


@pytest.mark.parametrize(("action", "payload", "row"), [
    (
        "BootNotification",  # 1.6
        {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": "S", "firmwareVersion": "1.2"},
        {"vendor": "V", "model": "M", "serial": "S", "firmware_version": "1.2"},
    ),
    (
        "BootNotification",  # 2.0.1
        {"reason": "LocalReset", "chargingStation": {"vendorName": "V", "model": "M", "serialNumber": "S"}},
        {"vendor": "V", "model": "M", "serial": "S", "reason": "LocalReset"},
    ),
    (
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "OtherError",
            "status": "Faulted",
            "info": "door open",
            "vendorErrorCode": "E7",
            "vendorId": "V",
            "timestamp": "2026-01-01T12:00:00Z",
        },
        {
            "connector_id": 1,
            "ocpp_error_code": "OtherError",
            "ocpp_status": "Faulted",
            "info": "door open",
            "vendor_error_code": "E7",
            "vendor": "V",
            "sender_ts_ns": NOON_NS,
        },
    ),
    (
        "StartTransaction",
        {"connectorId": 2, "idTag": "04A1B2C3", "meterStart": 100, "timestamp": "2026-01-01T12:00:00Z"},
        {"connector_id": 2, "id_tag": "04A1B2C3", "meter_wh": 100.0, "sender_ts_ns": NOON_NS},
    ),
    (
        "StartTransaction",  # its result
        {"idTagInfo": {"status": "Accepted"}, "transactionId": 77},
        {"ocpp_status": "Accepted", "transaction_id": "77"},
    ),
    (
        "TransactionEvent",
        {
            "eventType": "Ended",
            "triggerReason": "StopAuthorized",
            "transactionInfo": {"transactionId": "t-1", "stoppedReason": "Local", "chargingState": "Idle"},
            "evse": {"id": 3, "connectorId": 1},
            "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"},
            "meterValue": [{"sampledValue": [{"value": 1.5, "unitOfMeasure": {"unit": "kWh"}}]}],
        },
        {
            "transaction_event": "Ended",
            "reason": "Local",
            "transaction_id": "t-1",
            "ocpp_status": "Idle",
            "evse_id": 3,
            "connector_id": 1,
            "id_tag": "04A1B2C3",
            "id_tag_type": "ISO14443",
            "meter_wh": 1500.0,
        },
    ),
    (
        "SecurityEventNotification",
        {"type": "MaintenanceLoginAccepted", "techInfo": "{'user':'jdoe','origin':'local'}"},
        {
            "security_event": "MaintenanceLoginAccepted",
            "tech_info": "{'user':'<user>','origin':'local'}",
            "user": "jdoe",
        },
    ),
    ("Reset", {"type": "Hard"}, {"asked_for": "Hard"}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, {"asked_for": "Heartbeat"}),
    (
        "GetDiagnostics",
        {"location": "ftp://bob:secret@files.example/up?token=abc"},
        {"url": "ftp://***@files.example/up?token=***"},
    ),
    ("GetDiagnostics", {"fileName": "diag.zip"}, {"file_name": "diag.zip"}),
    ("SignedUpdateFirmware", {"firmware": {"location": "http://fw.example/1.bin"}}, {"url": "http://fw.example/1.bin"}),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "secret"}, {"config_keys": ["AuthorizationKey"]}),
    (
        "DataTransfer",
        {"vendorId": "V", "messageId": "m", "data": "abc"},
        {"vendor": "V", "vendor_message": "m", "data_bytes": 3},
    ),
    (
        "SetNetworkProfile",
        {"connectionData": {"ocppCsmsUrl": "ws://c.example/", "securityProfile": 0}},
        {"url": "ws://c.example/", "security_profile": 0},
    ),
    (
        "NotifyEvent",
        {
            "eventData": [
                {"component": {"name": "Door"}, "variable": {"name": "Open"}, "actualValue": "true"},
                {"component": {"name": "Tilt"}, "variable": {}, "actualValue": "1", "techCode": "T1"},
            ]
        },
        {"info": "Door.Open=true; Tilt=1", "vendor_error_code": "T1"},
    ),
    ("Heartbeat", {"currentTime": "2026-01-01T12:00:00Z"}, {"sender_ts_ns": NOON_NS}),
    ("Heartbeat", {"interval": "x", "status": [1], "idToken": {"idToken": {}}, "connectorId": 2**70}, {}),
])  # fmt: skip
def test_payload_fills_its_columns(action, payload, row):
    assert columns_of(action, payload) == row


def test_events_are_told_up_to_a_number():
    events = [{"component": {"name": "C"}, "variable": {"name": "V"}, "actualValue": str(n)} for n in range(EVENTS + 1)]
    assert columns_of("NotifyEvent", {"eventData": events})["info"].count(";") == EVENTS - 1


@pytest.mark.parametrize(("payload", "wh"), [
    ({"meterStop": 5, "meterStart": 1}, 5.0),
    ({"meterValue": [{"sampledValue": [{"value": "1"}]}, {"sampledValue": [{"value": "2"}]}]}, 2.0),
    ({"meterValue": [{"sampledValue": [{"value": "2"}, {"value": "9", "measurand": "SoC"}]}]}, 2.0),
    ({"transactionData": [{"sampledValue": [{"value": "1.5", "unit": "kWh"}]}]}, 1500.0),
    ({"meterValue": [{"sampledValue": [{"value": 2, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}]}]}, 2000.0),
    ({"meterValue": [{"sampledValue": [{"value": 2, "unitOfMeasure": {"multiplier": 10}}]}]}, None),
    ({"meterValue": [{"sampledValue": [{"value": "2", "unit": "kvarh"}]}]}, None),
    ({"meterValue": [7, {"sampledValue": ["x", {"value": "SGVsbG8="}]}]}, None),
    ({}, None),
])  # fmt: skip
def test_energy_is_the_last_register(payload, wh):
    assert energy_of(payload) == wh


def test_settings_are_named_in_every_version():
    assert list(settings_of({"key": ["A", "B", 3]})) == ["A", "B", "3"]
    data = [{"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": "x"}]
    assert list(settings_of({"setVariableData": data})) == ["SecurityCtrlr.BasicAuthPassword"]


@pytest.mark.parametrize(("payload", "secrets"), [
    ({"key": "AuthorizationKey", "value": "0123"}, [Secret(None, "AuthorizationKey", 4)]),
    ({"key": "HeartbeatInterval", "value": "300"}, []),
    ({"location": "ftp://bob:secret@a.example"}, [Secret("bob", "URL", 6)]),
    (
        {"setVariableData": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": "abc"}]},
        [Secret(None, "BasicAuthPassword", 3)],
    ),
    (
        {"connectionData": {"apn": {"apnUserName": "a", "apnPassword": "abc"}, "vpn": {"user": "v", "password": "x"}}},
        [Secret("a", "apnPassword", 3), Secret("v", "password", 1)],
    ),
    ({"connectionData": {"apn": 7}}, []),
])  # fmt: skip
def test_secrets_are_counted_not_kept(payload, secrets):
    assert list(secrets_of(payload)) == secrets


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["key", "value", "eventData", "meterValue", "sampledValue", "idToken", "connectionData", "apn", "techInfo",
             "timestamp", "location", "status", "unitOfMeasure", "setVariableData", "component", "name", "data"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_payload_is_read(payload):
    if isinstance(payload, dict):
        columns_of("Reset", payload)
        list(secrets_of(payload))
