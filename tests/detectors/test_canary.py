"""A planted value seen on its way."""

from __future__ import annotations

from datetime import date

import pytest

from quivive.detectors.canary import CanarySeen
from quivive.model.finding import Severity
from quivive.sensitive.planted import Canaries
from tests.detectors.case_builder import findings, flow, row_of

LIST = Canaries(b"k" * 32, "salt", [])
(CONTAINER,) = LIST.add("container", "wms", 1, date(2026, 9, 1))
(CONSIGNEE,) = LIST.add("consignee", "tms", 1, date(2026, 9, 1))
TOKEN = CONTAINER.canary.token


def case_of(place, *, of_flow=None, **told):
    sent = of_flow or flow(flow_id=5, service="http1", server_name=None)
    return {"flows": [sent], "canaries": LIST.rows(), place: [row_of(sent, **told)]}


ROWS = case_of("http", uri=f"/track?no={TOKEN}", host="api.example")


def test_a_container_in_an_address_is_proof_of_its_path(tmp_path):
    (finding,) = findings(CanarySeen, tmp_path, ROWS)
    assert finding.title == (
        "the container planted in wms went to outside, from 10.0.0.5 to 198.51.100.7 (registered in US), "
        "on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.what, finding.flow_ids) == (Severity.HIGH, "container-1@wms", (5,))
    assert finding.facts == {"planted in": "wms", "seen in": "web address", "seen": "1 time"}
    assert TOKEN not in repr(finding)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("dns", {"query": f"{TOKEN.lower()}.x.example"}),
        ("tls", {"server_name": f"{TOKEN.lower()}.example"}),
        ("mails", {"mail_subject": f"Where is {TOKEN}?"}),
        ("mails", {"attachment_names": ["a.pdf", f"{TOKEN}.pdf"]}),
        ("ftp", {"argument": f"/in/{TOKEN}.edi"}),
        ("smb", {"file_name": f"out\\{CONSIGNEE.canary.token}.csv"}),
    ],
)
def test_it_is_seen_wherever_tables_hold_texts(tmp_path, place, told):
    assert len(findings(CanarySeen, tmp_path, case_of(place, **told))) == 1


def test_inside_the_house_it_is_a_lesser_thing(tmp_path):
    inside = flow(flow_id=5, resp_addr="10.0.0.9", resp_is_own=True, service="http1", resp_registered=None)
    (finding,) = findings(CanarySeen, tmp_path, case_of("http", of_flow=inside, uri=f"/{TOKEN}"))
    assert (finding.severity, finding.score) == (Severity.LOW, 40.0)


def test_another_number_of_the_same_form_is_none(tmp_path):
    other = TOKEN[:4] + f"{(int(TOKEN[4:]) + 10) % 10**7:07}"
    assert findings(CanarySeen, tmp_path, case_of("http", uri=f"/track?no={other}")) == []


def test_many_sights_of_one_pair_are_one_finding(tmp_path):
    sent = flow(flow_id=5, service="http1")
    rows = [row_of(sent, uri=f"/{n}/{TOKEN}", ts_ns=sent["ts_ns"] + n) for n in range(5)]
    (finding,) = findings(CanarySeen, tmp_path, {"flows": [sent], "canaries": LIST.rows(), "http": rows})
    assert (finding.facts["seen"], finding.n_bytes) == ("5 times", 900)


def test_without_canaries_nothing_is_found(tmp_path):
    assert findings(CanarySeen, tmp_path, ROWS | {"canaries": []}) == []
