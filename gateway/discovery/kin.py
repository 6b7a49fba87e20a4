"""Which of what is announced has the same hardware identity: one device, found in two ways."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from drivers.driver import Candidate
from gateway.inbox import CandidateKey
from gateway.registry import Registry

MOST_DEVICES: Final = 4_000
"""Twice the inbox: what was announced last counts."""

MOST_IDENTITIES: Final = 16
"""Of one device: a device that names hundreds wants to be taken for others."""


class Kin:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._identities: OrderedDict[CandidateKey, frozenset[str]] = OrderedDict()

    def note(self, candidate: Candidate) -> None:
        """It was announced."""
        key = (candidate.driver, candidate.id)
        if 0 < len(candidate.identities) <= MOST_IDENTITIES:
            self._identities[key] = candidate.identities
            self._identities.move_to_end(key)
            if len(self._identities) > MOST_DEVICES:
                self._identities.popitem(last=False)
        else:
            self._identities.pop(key, None)

    def identities(self, driver: str, device: str) -> frozenset[str]:
        return self._identities.get((driver, device), frozenset())

    def of(self, candidate: Candidate) -> list[str]:
        """Other devices' Things that share an identity with it, by id. It is what devices say: no proof, a person looks."""
        mine, found = candidate.identities, []
        if not 0 < len(mine) <= MOST_IDENTITIES:
            return []
        for key, known in self._identities.items():
            if key != (candidate.driver, candidate.id) and mine & known:
                adopted = self._registry.by_device(*key)
                found += [adopted.id] if adopted is not None else []
        return sorted(found)
