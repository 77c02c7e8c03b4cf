"""Quivive: tells an organisation whether somebody is spying on it."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Bring `inspect` and `Case` when they are first asked for: nothing heavy is imported before."""
    if name in ("inspect", "Case"):
        from quivive import api

        return getattr(api, name)
    raise AttributeError(f"module 'quivive' has no attribute {name!r}")
