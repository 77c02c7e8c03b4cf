import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quoted_packet import quoted_fields

ENDS_V6 = "20010db800000000000000000000000a 20010db8000000000000000000000001"


def test_ports_are_behind_ipv4_options():
    packet = bytes.fromhex("46000020 00000000 40060000 c000020a c0000201 01010100 d431 01bb")
    assert quoted_fields(packet, 0, is_v6=False) == {
        "quoted_src_addr": "192.0.2.10",
        "quoted_dst_addr": "192.0.2.1",
        "quoted_transport": 6,
        "quoted_src_port": 54_321,
        "quoted_dst_port": 443,
    }


def test_a_later_fragment_has_no_ports():
    packet = bytes.fromhex("45000020 00000001 40110000 c000020a c0000201 d431 0035")
    assert "quoted_src_port" not in quoted_fields(packet, 0, is_v6=False)
    packet = bytes.fromhex(f"60000000 0010 2c 40 {ENDS_V6} 11 00 0008 00000001 d431 0035")
    row = quoted_fields(packet, 0, is_v6=True)
    assert row["quoted_transport"] == 17
    assert "quoted_src_port" not in row


def test_ports_are_behind_ipv6_extensions():
    packet = bytes.fromhex(f"60000000 0010 00 40 {ENDS_V6} 2c 00 0502 00000000 11 00 0001 00000001 d431 0035")
    row = quoted_fields(packet, 0, is_v6=True)
    assert (row["quoted_transport"], row["quoted_src_port"], row["quoted_dst_port"]) == (17, 54_321, 53)


@pytest.mark.parametrize("is_v6", [False, True])
def test_what_is_no_packet_gives_no_fields(is_v6):
    assert quoted_fields(b"", 0, is_v6=is_v6) == {}
    assert quoted_fields(bytes(60), 0, is_v6=is_v6) == {}


def test_a_pings_identifier_is_no_port():
    packet = bytes.fromhex("45000020 00000000 40010000 c000020a c0000201 0800 0000")
    assert "quoted_src_port" not in quoted_fields(packet, 0, is_v6=False)


@given(noise=st.binary(max_size=100), is_v6=st.booleans())
def test_noise_never_raises(noise, is_v6):
    quoted_fields((b"\x60" if is_v6 else b"\x45") + noise, 0, is_v6=is_v6)
