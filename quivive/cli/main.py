"""The `quivive` command: which sub-commands there are, and how an error ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App

from quivive import __version__
from quivive.cli import ask, canary, custody, mandate, places, protect, read, register
from quivive.cli.lean import start_lean

app = App(
    name="quivive",
    help="Tells an organisation whether somebody is spying on it: captures in, plain words and proof out.",
    version=__version__,
    help_format="plaintext",
)
app.command(read.inspect)
app.command(ask.show)
app.command(ask.follow)
app.command(ask.sql)
app.command(ask.export)
app.command(ask.brief)
app.command(ask.fields)
app.command(register.register)
app.command(places.app)
app.command(canary.app)
app.command(protect.app)
app.command(custody.verify)
app.command(custody.hold)
app.command(custody.close)
app.command(custody.purge)
app.command(custody.seal)
app.command(custody.app)
app.command(mandate.app)
app.command(mandate.key_app)
app.command(mandate.unmask)

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, or the words given; an error is one line on stderr: 2 for no sense, 1 for what failed."""
    from quivive.model.errors import Error, UsageError

    if words is None:
        start_lean()
    try:
        app(sys.argv[1:] if words is None else list(words))
    except UsageError as error:
        _fail(str(error), EXIT_USAGE)
    except Error as error:
        _fail(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        _fail("interrupted; what was read so far is kept, and the case says that it is partial", EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}; free some space or choose another place with --out", EXIT_FAILED)


def _fail(text: str, code: int) -> None:
    print(f"quivive: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(code)
