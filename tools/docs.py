"""python -m tools.docs [--check]: write the reference pages in docs/ from the shelves; --check says if one is stale."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from quivive import detectors, layers
from quivive.engine import registry
from quivive.engine.identify import Catalogue
from quivive.kit import shelf
from quivive.kit.detector import Detector, Floor
from quivive.kit.finding_words import bytes_text, count_text, span_text
from quivive.kit.layer import Layer

DOCS = Path(__file__).parents[1] / "docs"
MADE = "Made from the code by `make docs`; edit the code, not this page.\n"


def pages() -> dict[str, str]:
    """Return every reference page by file name."""
    return {
        "tables.md": "".join(tables_page()),
        "protocols.md": "".join(protocols_page()),
        "detectors.md": "".join(detectors_page()),
        "layers.md": "".join(layers_page()),
        "commands.md": "".join(commands_page()),
    }


def tables_page() -> Iterator[str]:
    """Yield the page of all tables and columns."""
    yield f"# Tables\n\n{MADE}\n"
    for table in registry.tables().values():
        yield f"\n## {table.name}\n\n{table.meaning}\n\n| column | kind | unit | meaning |\n|---|---|---|---|\n"
        for field in table.fields:
            mark = " *(names a person: written as a pseudonym)*" if field.personal else ""
            yield f"| `{field.name}` | {field.kind} | {field.unit} | {_cell(field.meaning)}{mark} |\n"


def protocols_page() -> Iterator[str]:
    """Yield the page of all protocols: those read, and those only named."""
    services = Catalogue().services
    read = [service for service in services if service.parser]
    named = [service for service in services if not service.parser]
    yield f"# Protocols\n\n{MADE}\n"
    yield f"Read, with tables of their own: {len(read)}. Named by their first bytes: {len(named)}.\n\n"
    yield "## Read\n\n| name | protocol | specification | over | tables |\n|---|---|---|---|---|\n"
    for service in read:
        kind = service.parser
        assert kind is not None
        over = ", ".join(carrier.name.lower() for carrier in kind.carriers)
        names = ", ".join(f"`{table.name}`" for table in kind.tables)
        yield f"| `{service.name}` | {kind.title} | {kind.spec} | {over} | {names} |\n"
    yield "\n## Named\n\n| name | protocol | specification | family |\n|---|---|---|---|\n"
    for service in named:
        kind = service.kind
        yield f"| `{service.name}` | {_cell(kind.title)} | {_cell(kind.spec)} | {kind.family} |\n"


def detectors_page() -> Iterator[str]:
    """Yield the page of all detectors: what each asks and reads."""
    found: dict[str, type[Detector]] = shelf.load(detectors, Detector)
    yield f"# Detectors\n\n{MADE}\n"
    yield "A detector that finds no rows in what it needs, or less than its floor, is not asked.\n\n"
    yield "| name | question | needs | one of | looks into as well | floor |\n|---|---|---|---|---|---|\n"
    for name, detector in found.items():
        read = [_tables(names) for names in (detector.reads, detector.reads_one_of, detector.may_read)]
        yield f"| `{name}` | {_cell(detector.question)} | {' | '.join(read)} | {_floor(detector.floor)} |\n"


def _tables(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _floor(floor: Floor) -> str:
    """Return what a case must hold, in words."""
    said = (
        (floor.span_ns, f"{span_text(floor.span_ns / 1e9)} captured"),
        (floor.n_flows, count_text(floor.n_flows, "flow")),
        (floor.n_outward, f"{count_text(floor.n_outward, 'flow')} to outside"),
        (floor.out_bytes, f"{bytes_text(floor.out_bytes)} sent out"),
    )
    return ", ".join(words for least, words in said if least) or "-"


def layers_page() -> Iterator[str]:
    """Yield the page of the headers that are stepped through beside the fast lane."""
    found: dict[str, Layer] = shelf.load(layers, Layer)
    yield f"# Layers\n\n{MADE}\n"
    yield "The fast lane reads Ethernet, two VLAN tags, IPv4, IPv6, TCP, UDP, ICMP and SCTP. Beside it:\n\n"
    yield "| name | header | specification | carries its own addresses |\n|---|---|---|---|\n"
    for name, layer in found.items():
        yield f"| `{name}` | {_cell(layer.title)} | {_cell(layer.spec)} | {'yes' if layer.is_tunnel else ''} |\n"


def commands_page() -> Iterator[str]:
    """Yield the page of the command line, as its own help says it."""
    from rich.console import Console

    from quivive.cli.main import app

    yield f"# Commands\n\n{MADE}"
    for name in ("", *sorted(word for word in app if not word.startswith("-"))):
        out = io.StringIO()
        app.help_print([name] if name else [], console=Console(file=out, width=100, force_terminal=False))
        yield f"\n## quivive {name}".rstrip() + f"\n\n```\n{_plain(out.getvalue())}```\n"


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the pages, or with --check fail where one differs from what the code says."""
    stale = []
    DOCS.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"stale: {', '.join(stale)}; run `make docs`")


if __name__ == "__main__":
    main()
