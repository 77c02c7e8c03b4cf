"""Much sent out and little taken in: uploads to outside, judged by volume and direction (MITRE ATT&CK T1048, T1567).

The direction is the producer-consumer ratio (Bullard and Gerth, 2014): (out - in) / (out + in), 1 for pure sending.
What is usual is taken from the same pair's other days where the case covers ten, else from the host's other
destinations. What many machines hand to one place is told once; who stands out among them is told besides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from quivive.kit.destinations import is_background, registrable_domain
from quivive.kit.detector import WHOLE_CASE, Detector, Floor, Tables
from quivive.kit.finding_words import REGISTRY_ONLY, bytes_text, controlled_text, count_text, peer_text, when_text
from quivive.messages.shared_places import callers, is_shared
from quivive.model.finding import Finding, ScorePart, Severity

MIN_DAY_BYTES = 10_000_000
"""Sent to one destination in a day: what is told whatever else the host does; a mail or a form is far smaller."""
MIN_PEER_BYTES = 1_000_000
"""Sent in a day, where it stands out from all that the host otherwise does."""
MIN_RATIO = 0.4
"""Ratio from which sending prevails: a mail client's (Bullard and Gerth); browsing has -0.5."""
MIN_Z = 3.5
"""Robust deviation from the usual that counts as an outlier (Iglewicz and Hoaglin, 1993)."""
MIN_PEERS = 8
"""Other destinations of the same host without which nothing can be called unusual."""
MIN_BASELINE_DAYS = 10
HOSTS_SHOWN = 20
LEAST_SPREAD = 0.25
"""Spread believed at least, in powers of e: destinations of nearly equal volume differ so much by chance."""
SERVED = ["http1", "http2", "http3", "tls", "quic", "smtp", "dns", "ntp", "rtp", "rtsp"]
"""What servers hand out to visitors by design: answers to those who come from outside are no upload."""
HOUSEKEEPING = ["ntp", "dns", "mdns", "llmnr", "nbns", "ssdp", "dhcp", "icmp", "stun", "igmp", "snmp"]
SEALED = frozenset({"tls", "dtls", "quic", "ssh", "ipsec", "ike", "esp", "wireguard", "openvpn"})

HEAVY_HOSTS = """
SELECT DISTINCT orig_addr AS own_addr, true AS is_outbound FROM (
    SELECT orig_addr, array_to_string(string_split(peer, '.')[-2:], '.') AS tail FROM outward
    WHERE NOT list_contains($housekeeping, coalesce(service, ''))
    GROUP BY ALL HAVING sum(orig_bytes) >= $min_peer_bytes)
UNION ALL
SELECT DISTINCT resp_addr, false FROM flows
WHERE resp_is_own AND NOT orig_is_own AND resp_bytes > 0 AND orig_addr NOT IN (SELECT addr FROM nowhere)
  AND NOT list_contains($served, coalesce(service, '')) AND NOT list_contains($housekeeping, coalesce(service, ''))
GROUP BY resp_addr, orig_addr HAVING sum(resp_bytes) >= $min_peer_bytes
"""
"""Own hosts with a place outside that took much; the dotted end of an address joins more places, never fewer."""

CROSSING = """
WITH crossing AS (
    SELECT true AS is_outbound, orig_addr AS own_addr, resp_addr AS outside_addr, server_name,
           resp_registered AS registered, resp_operator AS operator, resp_controlling AS controlling, service,
           service_stack, ts_ns, last_ns, flow_id, orig_bytes AS sent, resp_bytes AS received, orig_gap_bytes AS unseen,
           transport = 'tcp' AND resp_packets = 0 AS is_one_sided
    FROM outward
    WHERE orig_addr IN (SELECT unnest($callers)) AND NOT list_contains($housekeeping, coalesce(service, ''))
    UNION ALL
    SELECT false, resp_addr, orig_addr, NULL, orig_registered, orig_operator, orig_controlling, service, service_stack,
           ts_ns, last_ns, flow_id, resp_bytes, orig_bytes, resp_gap_bytes, transport = 'tcp' AND orig_packets = 0
    FROM flows
    WHERE resp_is_own AND NOT orig_is_own AND resp_addr IN (SELECT unnest($called))
      AND orig_addr NOT IN (SELECT addr FROM nowhere)
      AND NOT list_contains($served, coalesce(service, ''))
      AND NOT list_contains($housekeeping, coalesce(service, ''))
)
SELECT own_addr, is_outbound, coalesce(server_name, outside_addr) AS destination, ts_ns // 86400000000000 AS day,
       max(server_name) AS server_name, max(registered) AS registered, max_by(operator, sent) AS operator,
       max_by(controlling, sent) AS controlling, min(outside_addr) AS outside_addr,
       sum(sent)::BIGINT AS sent, sum(received)::BIGINT AS received, sum(unseen)::BIGINT AS unseen, count(*) AS n_flows,
       coalesce(sum(sent) FILTER (WHERE is_one_sided), 0)::BIGINT AS one_sided,
       min(ts_ns) AS first_ns, max(last_ns) AS last_ns, max_by(ts_ns // 3600000000000, sent) AS busiest_hour,
       max_by(service, sent) AS service, max_by(service_stack, sent) AS service_stack
FROM crossing
GROUP BY own_addr, is_outbound, destination, day
ORDER BY own_addr, is_outbound, destination, day
"""

EVIDENCE = """
SELECT flow_id FROM flows
WHERE CASE WHEN $is_outbound THEN orig_addr = $own_addr AND NOT resp_is_own
                AND coalesce(nullif(lower(server_name), ''), resp_addr) IN (SELECT unnest($destinations))
           ELSE resp_addr = $own_addr AND NOT orig_is_own AND orig_addr IN (SELECT unnest($destinations)) END
  AND ts_ns // 86400000000000 = $day
ORDER BY CASE WHEN $is_outbound THEN orig_bytes ELSE resp_bytes END DESC, flow_id
LIMIT 1000
"""

TOO_SHORT = "the case is too short for a usual of its own"
INNOCENT = (
    "a backup or file store in the cloud that the organisation has ordered",
    "a large file sent to a customer, a video call or a mailbox that somebody moved",
    "a software or log service that collects by agreement",
)


@dataclass
class Day:
    """What one own host sent to one destination on one day."""

    own_addr: str
    is_outbound: bool
    destination: str
    day: int
    rows: list[dict[str, Any]] = field(default_factory=list)

    def total(self, column: str) -> int:
        """Return the sum of a column."""
        return sum(row[column] or 0 for row in self.rows)

    @property
    def sent(self) -> int:
        """Bytes sent."""
        return self.total("sent")

    @property
    def ratio(self) -> float:
        """The producer-consumer ratio: 1 only sent, -1 only received."""
        both = self.sent + self.total("received")
        return (self.sent - self.total("received")) / both if both else 0.0

    @property
    def is_one_sided(self) -> bool:
        """Whether most was sent in flows of which the other side was not captured: direction cannot be judged then."""
        return 2 * self.total("one_sided") > self.sent


@dataclass(frozen=True)
class Usual:
    """How far a volume stands out, and from what; z is None where too little is there to compare with."""

    z: float | None
    words: str


class Upload(Detector):
    """An own host that sends much to one place outside."""

    name = "upload"
    question = "Does a machine send unusually much to one place outside?"
    reads = ("flows",)
    floor = Floor(out_bytes=MIN_PEER_BYTES)
    partition_by = WHOLE_CASE

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per own host, destination and day; one for all where many machines share the place."""
        services = {"housekeeping": HOUSEKEEPING, "served": SERVED}
        heavy = list(tables.sql(HEAVY_HOSTS, min_peer_bytes=MIN_PEER_BYTES, **services))
        if not heavy:
            return
        rows = tables.sql(
            CROSSING,
            callers=[row["own_addr"] for row in heavy if row["is_outbound"]],
            called=[row["own_addr"] for row in heavy if not row["is_outbound"]],
            **services,
        )
        uploads = [told for same_host in _days(rows) for told in _uploads(same_host)]
        for told, shared in _by_place(uploads, callers(tables)):
            for day, usual in told:
                yield _finding(day, usual, _evidence(tables, day))
            if shared:
                yield _shared(shared, _evidence(tables, max(shared, key=lambda day: (day.sent, day.own_addr))))


def _uploads(days: Sequence[Day]) -> Iterator[tuple[Day, Usual]]:
    for day in days:
        if day.sent >= MIN_PEER_BYTES and day.ratio >= MIN_RATIO and not is_background(day.destination):
            usual = _usual(day, days)
            if day.sent >= MIN_DAY_BYTES or (usual.z is not None and usual.z >= MIN_Z):
                yield day, usual


def _by_place(
    uploads: Sequence[tuple[Day, Usual]], n_callers: int
) -> Iterator[tuple[list[tuple[Day, Usual]], list[Day]]]:
    """Yield for each destination what is told by itself, and what is told once for all machines that share it."""
    places: dict[tuple[bool, str], list[tuple[Day, Usual]]] = {}
    for day, usual in uploads:
        places.setdefault((day.is_outbound, day.destination), []).append((day, usual))
    for (is_outbound, _), of_place in places.items():
        n_hosts = len({day.own_addr for day, _ in of_place})
        if not is_outbound or not is_shared(n_hosts, n_callers):
            yield of_place, []
            continue
        sizes = [day.sent for day, _ in of_place]
        words = f"{len(sizes)} volumes of the {n_hosts} machines here that send to this place"
        alone = [(day, Usual(deviation(day.sent, sizes), words)) for day, _ in of_place]
        told = [(day, usual) for day, usual in alone if usual.z is not None and usual.z >= MIN_Z]
        yield told, [day for day, usual in alone if usual.z is None or usual.z < MIN_Z]


def _evidence(tables: Tables, day: Day) -> tuple[int, ...]:
    rows = tables.sql(
        EVIDENCE,
        own_addr=day.own_addr,
        is_outbound=day.is_outbound,
        destinations=[row["destination"] for row in day.rows],
        day=day.day,
    )
    return tuple(sorted(row["flow_id"] for row in rows))


def _days(rows: Iterator[dict[str, Any]]) -> list[list[Day]]:
    """Return the volumes per destination (a domain, else an address) and day, together by own host and direction."""
    days: dict[tuple[str, bool, str, int], Day] = {}
    for row in rows:
        name = row["destination"]
        destination = name if is_background(name) else registrable_domain(name)
        key = (row["own_addr"], row["is_outbound"], destination, row["day"])
        days.setdefault(key, Day(*key)).rows.append(row)
    return [list(same) for _, same in groupby(days.values(), lambda day: (day.own_addr, day.is_outbound))]


def _usual(day: Day, same_host: Sequence[Day]) -> Usual:
    history = [other.sent for other in same_host if other.destination == day.destination and other.day != day.day]
    if len(history) >= MIN_BASELINE_DAYS:
        return Usual(deviation(day.sent, history), f"its own {len(history)} other days with this destination")
    peers = [other.sent for other in same_host if other.destination != day.destination]
    if day.is_outbound and len(peers) >= MIN_PEERS:
        words = f"{len(peers)} volumes of the same machine to other places: {TOO_SHORT}"
        return Usual(deviation(day.sent, peers), words)
    return Usual(None, f"nothing: {TOO_SHORT} and the machine has too few other peers")


def deviation(value: int, usual: Sequence[int]) -> float:
    """Return the robust z of a volume against usual ones, both as logarithms: 0.6745 (x - median) / MAD."""
    logs = sorted(math.log(max(each, 1)) for each in usual)
    middle = _median(logs)
    spread = _median(sorted(abs(each - middle) for each in logs))
    return 0.6745 * (math.log(max(value, 1)) - middle) / max(spread, LEAST_SPREAD)


def _median(ordered: Sequence[float]) -> float:
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def _finding(day: Day, usual: Usual, flow_ids: tuple[int, ...]) -> Finding:
    first_ns, last_ns = min(row["first_ns"] for row in day.rows), max(row["last_ns"] for row in day.rows)
    top = max(day.rows, key=lambda row: (row["sent"], row["destination"]))
    stands_out = usual.z is not None and usual.z >= MIN_Z
    is_big = day.sent >= MIN_DAY_BYTES
    severity = Severity.HIGH if is_big and stands_out else Severity.MEDIUM if is_big else Severity.LOW
    if day.is_one_sided:
        severity = min(severity, Severity.LOW)
    unseen = day.total("unseen")
    return Finding(
        title=_title(day, top, first_ns, last_ns),
        severity=severity,
        confidence=0.3 if day.is_one_sided else round(0.5 + 0.2 * day.ratio + (0.2 if stands_out else 0.0), 3),
        who=day.own_addr,
        what=day.destination,
        first_ns=first_ns,
        last_ns=last_ns,
        n_bytes=day.sent,
        flow_ids=flow_ids,
        innocent=INNOCENT,
        score=round(sum(part.points for part in _parts(day, usual)), 1),
        score_parts=_parts(day, usual),
        attack_id="T1567" if top["server_name"] else "T1048",
        visibility=round(day.sent / (day.sent + unseen), 3),
        facts=_facts(day, top, usual),
    )


def _shared(days: Sequence[Day], flow_ids: tuple[int, ...]) -> Finding:
    """Return the one finding for a place to which many machines send alike."""
    top = max(days, key=lambda day: (day.sent, day.own_addr))
    hosts = sorted({day.own_addr for day in days})
    together = Day(top.own_addr, top.is_outbound, top.destination, top.day, [row for day in days for row in day.rows])
    found = _finding(together, Usual(None, "each other: none of these machines stands out"), flow_ids)
    others = f"{len(hosts)} machines, most of all {top.own_addr},"
    return replace(
        found,
        title=f"{others}{found.title.removeprefix(top.own_addr)}",
        severity=Severity.LOW,
        confidence=0.3,
        innocent=("a backup, file or log service that the organisation has ordered for many machines", *INNOCENT),
        facts=found.facts | {"machines": ", ".join(hosts[:HOSTS_SHOWN]) + (" and more" if hosts[HOSTS_SHOWN:] else "")},
    )


def _title(day: Day, top: dict[str, Any], first_ns: int, last_ns: int) -> str:
    peer = peer_text(top["outside_addr"], top["server_name"], top["registered"], top["operator"], top["controlling"])
    received = bytes_text(day.total("received"))
    when = when_text(first_ns, last_ns)
    if day.is_outbound:
        back = "what came back was not captured" if day.is_one_sided else f"took {received} back"
        return f"{day.own_addr} sent {bytes_text(day.sent)} to {peer} and {back}, {when}"
    return f"{peer} came from outside and took {bytes_text(day.sent)} from {day.own_addr}, giving {received}, {when}"


def _parts(day: Day, usual: Usual) -> tuple[ScorePart, ...]:
    volume = min(math.log10(max(day.sent, 1) / MIN_PEER_BYTES) / 3, 1.0)
    z = min((usual.z or 0.0) / (2 * MIN_Z), 1.0)
    return (
        ScorePart("bytes sent in the day", day.sent, round(40 * max(volume, 0.0), 1)),
        ScorePart("producer-consumer ratio", round(day.ratio, 3), round(30 * day.ratio, 1)),
        ScorePart("robust z against the usual", round(usual.z or 0.0, 2), round(30 * max(z, 0.0), 1)),
    )


def _facts(day: Day, top: dict[str, Any], usual: Usual) -> dict[str, str]:
    stack = set((top["service_stack"] or top["service"] or "").split(","))
    return {
        "compared with": usual.words,
        "busiest hour": when_text(top["busiest_hour"] * 3_600 * 10**9, top["busiest_hour"] * 3_600 * 10**9),
        "flows": count_text(day.total("n_flows"), "flow"),
        "opened by": "the own machine" if day.is_outbound else "the peer outside",
        "content": "encrypted: volume and names only" if stack & SEALED else "not encrypted as far as recognised",
        "other side": "not captured: the direction cannot be judged" if day.is_one_sided else "captured",
        "protocol": top["service"] or "not recognised",
        "registered": f"{top['registered'] or 'not known'} ({REGISTRY_ONLY})",
        "controlled": controlled_text(top["operator"], top["controlling"]),
    }
