"""Log-in blobs: whatever wraps it, the inner token comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.kerberos_names import KERBEROS
from quivive.messages.ntlm import NTLM
from quivive.messages.spnego import Token, rows, unwrap
from quivive.model.errors import Malformed
from quivive.model.tables import ANOMALIES

AP_REQ = bytes.fromhex(
    "6e7c 307a"  # AP-REQ
    "a003020105 a10302010e"  # pvno 5, msg-type 14
    "a207 03050020000000"  # ap-options: mutual-required
    "a354 6152 3050 a003020105"  # ticket, tkt-vno 5
    "a10e 1b0c 5745524b2e4558414d504c45"  # realm WERK.EXAMPLE
    "a223 3021 a003020102 a11a 3018 1b0463696673 1b106673312e7765726b2e6578616d706c65"  # cifs, fs1.werk.example
    "a314 3012 a003020112 a103020103 a206 0404aaaaaaaa"  # enc-part: aes256, key version 3
    "a40f 300d a003020112 a206 0404bbbbbbbb"  # authenticator
)

NEG_TOKEN_INIT = (
    bytes.fromhex(
        "6081c8 0606 2b0601050502"  # GSS-API initial token of SPNEGO
        "a081bd 3081ba"  # NegTokenInit
        "a024 3022"  # mechTypes
        "0609 2a864882f712010202"  # Microsoft's Kerberos
        "0609 2a864886f712010202"  # Kerberos
        "060a 2b06010401823702020a"  # NTLM
        "a28191 04818e"  # mechToken
        "60818b 0609 2a864886f712010202 0100"  # GSS-API initial token of Kerberos, AP-REQ
    )
    + AP_REQ
)

NTLM_NEGOTIATE = bytes.fromhex("4e544c4d53535000 01000000 07820008 0000000000000000 0000000000000000")

NEG_TOKEN_RESP = (
    bytes.fromhex(
        "a139 3037"  # NegTokenResp
        "a003 0a0101"  # accept-incomplete
        "a10c 060a 2b06010401823702020a"  # NTLM
        "a222 0420"  # responseToken
    )
    + NTLM_NEGOTIATE
)


def test_initial_token_offers_mechanisms_and_holds_the_first_ones_token():
    assert unwrap(NEG_TOKEN_INIT) == Token("Kerberos", b"\1\0" + AP_REQ, ("Kerberos", "Kerberos", "NTLM"))


def test_response_says_how_the_negotiation_stands():
    assert unwrap(NEG_TOKEN_RESP) == Token("NTLM", NTLM_NEGOTIATE, (), "accept-incomplete")


def test_bare_messages_need_no_wrapping():
    assert unwrap(NTLM_NEGOTIATE) == Token("NTLM", NTLM_NEGOTIATE)
    assert unwrap(AP_REQ) == Token("Kerberos", b"\1\0" + AP_REQ)


def test_completed_negotiation_holds_no_token():
    assert unwrap(bytes.fromhex("a107 3005 a003 0a0100")) == Token("", b"", (), "accept-completed")


def test_unknown_mechanism_keeps_its_number():
    assert unwrap(bytes.fromhex("6007 0603 2a0304 aabb")) == Token("1.2.3.4", b"\xaa\xbb")


def test_ticket_shown_to_a_service_is_one_row():
    assert list(rows(NEG_TOKEN_INIT, "smb", "10.0.0.5")) == [
        (
            KERBEROS,
            {
                "protocol": "smb",
                "kerberos_message": "AP-REQ",
                "kerberos_service": "cifs/fs1.werk.example",
                "kerberos_service_realm": "WERK.EXAMPLE",
                "kerberos_etype": "aes256-cts-hmac-sha1-96",
            },
        )
    ]


def test_ntlm_inside_is_found():
    assert list(rows(NEG_TOKEN_RESP, "ldap")) == [
        (NTLM, {"protocol": "ldap", "ntlm_message": "NEGOTIATE", "ntlm_flags": 0x08008207})
    ]


def test_broken_blob_is_an_anomaly():
    assert list(rows(b"\x60\x03\x06\x01", "smb")) == [
        (
            ANOMALIES,
            {
                "place": "smb",
                "anomaly": "log-in token is malformed",
                "detail": "element runs past its end at byte 0",
            },
        )
    ]


@pytest.mark.parametrize("blob", [NEG_TOKEN_INIT, NEG_TOKEN_RESP, AP_REQ, NTLM_NEGOTIATE])
def test_blob_cut_at_any_byte_is_rows_or_an_anomaly(blob):
    for cut in range(len(blob)):
        for table, row in rows(blob[:cut], "smb"):
            assert table is ANOMALIES or set(row) <= set(table.names)
    with pytest.raises(Malformed):
        unwrap(blob[:1])


@given(st.sampled_from([NEG_TOKEN_INIT, NEG_TOKEN_RESP, AP_REQ]), st.integers(0, 210), st.binary(max_size=8))
def test_noise_is_rows_or_an_anomaly(blob, at, noise):
    for table, row in rows(blob[:at] + noise + blob[at + len(noise) :], "smb"):
        assert set(row) <= set(table.names)
