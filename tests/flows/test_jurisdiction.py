"""Located, registered, controlled: three answers with source and date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quivive.flows.jurisdiction import NOT_KNOWN, Jurisdictions, Told, registry_release
from quivive.flows.operators import STALE_DAYS
from quivive.flows.place_table import read

TODAY = date(2026, 11, 22)
# Route tables of the kind that users import; AS34947 bears a name that misleads.
ASN = """\
8.208.0.0,8.223.255.255,45102,"Alibaba (US) Technology Co., Ltd."
47.52.0.0,47.255.255.255,45102,"Alibaba (US) Technology Co., Ltd."
163.181.0.0,163.181.255.255,24429,"Zhejiang Taobao Network Co.,Ltd"
203.0.112.0,203.0.112.255,34947,"Alibaba Travel Company Private Joint Stock"
203.0.114.0,203.0.114.255,37963,"Hangzhou Alibaba Advertising Co.,Ltd."
"""
PLACES = "47.91.64.0/24,DE\n8.209.64.0/24,DE\n47.254.128.0/24,DE\n8.211.0.0/24,DE\n163.181.1.0/24,RU\n"


@pytest.fixture
def answers(tmp_path):
    (tmp_path / "asn.csv").write_text(ASN)
    (tmp_path / "places.csv").write_text(PLACES)
    routes = read(tmp_path / "asn.csv", source="routes", day=date(2026, 6, 17))
    places = read(tmp_path / "places.csv", source="places", day=date(2024, 6, 18), means="located")
    return Jurisdictions([routes, places])


@pytest.mark.parametrize(
    ("address", "located", "registered", "asn"),
    [
        ("47.91.64.1", "DE", "US", 45102),
        ("8.209.64.1", "DE", "SG", 45102),
        ("47.254.128.1", "DE", "US", 45102),
        ("8.211.0.1", "DE", "SG", 45102),
        ("163.181.1.1", "RU", "US", 24429),
    ],
)
def test_five_addresses_of_one_group_have_three_different_countries_each(answers, address, located, registered, asn):
    found = answers.of(address)
    assert (found.located.value, found.registered.value, found.controlling.value) == (located, registered, "CN")
    assert (found.operator, found.group, found.asn) == ("Alibaba Cloud", "Alibaba", asn)


@pytest.mark.parametrize(
    ("address", "name", "located", "registered", "controlling"),
    [
        ("52.95.110.10", "s3.eu-west-3.amazonaws.com", "FR", "US", "US"),
        ("20.38.110.10", "hub.westeurope.cloudapp.azure.com", "NL", "US", "US"),
        ("142.250.10.10", "europe-west9-hub.cloudfunctions.net", "FR", "US", "US"),
        ("46.101.10.10", "fra1.digitaloceanspaces.com", "DE", "US", "US"),
        ("129.213.10.10", "objectstorage.eu-frankfurt-1.oraclecloud.com", "DE", "US", "US"),
        ("104.16.20.30", "", None, "US", "US"),
        ("13.107.20.10", "", None, "US", "US"),
        ("51.68.20.30", "s3.gra.io.cloud.ovh.net", "FR", "FR", "FR"),
        ("88.198.10.25", "fsn1.your-objectstorage.com", "DE", "DE", "DE"),
        ("51.15.10.20", "s3.fr-par.scw.cloud", "FR", "FR", "FR"),
    ],
)
def test_ten_clouds_of_america_and_europe_are_placed(address, name, located, registered, controlling):
    found = Jurisdictions().of(address, name)
    assert (found.located.value, found.registered.value, found.controlling.value) == (located, registered, controlling)


def test_without_imported_tables_the_location_is_not_known_and_not_guessed():
    found = Jurisdictions().of("47.91.64.1")
    assert (found.located, found.registered.value, found.controlling.value) == (NOT_KNOWN, "US", "CN")


def test_a_system_is_known_by_its_number_never_by_its_name(answers):
    lookalike, real = answers.of("203.0.112.5"), answers.of("203.0.114.5")
    assert (lookalike.asn, lookalike.controlling) == (34947, NOT_KNOWN)
    assert (real.asn, real.controlling.value) == (37963, "CN")
    assert real.controlling.source.startswith("table of operators: by AS37963")


def test_a_region_in_the_host_name_says_where_the_machine_stands(answers):
    found = answers.of("163.181.1.1", "oss-eu-central-1.aliyuncs.com").located
    assert (found.value, "region eu-central-1 in the host name" in found.source) == ("DE", True)


def test_every_answer_has_a_source_and_a_date(answers):
    found = answers.of("47.91.64.1")
    for told in (found.located, found.registered, found.controlling):
        assert told.source
        assert told.age_days(TODAY) >= 0


def test_an_old_source_is_warned_of_and_one_a_day_younger_is_not():
    old = Told("DE", "places", TODAY - timedelta(STALE_DAYS + 1))
    young = Told("DE", "places", TODAY - timedelta(STALE_DAYS))
    assert (old.is_stale(TODAY), young.is_stale(TODAY)) == (True, False)


def test_a_source_of_unknown_date_counts_as_old():
    assert Told("DE", "somebody").is_stale(TODAY)
    assert not NOT_KNOWN.is_stale(TODAY)


def test_the_warning_names_the_column_the_age_and_the_source(answers):
    assert answers.of("47.91.64.1").stale(TODAY) == ["located: source is 887 days old (more than 180 days): places"]


def test_the_registry_says_of_itself_when_it_was_made():
    version, day = registry_release()
    assert version
    assert day is None or day > date(2025, 1, 1)


def test_what_hands_on_for_others_is_marked():
    assert Jurisdictions().of("104.16.0.1").is_relayed  # Cloudflare
    assert not Jurisdictions().of("47.91.64.1").is_relayed


@pytest.mark.parametrize("address", ["", "no address", "::1", "10.0.0.1", "fe80::1"])
def test_an_address_of_nobody_is_not_known(address):
    found = Jurisdictions().of(address)
    assert (found.located, found.registered, found.controlling) == (NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)
