"""The sieve before the tables: closed rows and flows go wherever they stand already, and names are rewritten."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from quivive.mandate.closed import Closed
from quivive.mandate.parts import Exclusions
from quivive.mandate.pseudonyms import PseudonymKey, Pseudonyms
from quivive.mandate.veil import Veil
from quivive.model.fields import ARGUMENT, HOST, STAMP, USER
from quivive.model.schema import Field, Table
from quivive.store.parquet import ParquetTable
from quivive.store.sieve import Sieve

TO = Field("to_header", "texts", "To.", personal="person")
TALK = Table("talk", "For tests.", (*STAMP, USER, HOST, ARGUMENT, TO, Field("notes", "texts", "Notes.")))
LOOKUP = Table("dns", "For tests.", (*STAMP, Field("query", "text", "Name."), Field("answers", "texts", "Answers.")))
NAMES = Pseudonyms(PseudonymKey(b"k" * 32, b"s" * 32))
CLOSED = Closed(Exclusions((), ("closed.example",), False))
ALICE = NAMES.token("user", "alice")


def rows_of(folder, table):
    path = folder / table.name / "part-0.parquet"
    return pq.read_table(path).to_pylist() if path.exists() else []


def test_names_are_rewritten_in_texts_and_lists_and_where_a_row_repeats_them(tmp_path):
    writer = ParquetTable(TALK, tmp_path, Sieve(Veil(NAMES)))
    writer.add(
        1,
        5,
        {"user": "alice", "argument": "USER alice", "to_header": ["alice", "", "bob"], "notes": ["a@b.example", "x"]},
    )
    writer.add(1, 6, {"user": None, "argument": "malice alice", "to_header": None, "notes": []})
    writer.close()
    one, two = rows_of(tmp_path, TALK)
    assert (one["user"], one["argument"]) == (ALICE, f"USER {ALICE}")
    assert one["to_header"] == [ALICE, "", NAMES.token("user", "bob")]
    assert one["notes"] == [f"{NAMES.token('mail', 'a@b.example')}@b.example", "x"]
    assert (two["user"], two["argument"], two["to_header"], two["notes"]) == (None, "malice alice", None, [])


def test_the_veil_of_one_row_says_the_same(tmp_path):
    row = {"user": "alice", "argument": "USER alice", "to_header": ["alice", "bob"], "notes": ["a@b.example", "x"]}
    writer = ParquetTable(TALK, tmp_path, Sieve(Veil(NAMES)))
    writer.add(1, 5, dict(row))
    writer.close()
    (written,) = rows_of(tmp_path, TALK)
    assert {key: written[key] for key in row} == Veil(NAMES).veil(TALK, row)


def test_an_excluded_name_takes_its_whole_flow_from_every_table(tmp_path):
    sieve = Sieve(None, CLOSED, ["dns"])
    talk, lookup = ParquetTable(TALK, tmp_path, sieve), ParquetTable(LOOKUP, tmp_path, sieve)
    talk.add(1, 1, {"host": "open.example"})
    talk.add(2, 2, {"host": "open.example"})
    talk.add(2, 3, {"host": "www.closed.example"})
    lookup.add(2, 4, {"query": "open.example"})
    for writer in (talk, lookup):
        writer.settle()
    for writer in (talk, lookup):
        writer.close()
    assert [row["flow_id"] for row in rows_of(tmp_path, TALK)] == [1] and talk.n_rows == 1
    assert rows_of(tmp_path, LOOKUP) == [] and lookup.n_rows == 0
    assert sieve.forgotten == {2} and sieve.n_dropped_rows == 1


def test_of_a_name_service_only_the_row_goes(tmp_path):
    sieve = Sieve(None, CLOSED, ["dns"])
    lookup = ParquetTable(LOOKUP, tmp_path, sieve)
    lookup.add(1, 1, {"query": "open.example", "answers": ["192.0.2.1", "cdn.closed.example"]})
    lookup.add(1, 2, {"query": "open.example", "answers": ["192.0.2.1"]})
    lookup.add(1, 3, {"query": "closed.example"})
    lookup.close()
    assert [row["ts_ns"] for row in rows_of(tmp_path, LOOKUP)] == [2] and not sieve.forgotten


@pytest.mark.parametrize("n_flushed", [1, 2, 3])
def test_rows_that_were_written_before_are_taken_out_again(tmp_path, n_flushed):
    sieve = Sieve(None, CLOSED)
    talk = ParquetTable(TALK, tmp_path, sieve)
    for ts in range(n_flushed):
        talk.add(ts % 2, ts, {"host": f"secret-{ts % 2}.example"})
        talk.settle()
        talk.flush()
    talk.add(0, 9, {"host": "closed.example"})
    talk.close()
    assert all(row["flow_id"] == 1 for row in rows_of(tmp_path, TALK))
    assert talk.n_rows == len(rows_of(tmp_path, TALK)) == n_flushed // 2
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret-0" not in left and not list(tmp_path.rglob("*.whole"))


def test_a_row_without_a_flow_goes_alone(tmp_path):
    sieve = Sieve(None, CLOSED)
    talk = ParquetTable(TALK, tmp_path, sieve)
    talk.add(-1, 1, {"host": "closed.example"})
    talk.add(-1, 2, {"host": "open.example"})
    talk.close()
    assert [row["ts_ns"] for row in rows_of(tmp_path, TALK)] == [2] and not sieve.forgotten
