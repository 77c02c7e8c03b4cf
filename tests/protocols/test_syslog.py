import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.limits import LINE_BYTES
from quivive.protocols.syslog import SYSLOG, Syslog

from .stream_driver import rows_in_every_cut, rows_of

NEW = (
    b"<165>1 2026-11-21T21:48:00.003Z gate.example.org evntslog 8710 ID47 "
    b'[a@32473 x="\\"]"][b y="2"] \xef\xbb\xbfDoor opened'
)
OLD = b"<34>Nov 21 21:48:00 gate su[231]: 'su root' failed for lonvick on /dev/pts/8"
CISCO = b"<189>29: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console by vty2"
NEW_ROW = {
    "is_orig": True,
    "syslog_facility": "local4",
    "syslog_severity": "notice",
    "syslog_time": "2026-11-21T21:48:00.003Z",
    "syslog_host": "gate.example.org",
    "syslog_program": "evntslog",
    "syslog_process": "8710",
    "syslog_kind": "ID47",
    "syslog_data": '[a@32473 x="\\"]"][b y="2"]',
    "syslog_text": "Door opened",
}
OLD_ROW = {
    "is_orig": True,
    "syslog_facility": "auth",
    "syslog_severity": "critical",
    "syslog_time": "Nov 21 21:48:00",
    "syslog_host": "gate",
    "syslog_program": "su",
    "syslog_process": "231",
    "syslog_text": "'su root' failed for lonvick on /dev/pts/8",
}
TCP = Flow(five_tuple=FiveTuple("192.0.2.1", 50_000, "192.0.2.2", 514, Carrier.TCP))


def row_of(payload):
    ((table, row),) = Syslog().parse(Cursor(payload), Side.ORIGINATOR)
    assert table is SYSLOG
    return row


def test_structured_message_becomes_one_row():
    assert row_of(NEW) == NEW_ROW


def test_old_message_becomes_one_row_and_its_end_is_cut_off():
    assert row_of(OLD + b"\n\0") == OLD_ROW


def test_a_message_without_a_host_has_a_program():
    row = row_of(b"<13>Nov  1 21:48:00 cron: started")
    assert "syslog_host" not in row
    assert (row["syslog_program"], row["syslog_text"]) == ("cron", "started")


def test_cisco_numbers_its_messages_and_marks_its_clock():
    assert row_of(CISCO) == {
        "is_orig": True,
        "syslog_facility": "local7",
        "syslog_severity": "notice",
        "syslog_time": "Mar  1 18:46:11.123",
        "syslog_program": "%SYS-5-CONFIG_I",
        "syslog_text": "Configured from console by vty2",
    }


def test_what_is_not_said_is_empty():
    assert row_of(b"<0>1 - - - - - -") == {
        "is_orig": True,
        "syslog_facility": "kern",
        "syslog_severity": "emergency",
        "syslog_text": "",
    }


def test_without_a_known_form_all_is_text():
    assert row_of(b"<7>hello there")["syslog_text"] == "hello there"
    assert row_of(b"no priority") == {"is_orig": True, "syslog_text": "no priority"}
    assert row_of(b"<192>x") == {"is_orig": True, "syslog_text": "<192>x"}


def test_the_highest_priority_is_191():
    assert row_of(b"<191>x")["syslog_facility"] == "local7"


def test_what_is_neither_text_nor_has_a_priority_is_malformed():
    with pytest.raises(Malformed):
        row_of(b"\xff\x00\x01")


def test_in_a_stream_messages_stand_behind_their_length_or_before_a_line_end():
    said = b"%d %s" % (len(NEW), NEW) + OLD + b"\n" + b"%d %s" % (len(OLD), OLD)
    rows = rows_in_every_cut(Syslog, [(Side.ORIGINATOR, said)], TCP)
    assert rows == [(SYSLOG, NEW_ROW), (SYSLOG, OLD_ROW), (SYSLOG, OLD_ROW)]


def test_in_a_stream_empty_lines_are_passed_over_and_others_are_text():
    rows = rows_of(Syslog(TCP), [(Side.ORIGINATOR, b"\n" + OLD + b"\n at java.lang.Thread\n")])
    assert rows == [(SYSLOG, OLD_ROW), (SYSLOG, {"is_orig": True, "syslog_text": " at java.lang.Thread"})]


@pytest.mark.parametrize("said", [b"12345678 <34>x", b"12x <34>x", b"<34>" + b"x" * LINE_BYTES + b"y\n"])
def test_in_a_stream_a_bad_length_or_endless_line_is_malformed(said):
    with pytest.raises(Malformed):
        list(Syslog(TCP).parse(Cursor(said, whole=False), Side.ORIGINATOR))


@pytest.mark.parametrize("payload", [NEW, OLD, CISCO])
def test_cut_at_any_byte_it_is_a_row(payload):
    for size in range(1, len(payload)):
        row_of(payload[:size])


@given(noise=st.binary(max_size=80), head=st.sampled_from([b"", b"<34>", b"<34>1 ", b"<34>1 a b c d e [", b"12 <"]))
def test_noise_gives_rows_or_is_malformed(noise, head):
    for flow in (None, TCP):
        try:
            list(Syslog(flow).parse(Cursor(head + noise), Side.ORIGINATOR))
        except Malformed:
            pass
    Syslog.probe(head + noise, Side.ORIGINATOR)


@pytest.mark.parametrize("payload", [NEW, OLD, CISCO, b"%d %s" % (len(NEW), NEW)])
def test_priority_and_time_make_it_sure(payload):
    assert Syslog.probe(payload, Side.ORIGINATOR) is Match.YES


def test_a_priority_alone_is_known_on_its_port_only():
    assert Syslog.probe(b"<34>hello", Side.ORIGINATOR) is Match.UNSURE
    assert Syslog.probe(b"<192>Nov 21 21:48:00 x", Side.ORIGINATOR) is Match.NO
    assert Syslog.probe(b"<html>", Side.ORIGINATOR) is Match.NO
    assert Syslog.probe(b"", Side.ORIGINATOR) is Match.NO
