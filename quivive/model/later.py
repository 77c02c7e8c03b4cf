"""Modules that are read when they are first used: what a run does not need, it does not wait for."""

from __future__ import annotations

import importlib
from typing import Any


class Later:
    """Stands for a module of this name; reads it at the first look at what it holds."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found
