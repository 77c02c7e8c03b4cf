"""The user's canaries into a case, as hashes, for the detector that looks for them."""

from __future__ import annotations

from pathlib import Path

from quivive.model.canary_table import CANARIES
from quivive.sensitive import planted
from quivive.store.parquet import ParquetTable


def write_canaries(folder: Path) -> None:
    """Write the table `canaries` of a case; none where the user has planted none. folder: the case's tables."""
    table = ParquetTable(CANARIES, folder)
    for row in planted.rows_of_user():
        table.add(-1, 0, row)
    table.close()
