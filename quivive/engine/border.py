"""The plugin border: the one place where any exception is caught, so that a fault in one file costs one flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from quivive.model.errors import DissectError

T = TypeVar("T")


def shielded(call: Callable[[], T], blame: Callable[[Exception], None]) -> T | None:
    """Return what a plugin's function returns; what it raises by contract goes on, any other fault goes to `blame`."""
    try:
        return call()
    except DissectError:
        raise
    except Exception as error:
        blame(error)
        return None
