"""Packets of MQTT."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.messages.mqtt_packet import (
    CONNACK,
    SUBACK,
    SUBSCRIBE,
    UNSUBSCRIBE,
    V5,
    FixedHeader,
    Properties,
    read_connect,
    read_filters,
    read_fixed_header,
    read_properties,
    read_variable,
    reason_of,
)
from quivive.model.errors import DissectError, Malformed
from quivive.model.limits import LIST_ITEMS


def cursor(text):
    return Cursor(bytes.fromhex(text))


@pytest.mark.parametrize(("text", "number"), [("00", 0), ("7f", 127), ("80 01", 128), ("ff ff ff 7f", 268_435_455)])
def test_number_of_variable_size(text, number):
    assert read_variable(cursor(text)) == number


@pytest.mark.parametrize("text", ["80 80 80 80 01", "ff", ""])
def test_number_without_end_is_malformed(text):
    with pytest.raises(Malformed):
        read_variable(cursor(text))


def test_fixed_header():
    assert read_fixed_header(cursor("3d 80 01")) == FixedHeader(3, 13, 128)
    assert read_fixed_header(cursor("82 05")) == FixedHeader(8, 2, 5)


@pytest.mark.parametrize("text", ["00 00", "11 00", "80 00", "60 00", "c1 00"])
def test_reserved_flags_are_malformed(text):
    with pytest.raises(Malformed):
        read_fixed_header(cursor(text))


def test_properties_of_every_kind_are_stepped_over():
    every = (
        "01 01"  # one byte
        "21 00 0a"  # two
        "02 00 00 00 01"  # four
        "0b 80 01"  # variable
        "26 00 01 61 00 01 62"  # a pair of texts
        "12 00 02 63 31"  # assigned client id
        "15 00 01 78"  # authentication method
        "23 00 07"  # topic alias
    )
    size = len(bytes.fromhex(every.replace(" ", "")))
    assert read_properties(cursor(f"{size:02x}" + every)) == Properties("c1", "x", 7, receive_maximum=10)


@pytest.mark.parametrize("text", ["01 7e", "02 21 00", "05 01 01", "01 ff"])
def test_broken_properties_are_malformed(text):
    with pytest.raises(Malformed):
        read_properties(cursor(text))


def test_connect_of_version_3_1():
    connect = read_connect(cursor("00 06 4d 51 49 73 64 70  03  80  00 05  00 01 61  00 01 62"))
    assert connect.row == {"version": "3.1", "is_clean": False, "keep_alive_s": 5, "client_id": "a"}
    assert (connect.user, connect.secret_bytes) == ("b", None)


def test_bridge_connects_with_its_own_bit():
    assert read_connect(cursor("00 04 4d 51 54 54  84  02  00 05  00 00")).row["version"] == "3.1.1"


def test_filters_beyond_a_list_are_left_out():
    body = Cursor(bytes.fromhex("00 01 61") * (LIST_ITEMS + 1))
    assert len(read_filters(body, UNSUBSCRIBE, 4)["topic_filters"]) == LIST_ITEMS


def test_filters_of_version_5_have_options():
    row = read_filters(cursor("02 0b 01  00 01 61 2d"), SUBSCRIBE, V5)
    assert row == {"topic_filters": ["a"], "qos": 1}


def test_reasons_depend_on_the_version():
    assert reason_of(5, 4, CONNACK) == "Not authorized"
    assert reason_of(6, 4, CONNACK) is None
    assert reason_of(0x87, V5, CONNACK) == "Not authorized"
    assert reason_of(0x80, 4, SUBACK) == "Unspecified error"


@given(st.binary(max_size=60), st.sampled_from([4, 5]))
def test_noise_is_read_or_malformed(noise, level):
    for read in (read_fixed_header, read_properties, read_connect, lambda body: read_filters(body, SUBSCRIBE, level)):
        try:
            read(Cursor(noise))
        except DissectError:
            pass
