import pytest

from oracles.adapter import Score, Seen
from oracles.mapping import MAPS, views
from oracles.sources import suricata, zeek_logs
from oracles.sources.suricata import FILTERS, KNOWN, Suricata
from oracles.sources.zeek_logs import FIELDS, ROWS, ZeekLogs
from quivive.engine import registry
from quivive.store.query import CaseTables

DNS_ROW = {"dns.rrname": "example.org", "dns.rcode": "NOERROR", "dns.answers[].rdata": ["192.0.2.1", "192.0.2.2"]}


class Told(Seen):
    """A capture of which every question gives the same rows."""

    def __init__(self, *rows):
        self.rows_told = list(rows)

    def asked(self, query):
        return list(self.rows_told)


@pytest.mark.parametrize("tool", sorted(path.stem for path in MAPS.glob("*.toml")))
def test_every_field_of_a_mapping_is_a_column_that_exists(tool, tmp_path):
    empty = CaseTables(tmp_path, registry.tables().values())
    asked = [view for view in views(tool).values() if "*" not in view.not_asked]
    assert [(view.name, field) for view in asked for field in view.fields if view_rows(empty, view, field)] == []


def view_rows(case, view, field):
    return case.arrow(view.query([field])).num_rows


@pytest.mark.parametrize("tool", sorted(path.stem for path in MAPS.glob("*.toml")))
def test_what_is_not_asked_has_a_reason_and_is_not_mapped(tool):
    for view in views(tool).values():
        assert all(len(reason) > 8 for reason in view.not_asked.values())
        assert not set(view.fields) & set(view.not_asked)


def filters(match, *rows, count=1):
    return [score[:4] for score in Suricata.compare([{"match": match, "count": count}], Told(*rows))]


def test_a_filter_is_met_by_as_many_events():
    match = {"event_type": "dns", "dns.rrname": "EXAMPLE.org", "dns.answers[1].rdata": "192.0.2.2"}
    assert filters(match, DNS_ROW) == [(FILTERS, "dns", True, 1), (KNOWN, "dns", True, 1)]
    assert filters(match, DNS_ROW, DNS_ROW)[0] == (FILTERS, "dns", False, 1)
    assert filters({**match, "pcap_cnt": 3}, DNS_ROW, DNS_ROW)[0] == (FILTERS, "dns", True, 1)
    assert filters(match, count=0)[0] == (FILTERS, "dns", True, 1)
    assert filters({**match, "tx_id": 1}, DNS_ROW, count=0)[0] == (FILTERS, "dns", True, 1)
    assert filters({**match, "tx_id": 1}, DNS_ROW, DNS_ROW, count=0)[0] == (FILTERS, "dns", False, 1)


def test_a_field_we_lack_loses_the_filter():
    match = {"event_type": "dns", "dns.rrname": "example.org", "dns.colour": "blue"}
    assert filters(match, DNS_ROW) == [(FILTERS, "dns", False, 1), (KNOWN, "dns", True, 1)]


def test_what_their_rules_did_is_not_asked():
    assert filters({"event_type": "alert"}, DNS_ROW) == [("not asked", "alert", 0, 0)]
    assert filters({"event_type": "flow", "flow.alerted": True}, {"found": 1})[0] == (FILTERS, "flow", True, 1)


@pytest.mark.parametrize(
    ("key", "value", "is_met"),
    [
        ("dns.answers[].rdata", ["192.0.2.1", "192.0.2.2"], True),
        ("dns.answers.__len", 2, True),
        ("dns.rrname.__startswith", "Exam", True),
        ("dns.rrname.__endswith", "com", False),
        ("has-key", ["dns.rrname"], True),
        ("not-has-key", "dns.empty", True),
    ],
)
def test_conditions_of_a_filter(key, value, is_met):
    row = {**DNS_ROW, "dns.answers": ["a", "b"], "dns.empty": None}
    assert suricata.matches(row, key, value) is is_met


def test_values_are_equal_by_what_they_mean():
    assert suricata.equal("fe80::1", "fe80:0000:0000:0000:0000:0000:0000:0001")
    assert suricata.equal(["query", "request"], "request")
    assert not suricata.equal(1, True)
    assert zeek_logs.equal([86400, 5], "86400.000000,5.000000")
    assert zeek_logs.equal("true", "T")
    assert zeek_logs.equal(None, "-")
    assert not zeek_logs.equal("a", "b")


def test_a_row_of_a_log_is_compared_with_our_nearest():
    ends = {"id.orig_h": "192.0.2.1", "id.orig_p": 50_000, "id.resp_h": "192.0.2.2", "id.resp_p": 21}
    ours = dict.fromkeys(views("zeek")["ftp"].fields) | ends | {"command": "RETR", "reply_code": 226}
    said = {end: str(value) for end, value in ends.items()} | {"command": "RETR", "reply_code": "250", "user": "-"}
    found = [score[:4] for score in ZeekLogs.compare({"ftp": [said]}, Told({**ours, "command": "PASV"}, ours))]
    assert found == [
        (ROWS, "ftp", 1, 1),
        (FIELDS, "ftp.command", True, 1),
        (FIELDS, "ftp.reply_code", False, 1),
    ]


def test_a_row_we_have_not_loses_its_fields_too():
    said = {"id.orig_h": "192.0.2.1", "id.orig_p": "1", "id.resp_h": "192.0.2.2", "id.resp_p": "21", "command": "RETR"}
    assert list(ZeekLogs.compare({"ftp": [said]}, Told())) == [
        Score(ROWS, "ftp", 0, 1, "no row between 192.0.2.1 1 192.0.2.2 21"),
        Score(FIELDS, "ftp.command", 0, 1, "no row between 192.0.2.1 1 192.0.2.2 21"),
    ]
