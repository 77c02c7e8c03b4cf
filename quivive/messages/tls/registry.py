"""Names of TLS groups, alerts and versions, as in the IANA TLS registries."""

from __future__ import annotations

CURVES = (
    "sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1 "
    "sect409r1 sect571k1 sect571r1 secp160k1 secp160r1 secp160r2 secp192k1 secp192r1 secp224k1 secp224r1 secp256k1 "
    "secp256r1 secp384r1 secp521r1 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1 x25519 x448 brainpoolP256r1tls13 "
    "brainpoolP384r1tls13 brainpoolP512r1tls13 GC256A GC256B GC256C GC256D GC512A GC512B GC512C curveSM2"
)
"""Supported groups from number 1 on."""

GROUPS = dict(enumerate(CURVES.split(), 1)) | {
    0x0100: "ffdhe2048",
    0x0101: "ffdhe3072",
    0x0102: "ffdhe4096",
    0x0103: "ffdhe6144",
    0x0104: "ffdhe8192",
    0x0200: "MLKEM512",
    0x0201: "MLKEM768",
    0x0202: "MLKEM1024",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
    0x6399: "X25519Kyber768Draft00",
    0x639A: "SecP256r1Kyber768Draft00",
}

ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    52: "too_many_cids_requested",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}

VERSIONS = {
    0x0002: "SSLv2",
    0x0300: "SSLv3",
    0x0301: "TLSv1.0",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
    0x0100: "DTLSv1.0 (OpenSSL)",  # 0.9.8f and Cisco AnyConnect: a draft's number, and no TLS 1.0 either
    0xFEFF: "DTLSv1.0",
    0xFEFD: "DTLSv1.2",
    0xFEFC: "DTLSv1.3",
}

TLS13_DRAFTS = {0x7F: "draft", 0x7E: "google", 0xFB: "facebook"}
"""High byte of the versions that draft implementations of TLS 1.3 sent; the low byte is the draft."""


def group_name(code: int) -> str:
    """Return the group's IANA name, or the number in hex."""
    return GROUPS.get(code) or f"0x{code:04x}"


def alert_name(code: int) -> str:
    """Return the alert's name, or `alert` and the number."""
    return ALERTS.get(code) or f"alert {code}"


def version_name(code: int) -> str:
    """Return the version as people write it, or the number in hex."""
    return VERSIONS.get(code) or (
        f"TLSv1.3 {TLS13_DRAFTS[code >> 8]} {code & 0xFF}" if code >> 8 in TLS13_DRAFTS else f"0x{code:04x}"
    )


def is_tls13(code: int) -> bool:
    """Return whether a version encrypts all that follows the server's hello: TLS 1.3, its drafts, DTLS 1.3."""
    return code in (0x0304, 0xFEFC) or code >> 8 in TLS13_DRAFTS
