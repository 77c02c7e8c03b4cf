"""BitTorrent (BEP 3), its distributed table (BEP 5), UDP trackers (BEP 15) and uTP (BEP 29): a row per message read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol, Row, Signature
from quivive.messages.wire_text import DOT, escape
from quivive.model.fields import IS_ORIG, STAMP
from quivive.model.five_tuple import Carrier, Side
from quivive.model.schema import Field, Table

HANDSHAKE = b"\x13BitTorrent protocol"
TRACKER = bytes.fromhex("00000417 27101980")
QUERY = re.compile(rb"1:q(\d{1,2}):([a-z_]{1,24})")
HASH = re.compile(rb"9:info_hash20:(.{20})", re.DOTALL)
NODE = re.compile(rb"2:id20:(.{20})", re.DOTALL)
TARGET = re.compile(rb"6:target20:(.{20})", re.DOTALL)
PORT = re.compile(rb"4:porti(\d{1,5})e")
ERROR = re.compile(rb"1:eli(\d{1,5})e")
TRANSACTION = re.compile(rb"1:t(\d{1,2}):")
VERSION = re.compile(rb"1:v4:(.{4})", re.DOTALL)
UTP_BYTES = 20

BITTORRENT = Table("bittorrent", "Files shared between peers: who asked for which, as content hashes.", (
    *STAMP,
    IS_ORIG,
    Field("bittorrent_message", "text", "What was said: handshake, tracker connect, local search, a query, an answer."),
    Field("bittorrent_info_hash", "text", "Hash of what is shared, in hexadecimal."),
    Field("bittorrent_peer_id", "text", "Name of the peer, which begins with its program and version."),
    Field("bittorrent_node", "text", "Node of the distributed table, in hexadecimal."),
    Field("bittorrent_target", "text", "Node of the distributed table that is looked for, in hexadecimal."),
    Field("bittorrent_transaction", "text", "Number that joins a query of the table to its answer, in hexadecimal."),
    Field("bittorrent_program", "text", "Short name and version of the program that speaks, in hexadecimal."),
    Field("bittorrent_port", "int32", "Port at which the peer says that it shares."),
    Field("bittorrent_error", "int32", "Number of the error that a query was answered with."),
))  # fmt: skip


class Bittorrent(Protocol):
    """BitTorrent between peers, and how they find each other."""

    name = "bittorrent"
    title = "BitTorrent"
    spec = "BEP 3, BEP 5, BEP 15, BEP 29"
    carriers = (Carrier.TCP, Carrier.UDP)
    ports = (6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889)
    signatures = (
        HANDSHAKE,
        b"BT-SEARCH * HTTP/1.1",
        b"d1:ad2:id20:",
        b"d1:rd2:id20:",
        b"d2:ip6:",
        b"d1:eli20",
        Signature("0000041727101980 0000000?", minimum=16),
        # A first packet of uTP: nothing received yet, so no delay and no acknowledgement.
        Signature("4100 ???? ???????? 00000000 ???????? ???? 0000", minimum=UTP_BYTES),
        Signature("4102 ???? ???????? 00000000 ???????? ???? 0000", minimum=UTP_BYTES + 10),
    )
    tables = (BITTORRENT,)
    family = "p2p"
    head_bytes = 256

    @classmethod
    def probe(cls, payload: bytes, side: Side) -> Match:
        """Its signatures are sure; a port alone proves nothing."""
        return Match.NO

    def parse(self, cursor: Cursor, side: Side) -> Iterator[Row]:
        """Read a handshake of a stream, or one datagram."""
        row: dict[str, Any] = {"is_orig": side == Side.ORIGINATOR}
        if cursor.peek(1) == HANDSHAKE[:1] and not cursor.peek(4).startswith(b"\x13\x00"):
            head = cursor.take(68)
            if not head.startswith(HANDSHAKE):
                raise cursor.fail("no handshake")
            row["bittorrent_message"] = "handshake"
            row |= {"bittorrent_info_hash": head[28:48].hex(), "bittorrent_peer_id": escape(head[48:], DOT)}
            cursor.done()
        elif not cursor.whole:
            raise cursor.fail("no handshake")
        else:
            row |= _datagram(cursor.rest())
        if "bittorrent_message" in row:
            yield BITTORRENT, row


def _datagram(payload: bytes) -> dict[str, Any]:
    """Return what a datagram of the table or a tracker tells; uTP tells nothing more than that it is."""
    if payload.startswith(TRACKER):
        return {"bittorrent_message": "tracker connect"}
    if payload.startswith(b"BT-SEARCH"):
        found = re.search(rb"Infohash: ([0-9A-Fa-f]{40})", payload)
        return {
            "bittorrent_message": "local search",
            "bittorrent_info_hash": found[1].decode("ascii").lower() if found else None,
        }
    if not payload.startswith(b"d"):
        return {}
    query, wanted, node = QUERY.search(payload), HASH.search(payload), NODE.search(payload)
    message = query[2].decode("ascii") if query else "error" if payload.startswith(b"d1:e") else "answer"
    return {
        "bittorrent_message": message,
        "bittorrent_info_hash": wanted[1].hex() if wanted else None,
        "bittorrent_node": node[1].hex() if node else None,
        **_details(payload),
    }


def _details(payload: bytes) -> dict[str, Any]:
    """Return what only some messages of the table hold (BEP 5)."""
    target, port, error = TARGET.search(payload), PORT.search(payload), ERROR.search(payload)
    program = VERSION.search(payload)
    found = {
        "bittorrent_target": target[1].hex() if target else None,
        "bittorrent_transaction": _transaction(payload),
        "bittorrent_program": program[1].hex() if program else None,
        "bittorrent_port": int(port[1]) if port else None,
        "bittorrent_error": int(error[1]) if error else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _transaction(payload: bytes) -> str | None:
    """Return the last text under "t": keys are in order, and only the version and the kind come behind it."""
    found = list(TRANSACTION.finditer(payload))
    if not found:
        return None
    return payload[found[-1].end() : found[-1].end() + int(found[-1][1])].hex()
