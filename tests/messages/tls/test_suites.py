"""Names of cipher suites."""

import pytest

from quivive.messages.tls.suites import CIPHERS, SUITES, cipher_name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x0000, "TLS_NULL_WITH_NULL_NULL"),
        (0x001E, "TLS_KRB5_WITH_DES_CBC_SHA"),
        (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        (0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0x5600, "TLS_FALLBACK_SCSV"),
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0xC0AA, "TLS_PSK_DHE_WITH_AES_128_CCM_8"),
        (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"),
        (0x0700C0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
    ],
)
def test_a_suite_has_its_registered_name(code, name):
    assert cipher_name(code) == name


def test_a_suite_that_is_not_registered_is_a_number():
    assert cipher_name(0x001C) == "0x001c"
    assert cipher_name(0x0A0A) == "0x0a0a"


def test_no_two_suites_have_one_name_and_no_line_runs_into_the_next():
    lines = [line.split() for line in SUITES.strip().splitlines()]
    ends = [int(first, 16) + len(names) for first, *names in lines]
    assert all(end <= int(line[0], 16) for end, line in zip(ends, lines[1:], strict=False))
    assert len(set(CIPHERS.values())) == len(CIPHERS) == 359
