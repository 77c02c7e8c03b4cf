"""Both sides of a handshake joined to one row."""

import pytest

from quivive.messages.tls.certificates import CERTIFICATES
from quivive.messages.tls.handshake import CHAIN, Handshake
from quivive.model.errors import Malformed
from tests.protocols.tls_builder import (
    CERTIFICATE,
    CLIENT_HELLO,
    KEY_EXCHANGE,
    LEAF,
    ROOT,
    SERVER_HELLO,
    certificates,
    client_hello,
    numbers,
    server_hello,
    server_name,
    vector,
)

CURVE = b"\3" + numbers(29) + vector(1, bytes(32))


def test_nothing_heard_is_silent():
    assert Handshake("t").is_silent
    heard = Handshake("t")
    heard.hear(CLIENT_HELLO, client_hello(), 0)
    assert not heard.is_silent


def test_only_the_first_hello_of_a_client_counts():
    shake = Handshake("t")
    shake.hear(CLIENT_HELLO, client_hello(server_name("first.example")), 0)
    shake.hear(CLIENT_HELLO, client_hello(server_name("second.example")), 0)
    assert shake.row()["server_name"] == "first.example"


@pytest.mark.parametrize(("cipher", "curve"), [(0xC02F, "x25519"), (0x009E, None)])
def test_a_curve_is_read_only_where_the_suite_has_one(cipher, curve):
    shake = Handshake("t")
    shake.hear(SERVER_HELLO, server_hello(cipher=cipher), 1)
    shake.hear(KEY_EXCHANGE, CURVE, 1)
    assert shake.row()["curve"] == curve


def test_a_certificate_shown_twice_is_one_row():
    shake = Handshake("t")
    rows = [
        *shake.hear(CERTIFICATE, certificates(LEAF, ROOT, LEAF), 1),
        *shake.hear(CERTIFICATE, certificates(LEAF), 1),
    ]
    assert [(table, row["chain_depth"]) for table, row in rows] == [(CERTIFICATES, 0), (CERTIFICATES, 1)]
    assert shake.row()["n_certificates"] == 3


def test_before_a_hello_the_responder_is_the_server():
    shake = Handshake("t")
    ((_, row),) = shake.hear(CERTIFICATE, certificates(ROOT), 1)
    assert row["is_client_certificate"] is False


@pytest.mark.parametrize(("count", "opened"), [(CHAIN, CHAIN), (CHAIN + 1, CHAIN)])
def test_a_chain_is_bounded(count, opened):
    chain = certificates(*(LEAF[:-1] + bytes([number]) for number in range(count)))
    assert len(list(Handshake("t").hear(CERTIFICATE, chain, 1))) == opened


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "another length"),
        (b"\0\0\4" + vector(3, b""), "another length"),
        (vector(3, b"\0\0"), "goes beyond"),
        (vector(3, b"\0\0\2a"), "goes beyond"),
    ],
)
def test_a_broken_chain_is_malformed(body, reason):
    with pytest.raises(Malformed, match=reason):
        Handshake("t").hear(CERTIFICATE, body, 1)


def test_established_means_every_side_seen():
    shake = Handshake("t")
    assert shake.row() == {"is_established": False}
    shake.is_heard[0] = shake.is_secret[0] = True
    assert shake.row() == {"is_established": True}
    shake.is_heard[1] = True
    assert shake.row() == {"is_established": False}
