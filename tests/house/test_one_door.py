"""One door: every function, command and form of export, with the proof that scope, term, level and pseudonyms hold.

The surface is walked, not listed: what is added tomorrow fails here until it stands below with its proof. A proof is a
reader: it takes a case in which a person, a host out of scope and rows past their term would be seen if anything
leaked, and returns all that it gives away.
"""

from __future__ import annotations

import inspect
import io
import json
import shutil
import typing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quivive import api
from quivive.cli import ask
from quivive.engine import registry
from quivive.engine.keeping import COUNTERS
from quivive.model.errors import CaseError, Error
from tests.captures import pcap
from tests.cli.test_mandate import ANSWERS, OWNERSHIP, TODAY, quivive
from tests.engine.test_keeping import ftp_login, query
from tests.mandate.leaks import haystack_of
from tests.mandate.test_no_person_search import commands, public_functions

PERSON, STRANGER, EXPIRED = (b"alice", b"martin"), (b"out.example", b"10.9.9.9"), (b"expired.example", b"10.0.0.77")
SECRET = (b"hunter2",)
SHUT = (*PERSON, *STRANGER, *EXPIRED, *SECRET)
OPEN = (b"kept.example", b"ftp")
"""What every look at the right table shows: a reader that shows nothing would prove nothing."""

FORMS = typing.get_args(ask.Format)
REASON = ("--reason", "INC-1: what left the house?")


@dataclass
class Door:
    """A case, and a folder for what comes out of it."""

    desk: Path
    case: Path
    out: Path

    def file(self, name):
        """Return what a reader wrote to a file or folder."""
        path = self.out / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return b"\n".join(told(one.read_bytes(), one.suffix[1:]) for one in files if one.is_file())

    def opened(self, access=None):
        return api.Case(self.case, access)

    def command(self, *words):
        code, out, err = quivive(*words)
        assert code == 0, err
        return f"{out}\n{err}".encode()


def told(held, form):
    """Return the bytes as they are, and all values in them where the form packs them."""
    if form not in ("parquet", "arrow"):
        return held
    table = pq.read_table(pa.BufferReader(held)) if form == "parquet" else pa.ipc.open_stream(held).read_all()
    return held + str(table.to_pylist()).encode()


def picked(form):
    def _read(door):
        with door.opened() as case:
            parts = []
            for name in ("flows", "dns", "credentials", "findings", "captures"):
                file = io.BytesIO()
                case.select(name).write(form, file)
                parts.append(told(file.getvalue(), form))
            return b"".join(parts)

    return _read


def shown(form):
    def _read(door):
        tables = ("flows", "dns", "credentials", "findings")
        for name in tables:
            door.command("show", door.case, name, "--format", form, "--out", door.out / f"{name}.{form}", *REASON)
        return b"".join(door.file(f"{name}.{form}") for name in tables)

    return _read


def exported(form):
    def _read(door):
        door.command("export", door.case, "dns", door.out / f"e.{form}", "--format", form)
        sql = "SELECT f.*, d.query FROM flows f JOIN dns d USING (flow_id)"
        door.command("sql", door.case, sql, "--format", form, "--out", door.out / f"s.{form}")
        return door.file(f"e.{form}") + door.file(f"s.{form}")

    return _read


def all_of(read):
    """Return a reader that applies `read` to an open case."""

    def _read(door):
        with door.opened() as case:
            return str(read(case)).encode()

    return _read


def table_rows(case):
    return [case.table(name).to_arrow_table().to_pylist() for name in case.names()]


def attribute_rows(case):
    return [getattr(case, name).to_arrow_table().to_pylist() for name in case.names() if name != "findings"]


def every_row(case):
    return [case.select(name).rows() for name in case.names()]


def followed(case):
    return [case.follow(row["flow_id"]) for row in case.select("flows").rows()]


def followed_in_words(door):
    with door.opened() as case:
        numbers = [row["flow_id"] for row in case.select("flows").rows()]
    return b"".join(
        door.command("follow", door.case, n, "--format", form) for n in numbers for form in ("text", "json")
    )


def joined(run):
    return lambda case: run(case, "SELECT * FROM flows LEFT JOIN dns USING (flow_id)")


def registers(case):
    made = case.register()
    return [case.told_register(made, form, "fr") for form in ("text", "csv", "html")]


def register_command(door):
    return b"".join(
        door.command("register", door.case, "--format", form, "--out", door.out / f"r.{form}") + door.file(f"r.{form}")
        for form in ("text", "csv", "html")
    )


def sealed(door):
    shutil.rmtree(door.out / "pack", ignore_errors=True)
    words = ("--mandate", door.desk / "m.toml")
    return door.command("seal", door.case, "--out", door.out / "pack", *words) + door.file("pack")


def sealed_in_python(door):
    shutil.rmtree(door.out / "pack", ignore_errors=True)
    api.seal(door.case, door.out / "pack", mandate=door.desk / "m.toml")
    return door.file("pack")


def roots(door):
    return door.command("audit", "roots", door.case, "--out", door.out / "roots") + door.file("roots")


def request(door):
    return door.command("audit", "request", door.case, "--out", door.out / "q.tsq") + door.file("q.tsq")


def read_again(door):
    """Read the captures into another case: progress is heard as well."""
    heard = []
    words = {"mandate": door.desk / "m.toml", "observer": lambda progress: heard.append(str(progress))}
    with api.inspect([door.desk / "old.pcap", door.desk / "new.pcap"], door.out / "again", **words) as case:
        rows = str([every_row(case), heard]).encode()
    return rows + haystack_of(door.out / "again")[0]


def inspected(door):
    words = ("inspect", door.desk / "old.pcap", door.desk / "new.pcap", "--mandate", door.desk / "m.toml")
    return b"".join(door.command(*words, "--out", door.out / "c", *form) for form in ((), ("--json",), ("--quiet",)))


def asked_to_unmask(door):
    with door.opened() as case:
        (row,) = case.select("credentials", columns="user").rows()
    words = (row["user"], "--mandate", door.desk / "m.toml", "--request", door.out / "r.toml", "--requester", "lead")
    return door.command("unmask", door.case, *words, "--reason", "the account sent drawings") + door.file("r.toml")


def entries(door):
    return (door.case / "audit.jsonl").read_bytes()


def deeds(door):
    """Hold, release, close and purge: what they say and write."""
    words = ("--reason", "the prosecutor asked for it")
    said = door.command("hold", door.case, *words) + door.command("hold", door.case, "--release", *words)
    said += door.command("close", door.case, *words) + door.command("purge", door.case)
    return said + haystack_of(door.case)[0]


def verified(door):
    return door.command("verify", door.case)


READERS = {
    "Case.brief": all_of(lambda case: case.brief()),
    "Case.contents": all_of(lambda case: case.contents()),
    "Case.findings": all_of(lambda case: case.findings),
    "Case.follow": all_of(followed),
    "Case.manifest": all_of(lambda case: case.manifest),
    "Case.query": all_of(joined(lambda case, sql: case.query(sql).rows())),
    "Case.register": all_of(registers),
    "Case.select": all_of(every_row),
    "Case.sql": all_of(joined(lambda case, sql: case.sql(sql).to_arrow_table().to_pylist())),
    "Case.table": all_of(table_rows),
    "Case.told_register": all_of(registers),
    "Case (a table by its name)": all_of(attribute_rows),
    "Picked.rows": all_of(every_row),
    "the audit": entries,
    "the folder itself": lambda door: haystack_of(door.case)[0],
    "audit_roots": roots,
    "audit_request": request,
    "audit roots": roots,
    "audit request": request,
    "inspect": inspected,
    "inspect in Python": read_again,
    "show": shown("text"),
    "follow": followed_in_words,
    "sql": exported("text"),
    "export": exported("text"),
    "brief": lambda door: door.command("brief", door.case),
    "register": register_command,
    "seal": sealed,
    "seal in Python": sealed_in_python,
    "unmask (a request)": asked_to_unmask,
    "verify": verified,
    "hold, close, purge": deeds,
    **{f"Picked.write as {form}": picked(form) for form in FORMS if form != "text"},
    **{f"show --format {form}": shown(form) for form in FORMS},
    **{f"export and sql --format {form}": exported(form) for form in FORMS},
}
"""What gives something of a case away, and how it is read for the proof."""

SHOWS_LITTLE = {
    *("Case.findings", "Case.contents", "Case.manifest", "Case.brief", "the audit", "audit_roots", "audit_request"),
    *("audit roots", "audit request", "brief", "unmask (a request)", "verify", "inspect", "Case.register", "register"),
    *("Case.told_register", "hold, close, purge"),
}
"""Readers that speak of the case without its rows."""

BY = "proved with "
OTHERWISE = {
    "Access": "who looks: holds nothing of a case",
    "Access.clock": "the time",
    "Access.told": "who looks: holds nothing of a case",
    "Access.audit": "where the audit goes on",
    "Access.audit_folder": "where the audit goes on",
    "Access.name": "who looks",
    "Access.reason": "why",
    "Case": f"{BY}each of its attributes",
    "Case.close": "lets go of files",
    "Case.is_partial": "one truth value of the manifest",
    "Case.names": "names of tables, the same in every case",
    "Lists": "places of the organisation's lists",
    "Lists.in_folder": "places of lists",
    "Lists.load_ownership": "reads no case",
    "Lists.load_revoked": "reads no case",
    "Lists.load_signers": "reads no case",
    "Lists.ownership": "a place",
    "Lists.revoked": "a place",
    "Lists.signers": "a place",
    "Picked": f"{BY}each of its ways out",
    "Picked.exporting": f"{BY}Picked.write and show --format text",
    "Picked.write": f"{BY}each form",
    "Progress": "stage and counts of packets; heard in inspect in Python",
    "Progress.at_bytes": "a count",
    "Progress.n_packets": "a count",
    "Progress.total_bytes": "a count",
    "Question": "what is asked of a register; holds nothing of a case",
    "Register": f"{BY}Case.register",
    "answer_lines": f"{BY}Case.register: words what a register holds",
    "ask_to_unmask": f"{BY}unmask (a request)",
    "audit_accept": "takes a stamp in; returns its time and its authority",
    "audit_stamp": "audit_request and audit_accept",
    "authority": "reads no case",
    "close": f"{BY}hold, close, purge",
    "describe": "meanings of columns, the same in every case",
    "hold": f"{BY}hold, close, purge",
    "notice": "speaks of a mandate or of this program",
    "purge": f"{BY}hold, close, purge",
    "told": f"{BY}verify: words what verify found",
    "unmask": "one name, two signatures: tests/cli/test_mandate.py and tests/mandate/test_unmask.py",
    "fields": "meanings of columns, the same in every case",
    "audit stamp": "audit_request and audit_accept",
    "audit accept": "takes a stamp in; returns its time and its authority",
}
"""What gives nothing of a case away, or is proved with something else."""

NO_CASE = (
    *("mandates.", "places.", "canaries.", "documents.", "Question.", "Register."),
    *("mandate ", "places ", "canary ", "protect ", "key "),
)
"""Modules and groups of commands that take no case: checked below."""


def surface():
    """Yield everything that a user can reach: functions, methods, attributes, commands."""
    yield from (name for name, _ in public_functions())
    for name in api.__all__:
        thing = getattr(api, name)
        if inspect.isclass(thing):
            yield from (f"{name}.{one}" for one in dir(thing) if not one.startswith("_"))
    yield from (" ".join(words) for words, _ in commands())


def test_everything_that_can_be_reached_has_its_proof():
    reached = {name for name in surface() if not name.startswith(NO_CASE)}
    assert reached - set(READERS) - set(OTHERWISE) == set(), "list it above, with its proof"
    assert set(OTHERWISE) - reached == set(), "is gone: take it off the list"
    assert {"brief", "Case.select", "seal", "export", "inspect"} <= reached


def test_what_is_said_to_take_no_case_takes_none():
    for name, parameters in public_functions():
        if name.startswith(NO_CASE):
            assert "case" not in parameters, name
    for words, parameters in commands():
        if " ".join(words).startswith(NO_CASE):
            assert "case" not in parameters, words


def test_every_form_of_export_is_tried():
    for command in (ask.show, ask.export, ask.sql):
        assert inspect.signature(command).parameters["format"].annotation in (ask.Format, "Format")
    assert set(FORMS) == {"text", "csv", "json", "jsonl", "arrow", "parquet"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A case under a mandate: packets of now, of ten days ago with a term of seven, and of a host out of scope."""
    desk = tmp_path_factory.mktemp("door")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUIVIVE_CONFIG", str(desk / "settings"))
        (desk / "settings").mkdir()
        (desk / "settings" / "ownership.toml").write_text(OWNERSHIP)
        for name, role in (("sec", "security"), ("dpo", "dpo_or_legal"), ("lead", "requester")):
            assert quivive("key", "new", desk / f"{name}.key", "--id", name, "--role", role)[0] == 0
        begins = f"window.from={TODAY - timedelta(days=20):%Y-%m-%dT%H:%M:%S+00:00}"
        answers = [begins if answer.startswith("window.from=") else answer for answer in ANSWERS]
        assert quivive("mandate", "new", desk / "m.toml", *answers)[0] == 0
        text = (desk / "m.toml").read_text()
        for before, after in (('flows = "6m"', 'flows = "7d"'), ("formats = []", 'formats = ["pack"]')):
            assert before in text
            text = text.replace(before, after)
        (desk / "m.toml").write_text(text.replace('alerts = "12m"', 'alerts = "7d"'))
        for name in ("sec", "dpo"):
            assert quivive("mandate", "sign", desk / "m.toml", "--key", desk / f"{name}.key")[0] == 0
        long_ago = int((TODAY - timedelta(days=10)).timestamp())
        pcap(desk / "old.pcap", [query("expired.example", "10.0.0.77")], start_s=long_ago)
        frames = [query("kept.example"), *ftp_login(), query("out.example", "10.9.9.9")]
        pcap(desk / "new.pcap", frames, start_s=int(TODAY.timestamp()))
        api.inspect([desk / "old.pcap", desk / "new.pcap"], desk / "case", mandate=desk / "m.toml").close()
        yield desk


@pytest.fixture
def door(made, tmp_path):
    (tmp_path / "out").mkdir()
    return Door(made, shutil.copytree(made / "case", tmp_path / "case"), tmp_path / "out")


@pytest.mark.parametrize("name", READERS)
def test_nothing_that_is_shut_comes_through(door, name):
    given = READERS[name](door)
    assert [mark for mark in SHUT if mark in given.lower()] == []
    if name not in SHOWS_LITTLE:
        assert any(mark in given for mark in OPEN), "the proof shows nothing"
    assert [mark for mark in SHUT if mark in entries(door)] == []


@pytest.mark.parametrize("name", sorted(set(READERS) - {"verify", "the audit", "the folder itself"}))
def test_every_look_is_an_entry_of_the_audit(door, name):
    """All but `verify`, which must work on a disc and shows no row."""
    if name.startswith("inspect"):
        READERS[name](door)
        (case,) = [path for path in door.out.iterdir() if (path / "case.toml").exists()]
        assert b'"action":"inspected"' in (case / "audit.jsonl").read_bytes()
        return
    before = entries(door).count(b"\n")
    READERS[name](door)
    assert entries(door).count(b"\n") > before and entries(door).startswith(entries(door)[:10])
    assert api.verify(door.case).faults == []


def test_the_marks_would_be_seen_without_a_mandate(made, tmp_path):
    """The same captures read without scope and term show what must be shut above; persons stay shut even so."""
    with api.inspect([made / "old.pcap", made / "new.pcap"], tmp_path / "case") as case:
        given = str(every_row(case)).encode()
    assert all(mark in given for mark in (*STRANGER, *EXPIRED)) and not any(mark in given for mark in PERSON)


def test_level_0_shows_counters_alone_through_every_door(made, tmp_path):
    (tmp_path / "out").mkdir()
    with api.inspect(made / "new.pcap", tmp_path / "case", level="L0") as case:
        assert {name for name, n, _ in case.contents() if n} <= COUNTERS
        assert {name for name in case.names() if case.select(name).rows()} <= COUNTERS
    door = Door(made, tmp_path / "case", tmp_path / "out")
    for name in ("Case.table", "Case.follow", "show", "export", "show --format parquet", "the folder itself"):
        assert b"kept.example" not in READERS[name](door), name


def test_who_opens_the_files_without_us_sees_only_what_was_stored(door):
    """DuckDB, pandas or a hex editor: there is nothing behind the door that the door would have to hide."""
    haystack, _ = haystack_of(door.case)
    assert [mark for mark in SHUT if mark in haystack.lower()] == [] and b"kept.example" in haystack
    held = {path.parent.name for path in (door.case / "tables").glob("*/*.parquet")}
    assert held <= set(registry.tables())


def test_errors_of_a_case_say_nothing_of_its_rows(door):
    asked = [
        lambda case: case.query("SELECT user::INTEGER FROM credentials").rows(),
        lambda case: case.select("credentials", where="user = 1"),
        lambda case: case.follow(10**9),
        lambda case: case.table("nothing"),
    ]
    with door.opened() as case:
        for ask_one in asked:
            with pytest.raises(Error) as raised:
                ask_one(case)
            assert [mark for mark in SHUT if mark.decode() in str(raised.value)] == []


def test_without_an_audit_every_door_is_shut(door):
    (door.case / "audit.jsonl").unlink()
    opens = [
        lambda: door.opened(),
        lambda: api.audit_roots(door.case),
        lambda: api.audit_request(door.case),
        lambda: api.purge(door.case),
        lambda: api.seal(door.case, door.out / "pack", mandate=door.desk / "m.toml"),
        lambda: api.hold(door.case, api.Access("a reason long enough")),
    ]
    for open_one in opens:
        with pytest.raises(CaseError, match="audit"):
            open_one()
    for words in (["brief"], ["show"], ["sql", "SELECT 1"], ["follow", "0"]):
        code, out, err = quivive(words[0], door.case, *words[1:])
        assert (code, out) == (1, "") and err.count("\n") == 1


def test_the_entries_say_who_what_when_why_and_under_which_mandate(door):
    door.command("show", door.case, "dns", "--where", "query = 'kept.example'", *REASON, "--name", "Lea Durand")
    last = [json.loads(line) for line in entries(door).splitlines()][-1]
    manifest = api.Case(door.case).manifest
    assert (last["action"], last["name"], last["reason"]) == ("show", "Lea Durand", REASON[1])
    assert last["mandate"] == manifest["mandate"]["digest"] and last["object"].startswith("dns where query = '")
    assert set(last) == {"action", "actor", "at", "hash", "mandate", "name", "object", "prev_hash", "reason", "seq"}
