"""Rows of flows: who runs the ends."""

from __future__ import annotations

import numpy as np

from quivive.engine.flow_rows import applications_of, named_where_unknown
from quivive.flows.operators import shipped
from quivive.model.columns import Taken


def test_a_name_tells_the_operator_only_of_an_unknown_address_outside():
    amazon, alibaba = shipped().by_name("amazonaws.com"), shipped().by_name("aliyuncs.com")
    run_by = Taken([None, amazon], np.array([0, 1, 0, 0, 0]))
    names = ["x.aliyuncs.com", "x.aliyuncs.com", "x.aliyuncs.com", None, "www.example"]
    found = named_where_unknown(run_by, names, np.array([False, False, True, False, False]))
    # unknown address; known address; own address, such as a proxy's; no name; a name that nobody has
    assert [found.distinct[k] for k in found.which] == [alibaba, amazon, None, None, None]


def test_no_flows_have_no_operators():
    found = named_where_unknown(Taken([], np.zeros(0, np.int64)), [], np.zeros(0, np.bool_))
    assert found.which.size == 0


def test_the_names_that_flows_used_tell_their_applications():
    found = applications_of(["mail.google.com", None, "www.example", "mail.google.com"])
    apps = [found["app"].distinct[k] for k in found["app"].which]
    categories = [found["app_category"].distinct[k] for k in found["app_category"].which]
    assert apps == ["Gmail", None, None, "Gmail"]
    assert categories == ["mail", None, None, "mail"]


def test_no_flows_have_no_applications():
    assert applications_of([])["app"].which.size == 0
