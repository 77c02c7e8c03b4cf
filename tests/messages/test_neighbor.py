import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.neighbor import MAX_OPTIONS, names_in, option_fields
from quivive.model.errors import Malformed


def test_the_first_hardware_address_counts():
    options = bytes.fromhex("01 01 02005e00000a 02 01 02005e00000b")
    assert option_fields(options, 0) == {"neighbor_mac": "02:00:5e:00:00:0a"}


def test_unknown_options_are_passed_over():
    assert option_fields(bytes.fromhex("26 01 000000000000 05 01 0000 00000500"), 0) == {"link_mtu_bytes": 1280}


def test_an_option_beyond_the_end_is_malformed():
    with pytest.raises(Malformed):
        option_fields(bytes.fromhex("01 02 02005e00000a"), 0)


def test_only_so_many_options_are_read():
    route = bytes.fromhex("18 01 00 00 00000708")
    assert len(option_fields(route * (MAX_OPTIONS + 1), 0)["routes"]) == MAX_OPTIONS


def test_names_lie_one_after_the_other_until_padding():
    assert names_in(b"\7example\3org\0\4corp\0\0\0", 0) == ["example.org", "corp"]
    assert names_in(b"\7exam", 0) == []


@given(noise=st.binary(max_size=100))
def test_noise_gives_fields_or_is_malformed(noise):
    try:
        option_fields(noise, 0)
    except Malformed:
        pass
