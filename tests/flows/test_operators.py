"""Who controls an address or a host name."""

from __future__ import annotations

import ipaddress
import struct
import tomllib
from datetime import date, timedelta
from importlib.resources import files

import pytest

from quivive.flows.operators import STALE_DAYS, Operator, Operators, shipped
from quivive.model.errors import PluginError

ROW = """
[[operator]]
operator = "{operator}"
group = "{group}"
country = "CN"
networks = [{networks}]
suffixes = [{suffixes}]
source = "its own pages"
date = {day}
"""


def row(operator="Storage", group="Group", networks='"192.0.2.0/25"', suffixes='"storage.example"', day="2026-06-17"):
    return ROW.format(operator=operator, group=group, networks=networks, suffixes=suffixes, day=day)


def by_address(table, address):
    high, low = struct.unpack(">qq", ipaddress.ip_address(address).packed.rjust(16, b"\0"))
    return table.by_address(high, low | 0xFFFF << 32 if "." in address else low)


STORAGE = Operator("Storage", "Group", "CN", "its own pages", date(2026, 6, 17))


@pytest.mark.parametrize("address", ["47.91.64.1", "8.209.64.1", "47.254.128.1", "8.211.0.1", "163.181.1.1"])
def test_addresses_registered_elsewhere_are_under_the_control_of_alibaba(address):
    found = by_address(shipped(), address)
    assert (found.operator, found.group, found.country) == ("Alibaba Cloud", "Alibaba", "CN")


@pytest.mark.parametrize(
    ("address", "group", "country"),
    [
        ("52.95.110.1", "Amazon", "US"),
        ("8.8.8.8", "Google", "US"),
        ("2a00:1450:4001::1", "Google", "US"),
        ("1.1.1.1", "Cloudflare", "US"),
        ("140.82.112.3", "Microsoft", "US"),
        ("23.32.0.1", "Akamai", "US"),
        ("119.29.29.29", "Tencent", "CN"),
        ("77.88.8.8", "Yandex", "RU"),
        ("2a02:6b8::1", "Yandex", "RU"),
        ("9.9.9.9", "Quad9", "CH"),
        ("51.15.0.1", "Iliad", "FR"),
    ],
)
def test_well_known_addresses_have_their_group(address, group, country):
    found = by_address(shipped(), address)
    assert (found.group, found.country) == (group, country)


@pytest.mark.parametrize("address", ["10.0.0.1", "192.0.2.1", "193.0.6.139", "::1", "ff02::fb", "2001:db8::1"])
def test_what_no_operator_has_is_not_known(address):
    assert by_address(shipped(), address) is None


def test_an_address_just_outside_a_range_is_not_known():
    table = Operators(row(networks='"192.0.2.64/26", "2001:db8::/64"'))
    assert [by_address(table, f"192.0.2.{last}") for last in (63, 64, 127, 128)] == [None, STORAGE, STORAGE, None]
    assert by_address(table, "2001:db8::ffff:ffff:ffff:ffff") == STORAGE
    assert by_address(table, "2001:db8:0:1::") is None


def test_longest_suffix_wins():
    china = row("China", "Other", '"198.51.100.0/24"', '"cn.storage.example"')
    table = Operators(row() + china)
    assert table.by_name("a.storage.example") == STORAGE
    assert table.by_name("a.cn.storage.example").operator == "China"
    assert shipped().by_name("s3.amazonaws.com").country == "US"
    assert shipped().by_name("s3.cn-north-1.amazonaws.com.cn").country == "CN"


@pytest.mark.parametrize("host", ["OSS-eu-central-1.aliyuncs.com", "aliyuncs.com", "b.oss.aliyuncs.com."])
def test_a_name_is_known_by_its_whole_labels(host):
    assert shipped().by_name(host).group == "Alibaba"


@pytest.mark.parametrize(
    "host", ["notaliyuncs.com", "aliyuncs.com.example", "com", "", ".", "." * 5000, "aliyuncs..com"]
)
def test_a_name_that_only_looks_alike_is_not_known(host):
    assert shipped().by_name(host) is None


def test_a_table_is_as_old_as_its_oldest_row():
    table = Operators(row() + row("New", "New", '"198.51.100.0/24"', '"new.example"', "2026-10-01"))
    assert table.date == date(2026, 6, 17)
    assert table.age_days(table.date + timedelta(days=3)) == 3
    assert not table.is_stale(table.date + timedelta(days=STALE_DAYS))
    assert table.is_stale(table.date + timedelta(days=STALE_DAYS + 1))


def test_the_group_of_an_operator_is_known():
    assert shipped().group_of("GitHub") == "Microsoft"
    assert shipped().group_of("nobody") == "nobody"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (row() + 'colour = "red"', "unknown keys"),
        ('colour = "red"\n' + row(), "nothing else"),
        ("", "at least one"),
        ("operator = 1", "nothing else"),
        ("[[operator", "operators.toml: "),
        (row(networks='"192.0.2.1/24"'), "beyond its prefix"),
        (row(networks='"192.0.2.0/33"'), "not a network"),
        (row(networks='"192.0.2.0/-1"'), "not a network"),
        (row(networks='"192.0.2.0"'), "not a network"),
        (row(networks='"2001:db8::/129"'), "not a network"),
        (row(networks="1"), "not a network"),
        (row(networks='"office/24"'), "not a network"),
        (row(suffixes='"Storage.example"'), "lower case"),
        (row(suffixes='".storage.example"'), "lower case"),
        (row(suffixes='"example"'), "lower case"),
        (row(suffixes="1"), "lower case"),
        (row() + row(group="Other", networks='"198.51.100.0/24"', suffixes='"x.example"'), "declared twice"),
        (row() + row("Other", networks='"198.51.100.0/24"'), "Storage's already"),
        (row() + row("Other", "Other", '"192.0.2.127/32"', '"x.example"'), "overlaps one of Storage"),
        (row(networks=""), "networks is missing, empty"),
        (row(day='"yesterday"'), "date is missing, empty"),
        (row().replace('"CN"', '"China"'), "ISO 3166"),
        (row().replace('source = "its own pages"', ""), "source is missing"),
    ],
)
def test_a_table_that_is_not_as_told_is_refused(text, reason):
    with pytest.raises(PluginError, match=reason):
        Operators(text)


def test_neighbouring_ranges_do_not_overlap():
    table = Operators(row() + row("Other", "Other", '"192.0.2.128/32"', '"x.example"'))
    assert by_address(table, "192.0.2.128").operator == "Other"


def test_every_row_that_is_shipped_can_be_looked_up_by_a_reader():
    rows = tomllib.loads(files("quivive.flows").joinpath("operators.toml").read_text(encoding="utf-8"))["operator"]
    assert len(rows) >= 80
    for one in rows:
        assert one.get("networks") or one.get("suffixes"), one["operator"]
        assert one["source"].endswith(".") and one["date"] >= date(2026, 6, 17)
        for network in one.get("networks", ()):
            assert ipaddress.ip_network(network).is_global, network
            assert by_address(shipped(), network.split("/")[0]).operator == one["operator"]
        for suffix in one.get("suffixes", ()):
            assert shipped().by_name(suffix).operator == one["operator"]
