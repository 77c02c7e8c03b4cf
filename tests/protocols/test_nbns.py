import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.nbns import NBNS, Nbns

PLOTTER = b"\x20FAEMEPFEFEEFFCCACACACACACACACACA\0"  # PLOTTER<20>
WILDCARD = b"\x20CK" + b"A" * 30 + b"\0"
QUERY = bytes.fromhex("8a1c 0110 0001 0000 0000 0000") + PLOTTER + bytes.fromhex("0020 0001")
RESPONSE = (
    bytes.fromhex("8a1c 8500 0000 0001 0000 0000")
    + PLOTTER
    + bytes.fromhex(
        "0020 0001 000493e0 000c  0000 c000024d 0000 c000024e"  # 192.0.2.77 and .78
    )
)
REGISTRATION = (
    bytes.fromhex("8a1d 2910 0001 0000 0000 0001")
    + PLOTTER
    + bytes.fromhex("0020 0001  c00c 0020 0001 000493e0 0006 0000 c000024d")
)
GROUP = REGISTRATION[:-6] + bytes.fromhex("8000 c000024d")
STATUS = bytes.fromhex("8a1e 8400 0000 0001 0000 0000") + WILDCARD + (
    bytes.fromhex("0021 0001 00000000 003f  03")
    + b"PLOTTER        \x00\x04\x00" + b"PLOTTER        \x20\x04\x00" + b"WORKGROUP      \x00\x84\x00"
    + bytes.fromhex("02005e00000a 0000")
)  # fmt: skip
FLOW = Flow(five_tuple=FiveTuple("192.0.2.10", 137, "192.0.2.77", 137, Carrier.UDP))


def rows(payload, side=Side.ORIGINATOR):
    found = list(Nbns(FLOW).parse(Cursor(payload), side))
    return [(table, {name: value for name, value in row.items() if value is not None}) for table, row in found]


def test_query_becomes_one_row():
    assert rows(QUERY) == [
        (NBNS, {
            "is_orig": True,
            "trans_id": 0x8A1C,
            "is_response": False,
            "nb_operation": "query",
            "nb_name": "PLOTTER",
            "nb_suffix": "20",
            "nb_service": "file server",
            "is_status": False,
            "is_broadcast": True,
            "message_bytes": 50,
            "is_malformed": False,
        })
    ]  # fmt: skip


def test_response_gives_all_addresses():
    ((_, row),) = rows(RESPONSE, Side.RESPONDER)
    assert (row["nb_result"], row["nb_addrs"], row["is_group"]) == ("ok", ["192.0.2.77", "192.0.2.78"], False)


def test_who_registers_a_name_is_an_identity():
    (_, row), (table, identity) = rows(REGISTRATION)
    assert (row["nb_operation"], row["nb_addrs"]) == ("registration", ["192.0.2.77"])
    assert table is IDENTITIES
    assert identity == {
        "protocol": "nbns",
        "workstation": "PLOTTER",
        "identity_kind": "machine",
        "identity_addr": "192.0.2.77",
        "identity_evidence": "registration",
    }


def test_the_name_of_a_group_is_no_identity():
    ((_, row),) = rows(GROUP)
    assert row["is_group"]


def test_status_tells_all_names_of_a_machine():
    (_, row), (_, identity) = rows(STATUS, Side.RESPONDER)
    assert (row["nb_name"], row["is_status"]) == ("*", True)
    assert row["nb_names"] == ["PLOTTER<00>", "PLOTTER<20>"]
    assert row["nb_mac"] == "02:00:5e:00:00:0a"
    assert (identity["workstation"], identity["identity_addr"]) == ("PLOTTER", "192.0.2.77")
    assert identity["identity_evidence"] == "status"


def test_a_scope_stands_behind_the_name():
    scoped = QUERY.replace(PLOTTER, PLOTTER[:-1] + b"\7example\3org\0")
    ((_, row),) = rows(scoped)
    assert (row["nb_name"], row["nb_scope"]) == ("PLOTTER", "example.org")


def test_a_refusal_says_why():
    ((_, row),) = rows(bytes.fromhex("8a1d ad86 0000 0001 0000 0000") + RESPONSE[12:])
    assert (row["nb_operation"], row["nb_result"]) == ("registration", "name is another's")


@pytest.mark.parametrize("payload", [QUERY, RESPONSE, REGISTRATION, STATUS])
def test_cut_at_any_byte_it_keeps_what_came_before(payload):
    for size in range(len(payload)):
        if size < 12:
            with pytest.raises(Malformed):
                rows(payload[:size])
        else:
            found = rows(payload[:size])
            assert found[0][0] is NBNS
            assert found[0][1]["is_malformed"]
            assert found[-1][0] is ANOMALIES


@given(noise=st.binary(max_size=100), at=st.integers(0, 90))
def test_noise_gives_rows_or_is_malformed(noise, at):
    for payload in (noise, STATUS[:at] + noise, STATUS[:at] + noise + STATUS[at:]):
        try:
            rows(payload)
        except Malformed:
            pass
        Nbns.probe(payload, Side.ORIGINATOR)


def test_a_name_in_its_encoding_makes_it_sure():
    for payload in (QUERY, RESPONSE, REGISTRATION, STATUS):
        assert Nbns.probe(payload, Side.ORIGINATOR) is Match.YES
    assert Nbns.probe(QUERY.replace(b"FAEM", b"ZAEM"), Side.ORIGINATOR) is Match.NO
    assert Nbns.probe(QUERY[:12], Side.ORIGINATOR) is Match.NO
