from datetime import UTC, datetime

import pytest

from quivive.engine import registry
from quivive.model.case_tables import CAPTURES, FLOWS
from quivive.model.errors import CaseError
from quivive.store import working
from quivive.store.parquet import ParquetTable
from quivive.store.working import WorkingTables
from tests.detectors.case_builder import capture, flow


@pytest.fixture
def tables(tmp_path):
    for table, row in ((FLOWS, flow(flow_id=7)), (CAPTURES, capture(first_ns=0, last_ns=2_000))):
        written = ParquetTable(table, tmp_path / "tables")
        written.add(row.pop("flow_id", -1), row["ts_ns"], row)
        written.close()
    opened = WorkingTables(tmp_path / "tables", registry.tables())
    yield opened
    opened.close()


def test_rows_are_read_and_values_given_by_name(tables):
    tables.open("flows")
    assert list(tables.sql("SELECT flow_id, orig_addr FROM flows WHERE flow_id = $wanted", wanted=7)) == [
        {"flow_id": 7, "orig_addr": "10.0.0.5"}
    ]


def test_times_are_in_utc(tables):
    tables.open("captures")
    assert list(tables.sql("SELECT first_ts, last_ts FROM captures")) == [
        {"first_ts": datetime(1970, 1, 1, tzinfo=UTC), "last_ts": datetime(1970, 1, 1, 0, 0, 0, 2, tzinfo=UTC)}
    ]


def test_a_table_without_rows_is_there_and_empty(tables):
    assert not tables.has("dns")
    assert list(tables.sql("SELECT query, answers, ts FROM dns")) == []


def test_a_table_that_nobody_knows_has_no_rows(tables):
    assert not tables.has("of_another_build")


def test_a_table_that_is_written_later_is_found_when_opened_again(tables, tmp_path):
    assert not tables.has("hosts")
    hosts = ParquetTable(registry.tables()["hosts"], tmp_path / "tables")
    hosts.add(-1, 0, {"host_addr": "10.0.0.5"})
    hosts.close()
    tables.open("hosts")
    assert list(tables.sql("SELECT host_addr FROM hosts")) == [{"host_addr": "10.0.0.5"}]


@pytest.mark.parametrize("held", [0, 1])
def test_what_is_derived_is_the_same_held_in_memory_or_read_again(tables, monkeypatch, held):
    monkeypatch.setattr(working, "HELD_ROWS", held)
    tables.open("flows", ("flow_id", "resp_port"))
    tables.derive("ports", "SELECT resp_port FROM flows", of="flows")
    assert list(tables.sql("SELECT * FROM ports")) == [{"resp_port": 443}]


def test_damaged_table_is_refused_with_its_name(tables, tmp_path):
    (tmp_path / "tables/dns").mkdir()
    (tmp_path / "tables/dns/part-0.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(CaseError, match=r"dns/part-0\.parquet: not a readable table"):
        tables.open("dns")


def test_nothing_outside_the_case_is_read(tables, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "secret.csv"
    other.write_text("word\nsesame\n")
    with pytest.raises(Exception, match="disabled"):
        list(tables.sql(f"SELECT * FROM read_csv('{other}')"))
