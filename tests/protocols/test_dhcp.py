import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.dhcp import DHCP, Dhcp

COOKIE = bytes.fromhex("63825363")
NO_NAMES = bytes(64 + 128)


def head(operation, addresses="00000000" * 4, names=NO_NAMES):
    """Operation, Ethernet, transaction id, addresses of client, given, next server and relay, the client's own."""
    begin = bytes([operation]) + bytes.fromhex("01 06 00 3903f326 0000 8000")
    return begin + bytes.fromhex(addresses) + bytes.fromhex("02005e00000a") + bytes(10) + names


REQUEST = head(1) + COOKIE + bytes.fromhex(
    "35 01 03  3d 07 01 02005e00000a  32 04 c000024d  36 04 c0000201"  # REQUEST, client id, wanted address, server
    "0c 07 706c6f74746572  51 0d 00 00 00 706c6f747465722e6161"  # plotter, plotter.aa
    "37 06 01 03 06 0f 77 fc  3c 08 4d53465420352e30  4d 02 6c62  ff"  # parameters, MSFT 5.0, user class lb
)  # fmt: skip
ACK = head(2, "00000000 c000024d 00000000 c00002fe") + COOKIE + bytes.fromhex(
    "35 01 05  36 04 c0000201  33 04 00000e10  01 04 ffffff00  03 04 c0000201"  # ACK, server, an hour, mask, router
    "06 08 c0000235 c0000236  2a 04 c000027b  0f 07 6578616d706c65"  # name servers, time server, domain
    "77 0d 07 6578616d706c65 03 6f7267 00  79 0d 18 c63364 c00002fe 00 c0000201"  # search list, routes
    "42 04 626f6f74  43 06 6b65726e656c  fc 08 687474703a2f2f70"  # boot server and file, proxy settings
    "52 0e 01 04 766c616e  02 06 000102030405  ff"  # a relay's circuit and remote id
)  # fmt: skip


def rows(payload):
    return list(Dhcp().parse(Cursor(payload), Side.ORIGINATOR))


def test_request_becomes_a_row_and_an_identity():
    assert rows(REQUEST) == [
        (DHCP, {
            "is_orig": True,
            "dhcp_message": "REQUEST",
            "dhcp_xid": 0x3903F326,
            "client_mac": "02:00:5e:00:00:0a",
            "requested_addr": "192.0.2.77",
            "dhcp_server_addr": "192.0.2.1",
            "host_name": "plotter",
            "vendor_class": "MSFT 5.0",
            "parameter_list": "1,3,6,15,119,252",
            "client_id": "02:00:5e:00:00:0a",
            "client_fqdn": "plotter.aa",
            "user_class": "lb",
        }),
        (IDENTITIES, {
            "protocol": "dhcp",
            "workstation": "plotter",
            "identity_kind": "machine",
            "identity_addr": "192.0.2.77",
            "identity_evidence": "REQUEST",
        }),
    ]  # fmt: skip


def test_acknowledgement_lists_all_that_the_client_is_told():
    assert rows(ACK) == [
        (DHCP, {
            "is_orig": True,
            "dhcp_message": "ACK",
            "dhcp_xid": 0x3903F326,
            "client_mac": "02:00:5e:00:00:0a",
            "assigned_addr": "192.0.2.77",
            "relay_addr": "192.0.2.254",
            "dhcp_server_addr": "192.0.2.1",
            "subnet_mask": "255.255.255.0",
            "routers": ["192.0.2.1"],
            "name_servers": ["192.0.2.53", "192.0.2.54"],
            "time_servers": ["192.0.2.123"],
            "dhcp_domain": "example",
            "search_domains": ["example.org"],
            "routes": ["198.51.100.0/24 via 192.0.2.254", "0.0.0.0/0 via 192.0.2.1"],
            "boot_server": "boot",
            "boot_file": "kernel",
            "proxy_config_url": "http://p",
            "lease_s": 3600,
            "relay_interface": "vlan",
            "relay_remote_id": "000102030405",
        })
    ]  # fmt: skip


def test_plain_bootp_has_no_options_but_names_in_its_head():
    ((_, row),) = rows(head(2, names=b"boot".ljust(64, b"\0") + b"kernel".ljust(128, b"\0")))
    assert (row["dhcp_message"], row["boot_server"], row["boot_file"]) == ("BOOTREPLY", "boot", "kernel")


def test_names_in_the_head_may_lend_their_room_to_options():
    names = bytes.fromhex("0c 03 616263 ff").ljust(64, b"\0") + bytes.fromhex("3c 02 7878 ff").ljust(128, b"\0")
    ((_, row), _) = rows(head(1, names=names) + COOKIE + bytes.fromhex("35 01 01 34 01 03 ff"))
    assert (row["host_name"], row["vendor_class"]) == ("abc", "xx")
    assert "boot_file" not in row


def test_parts_of_a_long_option_are_joined():
    ((_, row), _) = rows(head(1) + COOKIE + bytes.fromhex("0c 02 6162 0c 01 63 ff"))
    assert row["host_name"] == "abc"


def test_a_name_in_labels_is_read_as_such():
    ((_, row),) = rows(head(1) + COOKIE + bytes.fromhex("51 10 04 00 00 07 6578616d706c65 03 6f7267 00 ff"))
    assert row["client_fqdn"] == "example.org"


def test_other_identifiers_are_hexadecimal():
    ((_, row),) = rows(head(1) + COOKIE + bytes.fromhex("3d 04 ff000001 ff"))
    assert row["client_id"] == "ff000001"


def test_values_of_the_wrong_size_say_nothing():
    ((_, row),) = rows(head(1) + COOKIE + bytes.fromhex("32 03 c00002 33 02 0e10 03 05 c000020101 79 03 180102 ff"))
    assert row.keys() & {"requested_addr", "lease_s"} == set()
    assert (row["routers"], row["routes"]) == (["192.0.2.1"], [])


def test_a_cut_option_keeps_what_came_before_and_is_an_anomaly():
    assert rows(head(1) + COOKIE + bytes.fromhex("35 01 08 0c 07 706c")) == [
        (DHCP, {
            "is_orig": True,
            "dhcp_message": "INFORM",
            "dhcp_xid": 0x3903F326,
            "client_mac": "02:00:5e:00:00:0a",
        }),
        (ANOMALIES, {"place": "dhcp", "anomaly": "option is cut short", "offset_bytes": 243}),
    ]  # fmt: skip


@pytest.mark.parametrize("payload", [REQUEST, ACK])
def test_cut_at_any_byte_it_gives_rows_or_is_malformed(payload):
    for size in range(len(payload)):
        try:
            found = rows(payload[:size])
        except Malformed:
            assert size < 236
        else:
            assert found[0][0] is DHCP


@given(noise=st.binary(max_size=120), operation=st.integers(0, 3))
def test_noise_gives_rows_or_is_malformed(noise, operation):
    assert rows(head(operation) + COOKIE + noise)
    Dhcp.probe(noise, Side.ORIGINATOR)
    try:
        rows(noise)
    except Malformed:
        pass


def test_the_cookie_makes_it_sure():
    assert Dhcp.probe(REQUEST, Side.ORIGINATOR) is Match.YES
    assert Dhcp.probe(head(1), Side.ORIGINATOR) is Match.UNSURE
    assert Dhcp.probe(head(3) + COOKIE, Side.ORIGINATOR) is Match.NO
    assert Dhcp.probe(head(1)[:235], Side.ORIGINATOR) is Match.NO
