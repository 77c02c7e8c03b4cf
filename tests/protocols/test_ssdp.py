import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.ssdp import MAX_HEADERS, SSDP, Ssdp

SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n'
    b"USER-AGENT: Chrome/1 Windows\r\n\r\n"
)
NOTIFY = (
    b"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: uuid:2fac::upnp:rootdevice\r\n"
    b"Cache-Control:max-age = 1800\r\nLocation: http://192.0.2.1:5000/root.xml\r\n"
    b"Server: Linux/5 UPnP/1.1 gate/2\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nEXT:\r\nST: upnp:rootdevice\r\nST: again\r\nUSN: uuid:2fac\r\n\r\nST: body\r\n"


def row_of(payload):
    ((table, row),) = Ssdp().parse(Cursor(payload), Side.ORIGINATOR)
    assert table is SSDP
    return row


def test_search_becomes_one_row():
    assert row_of(SEARCH) == {
        "is_orig": True,
        "method": "M-SEARCH",
        "ssdp_target": "ssdp:all",
        "user_agent": "Chrome/1 Windows",
    }


def test_announcement_tells_what_and_where_a_device_is():
    assert row_of(NOTIFY) == {
        "is_orig": True,
        "method": "NOTIFY",
        "ssdp_target": "upnp:rootdevice",
        "ssdp_event": "ssdp:alive",
        "ssdp_usn": "uuid:2fac::upnp:rootdevice",
        "ssdp_lifetime_s": 1800,
        "ssdp_location": "http://192.0.2.1:5000/root.xml",
        "ssdp_server": "Linux/5 UPnP/1.1 gate/2",
    }


def test_of_an_answer_the_first_of_each_name_counts_and_no_body():
    assert row_of(ANSWER) == {
        "is_orig": True,
        "status_code": 200,
        "ssdp_target": "upnp:rootdevice",
        "ssdp_usn": "uuid:2fac",
    }


def test_lines_may_end_without_carriage_return():
    assert row_of(SEARCH.replace(b"\r", b"")) == row_of(SEARCH)


def test_only_so_many_headers_are_read():
    many = b"NOTIFY * HTTP/1.1\r\n" + b"X: y\r\n" * (MAX_HEADERS - 1)
    assert "ssdp_target" in row_of(many + b"NT: x\r\n")
    assert "ssdp_target" not in row_of(many + b"X: y\r\nNT: x\r\n")


@pytest.mark.parametrize("payload", [SEARCH, NOTIFY, ANSWER])
def test_cut_at_any_byte_it_is_a_row_or_malformed(payload):
    for size in range(1, len(payload)):
        try:
            row_of(payload[:size])
        except Malformed:
            assert size < 18


@given(noise=st.binary(max_size=80), head=st.sampled_from([b"", b"NOTIFY * HTTP/1.1\r\n", b"HTTP/1.1 "]))
def test_noise_gives_a_row_or_is_malformed(noise, head):
    try:
        row_of(head + noise)
    except Malformed:
        pass


def test_it_is_known_by_its_first_line():
    for payload in (SEARCH, NOTIFY, ANSWER):
        assert Ssdp.probe(payload, Side.ORIGINATOR) is Match.YES
    assert Ssdp.probe(b"NOTIFY sip:bob@192.0.2.1 SIP/2.0\r\n", Side.ORIGINATOR) is Match.NO
