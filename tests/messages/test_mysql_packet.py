"""MySQL packets are read piece by piece."""

import pytest

from quivive.messages.mysql_packet import MAX_ATTRIBUTES, Packet
from quivive.model.errors import Malformed


@pytest.mark.parametrize(
    ("content", "number"),
    [("fa", 250), ("fcfb00", 251), ("fd000001", 65536), ("fe0000000001000000", 2**32)],
)
def test_number_tells_its_size(content, number):
    packet = Packet(bytes.fromhex(content), 0)
    assert (packet.counted_number(), packet.left) == (number, 0)


def test_texts_end_with_a_zero_or_the_packet():
    packet = Packet(b"weber\0plans", 0)
    assert [packet.zero_ended(), packet.zero_ended(), packet.zero_ended()] == [b"weber", b"plans", b""]


def test_reading_past_the_end_is_malformed():
    with pytest.raises(Malformed, match="cut short"):
        Packet(b"\x05abc", 0).counted()


def test_attributes_of_a_query_are_stepped_over():
    # a number of four bytes, an empty one, and a text
    packet = Packet(bytes.fromhex("02 01 0300 0161 0300 0162 0f00 0163 2a000000 03 616263") + b"SELECT", 0)
    packet.skip_attributes(3)
    assert packet.content[packet.at :] == b"SELECT"


def test_attributes_have_a_number():
    with pytest.raises(Malformed, match="too many attributes"):
        Packet(bytes(2000), 0).skip_attributes(MAX_ATTRIBUTES + 1)
    Packet(bytes(2000), 0).skip_attributes(MAX_ATTRIBUTES)
