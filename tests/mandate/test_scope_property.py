"""Any scope over one capture: who is out of it leaves no byte, who is in it is there; and what level L1 never keeps."""

from __future__ import annotations

import itertools
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.parts import Exclusions, Window
from tests.engine.test_keeping import START, case_of, grant, query
from tests.kernels.frames import ACK, SYN, ethernet, ipv4, tcp
from tests.mandate.leaks import haystack_of

HOSTS = tuple(f"10.0.{k}.{10 + k}" for k in range(6))
WORDS = {
    host: f"wordof-{name}" for host, name in zip(HOSTS, ("ada", "bert", "cleo", "dora", "emil", "fred"), strict=True)
}
"""What each host asks for: a word that nobody else says."""

FRAMES = [query(f"{WORDS[host]}.example", host, port=40_000 + k) for k, host in enumerate(HOSTS * 3)]
STEP = timedelta(milliseconds=1)


def held_of(given_grant):
    """Return all that a case says of the frames, in lower case."""
    with tempfile.TemporaryDirectory() as folder:
        with case_of(Path(folder), FRAMES, given_grant) as case:
            assert case.brief()
        return haystack_of(Path(folder) / "case")[0].lower()


def traces(held, host):
    return (WORDS[host].encode() in held, host.encode() in held)


@settings(max_examples=25)
@given(st.sets(st.sampled_from(HOSTS), min_size=1), st.sets(st.sampled_from(HOSTS)))
def test_hosts_out_of_scope_or_excluded_leave_nothing_and_all_others_are_there(own, excluded):
    hosts = tuple(grant(*excluded).networks) if excluded else ()
    held = held_of(grant(*sorted(own), exclusions=Exclusions(hosts=hosts)))
    for host in HOSTS:
        is_in = host in own and host not in excluded
        assert traces(held, host) == (is_in, is_in), host


@settings(max_examples=15)
@given(st.integers(0, len(FRAMES)), st.integers(0, len(FRAMES)))
def test_packets_outside_the_window_leave_nothing(first, last):
    """A window has whole seconds: frame k comes at k ms, so the capture is spread over seconds for this."""
    seconds = [START + timedelta(seconds=k) for k in sorted((first, last))]
    window = Window(seconds[0], max(seconds[1], seconds[0] + timedelta(seconds=1)))
    with tempfile.TemporaryDirectory() as folder:
        case = spread_case(Path(folder), grant("10.0.0.0/16", window=window))
        times = [row["ts"] for row in case.select("dns").rows()]
        case.close()
    expected = [START + timedelta(seconds=k) for k in range(len(FRAMES))]
    assert times == [moment for moment in expected if window.begins <= moment < window.ends]


def spread_case(folder, given_grant):
    """Read the frames, one a second, under a grant."""
    from quivive import __version__, api
    from quivive.case.folder import CaseFolder
    from quivive.engine.captures import CaptureSet
    from quivive.engine.inspect import Options, inspect
    from tests.captures import pcap
    from tests.engine.test_keeping import THEN

    path = pcap(folder / "case.pcap", FRAMES, start_s=int(datetime.timestamp(START)), step_us=1_000_000)
    with CaptureSet([path]) as captures:
        made = CaseFolder.prepare(folder / "case", [path.name], __version__, access=THEN)
        inspect(captures, made, Options(grant=given_grant, is_strict=True))
    return api.Case(folder / "case", THEN)


def conversation(said, port, client=50_000):
    """Return the frames of a TCP conversation; said: (whether the server speaks, bytes)."""
    at = {False: 100, True: 500}

    def segment(is_back, payload=b"", flags=ACK):
        ports = {"src_port": port, "dst_port": client} if is_back else {"src_port": client, "dst_port": port}
        ends = {"src": "192.0.2.21", "dst": HOSTS[0]} if is_back else {"src": HOSTS[0], "dst": "192.0.2.21"}
        held = tcp(payload, seq=at[is_back], ack=at[not is_back], flags=flags, **ports)
        at[is_back] += len(payload) + (1 if flags & SYN else 0)
        return ethernet(ipv4(held, protocol=6, **ends))

    opening = [segment(False, flags=SYN), segment(True, flags=SYN | ACK), segment(False)]
    return opening + [segment(is_back, payload) for is_back, payload in said]


BODY = b"thenewbatteryisdrawnhere " * 20
WEB = [
    (False, b"POST /upload HTTP/1.1\r\nHost: store.example\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY),
    (True, b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nthankyouforthebattery"),
]
MAIL = [
    (True, b"220 mail ready\r\n"),
    (False, b"EHLO pc\r\n"),
    (True, b"250 mail\r\n"),
    (False, b"MAIL FROM:<alice@works.example>\r\n"),
    (True, b"250 ok\r\n"),
    (False, b"RCPT TO:<bert@partner.example>\r\n"),
    (True, b"250 ok\r\n"),
    (False, b"DATA\r\n"),
    (True, b"354 go\r\n"),
    (False, b"From: alice@works.example\r\nSubject: drawing\r\n\r\n" + BODY + b"\r\n.\r\n"),
    (True, b"250 ok\r\n"),
]
ODD = [(False, b"\x99\x01\x02" + BODY), (True, b"\x99\x03" + BODY)]


def test_level_1_keeps_names_and_counts_and_no_byte_of_any_content(tmp_path):
    """Bodies of web and mail, and the payload of what nobody knows: cut off, not hidden."""
    frames = [
        *conversation(WEB, 80),
        *conversation(MAIL, 25, 50_001),
        *conversation(ODD, 7777, 50_002),
    ]
    for number, given_grant in enumerate((NO_MANDATE, grant("10.0.0.0/16"))):
        case = case_of(tmp_path, frames, given_grant, name=f"case{number}")
        assert [row["uri"] for row in case.select("http").rows()] == ["/upload"]
        assert case.select("mails").rows()
        held = haystack_of(tmp_path / f"case{number}")[0].lower()
        for start in range(0, 24, 6):
            assert BODY[start : start + 10] not in held
        assert b"thankyou" not in held and b"store.example" in held


def test_the_words_are_apart():
    """No host's word or address is part of another's: else the property above would prove nothing."""
    for one, other in itertools.permutations(HOSTS, 2):
        assert one not in other and WORDS[one] not in WORDS[other]
