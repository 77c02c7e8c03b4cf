"""Messages of OCPP-J (Open Charge Point Protocol, JSON: 1.6, 2.0.1, 2.1) and what their payloads tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from quivive.messages.bounded_json import at, float_of, int_of, loads, text_of, time_ns_of
from quivive.messages.http.login import mask_uri
from quivive.messages.wire_text import cut
from quivive.model.errors import Malformed
from quivive.model.limits import LIST_ITEMS

CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND = 2, 3, 4, 5, 6
MESSAGE_TYPES = {
    CALL: "CALL",
    CALLRESULT: "CALLRESULT",
    CALLERROR: "CALLERROR",
    CALLRESULTERROR: "CALLRESULTERROR",  # this and SEND since 2.1
    SEND: "SEND",
}

Path = tuple[str | int, ...]

TEXTS: dict[str, tuple[Path, ...]] = {
    "ocpp_status": (
        ("status",),
        ("connectorStatus",),
        ("idTagInfo", "status"),
        ("idTokenInfo", "status"),
        ("transactionInfo", "chargingState"),
        ("reservationUpdateStatus",),
        ("operationalStatus",),
    ),
    "ocpp_error_code": (("errorCode",),),
    "vendor_error_code": (("vendorErrorCode",), ("eventData", -1, "techCode")),
    "info": (("info",), ("statusInfo", "additionalInfo")),
    "id_tag": (("idTag",), ("idToken", "idToken"), ("idToken",)),
    "id_tag_type": (("idToken", "type"),),
    "transaction_id": (("transactionId",), ("transactionInfo", "transactionId")),
    "transaction_event": (("eventType",),),
    "reason": (
        ("reason",),
        ("transactionInfo", "stoppedReason"),
        ("triggerReason",),
        ("statusInfo", "reasonCode"),
    ),
    "firmware_version": (("firmwareVersion",), ("chargingStation", "firmwareVersion")),
    "vendor": (("chargePointVendor",), ("chargingStation", "vendorName"), ("vendorId",)),
    "model": (("chargePointModel",), ("chargingStation", "model")),
    "serial": (("chargePointSerialNumber",), ("chargeBoxSerialNumber",), ("chargingStation", "serialNumber")),
    "vendor_message": (("messageId",),),
    "file_name": (("fileName",), ("filename",)),
    "asked_for": (
        ("requestedMessage",),
        ("reportBase",),
        ("logType",),
        ("certificateType",),
        ("updateType",),
    ),
}
"""Where each text column is found, in any version; the first that is there counts."""

NUMBERS: dict[str, tuple[Path, ...]] = {
    "connector_id": (("connectorId",), ("evse", "connectorId")),
    "evse_id": (("evseId",), ("evse", "id")),
    "heartbeat_s": (("interval",),),
    "security_profile": (("connectionData", "securityProfile"),),
}

TIMES: tuple[Path, ...] = (
    ("timestamp",),
    ("currentTime",),
    ("meterValue", -1, "timestamp"),
    ("eventData", -1, "timestamp"),
)

URLS: tuple[Path, ...] = (
    ("location",),
    ("firmware", "location"),
    ("log", "remoteLocation"),
    ("connectionData", "ocppCsmsUrl"),
    ("ocspRequestData", "responderURL"),
)

WITH_KIND = ("Reset", "ChangeAvailability")
"""Commands whose `type` says how they are meant."""

SETTINGS = ("setVariableData", "getVariableData", "componentVariable")

REGISTER = "Energy.Active.Import.Register"
"""What a meter value is unless it says otherwise (OCPP 1.6, 7.31)."""

EVENTS = 16
"""Events of one NotifyEvent that are told; a station bundles a few."""

SECRET_SETTING = re.compile(r"password|authorizationkey|simpin|sharedkey", re.IGNORECASE)

TECH_USER = re.compile(r"""(['"]user['"]\s*:\s*)(['"])(.*?)\2""")
"""A log-in at the kiosk names its user thus, often in single quotes, which is no JSON (OCPP 2.0.1, appendix 1)."""

URL_LOGIN = re.compile(r"://([^/?#\s:@]*):([^/?#\s@]*)@")


class OcppMessage(NamedTuple):
    """One message; `action` is empty in answers, `error_code` and `error_description` in all but errors."""

    type: int
    id: str
    action: str
    payload: dict[str, Any]
    error_code: str | None = None
    error_description: str | None = None


class Secret(NamedTuple):
    """A secret that a payload carries: whose, how it is called, how long it is."""

    user: str | None
    method: str
    size: int


def read_message(text: bytes) -> OcppMessage:
    """Read a message: an array of its type, its id and what the type says (OCPP-J 1.6, 4.2)."""
    array = loads(text)
    kind, number = at(array, 0), text_of(at(array, 1))
    if not isinstance(kind, int) or kind not in MESSAGE_TYPES or number is None:
        raise Malformed("text is no OCPP message", 0)
    if kind in (CALL, SEND):
        action = text_of(at(array, 2))
        if action is None:
            raise Malformed("OCPP call without an action", 0)
        return OcppMessage(kind, number, action, _object(at(array, 3)))
    if kind == CALLRESULT:
        return OcppMessage(kind, number, "", _object(at(array, 2)))
    return OcppMessage(kind, number, "", {}, text_of(at(array, 2)), text_of(at(array, 3)))


def columns_of(action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that a payload fills; passwords and settings' values are never among them."""
    row: dict[str, Any] = {name: text_of(_first(payload, paths)) for name, paths in TEXTS.items()}
    row |= {name: int_of(_first(payload, paths)) for name, paths in NUMBERS.items()}
    if action in WITH_KIND:
        row["asked_for"] = text_of(at(payload, "type"))
    row["sender_ts_ns"] = time_ns_of(_first(payload, TIMES))
    row["meter_wh"] = energy_of(payload)
    url = text_of(_first(payload, URLS))
    row["url"] = mask_uri(url) if url else None
    row["config_keys"] = list(settings_of(payload)) or None
    if "data" in payload:
        row["data_bytes"] = len(str(payload["data"]).encode("utf-8", "backslashreplace"))
    if events := list(_events(payload)):
        row["info"] = cut("; ".join(events))
    row |= _security_event(action, payload)
    return {name: value for name, value in row.items() if value is not None}


def energy_of(payload: dict[str, Any]) -> float | None:
    """Return the last energy register in Wh."""
    for name in ("meterStop", "meterStart"):
        wh = float_of(at(payload, name))
        if wh is not None:
            return wh
    for name in ("meterValue", "transactionData"):
        for value in reversed(_items(at(payload, name))):
            for sample in reversed(_items(at(value, "sampledValue"))):
                wh = _register(sample)
                if wh is not None:
                    return wh
    return None


def settings_of(payload: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the settings that a command reads or changes."""
    key = at(payload, "key")
    for name in _items(key) if isinstance(key, list) else [key]:
        if text := text_of(name):
            yield text
    for group in SETTINGS:
        for item in _items(at(payload, group)):
            parts = (text_of(at(item, "component", "name")), text_of(at(item, "variable", "name")))
            if any(parts):
                yield ".".join(part for part in parts if part)


def secrets_of(payload: dict[str, Any]) -> Iterator[Secret]:
    """Yield the secrets that a command carries in clear."""
    url = text_of(_first(payload, URLS))
    if url and (login := URL_LOGIN.search(url)):
        yield Secret(login[1] or None, "URL", len(login[2]))
    pairs = [(at(payload, "key"), at(payload, "value"))]
    for item in _items(at(payload, "setVariableData")):
        pairs.append((at(item, "variable", "name"), at(item, "attributeValue")))
    for key, value in pairs:
        if isinstance(key, str) and isinstance(value, str) and SECRET_SETTING.search(key):
            yield Secret(None, cut(key), len(value))
    for group, owner in (("apn", "apnUserName"), ("vpn", "user"), (None, "identity")):
        place = at(payload, "connectionData", group) if group else at(payload, "connectionData")
        for key, value in place.items() if isinstance(place, dict) else ():
            if isinstance(value, str) and SECRET_SETTING.search(key):
                yield Secret(text_of(at(place, owner)), cut(key), len(value))


def _security_event(action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what a security event tells; a user it names moves to a column of its own."""
    tech_info = text_of(_first(payload, (("techInfo",), ("eventData", -1, "techInfo"))))
    event = text_of(at(payload, "type")) if action == "SecurityEventNotification" else None
    user = TECH_USER.search(tech_info) if tech_info else None
    if tech_info and user:
        tech_info = TECH_USER.sub(r"\1\2<user>\2", tech_info)
    return {"security_event": event, "tech_info": tech_info, "user": (user[3] or None) if user else None}


def _events(payload: dict[str, Any]) -> Iterator[str]:
    for event in _items(at(payload, "eventData"))[:EVENTS]:
        parts = (text_of(at(event, "component", "name")), text_of(at(event, "variable", "name")))
        yield f"{'.'.join(part for part in parts if part)}={text_of(at(event, 'actualValue')) or ''}"


def _register(sample: Any) -> float | None:
    if (at(sample, "measurand") or REGISTER) != REGISTER or not isinstance(sample, dict):
        return None
    value = float_of(sample.get("value"))
    unit = at(sample, "unit") or at(sample, "unitOfMeasure", "unit") or "Wh"
    multiplier = int_of(at(sample, "unitOfMeasure", "multiplier")) or 0
    if value is None or unit not in ("Wh", "kWh") or abs(multiplier) > 9:
        return None
    return value * (1000 if unit == "kWh" else 1) * 10.0**multiplier


def _first(payload: dict[str, Any], paths: tuple[Path, ...]) -> Any:
    """Return the first value of a simple kind that one of the paths leads to."""
    for path in paths:
        value = at(payload, *path)
        if isinstance(value, str | int | float):
            return value
    return None


def _items(value: Any) -> list[Any]:
    return value[:LIST_ITEMS] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
