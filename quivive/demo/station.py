"""Scene: a charging station at the kerb - three charge points, a kiosk, a meter - on its own small network."""

from __future__ import annotations

from quivive.demo import http, industry, lan, ssh
from quivive.demo.clock import HOUR, MILLISECOND, MINUTE, SECOND, at, every, moments
from quivive.demo.names import (
    CENTRAL,
    CHARGE_POINTS,
    KIOSK,
    METER,
    STATION_BROKER,
    STATION_NTP,
    STATION_ROUTER,
    TECHNICIAN,
    Host,
)
from quivive.demo.ocpp import SUBPROTOCOL, ChargePoint
from quivive.demo.planted import Truth
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation
from quivive.demo.websocket import WebSocket

OCPP_PORT = 80
METER_PERIOD_NS, TELEMETRY_PERIOD_NS = MINUTE, 5 * MINUTE
LIFE = 23.9
"""Hours that long conversations last."""

CHARGES = ((8.2, 2), (12.7, 1), (17.4, 3))
"""When somebody plugs in, and for how many hours, at the first charge point; at the next ones half an hour later."""


def play(tape: Tape) -> list[Truth]:
    """Leave the station's day on the tape; nothing is planted in it."""
    for number, post in enumerate(CHARGE_POINTS):
        lan.resolve(tape, post, STATION_ROUTER, at(0) + number * SECOND)
        lan.set_clock(tape, post, STATION_NTP, at(0) + (10 + number) * SECOND)
        _charge_point(tape, number, post)
    _meter(tape)
    _kiosk(tape)
    _service_visit(tape)
    return []


def _charge_point(tape: Tape, number: int, post: Host) -> None:
    """One charge point's day in one conversation; the third compresses its messages."""
    start_ns = at(0) + (20 + 7 * number) * SECOND
    talk = Conversation(tape, (post, CENTRAL), OCPP_PORT, at_ns=start_ns, rtt_ns=24 * MILLISECOND)
    socket = WebSocket(talk, CENTRAL.name, f"/ocpp/{post.name}", SUBPROTOCOL, is_deflated=number == 2)
    point = ChargePoint(socket, f"EP2-{tape.rng.randrange(10**6):06}")
    point.boot()
    for hour, length in CHARGES:
        point.beat_until(at(hour + number / 2))
        point.charge(f"04{tape.rng.getrandbits(48):012X}", length * HOUR)
    point.beat_until(at(LIFE))
    socket.close()


def _meter(tape: Tape) -> None:
    """The kiosk reads the meter once a minute: energy, then voltage and current."""
    lan.resolve(tape, KIOSK, METER, at(0.001))
    talk = Conversation(tape, (KIOSK, METER), industry.MODBUS_PORT, at_ns=at(0.01), rtt_ns=MILLISECOND)
    number, energy = 0, 4_210_000
    while talk.now_ns < at(LIFE):
        number += 1
        energy += tape.rng.randrange(20, 400)
        industry.read_registers(talk, number, 0x1000, (energy >> 16, energy & 0xFFFF, tape.rng.randrange(2290, 2330)))
        talk.pause(METER_PERIOD_NS)
    talk.close()


def _kiosk(tape: Tape) -> None:
    """The kiosk publishes how it fares, and logs its door and reader."""
    talk = Conversation(tape, (KIOSK, STATION_BROKER), industry.MQTT_PORT, at_ns=at(0.02), rtt_ns=25 * MILLISECOND)
    industry.mqtt_connect(talk, "kiosk-13e")
    for number, due_ns in enumerate(every(tape.rng, TELEMETRY_PERIOD_NS, SECOND, (0.1, LIFE))):
        talk.pause(due_ns - talk.now_ns)
        celsius = 14 + 7 * (number % 288) // 288
        industry.mqtt_publish(talk, "stations/13e/kiosk", b'{"celsius":%d,"door":"shut","posts":3}' % celsius)
        industry.mqtt_ping(talk)
    industry.mqtt_leave(talk)
    for now_ns in moments(tape.rng, 40, 6, 22):
        lan.log(tape, KIOSK, STATION_ROUTER, (190, f"kiosk: card read in {tape.rng.randrange(90, 400)} ms"), now_ns)


def _service_visit(tape: Tape) -> None:
    """A technician of the operator plugs in, reads the kiosk's page and logs on to it."""
    start_ns = at(15.2)
    lan.lease(tape, TECHNICIAN, STATION_ROUTER, STATION_ROUTER, start_ns, "city-charging.example")
    lan.resolve(tape, TECHNICIAN, KIOSK, start_ns + SECOND)
    talk = Conversation(tape, (TECHNICIAN, KIOSK), 80, at_ns=start_ns + 30 * SECOND)
    talk.say(ORIG, http.request("GET", KIOSK.ip, "/status"))
    talk.say(RESP, http.response(talk.now_ns, http.page("Kiosk 13e", 60)))
    talk.close()
    session = Conversation(tape, (TECHNICIAN, KIOSK), ssh.PORT, at_ns=start_ns + 2 * MINUTE)
    ssh.open_session(session)
    for _ in range(12):
        ssh.noise(session, ORIG, 52)
        ssh.noise(session, RESP, tape.rng.randrange(60, 900))
        session.pause(tape.rng.randrange(SECOND, 20 * SECOND))
    session.close()
