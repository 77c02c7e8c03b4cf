"""Messages of ONC remote procedure calls (RFC 5531), written in XDR (RFC 4506)."""

from __future__ import annotations

from typing import NamedTuple

from quivive.kit.cursor import Cursor
from quivive.messages.wire_text import plain
from quivive.model.schema import Field

CALL, REPLY = 0, 1
RPC_VERSION = 2
HEAD_BYTES = 12
"""Of a message, up to what tells a call or an answer from anything else."""

MAX_AUTH_BYTES = 400
"""Of a credential or its check (RFC 5531, 8.2)."""

MAX_MACHINE_BYTES = 255
"""Of a caller's name (RFC 5531, appendix A)."""

AUTH_SYS, RPCSEC_GSS = 1, 6
AUTHS = {0: "none", AUTH_SYS: "sys", 2: "short", 3: "dh", RPCSEC_GSS: "gss", 7: "tls"}
GSS_DATA, GSS_UNPROTECTED = 0, 1
"""What a message of RPCSEC_GSS is for, and how its arguments are written (RFC 2203, 5)."""

ACCEPTED = "accepted"
ACCEPTS = {
    0: ACCEPTED,
    1: "no such program",
    2: "no such version",
    3: "no such procedure",
    4: "arguments not understood",
    5: "system error",
}
DENIALS = {0: "RPC version refused", 1: "not authenticated"}

RPC_XID = Field("rpc_xid", "int64", "Number that joins a remote procedure call to its answer.")
RPC_AUTH = Field("rpc_auth", "text", "How the caller says who it is: none, sys, gss, dh, short, tls.")
RPC_MACHINE = Field("rpc_machine", "text", "Name of the calling machine, as it says.", personal="host")
RPC_UID = Field("rpc_uid", "text", "Number of the calling user on its machine, as it says.", personal="person")
RPC_GID = Field("rpc_gid", "int64", "Number of the calling user's group, as it says.")
RPC_STATUS = Field("rpc_status", "text", "What became of the call: accepted, or why not; empty if no answer was seen.")
RPC_FIELDS = (RPC_XID, RPC_AUTH, RPC_MACHINE, RPC_UID, RPC_GID, RPC_STATUS)


class Call(NamedTuple):
    """A call; `row` holds its RPC_FIELDS, `arguments` is None where they are not in the clear."""

    xid: int
    program: int
    version: int
    procedure: int
    row: dict[str, object]
    arguments: Cursor | None


class Answer(NamedTuple):
    """An answer; without results where the call was not carried out."""

    xid: int
    status: str
    results: Cursor | None


def is_message(payload: bytes, at: int = 0) -> bool:
    """Return whether bytes begin as a call or an answer does."""
    kind = int.from_bytes(payload[at + 4 : at + 8], "big")
    word = int.from_bytes(payload[at + 8 : at + HEAD_BYTES], "big")
    if len(payload) < at + HEAD_BYTES or kind > REPLY:
        return False
    return word == RPC_VERSION if kind == CALL else word <= 1


def opaque(cursor: Cursor, limit: int) -> bytes:
    """Read bytes of a length that is told; they are padded to a multiple of four (RFC 4506, 4.10)."""
    size = cursor.u32()
    if size > limit:
        raise cursor.fail(f"{size} bytes where at most {limit} may stand")
    value = cursor.take(size)
    cursor.take(-size % 4)
    return value


def read_message(cursor: Cursor) -> Call | Answer:
    """Read a call or an answer, up to its arguments or results."""
    xid, kind = cursor.u32(), cursor.u32()
    if kind == CALL:
        return _read_call(cursor, xid)
    if kind == REPLY:
        return _read_answer(cursor, xid)
    raise cursor.fail(f"message is of kind {kind}")


def _read_call(cursor: Cursor, xid: int) -> Call:
    if cursor.u32() != RPC_VERSION:
        raise cursor.fail("no call of RPC version 2")
    program, version, procedure, flavour = cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()
    credential = Cursor(opaque(cursor, MAX_AUTH_BYTES))
    cursor.take(4)
    opaque(cursor, MAX_AUTH_BYTES)
    row: dict[str, object] = {"rpc_xid": xid, "rpc_auth": AUTHS.get(flavour, str(flavour))}
    is_clear = True
    if flavour == AUTH_SYS:
        credential.take(4)
        row["rpc_machine"] = plain(opaque(credential, MAX_MACHINE_BYTES))
        row["rpc_uid"], row["rpc_gid"] = str(credential.u32()), credential.u32()
    elif flavour == RPCSEC_GSS:
        credential.take(4)
        purpose, _, service = credential.u32(), credential.u32(), credential.u32()
        is_clear = purpose == GSS_DATA and service == GSS_UNPROTECTED
    return Call(xid, program, version, procedure, row, cursor if is_clear else None)


def _read_answer(cursor: Cursor, xid: int) -> Answer:
    if cursor.u32():
        reason = cursor.u32()
        return Answer(xid, DENIALS.get(reason, f"denied: {reason}"), None)
    cursor.take(4)
    opaque(cursor, MAX_AUTH_BYTES)
    code = cursor.u32()
    return Answer(xid, ACCEPTS.get(code, f"error {code}"), None if code else cursor)
