"""Network File System, versions 2 to 4 (RFC 1094, RFC 1813, RFC 7530): a row per call and its answer."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages.nfs_names import operation_name, procedure_name, status_name
from quivive.messages.rpc_message import CALL, HEAD_BYTES, RPC_FIELDS, Answer, Call, is_message, opaque, read_message
from quivive.messages.wire_text import plain
from quivive.model.errors import Malformed
from quivive.model.fields import FILE_NAME, STAMP, VERSION
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import TEXT_BYTES
from quivive.model.schema import Field, Table

NFS = Table("nfs", "Files looked up, read, written and moved on NFS servers, one row per call and its answer.", (
    *STAMP,
    VERSION,
    *RPC_FIELDS,
    Field("nfs_procedure", "text", "Procedure called: LOOKUP, READ, WRITE, RENAME, COMPOUND ..."),
    Field("nfs_operations", "texts", "Operations of a compound (NFS 4), in order, as far as they could be told."),
    FILE_NAME,
    Field("nfs_new_name", "text", "Name that a file is given by a renaming or a link."),
    Field("nfs_handle_hash", "text", "CRC-32 of the handle, to tell files apart: of what was found or acted on."),
    Field("nfs_offset", "int64", "Place in the file, in bytes, where reading or writing begins."),
    Field("nfs_bytes", "int64", "Bytes of file that were to be read or written.", "bytes"),
    Field("nfs_status", "text", "How it ended, by the standard's name without the version: OK, ERR_NOENT ..."),
))  # fmt: skip

PROGRAM = 100_003
TCP = 6
MARK_BYTES = 4
LAST_FRAGMENT = 1 << 31
RECORD_TOP = b"\x80"
"""Record marks (RFC 5531, 11): the top bit says that nothing of the message follows, the rest is the size."""

MAX_RECORD_BYTES = 1 << 24
"""Servers move at most 1 MB of file at a time; what says much more is no record mark."""

KEPT_BYTES = 2048
"""What is read of one message: names and handles stand before the file's bytes."""

HANDLE_BYTES_2 = 32
MAX_HANDLE_BYTES = 128
"""RFC 7530, 4; version 3 allows 64, version 2 has 32 always."""

MAX_OPERATIONS = 128
"""Operations of one compound that are read; clients send up to some ten."""

MAX_PENDING = 1024
"""Calls that wait for their answer; clients have 16 to 128 under way."""

MAX_HANDLES = 4096
"""Handles whose names are remembered per flow; the longest known is forgotten first."""

WITH_NAME = frozenset(("LOOKUP", "CREATE", "MKDIR", "SYMLINK", "MKNOD", "REMOVE", "RMDIR"))
MADE = frozenset(("CREATE", "MKDIR", "SYMLINK", "MKNOD"))
WITHOUT_HANDLE = frozenset(("NULL", "ROOT", "WRITECACHE"))
STATE_ID_BYTES = 16


class Nfs(Protocol):
    """NFS over datagrams or streams; a call is told with its answer, or when the flow ends without one."""

    name = "nfs"
    title = "Network File System"
    spec = "RFC 1813, RFC 8881"
    carriers = (Carrier.TCP, Carrier.UDP)
    ports = (2049,)
    signatures = (
        Signature("8???????????????0000000000000002000186a3", minimum=28),
        Signature("0000000000000002000186a3", offset=4, minimum=24),
    )
    tables = (NFS,)
    family = "file"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.pending: dict[int, dict[str, Any]] = {}
        self.names: dict[bytes, str] = {}
        self.is_inside = [False, False]
        """Whether the next record goes on with a message whose beginning is read."""
        self.is_lost = [False, False]

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A call of this program, in a record or bare; an answer names no program."""
        for at in (MARK_BYTES, 0):
            if is_message(payload, at):
                is_call = payload[at + 4 : at + 8] == CALL.to_bytes(4, "big")
                program = int.from_bytes(payload[at + HEAD_BYTES : at + HEAD_BYTES + 4], "big")
                return Match.UNSURE if not is_call else Match.YES if program == PROGRAM else Match.NO
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a datagram, or a record of a stream; what stands behind its head is stepped over."""
        if cursor.whole and self.flow.five_tuple.transport != TCP and _is_bare(cursor.peek(MARK_BYTES + HEAD_BYTES)):
            yield from self._read(Cursor(cursor.rest()[:KEPT_BYTES], ts_ns=cursor.ts_ns), is_cut=True)
            return
        cursor.need(MARK_BYTES)
        mark = int.from_bytes(cursor.peek(MARK_BYTES), "big")
        size = mark & ~LAST_FRAGMENT
        if self.is_lost[side] and not _is_record(cursor):
            cursor.rest()
            return
        if size > MAX_RECORD_BYTES:
            raise cursor.fail(f"record of {size} bytes")
        kept = 0 if self.is_inside[side] else min(size, KEPT_BYTES)
        cursor.need(MARK_BYTES + kept)
        head = cursor.take(MARK_BYTES + kept)[MARK_BYTES:]
        cursor.skip(min(size - kept, cursor.left) if cursor.whole else size - kept)
        was_inside, self.is_inside[side] = self.is_inside[side], not mark & LAST_FRAGMENT
        self.is_lost[side] = False
        if not was_inside:
            yield from self._read(Cursor(head, ts_ns=cursor.ts_ns), is_cut=kept < size or not mark & LAST_FRAGMENT)

    def _read(self, cursor: Cursor, *, is_cut: bool) -> Iterator[Row]:
        message = read_message(cursor)
        if isinstance(message, Answer):
            row = self.pending.pop(message.xid, None)
            if row is not None:
                self._read_results(message, row)
                yield NFS, row
        elif message.program == PROGRAM and message.xid not in self.pending:
            self.pending[message.xid] = self._read_arguments(message, is_cut=is_cut)
            if len(self.pending) > MAX_PENDING:
                yield NFS, self.pending.pop(next(iter(self.pending)))

    def _read_arguments(self, call: Call, *, is_cut: bool) -> dict[str, Any]:
        row: dict[str, Any] = {"version": str(call.version), **call.row}
        row["nfs_procedure"] = procedure = procedure_name(call.version, call.procedure)
        if call.arguments is None or procedure in WITHOUT_HANDLE or procedure.isdecimal():
            return row
        if procedure == "COMPOUND":
            row["nfs_operations"] = []
            try:
                _read_compound(call.arguments, row)
            except Malformed:
                if not is_cut:
                    raise
        else:
            self._read_simple(call, row)
        return row

    def _read_simple(self, call: Call, row: dict[str, Any]) -> None:
        """Read what stands first of versions 2 and 3: a handle, mostly a name, or where to read and write."""
        cursor, procedure = call.arguments, row["nfs_procedure"]
        assert cursor is not None
        handle = _handle(cursor, call.version)
        row["nfs_handle_hash"] = _hash(handle)
        if procedure in WITH_NAME:
            row["file_name"] = plain(opaque(cursor, TEXT_BYTES))
        elif procedure == "RENAME":
            row["file_name"] = plain(opaque(cursor, TEXT_BYTES))
            _handle(cursor, call.version)
            row["nfs_new_name"] = plain(opaque(cursor, TEXT_BYTES))
        elif handle in self.names:
            row["file_name"] = self.names[handle]
        if procedure == "LINK":
            _handle(cursor, call.version)
            row["nfs_new_name"] = plain(opaque(cursor, TEXT_BYTES))
        elif procedure in ("READ", "WRITE") and call.version > 2:
            row["nfs_offset"], row["nfs_bytes"] = _offset(cursor), cursor.u32()

    def _read_results(self, answer: Answer, row: dict[str, Any]) -> None:
        row["rpc_status"] = answer.status
        if answer.results is None or row["nfs_procedure"] == "NULL" or row["rpc_auth"] == "gss":
            return
        row["nfs_status"] = status_name(status := answer.results.u32())
        procedure, version = row["nfs_procedure"], int(row["version"][:1])
        if status or version > 3 or procedure not in MADE | {"LOOKUP"} or (version == 2 and procedure == "SYMLINK"):
            return
        if version == 2 or procedure == "LOOKUP" or answer.results.u32():
            handle = _handle(answer.results, version)
            if procedure == "LOOKUP":
                row["nfs_handle_hash"] = _hash(handle)
            self.names[handle] = row.get("file_name", "")
            if len(self.names) > MAX_HANDLES:
                self.names.pop(next(iter(self.names)))

    def missed(self, side: Side, n_bytes: int) -> None:
        """Look for the next record: a gap seldom ends where one begins."""
        self.is_lost[side], self.is_inside[side] = True, False

    def close(self) -> Iterator[Row]:
        """Yield the calls that got no answer."""
        for row in self.pending.values():
            yield NFS, row
        self.pending = {}


def _is_bare(head: bytes) -> bool:
    return is_message(head) and not is_message(head, MARK_BYTES)


def _is_record(cursor: Cursor) -> bool:
    head = cursor.peek(MARK_BYTES + HEAD_BYTES)
    return head[:1] >= RECORD_TOP and is_message(head, MARK_BYTES)


def _handle(cursor: Cursor, version: int) -> bytes:
    return cursor.take(HANDLE_BYTES_2) if version == 2 else opaque(cursor, MAX_HANDLE_BYTES)


def _hash(handle: bytes) -> str:
    return f"{zlib.crc32(handle):08x}"


def _offset(cursor: Cursor) -> int:
    """Read a place in a file; one beyond 2**63 stands for its end and is told as that."""
    return min(cursor.u64(), (1 << 63) - 1)


def _read_compound(cursor: Cursor, row: dict[str, Any]) -> None:
    """Read the operations of a compound, up to the first whose arguments are not read here."""
    opaque(cursor, TEXT_BYTES)
    minor, n_operations = cursor.u32(), cursor.u32()
    row["version"] = f"4.{minor}"
    for _ in range(min(n_operations, MAX_OPERATIONS)):
        name = operation_name(cursor.u32())
        row["nfs_operations"].append(name)
        if not _read_operation(cursor, name, row):
            return


SIZES = {
    "ACCESS": 4, "CLOSE": 4 + STATE_ID_BYTES, "COMMIT": 12, "DELEGRETURN": STATE_ID_BYTES, "GETFH": 0, "LOOKUPP": 0,
    "PUTPUBFH": 0, "PUTROOTFH": 0, "READLINK": 0, "RENEW": 8, "RESTOREFH": 0, "SAVEFH": 0,
    "SETCLIENTID_CONFIRM": 16, "SEQUENCE": 16 + 16, "DESTROY_SESSION": 16, "RECLAIM_COMPLETE": 4,
    "OPEN_CONFIRM": STATE_ID_BYTES + 4, "FREE_STATEID": STATE_ID_BYTES, "DESTROY_CLIENTID": 8,
}  # fmt: skip
"""Bytes of arguments that always are as many (RFC 7530, 16; RFC 8881, 18)."""

MAX_BITMAP_WORDS = 8


def _read_operation(cursor: Cursor, name: str, row: dict[str, Any]) -> bool:
    """Read the arguments of one operation; returns whether the next can be found behind them."""
    if name in SIZES:
        cursor.take(SIZES[name])
    elif name == "PUTFH":
        row["nfs_handle_hash"] = _hash(opaque(cursor, MAX_HANDLE_BYTES))
    elif name in ("LOOKUP", "REMOVE", "SECINFO"):
        row["file_name"] = plain(opaque(cursor, TEXT_BYTES))
    elif name == "RENAME":
        row["file_name"] = plain(opaque(cursor, TEXT_BYTES))
        row["nfs_new_name"] = plain(opaque(cursor, TEXT_BYTES))
    elif name == "LINK":
        row["nfs_new_name"] = plain(opaque(cursor, TEXT_BYTES))
    elif name == "GETATTR":
        cursor.take(4 * min(cursor.u32(), MAX_BITMAP_WORDS))
    elif name == "READ":
        cursor.take(STATE_ID_BYTES)
        row["nfs_offset"], row["nfs_bytes"] = _offset(cursor), cursor.u32()
    elif name == "WRITE":
        return _read_write(cursor, row)
    else:
        return False
    return True


def _read_write(cursor: Cursor, row: dict[str, Any]) -> bool:
    cursor.take(STATE_ID_BYTES)
    row["nfs_offset"] = _offset(cursor)
    cursor.take(4)
    row["nfs_bytes"] = size = cursor.u32()
    padded = size + -size % 4
    cursor.take(min(padded, cursor.left))
    return cursor.left > 0
