"""Open Charge Point Protocol, JSON over WebSocket (OCPP-J 1.6, 2.0.1, 2.1): charging stations and who runs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.http.fields import URL
from quivive.messages.ocpp_message import (
    CALL,
    CALLERROR,
    CALLRESULT,
    CALLRESULTERROR,
    MESSAGE_TYPES,
    SEND,
    OcppMessage,
    columns_of,
    read_message,
    secrets_of,
)
from quivive.messages.websocket_frames import (
    OCPP_CALL,
    TEXT,
    Message,
    Messages,
    compression_of,
    looks_framed,
    opening,
)
from quivive.messages.wire_text import cut
from quivive.model.errors import Malformed
from quivive.model.fields import FILE_NAME, STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES, secret_mask

TABLE = Table(
    "ocpp",
    "What charging stations and the systems that run them say to each other.",
    (
        *STAMP,
        Field("station", "text", "Identity of the charging station: the end of the URL it calls."),
        Field("ocpp_version", "text", "Version that station and system agreed on, such as ocpp1.6."),
        Field("message_type", "text", "Kind of message, as the protocol calls it."),
        Field("message_id", "text", "Number or text that joins a call to its answer."),
        Field("action", "text", "What is called for, as the protocol names it; in answers that of the call."),
        Field("from_station", "bool", "Whether the charging station sent it."),
        Field("round_trip_ms", "float64", "Time from a call to its answer.", "ms"),
        Field("error_code", "text", "Why a call was refused, as the protocol names it."),
        Field("error_description", "text", "Why a call was refused, in words."),
        Field("connector_id", "int64", "Connector of the station that is meant; 0 in OCPP 1.6 for the station itself."),
        Field("evse_id", "int64", "Charging place of the station that is meant (OCPP 2)."),
        Field("ocpp_status", "text", "State of the connector, transaction or update, or verdict on the call."),
        Field("ocpp_error_code", "text", "Fault that the station reports, by its standard name."),
        Field("vendor_error_code", "text", "Fault that the station reports, in the maker's own code."),
        Field("info", "text", "Further particulars in words; of monitored events, which part says what."),
        Field("id_tag", "text", "Card or token that is shown to the station, or named to it.", personal="person"),
        Field("id_tag_type", "text", "What kind of token it is (OCPP 2)."),
        Field("transaction_id", "text", "Number or text of the charging transaction."),
        Field("transaction_event", "text", "Whether a transaction started, went on or ended (OCPP 2)."),
        Field("meter_wh", "float64", "Last reading of the energy meter in watt-hours."),
        Field("reason", "text", "Why the station booted, the transaction stopped or the report was sent."),
        Field("firmware_version", "text", "Version of the station's firmware, by its own word."),
        Field("vendor", "text", "Maker of the station, or of the extension that is used."),
        Field("model", "text", "Model of the station, by its own word."),
        Field("serial", "text", "Serial number of the station, by its own word."),
        Field("security_event", "text", "Security event that the station reports, by its standard name."),
        Field("tech_info", "text", "Particulars of a security event; a user's name is left out."),
        USER,
        URL,
        FILE_NAME,
        Field("config_keys", "texts", "Settings that are read or changed; their values are not kept."),
        Field("asked_for", "text", "Kind of reset, message, report, log, certificate or list that is asked for."),
        Field("security_profile", "int32", "Security profile of the connection that is set up, 0 to 3."),
        Field("heartbeat_s", "int64", "Time between heartbeats that the system asks for.", "s"),
        Field("vendor_message", "text", "Name of a maker's own message (DataTransfer)."),
        Field("data_bytes", "int64", "Size of the data in a maker's own message.", "bytes"),
        Field("sender_ts_ns", "int64", "When it happened by the sender's clock, nanoseconds since 1970 UTC.", "ns"),
        Field("ocpp_bytes", "int64", "Size of the message, inflated.", "bytes"),
    ),
)

OPEN_CALLS = 1024
"""Calls remembered per direction; OCPP allows one at a time, 2.1 a few more."""


class Call(NamedTuple):
    """What is remembered of a call until it is answered."""

    action: str
    ts_ns: int


class Ocpp(Protocol):
    """OCPP: one row per message; answers know what they answer."""

    name = "ocpp"
    title = "Open Charge Point Protocol"
    spec = "OCPP-J 1.6, OCPP 2.0.1 Part 4, OCPP 2.1 Part 4"
    carriers = (Carrier.TCP,)
    signatures = (Signature("81", minimum=20),)
    tables = (TABLE,)
    family = "station"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        given = self.flow.given
        extensions = str(given.get("extensions", ""))
        self.sides = tuple(
            Messages(compression_of(extensions, by_client=side is Side.ORIGINATOR), keeps=True) for side in Side
        )
        self.common: dict[str, Any] = {}
        if station := station_of(str(given.get("path", ""))):
            self.common["station"] = station
        if version := str(given.get("subprotocol", "")):
            self.common["ocpp_version"] = cut(version)
        self.calls: dict[tuple[bool, str], Call] = {}
        """By whether the station called, and message id."""

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """With no hand-shake to be seen, a frame that fits its segment and holds a call shows it."""
        return Match.YES if looks_framed(payload, side) and OCPP_CALL.match(opening(payload)) else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one frame; the last of a message gives its row."""
        message = self.sides[side].read(cursor)
        if message is None or message.opcode != TEXT:
            return iter(())
        if message.payload is None:
            return iter((self._anomaly(message.trouble),))
        try:
            told = read_message(message.payload)
        except Malformed as error:
            return iter((self._anomaly(error.reason),))
        return iter(self._rows(told, message, cursor.ts_ns))

    def missed(self, side: Side, n_bytes: int) -> None:
        """The message a gap falls in is lost; frames are expected to go on behind it."""
        self.sides[side].missed()

    def _rows(self, told: OcppMessage, message: Message, ts_ns: int) -> list[Row]:
        from_station = message.is_masked  # the station is the client, and only a client masks
        row: dict[str, Any] = {
            **self.common,
            "message_type": MESSAGE_TYPES[told.type],
            "message_id": told.id,
            "from_station": from_station,
            "ocpp_bytes": len(message.payload or b""),
        }
        action = told.action or self._answered(told, row, ts_ns, from_station=from_station)
        if action:
            row["action"] = action
        if told.type == CALL:
            self._remember(told, ts_ns, from_station=from_station)
        for name, value in (("error_code", told.error_code), ("error_description", told.error_description)):
            if value is not None:
                row[name] = value
        row |= columns_of(action, told.payload)
        return [(TABLE, row), *self._people(row), *(self._secrets(told) if told.type in (CALL, SEND) else ())]

    def _remember(self, told: OcppMessage, ts_ns: int, *, from_station: bool) -> None:
        self.calls[from_station, told.id] = Call(told.action, ts_ns)
        if len(self.calls) > 2 * OPEN_CALLS:
            del self.calls[next(iter(self.calls))]

    def _answered(self, told: OcppMessage, row: dict[str, Any], ts_ns: int, *, from_station: bool) -> str:
        """Return the action that is answered; an error of the result comes from the caller itself (2.1)."""
        caller_is_station = from_station if told.type == CALLRESULTERROR else not from_station
        call = self.calls.get((caller_is_station, told.id))
        if call is None:
            return ""
        if told.type in (CALLRESULT, CALLERROR):
            row["round_trip_ms"] = (ts_ns - call.ts_ns) / 1e6
        return call.action

    def _people(self, row: dict[str, Any]) -> Iterator[Row]:
        if "user" in row:
            evidence = row.get("security_event") or row.get("action") or "OCPP"
            yield (
                IDENTITIES,
                {
                    "protocol": self.name,
                    "user": row["user"],
                    "identity_kind": "user",
                    "workstation": row.get("station"),
                    "identity_evidence": evidence,
                },
            )

    def _secrets(self, told: OcppMessage) -> Iterator[Row]:
        for secret in secrets_of(told.payload):
            yield (
                CREDENTIALS,
                {
                    "protocol": self.name,
                    "user": secret.user or self.common.get("station"),
                    "login_method": f"{told.action} {secret.method}",
                    "secret_mask": secret_mask(secret.size),
                },
            )

    def _anomaly(self, anomaly: str) -> Row:
        return ANOMALIES, {"place": self.name, "anomaly": anomaly}


def station_of(path: str) -> str:
    """Return the identity at the end of the URL that a station calls (OCPP-J 1.6, 3.1.1)."""
    segment = path.partition("?")[0].rstrip("/").rpartition("/")[2]
    return cut(unquote(segment, errors="backslashreplace"))
