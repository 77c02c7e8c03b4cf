"""Scene: the offices of a maker of gears, from before work to after it."""

from __future__ import annotations

from quivive.demo import desk, dns, hello, kerberos, lan, lookalikes, mail, names, planted, tls
from quivive.demo.clock import HOUR, MILLISECOND, MINUTE, SECOND, at, every, moments
from quivive.demo.mail import Letter
from quivive.demo.names import DC1, FIREWALL, FIRM, MAIL1, MONITOR1, PCS, PRINTER1, USERS, Host
from quivive.demo.planted import Truth
from quivive.demo.tape import Tape
from quivive.demo.tcp import Conversation

WORK_STARTS, WORK_ENDS = 7.5, 18.0
TUNNELLER, INFECTED, UPDATED = PCS[4], PCS[7], PCS[1]


def play(tape: Tape) -> list[Truth]:
    """Leave the offices' day on the tape; return what is planted in it and what only looks so."""
    for pc, user in zip(PCS, USERS, strict=True):
        _arrive(tape, pc, user)
        _work(tape, pc, user)
    _servers(tape)
    return [
        planted.dns_tunnel(tape, TUNNELLER, DC1),
        planted.beacon(tape, INFECTED, names.BEACON_PEER, DC1),
        lookalikes.monitoring(tape, MONITOR1, names.INTRANET1),
        lookalikes.many_names(tape, PCS[2], DC1),
        lookalikes.update(tape, UPDATED, names.UPDATES, DC1),
    ]


def _arrive(tape: Tape, pc: Host, user: str) -> None:
    """Switch the computer on: address, neighbours, names, time, ticket."""
    start_ns = moments(tape.rng, 1, WORK_STARTS, WORK_STARTS + 1)[0]
    lan.lease(tape, pc, DC1, FIREWALL, start_ns, FIRM)
    for number, target in enumerate((FIREWALL, DC1, names.FILES1)):
        lan.resolve(tape, pc, target, start_ns + (200 + 300 * number) * MILLISECOND)
    lan.neighbour(tape, pc, DC1, start_ns + 2 * SECOND)
    lan.look_around(tape, pc, start_ns + 3 * SECOND)
    server = dns.service(f"dc1.{FIRM}", kerberos.PORT)
    asked = dns.exchange(tape.rng.getrandbits(16), f"_kerberos._tcp.dc._msdcs.{FIRM}", [server], dns.SRV)
    tape.ask(start_ns + 4 * SECOND, pc, (DC1, dns.PORT), asked)
    lan.set_clock(tape, pc, DC1, start_ns + 5 * SECOND)
    kerberos.log_on(tape, pc, DC1, user, start_ns + 20 * SECOND)


def _work(tape: Tape, pc: Host, user: str) -> None:
    """Spend a day between browser, files and mail."""
    rng = tape.rng
    for now_ns in moments(rng, 22, WORK_STARTS + 1.2, WORK_ENDS):
        desk.visit(tape, pc, rng.choice(names.WEB_PEERS), now_ns)
    for now_ns in moments(rng, 2, WORK_STARTS + 1.2, WORK_ENDS):
        desk.watch(tape, pc, names.VIDEO, now_ns)
        desk.send_mail(tape, pc, now_ns + 9 * MINUTE)
        desk.work_on_files(tape, pc, user, now_ns + 17 * MINUTE)
    for now_ns in moments(rng, 5, WORK_STARTS + 1.2, WORK_ENDS):
        desk.fetch_mail(tape, pc, user, now_ns)
        lan.resolve(tape, pc, rng.choice((FIREWALL, DC1, MAIL1)), now_ns + 3 * MINUTE)
    desk.open_intranet(tape, pc, moments(rng, 1, 9, 16)[0], over_ipv6=pc in PCS[::4])
    if rng.random() < 0.4:
        desk.print_page(tape, pc, user, moments(rng, 1, 9, 17)[0])


def _servers(tape: Tape) -> None:
    """What goes on without anybody: letters from server to server, logs, pings, names sent on to the provider."""
    rng = tape.rng
    desk.manage_printer(tape, PCS[8], at(14.3))
    for now_ns in every(rng, HOUR, 20 * SECOND, (0, 24)):
        lan.announce_printer(tape, PRINTER1, now_ns)
    for number, now_ns in enumerate(every(rng, 10 * MINUTE, SECOND, (0, 24))):
        lan.ping(tape, MONITOR1, FIREWALL, number, now_ns)
    for now_ns in moments(rng, 120, 0, 24):
        line = f"filter: blocked in on wan, probe to port {rng.randrange(1, 1024)}"
        lan.log(tape, FIREWALL, MONITOR1, (134, line), now_ns)
    for now_ns in moments(rng, 30, WORK_STARTS, WORK_ENDS):
        _pass_names_on(tape, now_ns)
    for number, now_ns in enumerate(moments(rng, 14, WORK_STARTS, WORK_ENDS)):
        _letter_between_servers(tape, number, now_ns)


def _pass_names_on(tape: Tape, at_ns: int) -> None:
    """Ask the provider for names over TLS (RFC 7858), so that only the questions of the desks are seen."""
    talk = Conversation(tape, (DC1, names.RESOLVER), 853, at_ns=at_ns, rtt_ns=9 * MILLISECOND)
    tls.open13(talk, tls.Greeting(names.RESOLVER.name, hello.SYSTEM))
    for _ in range(tape.rng.randrange(2, 9)):
        tls.exchange(talk, 130, tape.rng.randrange(200, 470))
    tls.close(talk)


def _letter_between_servers(tape: Tape, number: int, at_ns: int) -> None:
    """A letter comes in, or goes out to a server found by its MX record."""
    partner = (names.PARTNER_MX, names.CUSTOMER_MX)[number % 2]
    domain = partner.name.partition(".")[2]
    ours, theirs = f"sales1@{FIRM}", f"orders@{domain}"
    plan = ("offer.pdf", b"%PDF-1.4\n" + tape.rng.randbytes(6_000)) if number % 5 == 0 else None
    text = "Please find our figures for the coming quarter.\n"
    if number % 3:
        talk = Conversation(tape, (partner, MAIL1), mail.SMTP_PORT, at_ns=at_ns, rtt_ns=22 * MILLISECOND)
        mail.deliver(talk, Letter(theirs, ours, f"Quote {number}", text, plan), (partner.name, f"mail1.{FIRM}"))
        return
    asked = dns.exchange(tape.rng.getrandbits(16), domain, [dns.mail_exchange(partner.name)], dns.MX)
    tape.ask(at_ns, MAIL1, (DC1, dns.PORT), asked)
    found_ns = lan.find(tape, MAIL1, DC1, partner, at_ns + 4 * MILLISECOND)
    talk = Conversation(tape, (MAIL1, partner), mail.SMTP_PORT, at_ns=found_ns, rtt_ns=22 * MILLISECOND)
    mail.deliver(talk, Letter(ours, theirs, f"Re: quote {number}", text, plan), (f"mail1.{FIRM}", partner.name))
