"""A grant at work: what a case holds under a mandate, without one, and when one runs out on the way."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from datetime import UTC, datetime, timedelta

import pytest

from quivive import __version__, api
from quivive.case.folder import CaseFolder
from quivive.engine.captures import CaptureSet
from quivive.engine.inspect import Options, inspect
from quivive.mandate.grant import NO_MANDATE, Grant
from quivive.mandate.parts import Exclusions, Window
from quivive.mandate.pseudonyms import key_for
from quivive.mandate.sealed import opened
from quivive.mandate.terms import Level, Persons, Purpose
from quivive.model.errors import MandateError
from tests.captures import pcap
from tests.kernels.frames import ACK, SYN, ethernet, ipv4, tcp, udp

START = datetime.fromtimestamp(1_700_000_000, UTC)
THEN = api.Access(clock=lambda: START)
"""Opened when the packets were new: a mandate's terms run, and years later nothing would be left."""

WINDOW = Window(START - timedelta(days=1), START + timedelta(days=1))


def grant(*networks, **more):
    """Return a grant for networks, as a mandate in force at the time of the capture would give."""
    values = {"mandate_id": "m", "version": 1, "purpose": Purpose.INCIDENT_CASE, "window": WINDOW}
    own = tuple(map(ipaddress.ip_network, networks))
    return Grant(networks=own, exclusions=more.pop("exclusions", Exclusions()), **(values | more))


def case_of(tmp_path, frames, given, name="case"):
    """Read frames under a grant; returns the case."""
    path = pcap(tmp_path / f"{name}.pcap", frames)
    with CaptureSet([path]) as captures:
        folder = CaseFolder.prepare(tmp_path / name, [path.name], __version__, access=THEN)
        inspect(captures, folder, Options(grant=given, is_strict=True))
    return api.Case(tmp_path / name, THEN)


def query(name, src="10.0.0.1", dst="192.0.2.53", port=40_000):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = bytes.fromhex("1234 0100 0001 0000 0000 0000") + labels + bytes.fromhex("00 0001 0001")
    return ethernet(ipv4(udp(message, port, 53), src=src, dst=dst))


def ftp_login(src="10.0.0.1"):
    """Return the frames of a log-in: greeting, USER alice, PASS, welcome by name."""
    said = [
        (True, b"220 ftp ready\r\n"),
        (False, b"USER alice.martin\r\n"),
        (True, b"331 Password required for alice.martin.\r\n"),
        (False, b"PASS hunter2hunter2\r\n"),
        (True, b"230 User alice.martin logged in.\r\n"),
    ]
    at = {False: 100, True: 500}

    def segment(is_back, payload=b"", flags=ACK):
        ports = {"src_port": 21, "dst_port": 50_000} if is_back else {"src_port": 50_000, "dst_port": 21}
        ends = {"src": "192.0.2.21", "dst": src} if is_back else {"src": src, "dst": "192.0.2.21"}
        held = tcp(payload, seq=at[is_back], ack=at[not is_back], flags=flags, **ports)
        at[is_back] += len(payload) + (1 if flags & SYN else 0)
        return ethernet(ipv4(held, protocol=6, **ends))

    frames = [segment(False, flags=SYN), segment(True, flags=SYN | ACK), segment(False)]
    return frames + [segment(is_back, payload) for is_back, payload in said]


def everything(case):
    """Return all that the case folder says, tables as rows."""
    rows = [str(row) for name in case.names() for row in case.select(name).rows()]
    files = [path.read_bytes().decode("latin-1") for path in case.path.rglob("*") if path.is_file()]
    return "\n".join([*rows, *files, case.brief()])


def test_out_of_scope_packets_leave_nothing_but_a_count(tmp_path):
    frames = [query("in.example"), query("out.example", "10.9.9.9"), query("in2.example", "192.0.2.7", "10.0.0.8")]
    case = case_of(tmp_path, frames, grant("10.0.0.0/24"))
    assert {row["query"] for row in case.select("dns").rows()} == {"in.example", "in2.example"}
    assert case.manifest["cut_off"] == {"outside the networks": 1}
    assert case.manifest["mandate"]["mandate_id"] == "m"
    assert [row["n_out_of_scope"] for row in case.select("captures").rows()] == [1]
    assert "10.9.9.9" not in everything(case) and "out.example" not in everything(case)
    assert "Level L1 under mandate m version 1 (incident_case)" in case.brief()
    assert "1 packet outside the mandate, dropped unread" in case.brief()


def test_own_networks_are_the_mandates(tmp_path):
    case = case_of(tmp_path, [query("in.example")], grant("192.0.2.0/24"))
    assert [row["orig_is_own"] for row in case.select("flows").rows()] == [False]


def test_an_excluded_name_closes_its_row_and_its_flow(tmp_path):
    closed = Exclusions(domains=("union.example",))
    frames = [query("www.union.example"), query("open.example"), *ftp_login()]
    case = case_of(tmp_path, frames, grant("10.0.0.0/8", exclusions=closed))
    assert [row["query"] for row in case.select("dns").rows()] == ["open.example"]
    assert "union.example" not in everything(case)
    assert case.manifest["cut_off"] == {"rows of what is excluded": 1}


def test_level_0_keeps_flows_and_no_word_of_them(tmp_path):
    case = case_of(tmp_path, [query("secret.example"), *ftp_login()], grant("10.0.0.0/8", levels=(Level.L0,)))
    assert {name for name, n, _ in case.contents() if n} <= {
        *("captures", "flows", "hosts", "host_index", "outflow", "risks", "findings")
    }
    assert len(case.select("flows").rows()) == 2 and "secret.example" not in everything(case)


@pytest.mark.parametrize("given", [NO_MANDATE, grant("10.0.0.0/8")], ids=["without a mandate", "with one"])
def test_persons_are_pseudonyms_everywhere_and_the_same(tmp_path, given):
    case = case_of(tmp_path, ftp_login(), given)
    assert "alice" not in everything(case).lower() and "hunter2" not in everything(case)
    (who,) = {
        row["user"] for name in ("ftp", "identities", "credentials") for row in case.select(name).rows() if row["user"]
    }
    assert who.startswith("user-")
    key = key_for(case.path)
    assert opened(case.path / "names.sealed", key, who) == "alice.martin"
    assert case.manifest["pseudonyms"]["key"] == key.fingerprint


def test_where_names_are_left_out_nothing_is_sealed(tmp_path):
    case = case_of(tmp_path, ftp_login(), grant("10.0.0.0/8", persons=Persons.NONE))
    assert [row["user"] for row in case.select("credentials").rows()] == [None]
    assert "alice" not in everything(case) and not (case.path / "names.sealed").exists()


def test_the_same_names_have_the_same_pseudonyms_in_two_cases(tmp_path):
    one = case_of(tmp_path, ftp_login(), NO_MANDATE, "one")
    two = case_of(tmp_path, ftp_login("10.0.0.9"), NO_MANDATE, "two")
    users = [case.select("identities", columns="user").rows()[0] for case in (one, two)]
    assert users[0] == users[1]


def test_a_mandate_that_runs_out_stops_the_reading(tmp_path):
    given = dataclasses.replace(grant("10.0.0.0/8"), holds_until=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(MandateError, match="while reading"):
        case_of(tmp_path, ftp_login(), given)
    assert api.Case(tmp_path / "case").is_partial


def test_a_grant_without_networks_limits_nothing_and_is_refused(tmp_path):
    with pytest.raises(MandateError, match="no mandate to take it from"):
        case_of(tmp_path, ftp_login(), grant())


def test_sealed_names_are_one_line_each_and_say_nothing(tmp_path):
    case = case_of(tmp_path, ftp_login(), NO_MANDATE)
    lines = (case.path / "names.sealed").read_text().splitlines()
    held = [json.loads(line) for line in lines]
    assert len({one["pseudonym"] for one in held}) == len(held) and all(
        set(one) == {"pseudonym", "sealed"} for one in held
    )
