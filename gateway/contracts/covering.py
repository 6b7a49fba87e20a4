"""What one contract shows of which Thing, and how fine, as the rules and all contracts of its reader let it now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.adopted import Adopted
from gateway.contracts.contract import Contract, bare
from gateway.contracts.series import Part
from gateway.registry import Registry
from gateway.rights import Rights
from gateway.state import Slot
from policies.decision import Principal

if TYPE_CHECKING:
    from gateway.context import Gateway


@dataclass(slots=True)
class Cover:
    """One Thing. `raw` are names of properties and events."""

    adopted: Adopted
    raw: list[str] = field(default_factory=list)
    coarse: list[tuple[str, Part]] = field(default_factory=list)
    is_told_of: bool = False

    @property
    def shows(self) -> bool:
        return bool(self.raw or self.coarse or self.is_told_of)


class Covering:
    """For one reader. `viewer` is somebody else who looks at what the reader would see: never more than itself may."""

    def __init__(self, gateway: Gateway, reader: Principal, viewer: Principal | None = None) -> None:
        self._gateway = gateway
        self._raw = gateway.rights.of(reader)
        self._coarse = gateway.rights.of(bare(reader))
        self._viewer = gateway.rights.of(viewer) if viewer is not None else None

    def things(self, contract: Contract) -> Iterator[Cover]:
        """The Things that it tells of, by id."""
        for adopted in sorted(self._gateway.registry, key=lambda one: one.id):
            cover = self.of(contract, adopted)
            if cover.shows:
                yield cover

    def of(self, contract: Contract, adopted: Adopted) -> Cover:
        terms, cover = contract.terms, Cover(adopted)
        raw, coarse = self._names(self._raw, adopted), self._names(self._coarse, adopted)
        for name, subject in adopted.readable().items():
            if name in raw and any(part.covers(subject) for part in terms.raw):
                cover.raw.append(name)
            if name in coarse and name in adopted.slots:
                cover.coarse += [(name, part) for part in terms.coarse() if part.covers(subject)]
            if name in coarse and not cover.is_told_of:
                cover.is_told_of = terms.knows_of(subject)
        return cover

    def _names(self, rights: Rights, adopted: Adopted) -> frozenset[str]:
        mine = rights.of(adopted.id)
        names = mine.sees if mine is not None else frozenset()
        if self._viewer is not None:
            theirs = self._viewer.of(adopted.id)
            names &= theirs.sees if theirs is not None else frozenset()
        return names


def coarse(registry: Registry, contracts: Iterable[Contract]) -> Iterator[tuple[Slot, Part]]:
    """What contracts give coarser: to be followed."""
    for contract in contracts:
        for adopted in registry:
            for name, subject in adopted.readable().items():
                slot = adopted.slots.get(name)
                if slot is not None:
                    for part in contract.terms.coarse():
                        if part.covers(subject):
                            yield slot, part
