"""What every test shares."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=60)  # a kernel's first call compiles it
settings.load_profile("house")

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write what is seen now as what is expected")


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory):
    """Keep tests, and the commands they run, away from the keys and lists of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUIVIVE_CONFIG", str(tmp_path_factory.mktemp("settings")))
        yield


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of public captures beside the project."""
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is absent")
    return CORPUS
