"""What the blocks of SMB1 messages say, a function per command and direction ([MS-CIFS] 2.2.4, [MS-SMB] 2.2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quivive.messages.smb.names import CREATE_ACTIONS, DELETE_ON_CLOSE, FILE_INFORMATION, TRANSACTION2, access_words
from quivive.messages.smb.session import LARGEST, OpenFile, Session, Waiting, action_of
from quivive.model.errors import Malformed
from quivive.model.limits import TEXT_BYTES
from quivive.model.tables import CREDENTIALS, IDENTITIES, secret_mask

UNICODE = 0x8000
NT_STATUS = 0x4000

MAX_DIALECTS = 64
"""Dialects offered; a dozen exist."""

SERVICES = {"A:": "disk", "IPC": "pipe", "LPT1:": "print", "COMM": "device"}

PASSTHROUGH = 1000
"""Information levels from here on are those of the file system ([MS-SMB] 2.2.2.3.5)."""

SET_DISPOSITION = 0x0102
TRANSACT_PIPE = 0x26

PATH_AT = {0x00: (-1, 28), 0x01: (6, 12), 0x05: (0, 6), 0x06: (0, 6), 0x0D: (-1, 4), 0x10: (-1, 2)}
"""Where information level and path stand in the parameters of a TRANSACTION2 (2.2.6); -1 for no level."""

QUERY_FILE, SET_FILE = 0x07, 0x08
RENAME, DISPOSITION = 10, 13

NT_TRANSACT = {
    1: "CREATE",
    2: "IOCTL",
    3: "SET_SECURITY_DESC",
    4: "NOTIFY_CHANGE",
    5: "RENAME",
    6: "QUERY_SECURITY_DESC",
}


class Block:
    """One command of an AndX chain: where its words and bytes lie, and what the header said."""

    __slots__ = ("at", "base", "file", "flags2", "n_words", "payload", "stop", "tree_id", "user_id", "words")

    def __init__(self, payload: bytes, base: int, at: int, stop: int) -> None:
        if at >= stop or at + 1 + 2 * payload[at] > stop:
            raise Malformed("SMB1 words are cut short", at)
        self.payload = payload
        self.base = base
        """Where the SMB header stands: offsets and alignment count from it."""
        self.n_words = payload[at]
        self.words = at + 1
        self.at = self.words + 2 * self.n_words + 2
        """Where its bytes begin; moves as they are read."""
        self.stop = min(stop, self.at + int.from_bytes(payload[self.at - 2 : self.at], "little"))
        self.flags2 = self.tree_id = self.user_id = 0
        self.file: OpenFile | None = None

    def word(self, offset: int, size: int = 2) -> int:
        """Return a number among the words; 0 where the command has fewer of them."""
        if offset + size > 2 * self.n_words:
            return 0
        return int.from_bytes(self.payload[self.words + offset : self.words + offset + size], "little")

    def take(self, size: int) -> bytes:
        """Read some of the bytes."""
        if self.at + size > self.stop:
            raise Malformed("SMB1 bytes are cut short", self.at)
        self.at += size
        return self.payload[self.at - size : self.at]

    def text(self) -> str:
        """Read a text up to its zero, as wide as the header says; wide ones are aligned to the header."""
        if not self.flags2 & UNICODE:
            return self.narrow_text()
        self.at += (self.at - self.base) & 1
        end = _wide_end(self.payload, self.at, self.stop)
        text, self.at = self.payload[self.at : end], end + 2
        return decode(text)

    def narrow_text(self) -> str:
        """Read a text of one byte a letter up to its zero."""
        end = self.payload.find(b"\0", self.at, self.stop)
        end = self.stop if end < 0 else end
        text, self.at = self.payload[self.at : end], end + 1
        return text[:TEXT_BYTES].decode("ascii", "backslashreplace")

    def formatted_text(self) -> str:
        """Read a text behind its buffer format octet (2.2.1.1.3 and 2.2.3.3)."""
        self.take(1)
        return self.text()

    def far(self, offset_at: int, size_at: int) -> tuple[int, int]:
        """Return where a part lies that the words point to, clipped to the message."""
        at = self.base + self.word(offset_at)
        stop = min(at + self.word(size_at), self.stop)
        return at, max(at, stop)


def _wide_end(payload: bytes, at: int, stop: int) -> int:
    end = payload.find(b"\0\0", at, stop)
    while end >= 0 and (end - at) & 1:
        end = payload.find(b"\0\0", end + 1, stop)
    return stop if end < 0 else end


def decode(text: bytes) -> str:
    """Return UTF-16 text; what is not stays visible, escaped."""
    return text[:TEXT_BYTES].decode("utf-16-le", "backslashreplace")


def file_key(file_id: int) -> tuple[str, int]:
    """Return the key of a file that the server numbers in 16 bits."""
    return "smb1", file_id


def _negotiate_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    dialects: list[str] = []
    while block.at < block.stop and len(dialects) < MAX_DIALECTS:
        block.take(1)
        dialects.append(block.narrow_text())
    row["smb_dialects"] = dialects


def _negotiate_answer(session: Session, block: Block, request: Waiting) -> None:
    row = request.row or {}
    mode = block.word(2, 1)
    row["smb_signing"] = "required" if mode & 0x8 else "enabled" if mode & 0x4 else None
    session.takes_plain_passwords = block.n_words == 17 and not mode & 0x2


def _session_setup_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    if block.n_words == 12:
        row |= session.read_token(block.take(block.word(14)))
    else:
        _read_log_in(session, block, row)
    row["smb_client_os"] = block.text()


def _read_log_in(session: Session, block: Block, row: dict[str, Any]) -> None:
    """Read a log-in without a token: one or two password responses, user and domain (2.2.4.53.1)."""
    n_narrow, n_wide = block.word(14), block.word(16) if block.n_words == 13 else 0
    block.take(n_narrow + n_wide)
    user, domain = block.text(), block.text()
    row |= {"user": user, "domain": domain}
    if not user:
        return
    identity = {"protocol": "smb", "user": user, "domain": domain, "identity_kind": "user"}
    session.rows.append(
        (IDENTITIES, identity | {"identity_addr": session.client_addr, "identity_evidence": "SESSION_SETUP_ANDX"})
    )
    if session.takes_plain_passwords:
        mask = secret_mask(n_wide // 2 or n_narrow)
        login = {"protocol": "smb", "user": user, "domain": domain, "login_method": "SESSION_SETUP_ANDX"}
        session.rows.append((CREDENTIALS, login | {"secret_mask": mask}))


def _session_setup_answer(session: Session, block: Block, request: Waiting) -> None:
    if block.n_words == 4:
        session.read_token(block.take(block.word(6)))
    row = request.row or {}
    row["smb_server_os"] = block.text()


def _tree_connect_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    block.take(block.word(6))
    row["smb_share"] = block.text()


def _tree_connect_answer(session: Session, block: Block, request: Waiting) -> None:
    _connect(session, block, request, block.tree_id, block.narrow_text())


def _old_tree_connect_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    block.take(1)
    row["smb_share"] = block.narrow_text()


def _old_tree_connect_answer(session: Session, block: Block, request: Waiting) -> None:
    _connect(session, block, request, block.word(2), "")


def _connect(session: Session, block: Block, request: Waiting, tree_id: int, service: str) -> None:
    row = request.row or {}
    row["smb_share_type"] = SERVICES.get(service, service)
    session.connect(0, tree_id, row.get("smb_share") or "", row["smb_share_type"])


def _nt_create_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    options = block.word(39, 4)
    row["smb_action"] = action_of(block.word(35, 4), options)
    row["smb_access"] = access_words(block.word(15, 4))
    _name_file(session, block, block.text())
    if block.file:
        block.file.deletes = bool(options & DELETE_ON_CLOSE)


def _name_file(session: Session, block: Block, name: str) -> None:
    is_pipe = session.has_pipes(0, block.tree_id)
    block.file = OpenFile(name, session.share(0, block.tree_id), block.user_id, is_pipe=is_pipe)


def _nt_create_answer(session: Session, block: Block, request: Waiting) -> None:
    row = request.row or {}
    action = block.word(7, 4)
    if action < len(CREATE_ACTIONS) and not (request.file and request.file.deletes):
        row["smb_action"] = CREATE_ACTIONS[action]
    row["smb_file_size_bytes"] = min(block.word(55, 8), LARGEST)
    _open(session, block.word(5), request)


def _open_andx_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    row["smb_action"] = "open"
    _name_file(session, block, block.text())


def _open_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    row["smb_action"] = "open"
    _name_file(session, block, block.formatted_text())


def _create_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    row["smb_action"] = "create"
    _name_file(session, block, block.formatted_text())


def _open_andx_answer(session: Session, block: Block, request: Waiting) -> None:
    if request.row is not None:
        request.row["smb_file_size_bytes"] = block.word(12, 4)
    _open(session, block.word(4), request)


def _open_answer(session: Session, block: Block, request: Waiting) -> None:
    _open(session, block.word(0), request)


def _open(session: Session, file_id: int, request: Waiting) -> None:
    if request.file:
        session.open(file_key(file_id), request.file)


def _close_answer(session: Session, block: Block, request: Waiting) -> None:
    if request.file:
        session.close(request.file)
        if request.file.deletes and request.row is not None:
            request.row["smb_action"] = "delete"


def _tree_disconnect_answer(session: Session, block: Block, request: Waiting) -> None:
    session.trees.pop((0, block.tree_id), None)


def _path_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    row["file_name"] = block.formatted_text()


def _delete_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    row |= {"file_name": block.formatted_text(), "smb_action": "delete"}


def _rename_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    row |= {"file_name": block.formatted_text(), "smb_action": "rename"}
    row["smb_new_name"] = block.formatted_text()


def _transaction_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    if block.word(28) == TRANSACT_PIPE and block.word(26, 1) == 2:
        block.file = session.files.get(file_key(block.word(30)))
        row["smb_info_level"] = "TransactNmPipe"
        if block.file:
            block.file.is_pipe = True
            at, stop = block.far(24, 22)
            session.pipe(block.file, block.payload[at:stop], is_request=True)
    else:
        row["named_pipe"] = block.text()


def _transaction_answer(session: Session, block: Block, request: Waiting) -> None:
    if request.file and request.file.is_pipe:
        at, stop = block.far(14, 12)
        session.pipe(request.file, block.payload[at:stop], is_request=False)


def _transaction2_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    function = block.word(28)
    row["command"] = "TRANSACTION2 " + (TRANSACTION2[function] if function < len(TRANSACTION2) else str(function))
    at, stop = block.far(20, 18)
    if function in PATH_AT:
        level_at, name_at = PATH_AT[function]
        block.at, block.stop = min(at + name_at, stop), stop
        row["file_name"] = block.text()
        if level_at >= 0:
            row["smb_info_level"] = _level_name(_le16(block.payload, at + level_at, stop))
    elif function in (QUERY_FILE, SET_FILE):
        block.file = session.files.get(file_key(_le16(block.payload, at, stop)))
        level = _le16(block.payload, at + 2, stop)
        row["smb_info_level"] = _level_name(level)
        if function == SET_FILE:
            _set_file(block, level, row)


def _set_file(block: Block, level: int, row: dict[str, Any]) -> None:
    at, stop = block.far(24, 22)
    if level in (SET_DISPOSITION, PASSTHROUGH + DISPOSITION):
        deletes = at < stop and bool(block.payload[at] & 1)
        row["smb_action"] = "delete" if deletes else "keep"
        if block.file:
            block.file.deletes = deletes
    elif level == PASSTHROUGH + RENAME:
        row["smb_action"] = "rename"
        row["smb_new_name"] = decode(block.payload[min(at + 12, stop) : stop])


def _nt_transact_request(session: Session, block: Block, row: dict[str, Any]) -> None:
    function = block.word(36)
    row["command"] = "NT_TRANSACT " + NT_TRANSACT.get(function, str(function))


def _level_name(level: int) -> str:
    if level >= PASSTHROUGH and level - PASSTHROUGH in FILE_INFORMATION:
        return FILE_INFORMATION[level - PASSTHROUGH]
    return f"0x{level:04x}"


def _le16(payload: bytes, at: int, stop: int) -> int:
    return int.from_bytes(payload[at : min(at + 2, stop)], "little")


REQUESTS: dict[int, Callable[[Session, Block, dict[str, Any]], None]] = {
    0x00: _path_request,
    0x01: _delete_request,
    0x02: _open_request,
    0x03: _create_request,
    0x06: _delete_request,
    0x07: _rename_request,
    0x08: _path_request,
    0x09: _path_request,
    0x0F: _create_request,
    0x10: _path_request,
    0x25: _transaction_request,
    0x2D: _open_andx_request,
    0x32: _transaction2_request,
    0x70: _old_tree_connect_request,
    0x72: _negotiate_request,
    0x73: _session_setup_request,
    0x75: _tree_connect_request,
    0xA0: _nt_transact_request,
    0xA2: _nt_create_request,
}

ANSWERS: dict[int, Callable[[Session, Block, Waiting], None]] = {
    0x02: _open_answer,
    0x03: _open_answer,
    0x04: _close_answer,
    0x0F: _open_answer,
    0x25: _transaction_answer,
    0x2D: _open_andx_answer,
    0x70: _old_tree_connect_answer,
    0x71: _tree_disconnect_answer,
    0x72: _negotiate_answer,
    0x73: _session_setup_answer,
    0x75: _tree_connect_answer,
    0xA2: _nt_create_answer,
}
