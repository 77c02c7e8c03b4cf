import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.protocols.icmp import ICMP, Icmp, checksum

V4 = Flow(five_tuple=FiveTuple("192.0.2.10", 0, "192.0.2.1", 0, Carrier.ICMP))
V6 = Flow(five_tuple=FiveTuple("2001:db8::a", 0, "2001:db8::1", 0, Carrier.ICMPV6))

PING = bytes.fromhex("08 00 a48c 1b2c 0007 000102030405060708090a0b0c0d0e0f")
PORT_UNREACHABLE = bytes.fromhex(
    "03 03 cce9 00000000"
    "4500001d 12344000 40110000 c000020a c0000235"  # IPv4, UDP, 192.0.2.10 to 192.0.2.53
    "d431 0035 0009 0000"  # port 54321 to 53
)
TOO_BIG = bytes.fromhex(
    "02 00 0000 00000500"  # 1280 bytes
    "6000000000140640 20010db800000000000000000000000a 20010db8000000000000000000000001"
    "d431 01bb 00000001"  # TCP, port 54321 to 443
)
SOLICITATION = bytes.fromhex("87 00 7a10 00000000 20010db8000000000000000000000001 01 01 02005e00000a")
ROUTER = bytes.fromhex(
    "86 00 0000 40 00 0708 00000000 00000000"  # offers itself for 1800 s
    "01 01 02005e000001"
    "05 01 0000 000005dc"
    "03 04 40 c0 00278d00 00093a80 00000000 20010db8000000000000000000000000"
    "18 02 30 00 00000708 20010db800100000"  # route to 2001:db8:10::/48
    "19 03 0000 00000708 20010db8000000000000000000000035"
    "1f 03 0000 00000708 07 6578616d706c65 03 6f7267 00 000000"
)
REPORT = bytes.fromhex(
    "8f 00 0000 0000 0002"
    "04 00 0001 ff020000000000000000000000000001 20010db8000000000000000000000001"
    "04 01 0000 ff0200000000000000000000000000fb 00000000"
)


def row_of(payload, flow):
    ((table, row),) = Icmp(flow).parse(Cursor(payload), Side.ORIGINATOR)
    assert table is ICMP
    assert row.keys() <= set(ICMP.names)
    return {name: value for name, value in row.items() if value is not None}


def test_a_ping_becomes_one_row():
    assert row_of(PING, V4) == {
        "is_orig": True,
        "icmp_type": 8,
        "icmp_code": 0,
        "icmp_name": "echo request",
        "icmp_echo_id": 0x1B2C,
        "icmp_seq": 7,
        "payload_bytes": 16,
        "payload_digest": "f49644867b0897ea",
    }


def test_equal_data_have_equal_digests_and_other_data_others():
    reply = row_of(b"\0" + PING[1:], V4)
    assert reply["icmp_name"] == "echo reply"
    assert reply["payload_digest"] == row_of(PING, V4)["payload_digest"]
    assert row_of(PING[:-1] + b"!", V4)["payload_digest"] != reply["payload_digest"]


def test_an_error_names_the_packet_it_speaks_of():
    row = row_of(PORT_UNREACHABLE, V4)
    row.pop("payload_digest")
    assert row == {
        "is_orig": True,
        "icmp_type": 3,
        "icmp_code": 3,
        "icmp_name": "destination unreachable",
        "icmp_reason": "port unreachable",
        "payload_bytes": 28,
        "quoted_src_addr": "192.0.2.10",
        "quoted_src_port": 54_321,
        "quoted_dst_addr": "192.0.2.53",
        "quoted_dst_port": 53,
        "quoted_transport": 17,
    }


def test_a_path_that_carries_less_says_how_much():
    needed = bytes.fromhex("03 04 0000 0000 05dc") + PORT_UNREACHABLE[8:]
    assert row_of(needed, V4)["link_mtu_bytes"] == 1500
    row = row_of(TOO_BIG, V6)
    assert (row["icmp_name"], row["link_mtu_bytes"]) == ("packet too big", 1280)
    assert (row["quoted_src_addr"], row["quoted_src_port"]) == ("2001:db8::a", 54_321)
    assert (row["quoted_dst_addr"], row["quoted_dst_port"], row["quoted_transport"]) == ("2001:db8::1", 443, 6)


def test_a_redirect_names_the_better_router():
    row = row_of(bytes.fromhex("05 01 0000 c00002fe") + PORT_UNREACHABLE[8:], V4)
    assert (row["icmp_reason"], row["gateway_addr"], row["quoted_dst_addr"]) == (
        "for host",
        "192.0.2.254",
        "192.0.2.53",
    )
    six = bytes.fromhex("89 00 0000 00000000 fe800000000000000000000000000001 20010db8000000000000000000000001")
    row = row_of(six + bytes.fromhex("02 01 02005e000001"), V6)
    assert (row["gateway_addr"], row["neighbor_addr"], row["neighbor_mac"]) == (
        "fe80::1",
        "2001:db8::1",
        "02:00:5e:00:00:01",
    )


def test_a_router_of_ipv4_offers_itself():
    row = row_of(bytes.fromhex("09 00 2cf4 01 02 0708 c0000201 00000000"), V4)
    assert (row["router_lifetime_s"], row["gateway_addr"]) == (1800, "192.0.2.1")


def test_a_neighbor_is_asked_for_by_address():
    row = row_of(SOLICITATION, V6)
    assert row == {
        "is_orig": True,
        "icmp_type": 135,
        "icmp_code": 0,
        "icmp_name": "neighbor solicitation",
        "neighbor_addr": "2001:db8::1",
        "neighbor_mac": "02:00:5e:00:00:0a",
    }


def test_a_router_tells_all_it_offers():
    row = row_of(ROUTER, V6)
    assert row == {
        "is_orig": True,
        "icmp_type": 134,
        "icmp_code": 0,
        "icmp_name": "router advertisement",
        "router_lifetime_s": 1800,
        "neighbor_mac": "02:00:5e:00:00:01",
        "link_mtu_bytes": 1500,
        "prefixes": ["2001:db8::/64"],
        "routes": ["2001:db8:10::/48"],
        "name_servers": ["2001:db8::35"],
        "search_domains": ["example.org"],
    }


def test_listeners_name_their_groups():
    assert row_of(REPORT, V6)["multicast_groups"] == ["ff02::1", "ff02::fb"]
    done = bytes.fromhex("84 00 0000 0000 0000 ff0200000000000000000000000000fb")
    assert row_of(done, V6)["multicast_groups"] == ["ff02::fb"]


def test_without_a_carrier_the_number_tells_which_it_is():
    assert row_of(SOLICITATION, None)["icmp_name"] == "neighbor solicitation"
    assert row_of(bytes([127]) + PING[1:], None)["icmp_name"] == "type 127"
    assert row_of(bytes([128]) + PING[1:], V4)["icmp_name"] == "type 128"


@pytest.mark.parametrize("payload", [SOLICITATION[:-2], ROUTER[:-1], ROUTER[:15], SOLICITATION[:23], REPORT[:-5]])
def test_what_breaks_off_within_its_fields_is_malformed(payload):
    with pytest.raises(Malformed):
        row_of(payload, V6)


def test_an_option_without_length_is_malformed():
    with pytest.raises(Malformed):
        row_of(SOLICITATION[:24] + bytes(8), V6)


@pytest.mark.parametrize("payload", [PING, PORT_UNREACHABLE, TOO_BIG, SOLICITATION, ROUTER, REPORT])
@pytest.mark.parametrize("flow", [V4, V6])
def test_cut_at_any_byte_it_gives_a_row_or_is_malformed(payload, flow):
    for size in range(len(payload)):
        try:
            row_of(payload[:size], flow)
        except Malformed:
            continue
        assert size >= 4


@given(
    head=st.sampled_from([3, 5, 9, 11, *range(1, 5), *range(128, 144)]),
    noise=st.binary(max_size=120),
    is_v6=st.booleans(),
)
def test_noise_gives_a_row_or_is_malformed(head, noise, is_v6):
    try:
        row_of(bytes([head]) + noise, V6 if is_v6 else V4)
    except Malformed:
        pass
    Icmp.probe(bytes([head]) + noise, Side.ORIGINATOR)


def test_its_own_checksum_or_neighbor_options_make_it_sure():
    assert checksum(PING) == 0
    assert Icmp.probe(PING, Side.ORIGINATOR) is Match.YES
    assert Icmp.probe(SOLICITATION, Side.ORIGINATOR) is Match.YES
    assert Icmp.probe(PING[:-1] + b"!", Side.ORIGINATOR) is Match.UNSURE
    assert Icmp.probe(SOLICITATION[:-8], Side.ORIGINATOR) is Match.UNSURE
    assert Icmp.probe(PING[:3], Side.ORIGINATOR) is Match.NO
