"""What a host name is used for."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from quivive.flows.applications import Application, Applications, shipped
from quivive.model.errors import PluginError

TABLE = """
date = 2026-11-22

[mail]
"Post" = { source = "its own pages", suffixes = ["mail.example.org", "post.example"] }

[office]
"Desk" = { source = "its own pages", suffixes = ["example.org"] }
"""


@pytest.fixture
def table():
    return Applications(tomllib.loads(TABLE))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mail.example.org", "Post"),
        ("IMAP.Mail.Example.ORG.", "Post"),
        ("post.example:8443", "Post"),
        ("www.example.org", "Desk"),
        ("example.org", "Desk"),
    ],
)
def test_the_longest_known_end_of_a_name_tells_its_application(table, host, name):
    assert table.by_name(host).name == name


@pytest.mark.parametrize(
    "host", ["notexample.org", "org", "", ".", "192.0.2.7", "[2001:db8::1]:443", "example.org.test", "a" * 70_000]
)
def test_a_name_that_only_looks_alike_has_no_application(table, host):
    assert table.by_name(host) is None


def test_an_application_says_what_it_is_for_and_why_it_is_believed(table):
    assert table.by_name("post.example") == Application("Post", "mail", "its own pages")
    assert table.date == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("host", "name", "category"),
    [
        ("x.oss-cn-hangzhou.aliyuncs.com", "Alibaba OSS", "storage"),
        ("ecs.aliyuncs.com", "Alibaba Cloud", "cloud"),
        ("link.cainiao.com", "Cainiao", "logistics"),
        ("router7.teamviewer.com", "TeamViewer", "remote help"),
        ("docs.google.com", "Google Workspace", "office"),
        ("www.google.com", "Google", "provider"),
        ("pastebin.com", "Pastebin", "paste site"),
        ("chat.deepseek.com", "DeepSeek", "ai"),
        ("dns.google", "Google DNS", "resolver"),
    ],
)
def test_the_shipped_table_knows_what_matters(host, name, category):
    found = shipped().by_name(host)
    assert (found.name, found.category) == (name, category)


def test_the_shipped_table_is_broad():
    assert len(shipped().applications) >= 250
    assert all(one.source and one.category for one in shipped().applications)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TABLE.replace("date = 2026-11-22", ""), "date is missing"),
        (TABLE.replace('"example.org"', '"post.example"'), "post.example is Post's already"),
        (TABLE.replace('"example.org"', '"Example.org"'), "not an end of host names"),
        (TABLE.replace('"example.org"', '"org"'), "not an end of host names"),
        (TABLE.replace('["example.org"]', "[]"), "should say source and suffixes"),
        (TABLE.replace('"Desk"', '"Post"'), "in two categories"),
        ("date = 2026-11-22\nmail = 7", "no table of applications"),
        ("date = 2026-11-22\n[mail]\nPost = 7", "should say source and suffixes"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(text, fault):
    with pytest.raises(PluginError, match=fault):
        Applications(tomllib.loads(text))
