"""Rows of outflow, and the register that they make."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime

from quivive.flows.jurisdiction import Jurisdictions
from quivive.register.build import Asked, build
from tests.detectors.case_builder import capture, case

TODAY = date(2026, 11, 22)
MOMENT = datetime(2026, 9, 15, 10, tzinfo=UTC)
ALIBABA, CUSTOMS = "47.91.64.1", "194.57.10.10"


def micros(moment):
    return int(moment.timestamp()) * 1_000_000


def row(**given):
    """Return a row of outflow, ordinary but for what is given."""
    ordinary = {
        "hour": micros(MOMENT), "own_addr": "10.0.0.5", "is_opened_outside": False, "service": "tls",
        "destination": "oss-eu-central-1.aliyuncs.com", "destination_known_by": "server name", "peer_addr": ALIBABA,
        "out_bytes": 1_000_000, "in_bytes": 1_000, "n_sessions": 2, "readability": "encrypted", "clear_out_bytes": 0,
        "encrypted_out_bytes": 1_000_000, "unseen_out_bytes": 0, "is_spread": False, "biggest_flow_id": 7,
        "first_ts": micros(MOMENT), "last_ts": micros(MOMENT) + 60_000_000,
    }  # fmt: skip
    return ordinary | given


def clear(out_bytes=5_000, **given):
    """Return a row whose content can be read."""
    seen = {"service": "http1", "out_bytes": out_bytes, "clear_out_bytes": out_bytes, "encrypted_out_bytes": 0,
            "readability": "clear"}  # fmt: skip
    return row(**(seen | given))


def host(addr):
    return {"host_addr": addr, "is_own": True}


@contextmanager
def tables(folder, outflow, hosts=("10.0.0.5", "10.0.0.6"), **more):
    rows = {"outflow": outflow, "hosts": [host(addr) for addr in hosts], "captures": [capture()]} | more
    with case(folder, rows, reads=("flows", "http")) as opened:
        yield opened


def register(folder, outflow, *, declared=None, systems=(), today=TODAY, is_partial=False, imported=(), **more):
    """Return the register of these rows."""
    asked = Asked(today, Jurisdictions(list(imported)), declared, systems, "Kestrel Gears", is_partial)
    with tables(folder, outflow, **more) as opened:
        return build(opened, asked)
