"""The main job, end to end: what a case holds, and that it holds the same however the work was cut up."""

from __future__ import annotations

import hashlib

import pytest

from quivive import api
from quivive.engine import pipeline
from quivive.model.errors import CaptureError, CaseError, UsageError
from tests.captures import pcap
from tests.kernels.frames import ACK, FIN, SYN, ethernet, ipv4, tcp, udp

QUERY = bytes.fromhex("1234 0100 0001 0000 0000 0000 03777777 04 6365726e 02 6368 00 001c 0001")
ANSWER = bytes.fromhex("1234 8180 0001 0000 0000 0000 03777777 04 6365726e 02 6368 00 001c 0001")
REQUEST = b"GET /a HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello"


def datagram(payload, *, back=False):
    ends = {"src": "192.0.2.53", "dst": "10.0.0.1"} if back else {"src": "10.0.0.1", "dst": "192.0.2.53"}
    ports = (53, 40_000) if back else (40_000, 53)
    return ethernet(ipv4(udp(payload, *ports), **ends))


def segment(payload=b"", *, seq, ack=0, flags=ACK, back=False):
    ends = {"src": "192.0.2.80", "dst": "10.0.0.1"} if back else {"src": "10.0.0.1", "dst": "192.0.2.80"}
    ports = {"src_port": 80, "dst_port": 50_000} if back else {"src_port": 50_000, "dst_port": 80}
    return ethernet(ipv4(tcp(payload, seq=seq, ack=ack, flags=flags, **ports), protocol=6, **ends))


def web_visit():
    """Return the frames of one request and its response, in small segments."""
    frames = [
        segment(seq=99, flags=SYN),
        segment(seq=499, ack=100, flags=SYN | ACK, back=True),
        segment(seq=100, ack=500),
    ]
    frames += [segment(REQUEST[at : at + 9], seq=100 + at, ack=500) for at in range(0, len(REQUEST), 9)]
    end = 100 + len(REQUEST)
    frames += [segment(RESPONSE[at : at + 11], seq=500 + at, ack=end, back=True) for at in range(0, len(RESPONSE), 11)]
    frames += [segment(seq=end, ack=500 + len(RESPONSE), flags=FIN | ACK)]
    return [*frames, segment(seq=500 + len(RESPONSE), ack=end + 1, flags=FIN | ACK, back=True)]


FRAMES = [datagram(QUERY), datagram(ANSWER, back=True), *web_visit()]


def hashes(case_path):
    """Return the SHA-256 of each table file."""
    return {
        str(path.relative_to(case_path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(case_path.glob("tables/*/*.parquet"))
    }


def test_a_visit_and_a_look_up_become_rows(tmp_path):
    with api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "case") as case:
        flows = case.select("flows", columns="service, state, orig_bytes, resp_bytes, orig_is_own, resp_is_own").rows()
        http = case.select("http", columns="method, host, uri, status_code, response_body_bytes").rows()
        dns = case.select("dns", columns="query, qtype, is_response").rows()
    assert flows == [
        {
            "service": "dns",
            "state": "SF",
            "orig_bytes": 29,
            "resp_bytes": 29,
            "orig_is_own": True,
            "resp_is_own": False,
        },
        {
            "service": "http1",
            "state": "SF",
            "orig_bytes": len(REQUEST),
            "resp_bytes": len(RESPONSE),
            "orig_is_own": True,
            "resp_is_own": False,
        },
    ]
    assert http == [
        {"method": "GET", "host": "www.example.com", "uri": "/a", "status_code": 200, "response_body_bytes": 5}
    ]
    assert dns == [
        {"query": "www.cern.ch", "qtype": "AAAA", "is_response": False},
        {"query": "www.cern.ch", "qtype": "AAAA", "is_response": True},
    ]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    path = pcap(tmp_path / "a.pcap", FRAMES)
    api.inspect(path, tmp_path / "one").close()
    api.inspect(path, tmp_path / "two").close()
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


@pytest.mark.parametrize("at", [1, 5, 9, 14])
def test_flows_and_streams_go_on_across_files(tmp_path, at):
    whole = api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "whole")
    first = pcap(tmp_path / "b1.pcap", FRAMES[:at])
    second = pcap(tmp_path / "b2.pcap", FRAMES[at:], start_s=1_700_000_001)
    parts = api.inspect([second, first], tmp_path / "parts")
    for table, columns in (
        ("flows", "service, history, orig_bytes, resp_bytes"),
        ("http", "uri, status_code"),
        ("dns", "query"),
    ):
        assert parts.select(table, columns=columns).rows() == whole.select(table, columns=columns).rows()


def test_captures_that_overlap_in_time_are_merged(tmp_path):
    whole = api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "whole")
    odd = pcap(tmp_path / "odd.pcap", FRAMES[1::2], step_us=2000)
    even = pcap(tmp_path / "even.pcap", FRAMES[0::2], step_us=2000)
    _shift(odd, 1000)
    parts = api.inspect([odd, even], tmp_path / "parts")
    columns = "service, history, orig_bytes, resp_bytes"
    assert parts.select("flows", columns=columns).rows() == whole.select("flows", columns=columns).rows()
    assert parts.select("captures", columns="n_packets").rows() == [{"n_packets": 11}, {"n_packets": len(FRAMES) - 11}]


def _shift(path, by_us):
    data, at = bytearray(path.read_bytes()), 24
    while at < len(data):
        moved = int.from_bytes(data[at + 4 : at + 8], "little") + by_us
        data[at + 4 : at + 8] = moved.to_bytes(4, "little")
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
    path.write_bytes(data)


def test_an_interruption_leaves_a_readable_case_that_says_so(tmp_path, monkeypatch):
    path, seen = pcap(tmp_path / "a.pcap", FRAMES), []

    def interrupt(progress):
        seen.append(progress.stage)
        if progress.stage == "read":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.inspect(path, tmp_path / "case", observer=interrupt)
    with api.Case(tmp_path / "case") as case:
        assert case.is_partial and case.select("captures", columns="is_partial").rows() == [{"is_partial": True}]
        assert len(case.select("flows").rows()) == 2
        assert "stopped" in case.brief()


def test_a_fault_in_a_parser_is_written_down_and_the_rest_goes_on(tmp_path, monkeypatch):
    from quivive.protocols.http1 import Http1

    def broken(self, cursor, side):
        raise IndexError("a fault of ours")

    monkeypatch.setattr(Http1, "parse", broken)
    monkeypatch.setattr(Http1, "has_lane", False)
    with api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "case") as case:
        (anomaly,) = case.select("anomalies", columns="place, anomaly, detail").rows()
        assert anomaly == {
            "place": "http1",
            "anomaly": "fault in the parser",
            "detail": "IndexError('a fault of ours')",
        }
        assert len(case.select("dns").rows()) == 2


def test_what_is_no_capture_leaves_no_case(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam")
    with pytest.raises(CaptureError, match=r"letter\.txt is not a capture"):
        api.inspect(tmp_path / "letter.txt", tmp_path / "case")
    assert not (tmp_path / "case").exists()


def test_another_case_is_not_written_over_unless_told(tmp_path):
    one, two = pcap(tmp_path / "a.pcap", FRAMES), pcap(tmp_path / "b.pcap", FRAMES[:1])
    api.inspect(one, tmp_path / "case").close()
    with pytest.raises(CaseError, match="holds another case"):
        api.inspect(two, tmp_path / "case")
    with api.inspect(two, tmp_path / "case", replace=True) as case:
        assert len(case.select("flows").rows()) == 1


@pytest.mark.parametrize("what", ["file", "strangers", "corrupt"])
def test_a_folder_that_is_no_case_is_refused_in_one_line(tmp_path, what):
    path, folder = pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "case"
    if what == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        (folder / ("notes.txt" if what == "strangers" else "case.toml")).write_text("= broken")
    with pytest.raises(CaseError) as raised:
        api.inspect(path, folder)
    assert str(folder) in str(raised.value) and "\n" not in str(raised.value)


def test_a_corrupt_table_is_named(tmp_path):
    api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "case").close()
    (tmp_path / "case/tables/flows/part-0.parquet").write_bytes(b"PAR1 no more PAR1")
    with pytest.raises(CaseError, match=r"flows.*not a readable table"):
        api.Case(tmp_path / "case")


def test_no_capture_at_all_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no capture given"):
        api.inspect([], tmp_path / "case")


def test_every_way_out_gives_the_same_rows(tmp_path):
    case = api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "case")
    n = len(case.select("dns").rows())
    assert len(case.dns.df()) == len(case.dns.pl()) == case.dns.to_arrow_table().num_rows == n == 2
    assert case.sql("SELECT count(*) FROM dns WHERE qtype = $t", t="AAAA").fetchall() == [(2,)]
    assert case.follow(0)["dns"][0]["query"] == "www.cern.ch"
    with pytest.raises(UsageError, match="flow 99"):
        case.follow(99)


def test_a_small_batch_gives_the_same_tables(tmp_path, monkeypatch):
    path = pcap(tmp_path / "a.pcap", FRAMES)
    whole = api.inspect(path, tmp_path / "whole")
    batches = pipeline.Pipeline.run

    def in_threes(self, arrivals, on_batch):
        return batches(self, (part for arrival in arrivals for part in _parts(arrival, 3)), on_batch)

    monkeypatch.setattr(pipeline.Pipeline, "run", in_threes)
    parts = api.inspect(path, tmp_path / "parts")
    for table in ("flows", "http", "dns"):
        assert parts.select(table).rows() == whole.select(table).rows()


def _parts(arrival, size):
    data, *columns = arrival.buffer
    for at in range(0, arrival.origin.size, size):
        cut = type(arrival.buffer)(data, *(column[at : at + size] for column in columns))
        yield type(arrival)(cut, arrival.origin[at : at + size])


def test_wrong_checksums_are_counted_where_asked_and_their_packets_read(tmp_path):
    capture = pcap(tmp_path / "a.pcap", FRAMES)  # its builders leave all checksums zero
    with api.inspect(capture, tmp_path / "asked", checksums=True) as case:
        row = case.select("captures").rows()[0]
        counted = row["n_checked"], row["n_wrong_ip_checksum"], row["n_wrong_checksum"]
        assert counted == (len(FRAMES), len(FRAMES), 0)
        assert {flow["history"] for flow in case.select("flows").rows()} == {"CDcd", "CSchADdFf"}
    with api.inspect(capture, tmp_path / "plain") as case:
        assert case.select("captures").rows()[0]["n_checked"] is None
        assert len(case.select("http").rows()) == 1


@pytest.mark.parametrize("wrong", [{"idle_timeout_s": 0.0}, {"active_timeout_s": -1.0}, {"idle_timeout_s": 1e9}])
def test_times_that_end_no_flow_are_refused(tmp_path, wrong):
    with pytest.raises(UsageError, match="no time-out for flows"):
        api.inspect(pcap(tmp_path / "a.pcap", FRAMES), tmp_path / "case", **wrong)


def test_flows_end_after_the_silence_or_the_length_that_is_asked_for(tmp_path):
    capture = pcap(tmp_path / "a.pcap", [datagram(QUERY)] * 4, step_us=2_000_000)
    for given, n_flows in (({}, 1), ({"idle_timeout_s": 1.0}, 4), ({"active_timeout_s": 3.0}, 2)):
        with api.inspect(capture, tmp_path / str(n_flows), **given) as case:
            assert len(case.select("flows").rows()) == n_flows
