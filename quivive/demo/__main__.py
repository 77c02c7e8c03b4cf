"""`python -m quivive.demo FOLDER [SEED]` writes the demonstration captures."""

from __future__ import annotations

import argparse
from pathlib import Path

from quivive.demo.story import write_demo


def main() -> None:
    """Write the captures where the user says, and tell what was written."""
    parser = argparse.ArgumentParser(prog="python -m quivive.demo", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the captures go; made if it is missing")
    parser.add_argument("seed", type=int, nargs="?", default=1, help="another number gives other bytes (default 1)")
    asked = parser.parse_args()
    for path in write_demo(asked.folder, asked.seed):
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
