"""Data carried out in the names that are looked up (MITRE ATT&CK T1071.004, T1048.003).

What is weighed is the information that goes to whoever owns a domain: the bytes of the distinct names below it (Ozery,
Nadler and Shabtai, arXiv 2307.02614), per asking host. Names of content networks are many but short, those of block
lists and virus checks are long but known by their form or owner; only names that look encoded are accused.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quivive.encodings.chain import Kind, Reading
from quivive.encodings.names import carried
from quivive.kit.destinations import registrable_domain
from quivive.kit.detector import Detector, Tables
from quivive.kit.finding_words import bytes_text, short_text, span_text, when_text
from quivive.model.finding import Carried, Finding, ScorePart, Severity

HOUR_NS = 3_600 * 10**9
BYTES_PER_S = 0.7
"""Information per second and domain that the paper's authors found only tunnels to reach (false alarms under 0.4 %)."""
HOUR_BYTES = int(BYTES_PER_S * 3_600)
"""The rate held for an hour; it is the floor as well, so that a capture of a minute is judged by the same bytes."""
MIN_NAMES = 20
"""Distinct names of a tunnel: fewer hold less than a page of text."""
SLOW_NAMES = 100
"""Distinct encoded names below one domain in the whole case (RITA's first class of sub-domain counts)."""
HUGE_BYTES = 120
"""Encoded bytes in one name that ask for a look by themselves: hashes and keys that serve a purpose have 64 at most."""
GZIP = r"(^|\.)(h4si[a-h]|d6fqq|1f8b08)[a-z0-9+/_=.-]{27}"
"""A label that opens as gzip does in base64, base32 or hex (1f 8b 08), in lower case, with more than gzip's own frame
of 18 bytes: no name of a machine does, so one is enough."""
MIN_MEAN_BYTES = 24
"""Mean bytes below the domain; content networks name their machines shorter, tunnels fill what they can."""
MIN_ENCODED_SHARE = 0.5
"""Of the bytes: a tunnel's short questions in between carry little."""
MIN_CARRIER_NAMES, MIN_CARRIER_QUERIES = 8, 30
"""Names and questions below one domain that ask for free data: a mail server asks a domain for two or three."""
ENCODED_LABEL = 16
"""Characters from which a label's alphabet can be judged."""
MIN_DIGITS, MAX_VOWELS, MAX_HYPHENS = 0.08, 0.25, 0.1
"""Shares of a label's characters: base32, base36 and hex have many digits and few vowels, words have not."""
NAMES_OF_ONE_TAIL = 20_000
"""Distinct names looked at per host and last two labels; more say nothing more."""
FREE_DATA = ["TXT", "NULL", "KEY", "TYPE65399", "PRIVATE"]
"""Record types whose answers hold any data."""
CARRIERS = frozenset({*FREE_DATA, "CNAME", "MX", "SRV", "ANY"})
"""Record types whose answers hold much: what tunnels ask for to carry data back."""

CHECKS = """
    mcafee.com trellix.com sophosxl.net sophosxl.com sophos.com trendmicro.com bitdefender.net bitdefender.com
    avast.com avg.com avira.com eset.com e5.sk kaspersky.com kaspersky-labs.com symantec.com norton.com

    webrootcloudav.com brightcloud.com fsapi.com f-secure.com cymru.com
    spamhaus.org spamhaus.net surbl.org uribl.com sorbs.net spamcop.net
    barracudacentral.org senderbase.org abuse.ch dnswl.org mailspike.net rspamd.com dkim.org openphish.com msrbl.net
    njabl.org manitu.net invaluement.com spfbl.net validity.com returnpath.net microsoft.com office.com
"""
"""Owners of services that are asked by long names on purpose: virus and block lists, mail checks."""
KNOWN_CHECKS = frozenset(CHECKS.split())

ESCAPED = re.compile(r"\\x[0-9a-f]{2}")
"""How the table shows a byte that is not printable: one byte, not four."""

SERVICE_NAMES = r"(^|\.)(in-addr\.arpa|ip6\.arpa|local|home\.arpa|lan|localdomain|internal|_msdcs\..*|wpad)$"
"""Names of the network's own housekeeping: reverse look-ups, the local link, the directory."""

REVERSED_ADDRESS = r"^(\d{1,3}\.){4}|^([0-9a-f]\.){16,}"
"""An address turned round before a block list's name."""

HEAVY_TAILS = r"""
WITH names AS (
    SELECT query, array_to_string(string_split(query, '.')[-2:], '.') AS tail,
           count(*) FILTER (WHERE NOT is_response AND list_contains($free_data, qtype)) AS n_free
    FROM dns WHERE query <> '' GROUP BY query
)
SELECT tail FROM names GROUP BY tail
HAVING sum(length(query) - length(tail)) >= $hour_bytes OR max(length(query) - length(tail)) >= $huge_bytes
    OR count(*) >= $slow_names OR sum(n_free) >= $min_carrier_queries OR bool_or(regexp_matches(query, $gzip))
"""
"""Ends of names below which all hosts together asked enough; what one host asked is looked at below these only."""

NAMES = r"""
WITH asked AS (
    SELECT f.orig_addr, d.query, array_to_string(string_split(d.query, '.')[-2:], '.') AS tail,
           min(d.ts_ns) AS first_ns, max(d.ts_ns) AS last_ns, count(*) FILTER (WHERE NOT d.is_response) AS n_queries,
           min(d.qtype) AS qtype, sum(d.message_bytes) FILTER (WHERE NOT d.is_response) AS asked_bytes,
           sum(d.message_bytes) FILTER (WHERE d.is_response) AS answered_bytes,
           (list(DISTINCT d.flow_id))[:8] AS flow_ids, min(f.resp_addr) AS resp_addr
    FROM dns AS d JOIN flows AS f USING (flow_id)
    WHERE d.query <> '' AND array_to_string(string_split(d.query, '.')[-2:], '.') IN (SELECT unnest($heavy_tails))
      AND f.resp_port NOT IN (5353, 5355, 137, 138)
      AND (f.orig_is_own OR NOT f.resp_is_own)
      AND NOT regexp_matches(d.query, $service_names) AND NOT regexp_matches(d.query, $reversed_address)
    GROUP BY f.orig_addr, d.query
), tails AS (
    SELECT orig_addr, tail FROM asked GROUP BY ALL
    HAVING sum(length(query) - length(tail)) >= $hour_bytes OR max(length(query) - length(tail)) >= $huge_bytes
        OR count(*) >= $slow_names OR bool_or(regexp_matches(query, $gzip))
        OR sum(n_queries) FILTER (WHERE list_contains($free_data, qtype)) >= $min_carrier_queries
)
SELECT asked.* FROM asked JOIN tails USING (orig_addr, tail)
QUALIFY row_number() OVER (PARTITION BY orig_addr, tail ORDER BY asked.first_ns, query) <= $names_of_one_tail
ORDER BY orig_addr, query
"""

INNOCENT = (
    "a security product that asks for verdicts by name (virus or mail checks)",
    "a content or advertising network with generated names",
    "a name service test that was ordered",
)


@dataclass
class Asked:
    """What one host asked for below one domain."""

    orig_addr: str
    domain: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def below(self, row: dict[str, Any]) -> str:
        """Return the part of a name below the domain."""
        return str(row["query"][: -len(self.domain)]).rstrip(".")

    def weigh(self) -> Weight:
        """Return what the names amount to."""
        names = [self.below(row) for row in self.rows]
        sizes = [len(ESCAPED.sub("?", name)) - name.count(".") for name in names]
        of_encoded = [size for name, size in zip(names, sizes, strict=True) if is_encoded(name)]
        per_hour: Counter[int] = Counter()
        for row, size in zip(self.rows, sizes, strict=True):
            per_hour[row["first_ns"] // HOUR_NS] += size
        free = [row for row in self.rows if row["qtype"] in FREE_DATA and "_" not in row["query"]]
        return Weight(
            n_names=len(names),
            n_encoded=len(of_encoded),
            n_bytes=sum(sizes),
            hour_bytes=max(per_hour.values()),
            mean_bytes=sum(of_encoded) / max(len(of_encoded), 1),
            encoded_share=sum(of_encoded) / max(sum(sizes), 1),
            huge_bytes=max(of_encoded, default=0),
            carrier_share=sum(row["qtype"] in CARRIERS for row in self.rows) / len(self.rows),
            has_gzip=any(re.search(GZIP, name) for name in names),
            is_polled=len(free) >= MIN_CARRIER_NAMES and sum(row["n_queries"] for row in free) >= MIN_CARRIER_QUERIES,
        )


@dataclass(frozen=True)
class Weight:
    """How much information went to a domain, and in what shape.

    hour_bytes: of the hour with most    huge_bytes: of the longest name that looks encoded
    mean_bytes: of the names that look encoded    encoded_share: their share of the bytes
    has_gzip: a name holds compressed data    is_polled: many names and questions for records that hold any data
    """

    n_names: int
    n_encoded: int
    n_bytes: int
    hour_bytes: int
    mean_bytes: float
    encoded_share: float
    huge_bytes: int
    carrier_share: float
    has_gzip: bool
    is_polled: bool

    def severity(self) -> Severity | None:
        """Return how soon to look; None where it is nothing."""
        is_shaped = self.mean_bytes >= MIN_MEAN_BYTES and self.encoded_share >= MIN_ENCODED_SHARE
        if is_shaped and self.n_encoded >= MIN_NAMES and self.hour_bytes >= HOUR_BYTES:
            return Severity.HIGH
        if (is_shaped and self.n_encoded >= SLOW_NAMES) or self.huge_bytes >= HUGE_BYTES or self.has_gzip:
            return Severity.MEDIUM
        return Severity.LOW if self.is_polled else None

    def score(self) -> tuple[ScorePart, ...]:
        """Return the parts of the score, 100 points together at most."""
        shares = (round(self.encoded_share, 3), round(self.carrier_share, 3))
        return (
            _part("bytes of distinct names in the busiest hour", self.hour_bytes, HOUR_BYTES, 40),
            _part("distinct names that look encoded", self.n_encoded, SLOW_NAMES, 15),
            _part("mean bytes of such a name below the domain", round(self.mean_bytes, 1), 48, 15),
            _part("share of the bytes that look encoded", shares[0], 1, 20),
            _part("share asking for records that carry data", shares[1], 1, 10),
        )


class DnsTunnel(Detector):
    """Many long, encoded names under one domain, or one that holds a message by itself."""

    name = "dns_tunnel"
    question = "Does a machine send data out hidden in the names it looks up?"
    reads = ("dns", "flows")
    partition_by = "orig_addr"

    def run(self, tables: Tables, *, as_of_ns: int) -> Iterator[Finding]:
        """Yield one finding per asking host and domain."""
        for asked in _by_domain(tables):
            weight = asked.weigh()
            severity = weight.severity()
            if severity is not None:
                yield _finding(asked, weight, severity)


def _by_domain(tables: Tables) -> Iterator[Asked]:
    found: dict[tuple[str, str], Asked] = {}
    least: dict[str, Any] = {
        "hour_bytes": HOUR_BYTES,
        "huge_bytes": HUGE_BYTES,
        "gzip": GZIP,
        "slow_names": SLOW_NAMES,
        "free_data": FREE_DATA,
        "min_carrier_queries": MIN_CARRIER_QUERIES,
    }
    heavy = [row["tail"] for row in tables.sql(HEAVY_TAILS, **least)]
    rows = tables.sql(
        NAMES,
        heavy_tails=heavy,
        service_names=SERVICE_NAMES,
        reversed_address=REVERSED_ADDRESS,
        names_of_one_tail=NAMES_OF_ONE_TAIL,
        **least,
    )
    for row in rows if heavy else ():
        domain = registrable_domain(row["query"])
        if domain in KNOWN_CHECKS or len(domain) >= len(row["query"].rstrip(".")):
            continue
        found.setdefault((row["orig_addr"], domain), Asked(row["orig_addr"], domain)).rows.append(row)
    yield from found.values()


def is_encoded(name: str) -> bool:
    """Return whether the longest label of a name looks like encoded data rather than words."""
    label = max(name.split("."), key=len)
    if len(label) < ENCODED_LABEL:
        return False
    if re.search(r"[^a-z0-9_-]", label):  # bytes that host names do not have, shown as \xNN or as they are
        return True
    size = len(label)
    digits = sum(letter.isdigit() for letter in label) / size
    vowels = sum(letter in "aeiou" for letter in label) / size
    return label.count("-") / size <= MAX_HYPHENS and (digits >= MIN_DIGITS or vowels < MAX_VOWELS)


def _part(name: str, value: float, full: float, points: int) -> ScorePart:
    return ScorePart(name, value, round(points * min(value / full, 1.0), 1))


def _finding(asked: Asked, weight: Weight, severity: Severity) -> Finding:
    rows = asked.rows
    first_ns, last_ns = min(row["first_ns"] for row in rows), max(row["last_ns"] for row in rows)
    flow_ids = sorted({flow_id for row in rows for flow_id in row["flow_ids"]})
    seconds = (last_ns - first_ns) / 1e9
    parts = weight.score()
    reading = carried([asked.below(row) for row in sorted(rows, key=lambda row: row["first_ns"])])
    types = Counter(row["qtype"] or "not told" for row in rows).most_common(3)
    resolvers: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        resolvers[row["resp_addr"]] += 1
    return Finding(
        title=_title(asked, weight, first_ns, last_ns),
        severity=severity,
        confidence=round(0.5 + 0.45 * sum(part.points for part in parts) / 100, 3),
        who=asked.orig_addr,
        what=asked.domain,
        first_ns=first_ns,
        last_ns=last_ns,
        n_bytes=weight.n_bytes,
        flow_ids=tuple(flow_ids),
        innocent=INNOCENT,
        score=round(sum(part.points for part in parts), 1),
        score_parts=parts,
        attack_id="T1071.004",
        facts={
            "rate": f"{weight.n_bytes / max(seconds, 1.0):.1f} B/s over {span_text(seconds)}",
            "record types": ", ".join(f"{name} {number}" for name, number in types),
            "asked at": ", ".join(sorted(resolvers)[:5]),
            "bytes of queries": str(sum(row["asked_bytes"] or 0 for row in rows)),
            "bytes of answers": str(sum(row["answered_bytes"] or 0 for row in rows)),
            "example": short_text(max((asked.below(row) for row in rows), key=len)),
            "carries": f"{reading.words} (shown under level L3)" if reading else "nothing that could be decoded",
        },
        carried=_carried(reading),
    )


def _carried(reading: Reading | None) -> Carried | None:
    return Carried(reading.chain, reading.data, reading.kind is Kind.TEXT) if reading else None


def _title(asked: Asked, weight: Weight, first_ns: int, last_ns: int) -> str:
    owner, when = f"the owner of {short_text(asked.domain)}", when_text(first_ns, last_ns)
    if weight.severity() == Severity.LOW:
        back = bytes_text(sum(row["answered_bytes"] or 0 for row in asked.rows))
        return f"{asked.orig_addr} took {back} from {owner} in look-ups that carry free text, as programs do, {when}"
    names = f"{weight.n_encoded:,} encoded names" if weight.n_encoded > 1 else "one long encoded name"
    sent = bytes_text(weight.n_bytes)
    return (
        f"{asked.orig_addr} sent about {sent} through a tunnel to {owner}, hidden in {names} that it looked up, {when}"
    )
