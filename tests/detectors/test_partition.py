import importlib

import pytest

from quivive import detectors
from quivive.kit import shelf
from quivive.kit.detector import Detector
from tests.detectors.case_builder import case, last_ns, parts

SHELF = shelf.load(detectors, Detector)
FLOWS_APART = 1_000_000


def rows_of(name):
    return importlib.import_module(f"tests.detectors.test_{name}").ROWS


def all_rows():
    """Return the rows of all detectors' tests as one case, their flows numbered apart."""
    together = {}
    for number, name in enumerate(SHELF, 1):
        for table, rows in rows_of(name).items():
            if table == "captures":
                together[table] = rows
                continue
            kept = together.setdefault(table, [])
            shift = number * FLOWS_APART
            kept += [
                row | {"flow_id": row["flow_id"] + shift} if row.get("flow_id") is not None else row for row in rows
            ]
    return together


@pytest.mark.parametrize("name", SHELF)
def test_each_detector_finds_something_in_its_own_rows(name, tmp_path):
    rows = rows_of(name)
    with case(tmp_path, rows) as tables:
        found = list(SHELF[name]().run(tables, as_of_ns=last_ns(rows)))
    assert found
    for finding in found:
        assert finding.title and finding.who and finding.what and finding.innocent
        assert 0 < finding.confidence <= 1
        assert finding.first_ns <= finding.last_ns
        assert finding.visibility is None or 0 <= finding.visibility <= 1


@pytest.fixture(scope="module")
def together():
    return all_rows()


@pytest.mark.parametrize("name", SHELF)
def test_whole_case_and_eight_parts_of_it_give_the_same(name, together, tmp_path):
    as_of_ns = last_ns(together)
    with case(tmp_path / "whole", together) as tables:
        whole = list(SHELF[name]().run(tables, as_of_ns=as_of_ns))
    apart = []
    for number, rows in enumerate(parts(together, SHELF[name].partition_by)):
        with case(tmp_path / str(number), rows) as tables:
            apart += SHELF[name]().run(tables, as_of_ns=as_of_ns)
    assert sorted(map(repr, whole)) == sorted(map(repr, apart))


@pytest.mark.parametrize("name", SHELF)
def test_order_is_the_same_each_time(name, together, tmp_path):
    with case(tmp_path, together) as tables:
        first = list(SHELF[name]().run(tables, as_of_ns=last_ns(together)))
        assert list(SHELF[name]().run(tables, as_of_ns=last_ns(together))) == first


@pytest.mark.parametrize("name", SHELF)
def test_empty_case_gives_nothing(name, tmp_path):
    with case(tmp_path, {}) as tables:
        assert list(SHELF[name]().run(tables, as_of_ns=0)) == []
