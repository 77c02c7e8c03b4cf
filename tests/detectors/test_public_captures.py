"""Public captures of exfiltration: the destination is named and called what it is, and nobody else is accused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import quivive
from quivive.model.finding import Severity

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not (CORPUS / "manifest.json").exists(), reason="the public captures are not here"),
]

GUILTY = {
    "corelight-agenttesla/0e328ab7-12b2-4843-8717-a5b3ebef33a8.pcap": (
        "http_post_exfiltration", {"originwealth.ydns.eu"}, "78.41.139.12", "exfiltration",
    ),
    "corelight-agenttesla/a30789ce": ("mail_exfiltration", {"43.255.154.57"}, "43.255.154.57", "exfiltration"),
    "corelight-agenttesla/db9f075c-7879-4957-923a-f79fac957a2d.pcap": (
        "mail_exfiltration", {"208.91.198.143"}, "208.91.198.143", "exfiltration",
    ),
    "corelight-agenttesla/f9421792": ("ftp_upload", {"143.95.79.226"}, "143.95.79.226", "exfiltration"),
    "ndpi/dns-exf.pcap": ("dns_tunnel", None, "", "tunnel"),
    "ndpi/dns-tunnel-iodine.pcap": ("dns_tunnel", {"pirate.sea"}, "pirate.sea", "tunnel"),
    "ndpi/dns_exfiltration.pcap": ("dns_tunnel", None, "", "tunnel"),
    "ndpi/dns2tcp_tunnel.pcap": ("doh", {"1.1.1.1"}, "1.1.1.1", "tunnel"),
    "ndpi/icmp-tunnel.pcap": (
        "icmp_tunnel", {"192.168.154.131", "192.168.154.132"}, "192.168.154.132", "tunnel",
    ),
}  # fmt: skip
"""Of the nine of the measured baseline: the question that must be answered, with whom, shown how, called what."""

ACCUSING = {
    "dns_tunnel", "doh", "ftp_upload", "http_post_exfiltration", "http_tunnel", "icmp_tunnel", "low_and_slow",
    "mail_exfiltration", "staging", "upload",
}  # fmt: skip
"""Questions whose answer, from medium on, says that something was carried out."""

GUILTY_TAGS = {"attack", "c2", "exfil", "fuzz", "malware", "scan", "malformed", "tunnel", "vpn", "proxy", "tor"}
N_BENIGN, MOST_BYTES = 200, 400_000
MOST_INNOCENT = 1


def accused(path: Path, out: Path) -> list[tuple[str, str, str]]:
    """Return question, destination and words of each finding that accuses somebody of carrying data out."""
    case = quivive.inspect(path, out=out)
    rows = case.sql("SELECT detector, what, title, severity_rank FROM findings").fetchall()
    return [row[:3] for row in rows if row[0] in ACCUSING and row[3] >= Severity.MEDIUM]


@pytest.mark.parametrize("name", GUILTY)
def test_destination_is_named_and_called_what_it_is(name, tmp_path):
    path = CORPUS / name
    if not path.exists():
        pytest.skip("not in this corpus")
    detector, places, shown, word = GUILTY[name]
    found = accused(path, tmp_path / "case")
    assert detector in {row[0] for row in found}
    assert [row for row in found if places is not None and row[1] not in places] == []
    assert all(word in title for question, _, title in found if question == detector)
    assert any(shown in title for _, _, title in found)


def benign() -> list[str]:
    """Return captures that no source calls an attack, the first by the hash of their name."""
    entries = json.loads((CORPUS / "manifest.json").read_text())
    names = [
        entry["file"] for entry in entries
        if not GUILTY_TAGS & set(entry["tags"]) and entry["bytes"] <= MOST_BYTES and entry["packets"] > 0
    ]  # fmt: skip
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:N_BENIGN]


def test_benign_captures_accuse_nobody(tmp_path):
    told = {}
    for number, name in enumerate(benign()):
        try:
            found = accused(CORPUS / name, tmp_path / str(number))
        except quivive.QuiviveError:
            continue  # no capture file at all: nobody is accused
        if found:
            told[name] = found
    assert sum(map(len, told.values())) <= MOST_INNOCENT, told
