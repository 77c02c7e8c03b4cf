"""The register as text and as a sheet."""

from __future__ import annotations

import csv
import io

from quivive.flows.place_table import read
from quivive.register.page import html_of
from quivive.register.text import PAGE_ROWS, csv_of, text_of
from tests.register.rows import CUSTOMS, MOMENT, TODAY, clear, register, row
from tests.register.test_compare import declared

COLUMNS = """
register_id period exporter_entity source_assets data_category sensitivity personal_data recipient_domains
recipient_operator recipient_asn recipient_group is_relayed means records_low records_high clear_share encryption
first_seen last_seen legal_tool adequacy tia_ref contract_ref declared gaps evidence confidence reviewer decision
next_review
"""
OLD = MOMENT.date().replace(year=2024)


def old_table(folder):
    (folder / "t.csv").write_text(f"{CUSTOMS}/32,FR\n")
    return read(folder / "t.csv", source="GeoTable", day=OLD, means="located")


def test_a_row_shows_three_countries_and_what_was_sent(tmp_path):
    lines = text_of(register(tmp_path, [row()]), "en").splitlines()
    (shown,) = [line for line in lines if line.startswith("2026-09")]
    assert shown.split(maxsplit=3)[:3] == ["2026-09", "10.0.0.5", "Alibaba"]
    assert shown.endswith("not observable (content hidden)     DE       US           CN                1.0 MB     -")


def test_french_says_the_same_in_french(tmp_path):
    told = text_of(register(tmp_path, [clear(carries="LINK form")], declared=[]), "fr")
    assert told.startswith("Registre des transferts observés - Kestrel Gears\n")
    assert "événements de colis (interface pa…" in told
    assert "Écart: observé, non déclaré" in told


def test_old_sources_are_warned_of_on_every_page(tmp_path):
    n = 2 * PAGE_ROWS + 1
    rows = [row(own_addr=f"10.0.{k // 250}.{k % 250}", destination="c.example", peer_addr=CUSTOMS) for k in range(n)]
    made = register(tmp_path, rows, imported=[old_table(tmp_path)])
    assert text_of(made, "en").count("OLD SOURCES: located: source is") == 3
    assert text_of(made, "fr").count("SOURCES ANCIENNES: located") == 3
    page = html_of(made, "en")
    assert page.index("<thead>") < page.index("OLD SOURCES") < page.index("</thead>")
    lines = csv_of(made, "en").splitlines()
    assert all("located: source is" in line for line in lines[1:])


def test_what_was_declared_and_not_seen_is_told_with_its_reason(tmp_path):
    made = register(tmp_path, [row()], declared=declared(tmp_path, "10.0.0.5,Tencent,,CN"))
    said = "Declared, not observed: 10.0.0.5 -> Tencent, *: no evidence (it would have been seen"
    assert said in text_of(made, "en")
    assert said in html_of(made, "en").replace("&gt;", ">")


def test_without_a_sheet_gaps_are_not_judged_and_that_is_said(tmp_path):
    made = register(tmp_path, [row()])
    assert "gaps are not judged" in text_of(made, "en")
    assert made.entries[0].declared == "unknown"


def test_an_empty_register_still_says_what_could_be_seen(tmp_path):
    told = text_of(register(tmp_path, [], hosts=("10.0.0.5",)), "en")
    assert "1 of 1 systems seen" in told
    assert "Nothing was seen to leave." in told
    unread = text_of(register(tmp_path / "none", [], hosts=(), captures=[]), "en")
    assert "nothing was read" in unread


def test_the_sheet_has_every_column_of_the_register(tmp_path):
    (line,) = csv.DictReader(io.StringIO(csv_of(register(tmp_path, [row()]), "en")))
    assert line["country_located"] == "DE"
    assert line["located_source"].startswith("region eu-central-1 in the host name")
    assert (line["country_controlling"], line["controlling_source_date"]) == ("CN", "2026-06-17")
    assert line["controlling_age_days"] == str((TODAY - OLD.replace(2026, 6, 17)).days)
    assert (line["bytes_out"], line["sessions"], line["answer"]) == ("1000000", "2", "yes")
    assert set(COLUMNS.split()) <= set(line)


def test_a_name_from_the_wire_is_no_formula_and_no_markup(tmp_path):
    evil = row(destination="=cmd|'/c calc'!a1", peer_addr="203.0.114.9", carries=None)
    made = register(tmp_path, [evil, row(destination="<script>x</script>", peer_addr="203.0.114.9")])
    cells = [cell for line in csv.reader(io.StringIO(csv_of(made, "en"))) for cell in line]
    assert not [cell for cell in cells if cell.startswith("=")]
    assert "<script>" not in html_of(made, "en")


def test_the_page_stands_alone(tmp_path):
    page = html_of(register(tmp_path, [row()]), "fr")
    assert page.startswith('<!doctype html>\n<html lang="fr">')
    assert "http" not in page.replace("http1", "")
    assert 'class="gap"' not in page
    assert 'class="gap"' in html_of(register(tmp_path / "b", [row()], declared=[]), "fr")
