"""Scene: a parcel hub - scanners at the belts, its warehouse system, and the papers it sends to partners."""

from __future__ import annotations

import json

from quivive.demo import http, lan, lookalikes, names, planted, trade
from quivive.demo.clock import HOUR, MILLISECOND, MINUTE, SECOND, at, every, moments, stamp
from quivive.demo.names import CUSTOMS, EDI1, HUB_DNS, HUB_ROUTER, LINK_GATEWAY, NAS1, SCANNERS, WMS1, Host
from quivive.demo.planted import Truth
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation

SHIFT = (5.0, 21.0)
WMS_PORT = 8080


def play(tape: Tape) -> list[Truth]:
    """Leave the hub's day on the tape; return what is planted in it and what only looks so."""
    for scanner in SCANNERS:
        lan.resolve(tape, scanner, WMS1, at(SHIFT[0]) - MINUTE)
        for now_ns in moments(tape.rng, 25, *SHIFT):
            _scan(tape, scanner, now_ns)
    for server in (WMS1, EDI1):
        for now_ns in every(tape.rng, 4 * HOUR, MINUTE, (0, 24)):
            lan.resolve(tape, server, HUB_ROUTER, now_ns)
    for now_ns in moments(tape.rng, 16, *SHIFT):
        _tell_partner(tape, now_ns)
    for now_ns in moments(tape.rng, 6, *SHIFT):
        _declare(tape, now_ns)
    return [
        planted.upload(tape, WMS1, names.STORAGE, HUB_DNS),
        planted.clear_login(tape, EDI1, names.CARRIER_FTP, HUB_DNS),
        lookalikes.backup(tape, WMS1, NAS1),
    ]


def _scan(tape: Tape, scanner: Host, at_ns: int) -> None:
    """A scanner reports some parcels, one request each, in one conversation."""
    talk = Conversation(tape, (scanner, WMS1), WMS_PORT, at_ns=at_ns, rtt_ns=3 * MILLISECOND)
    for _ in range(tape.rng.randrange(2, 7)):
        seen = {"item": trade.parcel_number(tape.rng), "belt": scanner.name, "at": stamp(talk.now_ns).isoformat()}
        kind = ("Content-Type: application/json", "User-Agent: belt-scanner/5.1")
        talk.say(ORIG, http.request("POST", WMS1.name, "/api/scans", json.dumps(seen).encode(), kind))
        chute = b'{"chute":%d}' % tape.rng.randrange(40)
        talk.say(RESP, http.response(talk.now_ns, chute, "application/json", "201 Created"))
        talk.pause(tape.rng.randrange(SECOND, 9 * SECOND))
    talk.close()


def _tell_partner(tape: Tape, at_ns: int) -> None:
    """Report parcels that came in to the partner's gateway, as a form in clear."""
    start_ns = lan.find(tape, EDI1, HUB_DNS, LINK_GATEWAY, at_ns)
    talk = Conversation(tape, (EDI1, LINK_GATEWAY), 80, at_ns=start_ns, rtt_ns=210 * MILLISECOND)
    talk.say(ORIG, trade.partner_post(tape.rng, LINK_GATEWAY.name, tape.rng.randrange(3, 15), at_ns))
    talk.say(RESP, http.response(talk.now_ns, b'{"success":true}', "application/json"))
    talk.close()


def _declare(tape: Tape, at_ns: int) -> None:
    """Post an EDIFACT message to the customs' portal."""
    start_ns = lan.find(tape, EDI1, HUB_DNS, CUSTOMS, at_ns)
    talk = Conversation(tape, (EDI1, CUSTOMS), 80, at_ns=start_ns, rtt_ns=14 * MILLISECOND)
    order = trade.transport_order(tape.rng, tape.rng.randrange(4, 12), at_ns)
    kind = ("Content-Type: application/EDIFACT", "AS2-Version: 1.2", "AS2-From: KESTRELHUB", "AS2-To: CUSTOMS",
            f"Message-ID: <{tape.rng.getrandbits(64):x}@hub.{names.FIRM}>")  # fmt: skip
    talk.say(ORIG, http.request("POST", CUSTOMS.name, "/as2/in", order, kind))
    talk.say(RESP, http.response(talk.now_ns, b"received\n", "text/plain"))
    talk.close()
