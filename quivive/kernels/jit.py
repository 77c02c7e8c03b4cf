"""The one compile decorator of this house, and a cache that notices every change it should."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from numba import config, njit
from numba.core import event
from numba.core.caching import InTreeCacheLocator, UserProvidedCacheLocator, UserWideCacheLocator

PACKAGE = Path(__file__).parents[1]
OWN_IMPORT = re.compile(rf"^from {PACKAGE.name}\.([\w.]+) import", re.MULTILINE)


@functools.cache
def sources_of(path: Path) -> frozenset[Path]:
    """Return the file and all files of this package that it imports, directly or not."""
    found, waiting = set(), [path]
    while waiting:
        source = waiting.pop()
        if source not in found and source.exists():
            found.add(source)
            waiting += [PACKAGE / f"{name.replace('.', '/')}.py" for name in OWN_IMPORT.findall(source.read_text())]
    return frozenset(found)


class _WholeClosure:
    """Numba stamps a cached kernel with its own file only; callees and constants live in others."""

    def get_source_stamp(self) -> bytes:
        """Return a digest of the file and of all files it draws on."""
        sources = sorted(sources_of(Path(self._py_file)))
        return hashlib.sha256(b"".join(source.name.encode() + source.read_bytes() for source in sources)).digest()


class ProvidedLocator(_WholeClosure, UserProvidedCacheLocator):
    """NUMBA_CACHE_DIR, where the user has set it."""


class InTreeLocator(_WholeClosure, InTreeCacheLocator):
    """__pycache__, where it can be written."""


class UserWideLocator(_WholeClosure, UserWideCacheLocator):
    """The user's own cache folder: for installations that only root may write."""


LOCATORS = ",".join(f"{__name__}.{locator.__name__}" for locator in (ProvidedLocator, InTreeLocator, UserWideLocator))


def kernel(function):
    """Compile a kernel. fastmath and parallel stay off: results must not depend on the machine.

    Without Numba's runtime (nrt) a kernel can allocate nothing, and so counts no references: calls between
    small kernels become free, and two threads do not fight over the count of the one array they both read.
    """
    others = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = LOCATORS
    try:
        return njit(cache=True, nogil=True, error_model="numpy", boundscheck=True, _nrt=False)(function)
    finally:
        config.CACHE_LOCATOR_CLASSES = others


class _Heard(event.Listener):
    """Hears of each kernel that is compiled, as against loaded from the cache."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def on_start(self, event: event.Event) -> None:
        """Tell the name of the kernel whose compilation begins."""
        self._tell(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event: event.Event) -> None:
        """Nothing: the next kernel or the next batch shows that it went on."""


@contextlib.contextmanager
def compile_heard(tell: Callable[[str], None]) -> Iterator[None]:
    """Call `tell` with a kernel's name whenever one is compiled: that happens once per machine, and takes seconds."""
    with event.install_listener("numba:compile", _Heard(tell)):
        yield
