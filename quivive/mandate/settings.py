"""Where the organisation keeps its lists and keys: one folder of the user's, or places named one by one."""

from __future__ import annotations

import os
from pathlib import Path

from quivive.mandate.refusal import Refusal

FOLDER = "QUIVIVE_CONFIG"
NAMES = {
    "signers": ("QUIVIVE_SIGNERS", "signers.toml"),
    "ownership": ("QUIVIVE_OWNERSHIP", "ownership.toml"),
    "revoked": ("QUIVIVE_REVOKED", "revoked.toml"),
    "pseudonyms": ("QUIVIVE_PSEUDONYM_KEY", "pseudonyms.key"),
    "custody": ("QUIVIVE_CUSTODY_KEY", "custody.key"),
}
"""What, the environment variable that names its place, and its name in the folder."""


def folder() -> Path:
    """Return the folder: $QUIVIVE_CONFIG, else quivive/ in the user's folder for settings. Raises MandateError."""
    if os.environ.get(FOLDER):
        return Path(os.environ[FOLDER])
    try:
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    except RuntimeError as error:
        raise Refusal("settings", "there is no home folder to keep them in", f"name a folder: {FOLDER}") from error
    return home / "quivive"


def place_of(what: str, named: Path | None = None) -> Path:
    """Return where a list or key is: as named, as the environment says, or in the folder."""
    variable, name = NAMES[what]
    if named is not None:
        return named
    return Path(os.environ[variable]) if os.environ.get(variable) else folder() / name


def is_named(what: str, named: Path | None = None) -> bool:
    """Return whether somebody said where it is."""
    return named is not None or bool(os.environ.get(NAMES[what][0])) or bool(os.environ.get(FOLDER))
