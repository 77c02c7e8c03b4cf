import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.dhcp6 import BROKEN, DHCP6, Dhcp6


def option(number, content):
    return number.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content


MAC_DUID = bytes.fromhex("0003 0001 02005e00000a")
SERVER_DUID = bytes.fromhex("0002 0000abcd 01")
ADDRESS = option(5, bytes.fromhex("20010db8000000000000000000000077 00000e10 00001c20"))
SOLICIT = (
    bytes.fromhex("01 5c2e11")
    + option(1, MAC_DUID)
    + option(6, bytes.fromhex("0017 0018"))
    + option(8, bytes(2))
    + option(39, b"\0\7plotter")
    + option(16, bytes.fromhex("00000137") + b"\0\x08MSFT 5.0")
    + option(15, b"\0\2lb")
    + option(3, bytes.fromhex("5e00000a 00000000 00000000"))
)
REPLY = (
    bytes.fromhex("07 5c2e11")
    + option(1, MAC_DUID)
    + option(2, SERVER_DUID)
    + option(3, bytes.fromhex("5e00000a 00000000 00000000") + ADDRESS)
    + option(25, bytes(12) + option(26, bytes.fromhex("00000e10 00001c20 38 20010db8001000000000000000000000")))
    + option(13, b"\0\0all well")
    + option(23, bytes.fromhex("20010db8000000000000000000000035"))
    + option(24, b"\7example\3org\0")
    + option(59, b"tftp://boot/x")
)


def relayed(message, depth=1, *more):
    for hops in range(depth):
        ends = bytes.fromhex("20010db8000100000000000000000001 fe8000000000000000005efffe00000a")
        message = bytes([12, hops]) + ends + option(9, message) + b"".join(more)
    return message


def rows(payload):
    return list(Dhcp6().parse(Cursor(payload), Side.ORIGINATOR))


SOLICIT_ROW = {
    "is_orig": True,
    "n_relays": 0,
    "dhcp6_xid": 0x5C2E11,
    "dhcp6_message": "SOLICIT",
    "client_duid": "0003000102005e00000a",
    "client_mac": "02:00:5e:00:00:0a",
    "parameter_list": "23,24",
    "client_fqdn": "plotter",
    "vendor_class": "MSFT 5.0",
    "user_class": "lb",
}


def test_solicitation_becomes_a_row_and_an_identity():
    assert rows(SOLICIT) == [
        (DHCP6, SOLICIT_ROW),
        (IDENTITIES, {
            "protocol": "dhcp6",
            "workstation": "plotter",
            "identity_kind": "machine",
            "identity_addr": None,
            "identity_evidence": "SOLICIT",
        }),
    ]  # fmt: skip


def test_reply_lists_what_is_given():
    assert rows(REPLY) == [
        (DHCP6, {
            "is_orig": True,
            "n_relays": 0,
            "dhcp6_xid": 0x5C2E11,
            "dhcp6_message": "REPLY",
            "client_duid": "0003000102005e00000a",
            "client_mac": "02:00:5e:00:00:0a",
            "server_duid": "00020000abcd01",
            "ia_addrs": ["2001:db8::77"],
            "ia_prefixes": ["2001:db8:10::/56"],
            "lease_s": 7200,
            "name_servers": ["2001:db8::35"],
            "search_domains": ["example.org"],
            "boot_file": "tftp://boot/x",
            "dhcp6_status": "Success",
            "dhcp6_status_text": "all well",
        })
    ]  # fmt: skip


def test_a_temporary_address_and_its_refusal_are_read():
    refused = option(4, bytes(4) + ADDRESS + option(13, b"\0\4"))
    ((_, row),) = rows(bytes.fromhex("07 5c2e11") + refused)
    assert (row["ia_addrs"], row["dhcp6_status"]) == (["2001:db8::77"], "NotOnLink")


def test_what_relays_say_of_the_client_joins_its_message():
    seen = option(79, bytes.fromhex("0001 02005e0000ff"))
    (_, row), (_, identity) = rows(relayed(SOLICIT, 2, option(18, b"ge1"), seen))
    assert row == SOLICIT_ROW | {
        "n_relays": 2,
        "link_addr": "2001:db8:1::1",
        "peer_addr": "fe80::5eff:fe00:a",
        "relay_interface": "ge1",
        "client_mac": "02:00:5e:00:00:ff",
    }
    assert identity["identity_addr"] == "fe80::5eff:fe00:a"


def test_eight_relays_are_followed_and_nine_are_too_many():
    assert rows(relayed(SOLICIT, 8))[0][1]["dhcp6_message"] == "SOLICIT"
    (_, row), anomaly = rows(relayed(SOLICIT, 9))
    assert row["dhcp6_message"] == "RELAY-FORW"
    assert anomaly == (ANOMALIES, {"place": "dhcp6", "anomaly": BROKEN, "offset_bytes": None})


def test_an_identifier_made_with_a_time_holds_a_hardware_address_too():
    duid = bytes.fromhex("0001 0001 2a000000 02005e00000b")
    assert rows(SOLICIT[:4] + option(1, duid))[0][1]["client_mac"] == "02:00:5e:00:00:0b"
    assert "client_mac" not in rows(SOLICIT[:4] + option(1, SERVER_DUID))[0][1]


@pytest.mark.parametrize("payload", [SOLICIT, REPLY, relayed(SOLICIT)])
def test_cut_at_any_byte_it_keeps_what_came_before(payload):
    for size in range(len(payload)):
        if size < 4:
            with pytest.raises(Malformed):
                rows(payload[:size])
        else:
            assert rows(payload[:size])[0][0] is DHCP6


@given(noise=st.binary(max_size=80), at=st.integers(0, 120))
def test_noise_gives_rows_or_is_malformed(noise, at):
    for payload in (noise, REPLY[:at] + noise + REPLY[at:], relayed(SOLICIT)[:at] + noise):
        try:
            rows(payload)
        except Malformed:
            pass
        Dhcp6.probe(payload, Side.ORIGINATOR)


def test_options_that_fill_the_message_make_it_sure():
    for payload in (SOLICIT, REPLY, relayed(SOLICIT, 8)):
        assert Dhcp6.probe(payload, Side.ORIGINATOR) is Match.YES
    assert Dhcp6.probe(SOLICIT[:4], Side.ORIGINATOR) is Match.UNSURE
    for payload in (b"", SOLICIT[:-1], b"\x20" + SOLICIT[1:], relayed(SOLICIT, 9), relayed(SOLICIT)[:34]):
        assert Dhcp6.probe(payload, Side.ORIGINATOR) is Match.NO
