"""Columns that the tables tls, dtls and quic share, each with one meaning."""

from __future__ import annotations

from quivive.messages.tls.certificates import CLIENT_SUBJECT, ISSUER, NOT_AFTER, NOT_BEFORE, SHA256, SUBJECT
from quivive.model.fields import SERVER_NAME, VERSION
from quivive.model.schema import Field

CLIENT_VERSION = Field("client_version", "text", "Highest TLS version the client offered.")
CIPHER = Field("cipher", "text", "Cipher suite the server chose, by its IANA name.")
CURVE = Field("curve", "text", "Group of the key exchange, by its IANA name.")
ALPN_OFFERED = Field("alpn_offered", "texts", "Application protocols the client offered (ALPN), in its order.")
ALPN = Field("alpn", "text", "Application protocol the server chose (ALPN).")
JA3 = Field("ja3", "text", "JA3 fingerprint of the client's TLS hello.")
JA3S = Field("ja3s", "text", "JA3S fingerprint of the server's TLS hello.")
JA4 = Field("ja4", "text", "JA4 fingerprint of the client's TLS or QUIC hello.")
IS_RESUMED = Field("is_resumed", "bool", "Whether an earlier session was taken up, so that no certificate was sent.")
HAS_ECH = Field(
    "has_ech", "bool", "Whether the client's hello carries an encrypted one (ECH or ESNI), be it in pretence."
)

HELLO_FIELDS = (
    VERSION,
    CLIENT_VERSION,
    CIPHER,
    CURVE,
    SERVER_NAME,
    ALPN_OFFERED,
    ALPN,
    JA3,
    JA3S,
    JA4,
    IS_RESUMED,
    HAS_ECH,
)
HANDSHAKE_FIELDS = (
    *HELLO_FIELDS,
    Field("is_established", "bool", "Whether every side seen went over to encryption."),
    Field("next_protocol", "texts", "Protocols the server announced by NPN, the forerunner of ALPN."),
    Field("n_certificates", "int32", "Certificates the server sent."),
    SHA256,
    Field("chain_sha256", "texts", "SHA-256 of each certificate of the server's chain, its own first, hex."),
    SUBJECT,
    ISSUER,
    NOT_BEFORE,
    NOT_AFTER,
    CLIENT_SUBJECT,
    Field("alert", "text", "Last alert sent in clear, by its standard name."),
    Field("sni_matches_certificate", "bool", "Whether the server's certificate is for the name the client asked for."),
)
"""Columns of `tls` and `dtls` behind the stamp."""
