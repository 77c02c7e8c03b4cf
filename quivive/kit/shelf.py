"""Find what stands on a shelf: one file, one thing, named after the file."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, TypeVar

from quivive.model.errors import PluginError

T = TypeVar("T")


def load(shelf: ModuleType, kind: type[T]) -> dict[str, Any]:
    """Return every object of `kind` on the shelf, by name, sorted.

    `kind` is a dataclass such as Layer (an instance is looked for) or an abstract class such as Protocol
    (a subclass is looked for). Installed packages add their own under the entry point group named after the shelf.
    """
    found: dict[str, Any] = {}
    for entry in sorted(pkgutil.iter_modules(shelf.__path__), key=lambda entry: entry.name):
        if not entry.name.startswith("_"):
            module = importlib.import_module(f"{shelf.__name__}.{entry.name}")
            found[entry.name] = _only_one(module, kind)
    for point in sorted(entry_points(group=shelf.__name__), key=lambda point: point.name):
        if point.name in found:
            raise PluginError(f"{point.value}: the name {point.name!r} is taken on the shelf {shelf.__name__}")
        found[point.name] = _only_one(importlib.import_module(point.module), kind)
    return found


def _only_one(module: ModuleType, kind: type) -> Any:
    own = [thing for thing in vars(module).values() if _is_a(thing, kind, module)]
    if len(own) != 1:
        raise PluginError(f"{module.__name__} must define one {kind.__name__}, found {len(own)}")
    (thing,) = own
    if thing.name != module.__name__.rpartition(".")[2]:
        raise PluginError(f"{module.__name__}: name {thing.name!r} differs from the file's")
    return thing


def _is_a(thing: object, kind: type, module: ModuleType) -> bool:
    if isinstance(thing, type):
        return issubclass(thing, kind) and thing is not kind and thing.__module__ == module.__name__
    return isinstance(thing, kind)
