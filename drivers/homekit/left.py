"""Accessories that were let go without being told so: they believe themselves paired, and it was with us."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from drivers.discovery.tools import Clock, Vault

MAX_LEFT: Final = 64
"""The oldest are forgotten first: nobody forgets as many unreachable accessories in the life of a house."""

_PREFIX: Final = "left "
"""Before an accessory's id, in the vault: no secret, a day."""

_DAY: Final = "%Y-%m-%d"

log = logging.getLogger(__name__)


class Left:
    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._days: dict[str, str] = {}

    def take_out(self, stored: Mapping[str, bytes]) -> dict[str, bytes]:
        """Takes its own of what the vault has; returns the rest."""
        self._days = {}
        for name, day in stored.items():
            if name.startswith(_PREFIX):
                text = day.decode("ascii", "replace")
                self._days[name.removeprefix(_PREFIX)] = text if _is_day(text) else "it was forgotten"
        self._days = dict(sorted(self._days.items(), key=lambda item: item[1]))
        return {name: secret for name, secret in stored.items() if not name.startswith(_PREFIX)}

    def why(self, ident: str) -> str:
        """For a person; "" of one that was not left so."""
        day = self._days.get(ident)
        if day is None:
            return ""
        return (
            f"it was paired with this Hearth until {day}, and could not be told that this is over: reset the accessory, then"
            " it can be paired here (if somebody else has paired it since, it is to be removed there first)"
        )

    async def note(self, ident: str) -> None:
        day = datetime.fromtimestamp(self._clock.wall(), UTC).strftime(_DAY)
        while len(self._days) >= MAX_LEFT:
            await self.clear(next(iter(self._days)))
        self._days[ident] = day
        try:
            await self._vault.put(f"{_PREFIX}{ident}", day.encode())
        except OSError as error:
            log.warning("that %s was ours is known until the gateway ends: %s", ident, error)

    async def clear(self, ident: str) -> None:
        """It is paired with us again."""
        if self._days.pop(ident, None) is not None:
            try:
                await self._vault.delete(f"{_PREFIX}{ident}")
            except OSError as error:
                log.warning("that %s was ours once is still kept: %s", ident, error)


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, _DAY).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
