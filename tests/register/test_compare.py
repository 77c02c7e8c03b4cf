"""Declared against observed, both ways."""

from __future__ import annotations

import pytest

from quivive.model.errors import UsageError
from quivive.register.sheets import read_declared, read_systems
from tests.register.rows import CUSTOMS, clear, register, row

HEAD = "exporter,recipient,category,country,legal_tool,contract_ref,tia_ref,from,to\n"


def declared(folder, *lines, head=HEAD):
    path = folder / "declared.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_declared(path)


def systems(folder, *lines):
    path = folder / "systems.csv"
    path.write_text("system,name,monitored\n" + "".join(f"{line}\n" for line in lines))
    return read_systems(path)


def gaps(folder, rows, *lines, **more):
    made = register(folder, rows, declared=declared(folder, *lines), **more)
    return [(entry.declared, entry.gaps) for entry in made.entries], [(one.answer, one.why) for one in made.unseen]


def test_what_is_not_declared_is_a_gap(tmp_path):
    assert gaps(tmp_path, [row()]) == ([("no", ["not_declared"])], [])


@pytest.mark.parametrize(
    "line",
    ["10.0.0.5,Alibaba,,CN", "10.0.0.0/24,alibaba cloud,,", ",aliyuncs.com,*,CN", "*,oss-eu-central-1.aliyuncs.com,,"],
)
def test_what_is_declared_fits_by_system_recipient_and_category(tmp_path, line):
    assert gaps(tmp_path, [row()], line) == ([("yes", [])], [])


def test_hidden_content_contradicts_no_declared_category_but_clear_content_does(tmp_path):
    assert gaps(tmp_path, [row()], ",Alibaba,trade_documents,CN") == ([("yes", [])], [])
    found, unseen = gaps(tmp_path, [clear(carries="LINK form")], ",Alibaba,trade_documents,CN")
    assert found == [("no", ["not_declared"])]
    assert unseen == [("no_evidence", "would_have_been_seen")]


def test_a_category_may_be_written_in_words_of_either_language(tmp_path):
    line = ",Alibaba,événements de colis (interface partenaire),CN"
    assert gaps(tmp_path, [clear(carries="LINK form")], line) == ([("yes", [])], [])


def test_another_country_than_declared_is_a_gap(tmp_path):
    assert gaps(tmp_path, [row()], ",Alibaba,,DE")[0] == [("yes", ["country_differs"])]


def test_an_adequacy_that_is_none_is_a_gap(tmp_path):
    made = register(tmp_path, [row()], declared=declared(tmp_path, ",Alibaba,,CN,adequacy,K-7,T-1"))
    (entry,) = made.entries
    assert (entry.contract_ref, entry.tia_ref, entry.legal_tool) == ("K-7", "T-1", "adequacy")


def test_a_month_that_the_declaration_does_not_cover_is_a_gap(tmp_path):
    assert gaps(tmp_path, [row()], ",Alibaba,,CN,,,,2026-10,")[0] == [("no", ["not_declared"])]
    assert gaps(tmp_path, [row()], ",Alibaba,,CN,,,,2026-01,2026-09")[0] == [("yes", [])]


def test_declared_and_not_seen_is_no_evidence_where_it_would_have_been_seen(tmp_path):
    assert gaps(tmp_path, [row()], ",Alibaba,,CN", "10.0.0.5,Tencent,,CN")[1] == [
        ("no_evidence", "would_have_been_seen")
    ]


def test_declared_of_a_system_that_was_not_seen_is_not_observable(tmp_path):
    own = systems(tmp_path, "10.0.0.5,wms,yes", "10.0.0.9,erp,yes")
    assert gaps(tmp_path, [row()], "10.0.0.9,Tencent,,CN", systems=own)[1] == [("not_observable", "system_not_seen")]


def test_declared_of_a_system_that_is_not_monitored_is_not_observable(tmp_path):
    own = systems(tmp_path, "10.0.0.5,wms,yes", "10.0.0.6,erp,no")
    assert gaps(tmp_path, [row()], "erp,Tencent,,CN", systems=own)[1] == [("not_observable", "system_not_seen")]


def test_declared_is_not_observable_where_much_went_to_nobody_knows_whom(tmp_path):
    rows = [row(), row(destination="x.example", peer_addr=CUSTOMS)]
    assert gaps(tmp_path, rows, ",Tencent,,CN")[1] == [("not_observable", "recipients_not_known")]


def test_declared_is_not_observable_in_a_partial_case(tmp_path):
    assert gaps(tmp_path, [row()], ",Tencent,,CN", is_partial=True)[1] == [("not_observable", "case_partial")]


def test_french_headings_with_semicolons_and_a_mark_of_order_are_read(tmp_path):
    (one,) = declared(tmp_path, "10.0.0.5;Alibaba;;CN", head="\ufeffExportateur;Destinataire;Catégorie;Pays\n")
    assert (one.exporter, one.recipient, one.category, one.country) == ("10.0.0.5", "Alibaba", "", "CN")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column 'recipient'"),
        ("recipient,from\nX,soon\n", "line 2: 'soon' is no date"),
        ("exporter,recipient\nx,\n", "line 2 names no recipient"),
    ],
)
def test_a_sheet_that_cannot_be_understood_is_refused_by_its_line(tmp_path, text, said):
    path = tmp_path / "declared.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_declared(path)
