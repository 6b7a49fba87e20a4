"""What changed between a decision and the first byte: if anything that it rests on is otherwise, the decision is void."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gateway.adopted import Adopted
from gateway.commands import Command
from gateway.registry import Registry
from policies import Policy


class Basis(NamedTuple):
    """What a decision rests on."""

    stops: int
    thing: int  # `Adopted.version`
    rules: str  # `Policy.version`


class Meanwhile:
    """Looks at it once more. Takes no await: what holds now holds when the first byte goes out."""

    def __init__(
        self, registry: Registry, policy: Callable[[], Policy], outdated: Callable[[Command], bool]
    ) -> None:
        self._registry = registry
        self._policy = policy
        self._outdated = outdated
        self._stops = 0  # how often everything was stopped: what was decided before is not sent after
        self._stopped_why = ""

    def stop(self, why: str) -> None:
        """From now on nothing is sent that was decided before, but for what the house itself does."""
        self._stops += 1
        self._stopped_why = why

    def basis(self, adopted: Adopted, rules: str) -> Basis:
        return Basis(self._stops, adopted.version, rules)

    def change(self, basis: Basis, command: Command, adopted: Adopted) -> str | None:
        """What no longer is as it was decided on, as a sentence; None where all is."""
        if command.by_house:
            return None if self._registry.get(adopted.id) else f"{adopted.id} was removed meanwhile"
        if self._outdated(command):
            return "the caller's token was revoked meanwhile, or its rights were changed"
        if self._registry.get(adopted.id) is not adopted or basis.thing != adopted.version:
            return f"{adopted.id} was changed meanwhile; look at it and ask again"
        if basis.stops != self._stops:
            return f"everything was stopped meanwhile: {self._stopped_why}"
        if basis.rules != self._policy().version:
            return "the rules were changed meanwhile; ask again"
        return None
