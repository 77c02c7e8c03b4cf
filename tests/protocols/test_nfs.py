import zlib

import pytest

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.nfs import MAX_PENDING, NFS, Nfs

from .stream_driver import rows_in_every_cut, rows_of

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER
DIRECTORY, FILE = b"\1" * 16, b"\2" * 24
READ, LOOKUP, RENAME, COMPOUND = 6, 3, 14, 1

SYS = bytes.fromhex(
    "00000001 0000001c"  # AUTH_SYS, 28 bytes
    "00000001 00000007 73746174696f6e 00"  # stamp, "station"
    "000003e8 00000064 00000000"  # user 1000, group 100, no more groups
    "00000000 00000000"  # no verifier
)
CALLER = {"rpc_auth": "sys", "rpc_machine": "station", "rpc_uid": "1000", "rpc_gid": 100}


def words(*numbers):
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def text(value):
    return words(len(value)) + value + bytes(-len(value) % 4)


def call(xid, procedure, arguments, version=3, auth=SYS, program=100_003):
    return words(xid, 0, 2, program, version, procedure) + auth + arguments


def answer(xid, results):
    return words(xid, 1, 0, 0, 0, 0) + results


def record(message):
    return words(1 << 31 | len(message)) + message


def checksum(handle):
    return f"{zlib.crc32(handle):08x}"


def test_lookup_names_the_file_and_its_handle_is_known_by_that_name_later():
    found = words(0) + text(FILE) + words(0, 0)
    turns = [
        (ORIG, record(call(1, LOOKUP, text(DIRECTORY) + text(b"plan.dwg")))),
        (RESP, record(answer(1, found))),
        (ORIG, record(call(2, READ, text(FILE) + words(0, 4096, 1024)))),
        (RESP, record(answer(2, words(0, 0, 1024, 1) + text(bytes(1024))))),
    ]
    told = {"version": "3", **CALLER, "rpc_status": "accepted", "nfs_status": "OK", "nfs_handle_hash": checksum(FILE)}
    assert rows_in_every_cut(Nfs, turns) == [
        (NFS, {**told, "rpc_xid": 1, "nfs_procedure": "LOOKUP", "file_name": "plan.dwg"}),
        (NFS, {
            **told, "rpc_xid": 2, "nfs_procedure": "READ", "file_name": "plan.dwg", "nfs_offset": 4096,
            "nfs_bytes": 1024,
        }),
    ]  # fmt: skip


def test_a_datagram_is_read_without_a_record_mark():
    turns = [(ORIG, call(7, LOOKUP, text(DIRECTORY) + text(b"a"))), (RESP, answer(7, words(2, 0)))]
    protocol, rows = Nfs(), []
    for side, said in turns:
        rows += protocol.parse(Cursor(said), side)
    assert rows == [
        (NFS, {
            "version": "3", **CALLER, "rpc_xid": 7, "rpc_status": "accepted", "nfs_procedure": "LOOKUP",
            "file_name": "a", "nfs_handle_hash": checksum(DIRECTORY), "nfs_status": "ERR_NOENT",
        })
    ]  # fmt: skip


def test_renaming_tells_both_names():
    ((_, row),) = rows_of(
        Nfs, [(ORIG, record(call(1, RENAME, text(DIRECTORY) + text(b"old") + text(DIRECTORY) + text(b"new"))))]
    )
    assert (row["file_name"], row["nfs_new_name"]) == ("old", "new")
    assert "rpc_status" not in row


def test_a_compound_tells_its_operations_and_the_bytes_written_are_stepped_over():
    state = bytes(16)
    operations = (
        words(22) + text(FILE) + words(38) + state + words(0, 8192, 2) + text(bytes(5)) + words(9, 2, 0x18, 0x30)
    )
    large = words(22) + text(FILE) + words(38) + state + words(0, 0, 2) + text(bytes(100_000))
    turns = [
        (ORIG, record(call(1, COMPOUND, words(0, 1, 3) + operations, version=4))),
        (ORIG, record(call(2, COMPOUND, words(0, 0, 2) + large, version=4))),
        (RESP, record(answer(1, words(0, 0, 0)))),
        (RESP, record(answer(2, words(28, 0, 0)))),
    ]
    first, second = (row for _, row in rows_in_every_cut(Nfs, turns))
    assert first == {
        "version": "4.1", **CALLER, "rpc_xid": 1, "rpc_status": "accepted", "nfs_procedure": "COMPOUND",
        "nfs_operations": ["PUTFH", "WRITE", "GETATTR"], "nfs_handle_hash": checksum(FILE), "nfs_offset": 8192,
        "nfs_bytes": 5, "nfs_status": "OK",
    }  # fmt: skip
    assert (second["nfs_operations"], second["nfs_bytes"], second["nfs_status"]) == (
        ["PUTFH", "WRITE"], 100_000, "ERR_NOSPC",
    )  # fmt: skip


def test_a_version_2_handle_has_no_length():
    ((_, row),) = rows_of(Nfs, [(ORIG, record(call(1, 4, bytes(32) + text(b"b"), version=2)))])
    assert (row["nfs_procedure"], row["file_name"], row["nfs_handle_hash"]) == ("LOOKUP", "b", checksum(bytes(32)))


def test_arguments_under_encryption_are_not_read():
    gss = words(6, 20, 1, 0, 1, 3, 0) + words(0, 0)
    ((_, row),) = rows_of(Nfs, [(ORIG, record(call(1, LOOKUP, b"\xff" * 40, auth=gss)))])
    assert row == {"version": "3", "rpc_xid": 1, "rpc_auth": "gss", "nfs_procedure": "LOOKUP"}


def test_a_refused_call_tells_why():
    turns = [(ORIG, record(call(1, 0, b""))), (RESP, record(words(1, 1, 1, 1, 2)))]
    ((_, row),) = rows_of(Nfs, turns)
    assert row["rpc_status"] == "not authenticated"


def test_other_programs_on_the_port_make_no_row():
    assert rows_of(Nfs, [(ORIG, record(call(1, 0, b"", program=100_227)))]) == []


def test_reading_goes_on_behind_a_gap():
    null = record(call(2, 0, b""))
    rows = rows_of(Nfs, [(ORIG, record(call(1, 0, b""))), (ORIG, 500), (ORIG, b"\0" * 40), (ORIG, null)])
    assert [row["rpc_xid"] for _, row in rows] == [1, 2]


@pytest.mark.parametrize(("n_calls", "n_told"), [(MAX_PENDING, 0), (MAX_PENDING + 1, 1)])
def test_the_oldest_of_too_many_unanswered_calls_is_told(n_calls, n_told):
    protocol, rows = Nfs(), []
    for xid in range(n_calls):
        rows += protocol.parse(Cursor(call(xid, 0, b"")), ORIG)
    assert len(rows) == n_told


def test_a_handle_that_is_too_long_is_malformed():
    with pytest.raises(Malformed):
        list(Nfs().parse(Cursor(call(1, LOOKUP, words(129) + bytes(132))), ORIG))


def test_calls_of_its_program_are_claimed():
    message = call(1, 0, b"")
    assert Nfs.probe(message, ORIG) is Match.YES
    assert Nfs.probe(record(message), ORIG) is Match.YES
    assert Nfs.probe(record(call(1, 0, b"", program=100_000)), ORIG) is Match.NO
    assert Nfs.probe(b"\0" * 8, ORIG) is Match.NO
