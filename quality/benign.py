"""What an organisation's machines do all day: browsing, updates, backups, calls, clouds, jobs, look-ups."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quality.rows import DAY, HOUR, MINUTE, SECOND, START_NS, Rows, Times
from quivive.model.columns import Taken

N_SITES, N_ADDRESSES = 4_000, 900
NIGHT_FROM_H, NIGHT_TO_H = 1, 5
WORK_FROM_H, WORK_TO_H = 8, 18
HOURS = NDArray[np.int64]


class Office(NamedTuple):
    """The machines and the time of one scenario.

    hosts: addresses; the last tenth of them are servers    until_ns: end of the capture
    """

    hosts: list[str]
    until_ns: int

    @property
    def n_days(self) -> int:
        """Days begun."""
        return -(-(self.until_ns - START_NS) // DAY)

    @property
    def servers(self) -> list[int]:
        """Numbers of the machines that nobody sits at."""
        return list(range(len(self.hosts) - max(len(self.hosts) // 10, 1), len(self.hosts)))


def everything(rows: Rows, office: Office) -> int:
    """Add all benign traffic; returns how many domains were looked up."""
    for template in TEMPLATES:
        template(rows, office)
    return lookups(rows, office)


def browsing(rows: Rows, office: Office) -> None:
    """Visits to sites by their popularity: little out, much in; some forms and pictures handed in."""
    which, ts_ns = _visits(rows, office, mean_a_day=90)
    sent, received = _sizes(rows, 2_500, 1.0, len(ts_ns)), _sizes(rows, 60_000, 1.6, len(ts_ns))
    is_form = rows.rng.random(len(ts_ns)) < 0.01
    sent = np.where(is_form, _sizes(rows, 400_000, 1.0, len(ts_ns)), sent)
    sites = np.minimum(rows.rng.zipf(1.25, len(ts_ns)), N_SITES) - 1
    names = Taken([f"www.site{k}.example" for k in range(N_SITES)], sites)
    _add(rows, office, which, ts_ns, sites, server_name=names, orig_bytes=sent, resp_bytes=received,
         lasting_ns=_sizes(rows, 20, 1.0, len(ts_ns)) * SECOND)  # fmt: skip


def networks(rows: Rows, office: Office) -> None:
    """Content networks: pictures and scripts from machines with generated names."""
    which, ts_ns = _visits(rows, office, mean_a_day=60)
    number = rows.rng.integers(0, 300, len(ts_ns))
    names = Taken([f"d{_word(rows, 13)}.cdn{k % 7}.example" for k in range(300)], number)
    _add(rows, office, which, ts_ns, number, server_name=names, orig_bytes=_sizes(rows, 1_800, 0.6, len(ts_ns)),
         resp_bytes=_sizes(rows, 300_000, 1.5, len(ts_ns)))  # fmt: skip


def updates(rows: Rows, office: Office) -> None:
    """The system's and the programs' updates, and reports to their makers."""
    for name, a_day, out, back in (
        ("au.download.windowsupdate.com", 2, 8_000, 40_000_000),
        ("v10.events.data.microsoft.com", 12, 30_000, 3_000),
        ("update.editor-maker.example", 1, 3_000, 20_000_000),
        ("ocsp.digicert.com", 6, 500, 2_000),
    ):
        which, ts_ns = _evenly(rows, office, a_day)
        _named(rows, office, which, ts_ns, name, out, back)


def backups(rows: Rows, office: Office) -> None:
    """A night's backup of every third machine to one provider, 20 to 300 MB."""
    chosen = np.arange(0, len(office.hosts), 3)
    which = np.tile(chosen, office.n_days)
    day = np.repeat(np.arange(office.n_days), len(chosen))
    ts_ns = START_NS + day * DAY + 2 * HOUR + rows.rng.integers(0, 2 * HOUR, len(which))
    which, ts_ns = _until(office, which, ts_ns)
    _named(rows, office, which, ts_ns, "ingest.vault-backup.example", 80_000_000, 200_000, lasting_ns=20 * MINUTE)


def calls(rows: Rows, office: Office) -> None:
    """Video calls: about as much out as in, some mostly listening, some presenting."""
    which, ts_ns = _visits(rows, office, mean_a_day=0.6)
    n = len(ts_ns)
    minutes = rows.rng.integers(10, 90, n)
    received = minutes * rows.rng.integers(4_000_000, 12_000_000, n)
    sent = (received * rows.rng.lognormal(-0.3, 0.45, n)).astype(np.int64)
    number = rows.rng.integers(0, 20, n)
    _add(rows, office, which, ts_ns, number, service="rtp", transport="udp", resp_port=3_478, orig_bytes=sent,
         resp_bytes=received, lasting_ns=minutes * MINUTE)  # fmt: skip


def clouds(rows: Rows, office: Office) -> None:
    """Files kept in step with the organisation's cloud: changes go both ways, now and then a large one goes up."""
    which, ts_ns = _visits(rows, office, mean_a_day=25)
    n = len(ts_ns)
    sent, received = _sizes(rows, 15_000, 1.5, n), _sizes(rows, 40_000, 1.5, n)
    sent = np.where(rows.rng.random(n) < 0.004, _sizes(rows, 12_000_000, 0.5, n), sent)
    _named(rows, office, which, ts_ns, "files.team-cloud.example", sent, received)


def mail(rows: Rows, office: Office) -> None:
    """Mail read and written all day over encryption, some with large attachments."""
    which, ts_ns = _visits(rows, office, mean_a_day=30)
    n = len(ts_ns)
    sent = np.where(rows.rng.random(n) < 0.02, _sizes(rows, 900_000, 1.0, n), _sizes(rows, 6_000, 1.0, n))
    _named(rows, office, which, ts_ns, "mail.provider.example", sent, _sizes(rows, 60_000, 1.3, n))


def jobs(rows: Rows, office: Office) -> None:
    """Jobs by the clock: servers ask for new lists, time and licences."""
    for name, minutes, out, back in (
        ("lists.filter.example", 15, 700, 9_000),
        ("licence.maker.example", 60, 900, 1_200),
    ):
        ts_ns = np.arange(START_NS, office.until_ns, minutes * MINUTE)
        for number in office.servers:
            of_one = ts_ns + rows.rng.integers(0, 2 * SECOND, len(ts_ns))
            _named(rows, office, np.full(len(ts_ns), number), of_one, name, out, back)


def monitoring(rows: Rows, office: Office) -> None:
    """Agents on all servers that report figures to a service outside every minute or so."""
    ts_ns = np.arange(START_NS, office.until_ns, 2 * MINUTE)
    for number in office.servers:
        of_one = ts_ns + rows.rng.integers(0, SECOND, len(ts_ns))
        _named(rows, office, np.full(len(ts_ns), number), of_one, "intake.metrics-service.example", 4_500, 5_400)


def lookups(rows: Rows, office: Office) -> int:
    """Look-ups of all kinds at the own resolver, which asks outside; returns the number of domains."""
    domains = [f"{_word(rows, 6)}{k}.example" for k in range(N_SITES)]
    words = [f"{front}.{domain}" for domain in domains for front in ("www", "static-assets", "login")]
    generated = [f"{_word(rows, 20)}.cdn{k % 40}.example" for k in range(600)]
    generated += [f"{_word(rows, 32)}.safe-frame{k % 25}.example" for k in range(200)]
    generated += [f"ec2-198-51-100-{k}.eu-west-1.compute.cloud-host.example" for k in range(200)]
    names = words + generated
    a_day = 150
    which, ts_ns = _visits(rows, office, mean_a_day=a_day)
    number = rows.rng.integers(0, len(names), len(ts_ns))
    first_flow = rows.flows(np.full(len(office.hosts), START_NS), orig_addr=office.hosts, resp_addr="10.200.0.53",
                            resp_is_own=True, service="dns", transport="udp", resp_port=53,
                            resp_registered=None)  # fmt: skip
    sizes = np.array([len(name) + 18 for name in names])[number]
    rows.rows("dns", len(ts_ns), flow_id=first_flow[which], ts_ns=ts_ns, query=Taken(names, number), qtype="A",
              is_response=np.zeros(len(ts_ns), bool), is_orig=np.ones(len(ts_ns), bool),
              message_bytes=sizes)  # fmt: skip
    return len(domains) + 65 + 1


TEMPLATES: tuple[Callable[[Rows, Office], None], ...] = (
    browsing, networks, updates, backups, calls, clouds, mail, jobs, monitoring,
)  # fmt: skip


def _visits(rows: Rows, office: Office, *, mean_a_day: float) -> tuple[HOURS, Times]:
    """Return machine numbers and times of what people do: in working hours, less at weekends."""
    n = rows.rng.poisson(mean_a_day * len(office.hosts) * office.n_days)
    which = rows.rng.integers(0, len(office.hosts), n)
    day = rows.rng.integers(0, office.n_days, n)
    hour = np.clip(rows.rng.normal((WORK_FROM_H + WORK_TO_H) / 2, 3.0, n), 0, 23.99)
    is_kept = (day % 7 < 5) | (rows.rng.random(n) < 0.1)
    ts_ns = START_NS + day * DAY + (hour * HOUR).astype(np.int64)
    return _until(office, which[is_kept], ts_ns[is_kept])


def _evenly(rows: Rows, office: Office, a_day: int) -> tuple[HOURS, Times]:
    """Return machine numbers and times of what machines do, by day and night."""
    n = a_day * len(office.hosts) * office.n_days
    which = rows.rng.integers(0, len(office.hosts), n)
    return _until(office, which, START_NS + rows.rng.integers(0, office.n_days * DAY, n))


def _until(office: Office, which: HOURS, ts_ns: Times) -> tuple[HOURS, Times]:
    is_seen = ts_ns < office.until_ns
    return which[is_seen], ts_ns[is_seen]


def _sizes(rows: Rows, median: float, spread: float, n: int) -> NDArray[np.int64]:
    return rows.rng.lognormal(np.log(median), spread, n).astype(np.int64) + 100


def _named(rows: Rows, office: Office, which: HOURS, ts_ns: Times, name: str, out: object, back: object,
           **given: object) -> None:  # fmt: skip
    """Add flows to one service; a single size is the median of many."""
    n = len(ts_ns)
    sizes = [_sizes(rows, size, 0.3, n) if isinstance(size, int) else size for size in (out, back)]
    address = np.full(n, sum(name.encode()) % N_ADDRESSES)
    _add(rows, office, which, ts_ns, address, server_name=name, orig_bytes=sizes[0], resp_bytes=sizes[1], **given)


def _add(rows: Rows, office: Office, which: HOURS, ts_ns: Times, address: NDArray, **given: object) -> None:
    addresses = [f"198.{18 + k // 250}.{k % 250}.{1 + k % 97}" for k in range(N_ADDRESSES)]
    rows.flows(ts_ns, orig_addr=Taken(office.hosts, which), resp_addr=Taken(addresses, address % N_ADDRESSES), **given)


def _word(rows: Rows, size: int) -> str:
    return "".join(rows.rng.choice(list("abcdefghijklmnopqrstuvwxyz0123456789"), size))
