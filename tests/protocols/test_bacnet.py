import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.bacnet import BACNET, Bacnet

WHO_IS = bytes.fromhex("81 0b 000c 01 20 ffff 00 ff 10 08")
I_AM = bytes.fromhex("81 0b 0019 01 20 ffff 00 ff 10 00 c4 0200007b 22 05c4 91 03 22 0104")
READ = bytes.fromhex("81 0a 0011 01 04 00 05 92 0c 0c 023fffff 19 4b")
REGISTER = bytes.fromhex("81 05 0006 003c")
FROM_AFAR = bytes.fromhex("81 04 0015 c0000201bac0 01 08 0001 01 05 30 01 0c 00 00")


def row_of(payload):
    ((table, row),) = Bacnet().parse(Cursor(payload), Side.ORIGINATOR)
    assert table is BACNET
    return row


def test_a_question_to_all_is_a_row():
    assert row_of(WHO_IS) == {
        "is_orig": True,
        "bacnet_link": "broadcast",
        "bacnet_kind": "unconfirmed request",
        "bacnet_service": "who is",
    }


def test_a_device_tells_its_number():
    row = row_of(I_AM)
    assert (row["bacnet_service"], row["bacnet_device"]) == ("I am", 123)


def test_a_request_is_named_by_its_service():
    row = row_of(READ)
    assert (row["bacnet_link"], row["bacnet_kind"], row["bacnet_service"]) == (
        "unicast",
        "confirmed request",
        "read property",
    )


def test_a_forwarded_answer_stands_behind_the_address_it_came_from():
    row = row_of(FROM_AFAR)
    assert (row["bacnet_link"], row["bacnet_kind"], row["bacnet_service"]) == (
        "forwarded",
        "complex answer",
        "read property",
    )


def test_a_message_to_the_link_alone_has_no_service():
    assert row_of(REGISTER) == {"is_orig": True, "bacnet_link": "register foreign device"}


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (WHO_IS, Match.YES),
        (REGISTER, Match.YES),
        (FROM_AFAR, Match.YES),
        (WHO_IS + b"\0", Match.NO),
        (WHO_IS[:-1], Match.NO),
        (WHO_IS[:4] + b"\2" + WHO_IS[5:], Match.NO),
        (b"\x81\x0d\0\4", Match.NO),
        (b"\x80" + WHO_IS[1:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_the_length_makes_it_sure(payload, match):
    assert Bacnet.probe(payload, Side.ORIGINATOR) is match


@pytest.mark.parametrize("payload", [WHO_IS, I_AM, READ, FROM_AFAR])
def test_cut_short_it_tells_less_or_is_malformed(payload):
    for size in range(1, len(payload)):
        if size < 4:
            with pytest.raises(Malformed):
                row_of(payload[:size])
        else:
            assert row_of(payload[:size]).items() <= row_of(payload).items()


@given(noise=st.binary(min_size=1, max_size=60))
def test_noise_gives_rows_or_is_malformed(noise):
    for payload in (noise, WHO_IS[:4] + noise, WHO_IS[:10] + noise):
        try:
            row_of(payload)
        except Malformed:
            pass
        Bacnet.probe(payload, Side.ORIGINATOR)
