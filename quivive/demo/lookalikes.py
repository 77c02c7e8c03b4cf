"""Ordinary things that look like the planted ones; a detector that cries at them cries wolf."""

from __future__ import annotations

from quivive.demo import dns, hello, http, lan, ssh, tls
from quivive.demo.clock import MILLISECOND, MINUTE, SECOND, at, every
from quivive.demo.names import CDN, Host
from quivive.demo.planted import Truth, truth
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation, Trouble

POLL_PERIOD_NS = 2 * MINUTE
N_CDN_NAMES = 160
UPDATE_BYTES, UPDATE_RANGE_BYTES = 3 << 19, 1 << 19
BACKUP_BYTES, BACKUP_PIECE_BYTES = 3 << 20, 1 << 20


def monitoring(tape: Tape, monitor: Host, server: Host) -> Truth:
    """Poll the firm's own web server every two minutes: as regular as a beacon, but inside."""
    polls = every(tape.rng, POLL_PERIOD_NS, 40 * MILLISECOND, (0, 24))
    for now_ns in polls:
        talk = Conversation(tape, (monitor, server), 80, at_ns=now_ns, rtt_ns=300_000)
        talk.say(ORIG, http.request("GET", server.name, "/health", headers=("Connection: close",)))
        talk.say(RESP, http.response(talk.now_ns, b"ok\n", "text/plain"))
        talk.close(RESP)
    note = "the monitoring asks the intranet for its health every 120 s"
    return truth(
        "monitoring", (monitor, server), server.name, (polls[0], polls[-1]), len(polls), note, is_planted=False
    )


def many_names(tape: Tape, pc: Host, resolver: Host) -> Truth:
    """Ask for many names of one network that serves pictures: many names under one domain, but short, and addresses."""
    rng = tape.rng
    domain = CDN.name.partition(".")[2]
    now_ns = start_ns = at(11.1)
    for number in range(N_CDN_NAMES):
        picture = f"img{number:03}-{rng.getrandbits(16):04x}.{domain}"
        asked = dns.exchange(rng.getrandbits(16), picture, [dns.address(CDN.ip)])
        tape.ask(now_ns, pc, (resolver, dns.PORT), asked)
        now_ns += rng.randrange(20 * MILLISECOND, 9 * SECOND)
    for _ in range(6):
        now_ns += rng.randrange(SECOND, MINUTE)
        talk = Conversation(tape, (pc, CDN), 443, at_ns=now_ns, rtt_ns=7 * MILLISECOND)
        tls.open13(talk, tls.Greeting(CDN.name, hello.BROWSER))
        tls.exchange(talk, 420, rng.randrange(5_000, 30_000))
        tls.close(talk)
    note = f"{N_CDN_NAMES} names of one content network, each answered by an address"
    return truth("many_names", (pc, CDN), domain, (start_ns, now_ns), 6, note, is_planted=False)


def update(tape: Tape, pc: Host, mirror: Host, resolver: Host) -> Truth:
    """Fetch a software update piece by piece over HTTP, with segments lost on the way: much, but inwards."""
    start_ns = lan.find(tape, pc, resolver, mirror, at(12.55))
    talk = Conversation(tape, (pc, mirror), 80, at_ns=start_ns, rtt_ns=11 * MILLISECOND)
    package = tape.rng.randbytes(UPDATE_BYTES)
    for first in range(0, UPDATE_BYTES, UPDATE_RANGE_BYTES):
        last = min(first + UPDATE_RANGE_BYTES, UPDATE_BYTES) - 1
        wish = ("User-Agent: update-agent/10.0", f"Range: bytes={first}-{last}")
        talk.say(ORIG, http.request("GET", mirror.name, "/office/2026-09/update.cab", headers=wish))
        part = package[first : last + 1]
        place = (f"Content-Range: bytes {first}-{last}/{UPDATE_BYTES}",)
        answer = http.response(talk.now_ns, part, "application/vnd.ms-cab-compressed", "206 Partial Content", place)
        talk.say(RESP, answer, Trouble(late=frozenset({17, 120}), again=frozenset({first // 40_000 + 30})))
    talk.close()
    note = f"{UPDATE_BYTES} bytes fetched from a maker of software, with losses on the way"
    return truth("update", (pc, mirror), mirror.name, (start_ns, talk.now_ns), 1, note, is_planted=False)


def backup(tape: Tape, server: Host, store: Host) -> Truth:
    """Copy the night's changes to the firm's own store over SSH: as much as an upload, but home."""
    start_ns = at(1.05)
    talk = Conversation(tape, (server, store), ssh.PORT, at_ns=start_ns, rtt_ns=300_000)
    ssh.open_session(talk)
    for _ in range(BACKUP_BYTES // BACKUP_PIECE_BYTES):
        ssh.noise(talk, ORIG, BACKUP_PIECE_BYTES)
        ssh.noise(talk, RESP, 52)
    talk.close()
    note = f"{BACKUP_BYTES} bytes copied to the firm's own store"
    return truth("backup", (server, store), store.name, (start_ns, talk.now_ns), 1, note, is_planted=False)
