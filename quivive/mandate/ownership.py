"""Which networks are the organisation's own, and what proves it: no mandate may go beyond."""

# ruff: noqa: RUF009 - told() is dataclasses.field with a meaning

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from quivive.mandate import strict
from quivive.mandate.refusal import Refusal
from quivive.mandate.strict import Network, told

WIDEST = {4: 8, 6: 19}
"""Nobody holds more in one piece: registries gave out /8 of IPv4 at most, and /19 of IPv6."""


@dataclass(frozen=True)
class OwnedNetwork:
    """One range."""

    range: Network = told("Address range.")
    proof: str = told("What proves that it is the organisation's: registry entry, contract, address plan.")
    proven: date = told("When that was last checked.")

    def __post_init__(self) -> None:
        if not self.proof.strip():
            raise Refusal(str(self.range), "is declared without proof", "name the registry entry or contract")
        if self.range.prefixlen < WIDEST[self.range.version]:
            raise Refusal(
                str(self.range), "is wider than any one organisation holds", "declare the ranges that are really owned"
            )


@dataclass(frozen=True)
class Ownership:
    """All of them."""

    schema: int = told("Version of this form; 1.")
    networks: tuple[OwnedNetwork, ...] = told("One table per range.", key="network", default=())

    def owner_of(self, network: Network) -> OwnedNetwork | None:
        """Return the declared range that a network lies in, if any."""
        for own in self.networks:
            if own.range.version == network.version and network.subnet_of(own.range):  # type: ignore[arg-type]
                return own
        return None


def refuse_foreign(networks: tuple[Network, ...], ownership: Ownership, today: date) -> None:
    """Raise MandateError for the first network that is not declared and proven as the organisation's own."""
    for network in networks:
        own = ownership.owner_of(network)
        if own is not None:
            if own.proven > today:
                raise Refusal(str(network), f"its proof is dated {own.proven}, which is to come", "mend the date")
            continue
        if network.prefixlen == 0:
            raise Refusal(str(network), "is the whole Internet", "name the organisation's own ranges")
        within = [str(one.range) for one in ownership.networks if one.range.overlaps(network)]
        if within:
            raise Refusal(
                str(network),
                f"is wider than what is proven as owned ({', '.join(within[:4])})",
                "narrow it to that, or prove the rest in the ownership file",
            )
        raise Refusal(
            str(network),
            "is not declared as the organisation's own",
            "take it out, or prove it in the ownership file; networks of others are never looked at",
        )


def load(path: Path) -> Ownership:
    """Read the ownership file. Raises MandateError."""
    return strict.read_file(path, Ownership)
