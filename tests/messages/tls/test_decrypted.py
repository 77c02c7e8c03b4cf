"""What a TLS connection carries, as its parser passes it on: cut anywhere, it asks for more or says less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow
from quivive.kit.tls_keys import Keys
from quivive.messages.tls.decrypted import older_certificates
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.tls import Tls
from tests.kit.tls_sessions import REQUEST, RESPONSE, TLS12, TLS13, session


def flow_of(made):
    keys = Keys()
    keys.add_log(made.log)
    return Flow(keys=keys)


def hear(parser, turns):
    """Give turns to a parser as the engine would; returns rows by table, and what was carried by side."""
    pending, rows = [b"", b""], []
    for nth, (side, said) in enumerate(turns):
        cursor = Cursor(pending[side] + said, whole=False, ts_ns=nth + 1)
        at = 0
        try:
            while at < cursor.stop:
                rows += parser.parse(cursor, Side(side))
                at = cursor.at
        except DissectError:
            pass
        pending[side] = cursor.payload[at:]
    rows += parser.close()
    carried = [b"".join(one.said for one in parser.flow.carried if one.side == side) for side in (0, 1)]
    return [(table.name, values) for table, values in rows], carried


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_records_become_one_row_and_what_they_carried(version):
    made = session(version, "" if version == TLS13 else "ECDHE-RSA-AES128-SHA256")
    parser = Tls(flow_of(made))
    rows, carried = hear(parser, made.turns)
    assert carried == [REQUEST, RESPONSE]
    assert {one.service for one in parser.flow.carried} == {"http1"}
    assert [values for name, values in rows if name == "decrypted"] == [
        {
            "ts_ns": 1,
            "orig_plain_bytes": len(REQUEST),
            "resp_plain_bytes": len(RESPONSE),
            "n_false_records": 0,
            "n_unread_records": 0,
        }
    ]
    assert [values["certificate_subject"] for name, values in rows if name == "tls"] == ["CN=www.example.com"]


def test_flow_without_keys_carries_nothing():
    made = session(TLS13)
    parser = Tls(Flow())
    rows, carried = hear(parser, made.turns)
    assert carried == [b"", b""]
    assert [name for name, _ in rows] == ["tls"]


def test_cut_anywhere_only_what_came_whole_is_passed_on():
    made = session(TLS13)
    for nth, (side, said) in enumerate(made.turns):
        for stop in range(len(said)):
            parser = Tls(flow_of(made))
            _, carried = hear(parser, [*made.turns[:nth], (side, said[:stop])])
            whole = zip((REQUEST, RESPONSE), carried, strict=True)
            assert all(part in (b"", all_of_it) for all_of_it, part in whole)


@given(st.integers(0, 5), st.integers(0, 1), st.binary(min_size=1, max_size=60))
def test_noise_between_turns_raises_nothing(where, side, noise):
    made = session(TLS13)
    hear(Tls(flow_of(made)), [*made.turns[:where], (side, noise), *made.turns[where:]])


def test_certificates_lose_what_tls_13_added():
    # no context; list of 11 bytes: a certificate of 3 bytes and no extensions, one of 1 byte and an extension of 1
    body = bytes.fromhex("00 00000e 000003 aabbcc 0000 000001 dd 0001 ee")
    assert older_certificates(body).hex() == "00000a" + "000003aabbcc" + "000001dd"


@given(st.binary(max_size=40))
def test_noise_as_certificates_is_read_or_refused(body):
    try:
        assert len(older_certificates(body)) <= len(body) + 3
    except Malformed:
        pass
