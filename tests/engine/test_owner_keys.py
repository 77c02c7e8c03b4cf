"""Captures read with their owner's keys, end to end."""

from __future__ import annotations

import json
import struct

import pytest

from quivive import api
from quivive.model.errors import UsageError
from tests.captures import pcap
from tests.kit.tls_sessions import REQUEST, RESPONSE, TLS12, TLS13, frames, session

DECRYPTED = ["orig_plain_bytes", "resp_plain_bytes", "n_false_records", "n_unread_records"]
PLAIN = [
    {"orig_plain_bytes": len(REQUEST), "resp_plain_bytes": len(RESPONSE), "n_false_records": 0, "n_unread_records": 0}
]


def rows(case, table, *columns):
    if table not in case.manifest["tables"]:
        return []
    return case.select(table, columns=", ".join(columns)).rows()


@pytest.mark.parametrize(
    ("version", "ciphers"), [(TLS13, ""), (TLS12, "AES128-SHA"), (TLS12, "ECDHE-RSA-AES128-GCM-SHA256")]
)
def test_inner_protocol_is_read_like_any_other(tmp_path, version, ciphers):
    made = session(version, ciphers)
    (tmp_path / "keys").write_bytes(made.log)
    with api.inspect(pcap(tmp_path / "a.pcap", frames(made)), tmp_path / "case", keys=tmp_path / "keys") as case:
        assert rows(case, "decrypted", *DECRYPTED) == PLAIN
        assert rows(case, "flows", "service", "service_stack") == [{"service": "tls", "service_stack": "tls,http1"}]
        assert rows(case, "http", "flow_id", "method", "url", "status_code") == [
            {"flow_id": 0, "method": "GET", "url": "https://www.example.com/plan", "status_code": 200}
        ]
        assert rows(case, "tls", "alpn", "certificate_subject", "is_established") == [
            {"alpn": "http/1.1", "certificate_subject": "CN=www.example.com", "is_established": True}
        ]
        assert case.manifest["owner_keys"] == {"n_files": 1, "n_flows_opened": 1}
        assert "1 flow was read with keys that the owner handed over." in " ".join(case.brief().split())


def test_log_in_that_was_never_in_clear_is_no_row_of_those(tmp_path):
    asked = REQUEST.replace(b"Host", b"Authorization: Basic YW5uOnNlY3JldDk=\r\nHost")
    made = session(TLS13, request=asked)
    (tmp_path / "keys").write_bytes(made.log)
    with api.inspect(pcap(tmp_path / "a.pcap", frames(made)), tmp_path / "case", keys=tmp_path / "keys") as case:
        assert rows(case, "http", "auth_scheme") == [{"auth_scheme": "Basic"}]
        assert "credentials" not in case.manifest["tables"]
        assert rows(case, "identities", "flow_id", "protocol") == [{"flow_id": 0, "protocol": "http1"}]
        assert not [one for one in case.findings if one["detector"] == "cleartext_login"]


def test_without_keys_and_with_those_of_others_a_case_says_the_same(tmp_path):
    made, other = session(TLS12, "AES128-SHA"), session(TLS13)
    (tmp_path / "keys").write_bytes(other.log)
    capture = pcap(tmp_path / "a.pcap", frames(made))
    said = []
    for nth, keys in enumerate([(), tmp_path / "keys"]):
        with api.inspect(capture, tmp_path / f"case{nth}", keys=keys) as case:
            said.append({name: case.select(name).rows() for name in case.manifest["tables"]})
    assert said[0] == said[1]
    assert "decrypted" not in said[0]


def test_keys_are_nowhere_in_the_case(tmp_path):
    made = session(TLS13)
    (tmp_path / "keys").write_bytes(made.log)
    with api.inspect(pcap(tmp_path / "a.pcap", frames(made)), tmp_path / "case", keys=tmp_path / "keys"):
        pass
    secrets = [line.split()[2] for line in made.log.splitlines() if not line.startswith(b"#")]
    for path in (tmp_path / "case").rglob("*"):
        said = path.read_bytes() if path.is_file() else b""
        assert not any(secret in said or bytes.fromhex(secret.decode()) in said for secret in secrets), path


def test_changed_byte_passes_nothing_on(tmp_path):
    made = session(TLS13)
    (tmp_path / "keys").write_bytes(made.log)
    *first, (side, last) = made.turns
    changed = made._replace(turns=[*first, (side, last[:-1] + bytes([last[-1] ^ 1]))])
    with api.inspect(pcap(tmp_path / "a.pcap", frames(changed)), tmp_path / "case", keys=tmp_path / "keys") as case:
        assert rows(case, "decrypted", *DECRYPTED) == [PLAIN[0] | {"resp_plain_bytes": 0, "n_false_records": 1}]
        assert rows(case, "http", "status_code") == [{"status_code": None}]


def test_keys_are_refused_at_the_level_of_counters(tmp_path):
    made = session(TLS13)
    (tmp_path / "keys").write_bytes(made.log)
    with pytest.raises(UsageError, match="level L0"):
        api.inspect(pcap(tmp_path / "a.pcap", frames(made)), tmp_path / "case", keys=tmp_path / "keys", level="L0")


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def pcapng(path, log, found):
    """Write a pcapng whose section begins with the secrets that open it."""
    parts = [
        block(0x0A0D0D0A, bytes.fromhex("4d3c2b1a 01000000 ffffffffffffffff")),
        block(1, bytes.fromhex("01000000 00000400")),
    ]
    parts.append(block(10, b"KSLT" + struct.pack("<I", len(log)) + log))
    parts += [block(6, struct.pack("<5I", 0, 0, nth + 1, len(one), len(one)) + one) for nth, one in enumerate(found)]
    path.write_bytes(b"".join(parts))
    return path


def test_secrets_within_a_capture_open_it(tmp_path):
    made = session(TLS13)
    with api.inspect(pcapng(tmp_path / "a.pcapng", made.log, frames(made)), tmp_path / "case") as case:
        assert rows(case, "decrypted", *DECRYPTED) == PLAIN
        assert case.manifest["owner_keys"] == {"n_files": 0, "n_flows_opened": 1}
    with api.inspect(tmp_path / "a.pcapng", tmp_path / "counters", level="L0") as case:
        assert sorted(case.manifest["tables"]) == ["captures", "flows"]


@pytest.mark.corpus
def test_published_sessions_have_their_published_sizes(corpus, tmp_path):
    """fq's sessions, one of each suite: 73, of which 62 have sizes that two programs agree on."""
    said = json.loads((corpus / "fq" / "decrypted.json").read_text(encoding="utf-8"))
    wrong, n_agreed = {}, 0
    for nth, (name, truth) in enumerate(said.items()):
        log = corpus / f"{name}.keylog"
        with api.inspect(corpus / name, tmp_path / str(nth), keys=[log] if log.exists() else []) as case:
            sizes = [(row["orig_plain_bytes"], row["resp_plain_bytes"]) for row in rows(case, "decrypted", *DECRYPTED)]
        n_agreed += truth["agree"] is True
        if (truth["client_bytes"], truth["server_bytes"]) not in sizes:
            wrong[name] = sizes
    assert (wrong, n_agreed) == ({}, 62)
