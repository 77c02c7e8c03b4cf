"""Machines that report: Modbus/TCP meters and MQTT 3.1.1 publishers."""

from __future__ import annotations

import struct

from quivive.demo.tcp import ORIG, RESP, Conversation

MODBUS_PORT, MQTT_PORT = 502, 1883
READ_HOLDING = 3
CONNECT, CONNECT_ACK, PUBLISH, PING_REQUEST, PING_ANSWER, DISCONNECT = 0x10, 0x20, 0x30, 0xC0, 0xD0, 0xE0


def read_registers(talk: Conversation, number: int, first: int, values: tuple[int, ...]) -> None:
    """Read holding registers of unit 1; number counts the transactions."""
    request = struct.pack("!BBHH", 1, READ_HOLDING, first, len(values))
    answer = struct.pack(f"!BBB{len(values)}H", 1, READ_HOLDING, 2 * len(values), *values)
    for side, message in ((ORIG, request), (RESP, answer)):
        talk.say(side, struct.pack("!HHH", number & 0xFFFF, 0, len(message)) + message)


def mqtt_connect(talk: Conversation, client: str) -> None:
    """Open an MQTT session under a client's name, without a user."""
    body = _text("MQTT") + struct.pack("!BBH", 4, 2, 120) + _text(client)
    talk.say(ORIG, _packet(CONNECT, body))
    talk.say(RESP, _packet(CONNECT_ACK, b"\0\0"))


def mqtt_publish(talk: Conversation, topic: str, message: bytes) -> None:
    """Publish a message that need not be acknowledged."""
    talk.say(ORIG, _packet(PUBLISH, _text(topic) + message))


def mqtt_ping(talk: Conversation) -> None:
    """Show that the session is alive."""
    talk.say(ORIG, _packet(PING_REQUEST, b""))
    talk.say(RESP, _packet(PING_ANSWER, b""))


def mqtt_leave(talk: Conversation) -> None:
    """Close the session."""
    talk.say(ORIG, _packet(DISCONNECT, b""))
    talk.close()


def _text(value: str) -> bytes:
    return struct.pack("!H", len(value)) + value.encode()


def _packet(first: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while size > 0x7F:
        length += bytes([0x80 | size & 0x7F])
        size >>= 7
    return bytes([first]) + length + bytes([size]) + body
