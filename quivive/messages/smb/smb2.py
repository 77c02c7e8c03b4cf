"""SMB 2 and 3 messages ([MS-SMB2]): compounds behind one NetBIOS header, each request joined to its answer."""

from __future__ import annotations

import struct

from quivive.messages.smb.names import (
    END_OF_FILE,
    MORE_PROCESSING_REQUIRED,
    PENDING,
    SMB2_COMMANDS,
    SUCCESS,
    status_name,
)
from quivive.messages.smb.session import OpenFile, Session, Waiting
from quivive.messages.smb.smb2_bodies import (
    ANSWERS,
    CANCEL,
    FILE_ID_AT,
    HEADER_BYTES,
    NEGOTIATE,
    READ,
    REQUESTS,
    SESSION_SETUP,
    WRITE,
    Message,
)
from quivive.model.errors import Malformed

TRANSFER = struct.Struct("<IQ16s")
"""READ and WRITE requests from their fifth byte: size, offset, file (2.2.19, 2.2.21)."""

ANSWER = 0x1
RELATED = 0x4

BULK_HEAD_BYTES = HEADER_BYTES + 48
"""What is read of messages that carry file content: header and fixed part."""

HEAD_BYTES = 1 << 16
"""What is read of any other message: names and tokens lie in its beginning."""

NO_FILE = b"\xff" * 16
"""In a compound: the file that the request before has opened."""

MAX_COMPOUND = 64
"""Messages in one compound; Windows chains three or four."""

BUFFER_OVERFLOW = 0x80000005


class Smb2:
    """Reads the SMB2 messages of both sides into a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.newest: OpenFile | None = None
        """The file that the request before in this compound has opened or named."""

    def wanted_bytes(self, payload: bytes, at: int, size: int) -> int:
        """Return how much of a message of `size` bytes is to be read; BULK_HEAD_BYTES of it are there."""
        command = payload[at + 12]
        is_answer = payload[at + 16] & ANSWER
        if command != (READ if is_answer else WRITE) or payload[at + 20 : at + 24] != b"\0\0\0\0":
            return min(size, HEAD_BYTES)
        if is_answer:
            request = self.session.waiting.get(int.from_bytes(payload[at + 24 : at + 32], "little"))
            file = request.file if request else None
        else:
            file = self.session.files.get(payload[at + 80 : at + 96])
        return min(size, HEAD_BYTES if file and file.is_pipe else BULK_HEAD_BYTES)

    def read(self, payload: bytes, at: int, stop: int) -> None:
        """Read a compound; one that leaves `stop` is read as far as it goes."""
        self.newest = None
        if len(self.session.version) < 2:
            self.session.version = "2"
        before: Message | None = None
        for _ in range(MAX_COMPOUND):
            if at + HEADER_BYTES > stop:
                raise Malformed("SMB2 header is cut short", at)
            step = int.from_bytes(payload[at + 20 : at + 24], "little")
            message = Message(payload, at, min(at + step, stop) if step else stop)
            if message.flags & ANSWER:
                self._answer(message)
            else:
                if before and message.flags & RELATED:
                    message.session_id, message.tree_id = before.session_id, before.tree_id
                self._request(message)
            before = message
            at += step
            if step < HEADER_BYTES or at >= stop:
                return

    def _request(self, message: Message) -> None:
        command = message.command
        if command in (READ, WRITE):
            self._ask_transfer(message)
            return
        if command == CANCEL:
            return
        row: dict[str, object] = {}
        if command in FILE_ID_AT:
            message.file = self._file(message.bytes_at(FILE_ID_AT[command], 16))
        if command in REQUESTS:
            REQUESTS[command](self.session, message, row)
        if message.file:
            self.newest = message.file
            row |= message.file.named()
        row.setdefault("smb_share", self.session.share(message.session_id, message.tree_id))
        self.session.wait(message.number, Waiting(_name(command), message.session_id, row, message.file))

    def _file(self, file_id: bytes) -> OpenFile | None:
        return self.newest if file_id == NO_FILE else self.session.files.get(file_id)

    def _ask_transfer(self, message: Message) -> None:
        if message.body + 32 > message.stop:
            raise Malformed("SMB2 message is cut short", message.at)
        _, offset, file_id = TRANSFER.unpack_from(message.payload, message.body + 4)
        session = self.session
        file = self._file(file_id)
        if file is None:
            file = self._unnamed(message)
            session.open(file_id, file)
        self.newest = file
        if file.offset < 0 or offset < file.offset:
            file.offset = offset
        session.wait(message.number, Waiting("", message.session_id, None, file))
        if file.is_pipe and message.command == WRITE:
            session.pipe(file, message.pointed(2, 4, size_bytes=4), is_request=True)

    def _unnamed(self, message: Message) -> OpenFile:
        """Return a file whose CREATE was not captured."""
        session = self.session
        is_pipe = session.has_pipes(message.session_id, message.tree_id)
        share = session.share(message.session_id, message.tree_id)
        return OpenFile(None, share, message.session_id, is_pipe=is_pipe)

    def _answer(self, message: Message) -> None:
        if message.status == PENDING:
            return
        command, status = message.command, message.status
        request = self.session.waiting.pop(message.number, None)
        if command in (READ, WRITE):
            self._answer_transfer(message, request)
            return
        if request is None or request.row is None:
            request = self._unasked(message)
        row = request.row or {}
        row["smb_status"] = status_name(status)
        is_granted = status in (SUCCESS, BUFFER_OVERFLOW)
        if command in ANSWERS and (is_granted or (command, status) == (SESSION_SETUP, MORE_PROCESSING_REQUIRED)):
            ANSWERS[command](self.session, message, request)
        self.session.say(_name(command), message.session_id or request.session_id, row)

    def _unasked(self, message: Message) -> Waiting:
        """Return the request that belongs to an answer out of the blue: an SMB1 NEGOTIATE, or one not captured."""
        session = self.session
        if message.command == NEGOTIATE and session.smb1_negotiate in session.waiting:
            return session.waiting.pop(session.smb1_negotiate)
        share = session.share(message.session_id, message.tree_id)
        return Waiting(_name(message.command), message.session_id, {"smb_share": share}, None)

    def _answer_transfer(self, message: Message, request: Waiting | None) -> None:
        file = request.file if request else None
        if file is None:
            file = self.session.files.get(None) or self._unnamed(message)
            self.session.open(None, file)
        status = message.status
        if status in (SUCCESS, BUFFER_OVERFLOW):
            n_bytes = message.number_at(4, 4)
        elif status == END_OF_FILE:
            n_bytes = 0
        else:
            refused = file.named() | {"smb_status": status_name(status)}
            self.session.say(_name(message.command), message.session_id, refused)
            return
        if message.command == READ:
            file.n_reads += 1
            file.read_bytes += n_bytes
            if file.is_pipe and n_bytes:
                content_at = message.at + message.number_at(2, 1)
                self.session.pipe(file, message.payload[content_at : message.stop], is_request=False)
        else:
            file.n_writes += 1
            file.written_bytes += n_bytes


def _name(command: int) -> str:
    return SMB2_COMMANDS[command] if command < len(SMB2_COMMANDS) else f"0x{command:04x}"
