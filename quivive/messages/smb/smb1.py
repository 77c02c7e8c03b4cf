"""SMB 1 messages ([MS-CIFS], [MS-SMB]): chains of commands in one message, each request joined to its answer."""

from __future__ import annotations

import struct
from typing import NamedTuple

from quivive.messages.smb.names import END_OF_FILE, MORE_PROCESSING_REQUIRED, SMB1_COMMANDS, SUCCESS, status_name
from quivive.messages.smb.session import OpenFile, Session, Waiting
from quivive.messages.smb.smb1_bodies import ANSWERS, NT_STATUS, REQUESTS, Block, file_key
from quivive.model.errors import Malformed

HEADER = struct.Struct("<4sBIBHH8xHHHHH")
"""The header but for the signature ([MS-CIFS] 2.2.3.1), in the order of Header."""

HEADER_BYTES = 32

ANSWER = 0x80

READ, WRITE, CLOSE = 0x0A, 0x0B, 0x04
READ_ANDX, WRITE_ANDX = 0x2E, 0x2F
NEGOTIATE, SESSION_SETUP_ANDX = 0x72, 0x73
TRANSACTIONS = (0x25, 0x32, 0xA0)
SECONDARIES = (0x26, 0x33, 0xA1)

ANDX = (0x24, 0x2D, 0x2E, 0x2F, 0x73, 0x74, 0x75, 0xA2)
"""Commands after which another may follow in the same message."""

NO_MORE = 0xFF

FILE_ID_AT = {0x04: 0, 0x05: 0, 0x0A: 0, 0x0B: 0, 0x23: 0, 0x24: 4, 0x2E: 4, 0x2F: 4}
"""Where the file's number stands among the words of a request."""

BULK_HEAD_BYTES = 96
"""What is read of messages that carry file content: header and words."""

HEAD_BYTES = 1 << 16
"""What is read of any other message: none may be longer (2.2.3.3), and names lie in its beginning."""

MAX_CHAIN = 8
"""Commands in one message; Windows chains two or three."""

BUFFER_OVERFLOW = 0x80000005


class Header(NamedTuple):
    """What the header says that matters here."""

    magic: bytes
    command: int
    status: int
    flags: int
    flags2: int
    process_high: int
    reserved: int
    tree_id: int
    process: int
    user_id: int
    multiplex: int


class Smb1:
    """Reads the SMB1 messages of both sides into a session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def wanted_bytes(self, payload: bytes, at: int, size: int) -> int:
        """Return how much of a message of `size` bytes is to be read; BULK_HEAD_BYTES of it are there."""
        command = payload[at + 4]
        if payload[at + 9] & ANSWER:
            if command not in (READ, READ_ANDX):
                return min(size, HEAD_BYTES)
            process, multiplex = payload[at + 26 : at + 28], payload[at + 30 : at + 32]
            key = _key(int.from_bytes(process, "little"), int.from_bytes(multiplex, "little"), command)
            request = self.session.waiting.get(key)
            file = request.file if request else None
        else:
            if command not in (WRITE, WRITE_ANDX):
                return min(size, HEAD_BYTES)
            number_at = at + HEADER_BYTES + 1 + FILE_ID_AT[command]
            file = self.session.files.get(file_key(int.from_bytes(payload[number_at : number_at + 2], "little")))
        return min(size, HEAD_BYTES if file and file.is_pipe else BULK_HEAD_BYTES)

    def read(self, payload: bytes, at: int, stop: int) -> None:
        """Read a message; an answer that follows a refused one in a chain is not there."""
        if at + HEADER_BYTES + 1 > stop:
            raise Malformed("SMB1 header is cut short", at)
        header = Header(*HEADER.unpack_from(payload, at))
        self.session.version = self.session.version or "1"
        command, block_at = header.command, at + HEADER_BYTES
        for _ in range(MAX_CHAIN):
            block = Block(payload, at, block_at, stop)
            block.flags2, block.tree_id, block.user_id = header.flags2, header.tree_id, header.user_id
            if header.flags & ANSWER:
                self._answer(header, command, block)
            else:
                self._request(header, command, block)
            step = block.word(2)
            # Offsets only grow: a chain that leads back would never end.
            if command not in ANDX or block.word(0, 1) == NO_MORE or at + step <= block_at or block.n_words < 2:
                return
            command, block_at = block.word(0, 1), at + step

    def _request(self, header: Header, command: int, block: Block) -> None:
        if command in SECONDARIES:
            return
        session = self.session
        key = _key(header.process, header.multiplex, command)
        if command in FILE_ID_AT:
            block.file = self._file(block, block.word(FILE_ID_AT[command]))
        if command in (READ, WRITE, READ_ANDX, WRITE_ANDX):
            self._ask_transfer(command, block)
            session.wait(key, Waiting("", header.user_id, None, block.file))
            if command == WRITE_ANDX and block.file and block.file.is_pipe:
                at, stop = block.far(22, 20)
                session.pipe(block.file, block.payload[at:stop], is_request=True)
            return
        row: dict[str, object] = {"command": SMB1_COMMANDS.get(command, f"0x{command:02x}")}
        if command in REQUESTS:
            REQUESTS[command](session, block, row)
        if command == NEGOTIATE:
            session.smb1_negotiate = key
        if block.file:
            row |= block.file.named()
        row.setdefault("smb_share", session.share(0, header.tree_id))
        session.wait(key, Waiting(str(row["command"]), header.user_id, row, block.file))

    def _file(self, block: Block, file_id: int) -> OpenFile:
        file = self.session.files.get(file_key(file_id))
        if file is None:
            is_pipe = self.session.has_pipes(0, block.tree_id)
            file = OpenFile(None, self.session.share(0, block.tree_id), block.user_id, is_pipe=is_pipe)
            self.session.open(file_key(file_id), file)
        return file

    def _ask_transfer(self, command: int, block: Block) -> None:
        high = {READ_ANDX: 20, WRITE_ANDX: 24}.get(command)
        offset = block.word(4, 4) if high is None else block.word(6, 4) | block.word(high, 4) << 32
        file = block.file
        if file and (file.offset < 0 or offset < file.offset):
            file.offset = offset

    def _answer(self, header: Header, command: int, block: Block) -> None:
        session = self.session
        key = _key(header.process, header.multiplex, command)
        if command in TRANSACTIONS and _is_interim(header, block):
            return
        request = session.waiting.pop(key, None)
        if command in (READ, WRITE, READ_ANDX, WRITE_ANDX):
            self._answer_transfer(header, command, block, request.file if request else None)
            return
        name = SMB1_COMMANDS.get(command, f"0x{command:02x}")
        if request is None or request.row is None:
            request = Waiting(name, header.user_id, {"smb_share": session.share(0, header.tree_id)}, None)
        row = request.row or {}
        row["smb_status"] = _status_of(header)
        is_granted = header.status in (SUCCESS, BUFFER_OVERFLOW)
        is_log_in = command == SESSION_SETUP_ANDX
        if command in ANSWERS and (is_granted or (is_log_in and header.status == MORE_PROCESSING_REQUIRED)):
            ANSWERS[command](session, block, request)
        if is_log_in and is_granted:
            session.log_in(header.user_id, row)
        session.say(request.command, header.user_id, row)

    def _answer_transfer(self, header: Header, command: int, block: Block, file: OpenFile | None) -> None:
        is_read = command in (READ, READ_ANDX)
        if file is None:
            file = self._file(block, -1)
        if header.status not in (SUCCESS, BUFFER_OVERFLOW, END_OF_FILE):
            refused = file.named() | {"smb_status": _status_of(header)}
            self.session.say("READ" if is_read else "WRITE", header.user_id, refused)
        elif is_read:
            file.n_reads += 1
            file.read_bytes += block.word(10) | block.word(14) << 16 if command == READ_ANDX else block.word(0)
            if command == READ_ANDX and file.is_pipe:
                at, stop = block.far(12, 10)
                self.session.pipe(file, block.payload[at:stop], is_request=False)
        else:
            file.n_writes += 1
            file.written_bytes += block.word(4) | block.word(8) << 16 if command == WRITE_ANDX else block.word(0)


def _key(process: int, multiplex: int, command: int) -> tuple[str, int, int, int]:
    return "smb1", process, multiplex, command


def _status_of(header: Header) -> str:
    if header.flags2 & NT_STATUS or header.status == 0:
        return status_name(header.status)
    return f"DOS class {header.status & 0xFF} code {header.status >> 16}"


def _is_interim(header: Header, block: Block) -> bool:
    """Return whether more of the answer comes, or it is a later part of one already seen."""
    if header.command == 0xA0:
        return header.status == 0 and (block.n_words == 0 or block.word(19, 4) > 0 or block.word(31, 4) > 0)
    return header.status == 0 and (block.n_words == 0 or block.word(10) > 0 or block.word(16) > 0)
