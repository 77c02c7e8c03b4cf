import importlib
from contextlib import ExitStack

import pytest

from quivive import detectors
from quivive.kit import shelf
from quivive.kit.detector import WHOLE_CASE, Detector
from tests.detectors.case_builder import case, last_ns, parts

SHELF = shelf.load(detectors, Detector)
READ = sorted(
    {table for detector in SHELF.values() for table in (*detector.reads, *detector.reads_one_of, *detector.may_read)}
)
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
            shift = number * FLOWS_APART
            numbered = [
                row if row.get("flow_id") is None else row | {"flow_id": row["flow_id"] + shift} for row in rows
            ]
            together.setdefault(table, []).extend(numbered)
    return together


@pytest.fixture(scope="module")
def together():
    return all_rows()


@pytest.fixture(scope="module")
def opened(together, tmp_path_factory):
    """Give the tables of the whole case (None), or of its parts by a column."""
    known = {}
    with ExitStack() as stack:

        def tables_of(column):
            if column not in known:
                divided = parts(together, column) if column not in (None, WHOLE_CASE) else [together]
                folder = tmp_path_factory.mktemp("case")
                known[column] = [
                    stack.enter_context(case(folder / str(number), rows, reads=READ))
                    for number, rows in enumerate(divided)
                ]
            return known[column]

        yield tables_of


@pytest.mark.parametrize("name", SHELF)
def test_detector_finds_something_in_its_own_rows_and_fills_it_in(name, tmp_path):
    rows = rows_of(name)
    with case(tmp_path, rows, reads=READ) as tables:
        found = list(SHELF[name]().run(tables, as_of_ns=last_ns(rows)))
    assert found
    for finding in found:
        assert finding.title and finding.who and finding.what and finding.innocent
        assert 0 < finding.confidence <= 1
        assert finding.first_ns <= finding.last_ns
        assert finding.visibility is None or 0 <= finding.visibility <= 1


@pytest.mark.parametrize("name", SHELF)
def test_whole_case_and_eight_parts_of_it_give_the_same_in_the_same_order(name, together, opened):
    as_of_ns = last_ns(together)
    (whole,) = opened(None)
    found = list(SHELF[name]().run(whole, as_of_ns=as_of_ns))
    assert list(SHELF[name]().run(whole, as_of_ns=as_of_ns)) == found
    apart = [
        finding
        for tables in opened(SHELF[name].partition_by)
        for finding in SHELF[name]().run(tables, as_of_ns=as_of_ns)
    ]
    assert sorted(map(repr, found)) == sorted(map(repr, apart))


@pytest.mark.parametrize("name", SHELF)
def test_empty_case_gives_nothing(name, tmp_path):
    with case(tmp_path, {}, reads=READ) as tables:
        assert list(SHELF[name]().run(tables, as_of_ns=0)) == []
