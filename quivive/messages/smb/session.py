"""What an SMB connection is remembered by: shares, open files, users and requests that wait for their answer."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from quivive.kit.protocol import Row
from quivive.messages import spnego
from quivive.messages.dcerpc_pdu import NAMED_PIPE, Association
from quivive.messages.ntlm import NTLM, WORKSTATION
from quivive.messages.smb import names as smb_names
from quivive.model.fields import COMMAND, DOMAIN, FILE_NAME, HOST, STAMP, USER, VERSION
from quivive.model.schema import Field, Table

SMB = Table(
    "smb",
    "Requests to Windows file servers with their answers; reads and writes of one open file are condensed.",
    (
        *STAMP,
        VERSION,
        COMMAND,
        Field("smb_status", "text", "NT status of the answer; empty where none was seen."),
        Field("smb_session_id", "int64", "Session the request belongs to, as the server numbers it."),
        USER,
        DOMAIN,
        Field("smb_share", "text", "Share the request is about, as the client named it."),
        FILE_NAME,
        Field("smb_action", "text", "What a request does to a file: open, created, overwrite, delete, rename ..."),
        Field("smb_new_name", "text", "Name the file is given by a rename or link."),
        NAMED_PIPE,
        Field("smb_access", "texts", "Rights asked for on the file, in words."),
        Field("smb_info_level", "text", "Information asked for or set, search pattern's kind, or control code."),
        Field("smb_pattern", "text", "Names looked for in a directory."),
        Field("n_requests", "int64", "Number of requests condensed into this row."),
        Field("file_read_bytes", "int64", "Bytes of the file's content the server sent.", "bytes"),
        Field("file_written_bytes", "int64", "Bytes of the file's content the client sent.", "bytes"),
        Field("file_offset_bytes", "int64", "Lowest position in the file that was read or written.", "bytes"),
        Field("smb_file_size_bytes", "int64", "Size of the file when it was opened.", "bytes"),
        Field("smb_hidden_bytes", "int64", "Bytes of encrypted or compressed messages, which are not read.", "bytes"),
        Field("smb_dialects", "texts", "Dialects the client offered."),
        Field("smb_signing", "text", "Whether the sender of the answer wants messages signed: enabled or required."),
        Field("smb_cipher", "text", "Cipher agreed on for encrypted messages."),
        Field("smb_share_type", "text", "What the share is: disk, pipe or print."),
        Field("smb_auth", "text", "Mechanism of the log-in: NTLM, Kerberos."),
        HOST,
        WORKSTATION,
        Field("smb_client_guid", "text", "Number by which the client's machine makes itself known.", personal="host"),
        Field("smb_server_guid", "text", "Number by which the server makes itself known."),
        Field("smb_client_os", "text", "Operating system the client says it is (SMB1)."),
        Field("smb_server_os", "text", "Operating system the server says it is (SMB1)."),
    ),
)

MAX_WAITING = 1024
"""Requests without an answer: servers grant at most 8,192 credits, clients keep under a few hundred in flight."""

MAX_OPEN_FILES = 4096
"""Files open at once in one flow; the longest open gives way and is written early."""

MAX_TREES = 1024
"""Shares connected at once in one flow; a terminal server's users share one flow at most."""

MAX_USERS = 1024
"""Sessions at once in one flow."""

LARGEST = (1 << 63) - 1
"""Largest number a table holds; sizes and positions are unsigned on the wire."""

K = TypeVar("K")
V = TypeVar("V")


class OpenFile:
    """A file between its CREATE and its CLOSE, and what was read and written meanwhile."""

    __slots__ = (
        "calls",
        "deletes",
        "is_pipe",
        "key",
        "n_reads",
        "n_writes",
        "name",
        "offset",
        "read_bytes",
        "session_id",
        "share",
        "written_bytes",
    )

    def __init__(self, name: str | None, share: str | None, session_id: int, *, is_pipe: bool = False) -> None:
        self.name = name
        self.share = share
        self.session_id = session_id
        self.is_pipe = is_pipe
        self.key: Any = None
        self.calls: Association | None = None
        self.deletes = False
        self.offset = -1
        self.n_reads = self.n_writes = self.read_bytes = self.written_bytes = 0

    def named(self) -> dict[str, Any]:
        """Return the fields that name the file."""
        return {"named_pipe" if self.is_pipe else "file_name": self.name, "smb_share": self.share}


class Waiting(NamedTuple):
    """A request and what it is about; reads and writes have no row of their own."""

    command: str
    session_id: int
    row: dict[str, Any] | None
    file: OpenFile | None


class Session:
    """One SMB connection; every memory of it is bounded, the oldest entry gives way."""

    def __init__(self, client_addr: str) -> None:
        self.client_addr = client_addr or None
        self.version = ""
        self.trees: dict[tuple[int, int], tuple[str, str]] = {}
        """Share and its type, by session and tree number."""
        self.files: dict[Any, OpenFile] = {}
        self.users: dict[int, tuple[Any, Any]] = {}
        self.waiting: dict[Any, Waiting] = {}
        self.hidden: dict[tuple[str, int], tuple[int, int]] = {}
        self.smb1_negotiate: Any = None
        """Key of an SMB1 NEGOTIATE that the server may answer in SMB2."""
        self.takes_plain_passwords = False
        self.rows: list[Row] = []
        """Rows that are complete and not yet handed out."""

    def hand_out(self) -> list[Row]:
        """Return the complete rows, once."""
        rows, self.rows = self.rows, []
        return rows

    def say(self, command: str, session_id: int, fields: dict[str, Any]) -> None:
        """Complete a row with what is known of the connection and the user."""
        user, domain = self.users.get(session_id, (None, None))
        row = {"version": self.version, "command": command, "user": user, "domain": domain}
        if session_id:
            row["smb_session_id"] = session_id
        self.rows.append((SMB, {name: value for name, value in (row | fields).items() if value not in (None, "", [])}))

    def wait(self, key: Any, request: Waiting) -> None:
        """Keep a request until its answer comes; one that waits too long is given up."""
        self.waiting[key] = request
        if len(self.waiting) > MAX_WAITING:
            self._give_up(_pop_oldest(self.waiting))

    def _give_up(self, request: Waiting) -> None:
        if request.row is not None:
            self.say(request.command, request.session_id, request.row)

    def open(self, key: Any, file: OpenFile) -> None:
        """Remember a file by the server's handle."""
        file.key = key
        self.files[key] = file
        if len(self.files) > MAX_OPEN_FILES:
            self.condense(_pop_oldest(self.files))

    def close(self, file: OpenFile) -> None:
        """Forget a file and say what was read and written of it."""
        self.files.pop(file.key, None)
        self.condense(file)

    def pipe(self, file: OpenFile, content: bytes, *, is_request: bool) -> None:
        """Read what goes through a pipe: remote procedure calls."""
        if file.calls is None:
            file.calls = Association("smb", self.client_addr, file.name)
        file.calls.read_pipe(content, is_request=is_request)
        self.rows += file.calls.hand_out()

    def connect(self, session_id: int, tree_id: int, share: str, share_type: str) -> None:
        """Remember a share by the server's number."""
        _keep(self.trees, (session_id, tree_id), (share, share_type), MAX_TREES)

    def share(self, session_id: int, tree_id: int) -> str | None:
        """Return the name of the share that a request is about."""
        tree = self.trees.get((session_id, tree_id))
        return tree[0] if tree else None

    def has_pipes(self, session_id: int, tree_id: int) -> bool:
        """Return whether the share's files are pipes to services."""
        share, share_type = self.trees.get((session_id, tree_id), ("", ""))
        return share_type == "pipe" or share.upper().endswith("IPC$")

    def log_in(self, session_id: int, row: dict[str, Any]) -> None:
        """Remember the user to whom the server granted a session."""
        if row.get("user"):
            _keep(self.users, session_id, (row["user"], row.get("domain")), MAX_USERS)

    def hide(self, what: str, session_id: int, n_bytes: int) -> None:
        """Count a message that cannot be read."""
        n_messages, n_hidden = self.hidden.get((what, session_id), (0, 0))
        _keep(self.hidden, (what, session_id), (n_messages + 1, n_hidden + n_bytes), MAX_USERS)

    def condense(self, file: OpenFile) -> None:
        """Say what was read and written of a file that is closed, and what was called through a pipe."""
        if file.calls is not None:
            file.calls.end()
            self.rows += file.calls.hand_out()
        if file.n_reads:
            self._condense("READ", file, {"n_requests": file.n_reads, "file_read_bytes": file.read_bytes})
        if file.n_writes:
            self._condense("WRITE", file, {"n_requests": file.n_writes, "file_written_bytes": file.written_bytes})

    def _condense(self, command: str, file: OpenFile, counts: dict[str, Any]) -> None:
        offset = min(file.offset, LARGEST) if file.offset >= 0 and not file.is_pipe else None
        self.say(command, file.session_id, file.named() | counts | {"file_offset_bytes": offset})

    def end(self) -> None:
        """Say what still waits when the flow ends."""
        for request in self.waiting.values():
            self._give_up(request)
        for file in self.files.values():
            self.condense(file)
        for (what, session_id), (n_messages, n_bytes) in self.hidden.items():
            self.say(what, session_id, {"n_requests": n_messages, "smb_hidden_bytes": n_bytes})

    def read_token(self, blob: bytes) -> dict[str, Any]:
        """Say the rows of a log-in token; returns what the request that carried it learns."""
        rows = list(spnego.rows(blob, "smb", self.client_addr)) if blob else []
        self.rows += rows
        learnt: dict[str, Any] = {}
        for table, row in rows:
            if table is NTLM:
                learnt = {"smb_auth": "NTLM"}
                if row["ntlm_message"] == "AUTHENTICATE":
                    learnt |= {"user": row.get("user"), "domain": row.get("domain")}
            elif table in spnego.TABLES:
                learnt = {"smb_auth": "Kerberos"}
        return learnt


def action_of(disposition: int, options: int) -> str:
    """Return in words what a CREATE asks for."""
    names = smb_names.DISPOSITIONS
    action = names[disposition] if disposition < len(names) else f"disposition {disposition}"
    if options & smb_names.DIRECTORY_FILE:
        action += " directory"
    return action + ", delete on close" if options & smb_names.DELETE_ON_CLOSE else action


def _keep(memory: dict[K, V], key: K, value: V, most: int) -> None:
    memory[key] = value
    if len(memory) > most:
        _pop_oldest(memory)


def _pop_oldest(memory: dict[K, V]) -> V:
    return memory.pop(next(iter(memory)))
