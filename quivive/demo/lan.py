"""What machines on one network say without being asked to by anybody: ARP, DHCP, multicast names, time, logs, pings."""

from __future__ import annotations

import struct
from dataclasses import replace

from quivive.demo import dns, wire
from quivive.demo.clock import MICROSECOND, MILLISECOND, SECOND, stamp
from quivive.demo.names import Host
from quivive.demo.tape import Tape

BROADCAST_MAC, NOBODY = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
EVERYONE = Host("everyone", BROADCAST_MAC, "255.255.255.255")
MDNS_GROUP = Host("mdns", "01:00:5e:00:00:fb", "224.0.0.251", ip6="ff02::fb")
LLMNR_GROUP = Host("llmnr", "01:00:5e:00:00:fc", "224.0.0.252")
NTP_PORT, SYSLOG_PORT, DHCP_SERVER_PORT, DHCP_CLIENT_PORT = 123, 514, 67, 68
NTP_1900 = 2_208_988_800
"""1970-01-01 in seconds since 1900."""

DISCOVER, OFFER, REQUEST, ACKNOWLEDGE = 1, 2, 3, 5
LEASE_SECONDS = 28_800
ECHO_REQUEST, ECHO_REPLY, NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 8, 0, 135, 136


def resolve(tape: Tape, host: Host, target: Host, at_ns: int) -> None:
    """Ask who has an address, and be told."""
    question = wire.arp(1, (host.mac, host.ip), (NOBODY, target.ip))
    tape.frame(at_ns, wire.ethernet(BROADCAST_MAC, host.mac, wire.ARP_TYPE, question, host.vlan))
    answer = wire.arp(2, (target.mac, target.ip), (host.mac, host.ip))
    delay_ns = tape.rng.randrange(60, 600) * MICROSECOND
    tape.frame(at_ns + delay_ns, wire.ethernet(host.mac, target.mac, wire.ARP_TYPE, answer, target.vlan))


def neighbour(tape: Tape, host: Host, target: Host, at_ns: int) -> None:
    """The same in IPv6 (RFC 4861, 4.3 and 4.4)."""
    tail = wire.packed(target.ip6)[-3:]
    group = Host("", "33:33:ff:" + tail.hex(":"), "", ip6="ff02::1:ff" + tail.hex()[:2] + ":" + tail.hex()[2:])
    asked = b"\0" * 4 + wire.packed(target.ip6) + b"\1\1" + wire.hardware(host.mac)
    _neighbour_message(tape, at_ns, (host, group), NEIGHBOUR_SOLICITATION, asked)
    told = b"\x60\0\0\0" + wire.packed(target.ip6) + b"\2\1" + wire.hardware(target.mac)
    _neighbour_message(tape, at_ns + 300 * MICROSECOND, (target, host), NEIGHBOUR_ADVERTISEMENT, told)


def _neighbour_message(tape: Tape, at_ns: int, ends: tuple[Host, Host], kind: int, body: bytes) -> None:
    src, dst = ends
    message = wire.icmpv6(src.ip6, dst.ip6, kind, body)
    packet = wire.ipv6(src.ip6, dst.ip6, wire.ICMPV6, message, hop_limit=255)
    tape.frame(at_ns, wire.ethernet(dst.mac, src.mac, wire.IPV6_TYPE, packet))


def lease(tape: Tape, host: Host, server: Host, router: Host, at_ns: int, domain: str) -> None:
    """Get an address by DHCP (RFC 2131): discover, offer, request, acknowledge."""
    ticket = tape.rng.getrandbits(32)
    unnamed = Host(host.name, host.mac, "0.0.0.0", host.ttl, host.vlan)
    wish = _option(61, b"\1" + wire.hardware(host.mac)) + _option(12, host.name.encode())
    wish += _option(60, b"MSFT 5.0") + _option(55, bytes([1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252]))
    terms = _option(51, struct.pack("!I", LEASE_SECONDS)) + _option(54, wire.packed(server.ip))
    terms += _option(1, b"\xff\xff\xff\0") + _option(3, wire.packed(router.ip)) + _option(6, wire.packed(server.ip))
    terms += _option(15, domain.encode())
    claim = _option(50, wire.packed(host.ip)) + _option(54, wire.packed(server.ip))
    steps = ((DISCOVER, wish), (OFFER, terms), (REQUEST, wish + claim), (ACKNOWLEDGE, terms))
    for number, (kind, options) in enumerate(steps):
        from_server = bool(number % 2)
        message = _dhcp(host, ticket, _option(53, bytes([kind])) + options, from_server)
        ends = ((server, DHCP_SERVER_PORT), (host, DHCP_CLIENT_PORT))
        if not from_server:
            ends = ((unnamed, DHCP_CLIENT_PORT), (EVERYONE, DHCP_SERVER_PORT))
        tape.datagram(at_ns + number * 2 * MILLISECOND, *ends, message)


def _dhcp(host: Host, ticket: int, options: bytes, is_reply: bool) -> bytes:
    given = wire.packed(host.ip) if is_reply else b"\0" * 4
    head = struct.pack("!BBBBIHH", 1 + is_reply, 1, 6, 0, ticket, 0, 0) + b"\0" * 4 + given + b"\0" * 8
    return head + wire.hardware(host.mac).ljust(16, b"\0") + b"\0" * 192 + b"\x63\x82\x53\x63" + options + b"\xff"


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def find(tape: Tape, host: Host, resolver: Host, target: Host, at_ns: int) -> int:
    """Ask for both kinds of address of a name; return when the answers came."""
    rng, server = tape.rng, (resolver, dns.PORT)
    six = [dns.address(target.ip6)] if target.ip6 else []
    tape.ask(at_ns, host, server, dns.exchange(rng.getrandbits(16), target.name, six, dns.AAAA))
    four = [dns.address(target.ip)]
    return tape.ask(at_ns + 200 * MICROSECOND, host, server, dns.exchange(rng.getrandbits(16), target.name, four))


def set_clock(tape: Tape, host: Host, server: Host, at_ns: int) -> None:
    """Ask for the time by NTP (RFC 5905), from port 123 to port 123."""
    delay_ns = tape.rng.randrange(200, 900) * MICROSECOND
    question = struct.pack("!BBbbII4s", 0x23, 0, 10, -20, 0, 0, b"") + b"\0" * 24 + _ntp_time(at_ns)
    received = _ntp_time(at_ns + delay_ns // 2)
    answer = struct.pack("!BBbbII4s", 0x24, 2, 10, -23, 0x0100, 0x0200, b"\xc0\x00\x02\x7b")
    answer += _ntp_time(at_ns - 64 * SECOND) + _ntp_time(at_ns) + received + received
    tape.datagram(at_ns, (host, NTP_PORT), (server, NTP_PORT), question)
    tape.datagram(at_ns + delay_ns, (server, NTP_PORT), (host, NTP_PORT), answer)


def _ntp_time(at_ns: int) -> bytes:
    seconds, rest = divmod(at_ns, SECOND)
    return struct.pack("!II", seconds + NTP_1900, (rest << 32) // SECOND)


def announce_printer(tape: Tape, printer: Host, at_ns: int) -> None:
    """Tell all by multicast DNS that there is a printer, and where (RFC 6763)."""
    kind, instance = "_ipp._tcp.local", f"{printer.name}._ipp._tcp.local"
    owner = dns.name(instance)
    flush = dns.IN | dns.CACHE_FLUSH
    records = [
        dns.Record(dns.PTR, owner, 4500, dns.name(kind)),
        dns.service(f"{printer.name}.local", 631, 120)._replace(owner=owner, rclass=flush),
        dns.text(b"rp=ipp/print", 4500)._replace(owner=owner, rclass=flush),
        dns.address(printer.ip, 120)._replace(owner=dns.name(f"{printer.name}.local"), rclass=flush),
    ]
    tape.datagram(at_ns, (printer, dns.MDNS_PORT), (MDNS_GROUP, dns.MDNS_PORT), dns.announcement(records))


def look_around(tape: Tape, host: Host, at_ns: int) -> None:
    """Look for printers by multicast DNS and for a proxy by LLMNR, as a desk computer does that wakes up."""
    printers = dns.question(0, "_ipp._tcp.local", dns.PTR, flags=0)
    tape.datagram(at_ns, (replace(host, ttl=255), dns.MDNS_PORT), (MDNS_GROUP, dns.MDNS_PORT), printers)
    proxy = dns.question(tape.rng.getrandbits(16), "wpad", flags=0)
    near = replace(host, ttl=1)  # no router may pass it on
    tape.datagram(at_ns + 40 * MILLISECOND, (near, tape.port(host)), (LLMNR_GROUP, dns.LLMNR_PORT), proxy)


def log(tape: Tape, host: Host, collector: Host, line: tuple[int, str], at_ns: int) -> None:
    """Send one line, with its priority, to the collector of logs (RFC 3164)."""
    priority, text = line
    when = stamp(at_ns).strftime("%b %d %H:%M:%S")
    ends = (host, SYSLOG_PORT), (collector, SYSLOG_PORT)
    tape.datagram(at_ns, *ends, f"<{priority}>{when} {host.name} {text}".encode())


def ping(tape: Tape, host: Host, target: Host, ident: int, at_ns: int) -> None:
    """Ask a machine for a sign of life."""
    payload = bytes(range(0x10, 0x40))
    request = wire.icmp_echo(ECHO_REQUEST, ident, 1, payload)
    tape.packet(at_ns, host, target, wire.ICMP, request)
    reply = wire.icmp_echo(ECHO_REPLY, ident, 1, payload)
    tape.packet(at_ns + tape.rng.randrange(150, 900) * MICROSECOND, target, host, wire.ICMP, reply)
