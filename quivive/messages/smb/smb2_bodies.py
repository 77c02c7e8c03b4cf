"""What the bodies of SMB2 requests and answers say, a function per command and direction ([MS-SMB2] 2.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from quivive.messages.smb.names import (
    CIPHERS,
    CREATE_ACTIONS,
    DELETE_ON_CLOSE,
    DIALECTS,
    FILE_INFORMATION,
    FILE_SYSTEM_INFORMATION,
    FSCTLS,
    SHARE_TYPES,
    access_words,
)
from quivive.messages.smb.session import LARGEST, OpenFile, Session, Waiting, action_of
from quivive.model.errors import Malformed
from quivive.model.limits import TEXT_BYTES

HEADER = struct.Struct("<4sHHIHHIIQIIq")
"""Header up to the signature (2.2.1); the session number is signed, as tables want it."""

CREATE_REQUEST = struct.Struct("<5I")
"""CREATE request from its 25th byte: access, attributes, sharing, disposition, options (2.2.13)."""

HEADER_BYTES = 64

NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT, CREATE, CLOSE, FLUSH, READ, WRITE = range(10)
LOCK, IOCTL, CANCEL, ECHO, QUERY_DIRECTORY, CHANGE_NOTIFY, QUERY_INFO, SET_INFO, OPLOCK_BREAK = range(10, 19)

FILE_ID_AT = {
    CLOSE: 8,
    FLUSH: 8,
    LOCK: 8,
    IOCTL: 8,
    QUERY_DIRECTORY: 8,
    CHANGE_NOTIFY: 8,
    QUERY_INFO: 24,
    SET_INFO: 16,
    OPLOCK_BREAK: 8,
}
"""Where the file's handle stands in the body of a request."""

MAX_CONTEXTS = 16
"""Negotiate contexts; eight kinds are defined (2.2.3.1)."""

MAX_DIALECTS = 64
"""Dialects offered; five exist."""

ENCRYPTION_CAPABILITIES = 2
NETNAME = 5

SIGNING_REQUIRED = 0x2

PIPE_TRANSCEIVE = 0x0011C017

INFO_KINDS = {2: "file system", 3: "security descriptor", 4: "quota"}

RENAME, LINK, DISPOSITION, END_OF_FILE_INFO, DISPOSITION_EX, RENAME_EX = 10, 11, 13, 20, 64, 65
SET_ACTIONS = {RENAME: "rename", RENAME_EX: "rename", LINK: "link", END_OF_FILE_INFO: "set size"}


class Message:
    """One request or answer and where its body lies."""

    __slots__ = (
        "at",
        "body",
        "command",
        "file",
        "flags",
        "number",
        "payload",
        "session_id",
        "status",
        "stop",
        "tree_id",
    )

    def __init__(self, payload: bytes, at: int, stop: int) -> None:
        (_, size, _, self.status, self.command, _, self.flags, _, self.number, _, self.tree_id, self.session_id) = (
            HEADER.unpack_from(payload, at)
        )
        if size != HEADER_BYTES:
            raise Malformed("SMB2 header has the wrong size", at)
        self.payload = payload
        self.at = at
        self.body = at + HEADER_BYTES
        self.stop = stop
        self.file: OpenFile | None = None

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Return bytes of the body."""
        at = self.body + offset
        if at + size > self.stop:
            raise Malformed("SMB2 message is cut short", self.at)
        return self.payload[at : at + size]

    def number_at(self, offset: int, size: int) -> int:
        """Return a number of the body."""
        return int.from_bytes(self.bytes_at(offset, size), "little")

    def pointed(self, offset_at: int, size_at: int, size_bytes: int = 2) -> bytes:
        """Return what the body points to: offsets count from the header."""
        at = self.at + self.number_at(offset_at, 2)
        size = self.number_at(size_at, size_bytes)
        if size and at + size > self.stop:
            raise Malformed("SMB2 field lies outside its message", self.at)
        return self.payload[at : at + size]

    def far(self, offset_at: int, size_at: int) -> bytes:
        """Return what the body points to by numbers of 32 bits, clipped to the message."""
        at = self.at + self.number_at(offset_at, 4)
        return self.payload[at : min(at + self.number_at(size_at, 4), self.stop)]


def decode(text: bytes) -> str:
    """Return UTF-16 text; what is not stays visible, escaped."""
    return text[:TEXT_BYTES].decode("utf-16-le", "backslashreplace")


def _negotiate_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    n_dialects = min(message.number_at(2, 2), MAX_DIALECTS)
    dialects = [message.number_at(36 + 2 * i, 2) for i in range(n_dialects)]
    row["smb_dialects"] = [DIALECTS.get(dialect, f"0x{dialect:04x}") for dialect in dialects]
    row["smb_client_guid"] = str(UUID(bytes_le=message.bytes_at(12, 16)))
    if 0x0311 in dialects:
        for kind, context in _contexts(message, message.number_at(28, 4), message.number_at(32, 2)):
            if kind == NETNAME:
                row["host"] = decode(context)


def _negotiate_answer(session: Session, message: Message, request: Waiting) -> None:
    row = request.row or {}
    dialect = message.number_at(4, 2)
    session.version = DIALECTS.get(dialect, f"0x{dialect:04x}")
    row["smb_server_guid"] = str(UUID(bytes_le=message.bytes_at(8, 16)))
    row["smb_signing"] = "required" if message.number_at(2, 2) & SIGNING_REQUIRED else "enabled"
    if dialect == 0x0311:
        for kind, context in _contexts(message, message.number_at(60, 4), message.number_at(6, 2)):
            if kind == ENCRYPTION_CAPABILITIES:
                cipher = int.from_bytes(context[2:4], "little")
                row["smb_cipher"] = CIPHERS.get(cipher, f"0x{cipher:04x}")


def _contexts(message: Message, offset: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the negotiate contexts, which are aligned to 8 bytes (2.2.3.1)."""
    at = message.at + offset
    for _ in range(min(count, MAX_CONTEXTS)):
        kind = int.from_bytes(message.payload[at : at + 2], "little")
        size = int.from_bytes(message.payload[at + 2 : at + 4], "little")
        if at + 8 + size > message.stop:
            raise Malformed("SMB2 negotiate context lies outside its message", message.at)
        yield kind, message.payload[at + 8 : at + 8 + size]
        at += 8 + (size + 7 & ~7)


def _session_setup_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    row |= session.read_token(message.pointed(12, 14))


def _session_setup_answer(session: Session, message: Message, request: Waiting) -> None:
    session.read_token(message.pointed(4, 6))
    if message.status == 0:
        session.log_in(message.session_id, request.row or {})


def _tree_connect_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    row["smb_share"] = decode(message.pointed(4, 6))


def _tree_connect_answer(session: Session, message: Message, request: Waiting) -> None:
    row = request.row or {}
    share_type = SHARE_TYPES.get(message.number_at(2, 1), "")
    row["smb_share_type"] = share_type
    session.connect(message.session_id, message.tree_id, row.get("smb_share") or "", share_type)


def _create_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    name = decode(message.pointed(44, 46))
    share = session.share(message.session_id, message.tree_id)
    is_pipe = session.has_pipes(message.session_id, message.tree_id)
    message.file = OpenFile(name, share, message.session_id, is_pipe=is_pipe)
    access, _, _, disposition, options = CREATE_REQUEST.unpack_from(message.payload, message.body + 24)
    message.file.deletes = bool(options & DELETE_ON_CLOSE)
    row |= message.file.named()
    row["smb_action"] = action_of(disposition, options)
    row["smb_access"] = access_words(access)


def _create_answer(session: Session, message: Message, request: Waiting) -> None:
    row = request.row or {}
    action = message.number_at(4, 4)
    if action < len(CREATE_ACTIONS):
        suffix = ", delete on close" if request.file and request.file.deletes else ""
        row["smb_action"] = CREATE_ACTIONS[action] + suffix
    row["smb_file_size_bytes"] = min(message.number_at(48, 8), LARGEST)
    if request.file:
        session.open(message.bytes_at(64, 16), request.file)


def _close_answer(session: Session, message: Message, request: Waiting) -> None:
    if request.file:
        session.close(request.file)
        if request.file.deletes and request.row is not None:
            request.row["smb_action"] = "delete"


def _tree_disconnect_answer(session: Session, message: Message, request: Waiting) -> None:
    session.trees.pop((message.session_id, message.tree_id), None)


def _ioctl_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    code = message.number_at(4, 4)
    row["smb_info_level"] = FSCTLS.get(code, f"0x{code:08x}")
    if code == PIPE_TRANSCEIVE and message.file:
        message.file.is_pipe = True
        session.pipe(message.file, message.far(24, 28), is_request=True)


def _ioctl_answer(session: Session, message: Message, request: Waiting) -> None:
    if message.number_at(4, 4) == PIPE_TRANSCEIVE and request.file:
        session.pipe(request.file, message.far(32, 36), is_request=False)


def _query_directory_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    level = message.number_at(2, 1)
    row["smb_info_level"] = FILE_INFORMATION.get(level, str(level))
    row["smb_pattern"] = decode(message.pointed(24, 26))


def _query_info_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    kind, level = message.number_at(2, 1), message.number_at(3, 1)
    if kind == 1:
        row["smb_info_level"] = FILE_INFORMATION.get(level, str(level))
    elif kind == 2:
        row["smb_info_level"] = FILE_SYSTEM_INFORMATION.get(level, str(level))
    else:
        row["smb_info_level"] = INFO_KINDS.get(kind, str(kind))


def _set_info_request(session: Session, message: Message, row: dict[str, Any]) -> None:
    _query_info_request(session, message, row)
    if message.number_at(2, 1) != 1:
        return
    level = message.number_at(3, 1)
    if level in SET_ACTIONS:
        row["smb_action"] = SET_ACTIONS[level]
    content = message.pointed(8, 4, size_bytes=4)
    if level in (RENAME, RENAME_EX, LINK):
        size = int.from_bytes(content[16:20], "little")
        row["smb_new_name"] = decode(content[20 : 20 + size])
    elif level in (DISPOSITION, DISPOSITION_EX):
        deletes = bool(content[:1] and content[0] & 1)
        row["smb_action"] = "delete" if deletes else "keep"
        if message.file:
            message.file.deletes = deletes


REQUESTS: dict[int, Callable[[Session, Message, dict[str, Any]], None]] = {
    NEGOTIATE: _negotiate_request,
    SESSION_SETUP: _session_setup_request,
    TREE_CONNECT: _tree_connect_request,
    CREATE: _create_request,
    IOCTL: _ioctl_request,
    QUERY_DIRECTORY: _query_directory_request,
    QUERY_INFO: _query_info_request,
    SET_INFO: _set_info_request,
}

ANSWERS: dict[int, Callable[[Session, Message, Waiting], None]] = {
    NEGOTIATE: _negotiate_answer,
    SESSION_SETUP: _session_setup_answer,
    TREE_CONNECT: _tree_connect_answer,
    TREE_DISCONNECT: _tree_disconnect_answer,
    CREATE: _create_answer,
    CLOSE: _close_answer,
    IOCTL: _ioctl_answer,
}
"""Called for answers that grant the request; SESSION_SETUP also where the log-in goes on."""
