"""The four things that are planted, each of which a detector must find. They are shapes only; nothing here can act."""

from __future__ import annotations

import base64
from random import Random
from typing import TypedDict

from quivive.demo import dns, hello, lan, tls, trade
from quivive.demo.clock import MILLISECOND, MINUTE, SECOND, at, every, stamp
from quivive.demo.names import Host
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation

TUNNEL_DOMAIN = "cache-sync.example"
N_TUNNEL_QUERIES = 420
BEACON_PERIOD_NS, BEACON_JITTER_NS = MINUTE, 2 * SECOND
UPLOAD_BYTES = 11 << 20
UPLOAD_PIECE_BYTES = 1 << 20
FTP_LOGIN = ("kestrel-hub", "Rotterdam-1998")


class Truth(TypedDict):
    """One thing in the captures of which it is known what it is."""

    what: str
    is_planted: bool
    orig_addr: str
    resp_addr: str
    name: str
    first: str
    last: str
    n_flows: int
    note: str


def truth(what: str, ends: tuple[Host, Host], name: str, span_ns: tuple[int, int], n_flows: int, note: str, *,
          is_planted: bool = True) -> Truth:  # fmt: skip
    """Return the record of one thing; the span is its first and last moment."""
    first, last = (stamp(moment).isoformat() for moment in span_ns)
    return Truth(what=what, is_planted=is_planted, orig_addr=ends[ORIG].ip, resp_addr=ends[RESP].ip, name=name,
                 first=first, last=last, n_flows=n_flows, note=note)  # fmt: skip


def dns_tunnel(tape: Tape, pc: Host, resolver: Host) -> Truth:
    """Carry data out in long names under one domain, and orders in by TXT answers."""
    rng = tape.rng
    now_ns = start_ns = at(10.4)
    port = tape.port(pc)
    for number in range(N_TUNNEL_QUERIES):
        asked = dns.question(rng.getrandbits(16), _tunnel_name(rng, number), dns.TXT)
        answered = dns.answer(asked, [dns.text(base64.b64encode(rng.randbytes(rng.randrange(24, 120))))])
        tape.datagram(now_ns, (pc, port), (resolver, dns.PORT), asked)
        tape.datagram(now_ns + rng.randrange(18, 60) * MILLISECOND, (resolver, dns.PORT), (pc, port), answered)
        now_ns += rng.randrange(200 * MILLISECOND, 6 * SECOND)
    note = f"{N_TUNNEL_QUERIES} long names under one domain, answered by TXT records"
    return truth("dns_tunnel", (pc, resolver), TUNNEL_DOMAIN, (start_ns, now_ns), 1, note)


def _tunnel_name(rng: Random, number: int) -> str:
    """Return a name with two labels of base32, the number of the piece in front."""
    raw = number.to_bytes(2, "big") + rng.randbytes(rng.randrange(55, 66))
    data = base64.b32encode(raw).decode().rstrip("=").lower()
    return f"{data[:56]}.{data[56:]}.{TUNNEL_DOMAIN}"


def beacon(tape: Tape, pc: Host, peer: Host, resolver: Host) -> Truth:
    """Call the same server every minute of the day and night, with the same few bytes each time."""
    rng = tape.rng
    calls = every(rng, BEACON_PERIOD_NS, BEACON_JITTER_NS, (0, 24))
    for number, now_ns in enumerate(calls):
        if number % 60 == 0:
            lan.find(tape, pc, resolver, peer, now_ns - 80 * MILLISECOND)
        talk = Conversation(tape, (pc, peer), 443, at_ns=now_ns, rtt_ns=rng.randrange(84, 91) * MILLISECOND)
        tls.open13(talk, tls.Greeting(peer.name, hello.PLAIN_PROGRAM, 180))
        tls.exchange(talk, 214, 96)
        tls.close(talk)
    note = "a short TLS connection every 60 s, up to 2 s late, all day"
    return truth("beacon", (pc, peer), peer.name, (calls[0], calls[-1]), len(calls), note)


def upload(tape: Tape, server: Host, cloud: Host, resolver: Host) -> Truth:
    """Send a great deal to a store abroad, by night."""
    start_ns = lan.find(tape, server, resolver, cloud, at(2.2))
    talk = Conversation(tape, (server, cloud), 443, at_ns=start_ns, rtt_ns=190 * MILLISECOND)
    tls.open13(talk, tls.Greeting(cloud.name, hello.SYSTEM, 3_100))
    for _ in range(UPLOAD_BYTES // UPLOAD_PIECE_BYTES):
        tls.exchange(talk, UPLOAD_PIECE_BYTES, 220)
    tls.close(talk)
    note = f"{UPLOAD_BYTES} bytes sent to a cloud abroad in one TLS connection"
    return truth("upload", (server, cloud), cloud.name, (start_ns, talk.now_ns), 1, note)


def clear_login(tape: Tape, server: Host, carrier: Host, resolver: Host) -> Truth:
    """Bring a transport order to a carrier by FTP, whose user and password anybody on the way can read."""
    start_ns = lan.find(tape, server, resolver, carrier, at(16.52))
    order = ("iftmin-0915.edi", trade.transport_order(tape.rng, 24, start_ns))
    end_ns = trade.put_by_ftp(tape, (server, carrier), FTP_LOGIN, order, start_ns)
    note = f"FTP login of user {FTP_LOGIN[0]} with its password in clear"
    return truth("clear_login", (server, carrier), carrier.name, (start_ns, end_ns), 1, note)
