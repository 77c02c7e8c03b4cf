"""What makes a worker of the comparison: one catalogue for all its captures, and names left as they were sent."""

from __future__ import annotations

import functools
import logging
import warnings
from typing import Any

from quivive.engine import inspect as engine
from quivive.engine import keeping
from quivive.engine.identify import Catalogue
from quivive.mandate.veil import Veil


class AsSent(Veil):
    """Rewrites nothing: the captures are public, and a pseudonym can be compared with nothing."""

    def steps(self, *_: object) -> list[Any]:
        """Return no change."""
        return []

    def echoes(self, *_: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return no name."""
        return (), ()


@functools.cache
def _catalogue() -> Catalogue:
    return Catalogue()


def catalogue() -> Catalogue:
    """Return the one catalogue, as good as new: making it takes longer than reading a small capture."""
    known = _catalogue()
    known.faults.clear()
    return known


def prepare() -> None:
    """Make this process a worker."""
    warnings.simplefilter("ignore")
    logging.disable()
    keeping.Veil = AsSent  # type: ignore[misc]
    engine.Catalogue = catalogue  # type: ignore[assignment,misc]
