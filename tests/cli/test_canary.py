"""quivive canary, and the case in which one is seen."""

from __future__ import annotations

from random import Random

import pytest

from quivive import api
from quivive.cli.main import main
from quivive.demo import http, names
from quivive.demo.captures import pcap
from quivive.demo.clock import at
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("QUIVIVE_CONFIG", str(tmp_path / "settings"))


def run(capsys, *words):
    try:
        main(words)
    except SystemExit as end:
        assert not end.code, capsys.readouterr().err
    return capsys.readouterr().out


def test_a_planted_container_is_seen_when_it_leaves(capsys, tmp_path):
    (token, _) = run(capsys, "canary", "new", "wms", "--count", "2").split()
    assert token in run(capsys, "canary", "list")
    tape = Tape(Random(1))
    talk = Conversation(tape, (names.WMS1, names.LINK_GATEWAY), 80, at_ns=at(9.0))
    talk.say(ORIG, http.request("GET", names.LINK_GATEWAY.name, f"/containers/{token}"))
    talk.say(RESP, http.response(talk.now_ns, b"{}", "application/json"))
    talk.close()
    (tmp_path / "a.pcap").write_bytes(pcap(tape.in_order()))
    with api.inspect(tmp_path / "a.pcap", tmp_path / "case") as case:
        (finding,) = [one for one in case.findings if one["detector"] == "canary"]
        assert finding["title"].startswith("the container planted in wms went to outside, from 192.168.40.10 to ")
        assert token not in repr(case.table("canaries").fetchall())
