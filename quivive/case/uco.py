"""The pack as CASE/UCO in JSON-LD (CASE 1.3, UCO 1.3): which tool made what, from what, under which mandate."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

OWN = uuid.uuid5(uuid.NAMESPACE_URL, "https://quivive.example/case")
CONTEXT = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

Node = dict[str, Any]


class HashedFile(NamedTuple):
    """A file, by name, size (-1: not known) and SHA-256."""

    name: str
    n_bytes: int
    sha256: str


class Told(NamedTuple):
    """What is said of a case."""

    case: str
    title: str
    read_at: str
    sealed_at: str
    version: str
    mandate: str


def graph(told: Told, captures: Iterable[HashedFile], files: Iterable[HashedFile]) -> Node:
    """Return the JSON-LD of a pack."""
    sources = [_file(told.case, "capture", one) for one in captures]
    results = [_file(told.case, "file", one) for one in files]
    tool = {
        "@id": _id(told.case, "tool"),
        "@type": "uco-tool:Tool",
        "uco-core:name": "Quivive",
        "uco-tool:toolType": "Network forensics",
        "uco-tool:version": told.version,
    }
    record = {
        "@id": _id(told.case, "provenance"),
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:description": told.mandate,
        "uco-core:object": _refs(sources),
    }
    reading = _action(told, "reading", told.read_at, [*sources, record], results)
    sealing = _action(told, "sealing", told.sealed_at, results, results)
    nodes = [tool, record, reading, sealing, *sources, *results]
    investigation = {
        "@id": _id(told.case, "investigation"),
        "@type": "case-investigation:Investigation",
        "uco-core:name": told.title,
        "uco-core:object": _refs(nodes),
    }
    return {"@context": CONTEXT, "@graph": [investigation, *nodes]}


def _action(told: Told, name: str, at: str, takes: list[Node], gives: list[Node]) -> Node:
    return {
        "@id": _id(told.case, name),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": name,
        "uco-action:startTime": {"@type": "xsd:dateTime", "@value": at},
        "uco-action:instrument": {"@id": _id(told.case, "tool")},
        "uco-action:object": _refs(takes),
        "uco-action:result": _refs(gives),
    }


def _file(case: str, kind: str, one: HashedFile) -> Node:
    facet: Node = {"@id": _id(case, f"{kind}-facet/{one.name}"), "@type": "uco-observable:FileFacet"}
    facet["uco-observable:fileName"] = one.name
    content: Node = {"@id": _id(case, f"{kind}-content/{one.name}"), "@type": "uco-observable:ContentDataFacet"}
    if one.n_bytes >= 0:
        content["uco-observable:sizeInBytes"] = one.n_bytes
    if one.sha256:
        content["uco-observable:hash"] = [
            {
                "@id": _id(case, f"{kind}-hash/{one.name}"),
                "@type": "uco-types:Hash",
                "uco-types:hashMethod": "SHA256",
                "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": one.sha256},
            }
        ]
    held: Mapping[str, Any] = {"uco-core:hasFacet": [facet, content]}
    return {"@id": _id(case, f"{kind}/{one.name}"), "@type": "uco-observable:File", **held}


def _refs(nodes: Iterable[Node]) -> list[Node]:
    return [{"@id": node["@id"]} for node in nodes]


def _id(case: str, key: str) -> str:
    return f"kb:{key.split('/')[0]}-{uuid.uuid5(OWN, f'{case}/{key}')}"
