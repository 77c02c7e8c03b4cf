"""NetBIOS Name Service (RFC 1001, RFC 1002): one row per message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.dns.message import ADDITIONALS, ANSWERS, AS_DATA, AUTHORITIES, Message, Record, read_message
from quivive.messages.dns.rows import fault_rows
from quivive.messages.dns.words import IS_MALFORMED, IS_RESPONSE, MESSAGE_BYTES, RESPONSE, TRANS_ID
from quivive.messages.netbios_name import NAME_BYTES, NetbiosName, from_label, netbios_name, service_name
from quivive.messages.wire_text import ipv4_text, mac_text
from quivive.model.errors import Malformed
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table
from quivive.model.tables import IDENTITIES

NB, NBSTAT = 0x20, 0x21
BROADCAST = 0x0010
GROUP = 0x8000
"""In a name's flags: several machines may bear it (RFC 1002, 4.2.1.3)."""

OPERATIONS = {0: "query", 5: "registration", 6: "release", 7: "wait", 8: "refresh", 9: "refresh", 15: "multi-homed"}
RESULTS = {
    0: "ok",
    1: "format error",
    2: "server failure",
    3: "name unknown",
    4: "not implemented",
    5: "refused",
    6: "name is another's",
    7: "name in conflict",
}
CLAIMS = (5, 8, 9, 15)
"""Operations by which a machine says that a name is its own."""

OWN_SERVICES = (0x00, 0x20)
"""Services under which a machine registers its own name: workstation, file server."""

ADDRESS_BYTES, STATUS_BYTES, MAC_BYTES = 6, NAME_BYTES + 2, 6
"""Of a name's flags and address; of a name and its flags in a node's status; of the hardware address behind them."""

NBNS = Table("nbns", "Windows machine names asked for, registered and told: one row per message.", (
    *STAMP,
    IS_ORIG,
    TRANS_ID,
    IS_RESPONSE,
    Field("nb_operation", "text", "What the message does with the name: query, registration, release and others."),
    Field("nb_result", "text", "How a response turns out; empty in a request."),
    Field("nb_name", "text", "NetBIOS name that is asked for or registered."),
    Field("nb_suffix", "text", "Sixteenth byte of the name in hexadecimal, the number of its service."),
    Field("nb_service", "text", "Service that the number stands for, where it is known."),
    Field("nb_scope", "text", "Scope behind the name, as a domain name; empty where there is none."),
    Field("is_status", "bool", "Whether all names of a machine are asked for or told."),
    Field("is_broadcast", "bool", "Whether the message goes to all of the network."),
    Field("is_group", "bool", "Whether the name is one that several machines bear; empty where that is not said."),
    Field("nb_addrs", "texts", "Addresses given for the name."),
    Field("nb_names", "texts", "Names that a machine tells of itself, each with its number: NAME<20>."),
    Field("nb_mac", "text", "Hardware address that a machine tells of itself."),
    MESSAGE_BYTES,
    IS_MALFORMED,
))  # fmt: skip


class Nbns(Protocol):
    """NetBIOS name queries, registrations and node status."""

    name = "nbns"
    title = "NetBIOS Name Service"
    spec = "RFC 1002"
    carriers = (Carrier.UDP,)
    ports = (137,)
    # The first label has 32 bytes; the upper half of a character is a letter near the beginning of the alphabet.
    signatures = (Signature("20" + "4???" * NAME_BYTES, offset=12),)
    tables = (NBNS,)
    family = "name"

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """A name in NetBIOS encoding, asked for or told of."""
        try:
            message = read_message(payload, ANSWERS | AS_DATA)
        except Malformed:
            return Match.NO
        name, _ = _name_of(message)
        return Match.YES if name and message.opcode in OPERATIONS else Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read one message."""
        payload = cursor.rest()
        message = read_message(payload, ANSWERS | AUTHORITIES | ADDITIONALS | AS_DATA)
        row: dict[str, Any] = {
            "is_orig": side == Side.ORIGINATOR,
            "trans_id": message.trans_id,
            "is_response": bool(message.flags & RESPONSE),
            "nb_operation": OPERATIONS.get(message.opcode, f"operation {message.opcode}"),
            "is_status": NBSTAT in _types_of(message),
            "is_broadcast": bool(message.flags & BROADCAST),
            "message_bytes": len(payload),
            "is_malformed": message.is_malformed,
        }
        if message.flags & RESPONSE:
            row["nb_result"] = RESULTS.get(message.rcode, f"result {message.rcode}")
        for record in message.records:
            row |= _record_fields(record)
        row |= _name_fields(message, is_group=row.get("is_group", False))
        yield NBNS, row
        if _is_own(message, row):
            yield IDENTITIES, self._identity(row, side)
        yield from fault_rows(self.name, message)

    def _identity(self, row: dict[str, Any], side: Side) -> dict[str, Any]:
        """Return which machine speaks: it registers its name, or tells all its names."""
        ends = self.flow.five_tuple
        sender = ends.orig_addr if side == Side.ORIGINATOR else ends.resp_addr
        names = [name.partition("<")[0] for name in row.get("nb_names", []) if name.endswith(("<00>", "<20>"))]
        return {
            "protocol": "nbns",
            "workstation": names[0] if names else row["nb_name"],
            "identity_kind": "machine",
            "identity_addr": row["nb_addrs"][0] if row.get("nb_addrs") else sender or None,
            "identity_evidence": "status" if names else row["nb_operation"],
        }


def _types_of(message: Message) -> list[int]:
    return [entry.type for entry in message.questions] + [entry.type for entry in message.records]


def _name_of(message: Message) -> tuple[NetbiosName | None, str]:
    """Return the name that a message is about, and its scope."""
    full = message.questions[0].name if message.questions else message.records[0].name if message.records else ""
    label, _, scope = full.partition(".")
    return from_label(label), scope


def _name_fields(message: Message, *, is_group: bool) -> dict[str, Any]:
    name, scope = _name_of(message)
    if name is None:
        return {}
    service = service_name(name.suffix, is_group=is_group)
    return {
        "nb_name": name.name,
        "nb_suffix": f"{name.suffix:02x}",
        "nb_service": service or service_name(name.suffix, is_group=True),
        "nb_scope": scope or None,
    }


def _is_own(message: Message, row: dict[str, Any]) -> bool:
    """Return whether the sender says that a machine's name is its own."""
    if row.get("nb_names"):
        return True
    is_claim = message.opcode in CLAIMS and not message.flags & RESPONSE and not row.get("is_group")
    return is_claim and "nb_name" in row and int(row["nb_suffix"], 16) in OWN_SERVICES


def _record_fields(record: Record) -> dict[str, Any]:
    data = record.data
    if record.type == NBSTAT:
        return _status_fields(data)
    if record.type != NB or len(data) < ADDRESS_BYTES:
        return {}
    ends = range(ADDRESS_BYTES, min(len(data), ADDRESS_BYTES * LIST_ITEMS) + 1, ADDRESS_BYTES)
    addresses = [ipv4_text(data[end - 4 : end]) for end in ends]
    return {"nb_addrs": addresses, "is_group": bool(int.from_bytes(data[:2], "big") & GROUP)}


def _status_fields(data: bytes) -> dict[str, Any]:
    """Return the names of a node and its hardware address (RFC 1002, 4.2.18); groups are left out."""
    n_names = data[0] if data else 0
    stop = 1 + n_names * STATUS_BYTES
    names = []
    for at in range(1, min(stop, len(data) - STATUS_BYTES + 1), STATUS_BYTES):
        if not data[at + NAME_BYTES] & 0x80:
            names.append(str(netbios_name(data[at : at + NAME_BYTES])))
    row: dict[str, Any] = {"nb_names": names}
    mac = data[stop : stop + MAC_BYTES]
    return row | {"nb_mac": mac_text(mac)} if len(mac) == MAC_BYTES and any(mac) else row
