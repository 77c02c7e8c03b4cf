"""Where this machine keeps what it has worked out once from files of the package: nothing that cannot be made again."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
FOLDER = "NUMBA_CACHE_DIR"
"""Variable of the environment that names another folder; it is Numba's own, so that one name holds for both."""


@functools.cache
def folder_of(sources: Path) -> Path | None:
    """Return where what was made of sources in a folder is kept: as told, beside them, or in the user's own cache."""
    own = f"{sources.name}_{hashlib.sha256(str(sources).encode()).hexdigest()[:16]}"
    told = os.environ.get(FOLDER)
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    places = [Path(told) / own] if told else []
    for place in (*places, sources / "__pycache__", users / PACKAGE.name / own):
        try:
            place.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
        except OSError:
            continue
        return place
    return None


def keep(sources: Path, name: str, content: bytes) -> None:
    """Write a file whole or not at all; a disk that takes none costs the next run its time."""
    folder = folder_of(sources)
    if folder is None:
        return
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{name}.", delete=False) as file:
            file.write(content)
        Path(file.name).replace(folder / name)
    except OSError:
        return
