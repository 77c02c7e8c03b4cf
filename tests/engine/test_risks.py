"""Risks of flows: each with a row that shows it and one that just does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quivive.engine import registry
from quivive.engine.questions import working_tables
from quivive.engine.risks import of_tables, risks_of, shipped, write_risks
from quivive.model.errors import PluginError
from tests.detectors.case_builder import START_NS, case, flow, row_of

SECOND_US, DAY_US = 1_000_000, 86_400 * 1_000_000
NOW_US = START_NS // 1000
TLS = "tls"
HTTP = "http"

CASES = [
    ("expired_certificate", TLS, {"certificate_not_after": NOW_US - SECOND_US}, {"certificate_not_after": NOW_US}),
    ("certificate_not_yet_valid", TLS, {"certificate_not_before": NOW_US + SECOND_US},
     {"certificate_not_before": NOW_US}),
    ("self_signed_certificate", TLS, {"certificate_subject": "CN=a", "certificate_issuer": "CN=a"},
     {"certificate_subject": "CN=a", "certificate_issuer": "CN=b"}),
    ("certificate_for_another_name", TLS, {"sni_matches_certificate": False}, {"sni_matches_certificate": True}),
    ("long_lived_certificate", TLS,
     {"certificate_not_before": NOW_US, "certificate_not_after": NOW_US + 398 * DAY_US + SECOND_US},
     {"certificate_not_before": NOW_US, "certificate_not_after": NOW_US + 398 * DAY_US}),
    ("broken_ssl_version", TLS, {"version": "SSLv3"}, {"version": "TLSv1.2"}),
    ("obsolete_tls_version", "dtls", {"version": "DTLSv1.0"}, {"version": "DTLSv1.2"}),
    ("weak_cipher", TLS, {"cipher": "TLS_RSA_WITH_3DES_EDE_CBC_SHA"}, {"cipher": "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"}),
    ("no_encryption", TLS, {"cipher": "TLS_RSA_WITH_NULL_SHA"}, {"cipher": "TLS_RSA_WITH_AES_128_CBC_SHA"}),
    ("anonymous_key_exchange", TLS, {"cipher": "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
     {"cipher": "TLS_DH_RSA_WITH_AES_128_CBC_SHA"}),
    ("no_forward_secrecy", TLS, {"cipher": "TLS_RSA_WITH_AES_128_GCM_SHA256"}, {"cipher": "TLS_AES_128_GCM_SHA256"}),
    ("no_server_name", TLS, {"client_version": "TLSv1.3"}, {"client_version": "TLSv1.3", "server_name": "a.example"}),
    ("numeric_server_name", "quic", {"server_name": "192.0.2.1"}, {"server_name": "1.2.3.example"}),
    ("encrypted_hello", TLS, {"has_ech": True}, {"has_ech": False}),
    ("unusual_alpn", TLS, {"alpn_offered": ["acme"]}, {"alpn_offered": ["acme", "h2"]}),
    ("tls_alert", TLS, {"alert": "handshake_failure"}, {"alert": "close_notify"}),
    ("weak_certificate_key", "certificates", {"key_algorithm": "rsaEncryption", "key_bits": 2047},
     {"key_algorithm": "rsaEncryption", "key_bits": 2048}),
    ("weak_certificate_signature", "certificates",
     {"signature_algorithm": "sha1WithRSAEncryption", "is_self_signed": False},
     {"signature_algorithm": "sha1WithRSAEncryption", "is_self_signed": True}),
    ("malformed_certificate", "certificates", {"is_malformed": True}, {"is_malformed": False}),
    ("old_certificate_version", "certificates", {"x509_version": 2}, {"x509_version": 3}),
    ("generated_name", "dns", {"rcode": "NXDOMAIN", "query": "xkqvbzwrtjpm.com"},
     {"rcode": "NXDOMAIN", "query": "mitteilungen.com"}),
    ("long_dns_label", "dns", {"query": "a" * 49 + ".example"}, {"query": "a" * 48 + ".example"}),
    ("binary_over_dns", "dns", {"qtype": "A", "query": "\\xff.example"}, {"qtype": "A", "query": "ff.example"}),
    ("large_txt_answer", "dns", {"qtype": "TXT", "is_response": True, "message_bytes": 513},
     {"qtype": "TXT", "is_response": True, "message_bytes": 512}),
    ("large_dns_message", "dns", {"message_bytes": 1233}, {"message_bytes": 1232}),
    ("hidden_bytes_in_dns", "dns", {"slack_bytes": 1}, {"slack_bytes": 0}),
    ("malformed_dns", "dns", {"is_malformed": True}, {"is_malformed": False}),
    ("zone_transfer", "dns", {"qtype": "AXFR"}, {"qtype": "A"}),
    ("dns_update", "dns", {"opcode": "UPDATE"}, {"opcode": "QUERY"}),
    ("numeric_host", HTTP, {"host": "192.0.2.1:8080"}, {"host": "192.0.2.1.example"}),
    ("no_user_agent", HTTP, {"method": "GET"}, {"method": "GET", "user_agent": "a"}),
    ("suspicious_user_agent", HTTP, {"user_agent": "sqlmap/1.7"}, {"user_agent": "Mozilla/5.0"}),
    ("obsolete_web_server", HTTP, {"response_server": "nginx/1.9.1"}, {"response_server": "nginx/1.19.1"}),
    ("executable_download", HTTP, {"status_code": 200, "uri": "/a.exe?b=1"}, {"status_code": 404, "uri": "/a.exe"}),
    ("credentials_in_url", HTTP, {"uri": "/a?b=1&Password=***"}, {"uri": "/password?b=1"}),
    ("unusual_method", HTTP, {"method": "DEBUG", "user_agent": "a"}, {"method": "PATCH", "user_agent": "a"}),
    ("attack_in_url", HTTP, {"uri": "/a?b=${jndi:ldap://x}"}, {"uri": "/a/../b"}),
    ("server_error", HTTP, {"status_code": 500}, {"status_code": 499}),
    ("obsolete_ssh_version", "ssh", {"version": "1.5"}, {"version": "1.99"}),
    ("weak_ssh_algorithm", "ssh", {"kex_alg": "diffie-hellman-group14-sha1"},
     {"kex_alg": "diffie-hellman-group14-sha256"}),
    ("obsolete_ssh_software", "ssh", {"client_software": "OpenSSH_6.9"}, {"client_software": "OpenSSH_7.0"}),
    ("weak_kerberos_encryption", "kerberos", {"kerberos_etype": "rc4-hmac"},
     {"kerberos_etype": "aes128-cts-hmac-sha1-96", "kerberos_etypes": ["rc4-hmac"]}),
    ("ntlm_login", "ntlm", {"ntlm_message": "AUTHENTICATE"}, {"ntlm_message": "CHALLENGE"}),
    ("ntlm_v1", "ntlm", {"ntlm_version": "NTLMv1"}, {"ntlm_version": "NTLMv2"}),
    ("anonymous_windows_login", "ntlm", {"is_anonymous": True}, {"is_anonymous": False}),
    ("smb1", "smb", {"version": "1"}, {"version": "2.1"}),
    ("smb_not_signed", "smb", {"smb_signing": "enabled"}, {"smb_signing": "required"}),
    ("rdp_without_nla", "rdp", {"rdp_security": "SSL"}, {"rdp_security": "HYBRID"}),
    ("vnc_without_login", "rfb", {"rfb_security": "none"}, {"rfb_security": "VNC"}),
    ("snmp_in_clear", "snmp", {"snmp_version": "2c"}, {"snmp_version": "3"}),
    ("snmp3_not_protected", "snmp", {"snmp_security": "noAuthNoPriv", "snmp_pdu": "get"},
     {"snmp_security": "authNoPriv", "snmp_pdu": "get"}),
    ("clear_text_login", "credentials", {"login_method": "PASS"}, {"login_method": None}),
    ("anonymous_login", "credentials", {"login_method": "anonymous"}, {"login_method": None}),
    ("malformed_message", "anomalies", {"anomaly": "record is malformed"}, {"anomaly": "message broken off"}),
]  # fmt: skip
SURE = {"confidence": "pattern"}
FLOW_CASES = [
    ("unsafe_protocol", {"service": "tftp", "resp_port": 69, **SURE},
     {"service": "tftp", "resp_port": 69, "confidence": "port only"}),
    ("protocol_on_foreign_port", {"service": "ssh", "resp_port": 53, **SURE},
     {"service": "dns", "resp_port": 53, **SURE}),
    ("protocol_off_its_port", {"service": "smb", "resp_port": 4450, **SURE},
     {"service": "smb", "resp_port": 445, **SURE}),
    ("one_sided", {"resp_packets": 0}, {"resp_packets": 0, "resp_addr": "239.255.255.250"}),
    ("bytes_missing", {"n_gaps": 1}, {"n_gaps": 0}),
    ("desktop_sharing", {"app_category": "remote help"}, {"app_category": "meetings"}),
    ("mining", {"service": "stratum"}, {"app_category": "crypto exchange"}),
    ("anonymity_network", {"service": "tor"}, {"service": "tls"}),
    ("tunnel_service", {"app_category": "tunnel"}, {"app_category": "vpn"}),
    ("vpn", {"service": "wireguard"}, {"service": "tls"}),
    ("encrypted_resolver", {"app_category": "resolver", "service": "tls"},
     {"app_category": "resolver", "service": "dns"}),
    ("file_drop", {"app_category": "paste site"}, {"app_category": "storage"}),
    ("dynamic_name", {"app_category": "dynamic DNS"}, {"app_category": "resolver"}),
    ("file_sharing", {"service": "bittorrent"}, {"service": "tls"}),
]  # fmt: skip


def risks_in(folder, rows):
    """Return what `risks` holds for a case made of these rows: [(flow_id, risk)]."""
    with case(folder, rows):
        pass
    tables = working_tables(folder, registry.tables())
    write_risks(tables, folder)
    tables.close()
    with case(folder, {}, reads=("risks",)) as written:
        return list(written.sql("SELECT * FROM risks"))


@pytest.mark.parametrize(("risk", "table", "shows", "just_not"), CASES, ids=[f"{case[0]}" for case in CASES])
def test_a_row_shows_its_risk_and_one_below_does_not(tmp_path, risk, table, shows, just_not):
    flows = [flow(), flow()]
    rows = {"flows": flows, table: [row_of(flows[0], **shows), row_of(flows[1], **just_not)]}
    found = [(row["flow_id"], row["risk"]) for row in risks_in(tmp_path, rows)]
    assert (flows[0]["flow_id"], risk) in found
    assert (flows[1]["flow_id"], risk) not in found


@pytest.mark.parametrize(("risk", "shows", "just_not"), FLOW_CASES, ids=[case[0] for case in FLOW_CASES])
def test_a_flow_shows_its_risk_and_one_below_does_not(tmp_path, risk, shows, just_not):
    flows = [flow(**shows), flow(**just_not)]
    found = [(row["flow_id"], row["risk"]) for row in risks_in(tmp_path, {"flows": flows})]
    assert (flows[0]["flow_id"], risk) in found
    assert (flows[1]["flow_id"], risk) not in found


def test_a_name_that_nobody_looked_up_is_a_risk_where_the_caller_looks_up_others(tmp_path):
    asked, known = flow(service="dns", resp_port=53), flow(server_name="a.example")
    hidden, silent = flow(server_name="B.example"), flow(server_name="b.example", orig_addr="10.0.0.9")
    looked_up = row_of(asked, query="a.example", opcode="QUERY")
    found = risks_in(tmp_path, {"flows": [asked, known, hidden, silent], "dns": [looked_up]})
    told = [row["flow_id"] for row in found if row["risk"] == "name_never_looked_up"]
    assert told == [hidden["flow_id"]]


def test_a_risk_is_told_once_for_a_flow_with_the_first_time_and_in_words(tmp_path):
    one = flow()
    rows = [row_of(one, smb_signing="enabled") | {"ts_ns": START_NS + k * 10**9} for k in (2, 1)]
    assert risks_in(tmp_path, {"flows": [one], "smb": rows}) == [
        {
            "flow_id": one["flow_id"],
            "ts": datetime.fromtimestamp(START_NS / 10**9 + 1, UTC),
            "ts_ns": START_NS + 10**9,
            "risk": "smb_not_signed",
            "risk_severity": "low",
            "risk_meaning": "The file server does not insist on signed messages, so that a log-in can be passed on.",
        }
    ]


def test_an_ordinary_flow_has_no_risk(tmp_path):
    plain = flow()
    found = risks_in(tmp_path, {"flows": [plain, flow(n_gaps=1)]})
    assert [row["risk"] for row in found if row["flow_id"] == plain["flow_id"]] == []


def test_each_risk_has_its_test_and_says_what_it_is():
    tested = {case[0] for case in (*CASES, *FLOW_CASES)} | {"name_never_looked_up"}
    assert tested == {risk.name for risk in shipped()}
    assert len(tested) >= 40
    assert all(risk.meaning.endswith(".") for risk in shipped())
    assert of_tables().keys() <= registry.tables().keys()


@pytest.mark.parametrize(
    "row", [7, {}, {"severity": "grave", "meaning": "A.", "tables": ["flows"], "when": "true"},
            {"severity": "low", "meaning": "A.", "tables": [], "when": "true"}]
)  # fmt: skip
def test_a_list_that_does_not_fit_is_refused(row):
    with pytest.raises(PluginError, match="should have severity"):
        list(risks_of({"odd": row}))
