"""HTTP transactions of public captures, against what Zeek tells of them."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import unquote

import pytest

import quivive

pytestmark = pytest.mark.corpus

CAPTURES = (
    "100-continue.pcap",
    "basic-auth-with-colon.pcap",
    "deeply-nested-mime.pcap",
    "fake-content-length.pcap",
    "http-desync-request-response-5.pcap",
    "http-filename.pcap",
    "missing-zlib-header.pcap",
    "multipart.pcap",
    "no-uri.pcap",
    "pipelined-requests.pcap",
    "version-mismatch.pcap",
    "websocket.pcap",
)
"""Those whose log holds whole rows."""

COLUMNS = {
    "method": "method",
    "uri": "uri",
    "referrer": "referrer",
    "version": "version",
    "user_agent": "user_agent",
    "status_code": "status_code",
    "status_msg": "status_text",
    "request_body_len": "request_body_bytes",
}
"""Zeek's word and ours."""

EMPTY = ("-", "(empty)", "<empty>")


def of_zeek(path):
    logs = [said["logs"].get("http.log") for said in json.loads(path.read_text()).values()]
    log = next(log for log in logs if log and log["fields"] and COLUMNS.keys() <= set(log["fields"]))
    for row in log["rows"]:
        fields = dict(zip(log["fields"], row, strict=True))
        yield tuple("" if fields[name] in EMPTY else unquote(fields[name]) for name in COLUMNS)


def ours(case):
    for row in case.select("http").rows():
        fields = {name: "" if value is None else unquote(str(value)) for name, value in row.items()}
        yield tuple(fields[name] or ("0" if name.endswith("_bytes") else "") for name in COLUMNS.values())


@pytest.mark.parametrize("name", CAPTURES)
def test_transactions_are_those_that_zeek_tells(corpus, tmp_path, name):
    capture = corpus / "zeek" / "http" / name
    with quivive.inspect(capture, out=tmp_path / "case") as case:
        assert Counter(ours(case)) == Counter(of_zeek(capture.with_name(f"{name}.zeek.json")))
