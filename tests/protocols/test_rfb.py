import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.rfb import RFB, Rfb
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

HELLO = b"RFB 003.008\n"
OLD = b"RFB 003.003\n"


def test_a_connection_tells_how_it_was_logged_in_to():
    turns = [(RESP, HELLO), (ORIG, HELLO), (RESP, b"\x03\x02\x13\x01"), (ORIG, b"\x02"), (RESP, bytes(16))]
    assert rows_in_every_cut(Rfb, turns) == [
        (
            RFB,
            {
                "rfb_server_version": "3.8",
                "rfb_client_version": "3.8",
                "rfb_security_offered": ["VNC", "VeNCrypt", "none"],
                "rfb_security": "VNC",
            },
        )
    ]


def test_an_old_server_decides_alone():
    turns = [(RESP, HELLO), (ORIG, OLD), (RESP, b"\0\0\0\1"), (ORIG, b"\1")]
    ((_, row),) = rows_in_every_cut(Rfb, turns)
    assert (row["rfb_client_version"], row["rfb_security"]) == ("3.3", "none")


def test_a_refusal_is_told_in_the_server_s_words():
    turns = [(RESP, HELLO), (ORIG, HELLO), (RESP, b"\0" + b"\0\0\0\4full")]
    ((_, row),) = rows_of(Rfb, turns)
    assert row["rfb_refusal"] == "full"


def test_an_unknown_way_is_its_number():
    turns = [(RESP, HELLO), (ORIG, HELLO), (RESP, b"\1\xc8"), (ORIG, b"\xc8")]
    ((_, row),) = rows_in_every_cut(Rfb, turns)
    assert (row["rfb_security_offered"], row["rfb_security"]) == (["200"], "200")


def test_what_is_no_version_is_malformed():
    assert rows_of(Rfb, [(RESP, b"RFB 00x.008\n")])[0][0] is ANOMALIES


def test_cut_short_it_tells_less():
    for size in range(1, len(HELLO)):
        ((table, _),) = rows_of(Rfb, [(RESP, HELLO[:size])])
        assert table is ANOMALIES


@pytest.mark.parametrize(("payload", "match"), [(HELLO, Match.YES), (HELLO[:-1], Match.NO), (b"", Match.NO)])
def test_a_version_is_sure(payload, match):
    assert Rfb.probe(payload, Side.RESPONDER) is match


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_gives_rows(noise):
    rows_of(Rfb, [(RESP, HELLO), (ORIG, HELLO), (RESP, noise), (ORIG, noise)])
    rows_of(Rfb, [(RESP, noise), (ORIG, noise)])
