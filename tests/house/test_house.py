"""The rules of the house, checked: what a reader may rely on in every file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from quivive import detectors, layers, protocols, signatures
from quivive.engine import registry
from quivive.kit import shelf, signature_file
from quivive.kit.detector import Detector
from quivive.kit.layer import Layer
from quivive.kit.protocol import Protocol
from quivive.model.schema import ARROW

HOUSE = Path(__file__).parents[2] / "quivive"
TESTS = HOUSE.parent / "tests"
FILES = sorted(path for path in HOUSE.rglob("*.py"))
PROTOCOLS = shelf.load(protocols, Protocol)
DETECTORS = shelf.load(detectors, Detector)
LAYERS = shelf.load(layers, Layer)
NAMED = signature_file.load(signatures)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
NO_NAMES = {"utils", "helpers", "common", "base", "manager"}
ALLOWED_HOSTS = re.compile(r"pypi\.org|pythonhosted|npmjs|debian\.org")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_file_is_small_and_says_what_it_is(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "a file opens with one sentence on what it holds"
    assert source.count("\n") <= MAX_FILE_LINES
    assert path.stem not in NO_NAMES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, node.name
            public = not node.name.startswith("_")
            assert ast.get_docstring(node) or not public, f"{node.name} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_any_exception_is_caught_only_at_the_plugin_border(path):
    catches = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert not catches or path.relative_to(HOUSE) == Path("engine/border.py")


def test_a_table_name_and_a_field_name_mean_one_thing():
    seen = {}
    for table in registry.tables().values():
        assert table.meaning.endswith("."), f"{table.name}: a meaning is a sentence"
        assert len(set(table.names)) == len(table.names), f"{table.name} names a field twice"
        for field in table.fields:
            assert field.kind in ARROW
            assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name), field.name
            assert field.meaning.endswith("."), f"{table.name}.{field.name}: a meaning is a sentence"
            kind, unit, owner = seen.setdefault(field.name, (field.kind, field.unit, table.name))
            assert (kind, unit) == (field.kind, field.unit), f"{table.name}.{field.name} differs from {owner}'s"


def test_protocol_tables_begin_with_the_stamp():
    own = {table.name for kind in PROTOCOLS.values() for table in kind.tables}
    for name in own:
        assert registry.tables()[name].names[:3] == ("flow_id", "ts", "ts_ns"), name


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocol_has_its_tests_and_says_what_it_is(name):
    assert (TESTS / "protocols" / f"test_{name}.py").exists()
    kind = PROTOCOLS[name]
    assert kind.title and kind.spec and kind.family and kind.carriers


@pytest.mark.parametrize("name", LAYERS)
def test_layer_has_its_tests(name):
    assert (TESTS / "layers" / f"test_{name}.py").exists()


@pytest.mark.parametrize("name", DETECTORS)
def test_detector_has_its_tests_and_reads_tables_that_exist(name):
    assert (TESTS / "detectors" / f"test_{name}.py").exists()
    detector = DETECTORS[name]
    assert {*detector.reads, *detector.reads_one_of, *detector.may_read} <= set(registry.tables())
    assert DETECTORS[name].question.endswith("?")
    assert DETECTORS[name].partition_by


@pytest.mark.parametrize("name", NAMED)
def test_named_protocol_is_described(name):
    named = NAMED[name]
    assert named.title and named.spec and named.family and named.carriers
    assert named.signatures or named.ports, f"{name} can never be named"


def test_a_shelf_is_found_by_listing_it():
    for folder in (protocols, detectors, layers):
        source = Path(folder.__file__).read_text(encoding="utf-8")
        assert "import" not in source, f"{folder.__name__} keeps a list"


def test_no_file_names_a_package_registry():
    lock = HOUSE.parent / "requirements.lock"
    assert not ALLOWED_HOSTS.search(lock.read_text(encoding="utf-8"))
