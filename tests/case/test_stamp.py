"""Time stamps: what openssl answers is taken, anything else is refused; stamps over an audit hold it to its roots."""

from __future__ import annotations

import http.server
import threading

import pytest

from quivive import api
from quivive.case import stamp
from quivive.model.errors import CaseError, UsageError
from tests.case.authority import OpensslAuthority
from tests.case.test_custody import case, made  # noqa: F401 - fixtures
from tests.cli.test_mandate import quivive

DATA = b"the roots of a day"


@pytest.fixture(scope="module", params=["ec", "rsa"])
def tsa(request, tmp_path_factory):
    return OpensslAuthority(tmp_path_factory.mktemp("tsa"), request.param)


@pytest.fixture(scope="module")
def one_tsa(tmp_path_factory):
    return OpensslAuthority(tmp_path_factory.mktemp("tsa"))


def test_an_answer_is_a_stamp_over_just_these_bytes(tsa, tmp_path):
    asked = stamp.request(DATA)
    answer = tsa(asked)
    found = stamp.check(answer, DATA, stamp.nonce_of(asked))
    assert found.by == "CN=Test TSA" and found.at.tzinfo is not None
    with pytest.raises(CaseError, match="over other bytes"):
        stamp.check(answer, DATA + b"!")
    with pytest.raises(CaseError, match="answers another request"):
        stamp.check(answer, DATA, 5)
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "answer").write_bytes(answer)
    assert tsa.verifies(tmp_path / "data", tmp_path / "answer")


def test_a_stamp_changed_in_any_byte_is_refused_or_says_the_same(one_tsa):
    """What lies outside the signature, such as the certificate of the CA, may differ unseen here."""
    answer = one_tsa(stamp.request(DATA))
    whole = stamp.check(answer, DATA)
    n_refused = 0
    for at in range(len(answer)):
        try:
            assert stamp.check(answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :], DATA) == whole
        except CaseError:
            n_refused += 1
    assert n_refused > 0.5 * len(answer)


def test_cut_at_every_byte_and_noise_are_refused(one_tsa):
    answer = one_tsa(stamp.request(DATA))
    for held in [*(answer[:at] for at in range(len(answer))), b"\x30\x80" * 500, bytes(100)]:
        with pytest.raises(CaseError):
            stamp.check(held, DATA)


def test_a_refusal_of_the_authority_is_told():
    refused = bytes.fromhex("3005 3003 0201 02")  # PKIStatusInfo: rejection
    with pytest.raises(CaseError, match="refused \\(rejection\\)"):
        stamp.check(refused, DATA)


def test_the_audit_is_stamped_by_files_and_held_to_it(case, one_tsa):  # noqa: F811
    asked = api.audit_request(case)
    found = api.audit_accept(case, one_tsa(asked))
    assert found.by == "CN=Test TSA" and api.verify(case).faults == []
    assert one_tsa.verifies(case / "stamps/0001.roots", case / "stamps/0001.tsr")
    with pytest.raises(CaseError, match="no request waits"):
        api.audit_accept(case, one_tsa(asked))
    for name in ("stamps/0001.roots", "stamps/0001.tsr"):
        held = (case / name).read_bytes()
        (case / name).write_bytes(held[:50] + bytes([held[50] ^ 1]) + held[51:])
        assert api.verify(case).faults[0].startswith(f"{name}: was changed")
        (case / name).write_bytes(held)
    (case / "stamps/0009.tsr").write_bytes(b"")
    assert "was added" in api.verify(case).faults[0]


def test_an_answer_to_something_else_is_not_taken_in(case, one_tsa):  # noqa: F811
    api.audit_request(case)
    with pytest.raises(CaseError, match="over other bytes"):
        api.audit_accept(case, one_tsa(stamp.request(DATA)))
    assert not (case / "stamps/0001.tsr").exists()


def test_an_authority_by_its_address(case, one_tsa):  # noqa: F811
    """On this machine's own address: no network is needed."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            self.send_response(200 if self.path == "/tsa" else 404)
            self.end_headers()
            self.wfile.write(one_tsa(asked))

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        assert api.audit_stamp(case, api.authority(f"{base}/tsa")).by == "CN=Test TSA"
        with pytest.raises(CaseError, match=r"does not answer .*404"):
            api.audit_stamp(case, api.authority(f"{base}/none"))
        server.shutdown()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "tsa.example", ""])
def test_only_web_addresses_are_authorities(url):
    with pytest.raises(UsageError, match="is no address"):
        stamp.authority(url)


def test_the_way_by_files_at_the_command_line(case, one_tsa, tmp_path):  # noqa: F811
    code, out, err = quivive("audit", "request", case, "--out", tmp_path / "case.tsq", "--reason", "end of the week")
    assert (code, err) == (0, "") and "quivive audit accept" in out
    (tmp_path / "case.tsr").write_bytes(one_tsa((tmp_path / "case.tsq").read_bytes()))
    code, out, err = quivive("audit", "accept", case, tmp_path / "case.tsr")
    assert (code, err) == (0, "") and out.startswith("stamped at ") and out.endswith("by CN=Test TSA\n")
    (tmp_path / "none.tsr").write_bytes(b"")
    for words in (["audit", "accept", case, tmp_path / "none.tsr"], ["audit", "stamp", case, "--tsa", "tsa.example"]):
        code, out, err = quivive(*words)
        assert code in (1, 2) and out == "" and err.count("\n") == 1
