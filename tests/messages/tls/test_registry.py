"""Names of groups, alerts and versions."""

import pytest

from quivive.messages.tls.registry import alert_name, group_name, is_tls13, version_name


def test_names_are_the_registered_ones():
    assert [group_name(code) for code in (23, 25, 29, 41, 0x100, 0x11EC)] == [
        "secp256r1",
        "secp521r1",
        "x25519",
        "curveSM2",
        "ffdhe2048",
        "X25519MLKEM768",
    ]
    assert [alert_name(code) for code in (0, 40, 48, 120)] == [
        "close_notify",
        "handshake_failure",
        "unknown_ca",
        "no_application_protocol",
    ]


def test_numbers_without_a_name_stay_numbers():
    assert group_name(0x0A0A) == "0x0a0a"
    assert alert_name(200) == "alert 200"
    assert version_name(0x0A0A) == "0x0a0a"


@pytest.mark.parametrize(
    ("code", "name", "is_13"),
    [
        (0x0002, "SSLv2", False),
        (0x0300, "SSLv3", False),
        (0x0301, "TLSv1.0", False),
        (0x0303, "TLSv1.2", False),
        (0x0304, "TLSv1.3", True),
        (0x7F17, "TLSv1.3 draft 23", True),
        (0xFB1A, "TLSv1.3 facebook 26", True),
        (0xFEFF, "DTLSv1.0", False),
        (0xFEFD, "DTLSv1.2", False),
        (0xFEFC, "DTLSv1.3", True),
    ],
)
def test_versions_are_named_and_known_to_hide_the_rest(code, name, is_13):
    assert (version_name(code), is_tls13(code)) == (name, is_13)
