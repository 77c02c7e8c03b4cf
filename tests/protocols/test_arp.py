import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import FiveTuple, Side
from quivive.protocols.arp import ARP, Arp

REQUEST = bytes.fromhex("0001 0800 06 04 0001  02005e00000a c000020a  000000000000 c0000201")
REPLY = bytes.fromhex("0001 0800 06 04 0002  02005e000001 c0000201  02005e00000a c000020a")
FRAME = Flow(five_tuple=FiveTuple("02:00:5e:00:00:0a", 0, "", 0, 0x0806))


def parse(payload, flow=None):
    return list(Arp(flow).parse(Cursor(payload), Side.ORIGINATOR))


def test_request_becomes_one_row_and_its_padding_is_passed_over():
    assert parse(REQUEST + bytes(18), FRAME) == [
        (ARP, {
            "arp_operation": "request",
            "sender_mac": "02:00:5e:00:00:0a",
            "sender_addr": "192.0.2.10",
            "target_addr": "192.0.2.1",
            "frame_mac": "02:00:5e:00:00:0a",
            "arp_hardware": 1,
            "is_gratuitous": False,
            "is_address_probe": False,
        })
    ]  # fmt: skip


def test_reply_names_both_ends():
    ((_, row),) = parse(REPLY)
    assert (row["arp_operation"], row["sender_mac"], row["target_mac"]) == (
        "reply",
        "02:00:5e:00:00:01",
        "02:00:5e:00:00:0a",
    )
    assert row["frame_mac"] is None


def test_an_announcement_is_gratuitous():
    ((_, row),) = parse(REQUEST.replace(bytes.fromhex("c0000201"), bytes.fromhex("c000020a")))
    assert row["is_gratuitous"]
    assert not row["is_address_probe"]


def test_a_machine_without_an_address_probes():
    ((_, row),) = parse(REQUEST.replace(bytes.fromhex("c000020a"), bytes(4)))
    assert row["is_address_probe"]
    assert not row["is_gratuitous"]


@pytest.mark.parametrize(
    ("number", "name"), [(3, "reverse request"), (4, "reverse reply"), (8, "inverse request"), (77, "operation 77")]
)
def test_other_operations_have_names_or_numbers(number, name):
    ((_, row),) = parse(REQUEST[:7] + bytes([number]) + REQUEST[8:])
    assert row["arp_operation"] == name


def test_other_links_have_addresses_of_other_lengths():
    ((_, row),) = parse(bytes.fromhex("0018 0800 08 04 0001  0102030405060708 c000020a  0000000000000000 c0000201"))
    assert (row["sender_mac"], row["sender_addr"]) == ("01:02:03:04:05:06:07:08", "192.0.2.10")
    ((_, row),) = parse(bytes.fromhex("0001 86dd 06 02 0001  02005e00000a beef  02005e000001 cafe"))
    assert (row["sender_addr"], row["target_addr"]) == ("beef", "cafe")


@pytest.mark.parametrize("size", range(len(REQUEST)))
def test_cut_short_it_is_malformed(size):
    with pytest.raises(Malformed):
        parse(REQUEST[:size])


@given(noise=st.binary(max_size=60))
def test_noise_gives_a_row_or_is_malformed(noise):
    try:
        assert len(parse(noise)) == 1
    except Malformed:
        pass
    Arp.probe(noise, Side.ORIGINATOR)


def test_it_is_known_by_its_head():
    assert Arp.probe(REQUEST, Side.ORIGINATOR) is Match.YES
    assert Arp.probe(REQUEST[:7] + b"\x63", Side.ORIGINATOR) is Match.NO
    assert Arp.probe(REQUEST[:7], Side.ORIGINATOR) is Match.NO
