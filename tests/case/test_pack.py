"""Evidence packs: checked with sha256sum and openssl alone, the same twice, and not one byte of them can be changed."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import uuid
from datetime import datetime

import pytest

from quivive import api
from quivive.model.errors import CaseError, MandateError
from tests.case.authority import OpensslAuthority
from tests.case.test_custody import LEA, case, made  # noqa: F401 - fixtures
from tests.cli.test_mandate import capture, desk, quivive, signed  # noqa: F401 - fixtures

STIX_NEEDS = {
    "identity": {"name", "identity_class", "created", "modified"},
    "observed-data": {"first_observed", "last_observed", "number_observed", "object_refs", "created", "modified"},
    "note": {"content", "object_refs", "created", "modified"},
    "report": {"name", "published", "object_refs", "created", "modified"},
    "attack-pattern": {"name", "created", "modified"},
    "ipv4-addr": {"value"},
    "ipv6-addr": {"value"},
    "domain-name": {"value"},
    "network-traffic": {"protocols"},
}
"""What the standard requires of each type, beside type, spec_version and id (STIX 2.1, sections 4 and 6)."""

STIX_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def pack(case, tmp_path):  # noqa: F811
    api.seal(case, tmp_path / "pack", LEA)
    return tmp_path / "pack"


def sh(folder, *words):
    if shutil.which(words[0]) is None:
        pytest.skip(f"no {words[0]} here")
    return subprocess.run(list(map(str, words)), cwd=folder, capture_output=True, text=True, check=False)


def test_a_pack_holds_all_that_is_evidence_and_no_sealed_name(pack):
    names = {path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file()}
    assert {
        *("README_verification.txt", "SHA256SUMS", "SHA256SUMS.sig", "signer.pub.pem", "manifest.json", "brief.txt"),
        *("case.toml", "timeline.csv", "stix.json", "case.jsonld", "audit_extract.jsonl", "audit_roots.jsonl"),
        *("tables/flows.parquet", "tables/credentials.parquet"),
    } <= names
    held = b"".join((pack / name).read_bytes() for name in names)
    assert "names.sealed" not in names and b"alice" not in held
    manifest = json.loads((pack / "manifest.json").read_bytes())
    assert manifest["sealed"] == {"actor": manifest["sealed"]["actor"], "name": "Lea Durand", "reason": LEA.reason}
    assert "not in the pack" in manifest["packets"] and manifest["captures"][0]["n_packets"] == 9
    assert api.verify(pack).faults == []


def test_the_readme_s_own_commands_verify_it(pack):
    page = (pack / "README_verification.txt").read_text()
    commands = [line.strip()[2:] for line in page.splitlines() if line.strip().startswith("$ ")]
    assert "sha256sum --check --strict --quiet SHA256SUMS" in commands
    runs = [sh(pack, "sh", "-c", command) for command in commands if "ca.pem" not in command]
    assert [run.returncode for run in runs] == [0] * 4
    assert runs[0].stdout == "" and "Verified Successfully" in runs[2].stdout + runs[2].stderr
    assert len(set(runs[1].stdout.split())) == 1 and runs[3].stdout.strip() in page


def test_a_changed_byte_anywhere_is_found_and_names_the_file(pack):
    for path in sorted(path for path in pack.rglob("*") if path.is_file()):
        name, held = path.relative_to(pack).as_posix(), path.read_bytes()
        step = max(1, len(held) // 150)
        for at in {*range(0, len(held), step), len(held) - 1}:
            path.write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
            faults = api.verify(pack).faults
            assert any(name in fault for fault in faults), (name, at, faults)
        path.write_bytes(held)
    assert api.verify(pack).faults == []


@pytest.mark.parametrize("name", ["SHA256SUMS", "SHA256SUMS.sig", "signer.pub.pem", "manifest.json", "timeline.csv"])
def test_every_byte_of_a_small_file(pack, name):
    path = pack / name
    held = path.read_bytes()
    for at in range(len(held)):
        path.write_bytes(held[:at] + bytes([held[at] ^ 0x20]) + held[at + 1 :])
        assert any(name in fault for fault in api.verify(pack).faults), at


def test_files_taken_out_and_added_are_named(pack):
    (pack / "notes.txt").write_text("added")
    assert api.verify(pack).faults == ["notes.txt: is not in SHA256SUMS: it was added"]
    (pack / "notes.txt").unlink()
    for name in ("brief.txt", "SHA256SUMS", "SHA256SUMS.sig", "signer.pub.pem", "tables/flows.parquet"):
        held = (pack / name).read_bytes()
        (pack / name).unlink()
        assert any(name in fault for fault in api.verify(pack).faults), name
        (pack / name).write_bytes(held)


def test_the_same_case_and_time_give_the_same_bytes(case, tmp_path):  # noqa: F811
    shutil.copytree(case, tmp_path / "twin")
    api.seal(case, tmp_path / "one", LEA)
    api.seal(tmp_path / "twin", tmp_path / "two", LEA)
    one, two = ({p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()}
                for n in ("one", "two"))  # fmt: skip
    assert one == two


def test_sealing_is_an_entry_before_and_after(case, pack):  # noqa: F811
    entries = [json.loads(line) for line in (case / "audit.jsonl").read_text().splitlines()]
    assert [entry["action"] for entry in entries[-2:]] == ["seal", "sealed"]
    assert json.loads((pack / "audit_extract.jsonl").read_text().splitlines()[-1]) == entries[-2]
    run = sh(pack, "sha256sum", "SHA256SUMS")
    assert run.stdout.split()[0] == entries[-1]["pack_sha256"]


def test_a_changed_case_is_not_sealed_and_no_folder_is_written_over(case, pack, tmp_path):  # noqa: F811
    with pytest.raises(CaseError, match="is there already"):
        api.seal(case, pack, LEA)
    (case / "brief.txt").write_text("nothing was found")
    with pytest.raises(CaseError, match=r"brief\.txt: was changed"):
        api.seal(case, tmp_path / "second", LEA)
    assert not (tmp_path / "second").exists() and not (tmp_path / "second.new").exists()


def test_stix_has_what_the_standard_requires(pack):
    bundle = json.loads((pack / "stix.json").read_text())
    assert (bundle["type"], set(bundle)) == ("bundle", {"type", "id", "objects"})
    known = {one["id"] for one in bundle["objects"]}
    assert len(known) == len(bundle["objects"])
    for one in bundle["objects"]:
        kind, _, name = one["id"].partition("--")
        assert kind == one["type"] and uuid.UUID(name).version == 5 and one["spec_version"] == "2.1"
        assert STIX_NEEDS[kind] <= set(one), kind
        for key, value in one.items():
            if key.endswith(("_refs", "_ref")):
                assert set([value] if isinstance(value, str) else value) <= known and value, key
            if key in ("created", "modified", "published", "first_observed", "last_observed", "start", "end"):
                assert STIX_TIME.fullmatch(value), value
        if kind == "network-traffic":
            assert "src_ref" in one and "dst_ref" in one and all(p == p.lower() for p in one["protocols"])
    kinds = {one["type"] for one in bundle["objects"]}
    assert {"identity", "report", "note", "observed-data", "network-traffic", "ipv4-addr"} <= kinds


def test_the_jsonld_names_every_source_and_result_with_its_hash(pack):
    graph = json.loads((pack / "case.jsonld").read_text())
    nodes = {one["@id"]: one for one in graph["@graph"]}
    assert len(nodes) == len(graph["@graph"])
    for node in nodes.values():
        assert node["@type"].partition(":")[0] in graph["@context"] and node["@id"].startswith("kb:")
        for key in ("uco-core:object", "uco-action:object", "uco-action:result"):
            assert all(ref["@id"] in nodes for ref in node.get(key, []))
    text = json.dumps(graph)
    listed = dict(reversed(line.split("  ")) for line in (pack / "SHA256SUMS").read_text().splitlines())
    for name in ("brief.txt", "timeline.csv", "tables/flows.parquet"):
        assert name in text and listed[name] in text


def test_the_timeline_is_in_order_and_computes_nothing(pack):
    rows = list(csv.DictReader(io.StringIO((pack / "timeline.csv").read_text(encoding="utf-8"))))
    times = [datetime.fromisoformat(row["ts"]) for row in rows]
    assert times == sorted(times) and {row["kind"] for row in rows} == {"finding", "flow"}
    assert not any(row[name].startswith(("=", "+", "-", "@")) for row in rows for name in ("what", "who", "peer"))


def test_a_third_party_stamps_the_manifest(case, tmp_path):  # noqa: F811
    authority = OpensslAuthority(tmp_path / "tsa")
    api.audit_stamp(case, authority, LEA)
    api.seal(case, tmp_path / "pack", LEA, tsa=authority)
    pack = tmp_path / "pack"
    assert authority.verifies(pack / "manifest.json", pack / "manifest.json.tsr")
    assert authority.verifies(pack / "stamps/0001.roots", pack / "stamps/0001.tsr")
    shutil.copyfile(authority.ca, tmp_path / "ca.pem")
    page = (pack / "README_verification.txt").read_text()
    for line in page.splitlines():
        if "openssl ts" in line:
            run = sh(pack, "sh", "-c", line.strip()[2:].replace("ca.pem", str(tmp_path / "ca.pem")))
            assert run.returncode == 0 and "Verification: OK" in run.stdout + run.stderr
    held = (pack / "manifest.json.tsr").read_bytes()
    for at in range(0, len(held), 7):
        (pack / "manifest.json.tsr").write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
        assert any("manifest.json.tsr" in fault for fault in api.verify(pack).faults), at


def test_a_pack_under_a_mandate_holds_it_and_needs_its_word(desk):  # noqa: F811
    draft = (desk / "m.toml").read_text().replace("formats = []", 'formats = ["pack"]')
    (desk / "p.toml").write_text(draft.replace("recipients = []", 'recipients = ["police"]'))
    signed(desk)
    signed(desk, "p.toml")
    for name in ("m", "p"):
        api.inspect(capture(desk), desk / name, mandate=desk / f"{name}.toml").close()
    with pytest.raises(MandateError, match="the mandate goes into it"):
        api.seal(desk / "p", desk / "pack")
    with pytest.raises(MandateError, match="is not the version that the case was read under"):
        api.seal(desk / "p", desk / "pack", mandate=desk / "m.toml")
    with pytest.raises(MandateError, match="does not grant packs"):
        api.seal(desk / "m", desk / "pack", mandate=desk / "m.toml")
    code, out, err = quivive("seal", desk / "p", "--out", desk / "pack", "--mandate", desk / "p.toml")
    assert (code, err) == (0, "") and "signed with key" in out
    manifest = json.loads((desk / "pack" / "manifest.json").read_bytes())
    assert manifest["recipients"] == ["police"] and len(manifest["mandate"]) == 64
    run = sh(desk / "pack", "sha256sum", "mandate.json")
    assert run.stdout.split()[0] == manifest["mandate"]
    code, out, _ = quivive("verify", desk / "pack")
    assert code == 0 and out.startswith("whole: ")
    (desk / "pack" / "mandate.toml").write_text("nothing")
    code, out, _ = quivive("verify", desk / "pack")
    assert code == 1 and out.startswith("mandate.toml: was changed")
