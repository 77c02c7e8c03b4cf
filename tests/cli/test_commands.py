"""The command line as its user meets it: what it says, where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from quivive import api
from tests.captures import pcap
from tests.engine.test_inspect import FRAMES

HEAVY = ("numba", "pyarrow", "duckdb", "numpy", "rich.progress")


def quivive(*words, cwd=None, stdin=None):
    """Run the command; returns (exit code, standard output, standard error)."""
    run = subprocess.run(
        [sys.executable, "-m", "quivive", *map(str, words)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
        env=os.environ | {"COLUMNS": "120"},
    )
    return run.returncode, run.stdout.decode(), run.stderr.decode()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A small case on disk."""
    folder = tmp_path_factory.mktemp("cli")
    api.inspect(pcap(folder / "a.pcap", FRAMES), folder / "case").close()
    return folder / "case"


def test_inspect_prints_the_brief_and_nothing_on_stderr(tmp_path):
    code, out, err = quivive("inspect", pcap(tmp_path / "a.pcap", FRAMES), "--out", tmp_path / "case")
    assert (code, err) == (0, "")
    assert out.startswith("Read 1 capture: 21 packets") and "Level L1 (no mandate)" in out
    assert out == (tmp_path / "case" / "brief.txt").read_text()


def test_quiet_says_nothing_and_json_says_it_for_machines(tmp_path):
    path = pcap(tmp_path / "a.pcap", FRAMES)
    assert quivive("inspect", path, "--out", tmp_path / "case", "--quiet") == (0, "", "")
    code, out, err = quivive("inspect", path, "--out", tmp_path / "case", "--json")
    told = json.loads(out)
    assert (code, err, told["status"], told["captures"][0]["n_packets"]) == (0, "", "complete", len(FRAMES))


def test_a_capture_may_come_by_standard_input(tmp_path):
    path = pcap(tmp_path / "a.pcap", FRAMES)
    code, out, _ = quivive("inspect", "-", "--out", tmp_path / "case", stdin=path.read_bytes())
    assert code == 0 and "21 packets" in out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["inspect"], 2, "no capture given"),
        (["inspect", "nowhere.pcap"], 1, "nowhere.pcap"),
        (["inspect", "."], 1, "is a folder"),
        (["inspect", "empty.pcap"], 1, "empty.pcap"),
        (["inspect", "letter.txt"], 1, "is not a capture"),
        (["inspect", "letter.txt", "--own", "10.0.0.0/99"], 1, "letter.txt"),
        (["show", "nowhere"], 1, "is no case folder"),
        (["show", "letter.txt"], 1, "is no case folder"),
    ],
)
def test_bad_input_is_one_line_that_names_the_mend(tmp_path, words, code, told):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, this is no capture.")
    (tmp_path / "empty.pcap").touch()
    got, out, err = quivive(*words, cwd=tmp_path)
    assert (got, out, err.count("\n")) == (code, "", 1)
    assert err.startswith("quivive: ") and told in err
    assert not (tmp_path / "case").exists()


def test_an_unwritable_case_folder_is_one_line(tmp_path):
    path = pcap(tmp_path / "a.pcap", FRAMES)
    (tmp_path / "file").touch()
    code, out, err = quivive("inspect", path, "--out", tmp_path / "file" / "case")
    assert (code, out, err.count("\n")) == (1, "", 1) and "cannot be written" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_one_line(case):
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "quivive", "show", str(case), "dns", "--format", "csv", "--out", "/dev/full"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert run.returncode == 1 and run.stderr.count(b"\n") == 1 and b"Traceback" not in run.stderr


def test_show_lists_the_tables_and_their_rows(case):
    code, out, _ = quivive("show", case)
    assert code == 0 and "flows" in out and "Who spoke to whom" in out
    code, out, _ = quivive("show", case, "dns", "--columns", "query,qtype", "--where", "NOT is_response")
    assert (code, out.split()) == (0, ["query", "qtype", "www.cern.ch", "AAAA"])


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "arrow", "parquet"])
def test_export_writes_every_form(case, tmp_path, form):
    out = tmp_path / f"dns.{form}"
    assert quivive("export", case, "dns", out, "--format", form) == (0, "", "")
    assert len(rows_of(out, form)) == 2


def rows_of(path, form):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    if form == "json":
        return json.loads(path.read_text())
    if form == "jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if form == "csv":
        return pyarrow.csv.read_csv(path).to_pylist()
    return (pa.ipc.open_stream(path).read_all() if form == "arrow" else pq.read_table(path)).to_pylist()


def test_an_unknown_table_or_column_says_what_there_is(case):
    code, _, err = quivive("show", case, "dnss")
    assert code == 2 and "it has" in err and "dns" in err
    code, _, err = quivive("show", case, "dns", "--where", "quary = 'a'")
    assert code == 2 and "quivive fields dns" in err


def test_follow_tells_all_of_one_flow(case):
    code, out, _ = quivive("follow", case, 1)
    assert code == 0 and "[flows] 1" in out and "[http] 1" in out and "uri=/a" in out


def test_sql_asks_across_tables(case):
    query = "SELECT f.service, h.uri FROM flows f JOIN http h USING (flow_id)"
    code, out, _ = quivive("sql", case, query, "--format", "jsonl")
    assert (code, json.loads(out)) == (0, {"service": "http1", "uri": "/a"})


def test_sql_cannot_write(case, tmp_path):
    code, _, _ = quivive("sql", case, f"COPY (SELECT 1) TO '{tmp_path / 'leak.csv'}'")
    assert code == 2 and not (tmp_path / "leak.csv").exists()


def test_help_imports_nothing_heavy():
    probe = (
        "import sys\nsys.argv = ['quivive', '--help']\nfrom quivive.cli.main import app\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert run.stderr.strip() == "[]" and "inspect" in run.stdout
