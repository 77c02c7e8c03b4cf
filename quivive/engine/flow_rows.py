"""Ended flows to rows of the `flows` table: what the packets told, what the parsers found, whose addresses they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quivive.engine.identify import Catalogue
from quivive.engine.sink import FLOW_FACTS, Sink
from quivive.flows import describe, places
from quivive.kernels import flow_row as fr
from quivive.kernels.headers import TCP, UDP
from quivive.kernels.signatures import CONFIDENCES, PORT
from quivive.kernels.text import address_text
from quivive.model.case_tables import FLOWS


class FlowRows:
    """Writes the rows of flows that have ended."""

    def __init__(
        self, catalogue: Catalogue, sink: Sink, path_text: Callable[[int], str], own: places.OwnNetworks
    ) -> None:
        self._catalogue = catalogue
        self._sink = sink
        self._path_text = path_text
        self._own = own
        self._guesses = catalogue.guesses()
        self._paths: dict[int, str] = {}

    def write(self, row: NDArray[np.int64], stat: NDArray[np.float64], stacks: dict[int, list[int]]) -> None:
        """Write flows in the order of their numbers. stacks: services by flow, outermost first; taken out once used."""
        order = np.argsort(row[:, fr.FLOW_ID], kind="stable")
        row, stat = row[order], stat[order]
        columns = describe.columns_of(row, stat)
        columns |= self._services(row, stacks)
        columns |= self._facts(row[:, fr.FLOW_ID].tolist())
        columns |= self._places(row)
        columns["layer_path"] = [self._path(path) for path in row[:, fr.PATH].tolist()]
        columns["last_ts"] = describe.micros(row[:, fr.LAST_NS])
        self._sink.add_columns(FLOWS, columns)

    def _path(self, path: int) -> str:
        if path not in self._paths:
            self._paths[path] = self._path_text(path)
        return self._paths[path]

    def _services(self, row: NDArray[np.int64], stacks: dict[int, list[int]]) -> describe.Columns:
        transport = row[:, fr.KEY_PORTS] & 0xFF
        ports = describe.endpoints(row)
        lane = np.where(transport == TCP, 0, np.where(transport == UDP, 1, 2))
        guess = self._guesses[lane, np.where(lane == 2, transport, ports[5])]
        has_payload = row[:, fr.PAYLOAD_BYTES] + row[:, fr.PAYLOAD_BYTES + 1] > 0
        names, service, stack, confidence = self._catalogue.names, [], [], []
        rows = zip(
            row[:, fr.FLOW_ID].tolist(),
            row[:, fr.SERVICE].tolist(),
            row[:, fr.CONFIDENCE].tolist(),
            np.where(has_payload, guess, 0).tolist(),
            strict=True,
        )
        for flow_id, number, sure, by_port in rows:
            found = stacks.pop(flow_id, [number] if number else [])
            if not found and by_port:
                found, sure = [by_port], PORT
            service.append(names[found[0]] if found else None)
            stack.append(",".join(names[one] for one in found) if found else None)
            confidence.append((CONFIDENCES[sure] or "handed over") if found else None)
        return {"service": service, "service_stack": stack, "confidence": confidence}

    def _facts(self, flow_ids: list[int]) -> describe.Columns:
        facts = [self._sink.flow_facts.pop(flow_id, None) for flow_id in flow_ids]
        return {name: [fact.get(name) if fact else None for fact in facts] for name in FLOW_FACTS}

    def _places(self, row: NDArray[np.int64]) -> describe.Columns:
        columns: describe.Columns = {}
        ends = describe.endpoints(row)
        for side, name in enumerate(("orig", "resp")):
            known = [
                self._own.place(address_text(high, low))
                for high, low in zip(ends[3 * side].tolist(), ends[3 * side + 1].tolist(), strict=True)
            ]
            columns[f"{name}_is_own"] = np.array([place.is_own for place in known], np.bool_)
            columns[f"{name}_registered"] = [place.registered for place in known]
        return columns
