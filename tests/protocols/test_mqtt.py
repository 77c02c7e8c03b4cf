"""MQTT 3.1, 3.1.1 and 5.0."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Flow, Match
from quivive.model.five_tuple import FiveTuple
from quivive.model.tables import ANOMALIES, CREDENTIALS, IDENTITIES
from quivive.protocols.mqtt import MAX_PACKET_BYTES, TABLE, TOPIC_ALIASES, Mqtt
from tests.protocols.stream_driver import ORIG, RESP, TURN_NS, rows_in_every_cut, rows_of

FLOW = Flow(1, FiveTuple("192.0.2.1", 50000, "192.0.2.2", 1883, 6))

CONNECT = bytes.fromhex(
    "10 1e  00 04 4d 51 54 54  04  c2  00 3c"  # 3.1.1; user, password, clean session; 60 s
    "00 04 70 6c 63 31"  # client "plc1"
    "00 04 6c 69 6e 65"  # user "line"
    "00 06 73 33 63 72 33 74"  # password
)
ACCEPTED = bytes.fromhex("20 02 00 00")
REFUSED = bytes.fromhex("20 02 00 04")
CONNECT_5 = bytes.fromhex(
    "10 29  00 04 4d 51 54 54  05  2e  00 0a"  # 5.0; will retained at QoS 1, clean start; 10 s
    "0b  11 00 00 00 3c  15 00 03 61 62 63"  # session expiry, authentication method "abc"
    "00 00"  # no client id
    "05  18 00 00 00 01"  # will delay
    "00 04 6c 61 73 74  00 03 62 79 65"  # topic "last", payload "bye"
)
PUBLISH = bytes.fromhex("32 0c  00 05 61 2f 62 2f 63  00 07  31 32 33")  # QoS 1, "a/b/c", packet 7, "123"


def mqtt(turns):
    return [row for table, row in rows_in_every_cut(Mqtt, turns, FLOW) if table is TABLE]


def test_connect_and_its_answer():
    assert rows_in_every_cut(Mqtt, [(ORIG, CONNECT), (RESP, ACCEPTED)], FLOW) == [
        (
            TABLE,
            {
                "is_orig": True,
                "mqtt_type": "CONNECT",
                "version": "3.1.1",
                "client_id": "plc1",
                "is_clean": True,
                "keep_alive_s": 60,
            },
        ),
        (
            TABLE,
            {
                "is_orig": False,
                "mqtt_type": "CONNACK",
                "is_session_present": False,
                "return_code": 0,
                "return_text": "Accepted",
            },
        ),
        (
            CREDENTIALS,
            {
                "ts_ns": TURN_NS,
                "protocol": "mqtt",
                "user": "line",
                "login_method": "CONNECT",
                "secret_mask": "1-7 characters",
                "is_accepted": True,
            },
        ),
        (
            IDENTITIES,
            {
                "ts_ns": TURN_NS,
                "protocol": "mqtt",
                "user": "line",
                "identity_kind": "user",
                "identity_addr": "192.0.2.1",
                "identity_evidence": "CONNECT",
            },
        ),
    ]


def test_refused_login_is_no_identity():
    rows = rows_of(Mqtt, [(ORIG, CONNECT), (RESP, REFUSED)])
    assert [(table.name, row.get("is_accepted")) for table, row in rows[2:]] == [("credentials", False)]
    assert rows[1][1]["return_text"] == "Bad user name or password"


def test_login_without_answer_is_told_at_the_end():
    assert [table.name for table, _ in rows_of(Mqtt, [(ORIG, CONNECT)])] == ["mqtt", "credentials", "identities"]


def test_version_5_has_properties():
    # A session is present; receive maximum 20, topic alias maximum 10, assigned client id "a-1".
    connack = bytes.fromhex("20 0f  01 00  0c  21 00 14  22 00 0a  12 00 03 61 2d 31")
    assert mqtt([(ORIG, CONNECT_5), (RESP, connack)]) == [
        {
            "is_orig": True,
            "mqtt_type": "CONNECT",
            "version": "5.0",
            "is_clean": True,
            "keep_alive_s": 10,
            "will_topic": "last",
            "is_will_retained": True,
            "mqtt_auth_method": "abc",
        },
        {
            "is_orig": False,
            "mqtt_type": "CONNACK",
            "is_session_present": True,
            "return_code": 0,
            "return_text": "Success",
            "mqtt_receive_maximum": 20,
            "mqtt_topic_alias_maximum": 10,
            "client_id": "a-1",
        },
    ]


def test_published_message_is_stepped_over():
    assert mqtt([(ORIG, PUBLISH)]) == [
        {
            "is_orig": True,
            "mqtt_type": "PUBLISH",
            "qos": 1,
            "is_retained": False,
            "is_duplicate": False,
            "packet_id": 7,
            "topic": "a/b/c",
            "mqtt_payload_bytes": 3,
        }
    ]


def test_large_message_needs_no_waiting():
    large = bytes.fromhex("30 87 80 80 01  00 05 61 2f 62 2f 63") + bytes(1 << 21)
    assert [row["mqtt_payload_bytes"] for row in mqtt([(ORIG, large), (ORIG, PUBLISH)])] == [1 << 21, 3]


def hello_5(turns):
    return mqtt([(ORIG, CONNECT_5), *turns])[1:]


def test_topic_may_have_a_number():
    named = bytes.fromhex("30 09  00 01 61  03 23 00 05  31 32")  # topic "a" is 5 from now on
    numbered = bytes.fromhex("30 08  00 00  03 23 00 05  31 32")
    unknown = bytes.fromhex("30 08  00 00  03 23 00 06  31 32")
    assert [row.get("topic") for row in hello_5([(ORIG, named + numbered + unknown), (RESP, numbered)])] == [
        "a",
        "a",
        None,
        None,
    ]


def test_numbered_topics_are_bounded():
    def named(number):
        return bytes.fromhex("30 07  00 01 61  03 23") + number.to_bytes(2, "big")

    def numbered(number):
        return bytes.fromhex("30 06  00 00  03 23") + number.to_bytes(2, "big")

    names = b"".join(named(number) for number in range(1, TOPIC_ALIASES + 2))
    rows = rows_of(Mqtt, [(ORIG, CONNECT_5), (ORIG, names + numbered(TOPIC_ALIASES) + numbered(TOPIC_ALIASES + 1))])
    assert [row.get("topic") for _, row in rows[-2:]] == ["a", None]


def test_subscription_and_its_answer():
    subscribe = bytes.fromhex("82 0e  00 01  00 03 61 2f 23 00  00 03 62 2f 2b 02")  # "a/#" at 0, "b/+" at 2
    suback = bytes.fromhex("90 04  00 01  00 80")
    assert mqtt([(ORIG, subscribe), (RESP, suback)]) == [
        {"is_orig": True, "mqtt_type": "SUBSCRIBE", "packet_id": 1, "topic_filters": ["a/#", "b/+"], "qos": 2},
        {
            "is_orig": False,
            "mqtt_type": "SUBACK",
            "packet_id": 1,
            "return_codes": [0, 128],
            "return_code": 128,
            "return_text": "Unspecified error",
        },
    ]


def test_topics_are_left():
    assert mqtt([(ORIG, bytes.fromhex("a2 07  00 02  00 03 61 2f 23"))]) == [
        {"is_orig": True, "mqtt_type": "UNSUBSCRIBE", "packet_id": 2, "topic_filters": ["a/#"]}
    ]


def test_pings_and_plain_acknowledgements_have_no_row():
    quiet = bytes.fromhex("c0 00  d0 00  40 02 00 07  50 02 00 07  62 02 00 07  70 02 00 07  40 03 00 07 10")
    assert mqtt([(ORIG, quiet)]) == []


def test_refusal_of_a_message_has_a_row():
    assert mqtt([(RESP, bytes.fromhex("40 03 00 07 87"))]) == [
        {
            "is_orig": False,
            "mqtt_type": "PUBACK",
            "packet_id": 7,
            "return_code": 0x87,
            "return_text": "Not authorized",
        }
    ]


def test_reasons_of_version_5():
    rows = mqtt([(RESP, bytes.fromhex("e0 02 8e 00")), (ORIG, bytes.fromhex("e0 00  f0 08 18 06 15 00 03 61 62 63"))])
    assert [(row["mqtt_type"], row.get("return_text"), row.get("mqtt_auth_method")) for row in rows] == [
        ("DISCONNECT", "Session taken over", None),
        ("DISCONNECT", None, None),
        ("AUTH", "Continue authentication", "abc"),
    ]


@pytest.mark.parametrize(("packet", "anomaly"), [
    ("36 05 00 01 61 00 01", "delivery is of no known quality"),
    ("00 00", "packet type or its flags are reserved"),
    ("80 00", "packet type or its flags are reserved"),
    ("30 ff ff ff ff", "number has more than four bytes"),
    ("10 08 00 04 4d 51 54 55 04 02", "protocol has another name"),
    ("30 03 00 05 61 62 63 64 65", "topic is longer than its packet"),
    ("82 03 00 01 00", "message is cut short"),
    ("20 01 00", "message is cut short"),
])  # fmt: skip
def test_broken_packet_is_an_anomaly(packet, anomaly):
    assert rows_in_every_cut(Mqtt, [(ORIG, bytes.fromhex(packet))]) == [
        (ANOMALIES, {"place": "mqtt", "anomaly": anomaly})
    ]


def test_packet_that_is_too_long_is_an_anomaly():
    longest = bytes.fromhex("82 80 80 10  00 01") + bytes(MAX_PACKET_BYTES - 2)
    assert rows_of(Mqtt, [(ORIG, longest)])[0][0] is ANOMALIES  # topics at the end that are cut short
    assert rows_of(Mqtt, [(ORIG, longest)])[0][1]["anomaly"] == "message is cut short"
    assert rows_of(Mqtt, [(ORIG, bytes.fromhex("82 81 80 10"))])[0][1]["anomaly"] == "packet is too long"


@pytest.mark.parametrize(("payload", "match"), [
    (CONNECT, Match.YES),
    (PUBLISH, Match.UNSURE),
    (PUBLISH + b"\xc0\x00", Match.UNSURE),
    (PUBLISH + b"\xc0", Match.NO),
    (b"\x10\x00", Match.NO),
    (b"GET / HTTP/1.1\r\n", Match.NO),
    (b"", Match.NO),
])  # fmt: skip
def test_probe_wants_a_connect_or_packets_that_fit(payload, match):
    assert Mqtt.probe(payload, ORIG) is match


TALK = CONNECT + PUBLISH + bytes.fromhex("82 08  00 01  00 03 61 2f 23 00")


def test_every_truncation_gives_rows():
    for size in range(len(TALK)):
        rows_of(Mqtt, [(ORIG, TALK[:size])])


@given(at=st.integers(0, len(TALK)), noise=st.binary(max_size=30), chunk=st.integers(1, 20))
def test_noise_is_read_alike_in_every_cut(at, noise, chunk):
    turns = [(ORIG, TALK[:at] + noise + TALK[at:]), (RESP, noise + ACCEPTED)]
    assert rows_of(Mqtt, turns, chunk=chunk) == rows_of(Mqtt, turns)
