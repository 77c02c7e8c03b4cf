import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES, IDENTITIES
from quivive.protocols.radius import RADIUS, Radius, read_attributes


def message(code, *attributes):
    body = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in attributes)
    return bytes([code, 7]) + (20 + len(body)).to_bytes(2, "big") + bytes(range(16)) + body


def number(value):
    return value.to_bytes(4, "big")


NAS = bytes.fromhex("c0000210")
REQUEST = message(
    1, (1, b"nemo"), (2, bytes(16)), (4, NAS), (5, number(3)), (31, b"02-00-5E-00-00-0A"), (61, number(15))
)
STOP = message(
    4,
    (1, b"nemo"),
    (4, NAS),
    (8, bytes.fromhex("c000024d")),
    (40, number(2)),
    (42, number(1000)),
    (43, number(5)),
    (44, b"a1"),
    (46, number(3600)),
    (49, number(1)),
    (52, number(1)),
)
ACCEPT = message(2, (18, b"Welcome"), (81, b"\x0142"), (11, b"guests"), (26, number(14_988) + b"\1\2"))


def rows(payload):
    return list(Radius().parse(Cursor(payload), Side.ORIGINATOR))


def test_request_becomes_a_row_and_an_identity_and_the_password_is_not_kept():
    assert rows(REQUEST) == [
        (RADIUS, {
            "is_orig": True,
            "radius_code": "Access-Request",
            "radius_id": 7,
            "user": "nemo",
            "radius_auth": "PAP",
            "nas_addr": "192.0.2.16",
            "nas_port": 3,
            "nas_port_type": "Ethernet",
            "calling_station": "02-00-5E-00-00-0A",
        }),
        (IDENTITIES, {
            "protocol": "radius",
            "user": "nemo",
            "identity_kind": "user",
            "identity_addr": None,
            "identity_evidence": "Access-Request",
        }),
    ]  # fmt: skip


def test_accounting_tells_how_much_was_moved_beyond_32_bits():
    (_, row), (_, identity) = rows(STOP)
    assert row == {
        "is_orig": True,
        "radius_code": "Accounting-Request",
        "radius_id": 7,
        "user": "nemo",
        "nas_addr": "192.0.2.16",
        "framed_addr": "192.0.2.77",
        "acct_status": "Stop",
        "acct_received_bytes": (1 << 32) + 1000,
        "acct_sent_bytes": 5,
        "acct_session_id": "a1",
        "acct_session_s": 3600,
        "acct_termination": "User Request",
    }
    assert identity["identity_addr"] == "192.0.2.77"


def test_accept_says_where_the_user_is_put():
    assert rows(ACCEPT) == [
        (RADIUS, {
            "is_orig": True,
            "radius_code": "Access-Accept",
            "radius_id": 7,
            "radius_reply_text": "Welcome",
            "radius_vlan": "42",
            "radius_filter": "guests",
            "radius_vendors": [14_988],
        })
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "auth"),
    [
        ([(3, bytes(17))], "CHAP"),
        ([(79, b"\2\1\0\4")], "EAP"),
        ([(26, number(311) + b"\1\2")], "MS-CHAP"),
        ([(26, number(311) + b"\1\2"), (40, number(1))], None),
    ],
)
def test_the_way_of_proof_is_told_by_its_attribute(attributes, auth):
    assert rows(message(1, (1, b"nemo"), *attributes))[0][1].get("radius_auth") == auth


def test_a_user_named_only_in_eap_is_found_in_its_parts():
    identity = b"\2\1\0\x18\1host/plotter.aa\0x=1"
    (_, row), (_, found) = rows(message(1, (79, identity[:9]), (79, identity[9:])))
    assert (row["user"], row["radius_auth"]) == ("host/plotter.aa", "EAP")
    assert found["identity_kind"] == "machine"


def test_values_of_the_wrong_size_say_nothing():
    assert rows(message(2, (8, b"\1\2\3"), (5, b"\1"), (46, b""))) == [
        (RADIUS, {"is_orig": True, "radius_code": "Access-Accept", "radius_id": 7})
    ]


def test_numbers_without_a_name_are_shown():
    row = rows(message(99, (40, number(99)), (49, number(99)), (61, number(99))))[0][1]
    assert (row["radius_code"], row["acct_status"], row["acct_termination"], row["nas_port_type"]) == (
        "code 99",
        "status 99",
        "cause 99",
        "type 99",
    )


@pytest.mark.parametrize("size", [0, 1, 50])
def test_an_attribute_of_wrong_length_ends_them_and_is_an_anomaly(size):
    payload = bytearray(message(2, (18, b"ok"), (18, b"no")))
    payload[25] = size
    (_, row), anomaly = rows(bytes(payload))
    assert row["radius_reply_text"] == "ok"
    assert anomaly == (ANOMALIES, {"place": "radius", "anomaly": "attribute has a wrong length", "offset_bytes": 24})


def test_padding_behind_the_length_is_passed_over():
    assert rows(ACCEPT + bytes(6)) == rows(ACCEPT)


@pytest.mark.parametrize("size", [0, 19, 4097, 65_535])
def test_a_length_out_of_range_is_malformed(size):
    with pytest.raises(Malformed):
        rows(b"\1\7" + size.to_bytes(2, "big") + bytes(5000))


@pytest.mark.parametrize("payload", [REQUEST, STOP])
def test_cut_at_any_byte_it_is_malformed(payload):
    for size in range(len(payload)):
        with pytest.raises(Malformed):
            rows(payload[:size])


@given(noise=st.binary(max_size=80), code=st.sampled_from([1, 2, 4, 40, 200]))
def test_noise_gives_rows_or_is_malformed(noise, code):
    rows(message(code)[:2] + (20 + len(noise)).to_bytes(2, "big") + bytes(16) + noise)
    try:
        rows(noise)
    except Malformed:
        pass
    Radius.probe(noise, Side.ORIGINATOR)


def test_only_so_many_attributes_are_read():
    assert len(read_attributes(bytes(20) + b"\1\2" * 2000)[0]) == 1024


def test_attributes_that_fill_the_datagram_make_it_sure():
    assert Radius.probe(REQUEST, Side.ORIGINATOR) is Match.YES
    assert Radius.probe(message(5), Side.ORIGINATOR) is Match.YES
    assert Radius.probe(ACCEPT + b"\0", Side.ORIGINATOR) is Match.UNSURE
    for payload in (b"", REQUEST[:-1], message(1), message(99), REQUEST[:20] + b"\1\1" + REQUEST[22:]):
        assert Radius.probe(payload, Side.ORIGINATOR) is Match.NO
