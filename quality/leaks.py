"""Leaks to plant, each of its own kind and rate: every one has a machine and a destination to itself."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from quality.benign import Office
from quality.rows import DAY, HOUR, MINUTE, SECOND, START_NS, Rows
from quality.truth import VOLUME, Leak

Planter = Callable[[Rows, Office, str, int], Leak]
TLS_HELLO, TLS_ANSWER = 700, 4_200
"""Bytes that opening TLS takes of each side."""


def plant(rows: Rows, office: Office, kinds: dict[str, Planter]) -> Iterator[Leak]:
    """Plant one leak of each kind, each on another machine."""
    order = rows.rng.permutation(len(office.hosts))
    for number, planter in enumerate(kinds.values()):
        yield planter(rows, office, office.hosts[order[number % len(order)]], number)


def upload(rows: Rows, office: Office, who: str, number: int, *, n_bytes: int, over_ns: int, n_flows: int,
           kind: str) -> Leak:  # fmt: skip
    """A volume handed to one place by name, or to a bare address, within a time."""
    place, addr = _place(number)
    name = place if number % 3 else None
    first_ns = _start(rows, office, over_ns)
    ts_ns = first_ns + np.sort(rows.rng.integers(0, over_ns, n_flows))
    share = rows.rng.dirichlet(np.full(n_flows, 4.0))
    rows.flows(ts_ns, orig_addr=who, resp_addr=addr, server_name=name, resp_registered="SC",
               orig_bytes=(share * n_bytes).astype(np.int64) + 900,
               resp_bytes=rows.rng.integers(4_000, 9_000, n_flows))  # fmt: skip
    return Leak(kind, who, (place, addr), first_ns, VOLUME)


def drip(rows: Rows, office: Office, who: str, number: int, *, a_minute: int, every_ns: int, kind: str) -> Leak:
    """A little at a time, day and night until the capture ends, each time in a connection of its own."""
    place, addr = _place(number)
    first_ns = _start(rows, office, 12 * HOUR)
    ts_ns = np.arange(first_ns, min(office.until_ns, first_ns + 2 * DAY), every_ns)
    ts_ns = ts_ns + rows.rng.integers(0, every_ns // 3, len(ts_ns))
    ts_ns = ts_ns[rows.rng.random(len(ts_ns)) > 0.05]
    data = a_minute * every_ns / MINUTE * rows.rng.lognormal(0, 0.3, len(ts_ns))
    rows.flows(ts_ns, orig_addr=who, resp_addr=addr, server_name=place, resp_registered="SC",
               orig_bytes=data.astype(np.int64) + TLS_HELLO,
               resp_bytes=rows.rng.integers(-200, 300, len(ts_ns)) + TLS_ANSWER)  # fmt: skip
    return Leak(kind, who, (place, addr), first_ns, ("low_and_slow", *VOLUME))


def beacon(rows: Rows, office: Office, who: str, number: int, *, every_ns: int, jitter: float, kind: str) -> Leak:
    """Calls by the clock, jittered, one in thirty left out."""
    place, addr = _place(number)
    first_ns = START_NS
    n = (office.until_ns - first_ns) // every_ns
    ts_ns = first_ns + np.arange(n) * every_ns + (rows.rng.uniform(0, jitter, n) * every_ns).astype(np.int64)
    ts_ns = ts_ns[rows.rng.random(n) > 1 / 30]
    rows.flows(
        ts_ns, orig_addr=who, resp_addr=addr, server_name=place, orig_bytes=rows.rng.integers(900, 960, len(ts_ns))
    )
    return Leak(kind, who, (place, addr), first_ns, ("beacon",))


def dns(rows: Rows, office: Office, who: str, number: int, *, n_names: int, over_ns: int, size: int,
        qtype: str, kind: str) -> Leak:  # fmt: skip
    """Names that carry base32 below one domain, asked at the own resolver."""
    domain = f"drop{number}.example"
    first_ns = _start(rows, office, over_ns)
    ts_ns = first_ns + np.sort(rows.rng.integers(0, over_ns, n_names))
    (flow_id,) = rows.flows(np.array([first_ns]), orig_addr=who, resp_addr="10.200.0.53", resp_is_own=True,
                            service="dns", transport="udp", resp_port=53, resp_registered=None)  # fmt: skip
    names = [f"{_carried(rows, size)}.{domain}" for _ in range(n_names)]
    rows.rows("dns", n_names, flow_id=np.full(n_names, flow_id), ts_ns=ts_ns, query=names, qtype=qtype,
              is_response=np.zeros(n_names, bool), is_orig=np.ones(n_names, bool),
              message_bytes=np.full(n_names, size + 30))  # fmt: skip
    return Leak(kind, who, (domain,), first_ns, ("dns_tunnel",))


def icmp(rows: Rows, office: Office, who: str, number: int, *, n_pings: int, size: int, kind: str) -> Leak:
    """Pings that carry another payload back than they took."""
    _, addr = _place(number)
    first_ns = _start(rows, office, HOUR)
    (flow_id,) = rows.flows(np.array([first_ns]), orig_addr=who, resp_addr=addr, service="icmp", transport="icmp",
                            resp_port=0, orig_bytes=n_pings * size)  # fmt: skip
    n = 2 * n_pings
    is_request = np.arange(n) % 2 == 0
    rows.rows("icmp", n, flow_id=np.full(n, flow_id), ts_ns=first_ns + np.arange(n) * SECOND, is_orig=is_request,
              icmp_type=np.where(is_request, 8, 0), payload_bytes=np.full(n, size),
              payload_digest=[f"{k:016x}" for k in range(n)])  # fmt: skip
    return Leak(kind, who, (addr,), first_ns, ("icmp_tunnel",))


def post(rows: Rows, office: Office, who: str, number: int, *, n_bytes: int, kind: str) -> Leak:
    """A body handed to a web server without encryption."""
    _, addr = _place(number)
    first_ns = _start(rows, office, HOUR)
    flow_id = rows.flows(np.array([first_ns]), orig_addr=who, resp_addr=addr, service="http1", resp_port=80,
                         orig_bytes=n_bytes + 300, resp_bytes=400)  # fmt: skip
    rows.rows("http", 1, flow_id=flow_id, ts_ns=np.array([first_ns]), method="POST", host=addr, uri="/in",
              request_body_bytes=np.array([n_bytes]), response_body_bytes=np.array([20]),
              is_request_whole=np.array([True]))  # fmt: skip
    return Leak(kind, who, (addr,), first_ns, ("http_post_exfiltration", "upload"))


def mailed(rows: Rows, office: Office, who: str, number: int, *, n_bytes: int, kind: str) -> Leak:
    """One mail with a large attachment straight to a server outside."""
    place, addr = _place(number)
    first_ns = _start(rows, office, HOUR)
    flow_id = rows.flows(np.array([first_ns]), orig_addr=who, resp_addr=addr, service="smtp", resp_port=587,
                         orig_bytes=n_bytes, resp_bytes=900)  # fmt: skip
    rows.rows("mails", 1, flow_id=flow_id, ts_ns=np.array([first_ns]), protocol="smtp", is_orig=np.array([True]),
              mail_bytes=np.array([n_bytes]), n_attachments=np.array([2]), mail_subject="drawings")  # fmt: skip
    return Leak(kind, who, (place, addr), first_ns, ("mail_exfiltration", "upload"))


def put(rows: Rows, office: Office, who: str, number: int, *, n_bytes: int, kind: str) -> Leak:
    """A file put on a server outside by FTP, with the connection that carries it."""
    _, addr = _place(number)
    first_ns = _start(rows, office, HOUR)
    flow_id = rows.flows(np.array([first_ns]), orig_addr=who, resp_addr=addr, service="ftp", resp_port=21)
    rows.flows(np.array([first_ns + SECOND]), orig_addr=who, resp_addr=addr, service="ftp_data", resp_port=50_021,
               orig_bytes=n_bytes, resp_bytes=0)  # fmt: skip
    rows.rows("ftp", 1, flow_id=flow_id, ts_ns=np.array([first_ns + SECOND]), command="STOR", file_name="prices.zip",
              status_code=np.array([226]), data_addr=addr, data_port=np.array([50_021]))  # fmt: skip
    return Leak(kind, who, (addr,), first_ns, ("ftp_upload", "upload"))


def resolver(rows: Rows, office: Office, who: str, number: int, *, n_bytes: int, kind: str) -> Leak:
    """A tunnel through encrypted look-ups at a public resolver."""
    first_ns = _start(rows, office, 4 * HOUR)
    ts_ns = first_ns + np.sort(rows.rng.integers(0, 4 * HOUR, 40))
    rows.flows(ts_ns, orig_addr=who, resp_addr="9.9.9.9", server_name="dns.quad9.net",
               orig_bytes=np.full(40, n_bytes // 40), resp_bytes=np.full(40, n_bytes // 60))  # fmt: skip
    return Leak(kind, who, ("dns.quad9.net", "9.9.9.9"), first_ns, ("doh", "upload"))


def _volumes() -> Iterator[tuple[str, Planter]]:
    for megabytes, hours, n_flows in ((10, 10, 40), (10, 1, 3), (20, 0.1, 1), (50, 24, 200), (500, 6, 12)):
        kind = f"upload of {megabytes} MB within {hours:g} h"
        yield (
            kind,
            partial(upload, n_bytes=megabytes * 1_050_000, over_ns=int(hours * HOUR), n_flows=n_flows, kind=kind),
        )


def _drips() -> Iterator[tuple[str, Planter]]:
    for a_minute, minutes in ((1_000, 1), (1_000, 10), (5_000, 1), (10_000, 5)):
        kind = f"low and slow, {a_minute // 1_000} kB/min every {minutes} min"
        yield kind, partial(drip, a_minute=a_minute, every_ns=minutes * MINUTE, kind=kind)


def _lookups() -> Iterator[tuple[str, Planter]]:
    for n_names, hours, size, qtype in (
        (200, 11, 60, "A"),(3_000, 0.5, 110, "TXT"), (400, 2, 60, "A"), (120, 4, 45, "CNAME"),
                                        (60, 0.5, 150, "A"), (1, 0.01, 150, "A")):  # fmt: skip
        kind = f"DNS tunnel, {n_names:,} names of {size} bytes, {qtype}, within {hours:g} h"
        yield kind, partial(dns, n_names=n_names, over_ns=int(hours * HOUR), size=size, qtype=qtype, kind=kind)


VOLUMES, DRIPS, LOOKUPS = dict(_volumes()), dict(_drips()), dict(_lookups())
OTHERS: dict[str, Planter] = {
    "beacon every minute": partial(beacon, every_ns=MINUTE, jitter=0.1, kind="beacon every minute"),
    "beacon every 5 min, half jittered": partial(
        beacon, every_ns=5 * MINUTE, jitter=0.5, kind="beacon every 5 min, half jittered"
    ),
    "ICMP tunnel": partial(icmp, n_pings=60, size=200, kind="ICMP tunnel"),
    "web form of 2 kB to an address": partial(post, n_bytes=2_000, kind="web form of 2 kB to an address"),
    "mail of 15 MB": partial(mailed, n_bytes=15_000_000, kind="mail of 15 MB"),
    "FTP upload of 3 MB": partial(put, n_bytes=3_000_000, kind="FTP upload of 3 MB"),
    "DoH tunnel of 4 MB": partial(resolver, n_bytes=4_000_000, kind="DoH tunnel of 4 MB"),
}
BELOW: dict[str, Planter] = {
    "below the floors: upload of 3 MB within 8 h": partial(
        upload, n_bytes=3_000_000, over_ns=8 * HOUR, n_flows=20, kind="below the floors: upload of 3 MB within 8 h"
    ),
    "below the floors: 0.2 kB/min every 1 min": partial(
        drip, a_minute=200, every_ns=MINUTE, kind="below the floors: 0.2 kB/min every 1 min"
    ),
    "below the floors: DNS tunnel, 60 names of 40 bytes, A, within 11 h": partial(
        dns,
        n_names=60,
        over_ns=11 * HOUR,
        size=40,
        qtype="A",
        kind="below the floors: DNS tunnel, 60 names of 40 bytes, A, within 11 h",
    ),
}
"""Slower than what the questions promise: listed so that nobody takes silence for a no."""
KINDS: dict[str, Planter] = {**VOLUMES, **DRIPS, **LOOKUPS, **OTHERS, **BELOW}


def _place(number: int) -> tuple[str, str]:
    """Return the name and address of a leak's destination."""
    return f"host.drop-off{number}.example", f"203.0.113.{1 + number % 250}"


def _start(rows: Rows, office: Office, over_ns: int) -> int:
    """Return a time from which a leak of some length fits into the capture and into one day where it can."""
    room = max(office.until_ns - START_NS - over_ns, 1)
    at_ns = int(rows.rng.integers(0, room))
    into_day = min(at_ns % DAY, max(DAY - over_ns - MINUTE, 0))
    return START_NS + at_ns // DAY * DAY + into_day


def _carried(rows: Rows, size: int) -> str:
    """Return base32 of random bytes in labels of 50."""
    text = base64.b32encode(rows.rng.bytes(size)).decode().lower().rstrip("=")[:size]
    return ".".join(text[start : start + 50] for start in range(0, size, 50))
