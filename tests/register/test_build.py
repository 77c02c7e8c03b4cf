"""One row of the register per exporting system, recipient group, data category and month."""

from __future__ import annotations

from datetime import UTC, date, datetime

from quivive.flows.place_table import read
from quivive.register.law import STALE_DAYS
from tests.detectors.case_builder import flow, row_of
from tests.register.rows import CUSTOMS, MOMENT, TODAY, clear, micros, register, row


def test_an_upload_becomes_one_entry(tmp_path):
    (entry,) = register(tmp_path, [row()]).entries
    assert (entry.period, entry.source_assets, entry.data_category, entry.recipient_group) == (
        "2026-09", ["10.0.0.5"], "not_observable", "Alibaba",
    )  # fmt: skip
    assert (entry.located.value, entry.registered.value, entry.controlling.value) == ("DE", "US", "CN")
    assert (entry.recipient_operator, entry.recipient_domains) == ("Alibaba Cloud", ["oss-eu-central-1.aliyuncs.com"])
    assert (entry.bytes_out, entry.sessions, entry.clear_share, entry.encryption) == (1_000_000, 2, 0.0, ["tls"])
    assert (entry.legal_tool, entry.adequacy) == ("to_be_shown", "no adequacy decision: CN")
    assert (entry.evidence, entry.means, entry.records) == ([7], ["upload"], None)
    assert entry.first_seen == MOMENT


def test_names_and_hours_of_one_group_are_one_entry_and_months_are_not(tmp_path):
    october = micros(datetime(2026, 10, 1, tzinfo=UTC))
    rows = [row(), row(destination="log.aliyuncs.com", out_bytes=50), row(hour=october), row(own_addr="10.0.0.6")]
    found = register(tmp_path, rows).entries
    assert [(entry.period, entry.source_assets[0], entry.bytes_out) for entry in found] == [
        ("2026-09", "10.0.0.5", 1_000_050),
        ("2026-09", "10.0.0.6", 1_000_000),
        ("2026-10", "10.0.0.5", 1_000_000),
    ]


def test_categories_follow_what_the_heads_say(tmp_path):
    rows = [
        clear(carries="LINK form"),
        clear(carries="EDIFACT"),
        clear(service="edifact"),
        clear(service="smtp"),
        clear(),
        row(service="rdp", is_opened_outside=True, destination="203.0.114.9", peer_addr="203.0.114.9"),
        row(service="tls", is_opened_outside=True, destination="203.0.114.9", peer_addr="203.0.114.9"),
    ]
    found = {entry.data_category: (entry.bytes_out, entry.means) for entry in register(tmp_path, rows).entries}
    assert found == {
        "parcel_events": (5_000, ["api"]),
        "trade_documents": (10_000, ["edi"]),
        "mail": (5_000, ["mail"]),
        "web_requests": (5_000, ["api"]),
        "remote_access": (1_000_000, ["remote_access"]),
        "served_to_visitors": (1_000_000, ["remote_access"]),
    }


def test_clocks_names_and_updates_are_no_transfer_but_are_counted(tmp_path):
    rows = [
        clear(service="dns"),
        clear(service="ntp"),
        row(destination="au.download.windowsupdate.com", peer_addr="13.107.4.50", out_bytes=777),
        row(out_bytes=0, encrypted_out_bytes=0),
    ]
    made = register(tmp_path, rows)
    assert (made.entries, made.coverage.background_bytes) == ([], 777)


def test_a_recipient_of_no_known_group_is_its_domain(tmp_path):
    (entry,) = register(tmp_path, [row(destination="a.b.customs.example", peer_addr=CUSTOMS)]).entries
    assert (entry.recipient_group, entry.is_group_known) == ("customs.example", False)
    assert (entry.located.value, entry.controlling.value, entry.registered.value) == (None, None, "FR")
    assert (entry.legal_tool, entry.is_third_country) == ("not_known", None)


def test_old_sources_are_warned_of(tmp_path):
    (tmp_path / "t.csv").write_text(f"{CUSTOMS}/32,FR\n")
    old = read(tmp_path / "t.csv", source="GeoTable", day=date(2024, 6, 18), means="located")
    made = register(tmp_path, [row(destination="c.example", peer_addr=CUSTOMS)], imported=[old])
    assert made.stale == ["located: source is 887 days old (more than 180 days): GeoTable"]
    assert made.entries[0].stale == made.stale


def test_the_table_of_decisions_grows_old_too(tmp_path):
    young, old = date(2026, 11, 20), date(2027, 5, 20)
    assert (old - young).days == STALE_DAYS + 1
    assert any("adequacy" in line for line in register(tmp_path, [], today=old).stale)
    assert register(tmp_path, [], today=date(2027, 5, 19)).stale == []


def test_messages_are_counted_where_heads_are_clear_and_estimated_from_a_clear_sister(tmp_path):
    sent = flow(service="http1", resp_addr=CUSTOMS)
    posts = [row_of(sent, host="as2.example", request_body_bytes=900 + 25 * n) for n in range(9)]
    rows = [clear(9_000, carries="EDIFACT", destination="as2.example", peer_addr=CUSTOMS, hour=sent["ts_ns"] // 1000),
            row(out_bytes=50_000, hour=sent["ts_ns"] // 1000)]  # fmt: skip
    found = {entry.data_category: entry.records for entry in register(tmp_path, rows, flows=[sent], http=posts).entries}
    assert found["trade_documents"] == (9, 9)
    low, high = found["not_observable"]
    assert low < 50 < high


def test_with_too_few_messages_nothing_is_estimated(tmp_path):
    sent = flow(service="http1", resp_addr=CUSTOMS)
    posts = [row_of(sent, host="as2.example", request_body_bytes=900) for _ in range(7)]
    (entry,) = register(tmp_path, [row(hour=sent["ts_ns"] // 1000)], flows=[sent], http=posts).entries
    assert entry.records is None


def test_the_same_case_gives_the_same_identifiers(tmp_path):
    first = register(tmp_path / "a", [row()]).entries[0].register_id
    second = register(tmp_path / "b", [row(out_bytes=5)]).entries[0].register_id
    assert first == second


def test_an_empty_case_gives_an_empty_register(tmp_path):
    made = register(tmp_path, [], hosts=(), today=TODAY)
    assert (made.entries, made.unseen, made.coverage.systems, made.coverage.bytes_out) == ([], [], 0, 0)
