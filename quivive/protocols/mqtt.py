"""MQTT (MQTT 3.1, 3.1.1 and 5.0): what machines publish and subscribe to; what they say is stepped over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages.logins import Claim, login_rows
from quivive.messages.mqtt_packet import (
    AUTH,
    CONNACK,
    CONNECT,
    DISCONNECT,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    SUBACK,
    SUBSCRIBE,
    TYPES,
    UNSUBACK,
    UNSUBSCRIBE,
    V5,
    FixedHeader,
    read_connect,
    read_filters,
    read_fixed_header,
    read_properties,
    reason_of,
)
from quivive.messages.wire_text import plain
from quivive.model.errors import DissectError
from quivive.model.fields import IS_ORIG, STAMP, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table

TABLE = Table(
    "mqtt",
    "Packets of MQTT but for pings and plain acknowledgements.",
    (
        *STAMP,
        IS_ORIG,
        Field("mqtt_type", "text", "Kind of packet, as the standard names it."),
        VERSION,
        Field("client_id", "text", "Name under which the client is known to the broker.", personal="host"),
        Field("topic", "text", "Topic that is published to."),
        Field("topic_filters", "texts", "Topics that are subscribed to or left; + and # stand for any level."),
        Field("qos", "int16", "Delivery that is asked for: 0 at most once, 1 at least once, 2 exactly once."),
        Field("is_retained", "bool", "Whether the broker is to keep the message for later subscribers."),
        Field("is_duplicate", "bool", "Whether the message is sent again."),
        Field("will_topic", "text", "Topic to which the broker is to publish should the client vanish."),
        Field("is_will_retained", "bool", "Whether the broker is to keep that message for later subscribers."),
        Field("is_clean", "bool", "Whether the client wants to begin without what the broker knows of it."),
        Field("mqtt_payload_bytes", "int64", "Size of the published message.", "bytes"),
        Field("keep_alive_s", "int64", "Longest silence that the client allows itself.", "s"),
        Field("packet_id", "int32", "Number that joins a packet to its acknowledgement."),
        Field("return_code", "int32", "The receiver's or broker's answer as a number; of several the worst."),
        Field("return_text", "text", "The same in the words of the standard."),
        Field("return_codes", "ints", "Answers to each topic of a request, as numbers, in its order."),
        Field("is_session_present", "bool", "Whether the broker goes on with what it knew of the client."),
        Field("mqtt_receive_maximum", "int32", "Unacknowledged messages that the sender takes at once (MQTT 5)."),
        Field("mqtt_topic_alias_maximum", "int32", "Topics that the sender lets the other side number (MQTT 5)."),
        Field("mqtt_auth_method", "text", "How client and broker go on with the log-in (MQTT 5)."),
    ),
)

MAX_PACKET_BYTES = 1 << 18
"""Longest packet that is waited for; PUBLISH, which may have 256 MB, is not."""

TOPIC_ALIASES = 256
"""Topics remembered by number; brokers allow 10 to 65,535."""

QUIET = range(PUBACK, PUBCOMP + 1)
"""Acknowledgements, of which only a refusal is worth a row."""


class Mqtt(Protocol):
    """MQTT: one row per packet; the log-in is told when the broker has answered it."""

    name = "mqtt"
    title = "MQTT"
    spec = "MQTT 5.0"
    carriers = (Carrier.TCP,)
    ports = (1883,)
    signatures = (
        "10 ?? 00 04 4D 51 54 54",  # CONNECT, "MQTT"
        "10 ?? ?? 00 04 4D 51 54 54",
        "10 ?? 00 06 4D 51 49 73 64 70",  # "MQIsdp", version 3.1
        "10 ?? ?? 00 06 4D 51 49 73 64 70",
    )
    tables = (TABLE,)
    family = "message"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.version = 0
        self.claim: Claim | None = None
        self.claim_ns = 0
        self.topics: tuple[dict[int, str], dict[int, str]] = ({}, {})
        """By side and alias."""

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A client connects first; later on the packets of a segment have to fit it."""
        cursor = Cursor(payload)
        try:
            header = read_fixed_header(cursor)
            if header.type == CONNECT:
                read_connect(cursor.part(header.size))
                return Match.YES
            cursor.part(header.size)
            while cursor.left:
                cursor.part(read_fixed_header(cursor).size)
        except DissectError:
            return Match.NO
        return Match.UNSURE

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one packet."""
        header = read_fixed_header(cursor)
        row: dict[str, Any] = {"is_orig": side is Side.ORIGINATOR, "mqtt_type": TYPES[header.type]}
        if header.type == PUBLISH:
            self._read_publish(header, cursor, side, row)
            return iter(((TABLE, row),))
        if header.size > MAX_PACKET_BYTES:
            raise cursor.fail("packet is too long")
        body = cursor.part(header.size)
        rows: list[Row] = []
        if header.type == CONNECT:
            self._read_connect(body, row)
        elif header.type == CONNACK:
            self._read_connack(body, row)
            rows = list(self._login_rows(is_accepted=row["return_code"] == 0))
        elif header.type in (SUBSCRIBE, UNSUBSCRIBE):
            row["packet_id"] = body.u16()
            row |= read_filters(body, header.type, self.version)
        elif header.type in (SUBACK, UNSUBACK):
            self._read_codes(body, row)
        elif header.type in (DISCONNECT, AUTH) or header.type in QUIET:
            self._read_reason(header, body, row)
            if header.type in QUIET and row.get("return_code", 0) < 0x80:
                return iter(())
        else:
            return iter(())
        return iter([(TABLE, row), *rows])

    def close(self) -> Iterator[Row]:
        """A log-in that nobody answered."""
        return self._login_rows(is_accepted=None)

    def _read_connect(self, body: Cursor, row: dict[str, Any]) -> None:
        connect = read_connect(body)
        self.version = connect.level
        row |= connect.row
        if connect.user is not None or connect.secret_bytes is not None:
            self.claim = Claim(connect.user or "", "CONNECT", connect.secret_bytes, "CONNECT")
            self.claim_ns = body.ts_ns

    def _login_rows(self, *, is_accepted: bool | None) -> Iterator[Row]:
        claim, self.claim = self.claim, None
        if claim:
            for table, values in login_rows(claim, self.name, is_accepted, self.flow.five_tuple.orig_addr):
                yield table, {"ts_ns": self.claim_ns, **values}

    def _read_connack(self, body: Cursor, row: dict[str, Any]) -> None:
        row["is_session_present"] = bool(body.u8() & 1)
        row["return_code"] = body.u8()
        row["return_text"] = reason_of(row["return_code"], self.version, CONNACK)
        if self.version == V5 and body.left:
            given = read_properties(body)
            row |= given.room
            if given.client_id:
                row["client_id"] = given.client_id

    def _read_publish(self, header: FixedHeader, cursor: Cursor, side: Side, row: dict[str, Any]) -> None:
        end = cursor.at + header.size
        qos = header.flags >> 1 & 3
        if qos == 3:
            raise cursor.fail("delivery is of no known quality")
        topic = plain(cursor.take(cursor.u16()))
        row |= {"qos": qos, "is_retained": bool(header.flags & 1), "is_duplicate": bool(header.flags & 8)}
        if qos:
            row["packet_id"] = cursor.u16()
        if self.version == V5:
            topic = self._by_alias(topic, read_properties(cursor).topic_alias, side)
        if topic:
            row["topic"] = topic
        row["mqtt_payload_bytes"] = end - cursor.at
        if end < cursor.at:
            raise cursor.fail("topic is longer than its packet")
        cursor.skip(end - cursor.at)

    def _by_alias(self, topic: str, alias: int, side: Side) -> str:
        """Return the topic, which may have been given a number before (MQTT 5, 3.3.2.3.4)."""
        known = self.topics[side]
        if topic and alias and (alias in known or len(known) < TOPIC_ALIASES):
            known[alias] = topic
        return topic or known.get(alias, "")

    def _read_codes(self, body: Cursor, row: dict[str, Any]) -> None:
        row["packet_id"] = body.u16()
        if self.version == V5:
            read_properties(body)
        codes = body.rest()
        if codes:
            row["return_codes"] = list(codes[:LIST_ITEMS])
            row["return_code"] = max(codes)
            row["return_text"] = reason_of(max(codes), self.version, SUBACK)

    def _read_reason(self, header: FixedHeader, body: Cursor, row: dict[str, Any]) -> None:
        """Read what only MQTT 5 has: a reason, and properties."""
        if header.type in QUIET:
            row["packet_id"] = body.u16()
        if not body.left:
            return
        row["return_code"] = body.u8()
        row["return_text"] = reason_of(row["return_code"], V5, header.type)
        if body.left and header.type == AUTH:
            row["mqtt_auth_method"] = read_properties(body).auth_method or None
