"""The hub scenario: three exporters among two hundred harmless conversations, all three rows right."""

from __future__ import annotations

from random import Random

import pytest

from quivive import api
from quivive.demo import hub_day
from quivive.demo.captures import pcap
from quivive.demo.tape import Tape


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The register of the day, and the truth about it."""
    folder = tmp_path_factory.mktemp("hub_day")
    tape = Tape(Random("hub day 1"))
    truth = hub_day.play(tape)
    (folder / "day.pcap").write_bytes(pcap(tape.in_order()))
    (folder / "declared.csv").write_text(
        f"exporter,recipient,category,country\n{hub_day.LINK_SENDER.ip},Alibaba,parcel_events,CN\n"
    )
    for name, n_blind in (("systems.csv", 0), ("blind.csv", 12)):
        (folder / name).write_text(hub_day.systems_sheet(n_blind))
    with api.inspect(folder / "day.pcap", folder / "case") as case:
        yield folder, case, truth


@pytest.fixture(scope="module")
def made(day):
    folder, case, _ = day
    return case.register(declared=folder / "declared.csv", systems=folder / "systems.csv", entity="Kestrel Hub")


def exports(made, truth):
    exporters = {one.system for one in truth}
    return {entry.source_assets[0]: entry for entry in made.entries if entry.source_assets[0] in exporters}


def test_all_three_exporters_have_one_right_row_each(day, made):
    _, _, truth = day
    found = exports(made, truth)
    assert len([entry for entry in made.entries if entry.source_assets[0] in found]) == 3
    for export in truth:
        entry = found[export.system]
        assert (entry.recipient_group, entry.controlling.value, entry.data_category, entry.means) == (
            export.group, export.controlling, export.category, [export.means],
        )  # fmt: skip


def test_their_bytes_are_right_within_two_percent(day, made):
    _, _, truth = day
    for export in truth:
        assert exports(made, truth)[export.system].bytes_out == pytest.approx(export.bytes_out, rel=0.02)


def test_the_number_of_messages_is_in_the_interval(day, made):
    _, _, (link, relay, _) = day
    found = exports(made, [link, relay])
    assert found[link.system].records == (link.n_messages, link.n_messages)
    low, high = found[relay.system].records
    assert low <= relay.n_messages <= high
    assert low > 0


def test_only_the_declared_one_has_no_gap(day, made):
    _, _, truth = day
    found = exports(made, truth)
    assert [found[export.system].gaps for export in truth] == [[], ["not_declared"], ["not_declared"]]


def test_the_three_lead_outside_what_is_harmless_stays_within_known_law(made):
    far = {entry.source_assets[0] for entry in made.entries if entry.legal_tool == "to_be_shown"}
    assert far == {hub_day.LINK_SENDER.ip, hub_day.RELAY.ip, hub_day.SERVED.ip}


def test_with_three_of_ten_systems_unmonitored_the_answer_for_them_is_never_no(day):
    folder, case, _ = day
    blind = case.register(systems=folder / "blind.csv")
    for system in hub_day.SYSTEMS[-12:]:
        (line, *_) = api.answer_lines(blind, api.Question(exporter=system.ip, country="CN"), "en")
        assert line.startswith("not observable (70%)")
    (line, *_) = api.answer_lines(blind, api.Question(country="CN"), "en")
    assert line.startswith("yes (70%)")
