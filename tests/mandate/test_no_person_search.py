"""No function, command or parameter searches people by a selector across content, and none draws who knows whom.

The surface is walked, not listed: what is added tomorrow is tried tomorrow.
"""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from quivive import api
from quivive.cli.main import app
from quivive.engine import registry
from quivive.mandate import desk
from quivive.model.errors import UsageError
from quivive.model.later import Later
from tests.cli.test_mandate import quivive
from tests.engine.test_keeping import NO_MANDATE, case_of, ftp_login

FORBIDDEN = re.compile(
    r"(?i)(?:^|_)(?:selectors?|persons?_?search|search_?persons?|find_?persons?|find_?user|users?_?search|watch_?list|"
    r"targets?|subject_?of|imsi|imei|msisdn|social|contacts|contact_?(?:graph|chain)|who_?knows|relations?_?of|"
    r"acquaintances?|person_?graph|graph|mail_?search|search_?mail|keyword_?search|full_?text|names_in_clear|unmask_?all)"
    r"(?:$|_)"
)
OPENS_NAMES = {"unmask", "ask_to_unmask"}
"""The only ways to a name: one pseudonym, a mandate, a request."""


def public_functions():
    """Yield name and parameters of every public function and method of the API."""
    for name in api.__all__:
        thing = getattr(api, name)
        thing = importlib.import_module(thing._name) if isinstance(thing, Later) else thing
        if inspect.ismodule(thing):
            found = inspect.getmembers(thing, inspect.isfunction)
            yield from ((f"{name}.{n}", inspect.signature(f).parameters) for n, f in found if not n.startswith("_"))
        elif inspect.isclass(thing):
            yield name, inspect.signature(thing).parameters
            methods = inspect.getmembers(thing, inspect.isfunction)
            yield from ((f"{name}.{n}", inspect.signature(f).parameters) for n, f in methods if not n.startswith("_"))
        else:
            yield name, inspect.signature(thing).parameters


def commands(of=app, path=()):
    """Yield the words of every command, and the names of its flags and arguments."""
    for name in of:
        if name.startswith("-"):
            continue
        inner = of[name]
        if inner.default_command is not None:
            found = inner.assemble_argument_collection()
            yield (*path, name), [word.lstrip("-") for argument in found for word in argument.names]
        yield from commands(inner, (*path, name))


PUBLIC = [pytest.param(name, parameters, id=name) for name, parameters in public_functions()]
COMMANDS = [pytest.param(words, parameters, id=" ".join(words)) for words, parameters in commands()]


def test_the_walk_sees_the_surface():
    names = {param.id for param in PUBLIC}
    assert {"inspect", "Case.select", "Case.sql", "unmask", "mandates.sign"} <= names
    flags = {param.id: set(param.values[1]) for param in COMMANDS}
    assert {"inspect", "show", "mandate new", "key new", "unmask"} <= set(flags)
    assert {"own", "mandate", "level", "pseudonym-key"} <= flags["inspect"]


@pytest.mark.parametrize(("name", "parameters"), PUBLIC)
def test_no_function_selects_people(name, parameters):
    for word in (*name.split("."), *parameters):
        assert not FORBIDDEN.search(word), f"{name}({word})"


@pytest.mark.parametrize(("words", "parameters"), COMMANDS)
def test_no_command_selects_people(words, parameters):
    for word in (*words, *parameters):
        assert not FORBIDDEN.search(word.replace("-", "_")), f"{' '.join(words)} {word}"


def test_only_unmasking_speaks_of_opening_pseudonyms_and_takes_just_one():
    takers = {name for name, parameters in public_functions() if "pseudonym" in parameters}
    assert takers == {"ask_to_unmask"}
    for name in OPENS_NAMES:
        parameters = inspect.signature(getattr(api, name)).parameters
        assert parameters["mandate"].default is inspect.Parameter.empty, "no name without a mandate"
        assert all(
            "list[" not in str(one.annotation) and "Sequence" not in str(one.annotation) for one in parameters.values()
        )
    assert not any("name" in f and "open" in f for f, _ in inspect.getmembers(desk, inspect.isfunction))


def test_no_table_ties_people_to_people():
    """Rows of one message name its ends; no table is made of pairs of people across messages."""
    for table in registry.tables().values():
        assert not FORBIDDEN.search(table.name), table.name
        if "flow_id" not in table.names:
            assert not [field.name for field in table.fields if field.personal == "person"], table.name


@pytest.mark.parametrize("flag", ["--names-in-clear", "--selector", "--person", "--unmask-all", "--target"])
@pytest.mark.parametrize(
    "words", [["inspect", "a.pcap"], ["show", "case", "identities"], ["export", "case", "flows", "out"]]
)
def test_flags_of_that_kind_do_not_exist(words, flag):
    code, _, err = quivive(*words, flag, "alice")
    assert (code != 0 and "alice" not in err.replace("alice'", "").replace('"alice"', "")) or "Unknown option" in err


def test_a_name_asked_for_in_sql_is_not_there(tmp_path):
    """A selector in SQL meets pseudonyms only: who does not hold the key cannot look for a person."""
    with case_of(tmp_path, ftp_login(), NO_MANDATE) as case:
        for name in case.names():
            for field in registry.tables()[name].fields:
                if field.kind == "text":
                    assert (
                        case.query(f'SELECT 1 FROM "{name}" WHERE "{field.name}" ILIKE $who', who="%alice%").rows()
                        == []
                    )
        with pytest.raises(UsageError):
            case.query("SELECT * FROM read_json('names.sealed')")
