import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.case.campaigns import campaigns, place_of
from quivive.model.finding import Finding, Severity


def told(who="10.0.0.5", what="drop.example.net", flow_ids=()):
    return Finding("It was.", Severity.LOW, 0.5, who, what, 0, 1, 1, tuple(flow_ids), ("none",))


def test_findings_of_one_machine_and_flow_are_one_story():
    assert campaigns([told(what="a.example", flow_ids=[1, 2]), told(what="b.example", flow_ids=[2])]) == [1, 1]


def test_findings_about_one_place_are_one_story_whoever_went_there():
    assert campaigns([told("10.0.0.5", "a.drop.example"), told("10.0.0.6", "b.drop.example")]) == [1, 1]


def test_one_flow_to_a_name_server_does_not_join_two_machines():
    assert campaigns([told("10.0.0.5", "a.example", [1]), told("10.0.0.6", "b.example", [1])]) == [1, 2]


def test_two_machines_that_speak_with_each_other_are_one_story_from_both_ends():
    assert campaigns([told("10.0.0.5", "10.0.0.6"), told("10.0.0.6", "10.0.0.5")]) == [1, 1]


def test_different_places_of_one_machine_are_different_stories():
    assert campaigns([told(what="a.example"), told(what="b.example"), told(what="www.a.example")]) == [1, 2, 1]


def test_story_is_joined_through_what_lies_between():
    first, last, between = (
        told(what="a.example", flow_ids=[1]),
        told(what="b.example", flow_ids=[2]),
        told(what="c.example", flow_ids=[1, 2]),
    )
    assert campaigns([first, last, between, told(what="d.example")]) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("mail.example.co.uk", "example.co.uk"),
        ("130.89.1.21 ftp user-7", "130.89.1.21"),
        ("203.0.113.9:443", "203.0.113.9"),
        ("www.example.com:8443", "example.com"),
        ("2001:db8::53", "2001:db8::53"),
        ("Tor", "tor"),
        ("3 machines, 5 ports", "10.0.0.5 3 machines, 5 ports"),
        ("", ""),
    ],
)
def test_place_is_the_domain_or_address_of_what_is_told(what, place):
    assert place_of(told(what=what)) == place


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x.example", "y.example", "z.example"]),
                          st.lists(st.integers(0, 4), max_size=3)), max_size=12))  # fmt: skip
def test_stories_are_those_of_a_slow_join(rows):
    findings = [told(who, what, flows) for who, what, flows in rows]
    groups = [{k} for k in range(len(rows))]
    for k, (who, what, flows) in enumerate(rows):
        for j, (other, elsewhere, others) in enumerate(rows[:k]):
            if what == elsewhere or (who == other and set(flows) & set(others)):
                mine = next(group for group in groups if k in group)
                its = next(group for group in groups if j in group)
                if mine is not its:
                    groups.remove(mine)
                    its |= mine
    numbers = campaigns(findings)
    for k in range(len(rows)):
        for j in range(k):
            together = any({k, j} <= group for group in groups)
            assert (numbers[k] == numbers[j]) == together
    assert sorted(set(numbers)) == list(range(1, len(groups) + 1))
