"""Key files: logs and private keys, hostile ones, and that nothing of them is ever told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit import tls_keys
from quivive.kit.tls_keys import Keys, client_random, read_keys
from quivive.model.errors import UsageError
from tests.kit.tls_sessions import identity

RANDOM, OTHER = bytes(range(32)), bytes(range(32, 64))
MASTER = bytes(range(100, 148))
LINE = b"CLIENT_RANDOM %s %s\n" % (RANDOM.hex().encode(), MASTER.hex().encode())


def log(text):
    keys = Keys()
    keys.add_log(text)
    return keys


def test_lines_become_secrets_and_other_lines_are_passed_over():
    text = b"# made by a browser\r\n\r\n" + LINE.replace(b"\n", b"\r\n") + b"\xff\x00 what\nCLIENT_RANDOM zz 00\n"
    text += b"SERVER_TRAFFIC_SECRET_0 " + OTHER.hex().upper().encode() + b" " + MASTER[:32].hex().encode()
    keys = log(text)
    assert keys.secrets(RANDOM) == {"CLIENT_RANDOM": MASTER}
    assert keys.secrets(OTHER) == {"SERVER_TRAFFIC_SECRET_0": MASTER[:32]}
    assert (keys.knows(RANDOM), keys.knows(bytes(32)), keys.reads_all) == (True, False, False)


def test_of_two_secrets_for_one_session_the_first_counts():
    assert log(LINE + LINE.replace(b"64", b"65")).secrets(RANDOM) == {"CLIENT_RANDOM": MASTER}


@pytest.mark.parametrize("cut", [2, 1, 94])
def test_master_secret_of_another_length_is_none(cut):
    assert not log(LINE[: -1 - cut])


def test_sealed_premaster_is_known_by_its_first_bytes():
    keys = log(b"RSA 0102030405060708 " + MASTER.hex().encode())
    assert (keys.premaster(bytes(range(1, 65)), 0x0303), keys.premaster(bytes(64), 0x0303)) == (MASTER, None)
    assert keys.reads_all


def test_no_more_secrets_are_kept_than_the_bound(monkeypatch):
    monkeypatch.setattr(tls_keys, "MAX_SECRETS", 3)
    lines = [LINE.replace(RANDOM.hex().encode(), bytes([n] * 32).hex().encode()) for n in range(5)]
    keys = log(b"".join(lines))
    assert [keys.knows(bytes([n] * 32)) for n in range(5)] == [True, True, True, False, False]


@given(st.binary(max_size=300))
def test_noise_in_a_log_raises_nothing_and_hides_no_line(noise):
    assert log(noise + b"\n" + LINE).knows(RANDOM)


def test_nothing_of_the_secrets_is_shown():
    keys = log(LINE)
    assert MASTER.hex() not in repr(keys) + str(vars(keys).keys())
    assert repr(keys) == "Keys(1 secrets, 0 private keys)"


def test_files_are_told_apart_by_what_is_in_them(tmp_path):
    (tmp_path / "log").write_bytes(LINE)
    (tmp_path / "pem").write_bytes(identity()[1] + identity()[0])
    keys = read_keys([tmp_path / "log", tmp_path / "pem"])
    assert repr(keys) == "Keys(1 secrets, 1 private keys)"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(range(256)) * 40,
        b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n" * 200,
        identity()[1],
    ],
)
def test_file_without_keys_is_refused_without_a_word_of_it(tmp_path, content):
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_keys([tmp_path / "keys"])
    assert str(refused.value) == (
        f"{tmp_path / 'keys'} holds no key that can be used; give an SSLKEYLOGFILE, "
        "or an RSA private key in PEM without a passphrase"
    )


def test_file_beyond_the_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tls_keys, "MAX_FILE_BYTES", len(LINE))
    (tmp_path / "keys").write_bytes(LINE)
    assert read_keys([tmp_path / "keys"])
    (tmp_path / "keys").write_bytes(LINE + b"\n")
    with pytest.raises(UsageError, match="longer than"):
        read_keys([tmp_path / "keys"])


def test_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_keys([tmp_path / "none"])


def test_random_is_found_in_both_forms_of_a_hello():
    head = bytes.fromhex("1603010100 010000fc 0303")
    assert client_random(head + RANDOM + b"more") == RANDOM
    # SSL 2.0: length 0x803c, type 1, version, 3 bytes of suites, no session, 16 bytes of challenge
    old = bytes.fromhex("801c 01 0301 0003 0000 0010 000005") + RANDOM[:16]
    assert client_random(old) == bytes(16) + RANDOM[:16]


@given(st.binary(max_size=80))
def test_random_of_noise_raises_nothing(noise):
    assert len(client_random(noise)) <= 32
