"""Scene: a hub's day with forty systems, three that export and two hundred harmless conversations (for tests).

The truth about the three is exact: application bytes that left, however often they were sent, and how many messages.
"""

from __future__ import annotations

import json
from random import Random
from typing import NamedTuple

from quivive.demo import desk, hello, http, lan, names, ssh, tls, trade
from quivive.demo.clock import HOUR, MILLISECOND, MINUTE, SECOND, at, moments
from quivive.demo.names import HUB_DNS, HUB_ROUTER, HUB_VLAN, LINUX, NAS1, Host, outside
from quivive.demo.tape import Tape
from quivive.demo.tcp import NO_TROUBLE, ORIG, RESP, Conversation, Trouble

N_SYSTEMS, N_HARMLESS = 40, 200
N_POSTS, N_EVENTS, N_READS = 48, 360, 6
EVENTS_PER_SESSION = 12
SYSTEMS = tuple(
    Host(f"sys{n:02}", f"52:54:00:41:00:{n:02x}", f"192.168.40.{100 + n}", LINUX, HUB_VLAN)
    for n in range(1, N_SYSTEMS + 1)
)
LINK_SENDER, RELAY, WAREHOUSE, SERVED = SYSTEMS[:4]
PARTNER = outside("link.partner-parcels.example", "163.181.1.1", HUB_ROUTER, 13)  # a Chinese group's address
TRACKER = outside("gate.parcel-tracking.example", "43.128.10.10", HUB_ROUTER, 15)  # a Chinese group's address
SUPPORT = outside("support.vendor.example", "93.158.134.10", HUB_ROUTER, 14)  # a Russian group's address
WMS_PORT = 8080


class Export(NamedTuple):
    """What one exporter sent: truth."""

    system: str
    peer: str
    group: str
    controlling: str
    category: str
    means: str
    bytes_out: int
    n_messages: int


class Counted(Conversation):
    """A conversation that knows how many bytes each side said, each counted once."""

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)  # type: ignore[arg-type]
        self.said = [0, 0]

    def say(self, side: int, payload: bytes, trouble: Trouble = NO_TROUBLE) -> None:
        """Send a message and count it."""
        self.said[side] += len(payload)
        super().say(side, payload, trouble)


def play(tape: Tape) -> list[Export]:
    """Leave the day on the tape; return what the three exporters sent."""
    truth = [_post_forms(tape), _relay_events(tape), _serve_support(tape)]
    _harmless(tape)
    return truth


def systems_sheet(n_blind: int = 0) -> str:
    """Return the sheet of all systems, of which the last ones are not monitored."""
    lines = [
        f"{system.ip},{system.name},{'no' if number >= N_SYSTEMS - n_blind else 'yes'}"
        for number, system in enumerate(SYSTEMS)
    ]
    return "\n".join(["system,name,monitored", *lines]) + "\n"


def _post_forms(tape: Tape) -> Export:
    """Report parcels to a partner's gateway as forms in clear."""
    sent = 0
    for now_ns in moments(tape.rng, N_POSTS, 0.2, 23.5):
        start_ns = lan.find(tape, LINK_SENDER, HUB_DNS, PARTNER, now_ns)
        talk = Counted(tape, (LINK_SENDER, PARTNER), 80, at_ns=start_ns, rtt_ns=210 * MILLISECOND)
        talk.say(ORIG, trade.partner_post(tape.rng, PARTNER.name, tape.rng.randrange(3, 15), now_ns))
        talk.say(RESP, http.response(talk.now_ns, b'{"success":true}', "application/json"))
        talk.close()
        sent += talk.said[ORIG]
    return Export(LINK_SENDER.ip, PARTNER.ip, "Alibaba", "CN", "parcel_events", "api", sent, N_POSTS)


def _relay_events(tape: Tape) -> Export:
    """Take events from the warehouse in clear, and pass each on over TLS within a minute."""
    sent = 0
    events = moments(tape.rng, N_EVENTS, 4.0, 20.0)
    for first in range(0, N_EVENTS, EVENTS_PER_SESSION):
        batch = events[first : first + EVENTS_PER_SESSION]
        start_ns = lan.find(tape, RELAY, HUB_DNS, TRACKER, batch[0])
        talk = Counted(tape, (RELAY, TRACKER), 443, at_ns=start_ns, rtt_ns=180 * MILLISECOND)
        tls.open13(talk, tls.Greeting(TRACKER.name, hello.PLAIN_PROGRAM, 900))
        for now_ns in batch:
            body = _event(tape.rng)
            _hand_over(tape, body, now_ns)
            talk.pause(max(now_ns + tape.rng.randrange(5, 50) * SECOND - talk.now_ns, 0))
            again = Trouble(again=frozenset({0})) if tape.rng.random() < 0.1 else NO_TROUBLE
            talk.say(ORIG, tls.sealed(tape.rng, len(body) + 160), again)
            talk.say(RESP, tls.sealed(tape.rng, 90))
        tls.close(talk)
        sent += talk.said[ORIG]
    return Export(RELAY.ip, TRACKER.ip, "Tencent", "CN", "not_observable", "upload", sent, N_EVENTS)


def _event(rng: Random) -> bytes:
    seen = {"item": trade.parcel_number(rng), "place": rng.choice(trade.TOWNS), "goods": rng.choice(trade.GOODS),
            "weight": rng.randrange(90, 30_000), "note": "x" * rng.randrange(400)}  # fmt: skip
    return json.dumps(seen).encode()


def _hand_over(tape: Tape, body: bytes, at_ns: int) -> None:
    talk = Conversation(tape, (WAREHOUSE, RELAY), WMS_PORT, at_ns=at_ns, rtt_ns=MILLISECOND)
    talk.say(ORIG, http.request("POST", RELAY.name, "/events", body, ("Content-Type: application/json",)))
    talk.say(RESP, http.response(talk.now_ns, b"{}", "application/json", "202 Accepted"))
    talk.close()


def _serve_support(tape: Tape) -> Export:
    """Let a vendor's support in by SSH; what it reads leaves as answers."""
    sent = 0
    for now_ns in moments(tape.rng, N_READS, 1.0, 22.0):
        talk = Counted(tape, (SUPPORT, SERVED), ssh.PORT, at_ns=now_ns, rtt_ns=60 * MILLISECOND)
        ssh.open_session(talk)
        for _ in range(tape.rng.randrange(8, 20)):
            ssh.noise(talk, ORIG, tape.rng.randrange(60, 300))
            ssh.noise(talk, RESP, tape.rng.randrange(4_000, 40_000))
            talk.pause(tape.rng.randrange(SECOND, 20 * SECOND))
        talk.close()
        sent += talk.said[RESP]
    return Export(SERVED.ip, SUPPORT.ip, "Yandex", "RU", "remote_access", "remote_access", sent, N_READS)


def _harmless(tape: Tape) -> None:
    """Two hundred conversations of the other systems: pages, backups to the store in the house, clocks."""
    others = SYSTEMS[4:]
    for number, now_ns in enumerate(moments(tape.rng, N_HARMLESS, 0.1, 23.8)):
        system = others[number % len(others)]
        if number % 5 == 4:
            _back_up(tape, system, now_ns)
        else:
            desk.visit(tape, system, tape.rng.choice(names.WEB_PEERS), now_ns)
    for system in SYSTEMS:
        lan.set_clock(tape, system, HUB_DNS, at(0.05) + tape.rng.randrange(HOUR // 2))


def _back_up(tape: Tape, system: Host, at_ns: int) -> None:
    talk = Conversation(tape, (system, NAS1), 873, at_ns=at_ns + tape.rng.randrange(MINUTE))
    talk.say(ORIG, b"@RSYNCD: 31.0\n")
    talk.say(RESP, b"@RSYNCD: 31.0\n")
    talk.say(ORIG, tape.rng.randbytes(tape.rng.randrange(20_000, 90_000)))
    talk.close()
