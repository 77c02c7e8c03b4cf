import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import DissectError, Malformed, NeedMoreData
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.tables import CREDENTIALS, IDENTITIES
from quivive.protocols.snmp import MAX_NAMES, SNMP, Snmp

from .stream_driver import rows_in_every_cut, rows_of

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER


def tlv(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])
    return bytes([tag]) + size + body


def integer(value):
    return tlv(2, value.to_bytes(4, "big"))


def binding(oid, value=b"\5\0"):
    return tlv(0x30, tlv(6, oid), value)


DESCRIPTION, NAME = bytes.fromhex("2b06010201010100"), bytes.fromhex("2b06010201010500")
ANY = bytes.fromhex("2b0601040109")


def pdu(tag, *bindings, error=0):
    return tlv(tag, integer(0x1A2B3C4D), integer(error), integer(0), tlv(0x30, *bindings))


def message(inner, community=b"mon202", version=1):
    return tlv(0x30, tlv(2, bytes([version])), tlv(4, community), inner)


GET = message(pdu(0xA0, binding(DESCRIPTION), binding(NAME)))
RESPONSE = message(
    pdu(
        0xA2,
        binding(DESCRIPTION, tlv(4, b"Gate 7, release 2")),
        binding(NAME, tlv(4, b"gate-7")),
        binding(ANY, tlv(4, b"secret")),
    )
)
DEVICE = tlv(0x40, bytes.fromhex("c000024d"))
LINK_DOWN = tlv(0xA4, tlv(6, ANY), DEVICE, integer(2), integer(0), tlv(0x43, b"\1"), tlv(0x30, binding(ANY)))
TRAP = message(LINK_DOWN, version=0)
ENGINE = bytes.fromhex("80001f8880a9498e5e")


def message_v3(flags, user, scoped):
    security = tlv(0x30, tlv(4, ENGINE), integer(1), integer(2), tlv(4, user), tlv(4), tlv(4))
    head = tlv(0x30, integer(1), integer(65_507), tlv(4, bytes([flags])), tlv(2, b"\3"))
    return tlv(0x30, tlv(2, b"\3"), head, tlv(4, security), scoped)


CLEAR_V3 = message_v3(5, b"anna", tlv(0x30, tlv(4, ENGINE), tlv(4, b"vlan"), pdu(0xA5, binding(ANY))))
ENCRYPTED_V3 = message_v3(7, b"anna", tlv(4, bytes(40)))

GET_ROW = {
    "is_orig": True,
    "snmp_version": "2c",
    "snmp_pdu": "get",
    "snmp_request_id": 0x1A2B3C4D,
    "snmp_oids": ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0"],
}
RESPONSE_ROW = {
    "is_orig": False,
    "snmp_version": "2c",
    "snmp_pdu": "response",
    "snmp_request_id": 0x1A2B3C4D,
    "snmp_error": "noError",
    "snmp_oids": ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.4.1.9"],
    "system_text": "Gate 7, release 2",
    "system_name": "gate-7",
}
LOGIN = {"protocol": "snmp", "login_method": "community", "secret_mask": "1-7 characters"}


def row_of(payload):
    row = next(Snmp().parse(Cursor(payload), ORIG))[1]
    return {name: value for name, value in row.items() if value is not None}


def test_question_and_answer_become_a_row_each_and_the_community_one_log_in():
    assert rows_of(Snmp, [(ORIG, GET), (RESP, RESPONSE), (ORIG, GET)]) == [
        (SNMP, GET_ROW),
        (SNMP, RESPONSE_ROW),
        (SNMP, GET_ROW),
        (CREDENTIALS, LOGIN | {"ts_ns": 1_000_000, "is_accepted": True}),
    ]


def test_a_community_without_answer_is_not_known_to_be_accepted():
    assert rows_of(Snmp, [(ORIG, GET)])[-1] == (CREDENTIALS, LOGIN | {"ts_ns": 1_000_000})


def test_neither_community_nor_other_values_are_in_any_row():
    told = repr(rows_of(Snmp, [(ORIG, GET), (RESP, RESPONSE), (ORIG, TRAP)]))
    assert "mon202" not in told
    assert "secret'" not in told


def test_so_many_communities_are_told_and_no_more():
    guesses = [(ORIG, message(pdu(0xA0), community=b"guess%d" % number)) for number in range(MAX_NAMES + 1)]
    rows = rows_of(Snmp, guesses)
    assert len([row for table, row in rows if table is CREDENTIALS]) == MAX_NAMES
    assert len([row for table, row in rows if table is SNMP]) == MAX_NAMES + 1


def test_trap_of_version_1_tells_of_which_device():
    assert row_of(TRAP) == {
        "is_orig": True,
        "snmp_version": "1",
        "snmp_pdu": "trap",
        "snmp_trap": "linkDown",
        "snmp_enterprise": "1.3.6.1.4.1.9",
        "snmp_agent_addr": "192.0.2.77",
        "snmp_oids": ["1.3.6.1.4.1.9"],
    }
    assert row_of(TRAP.replace(integer(2), integer(6)))["snmp_trap"] == "enterprise 0"


def test_a_set_and_its_refusal_are_told():
    assert row_of(message(pdu(0xA3, binding(ANY))))["snmp_pdu"] == "set"
    assert row_of(message(pdu(0xA2, error=17)))["snmp_error"] == "notWritable"
    assert row_of(message(pdu(0xA2, error=99)))["snmp_error"] == "error 99"


def test_version_3_names_its_user():
    rows = rows_of(Snmp, [(ORIG, CLEAR_V3), (ORIG, CLEAR_V3)])
    assert rows[0] == (SNMP, {
        "is_orig": True,
        "snmp_version": "3",
        "snmp_security": "authNoPriv",
        "snmp_engine_id": "80001f8880a9498e5e",
        "user": "anna",
        "snmp_context": "vlan",
        "snmp_pdu": "get-bulk",
        "snmp_request_id": 0x1A2B3C4D,
        "snmp_oids": ["1.3.6.1.4.1.9"],
    })  # fmt: skip
    identities = [row for table, row in rows if table is IDENTITIES]
    assert identities == [{
        "protocol": "snmp",
        "user": "anna",
        "identity_kind": "user",
        "identity_addr": None,
        "identity_evidence": "user security model",
    }]  # fmt: skip


def test_of_an_encrypted_message_user_and_engine_show():
    assert row_of(ENCRYPTED_V3) == {
        "is_orig": True,
        "snmp_version": "3",
        "snmp_security": "authPriv",
        "snmp_engine_id": "80001f8880a9498e5e",
        "user": "anna",
    }


def test_over_tcp_messages_follow_one_another():
    flow = Flow(five_tuple=FiveTuple("192.0.2.1", 50_000, "192.0.2.2", 161, Carrier.TCP))
    rows = rows_in_every_cut(Snmp, [(RESP, RESPONSE + RESPONSE)], flow)
    assert [row for table, row in rows if table is SNMP] == [RESPONSE_ROW, RESPONSE_ROW]


@pytest.mark.parametrize(
    "payload",
    [
        message(pdu(0xA0), version=2),  # a version that nobody speaks
        message(tlv(0xB0)),
        message(tlv(0xA0, integer(1), integer(0), integer(0), tlv(0x31))),
        message(pdu(0xA0, tlv(0x31))),
        message(pdu(0xA0, tlv(0x30, tlv(6, ANY)))),
        tlv(0x31, GET),
        tlv(0x30, tlv(2, b"\3"), tlv(0x30, integer(1)), tlv(4), tlv(4)),
        b"\x30\x80" + GET[2:],
    ],
)
def test_what_breaks_the_rules_is_malformed(payload):
    with pytest.raises(Malformed):
        row_of(payload)


@pytest.mark.parametrize("payload", [GET, RESPONSE, TRAP, CLEAR_V3, ENCRYPTED_V3])
def test_cut_at_any_byte_it_asks_for_more_or_is_malformed(payload):
    for size in range(1, len(payload)):
        with pytest.raises(NeedMoreData):
            list(Snmp().parse(Cursor(payload[:size], whole=False), ORIG))
        with pytest.raises(Malformed):
            row_of(payload[:size])


@given(noise=st.binary(max_size=30), at=st.integers(0, 60), payload=st.sampled_from([GET, TRAP, CLEAR_V3]))
def test_noise_gives_rows_or_an_error_of_ours(noise, at, payload):
    for whole in (True, False):
        try:
            list(Snmp().parse(Cursor(payload[:at] + noise + payload[at + len(noise) :], whole=whole), ORIG))
        except DissectError:
            pass


def test_a_message_that_can_be_read_makes_it_sure():
    for payload in (GET, RESPONSE, TRAP, CLEAR_V3, ENCRYPTED_V3):
        assert Snmp.probe(payload, ORIG) is Match.YES
    assert Snmp.probe(GET[:-1], ORIG) is Match.NO
    assert Snmp.probe(b"", ORIG) is Match.NO
