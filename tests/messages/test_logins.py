"""Log-ins: what is claimed is told, the secret never."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.logins import MESSAGES, Claim, Exchange, from_base64, login_rows
from quivive.model.tables import CREDENTIALS, IDENTITIES

ADDR = "192.0.2.1"

NTLM_NEGOTIATE = bytes.fromhex(
    "4e544c4d53535000"  # NTLMSSP
    "01000000"  # NEGOTIATE
    "07820000"  # flags
    "0000 0000 00000000"  # domain
    "0000 0000 00000000"  # workstation
)


def credential(user, method, mask, is_accepted):
    return CREDENTIALS, {
        "protocol": "smtp",
        "user": user,
        "login_method": method,
        "secret_mask": mask,
        "is_accepted": is_accepted,
    }


def identity(user, evidence, kind="user"):
    return IDENTITIES, {
        "protocol": "smtp",
        "user": user,
        "identity_kind": kind,
        "identity_addr": ADDR,
        "identity_evidence": evidence,
    }


def rows(mechanism, *answers, initial=b"", is_accepted=True):
    exchange = Exchange(mechanism, initial)
    for answer in answers:
        exchange.answer(answer)
    return list(exchange.rows("smtp", is_accepted, ADDR))


def test_accepted_log_in_is_a_credential_and_an_identity():
    claim = Claim("joe", "PASS", 9, "USER")
    assert list(login_rows(claim, "smtp", True, ADDR)) == [
        credential("joe", "PASS", "8-15 characters", True),
        identity("joe", "USER"),
    ]


def test_refused_name_is_no_identity():
    claim = Claim("joe", "PASS", 0, "USER")
    assert list(login_rows(claim, "smtp", False, ADDR)) == [credential("joe", "PASS", "(empty)", False)]


def test_anonymous_user_is_nobody():
    claim = Claim("ftp", "anonymous", 4, "USER")
    assert list(login_rows(claim, "smtp", True, ADDR)) == [credential("ftp", "anonymous", "1-7 characters", True)]


def test_plain_holds_identity_user_and_secret():
    expected = [credential("joe@example.com", "PLAIN", "8-15 characters", True)]
    expected.append(identity("joe@example.com", "AUTH PLAIN", "mailbox"))
    message = b64encode(b"\x00joe@example.com\x00swordfish")
    assert rows("plain", initial=message) == expected
    assert rows("PLAIN", message) == expected


def test_login_asks_for_user_then_secret():
    expected = [credential("joe", "LOGIN", "8-15 characters", None), identity("joe", "AUTH LOGIN")]
    assert rows("LOGIN", b64encode(b"joe"), b64encode(b"swordfish"), is_accepted=None) == expected
    assert rows("LOGIN", b64encode(b"swordfish"), initial=b64encode(b"joe"), is_accepted=None) == expected


def test_login_expects_its_second_answer():
    exchange = Exchange("LOGIN")
    exchange.answer(b64encode(b"joe"))
    assert exchange.awaits
    exchange.answer(b64encode(b"swordfish"))
    assert not exchange.awaits


@pytest.mark.parametrize(
    ("mechanism", "message"),
    [
        ("XOAUTH2", b"user=joe\x01auth=Bearer ya29.0123456789abc\x01\x01"),
        ("OAUTHBEARER", b"n,a=joe,\x01host=example.com\x01auth=Bearer ya29.0123456789abc\x01\x01"),
    ],
)
def test_bearer_token_is_a_secret(mechanism, message):
    assert rows(mechanism, b64encode(message)) == [
        credential("joe", mechanism, "16 or more characters", True),
        identity("joe", f"AUTH {mechanism}"),
    ]


@pytest.mark.parametrize(
    ("mechanism", "message"),
    [
        ("CRAM-MD5", b"joe b913a602c7eda7a495b4e6e7334d3890"),
        ("DIGEST-MD5", b'username="joe",realm="example.com",response=00'),
        ("SCRAM-SHA-256", b"n,,n=joe,r=fyko"),
    ],
)
def test_digest_tells_the_user_alone(mechanism, message):
    assert rows(mechanism, b64encode(message)) == [identity("joe", f"AUTH {mechanism}")]


def test_ntlm_messages_are_rows():
    exchange = Exchange("NTLM", b64encode(NTLM_NEGOTIATE))
    exchange.challenge(b"no base64")
    ((table, row),) = exchange.rows("smtp", None, ADDR)
    assert (table.name, row["ntlm_message"]) == ("ntlm", "NEGOTIATE")


def test_broken_ntlm_message_is_left_out():
    assert rows("NTLM", b64encode(NTLM_NEGOTIATE[:8])) == []


def test_exchange_without_end_is_given_up():
    secret = b64encode(b"\x00joe\x00swordfish")
    assert len(rows("PLAIN", *[b"="] * (MESSAGES - 1), secret)) == 2
    assert rows("PLAIN", *[b"="] * MESSAGES, secret) == []


@pytest.mark.parametrize("line", [b"*", b"a", b"\xff\xff", b"am9l!"])
def test_what_is_no_base64_is_none(line):
    assert from_base64(line) is None
    assert rows("PLAIN", line) == []


@given(
    st.sampled_from(["PLAIN", "LOGIN", "XOAUTH2", "NTLM", "DIGEST-MD5", "CRAM-MD5", "X"]),
    st.lists(st.binary(max_size=60)),
)
def test_noise_makes_rows_of_the_tables(mechanism, messages):
    found = rows(mechanism, *[b64encode(message) for message in messages], *messages)
    assert all(set(row) <= set(table.names) for table, row in found)
