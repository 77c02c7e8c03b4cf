from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.x11 import TABLE, X11
from tests.protocols.stream_driver import ORIG, RESP, rows_in_every_cut, rows_of

LITTLE = bytes.fromhex("6c 00 0b00 0000 1200 1000 0000") + b"MIT-MAGIC-COOKIE-1" + bytes(18)
BIG = bytes.fromhex("42 00 000b 0000 0000 0000 0000")
SUCCESS = bytes.fromhex("01 00 0b00 0000 4000") + bytes(16) + b"\7\0" + bytes(14) + b"Example"
FAILED = bytes.fromhex("00 06 000b 0000 0002") + b"denied\0\0"


def test_a_connection_tells_how_it_proves_itself_and_to_what():
    assert rows_in_every_cut(X11, [(ORIG, LITTLE), (RESP, SUCCESS)]) == [
        (
            TABLE,
            {
                "x11_version": "11.0",
                "x11_auth": "MIT-MAGIC-COOKIE-1",
                "x11_answer": "success",
                "x11_vendor": "Example",
            },
        )
    ]


def test_a_refusal_gives_its_reason():
    ((_, row),) = rows_of(X11, [(ORIG, BIG), (RESP, FAILED)])
    assert row == {"x11_version": "11.0", "x11_auth": None, "x11_answer": "failed", "x11_vendor": "denied"}


def test_another_opening_or_answer_is_malformed():
    assert rows_of(X11, [(ORIG, b"m" + LITTLE[1:])])[0][0] is ANOMALIES
    assert rows_of(X11, [(RESP, b"\3" + SUCCESS[1:])])[0][0] is ANOMALIES


def test_a_port_proves_nothing():
    assert X11.probe(b"hello", Side.ORIGINATOR) is Match.NO


def test_cut_short_it_is_malformed_at_the_end():
    for size in range(1, 30):
        assert rows_of(X11, [(ORIG, LITTLE[:size])])[0][0] is ANOMALIES
    for size in range(1, len(SUCCESS)):
        assert ANOMALIES in [table for table, _ in rows_of(X11, [(RESP, SUCCESS[:size])])]


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_rows(noise):
    rows_of(X11, [(ORIG, noise), (RESP, noise)])
    rows_of(X11, [(ORIG, LITTLE[:6] + noise), (RESP, b"\1" + noise)])
