"""Simple Network Management Protocol, versions 1, 2c and 3 (RFC 1157, RFC 3416, RFC 3414): one row per message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match, Protocol, Row
from quivive.messages import ber
from quivive.messages.wire_text import ipv4_text, plain
from quivive.model.errors import DissectError, Malformed
from quivive.model.fields import IS_ORIG, STAMP, USER
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table
from quivive.model.tables import CREDENTIALS, IDENTITIES, secret_mask

VERSIONS = {0: "1", 1: "2c", 3: "3"}
V3 = 3

PDUS = {
    0xA0: "get",
    0xA1: "get-next",
    0xA2: "response",
    0xA3: "set",
    0xA4: "trap",
    0xA5: "get-bulk",
    0xA6: "inform",
    0xA7: "trap",
    0xA8: "report",
}
RESPONSE, TRAP_V1, BULK = 0xA2, 0xA4, 0xA5
IP_ADDRESS = 0x40

ERRORS = (
    "noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength",
    "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
    "undoFailed", "authorizationError", "notWritable", "inconsistentName",
)  # fmt: skip
TRAPS = ("coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss")
SECURITY = {0: "noAuthNoPriv", 1: "authNoPriv", 3: "authPriv"}

SYSTEM = {"1.3.6.1.2.1.1.1.0": "system_text", "1.3.6.1.2.1.1.5.0": "system_name"}
"""What a device is and is called (RFC 3418): the only values that are kept, others could be secrets."""

MAX_NAMES = 64
"""Communities and users of a flow that become log-ins; more are somebody guessing, which the rows show."""

SNMP = Table("snmp", "Devices asked for their state, set, or raising alarm: one row per message.", (
    *STAMP,
    IS_ORIG,
    Field("snmp_version", "text", "Version: 1, 2c or 3."),
    Field("snmp_pdu", "text", "What the message does: get, get-next, get-bulk, set, response, trap, inform, report."),
    Field("snmp_request_id", "int64", "Number that ties a response to its request."),
    Field("snmp_error", "text", "How a response turns out."),
    Field("snmp_oids", "texts", "Objects that are asked for, set or told."),
    Field("system_text", "text", "What a device says it is: make, model, software."),
    Field("system_name", "text", "Name that a device gives itself.", personal="host"),
    Field("snmp_trap", "text", "What happened, of a trap of version 1."),
    Field("snmp_enterprise", "text", "Kind of device that raises a trap of version 1, as an object identifier."),
    Field("snmp_agent_addr", "text", "Device that a trap of version 1 is about."),
    USER,
    Field("snmp_security", "text", "Of version 3, whether messages are signed and encrypted: authPriv and less."),
    Field("snmp_engine_id", "text", "Identifier of the device's engine, in hexadecimal."),
    Field("snmp_context", "text", "Part of the device that is meant; empty where it is the whole."),
))  # fmt: skip


class Snmp(Protocol):
    """SNMP; community names are log-ins, never shown."""

    name = "snmp"
    title = "Simple Network Management Protocol"
    spec = "RFC 3411"
    carriers = (Carrier.UDP, Carrier.TCP)
    ports = (161, 162)
    # A sequence of version and community, or of version 3 and its head; with short and long lengths.
    signatures = tuple(
        f"30{length}0201{behind}" for length in ("??", "81??", "82????") for behind in ("0004", "0104", "0330")
    )
    tables = (SNMP,)
    family = "management"

    def __init__(self, flow: Flow | None = None) -> None:
        super().__init__(flow)
        self.communities: dict[bytes, dict[str, Any]] = {}
        self.users: set[str] = set()

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A message that can be read to its end."""
        cursor = Cursor(payload)
        try:
            list(cls().parse(cursor, side))
        except DissectError:
            return Match.NO
        return Match.YES

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload, begin = cursor.payload, cursor.at
        tag, at, stop = ber.read_tlv(payload, begin, cursor.stop, may_grow=not cursor.whole)
        if tag != ber.SEQUENCE:
            raise Malformed("message is no sequence", begin)
        row: dict[str, Any] = {"is_orig": side == Side.ORIGINATOR}
        start, end = ber.expect(payload, at, stop, ber.INTEGER)
        version = ber.read_integer(payload[start:end])
        if version not in VERSIONS:
            raise Malformed("version is unknown", at)
        row["snmp_version"] = VERSIONS[version]
        if version == V3:
            _read_v3(payload, end, stop, row)
        else:
            self._read_community(payload, end, stop, row, cursor.ts_ns)
        cursor.at = stop
        yield SNMP, row
        if row.get("user") and row["user"] not in self.users and len(self.users) < MAX_NAMES:
            self.users.add(row["user"])
            yield IDENTITIES, self._identity(row["user"], side)

    def _read_community(self, payload: bytes, at: int, stop: int, row: dict[str, Any], ts_ns: int) -> None:
        """Read a message of version 1 or 2c; the community is remembered until it is known to be accepted."""
        start, end = ber.expect(payload, at, stop, ber.OCTET_STRING)
        tag = _read_pdu(payload, end, stop, row)
        community = payload[start:end]
        if community not in self.communities and len(self.communities) < MAX_NAMES:
            self.communities[community] = {
                "protocol": "snmp",
                "login_method": "community",
                "secret_mask": secret_mask(len(community)),
                "ts_ns": ts_ns,
            }
        if tag == RESPONSE and community in self.communities:
            self.communities[community]["is_accepted"] = True

    def _identity(self, user: str, side: Side) -> dict[str, Any]:
        ends = self.flow.five_tuple
        return {
            "protocol": "snmp",
            "user": user,
            "identity_kind": "user",
            "identity_addr": (ends.orig_addr if side == Side.ORIGINATOR else ends.resp_addr) or None,
            "identity_evidence": "user security model",
        }

    def close(self) -> Iterator[Row]:
        """Tell of each community once, at the time it was first heard."""
        for row in self.communities.values():
            yield CREDENTIALS, row


def _read_pdu(payload: bytes, at: int, stop: int, row: dict[str, Any]) -> int:
    """Read what is asked, answered or told; returns its tag."""
    tag, at, stop = ber.read_tlv(payload, at, stop)
    if tag not in PDUS:
        raise Malformed("message kind is unknown", at)
    row["snmp_pdu"] = PDUS[tag]
    if tag == TRAP_V1:
        at = _read_trap(payload, at, stop, row)
    else:
        numbers = []
        for _ in range(3):
            start, at = ber.expect(payload, at, stop, ber.INTEGER)
            numbers.append(ber.read_integer(payload[start:at]))
        row["snmp_request_id"] = numbers[0]
        if tag == RESPONSE:
            row["snmp_error"] = ERRORS[numbers[1]] if 0 <= numbers[1] < len(ERRORS) else f"error {numbers[1]}"
    _read_bindings(payload, at, stop, row)
    return tag


def _read_trap(payload: bytes, at: int, stop: int, row: dict[str, Any]) -> int:
    """Read the head of a trap of version 1 (RFC 1157, 4.1.6); returns where its bindings begin."""
    start, at = ber.expect(payload, at, stop, ber.OBJECT_IDENTIFIER)
    row["snmp_enterprise"] = ber.read_oid(payload[start:at])
    start, at = ber.expect(payload, at, stop, IP_ADDRESS)
    if at - start == 4:
        row["snmp_agent_addr"] = ipv4_text(payload[start:at])
    numbers = []
    for _ in range(2):
        start, at = ber.expect(payload, at, stop, ber.INTEGER)
        numbers.append(ber.read_integer(payload[start:at]))
    generic, specific = numbers
    row["snmp_trap"] = TRAPS[generic] if 0 <= generic < len(TRAPS) else f"enterprise {specific}"
    return ber.read_tlv(payload, at, stop)[2]  # behind the time


def _read_bindings(payload: bytes, at: int, stop: int, row: dict[str, Any]) -> None:
    """Read the objects, and of the values the two that say what a device is."""
    start, end = ber.expect(payload, at, stop, ber.SEQUENCE)
    oids = row["snmp_oids"] = []
    for tag, inner, inner_stop in ber.children(payload, start, end):
        if tag != ber.SEQUENCE:
            raise Malformed("binding is no sequence", inner)
        oid_start, value_at = ber.expect(payload, inner, inner_stop, ber.OBJECT_IDENTIFIER)
        oid = ber.read_oid(payload[oid_start:value_at])
        oids.append(oid)
        kind, value_start, value_stop = ber.read_tlv(payload, value_at, inner_stop)
        if oid in SYSTEM and kind == ber.OCTET_STRING:
            row[SYSTEM[oid]] = plain(payload[value_start:value_stop])


def _read_v3(payload: bytes, at: int, stop: int, row: dict[str, Any]) -> None:
    """Read a message of version 3: flags, user, and what is asked unless it is encrypted."""
    start, at_security = ber.expect(payload, at, stop, ber.SEQUENCE)
    head = list(ber.children(payload, start, at_security))
    if len(head) != 4 or head[2][0] != ber.OCTET_STRING or head[2][1] == head[2][2]:
        raise Malformed("head is not of version 3", start)
    flags = payload[head[2][1]]
    row["snmp_security"] = SECURITY.get(flags & 3, "reserved")
    start, at_data = ber.expect(payload, at_security, stop, ber.OCTET_STRING)
    _read_user(payload, start, at_data, row)
    tag, start, end = ber.read_tlv(payload, at_data, stop)
    if tag == ber.SEQUENCE:
        engine_start, engine_stop = ber.expect(payload, start, end, ber.OCTET_STRING)
        context_start, at_pdu = ber.expect(payload, engine_stop, end, ber.OCTET_STRING)
        row["snmp_engine_id"] = payload[engine_start:engine_stop][:32].hex() or row.get("snmp_engine_id")
        row["snmp_context"] = plain(payload[context_start:at_pdu]) or None
        _read_pdu(payload, at_pdu, end, row)


def _read_user(payload: bytes, start: int, stop: int, row: dict[str, Any]) -> None:
    """Read engine and user of the user security model (RFC 3414, 2.4); other models hold something else."""
    try:
        start, stop = ber.expect(payload, start, stop, ber.SEQUENCE)
        fields = list(ber.children(payload, start, stop))
    except Malformed:
        return
    if len(fields) == 6 and fields[3][0] == ber.OCTET_STRING:
        row["snmp_engine_id"] = payload[fields[0][1] : fields[0][2]][:32].hex() or None
        row["user"] = plain(payload[fields[3][1] : fields[3][2]]) or None
