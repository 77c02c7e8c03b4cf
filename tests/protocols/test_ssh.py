"""SSH: one row per connection, from what both ends say before they encrypt."""

from base64 import b64encode
from hashlib import md5, sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.protocol import Match
from quivive.model.tables import ANOMALIES
from quivive.protocols.ssh import BANNER_LINES, PACKET_BYTES, PACKETS, TABLE, Ssh
from tests.protocols.stream_driver import ORIG, RESP, Driver, rows_in_every_cut, rows_of

CLIENT_LISTS = (
    b"curve25519-sha256,ext-info-c",
    b"ssh-ed25519,rsa-sha2-512",
    b"aes256-gcm@openssh.com,aes128-ctr",
    b"aes128-ctr,aes256-ctr",
    b"hmac-sha2-256",
    b"hmac-sha2-512,hmac-sha2-256",
    b"none,zlib",
    b"zlib,none",
)
SERVER_LISTS = (
    b"diffie-hellman-group14-sha256,curve25519-sha256",
    b"rsa-sha2-512",
    b"aes128-ctr,aes256-gcm@openssh.com",
    b"aes256-ctr",
    b"hmac-sha1",
    b"hmac-sha2-256,hmac-sha2-512",
    b"zlib,none",
    b"none",
)
HOST_KEY = bytes.fromhex(
    "0000000b 7373682d65643235353139"  # ssh-ed25519
    "00000004 01020304"  # key, shortened
)


def string(data):
    return len(data).to_bytes(4, "big") + data


def packet(payload, padding=4):
    body = bytes([padding]) + payload + bytes(padding)
    return len(body).to_bytes(4, "big") + body


def kexinit(lists):
    return packet(b"\x14" + bytes(16) + b"".join(map(string, (*lists, b"", b""))) + bytes(5))


NEWKEYS = packet(b"\x15")
INIT = packet(b"\x1e" + string(bytes(32)))
REPLY = packet(b"\x1f" + string(HOST_KEY) + string(bytes(32)) + string(b"signature"))
GROUP = packet(b"\x1f" + string(b"\x00\xd7" * 8) + string(b"\x02"))

TURNS = [
    (RESP, b"SSH-2.0-OpenSSH_9.2 Debian\r\n"),
    (ORIG, b"SSH-2.0-PuTTY_0.8\n"),
    (ORIG, kexinit(CLIENT_LISTS)),
    (RESP, kexinit(SERVER_LISTS)),
    (ORIG, INIT),
    (RESP, REPLY + NEWKEYS + b"\x8a\x01"),
    (ORIG, NEWKEYS + b"\x77\x02"),
]
ROW = {
    "version": "2.0",
    "client_software": "PuTTY_0.8",
    "server_software": "OpenSSH_9.2 Debian",
    "is_reverse": False,
    "is_encrypted": True,
    "hassh": md5(b";".join(CLIENT_LISTS[index] for index in (0, 2, 4, 6))).hexdigest(),
    "hassh_server": md5(b";".join(SERVER_LISTS[index] for index in (0, 3, 5, 7))).hexdigest(),
    "kex_alg": "curve25519-sha256",
    "host_key_alg": "rsa-sha2-512",
    "cipher_alg": "aes256-gcm@openssh.com/aes256-ctr",
    "mac_alg": "implicit/hmac-sha2-512",
    "compression_alg": "none",
    "host_key_fingerprint": b64encode(sha256(HOST_KEY).digest()).decode().rstrip("="),
}
VERSIONS_ONLY = {name: ROW[name] for name in ("version", "client_software", "server_software", "is_reverse")}


def test_connection_is_one_row():
    assert rows_in_every_cut(Ssh, TURNS) == [(TABLE, ROW)]


def test_row_comes_with_the_second_change_of_keys():
    driver = Driver(Ssh())
    for side, said in TURNS[:-1]:
        driver.say(side, said, 1)
    assert driver.rows == []
    driver.say(*TURNS[-1], 2)
    assert driver.rows == [(TABLE, ROW)]
    assert driver.deaf == {ORIG, RESP}


def test_server_that_opened_the_flow_is_told():
    turns = [(side.other, said) for side, said in TURNS]
    assert rows_in_every_cut(Ssh, turns) == [(TABLE, {**ROW, "is_reverse": True})]
    reverse = {**VERSIONS_ONLY, "is_reverse": True, "is_encrypted": False}
    ((_, row),) = rows_in_every_cut(Ssh, turns[:4])
    assert {name: row[name] for name in reverse} == reverse


def test_versions_alone_are_a_row():
    assert rows_in_every_cut(Ssh, TURNS[:2]) == [(TABLE, {**VERSIONS_ONLY, "is_encrypted": False})]


def test_one_side_alone_is_a_row():
    row = {"version": "2.0", "client_software": "PuTTY_0.8", "server_software": None, "is_reverse": False}
    turns = [turn for turn in TURNS if turn[0] is ORIG]
    assert rows_in_every_cut(Ssh, turns) == [(TABLE, {**row, "is_encrypted": True, "hassh": ROW["hassh"]})]


def test_group_of_a_group_exchange_is_no_host_key():
    turns = [*TURNS[:4], (ORIG, packet(b"\x22" + bytes(12))), (RESP, GROUP), *TURNS[-1:]]
    assert "host_key_fingerprint" not in rows_in_every_cut(Ssh, turns)[0][1]
    turns[-1:] = [(RESP, packet(b"\x21" + REPLY[6:-4])), *TURNS[-1:]]
    assert rows_in_every_cut(Ssh, turns)[0][1]["host_key_fingerprint"] == ROW["host_key_fingerprint"]


def test_nothing_in_common_is_left_empty():
    lists = (b"a",) * 8
    ((_, row),) = rows_in_every_cut(Ssh, [*TURNS[:2], (ORIG, kexinit(CLIENT_LISTS)), (RESP, kexinit(lists))])
    assert (row["kex_alg"], row["cipher_alg"], row["mac_alg"]) == (None, None, None)


def test_version_1_ends_with_its_version():
    turns = [(RESP, b"SSH-1.5-1.2.33\n"), (ORIG, b"SSH-1.5-x\n"), (RESP, b"\x00\x01"), (ORIG, b"\x02")]
    row = {"version": "1.5", "client_software": "x", "server_software": "1.2.33", "is_reverse": False}
    assert rows_in_every_cut(Ssh, turns) == [(TABLE, {**row, "is_encrypted": False})]


def test_lines_before_the_version_are_passed():
    banner = b"Authorised use only\r\n"
    assert rows_of(Ssh, [(RESP, banner * BANNER_LINES), *TURNS]) == [(TABLE, ROW)]
    assert rows_of(Ssh, [(RESP, banner * (BANNER_LINES + 1)), *TURNS])[0][0] is ANOMALIES


def test_packets_before_the_change_of_keys_are_bounded():
    ignored = packet(b"\x02" + string(b""))
    assert rows_of(Ssh, [*TURNS[:4], (ORIG, ignored * (PACKETS - 3)), *TURNS[4:]]) == [(TABLE, ROW)]
    ((_, row),) = rows_of(Ssh, [*TURNS[:4], (ORIG, ignored * (PACKETS - 1)), *TURNS[4:-2]])
    assert row["is_encrypted"] is False


@pytest.mark.parametrize(
    ("size", "is_broken"), [(PACKET_BYTES, False), (PACKET_BYTES + 1, True), (5, True), (6, False)]
)
def test_impossible_packet_length_is_malformed(size, is_broken):
    said = size.to_bytes(4, "big") + b"\x04" + b"\x02" * (size - 1)
    rows = rows_of(Ssh, [*TURNS[:2], (ORIG, said)])
    assert (rows[0][0] is ANOMALIES) is is_broken


def test_gap_ends_the_side_but_not_the_row():
    turns = [*TURNS[:3], (RESP, 300), (RESP, b"\x00\x00"), *TURNS[4:5], TURNS[-1]]
    expected = {name: ROW[name] for name in (*VERSIONS_ONLY, "is_encrypted", "hassh")}
    assert rows_of(Ssh, turns) == [(TABLE, expected)]


def test_conversation_cut_anywhere_gives_rows_or_anomalies():
    for number, (side, said) in enumerate(TURNS):
        for size in range(len(said)):
            for table, row in rows_of(Ssh, [*TURNS[:number], (side, said[:size])]):
                assert set(row) <= set(table.names)


def test_flow_without_a_version_has_no_row():
    assert rows_of(Ssh, [(RESP, b"hello\r\n")]) == []
    assert rows_of(Ssh, []) == []


@pytest.mark.parametrize(
    ("payload", "match"), [(b"SSH-2.0-x\r\n", Match.YES), (b"SSH", Match.NO), (b"220 x", Match.NO)]
)
def test_version_line_is_recognised(payload, match):
    assert Ssh.probe(payload, ORIG) is match


@given(
    st.lists(st.tuples(st.sampled_from([ORIG, RESP]), st.binary(max_size=80)), max_size=8), st.integers(0, len(TURNS))
)
def test_noise_gives_rows_or_anomalies(noise, at):
    for table, row in rows_of(Ssh, [*TURNS[:at], *noise, *TURNS[at:]]):
        assert set(row) <= set(table.names)
