"""An SMB 3.1.1 session that opens shares and reads or writes files ([MS-SMB2])."""

from __future__ import annotations

import struct

from quivive.demo import ntlm
from quivive.demo.clock import DAY_START_NS
from quivive.demo.tcp import ORIG, RESP, Conversation

PORT = 445
NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT, CREATE, CLOSE, READ, WRITE = 0, 1, 2, 3, 4, 5, 6, 8, 9
HEADER_BYTES = 64
FROM_SERVER = 1
MORE_PROCESSING = 0xC0000016
DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
FILETIME_1970 = 116_444_736_000_000_000
"""1970-01-01 in steps of 100 ns since 1601."""

READ_ACCESS, WRITE_ACCESS = 0x00120089, 0x00120196
OPEN, OVERWRITE = 1, 5
MOST_BYTES = 1 << 16


class SmbSession:
    """One session; each call is a request and its answer."""

    def __init__(self, talk: Conversation, server: str, domain: str, user: tuple[str, str]) -> None:
        """Negotiate and log on; the user comes with the workstation's name."""
        self.talk, self.rng, self.server = talk, talk.rng, server
        self._message, self._session, self._tree = 0, 0, 0
        self._call(NEGOTIATE, self._negotiate_request(), self._negotiate_response())
        self._session = 0x0000_4C00_0000_0001 + (self.rng.getrandbits(20) << 4)
        self._log_on(ntlm.negotiate(), ntlm.challenge(self.rng, domain, server.upper()), MORE_PROCESSING)
        who = (user[0], user[1].upper())
        self._log_on(ntlm.authenticate(self.rng, domain, who, server.upper()), ntlm.accepted(), 0)

    def connect(self, share: str) -> None:
        """Open a share."""
        path = f"\\\\{self.server}\\{share}".encode("utf-16-le")
        self._tree = 1 + self.rng.getrandbits(4)
        request = struct.pack("<HHHH", 9, 0, HEADER_BYTES + 8, len(path)) + path
        self._call(TREE_CONNECT, request, struct.pack("<HBBIII", 16, 1, 0, 0x800, 0, 0x001F01FF))

    def read(self, name: str, content: bytes) -> None:
        """Open a file, read it whole and close it."""
        file_id = self._open(name, len(content), READ_ACCESS, OPEN)
        for at in range(0, len(content), MOST_BYTES):
            piece = content[at : at + MOST_BYTES]
            request = struct.pack("<HBBIQ", 49, 80, 0, MOST_BYTES, at) + file_id + struct.pack("<IIIHH", 0, 0, 0, 0, 0)
            self._call(READ, request + b"\0", struct.pack("<HBBIII", 17, 80, 0, len(piece), 0, 0) + piece)
        self._close(file_id, len(content))

    def write(self, name: str, content: bytes) -> None:
        """Create or replace a file."""
        file_id = self._open(name, 0, WRITE_ACCESS, OVERWRITE)
        for at in range(0, len(content), MOST_BYTES):
            piece = content[at : at + MOST_BYTES]
            request = struct.pack("<HHIQ", 49, 112, len(piece), at) + file_id + struct.pack("<IIHHI", 0, 0, 0, 0, 0)
            self._call(WRITE, request + piece, struct.pack("<HHIIHH", 17, 0, len(piece), 0, 0, 0))
        self._close(file_id, len(content))

    def leave(self) -> None:
        """Give the share back, log off and hang up."""
        nothing = struct.pack("<HH", 4, 0)
        self._call(TREE_DISCONNECT, nothing, nothing)
        self._tree = 0
        self._call(LOGOFF, nothing, nothing)
        self.talk.close()

    def _negotiate_request(self) -> bytes:
        head = struct.pack("<HHHHI", 36, len(DIALECTS), 1, 0, 0x7F) + self.rng.randbytes(16)
        dialects = struct.pack(f"<{len(DIALECTS)}H", *DIALECTS)
        at = HEADER_BYTES + len(head) + 8 + len(dialects)
        at += -at % 8
        body = head + struct.pack("<IHH", at, 2, 0) + dialects
        return body.ljust(at - HEADER_BYTES, b"\0") + self._contexts(2)

    def _negotiate_response(self) -> bytes:
        token = ntlm.negotiate()
        now = _filetime(self.talk.now_ns)
        at = HEADER_BYTES + 64 + len(token)
        at += -at % 8
        head = struct.pack("<HHHH", 65, 1, DIALECTS[-1], 2) + self.rng.randbytes(16)
        head += struct.pack("<IIIIQQHHI", 0x2F, 1 << 23, 1 << 23, 1 << 23, now, 0, 128, len(token), at)
        return (head + token).ljust(at - HEADER_BYTES, b"\0") + self._contexts(1)

    def _contexts(self, n_ciphers: int) -> bytes:
        """What 3.1.1 settles beforehand: the hash (SHA-512, with a salt) and the ciphers."""
        integrity = struct.pack("<HHH", 1, 32, 1) + self.rng.randbytes(32)
        ciphers = struct.pack(f"<H{n_ciphers}H", n_ciphers, *(2, 1)[:n_ciphers])
        first = struct.pack("<HHI", 1, len(integrity), 0) + integrity
        return first + b"\0" * (-len(first) % 8) + struct.pack("<HHI", 2, len(ciphers), 0) + ciphers

    def _log_on(self, token: bytes, answer: bytes, status: int) -> None:
        request = struct.pack("<HBBIIHHQ", 25, 0, 1, 1, 0, HEADER_BYTES + 24, len(token), 0) + token
        response = struct.pack("<HHHH", 9, 0, HEADER_BYTES + 8, len(answer)) + answer
        self._call(SESSION_SETUP, request, response, status)

    def _open(self, name: str, size: int, access: int, disposition: int) -> bytes:
        path = name.encode("utf-16-le")
        file_id = self.rng.randbytes(16)
        request = struct.pack("<HBBIQQ", 57, 0, 0, 2, 0, 0)
        request += struct.pack("<IIIIIHHII", access, 0x80, 7, disposition, 0x40, HEADER_BYTES + 56, len(path), 0, 0)
        response = (
            struct.pack("<HBBI", 89, 0, 0, 1) + self._times() + struct.pack("<QQII", _blocks(size), size, 0x20, 0)
        )
        self._call(CREATE, request + path, response + file_id + struct.pack("<II", 0, 0))
        return file_id

    def _close(self, file_id: bytes, size: int) -> None:
        response = struct.pack("<HHI", 60, 0, 0) + self._times() + struct.pack("<QQI", _blocks(size), size, 0x20)
        self._call(CLOSE, struct.pack("<HHI", 24, 0, 0) + file_id, response)

    def _times(self) -> bytes:
        """Return created, last read, last written, last changed: all at midnight."""
        return struct.pack("<Q", _filetime(DAY_START_NS)) * 4

    def _call(self, command: int, request: bytes, response: bytes, status: int = 0) -> None:
        first = self._session if command != SESSION_SETUP or status == 0 else 0
        self.talk.say(ORIG, self._frame(command, first, (0, 0), request))
        self.talk.say(RESP, self._frame(command, self._session, (FROM_SERVER, status), response))
        self._message += 1

    def _frame(self, command: int, session: int, answer: tuple[int, int], body: bytes) -> bytes:
        flags, status = answer
        ids = (self._message, 0xFEFF, self._tree, session)
        head = struct.pack("<4sHHIHHIIQIIQ", b"\xfeSMB", HEADER_BYTES, 1, status, command, 31, flags, 0, *ids)
        message = head + b"\0" * 16 + body
        return struct.pack("!I", len(message)) + message


def _filetime(at_ns: int) -> int:
    return FILETIME_1970 + at_ns // 100


def _blocks(size: int) -> int:
    return size + -size % 4096
