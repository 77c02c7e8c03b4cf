"""QUIC: one row per connection, from its Initial packets."""

from hashlib import md5, sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.quic import CLIENT_BYTES, CRYPTO_BYTES, DATAGRAMS, INITIALS, QUIC, SHORTEST, Quic
from tests.protocols.quic_builder import (
    CLIENT_CRYPTO,
    CLIENT_HELLO,
    CLIENT_INITIAL,
    DRAFT_29,
    Q050,
    SAMPLE_ID,
    SERVER_ID,
    SERVER_INITIAL,
    SERVER_PLAIN,
    V2,
    crypto,
    initial,
    varint,
)
from tests.protocols.tls_builder import TLS13, client_hello, extension, message, server_name, vector, versions

ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER
OWN_ID = b"\xaa" * 5
TOKEN_ID = b"\xcc" * 9
SHORT = b"\x41" + bytes(60)
HANDSHAKE = b"\xe0\0\0\0\1" + vector(1, b"") + vector(1, SERVER_ID) + varint(30) + bytes(30)
AGENT = b"Chrome/140"
KINDS = b"0005,000a,000d,001c,002b,002d,0033,0039,ff01_0403,0503,0603,0203,0804,0805,0806"
ROW = {
    "quic_version": "1",
    "client_dcid": "8394c8f03e515708",
    "client_scid": "",
    "server_scid": "f067a5502a4262b5",
    "server_name": "example.com",
    "alpn_offered": ["alpn"],
    "ja3": md5(b"771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24,").hexdigest(),
    "ja4": f"q13d0211an_{sha256(b'1301,1302').hexdigest()[:12]}_{sha256(KINDS).hexdigest()[:12]}",
    "client_version": "TLSv1.3",
    "tls_version": "TLSv1.3",
    "cipher": "TLS_AES_128_GCM_SHA256",
    "curve": "x25519",
    "is_resumed": False,
    "has_ech": False,
    "user_agent": None,
    "is_decrypted": True,
    "has_retry": False,
    "ts_ns": 7,
}


def feed(parser, turns):
    """Feed datagrams as the engine does; returns rows, and how many datagrams of each side were wanted."""
    rows, heard, deaf = [], [0, 0], set()
    for side, data in turns:
        if side in deaf:
            continue
        heard[side] += 1
        cursor = Cursor(data, ts_ns=7)
        try:
            rows += list(parser.parse(cursor, side))
        except Malformed as error:
            rows.append((None, error.reason))
        if cursor.is_done:
            deaf.add(side)
    return [*rows, *parser.close()], heard


def rows_of(turns):
    return feed(Quic(), turns)[0]


def quic_row(turns):
    ((table, row),) = rows_of(turns)
    assert table is QUIC
    return row


def hello(*extensions):
    return message(1, client_hello(server_name("www.example.org"), versions(TLS13), *extensions, ciphers=(0x1301,)))


def test_the_sample_of_the_rfc_is_one_row():
    assert quic_row([(ORIG, CLIENT_INITIAL), (RESP, SERVER_INITIAL)]) == ROW


def test_each_side_is_left_alone_once_it_has_spoken():
    turns = [(ORIG, CLIENT_INITIAL), (RESP, SERVER_INITIAL), (RESP, SHORT), (ORIG, HANDSHAKE), (ORIG, SHORT)]
    assert feed(Quic(), turns)[1] == [2, 1]


def test_a_client_alone_gives_a_row():
    unsaid = {"server_scid", "tls_version", "cipher", "curve", "is_resumed"}
    expected = {name: value for name, value in ROW.items() if name not in unsaid}
    assert quic_row([(ORIG, CLIENT_INITIAL)]) == expected


def test_a_server_alone_gives_what_its_header_says():
    row = quic_row([(RESP, SERVER_INITIAL)])
    assert (row["quic_version"], row["is_decrypted"]) == ("1", False)


def test_the_client_is_whose_key_fits():
    row = quic_row([(RESP, SERVER_INITIAL), (ORIG, CLIENT_INITIAL), (RESP, SERVER_INITIAL)])
    assert (row["client_dcid"], row["server_name"], row["cipher"]) == (
        "8394c8f03e515708",
        "example.com",
        "TLS_AES_128_GCM_SHA256",
    )


@pytest.mark.parametrize(("version", "name"), [(V2, "2"), (DRAFT_29, "draft-29")])
def test_other_versions_have_other_keys(version, name):
    row = quic_row([(ORIG, initial(CLIENT_CRYPTO, version=version, size=1200))])
    assert (row["quic_version"], row["server_name"]) == (name, "example.com")


def test_a_long_hello_is_put_together_from_several_packets():
    long = hello(extension(51, bytes(1300)))  # as with a post-quantum key
    packets = [
        initial(crypto(long[1000:], 1000), number=1, size=1200),
        initial(crypto(long[500:1100], 500) + b"\1\0\0" + crypto(long[:100]), number=0, size=1200),
        initial(crypto(long[100:500], 100), number=2, size=1200),
    ]
    assert quic_row([(ORIG, packet) for packet in packets])["server_name"] == "www.example.org"
    assert "server_name" not in quic_row([(ORIG, packet) for packet in packets[:2]])


def test_packets_may_share_a_datagram():
    long = hello(extension(51, bytes(900)))
    both = initial(crypto(long[:500])) + initial(crypto(long[500:], 500), number=1) + b"\0" * 40
    assert quic_row([(ORIG, both)])["server_name"] == "www.example.org"
    row = quic_row([(ORIG, CLIENT_INITIAL), (RESP, SERVER_INITIAL + HANDSHAKE + SHORT)])
    assert row["cipher"] == "TLS_AES_128_GCM_SHA256"


def test_a_retry_changes_the_keys():
    retry = b"\xf0\0\0\0\1" + vector(1, OWN_ID) + vector(1, TOKEN_ID) + b"token" + bytes(16)
    again = initial(CLIENT_CRYPTO, dcid=TOKEN_ID, scid=OWN_ID, number=1, token=b"token", size=1200)
    answer = initial(SERVER_PLAIN, dcid=OWN_ID, scid=SERVER_ID, key_id=TOKEN_ID, is_client=False)
    first = initial(CLIENT_CRYPTO, scid=OWN_ID, size=1200)
    row = quic_row([(ORIG, first), (RESP, retry), (ORIG, again), (RESP, answer)])
    assert (row["has_retry"], row["client_dcid"], row["server_scid"], row["cipher"]) == (
        True,
        SAMPLE_ID.hex(),
        SERVER_ID.hex(),
        "TLS_AES_128_GCM_SHA256",
    )


def test_a_negotiation_begins_again():
    offer = b"\x80" + bytes(4) + vector(1, b"") + vector(1, SAMPLE_ID) + bytes.fromhex("00000001 ff00001d 0a1a2a3a")
    unknown = b"\xc0" + bytes.fromhex("1a2a3a4a") + vector(1, SAMPLE_ID) + vector(1, b"") + bytes(1200)
    row = quic_row([(ORIG, unknown), (RESP, offer), (ORIG, CLIENT_INITIAL), (RESP, SERVER_INITIAL)])
    assert (row["quic_version"], row["server_versions"]) == ("1", ["1", "draft-29", "0x0a1a2a3a"])
    assert (row["server_name"], row["cipher"]) == ("example.com", "TLS_AES_128_GCM_SHA256")


def test_the_browser_may_name_itself():
    parameters = extension(57, b"\1\1\0" + varint(0x3129) + vector(1, AGENT))
    row = quic_row([(ORIG, initial(crypto(hello(parameters)), size=1200))])
    assert row["user_agent"] == "Chrome/140"


def test_an_encrypted_hello_is_noted():
    assert quic_row([(ORIG, initial(crypto(hello(extension(0xFE0D))), size=1200))])["has_ech"] is True


def test_a_connection_already_under_way_leaves_no_row():
    assert rows_of([(ORIG, SHORT), (RESP, SHORT)]) == []


# Google's own -------------------------------------------------------------------------------------------------------

CHLO = bytes.fromhex("43484c4f 0200 0000 534e4900 09000000 55414944 13000000") + b"a.example" + AGENT
GOOGLE = b"\x0d" + SAMPLE_ID + b"Q043\1" + bytes(12) + bytes.fromhex("a0010004") + CHLO


@pytest.mark.parametrize(
    ("packet", "version"),
    [(GOOGLE, "Q043"), (b"\xc3Q046\x50" + SAMPLE_ID + bytes(4) + CHLO, "Q046")],
)
def test_googles_hello_in_clear_is_read(packet, version):
    assert rows_of([(ORIG, packet)]) == [
        (
            QUIC,
            {
                "is_decrypted": False,
                "has_retry": False,
                "quic_version": version,
                "client_dcid": SAMPLE_ID.hex(),
                "server_name": "a.example",
                "user_agent": "Chrome/140",
                "ts_ns": 7,
            },
        )
    ]


def test_googles_hello_under_initial_keys_is_read():
    row = quic_row([(ORIG, initial(b"\x08\0" + CHLO, version=Q050, size=1200))])
    assert (row["quic_version"], row["server_name"], row["is_decrypted"]) == ("Q050", "a.example", True)


def test_a_version_of_google_that_says_nothing_in_clear_is_named():
    assert quic_row([(ORIG, b"\xc3Q048\x50" + SAMPLE_ID + bytes(40))])["quic_version"] == "Q048"


# Bounds and hostile input -------------------------------------------------------------------------------------------


def test_only_so_many_initial_packets_are_opened():
    pings = [(ORIG, initial(b"\1", number=number, size=1200)) for number in range(INITIALS - 1)]
    assert quic_row([*pings, (ORIG, CLIENT_INITIAL)])["server_name"] == "example.com"
    one_more = (ORIG, initial(b"\1", number=99, size=1200))
    assert "server_name" not in quic_row([*pings, one_more, (ORIG, CLIENT_INITIAL)])


def test_only_so_many_datagrams_are_looked_at():
    turns = [(ORIG, SHORT)] * (DATAGRAMS - 2)
    assert quic_row([*turns, (ORIG, CLIENT_INITIAL)])["server_name"] == "example.com"
    assert feed(Quic(), [(ORIG, SHORT)] * (DATAGRAMS + 9))[1] == [DATAGRAMS, 0]


def test_a_hello_may_be_long_but_not_too_long():
    fits = initial(crypto(b"x", CRYPTO_BYTES - 1), size=1200)
    assert [table for table, _ in rows_of([(ORIG, fits)])] == [QUIC]
    beyond = initial(crypto(b"x", CRYPTO_BYTES), size=1200)
    assert rows_of([(ORIG, beyond)])[0] == (None, "hello is too long to be believed")


def test_a_packet_that_does_not_open_is_no_fault():
    row = quic_row([(ORIG, CLIENT_INITIAL[:-1] + b"\0")])
    assert (row["is_decrypted"], row["quic_version"]) == (False, "1")


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (CLIENT_INITIAL, Match.YES),
        (SERVER_INITIAL, Match.YES),
        (SERVER_INITIAL[:-1], Match.NO),
        (b"\x8f" + SERVER_INITIAL[1:], Match.UNSURE),  # the fixed bit may be greased (RFC 9287)
        (b"\x80" + bytes(4) + b"\0\0" + bytes.fromhex("0a1a2a3a 00000001 0a0a0a0a 0a1a2a3a"), Match.YES),
        (b"\x80" + bytes(4) + b"\0\0" + bytes.fromhex("0a1a2a3a 0a0a0a0a 0a1a2a3a 0a1a2a3a"), Match.NO),
        (b"\xc0" + bytes.fromhex("0a1a2a3a") + b"\0\0" + bytes(CLIENT_BYTES - 7), Match.YES),
        (b"\xc0" + bytes.fromhex("0a1a2a3a") + b"\0\0" + bytes(CLIENT_BYTES - 8), Match.NO),
        (b"\xc0" + bytes.fromhex("12345678") + b"\0\0" + bytes(CLIENT_BYTES - 7), Match.UNSURE),
        (b"\xc0" + bytes.fromhex("12345678") + vector(1, bytes(21)) + bytes(CLIENT_BYTES), Match.NO),
        (b"\x40" + bytes(SHORTEST - 1), Match.UNSURE),
        (b"\x40" + bytes(SHORTEST - 2), Match.NO),
        (b"\x00" + bytes(SHORTEST - 1), Match.NO),
    ],
)
def test_what_all_versions_share_is_judged(payload, match):
    assert Quic.probe(payload, ORIG) is match


def test_cut_anywhere_it_is_refused_or_named():
    for size in range(1200):
        for table, values in rows_of([(ORIG, CLIENT_INITIAL[:size])]):
            assert table is None or "server_name" not in values


@given(data=st.data(), noise=st.binary(max_size=60))
def test_noise_gives_rows_or_a_dissect_error(data, noise):
    whole = data.draw(st.sampled_from((CLIENT_INITIAL, SERVER_INITIAL, GOOGLE, HANDSHAKE)))
    at = data.draw(st.integers(0, len(whole)))
    parser = Quic()
    for side in (ORIG, RESP):
        try:
            list(parser.parse(Cursor(whole[:at] + noise + whole[at:]), side))
        except DissectError:
            pass
    list(parser.close())


@given(st.binary(max_size=300))
def test_noise_under_good_keys_gives_rows_or_a_dissect_error(noise):
    parser = Quic()
    for plain in (noise, crypto(noise), crypto(b"\1" + vector(3, noise)), crypto(CLIENT_HELLO[:40] + noise)):
        try:
            list(parser.parse(Cursor(initial(plain)), ORIG))
        except DissectError:
            pass
    list(parser.close())
