import base64
import gzip
import hashlib
import random

import pytest

from quivive.detectors.dns_tunnel import (
    HOUR_BYTES,
    HUGE_BYTES,
    INNOCENT,
    MIN_CARRIER_NAMES,
    MIN_NAMES,
    SLOW_NAMES,
    DnsTunnel,
    is_encoded,
)
from quivive.model.finding import Severity
from tests.detectors.case_builder import HOUR, SECOND, START_NS, findings, flow, row_of

RESOLVER = {"resp_addr": "10.0.0.1", "resp_port": 53, "transport": "udp", "service": "dns", "resp_is_own": True}
ASKED = flow(flow_id=4, **RESOLVER)


def encoded(number: int, n_bytes: int = 25) -> str:
    """Return a label of base32 as tunnels write it: eight characters for five bytes."""
    data = hashlib.shake_256(str(number).encode()).digest(n_bytes - 5)
    return base64.b32encode(data).decode().lower().rstrip("=") + "q4z7x25k"


def asked(names, *, step_ns=SECOND, qtype="A", of_flow=ASKED):
    return [
        row_of(
            of_flow,
            query=name,
            qtype=qtype,
            is_response=False,
            message_bytes=len(name) + 18,
            ts_ns=START_NS + k * step_ns,
        )
        for k, name in enumerate(names)
    ]


def found(tmp_path, names, of_flow=ASKED, **given):
    return findings(DnsTunnel, tmp_path, {"flows": [of_flow], "dns": asked(names, of_flow=of_flow, **given)})


TUNNEL = [f"{encoded(k)}.t.example.org" for k in range(100)]
ROWS = {"flows": [ASKED], "dns": asked(TUNNEL, qtype="TXT")}


def test_tunnel_is_told_with_the_domain_and_what_went_there(tmp_path):
    (finding,) = findings(DnsTunnel, tmp_path, ROWS)
    assert finding.title == (
        "10.0.0.5 sent about 4.1 kB through a tunnel to the owner of example.org, hidden in 100 encoded names that it "
        "looked up, on 2026-09-15 from 00:00 to 00:01 UTC"
    )
    assert (finding.severity, finding.who, finding.what) == (Severity.HIGH, "10.0.0.5", "example.org")
    assert (finding.n_bytes, finding.flow_ids, finding.innocent) == (4_100, (4,), INNOCENT)
    assert [part.points for part in finding.score_parts] == [40.0, 15.0, 12.8, 20.0, 10.0]
    assert finding.score == 97.8
    assert finding.facts["record types"] == "TXT 100"
    assert finding.facts["rate"] == "41.4 B/s over 1 min 39 s"


@pytest.mark.parametrize(("n_names", "n_found"), [(HOUR_BYTES // 40 + 1, 1), (HOUR_BYTES // 40 - 1, 0)])
def test_less_than_the_rate_for_an_hour_is_not_fast(tmp_path, n_names, n_found):
    assert len(found(tmp_path, [f"{encoded(k)}.example.org" for k in range(n_names)])) == n_found


@pytest.mark.parametrize(("n_names", "severity"), [(MIN_NAMES, Severity.HIGH), (MIN_NAMES - 1, Severity.MEDIUM)])
def test_few_long_names_are_single_messages_rather_than_a_tunnel(tmp_path, n_names, severity):
    names = [f"{encoded(k, 37)}.{encoded(k + 50, 37)}.{encoded(k + 99, 10)}.example.org" for k in range(n_names)]
    assert [finding.severity for finding in found(tmp_path, names, step_ns=1)] == [severity]


@pytest.mark.parametrize(("n_names", "severity"), [(SLOW_NAMES, [Severity.MEDIUM]), (SLOW_NAMES - 1, [])])
def test_slow_tunnel_is_seen_by_its_number_of_names(tmp_path, n_names, severity):
    names = [f"{encoded(k)}.example.org" for k in range(n_names)]
    assert [finding.severity for finding in found(tmp_path, names, step_ns=HOUR)] == severity


@pytest.mark.parametrize(("n_chars", "n_found"), [(HUGE_BYTES, 1), (HUGE_BYTES - 1, 0)])
def test_one_name_that_holds_a_message_by_itself(tmp_path, n_chars, n_found):
    text = (
        base64.b64encode(random.Random(1).randbytes(150)).decode().replace("/", "-").replace("=", "")[:n_chars].lower()
    )
    name = ".".join(text[k : k + 60] for k in range(0, n_chars, 60)) + ".example.org"
    told = found(tmp_path, [name])
    assert len(told) == n_found
    if told:
        assert "hidden in one long encoded name" in told[0].title


def test_domain_is_the_registered_one_not_the_last_two_labels(tmp_path):
    names = [f"{encoded(k)}.shop{k % 10}.co.uk" for k in range(100)]
    assert found(tmp_path, names) == []  # ten domains with ten names each


def test_names_seen_only_in_responses_count_too(tmp_path):
    rows = [row | {"is_response": True} for row in asked(TUNNEL)]
    assert len(findings(DnsTunnel, tmp_path, {"flows": [ASKED], "dns": rows})) == 1


def test_short_questions_in_between_do_not_hide_a_tunnel(tmp_path):
    polls = [f"p{k:04}.t.example.org" for k in range(150)]
    (finding,) = found(tmp_path, TUNNEL + polls)
    assert finding.severity == Severity.HIGH


def test_bytes_that_are_not_printable_count_once(tmp_path):
    names = ["".join(f"\\x{(k * j) % 128 + 128:02x}" for j in range(1, 51)) + ".example.org" for k in range(50)]
    assert [finding.n_bytes for finding in found(tmp_path, names)] == []  # 2,500 bytes, shown as 10,000 characters


@pytest.mark.parametrize(("n_names", "n_found"), [(MIN_CARRIER_NAMES, 1), (MIN_CARRIER_NAMES - 1, 0)])
def test_program_that_is_told_what_to_do_by_text_records_is_low(tmp_path, n_names, n_found):
    names = [f"l.{k % n_names}.ns.example.org" for k in range(40)]
    assert [finding.severity for finding in found(tmp_path, names, qtype="TXT")] == [Severity.LOW] * n_found


def test_mail_checks_by_text_records_raise_nothing(tmp_path):
    names = [f"s{k % 20}._domainkey.example.org" for k in range(200)]
    assert found(tmp_path, names, qtype="TXT") == []


HARMLESS = {
    "content network": [f"img{k:03}-{k * 7919 % 65536:04x}.big-cdn.example" for k in range(1_000)],
    "video servers": [f"r{k}---sn-4g5e6nz{k % 9}.googlevideo.com" for k in range(500)],
    "cloud instances": [f"ec2-52-{k % 200}-{k % 90}-{k}.eu-west-1.compute.amazonaws.com" for k in range(500)],
    "customers of a cloud": [f"d{encoded(k, 8)}.cloudfront.net" for k in range(500)],
    "reverse look-ups": [f"{k % 256}.{k // 256}.168.192.in-addr.arpa" for k in range(2_000)],
    "reverse look-ups of IPv6": [".".join(f"{k:032x}") + ".ip6.arpa" for k in range(500)],
    "block list of addresses": [f"{k % 256}.{k // 256}.168.192.zen.blocklist.example" for k in range(2_000)],
    "block list of IPv6 addresses": [".".join(f"{k:032x}") + ".zen.blocklist.example" for k in range(500)],
    "virus checks by hash": [f"{encoded(k)}.avqs.mcafee.com" for k in range(500)],
    "long plain names": [f"www{k}-customers-of-the-northern-region-department.example.com" for k in range(500)],
    "the local link": [f"printer-{encoded(k)}.local" for k in range(500)],
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_names_raise_nothing(tmp_path, kind):
    assert found(tmp_path, HARMLESS[kind], step_ns=SECOND // 10) == []


@pytest.mark.parametrize("port", [5353, 5355, 137])
def test_names_asked_of_the_link_raise_nothing(tmp_path, port):
    assert found(tmp_path, TUNNEL, of_flow=flow(**RESOLVER | {"resp_port": port})) == []


def test_strangers_asking_an_own_name_server_raise_nothing(tmp_path):
    assert found(tmp_path, TUNNEL, of_flow=flow(**RESOLVER | {"orig_is_own": False})) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (encoded(1), True),
        (hashlib.sha256(b"x").hexdigest(), True),
        ("\\xbf\\x01\\xe2\\x80zfvq", True),
        (encoded(1)[:15], False),
        ("clientservices-of-the-office", False),
        ("northerncustomers", False),
    ],
)
def test_encoded_label_is_told_from_words(name, expected):
    assert is_encoded(name) is expected


def test_nothing_is_found_without_name_messages(tmp_path):
    assert findings(DnsTunnel, tmp_path, {"flows": [ASKED]}) == []


GZIPPED = gzip.compress(b"The price list goes out.", mtime=0)


@pytest.mark.parametrize(
    "label",
    [base64.b64encode(GZIPPED).decode().rstrip("="), base64.b32encode(GZIPPED).decode().rstrip("="), GZIPPED.hex()],
    ids=["base64", "base32", "hex"],
)
def test_one_name_that_opens_as_gzip_does_is_a_tunnel(tmp_path, label):
    name = f"{label.lower()[:60]}.example.org"
    (finding,) = found(tmp_path, [name, "www.example.org"])
    assert (finding.severity, finding.what) == (Severity.MEDIUM, "example.org")
    assert "through a tunnel to the owner of example.org" in finding.title


@pytest.mark.parametrize("label", ["h4siab", "xh4siaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1f8b08-" + "a" * 25])
def test_short_names_and_the_magic_elsewhere_are_none(tmp_path, label):
    assert found(tmp_path, [f"{label}.example.org"]) == []
