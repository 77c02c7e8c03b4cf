"""SMB file sharing: SMB 1 ([MS-CIFS]), SMB 2 and 3 ([MS-SMB2]), over TCP directly or over NetBIOS (RFC 1002)."""

from __future__ import annotations

from collections.abc import Iterator

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row, Signature
from quivive.messages import spnego
from quivive.messages.dcerpc_pdu import DCERPC
from quivive.messages.smb.session import SMB, Session
from quivive.messages.smb.smb1 import Smb1
from quivive.messages.smb.smb2 import Smb2
from quivive.model.errors import Malformed, NeedMoreData
from quivive.model.five_tuple import Carrier, Side
from quivive.model.tables import ANOMALIES

SMB1_MAGIC = b"\xffSMB"
SMB2_MAGIC = b"\xfeSMB"
ENCRYPTED_MAGIC = b"\xfdSMB"
COMPRESSED_MAGIC = b"\xfcSMB"
MAGICS = (SMB1_MAGIC, SMB2_MAGIC, ENCRYPTED_MAGIC, COMPRESSED_MAGIC)

COMPRESSED_HEADER_BYTES = 16
HEAD_BYTES = {SMB1_MAGIC: 96, SMB2_MAGIC: 112, ENCRYPTED_MAGIC: 52, COMPRESSED_MAGIC: COMPRESSED_HEADER_BYTES}
LEAST_BYTES = {SMB1_MAGIC: 35, SMB2_MAGIC: 64, ENCRYPTED_MAGIC: 52, COMPRESSED_MAGIC: COMPRESSED_HEADER_BYTES}
"""What has to be there to tell how much is wanted of a message, and the shortest message."""

SESSION_MESSAGE, SESSION_REQUEST, POSITIVE, NEGATIVE, RETARGET, KEEP_ALIVE = 0x00, 0x81, 0x82, 0x83, 0x84, 0x85
NETBIOS_KINDS = {
    SESSION_REQUEST: "NETBIOS SESSION REQUEST",
    POSITIVE: "NETBIOS SESSION ACCEPTED",
    NEGATIVE: "NETBIOS SESSION REFUSED",
    RETARGET: "NETBIOS SESSION RETARGET",
}
MAX_NETBIOS_BYTES = 600
"""Two names of at most 255 bytes each, and what surrounds them (RFC 1002, 4.3.2)."""

LOST_TAIL_BYTES = 7
"""What may be the beginning of a NetBIOS header and magic that go on in the next segment."""


class Smb(Protocol):
    """SMB: one row per request and its answer; reads and writes of an open file are one row each."""

    name = "smb"
    title = "Server Message Block"
    spec = "[MS-SMB2]"
    carriers = (Carrier.TCP,)
    ports = (445, 139)
    signatures = (
        Signature("00??????ff534d42", minimum=36),
        Signature("00??????fe534d42", minimum=68),
        Signature("00??????fd534d42", minimum=56),
        Signature("00??????fc534d42", minimum=20),
        Signature("8100004420", side=Side.ORIGINATOR, minimum=72),
    )
    tables = (SMB, DCERPC, *spnego.TABLES)
    family = "file"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.session = Session(self.flow.five_tuple.orig_addr)
        self.smb1 = Smb1(self.session)
        self.smb2 = Smb2(self.session)
        self.is_lost = [False, False]
        """Whether the next message of a side has to be looked for, behind a gap."""

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A message stands behind a NetBIOS header, which may also open the session or keep it alive."""
        if payload[4:8] in MAGICS and payload[0] == SESSION_MESSAGE:
            return Match.YES
        if len(payload) >= 4 and payload[0] in (*NETBIOS_KINDS, KEEP_ALIVE) and payload[1] == 0:
            return Match.UNSURE
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one NetBIOS message; of file content only the length."""
        if self.is_lost[side] and not self._find_message(cursor):
            return iter(())
        cursor.need(4)
        payload, at = cursor.payload, cursor.at
        size = int.from_bytes(payload[at + 1 : at + 4], "big")
        if payload[at] != SESSION_MESSAGE:
            self._read_netbios(cursor, payload[at], size)
        elif size < 4:
            cursor.take(4 + size)
        else:
            self._read_message(cursor, size)
        self.is_lost[side] = False
        return iter(self.session.hand_out())

    def _read_message(self, cursor: Cursor, size: int) -> None:
        cursor.need(8)
        payload, at = cursor.payload, cursor.at + 4
        magic = payload[at : at + 4]
        wanted = self._wanted_bytes(cursor, magic, size)
        cursor.need(4 + wanted)
        cursor.at = at + wanted
        # Where the capture ends within file content, nothing is lost that was wanted.
        cursor.skip(min(size - wanted, cursor.left) if cursor.whole else size - wanted)
        try:
            self._read(magic, payload, at, at + wanted, size)
        except Malformed as error:
            # The frame around it is sound, so the flow goes on behind it.
            self.session.rows.append((ANOMALIES, {"place": "smb", "anomaly": error.reason, "detail": str(error)}))

    def _wanted_bytes(self, cursor: Cursor, magic: bytes, size: int) -> int:
        head = min(size, HEAD_BYTES.get(magic, 4))
        cursor.need(4 + head)
        if size < LEAST_BYTES.get(magic, 0):
            raise cursor.fail("SMB header is cut short")
        if magic == SMB2_MAGIC:
            return self.smb2.wanted_bytes(cursor.payload, cursor.at + 4, size)
        return self.smb1.wanted_bytes(cursor.payload, cursor.at + 4, size) if magic == SMB1_MAGIC else head

    def _read(self, magic: bytes, payload: bytes, at: int, stop: int, size: int) -> None:
        if magic == SMB2_MAGIC:
            self.smb2.read(payload, at, stop)
        elif magic == SMB1_MAGIC:
            self.smb1.read(payload, at, stop)
        elif magic == ENCRYPTED_MAGIC:
            self.session.version = self.session.version or "3"
            self.session.hide("ENCRYPTED", int.from_bytes(payload[at + 44 : at + 52], "little", signed=True), size)
        elif magic == COMPRESSED_MAGIC:
            self._read_compressed(payload, at, size)
        elif not self.session.version.startswith("1"):
            raise Malformed("no SMB message", at)

    def _read_compressed(self, payload: bytes, at: int, size: int) -> None:
        """Note a compressed message ([MS-SMB2] 2.2.42); a start behind its end is the overflow of CVE-2020-0796."""
        self.session.version = self.session.version or "3"
        self.session.hide("COMPRESSED", 0, size)
        is_chained = payload[at + 10] & 1
        offset = int.from_bytes(payload[at + 12 : at + 16], "little")
        if not is_chained and offset > size - COMPRESSED_HEADER_BYTES:
            detail = f"offset {offset} in a message of {size} bytes"
            anomaly = "compressed data begins behind its message"
            self.session.rows.append((ANOMALIES, {"place": "smb", "anomaly": anomaly, "detail": detail}))

    def _read_netbios(self, cursor: Cursor, kind: int, size: int) -> None:
        """Read what opens a session over NetBIOS (RFC 1002, 4.3)."""
        if (kind not in NETBIOS_KINDS and kind != KEEP_ALIVE) or size > MAX_NETBIOS_BYTES:
            raise cursor.fail("no NetBIOS session message")
        message = cursor.take(4 + size)[4:]
        if kind == SESSION_REQUEST:
            called, at = _read_netbios_name(message, 0)
            calling, _ = _read_netbios_name(message, at)
            self.session.say(NETBIOS_KINDS[kind], 0, {"host": called, "workstation": calling})
        elif kind != KEEP_ALIVE:
            self.session.say(NETBIOS_KINDS[kind], 0, {})

    def _find_message(self, cursor: Cursor) -> bool:
        """Step over what is left of a message whose beginning was lost; returns whether a message is here."""
        payload, at, stop = cursor.payload, cursor.at, cursor.stop
        found = payload.find(b"SMB", at + 5, stop)
        while found >= 0:
            if payload[found - 1 : found + 3] in MAGICS and payload[found - 5] == SESSION_MESSAGE:
                cursor.at = found - 5
                return cursor.at == at
            found = payload.find(b"SMB", found + 1, stop)
        if not cursor.whole and stop - at <= LOST_TAIL_BYTES:
            raise NeedMoreData
        cursor.at = stop if cursor.whole else stop - LOST_TAIL_BYTES
        return False

    def missed(self, side: Side, n_bytes: int) -> None:
        """Look for the next message: a gap seldom ends where one begins."""
        self.is_lost[side] = True

    def close(self) -> Iterator[Row]:
        """Yield requests without an answer, and what was read and written of files never closed."""
        self.session.end()
        return iter(self.session.hand_out())


def _read_netbios_name(message: bytes, at: int) -> tuple[str | None, int]:
    """Return a NetBIOS name, which stands as two letters a byte (RFC 1001, 14.1), and where it ends."""
    size = message[at] if at < len(message) else 0
    letters = message[at + 1 : at + 33]
    end = message.find(b"\0", at + 1 + size)
    end = len(message) if end < 0 else end + 1
    if size != 32 or any(letter - 0x41 & 0xF0 for letter in letters) or len(letters) != 32:
        return None, end
    name = bytes((letters[i] - 0x41) << 4 | letters[i + 1] - 0x41 for i in range(0, 30, 2))
    return name.rstrip(b" \0").decode("ascii", "backslashreplace"), end
