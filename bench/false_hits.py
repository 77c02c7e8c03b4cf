"""python -m bench.false_hits: sensitive classes wrongly found per megabyte of content that holds none."""

from __future__ import annotations

import base64
import json
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from quivive.sensitive.classes import CLASSES
from quivive.sensitive.fields import FREE
from quivive.sensitive.judge import WORD, judge

KEY = b"measure"
MESSAGE_BYTES = 20_000
MEGABYTE = 1_000_000


def logs(rng: Random) -> Iterator[bytes]:
    """Yield application logs: numbers, times, identifiers, stock codes of the form of containers."""
    while True:
        yield b"\n".join(
            json.dumps({
                "ts": 1_790_000_000_000 + rng.randrange(10**9), "id": rng.randrange(10**14, 10**15),
                "sku": "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3)) + rng.choice("UJZ")
                + f"{rng.randrange(10**7):07}",
                "trace": f"{rng.getrandbits(64):016X}", "ms": rng.randrange(9999), "n": str(rng.randrange(10**16)),
                "path": f"/v1/items/{rng.randrange(10**9)}", "order": f"{rng.randrange(10**11):011}",
            }).encode()
            for _ in range(100)
        )  # fmt: skip


def hexadecimal(rng: Random) -> Iterator[bytes]:
    """Yield dumps of random bytes."""
    while True:
        yield b"\n".join(rng.randbytes(32).hex().upper().encode() for _ in range(MESSAGE_BYTES // 65))


def base_64(rng: Random) -> Iterator[bytes]:
    """Yield random bytes as mail carries them."""
    while True:
        yield base64.encodebytes(rng.randbytes(MESSAGE_BYTES * 3 // 4))


def numbers(rng: Random) -> Iterator[bytes]:
    """Yield tables of random numbers."""
    while True:
        rows = (f"{rng.randrange(10**8)},{rng.randrange(10**13)},{rng.randrange(10**15)}" for _ in range(500))
        yield ("a,b,c\n" + "\n".join(rows)).encode()


def source(_: Random) -> Iterator[bytes]:
    """Yield the standard library of Python, over and over."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    while True:
        yield from (path.read_bytes() for path in files)


KINDS = {"app logs (JSON)": logs, "upper-case hex": hexadecimal, "base64": base_64, "number tables": numbers,
         "Python source": source}  # fmt: skip


def false_hits(kind: str, megabytes: float, seed: int = 1) -> tuple[Counter[str], Counter[str]]:
    """Return values wrongly told sensitive, by class: by the rule, and by the check digit alone."""
    ruled: Counter[str] = Counter()
    naive: Counter[str] = Counter()
    read = 0
    for message in KINDS[kind](Random(seed)):
        found = judge(message, KEY)
        ruled.update({hit.name: hit.distinct for hit in found.hits})
        words = WORD.findall(message.decode("utf-8", "backslashreplace"))
        for one in CLASSES:
            naive[one.name] += sum(1 for word in words if (plain := one.read(word)) and one.holds(plain))
        read += len(message)
        if read >= megabytes * MEGABYTE:
            return ruled, naive
    return ruled, naive


def main() -> None:
    """Print false hits per megabyte: with the rule, and in brackets with the check digit alone."""
    megabytes = 2
    print(f"values wrongly found per MB: by the rule (by the check digit alone); free path {FREE!r}")
    for kind in KINDS:
        ruled, naive = false_hits(kind, megabytes)
        shown = [
            f"{name} {ruled[name] / megabytes:g} ({count / megabytes:g})"
            for name, count in naive.most_common()
            if count
        ]
        print(f"{kind:<18}" + ("; ".join(shown) or "none"))


if __name__ == "__main__":
    main()
