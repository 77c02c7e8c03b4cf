"""The audit: what is added is bound to what was; what was edited, taken out, moved or cut is found and named."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from quivive.case import chain
from quivive.case.entry import ORIGIN
from quivive.case.merkle import Merkle
from quivive.case.trail import AUDIT, BLOCK, HEAD, ROOTS, Trail
from quivive.model.errors import CaseError


def entry(k=0, day=1):
    return {"at": f"2026-03-{day:02d}T08:00:00.000Z", "actor": "lea", "action": "show", "object": f"flow {k}"}


def written(folder, n=6, *, day=lambda k: 1 + k // 2):
    """Write n entries, two a day."""
    trail = Trail(folder)
    for k in range(n):
        trail.append(entry(k, day(k)))
    return folder


def faults(folder, roots=None):
    return chain.checked(folder, roots)[1]


def lines_of(folder):
    return (folder / AUDIT).read_bytes().splitlines(keepends=True)


def test_an_untouched_audit_is_whole_and_its_first_entry_stands_on_nothing(tmp_path):
    found, wrong = chain.checked(written(tmp_path))
    assert (found.n, wrong) == (6, [])
    assert f'"prev_hash":"{ORIGIN}"'.encode() in lines_of(tmp_path)[0]
    assert [(root["kind"], root["first"], root["last"]) for root in chain.read_roots(tmp_path / ROOTS)] == [
        ("day", 0, 1),
        ("day", 2, 3),
    ]


def test_flipping_any_byte_names_the_first_bad_entry(tmp_path):
    written(tmp_path, 4)
    held, at = (tmp_path / AUDIT).read_bytes(), 0
    for number, line in enumerate(held.splitlines(keepends=True)):
        for offset in range(at, at + len(line)):
            (tmp_path / AUDIT).write_bytes(held[:offset] + bytes([held[offset] ^ 1]) + held[offset + 1 :])
            assert faults(tmp_path)[0].startswith(f"audit.jsonl: entry {number} "), offset
        at += len(line)


@pytest.mark.parametrize(("change", "told"), [
    (lambda lines: lines[:2] + lines[3:], "entry 2 is numbered 3, but stands at 2"),
    (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "entry 1 is numbered 2"),
    (lambda lines: lines[1:], "entry 0 is numbered 1"),
    (lambda lines: lines[:4], "entry 4 is missing, and all after it: the audit was cut from 6 to 4"),
    (lambda lines: [*lines[:5], lines[5][:20]], "entry 5 is not finished"),
    (lambda lines: [*lines[:3], lines[3].replace(b'":', b'": ', 1), *lines[4:]], "entry 3 is not in canonical form"),
    (lambda lines: [*lines[:3], b"[" * 60_000 + b"\n", *lines[4:]], "entry 3 is no JSON"),
    (lambda lines: [*lines[:3], b"7\n", *lines[4:]], "entry 3 is not in canonical form"),
    (lambda lines: [*lines[:3], b"x" * 70_000 + b"\n", *lines[4:]], "entry 3 is not finished"),
    (lambda lines: [], "is missing or empty"),
])  # fmt: skip
def test_what_was_done_to_the_lines_is_told(tmp_path, change, told):
    written(tmp_path)
    (tmp_path / AUDIT).write_bytes(b"".join(change(lines_of(tmp_path))))
    assert faults(tmp_path)[0].startswith(f"audit.jsonl: {told}")


def test_a_chain_written_anew_as_a_whole_is_found_by_roots_kept_elsewhere(tmp_path):
    """Who owns the folder can compute every hash again: only what another place keeps shows it."""
    found, _ = chain.checked(written(tmp_path / "a"))
    (tmp_path / "roots").write_bytes(chain.export(found))
    forged = Trail(tmp_path / "b")
    for k in range(6):
        forged.append(entry(99 if k == 3 else k, 1 + k // 2))
    assert faults(tmp_path / "a", tmp_path / "roots") == [] == faults(tmp_path / "b")
    assert "entries 2 to 3 some were written anew" in faults(tmp_path / "b", tmp_path / "roots")[0]


def test_a_cut_of_all_files_alike_is_found_by_roots_kept_elsewhere(tmp_path):
    (tmp_path / "roots").write_bytes(chain.export(chain.read(written(tmp_path / "a"))))
    assert faults(written(tmp_path / "b", 4)) == []
    assert "entry 4 is missing" in faults(tmp_path / "b", tmp_path / "roots")[0]


def test_more_entries_after_the_export_are_no_fault(tmp_path):
    (tmp_path / "roots").write_bytes(chain.export(chain.read(written(tmp_path / "a", 5))))
    Trail(tmp_path / "a").append(entry(5, 9))
    assert faults(tmp_path / "a", tmp_path / "roots") == []


@pytest.mark.parametrize("name", [HEAD, ROOTS])
def test_head_and_roots_that_were_changed_or_lost_are_told(tmp_path, name):
    written(tmp_path)
    held = (tmp_path / name).read_bytes()
    for at in range(len(held) - 1):
        (tmp_path / name).write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
        assert faults(tmp_path), at
    (tmp_path / name).unlink()
    assert name in faults(tmp_path)[0]


def test_every_thousand_entries_have_a_root(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
    written(tmp_path, BLOCK + 1, day=lambda k: 1)
    (root,) = chain.read_roots(tmp_path / ROOTS)
    assert (root["kind"], root["first"], root["last"]) == ("block", 0, BLOCK - 1)
    assert root["root"] == Merkle(line[:-1] for line in lines_of(tmp_path)[:BLOCK]).root
    assert faults(tmp_path) == []


def test_a_crash_in_the_middle_of_a_line_is_mended_and_told(tmp_path):
    written(tmp_path, 3)
    with (tmp_path / AUDIT).open("ab") as file:
        file.write(b'{"action":"show","act')
    Trail(tmp_path).append(entry(3, 2))
    found, wrong = chain.checked(tmp_path)
    assert (found.n, wrong) == (5, [])
    assert b'"action":"recover"' in lines_of(tmp_path)[3] and b"21 bytes of an entry" in lines_of(tmp_path)[3]


def test_a_crash_between_the_entry_and_the_head_is_mended(tmp_path):
    written(tmp_path, 3)
    held = {name: (tmp_path / name).read_bytes() for name in (HEAD, ROOTS)}
    Trail(tmp_path).append(entry(3, 9))
    for name, before in held.items():
        (tmp_path / name).write_bytes(before)
    Trail(tmp_path).append(entry(4, 9))
    found, wrong = chain.checked(tmp_path)
    assert (found.n, wrong) == (5, [])


@pytest.mark.parametrize("change", [
    lambda held: held[: held.rindex(b"\n", 0, -1) + 1],
    lambda held: held[:-70] + b"0" + held[-69:],
    lambda held: held + b'{"seq":6}\n',
    lambda held: b"",
])  # fmt: skip
def test_nothing_is_added_to_an_audit_that_was_cut_or_changed(tmp_path, change):
    written(tmp_path)
    (tmp_path / AUDIT).write_bytes(change((tmp_path / AUDIT).read_bytes()))
    with pytest.raises(CaseError) as raised:
        Trail(tmp_path).append(entry())
    assert "verify" in str(raised.value) and "\n" not in str(raised.value)


def test_without_its_head_nothing_is_added(tmp_path):
    written(tmp_path)
    (tmp_path / HEAD).unlink()
    with pytest.raises(CaseError, match="is missing; put it back"):
        Trail(tmp_path).append(entry())


def append_many(folder, n):
    for k in range(n):
        Trail(Path(folder)).append(entry(k))


def test_two_processes_write_one_chain(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=append_many, args=(str(tmp_path), 40)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    found, wrong = chain.checked(tmp_path)
    assert (found.n, wrong, [process.exitcode for process in both]) == (80, [], [0, 0])


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "case").write_text("no folder")
    with pytest.raises(CaseError, match="nothing is read without it"):
        Trail(tmp_path / "case").append(entry())


@pytest.mark.parametrize("text", [b"", b"7\n", b"[]\n", b'{"kind":"day"}\n', b"[" * 5000, b"\xff\n"])
def test_a_list_of_roots_that_is_none(tmp_path, text):
    (tmp_path / "roots").write_bytes(text)
    if text:
        with pytest.raises(CaseError, match="is no root"):
            chain.read_roots(tmp_path / "roots")
    else:
        assert chain.read_roots(tmp_path / "roots") == []
