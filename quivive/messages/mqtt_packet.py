"""Packets of MQTT (MQTT 3.1, 3.1.1 and 5.0, chapters 2 and 3)."""

from __future__ import annotations

from typing import Any, NamedTuple

from quivive.kit.cursor import Cursor
from quivive.messages.wire_text import plain
from quivive.model.limits import LIST_ITEMS

TYPES = {
    1: "CONNECT",
    2: "CONNACK",
    3: "PUBLISH",
    4: "PUBACK",
    5: "PUBREC",
    6: "PUBREL",
    7: "PUBCOMP",
    8: "SUBSCRIBE",
    9: "SUBACK",
    10: "UNSUBSCRIBE",
    11: "UNSUBACK",
    12: "PINGREQ",
    13: "PINGRESP",
    14: "DISCONNECT",
    15: "AUTH",
}
CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
PUBREL, PUBCOMP, SUBSCRIBE, SUBACK = 6, 7, 8, 9
UNSUBSCRIBE, UNSUBACK, DISCONNECT, AUTH = 10, 11, 14, 15

FLAGS = {PUBREL: 2, SUBSCRIBE: 2, UNSUBSCRIBE: 2}
"""Flags that a type must have; all others but PUBLISH have none (MQTT 5, 2.1.3)."""

VERSIONS = {3: "3.1", 4: "3.1.1", 5: "5.0"}
V5 = 5
NAMES = (b"MQTT", b"MQIsdp")

BRIDGE = 0x80
"""Added to the level by a broker that connects to another (Mosquitto)."""

HAS_USER, HAS_PASSWORD, KEEPS_WILL, HAS_WILL, IS_CLEAN = 0x80, 0x40, 0x20, 0x04, 0x02

CONNECT_CODES = (
    "Accepted",
    "Unacceptable protocol version",
    "Identifier rejected",
    "Server unavailable",
    "Bad user name or password",
    "Not authorized",
)
REASONS = {
    0x00: "Success",
    0x01: "Granted QoS 1",
    0x02: "Granted QoS 2",
    0x04: "Disconnect with will message",
    0x10: "No matching subscribers",
    0x11: "No subscription existed",
    0x18: "Continue authentication",
    0x19: "Re-authenticate",
    0x80: "Unspecified error",
    0x81: "Malformed packet",
    0x82: "Protocol error",
    0x83: "Implementation specific error",
    0x84: "Unsupported protocol version",
    0x85: "Client identifier not valid",
    0x86: "Bad user name or password",
    0x87: "Not authorized",
    0x88: "Server unavailable",
    0x89: "Server busy",
    0x8A: "Banned",
    0x8B: "Server shutting down",
    0x8C: "Bad authentication method",
    0x8D: "Keep alive timeout",
    0x8E: "Session taken over",
    0x8F: "Topic filter invalid",
    0x90: "Topic name invalid",
    0x91: "Packet identifier in use",
    0x92: "Packet identifier not found",
    0x93: "Receive maximum exceeded",
    0x94: "Topic alias invalid",
    0x95: "Packet too large",
    0x96: "Message rate too high",
    0x97: "Quota exceeded",
    0x98: "Administrative action",
    0x99: "Payload format invalid",
    0x9A: "Retain not supported",
    0x9B: "QoS not supported",
    0x9C: "Use another server",
    0x9D: "Server moved",
    0x9E: "Shared subscriptions not supported",
    0x9F: "Connection rate exceeded",
    0xA0: "Maximum connect time",
    0xA1: "Subscription identifiers not supported",
    0xA2: "Wildcard subscriptions not supported",
}

ASSIGNED_CLIENT, AUTH_METHOD, TOPIC_ALIAS, USER_PROPERTY = 0x12, 0x15, 0x23, 0x26
RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM = 0x21, 0x22
ONE_BYTE = frozenset((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A))
TWO_BYTES = frozenset((0x13, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM, TOPIC_ALIAS))
FOUR_BYTES = frozenset((0x02, 0x11, 0x18, 0x27))
VARIABLE = frozenset((0x0B,))
SIZED = frozenset((0x03, 0x08, 0x09, ASSIGNED_CLIENT, AUTH_METHOD, 0x16, 0x1A, 0x1C, 0x1F))


class FixedHeader(NamedTuple):
    """What stands before every packet; `size` is that of what follows."""

    type: int
    flags: int
    size: int


class Properties(NamedTuple):
    """The properties that tell something here."""

    client_id: str = ""
    auth_method: str = ""
    topic_alias: int = 0
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None

    @property
    def room(self) -> dict[str, int]:
        """What the sender can hold, as columns; nothing of what it does not say."""
        said = {"mqtt_receive_maximum": self.receive_maximum, "mqtt_topic_alias_maximum": self.topic_alias_maximum}
        return {name: value for name, value in said.items() if value is not None}


class Connect(NamedTuple):
    """What a client says when it connects; `secret_bytes` is None where no password is sent."""

    level: int
    row: dict[str, Any]
    user: str | None
    secret_bytes: int | None


def read_fixed_header(cursor: Cursor) -> FixedHeader:
    """Read type, flags and size (MQTT 5, 2.1)."""
    first = cursor.u8()
    kind, flags = first >> 4, first & 15
    if kind not in TYPES or (kind != PUBLISH and flags != FLAGS.get(kind, 0)):
        raise cursor.fail("packet type or its flags are reserved")
    return FixedHeader(kind, flags, read_variable(cursor))


def read_variable(cursor: Cursor) -> int:
    """Read a number of one to four bytes, seven bits in each (MQTT 5, 1.5.5)."""
    number = 0
    for shift in (0, 7, 14, 21):
        byte = cursor.u8()
        number |= (byte & 127) << shift
        if byte < 128:
            return number
    raise cursor.fail("number has more than four bytes")


def read_text(cursor: Cursor) -> str:
    """Read a text with its size before it."""
    return plain(cursor.take(cursor.u16()))


def read_properties(cursor: Cursor) -> Properties:
    """Read the properties of a packet (MQTT 5, 2.2.2)."""
    inner = cursor.part(read_variable(cursor))
    found: dict[int, Any] = {}
    while inner.left:
        kind = read_variable(inner)
        if kind in ONE_BYTE:
            inner.u8()
        elif kind in TWO_BYTES:
            found[kind] = inner.u16()
        elif kind in FOUR_BYTES:
            inner.u32()
        elif kind in VARIABLE:
            read_variable(inner)
        elif kind in SIZED:
            found[kind] = read_text(inner)
        elif kind == USER_PROPERTY:
            inner.take(inner.u16())
            inner.take(inner.u16())
        else:
            raise inner.fail("property is of no known kind")
    return Properties(
        found.get(ASSIGNED_CLIENT, ""),
        found.get(AUTH_METHOD, ""),
        found.get(TOPIC_ALIAS, 0),
        found.get(RECEIVE_MAXIMUM),
        found.get(TOPIC_ALIAS_MAXIMUM),
    )


def read_connect(body: Cursor) -> Connect:
    """Read a CONNECT (MQTT 5, 3.1); the password is stepped over."""
    if body.take(body.u16()) not in NAMES:
        raise body.fail("protocol has another name")
    level, flags, keep_alive_s = body.u8() & ~BRIDGE, body.u8(), body.u16()
    row: dict[str, Any] = {
        "version": VERSIONS.get(level, str(level)),
        "is_clean": bool(flags & IS_CLEAN),
        "keep_alive_s": keep_alive_s,
    }
    if level == V5:
        given = read_properties(body)
        row |= given.room
        if given.auth_method:
            row["mqtt_auth_method"] = given.auth_method
    if client_id := read_text(body):
        row["client_id"] = client_id
    if flags & HAS_WILL:
        if level == V5:
            read_properties(body)
        row |= {"will_topic": read_text(body), "is_will_retained": bool(flags & KEEPS_WILL)}
        body.take(body.u16())
    user = read_text(body) if flags & HAS_USER else None
    secret_bytes = body.u16() if flags & HAS_PASSWORD else None
    body.take(secret_bytes or 0)
    return Connect(level, row, user, secret_bytes)


def read_filters(body: Cursor, kind: int, level: int) -> dict[str, Any]:
    """Read the topics of a SUBSCRIBE or UNSUBSCRIBE (MQTT 5, 3.8 and 3.10)."""
    if level == V5:
        read_properties(body)
    filters: list[str] = []
    qos = 0
    while body.left:
        topic = read_text(body)
        if kind == SUBSCRIBE:
            qos = max(qos, body.u8() & 3)
        if len(filters) < LIST_ITEMS:
            filters.append(topic)
    row: dict[str, Any] = {"topic_filters": filters}
    if kind == SUBSCRIBE:
        row["qos"] = qos
    return row


def reason_of(code: int, level: int, kind: int) -> str | None:
    """Return a return code in the words of the standard."""
    if level != V5 and kind == CONNACK:
        return CONNECT_CODES[code] if code < len(CONNECT_CODES) else None
    return REASONS.get(code)
