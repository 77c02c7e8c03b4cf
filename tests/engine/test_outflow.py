"""Outflow accounting: what left, hour by hour, whoever opened the conversation."""

from __future__ import annotations

from datetime import UTC, datetime

from quivive.engine import registry
from quivive.engine.outflow import HOUR_NS, write_outflow
from quivive.engine.questions import working_tables
from tests.detectors.case_builder import START_NS, case, flow, row_of

HOUR_0 = START_NS // HOUR_NS * HOUR_NS


def outflow(folder, rows):
    """Return the rows of `outflow` for a case made of these rows."""
    with case(folder, rows):
        pass
    tables = working_tables(folder, registry.tables())
    write_outflow(tables, folder, ("tls", "quic", "ssh"))
    tables.close()
    with case(folder, {}, reads=("outflow",)) as written:
        return list(written.sql("SELECT * FROM outflow"))


def picked(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_an_upload_becomes_one_row(tmp_path):
    upload = flow(ts_ns=HOUR_0, last_ns=HOUR_0 + 10**9, orig_bytes=5_000, resp_bytes=70, server_name="oss.example",
                  resp_operator="Example Cloud", resp_controlling="US")  # fmt: skip
    (row,) = outflow(tmp_path, {"flows": [upload]})
    moment = datetime.fromtimestamp(HOUR_0 / 10**9, UTC)
    assert row == {
        "hour": moment, "own_addr": "10.0.0.5", "is_opened_outside": False, "service": "tls",
        "carries": None, "destination": "oss.example", "destination_known_by": "server name",
        "peer_addr": "198.51.100.7",
        "peer_registered": "US", "peer_operator": "Example Cloud", "peer_controlling": "US", "out_bytes": 5_000,
        "in_bytes": 70, "n_sessions": 1, "readability": "encrypted", "clear_out_bytes": 0, "encrypted_out_bytes": 5_000,
        "unseen_out_bytes": 0, "is_spread": False, "biggest_flow_id": upload["flow_id"], "first_ts": moment,
        "last_ts": moment.replace(second=1),
    }  # fmt: skip


def test_answers_to_somebody_from_outside_are_outflow(tmp_path):
    visit = flow(orig_addr="198.51.100.7", resp_addr="10.0.0.5", orig_is_own=False, resp_is_own=True,
                 orig_bytes=70, resp_bytes=9_000, service="rdp", server_name="own.example")  # fmt: skip
    rows = outflow(tmp_path, {"flows": [visit]})
    names = ("own_addr", "peer_addr", "destination", "is_opened_outside", "out_bytes", "in_bytes")
    assert picked(rows, *names) == [("10.0.0.5", "198.51.100.7", "198.51.100.7", True, 9_000, 70)]


def test_what_stays_inside_and_what_goes_nowhere_is_not_outflow(tmp_path):
    inside = flow(resp_addr="10.0.0.9", resp_is_own=True)
    multicast = flow(resp_addr="239.255.255.250", resp_registered=None)
    broadcast = flow(resp_addr="255.255.255.255", resp_registered=None)
    passing = flow(orig_is_own=False)
    assert outflow(tmp_path, {"flows": [inside, multicast, broadcast, passing]}) == []


def test_a_flow_of_several_hours_is_spread_and_loses_no_byte(tmp_path):
    start = HOUR_0 + HOUR_NS // 2
    long = flow(ts_ns=start, last_ns=start + 3 * HOUR_NS, orig_bytes=1_000_001, resp_bytes=7)
    rows = outflow(tmp_path, {"flows": [long]})
    assert [row["n_sessions"] for row in rows] == [1, 0, 0, 0]
    assert all(row["is_spread"] for row in rows)
    assert sum(row["out_bytes"] for row in rows) == 1_000_001
    assert sum(row["in_bytes"] for row in rows) == 7
    assert [round(row["out_bytes"] / 1_000_001, 2) for row in rows] == [0.17, 0.33, 0.33, 0.17]


def test_a_flow_that_ends_within_its_hour_is_not_spread(tmp_path):
    (row,) = outflow(tmp_path, {"flows": [flow(ts_ns=HOUR_0, last_ns=HOUR_0 + HOUR_NS - 1)]})
    assert (row["is_spread"], row["n_sessions"]) == (False, 1)


def test_a_clock_that_jumped_years_gives_one_hour(tmp_path):
    (row,) = outflow(tmp_path, {"flows": [flow(ts_ns=HOUR_0, last_ns=HOUR_0 + 745 * HOUR_NS, orig_bytes=11)]})
    assert (row["out_bytes"], row["is_spread"]) == (11, False)


def test_visibility_follows_what_could_be_read(tmp_path):
    clear = flow(service="http1", resp_addr="198.51.100.1")
    sealed = flow(service="smtp", service_stack="smtp,tls", resp_addr="198.51.100.2")
    unknown = flow(service=None, service_stack=None, resp_addr="198.51.100.3")
    by_port = flow(service="ftp", confidence="port only", resp_addr="198.51.100.4")
    with_hole = flow(service="http1", orig_gap_bytes=10, resp_addr="198.51.100.5")
    rows = outflow(tmp_path, {"flows": [clear, sealed, unknown, by_port, with_hole]})
    found = {row["peer_addr"][-1]: row["readability"] for row in rows}
    assert found == {"1": "clear", "2": "encrypted", "3": "partial", "4": "partial", "5": "partial"}


def test_a_host_of_several_sessions_has_one_row_per_hour_and_name(tmp_path):
    flows = [flow(ts_ns=HOUR_0 + n, server_name="oss.example", orig_bytes=100) for n in range(4)]
    flows += [flow(ts_ns=HOUR_0 + HOUR_NS, server_name="oss.example", orig_bytes=50)]
    rows = outflow(tmp_path, {"flows": flows})
    assert picked(rows, "out_bytes", "n_sessions") == [(400, 4), (50, 1)]


def test_a_name_is_taken_from_the_request_and_else_from_dns(tmp_path):
    asked = flow(service="dns", resp_addr="10.0.0.1", resp_is_own=True)
    plain = flow(service="http1", resp_addr="198.51.100.1")
    silent = flow(service=None, service_stack=None, resp_addr="198.51.100.2")
    answers = [row_of(asked, is_response=True, query="store.example", answers=["198.51.100.1", "198.51.100.2"])]
    requests = [row_of(plain, host="Shop.Example:8080", method="POST")]
    rows = outflow(tmp_path, {"flows": [asked, plain, silent], "dns": answers, "http": requests})
    assert sorted(picked(rows, "destination", "destination_known_by")) == [
        ("shop.example", "http host"),
        ("store.example", "dns answer"),
    ]


def test_a_name_that_another_host_was_told_counts_only_where_there_is_no_second(tmp_path):
    first = flow(service="dns", orig_addr="10.0.0.8", resp_addr="10.0.0.1", resp_is_own=True)
    silent = flow(service=None, service_stack=None, resp_addr="198.51.100.2")
    told = [row_of(first, is_response=True, query=name, answers=["198.51.100.2"]) for name in ("a.example",)]
    (row,) = outflow(tmp_path / "one", {"flows": [first, silent], "dns": told})
    assert row["destination"] == "a.example"
    second = flow(service="dns", orig_addr="10.0.0.9", resp_addr="10.0.0.1", resp_is_own=True)
    told.append(row_of(second, is_response=True, query="b.example", answers=["198.51.100.2"]))
    (row,) = outflow(tmp_path / "two", {"flows": [first, second, silent], "dns": told})
    assert (row["destination"], row["destination_known_by"]) == ("198.51.100.2", "address")


def test_requests_say_what_they_carry(tmp_path):
    heads = {
        "1": {"method": "POST", "uri": "/gateway/link.do", "request_content_type": "application/x-www-form-urlencoded"},
        "2": {"method": "POST", "uri": "/in", "request_content_type": "application/EDIFACT", "as2_from": "HUB"},
        "3": {"method": "POST", "uri": "/in", "request_content_type": "text/xml", "as2_from": "HUB"},
        "4": {"method": "PUT", "uri": "/in"},
        "5": {"method": "GET", "uri": "/"},
    }
    flows = [flow(service="http1", resp_addr=f"198.51.100.{last}") for last in heads]
    requests = [row_of(one, **head) for one, head in zip(flows, heads.values(), strict=True)]
    requests.append(row_of(flows[0], method="POST", uri="/other"))
    rows = outflow(tmp_path, {"flows": flows, "http": requests})
    found = {row["peer_addr"][-1]: row["carries"] for row in rows}
    assert found == {"1": "LINK form", "2": "EDIFACT", "3": "AS2", "4": "a body", "5": None}


def test_an_empty_case_has_no_outflow(tmp_path):
    assert outflow(tmp_path, {"flows": []}) == []
