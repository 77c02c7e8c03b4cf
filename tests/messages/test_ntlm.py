"""NTLM messages: who logs in to whom, never the secrets between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.ntlm import NTLM, rows
from quivive.model.errors import Malformed
from quivive.model.tables import IDENTITIES

NEGOTIATE = bytes.fromhex(
    "4e544c4d53535000 01000000"  # NTLMSSP, NEGOTIATE
    "07320002"  # flags: unicode, OEM, domain and workstation supplied, version
    "0400 0400 2d000000"  # domain: 4 bytes at 45
    "0500 0500 28000000"  # workstation: 5 bytes at 40
    "0601b11d0000000f"  # Windows 6.1.7601, NTLMSSP_REVISION_W2K3
    "50432d3137"  # PC-17
    "5745524b"  # WERK
)

CHALLENGE = bytes.fromhex(
    "4e544c4d53535000 02000000"  # NTLMSSP, CHALLENGE
    "0800 0800 38000000"  # target name: 8 bytes at 56
    "05828982"  # flags: unicode, target info, version
    "c0ffee00c0ffee00 0000000000000000"  # server challenge, reserved
    "3800 3800 40000000"  # target information: 56 bytes at 64
    "0a006345 0000000f"  # Windows 10.0.17763
    "5700450052004b00"  # WERK
    "0200 0800 5700450052004b00"  # NetBIOS domain WERK
    "0100 0600 460053003100"  # NetBIOS computer FS1
    "0400 1600 7700650072006b002e006500780061006d0070006c00"  # DNS domain werk.exampl
    "0700 0000"  # time, without one
    "0000 0000"  # end of list
)

AUTHENTICATE = bytes.fromhex(
    "4e544c4d53535000 03000000"  # NTLMSSP, AUTHENTICATE
    "0000 0000 40000000"  # LM response: none
    "4400 4400 66000000"  # NT response: 68 bytes at 102
    "0800 0800 40000000"  # domain: 8 bytes at 64
    "0e00 0e00 48000000"  # user: 14 bytes at 72
    "1000 1000 56000000"  # workstation: 16 bytes at 86
    "0000 0000 66000000"  # session key: none
    "01820800"  # flags: unicode, NTLM, extended session security
    "5700450052004b00"  # WERK
    "6a002e0077006500620065007200"  # j.weber
    "500043002d0031003700300031003200"  # PC-17012
    "00000000000000000000000000000000"  # NTProofStr
    "0101 0000 00000000 0000000000000000 0000000000000000 00000000"  # client challenge: type, time, challenge
    "0900 1000 63006900660073002f00660073003100"  # target name cifs/fs1
    "0000 0000"  # end of list
)


def read(message):
    return list(rows(message, "smb", "10.0.0.5"))


def test_negotiate_names_domain_and_workstation_in_oem_text():
    assert read(NEGOTIATE) == [
        (
            NTLM,
            {
                "protocol": "smb",
                "ntlm_message": "NEGOTIATE",
                "ntlm_flags": 0x02003207,
                "domain": "WERK",
                "workstation": "PC-17",
                "ntlm_os_version": "6.1.7601",
            },
        )
    ]


def test_challenge_names_the_server():
    assert read(CHALLENGE) == [
        (
            NTLM,
            {
                "protocol": "smb",
                "ntlm_message": "CHALLENGE",
                "ntlm_flags": 0x82898205,
                "ntlm_target": "WERK",
                "ntlm_domain": "WERK",
                "ntlm_server": "FS1",
                "ntlm_dns_domain": "werk.exampl",
                "ntlm_os_version": "10.0.17763",
            },
        )
    ]


def test_authenticate_names_the_user_and_is_an_identity():
    assert read(AUTHENTICATE) == [
        (
            NTLM,
            {
                "protocol": "smb",
                "ntlm_message": "AUTHENTICATE",
                "user": "j.weber",
                "domain": "WERK",
                "workstation": "PC-17012",
                "is_anonymous": False,
                "ntlm_version": "NTLMv2",
                "ntlm_service": "cifs/fs1",
                "ntlm_flags": 0x00088201,
            },
        ),
        (
            IDENTITIES,
            {
                "protocol": "smb",
                "user": "j.weber",
                "domain": "WERK",
                "workstation": "PC-17012",
                "identity_kind": "user",
                "identity_addr": "10.0.0.5",
                "identity_evidence": "NTLM AUTHENTICATE",
            },
        ),
    ]


def authenticate(nt_bytes, lm_bytes, user):
    """An AUTHENTICATE whose responses have these sizes, from OEM Windows without flags."""
    descriptors = b""
    at = 52
    for size in (lm_bytes, nt_bytes, 0, len(user), 0):
        descriptors += size.to_bytes(2, "little") * 2 + at.to_bytes(4, "little")
        at += size
    return b"NTLMSSP\0\3\0\0\0" + descriptors + bytes(lm_bytes + nt_bytes) + user


@pytest.mark.parametrize(
    ("nt_bytes", "lm_bytes", "version"), [(25, 24, "NTLMv2"), (24, 24, "NTLMv1"), (0, 24, "LM"), (0, 23, None)]
)
def test_size_of_the_response_tells_its_version(nt_bytes, lm_bytes, version):
    (_, row), *_ = read(authenticate(nt_bytes, lm_bytes, b"f\0s\0$\0"))
    assert row.get("ntlm_version") == version


def test_account_of_a_machine_is_no_person():
    *_, (table, row) = read(authenticate(24, 24, b"F\0S\x001\0$\0"))
    assert (table, row["user"], row["identity_kind"]) == (IDENTITIES, "FS1$", "machine")


def test_log_in_without_a_name_is_anonymous_and_no_identity():
    assert read(authenticate(0, 1, b"")) == [
        (NTLM, {"protocol": "smb", "ntlm_message": "AUTHENTICATE", "is_anonymous": True})
    ]


def test_target_information_without_its_end_is_read_as_far_as_it_goes():
    cut = CHALLENGE[:40] + (12).to_bytes(2, "little") * 2 + CHALLENGE[44:76]
    assert read(cut)[0][1]["ntlm_domain"] == "WERK"
    assert "ntlm_server" not in read(cut)[0][1]


def test_target_information_outside_the_message_is_left_alone():
    ((_, row),) = read(CHALLENGE[:64])
    assert (row["ntlm_target"], "ntlm_domain" in row) == ("WERK", False)


def test_no_secret_is_in_a_row():
    marked = AUTHENTICATE.replace(bytes(16), b"SECRETSECRETSECR", 1)
    assert "SECRET" not in str(read(marked))
    assert "c0ffee" not in str(read(CHALLENGE))


@pytest.mark.parametrize("message", [NEGOTIATE, CHALLENGE, AUTHENTICATE])
def test_message_cut_at_any_byte_is_rows_or_malformed(message):
    for cut in range(len(message)):
        try:
            read(message[:cut])
        except Malformed:
            continue


@pytest.mark.parametrize("message", [b"", b"NTLMSSP\0", b"NTLMSSP\0\4\0\0\0" + bytes(60), b"KERBEROS" + bytes(60)])
def test_what_is_no_ntlm_message_is_malformed(message):
    with pytest.raises(Malformed):
        read(message)


@given(st.sampled_from([NEGOTIATE, CHALLENGE, AUTHENTICATE]), st.integers(0, 160), st.binary(max_size=60))
def test_noise_is_rows_or_malformed(message, at, noise):
    try:
        for table, row in read(message[:at] + noise + message[at + len(noise) :]):
            assert set(row) <= set(table.names)
    except Malformed:
        pass
