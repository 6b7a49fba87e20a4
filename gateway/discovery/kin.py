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
        self._devices: dict[str, set[CandidateKey]] = {}  # by identity

    def note(self, candidate: Candidate) -> None:
        """It was announced."""
        key = (candidate.driver, candidate.id)
        self._forget(key)
        if 0 < len(candidate.identities) <= MOST_IDENTITIES:
            self._identities[key] = candidate.identities
            for identity in candidate.identities:
                self._devices.setdefault(identity, set()).add(key)
            if len(self._identities) > MOST_DEVICES:
                self._forget(next(iter(self._identities)))

    def identities(self, driver: str, device: str) -> frozenset[str]:
        return self._identities.get((driver, device), frozenset())

    def of(self, candidate: Candidate) -> list[str]:
        """Other devices' Things that share an identity with it, by id. It is what devices say: no proof, a person looks."""
        mine, me = candidate.identities, (candidate.driver, candidate.id)
        if not 0 < len(mine) <= MOST_IDENTITIES:
            return []
        keys = {key for identity in mine for key in self._devices.get(identity, ()) if key != me}
        things = (self._registry.by_device(*key) for key in keys)
        return sorted(thing.id for thing in things if thing is not None)

    def _forget(self, key: CandidateKey) -> None:
        for identity in self._identities.pop(key, ()):
            devices = self._devices[identity]
            devices.discard(key)
            if not devices:
                del self._devices[identity]
