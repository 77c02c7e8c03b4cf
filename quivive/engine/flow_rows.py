"""Ended flows to rows of the `flows` table: what the packets told, what the parsers found, whose addresses they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quivive.engine.announced import Announced
from quivive.engine.identify import Catalogue
from quivive.engine.sink import FLOW_FACTS, Sink
from quivive.flows import applications, describe, operators, places
from quivive.kernels import flow_row as fr
from quivive.kernels.headers import TCP, UDP
from quivive.kernels.signatures import CONFIDENCES, PORT
from quivive.model.case_tables import FLOWS
from quivive.model.columns import Columns

FLOWS_AT_ONCE = 16_384
"""Flows that wait before they are written: each column has a price per call, each waiting flow takes 0.7 kB."""

NO_SERVICE, TOLD = -1, -2
HANDED, ANNOUNCED = "handed over", "announced by another flow"


class FlowRows:
    """Writes the rows of flows that have ended."""

    def __init__(
        self,
        catalogue: Catalogue,
        sink: Sink,
        path_text: Callable[[int], str],
        own: places.OwnNetworks,
        announced: Announced,
    ) -> None:
        self._catalogue = catalogue
        self._sink = sink
        self._path_text = path_text
        self._own = own
        self._announced = announced
        self._guesses = catalogue.guesses()
        self._stacks: dict[tuple[int, ...], int] = {}
        self._waiting: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        self._n_waiting = 0

    def add(self, row: NDArray[np.int64], stat: NDArray[np.float64], stacks: dict[int, list[int]]) -> None:
        """Take flows; they are written, see `write`, when many wait."""
        self._waiting.append((row, stat))
        self._n_waiting += len(row)
        if self._n_waiting >= FLOWS_AT_ONCE:
            self.flush(stacks)

    def flush(self, stacks: dict[int, list[int]]) -> None:
        """Write the flows that wait."""
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        if waiting:
            row, stat = (np.concatenate(parts) for parts in zip(*waiting, strict=True))
            self.write(row, stat, stacks)

    def write(self, row: NDArray[np.int64], stat: NDArray[np.float64], stacks: dict[int, list[int]]) -> None:
        """Write flows in the order of their numbers. stacks: services by flow, outermost first; taken out once used."""
        order = np.argsort(row[:, fr.FLOW_ID], kind="stable")
        row, stat = row[order], stat[order]
        ends = describe.endpoints(row)
        columns = describe.columns_of(row, stat)
        columns |= self._services(row, ends, stacks)
        facts = self._facts(row[:, fr.FLOW_ID].tolist())
        columns |= facts
        columns |= self._places(ends, facts["server_name"])
        columns |= applications_of(self._called(row[:, fr.FLOW_ID].tolist(), facts["server_name"]))
        columns["layer_path"] = describe.named_rows(row[:, fr.PATH, None], self._path_text)
        columns["last_ts"] = describe.micros(row[:, fr.LAST_NS])
        self._sink.add_columns(FLOWS, columns)

    def _services(
        self, row: NDArray[np.int64], ends: tuple[NDArray[np.int64], ...], stacks: dict[int, list[int]]
    ) -> Columns:
        """Return service, stack and confidence: as parsers found it, as the patterns did, or as the port suggests."""
        transport, number, sure = row[:, fr.KEY_PORTS] & 0xFF, row[:, fr.SERVICE].copy(), row[:, fr.CONFIDENCE].copy()
        stack = number.copy()
        for at, flow_id in enumerate(row[:, fr.FLOW_ID].tolist()):
            found = stacks.pop(flow_id, None)
            if found is not None:
                number[at] = found[0] if found else 0
                stack[at] = self._stack_number(tuple(found))
        told = self._announced.services(row, ends, number == 0)
        number, stack = np.where(told > 0, told, number), np.where(told > 0, told, stack)
        sure = np.where(told > 0, TOLD, sure)
        lane = np.where(transport == TCP, 0, np.where(transport == UDP, 1, 2))
        guess = self._guesses[lane, np.where(lane == 2, transport, ends[5])]
        by_port = (number == 0) & (guess > 0) & (row[:, fr.PAYLOAD_BYTES] + row[:, fr.PAYLOAD_BYTES + 1] > 0)
        number, stack = np.where(by_port, guess, number), np.where(by_port, guess, stack)
        sure = np.where(by_port, PORT, np.where(number == 0, NO_SERVICE, sure))
        return {
            "service": describe.named_rows(number[:, None], lambda one: self._catalogue.names[one] or None),
            "service_stack": describe.named_rows(stack[:, None], self._stack_text),
            "confidence": describe.named_rows(sure[:, None], self._sure_text),
        }

    @staticmethod
    def _sure_text(sure: int) -> str | None:
        if sure == TOLD:
            return ANNOUNCED
        return (CONFIDENCES[sure] or HANDED) if sure >= 0 else None

    def _stack_number(self, services: tuple[int, ...]) -> int:
        """Return a number for a stack of services: one alone is itself, others are counted from -1 down."""
        if len(services) <= 1:
            return services[0] if services else 0
        if services not in self._stacks:
            self._stacks[services] = -1 - len(self._stacks)
        return self._stacks[services]

    def _stack_text(self, number: int) -> str | None:
        if number >= 0:
            return self._catalogue.names[number] or None
        services = next(services for services, known in self._stacks.items() if known == number)
        return ",".join(self._catalogue.names[one] for one in services)

    def _facts(self, flow_ids: list[int]) -> dict[str, list[str | None]]:
        facts = [self._sink.flow_facts.pop(flow_id, None) for flow_id in flow_ids]
        return {name: [fact.get(name) if fact else None for fact in facts] for name in FLOW_FACTS}

    def _called(self, flow_ids: list[int], server_names: list[str | None]) -> list[str | None]:
        """Return what each flow called or asked for, server names first."""
        others = [self._sink.called.pop(flow_id, None) for flow_id in flow_ids]
        return [name or other for name, other in zip(server_names, others, strict=True)]

    def _places(self, ends: tuple[NDArray[np.int64], ...], names: list[str | None]) -> Columns:
        """Return whose the addresses are. names: what the originators called the responders."""
        columns: Columns = {}
        for side, name in enumerate(("orig", "resp")):
            known = describe.named_rows(np.stack(ends[3 * side : 3 * side + 2], axis=1), self._known_of)
            whose = [place for place, _ in known.distinct]
            is_own = np.array([place.is_own for place in whose] or [False], np.bool_)[known.which]
            columns[f"{name}_is_own"] = is_own
            columns[f"{name}_registered"] = describe.Taken([place.registered for place in whose], known.which)
            run_by = describe.Taken([operator for _, operator in known.distinct], known.which)
            if side:
                run_by = named_where_unknown(run_by, names, is_own)
            columns[f"{name}_operator"] = describe.Taken(
                [one and one.operator for one in run_by.distinct], run_by.which
            )
            countries = [one and one.country for one in run_by.distinct]
            columns[f"{name}_controlling"] = describe.Taken(countries, run_by.which)
        return columns

    def _known_of(self, high: int, low: int) -> tuple[places.Place, operators.Operator | None]:
        return self._own.place(high, low), operators.shipped().by_address(high, low)


def applications_of(names: list[str | None]) -> Columns:
    """Return application and category of flows by the names they used, each distinct name looked up once."""
    number = {name: k for k, name in enumerate(dict.fromkeys(names))}
    which = np.fromiter((number[name] for name in names), np.int64, len(names))
    found = [applications.shipped().by_name(name) if name else None for name in number]
    return {
        "app": describe.Taken([one and one.name for one in found], which),
        "app_category": describe.Taken([one and one.category for one in found], which),
    }


def named_where_unknown(run_by: describe.Taken, names: list[str | None], is_own: NDArray[np.bool_]) -> describe.Taken:
    """Return operators with those known by name where the address tells none.

    An own address stays without: a name told to it, as to a proxy, is not its own.
    """
    distinct = list(dict.fromkeys(names))
    number = {name: len(run_by.distinct) + k for k, name in enumerate(distinct)}
    by_name = np.fromiter((number[name] for name in names), np.int64, len(names))
    is_unknown = np.array([one is None for one in run_by.distinct] or [False], np.bool_)[run_by.which]
    found = [operators.shipped().by_name(name) if name else None for name in distinct]
    return describe.Taken(run_by.distinct + found, np.where(is_unknown & ~is_own, by_name, run_by.which))
