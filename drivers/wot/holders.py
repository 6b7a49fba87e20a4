"""Which source speaks for which id.

A description says its own id, and anybody can say any. So an id stays with the server that had it first: another that claims it
gets it only when the first does not answer any more. Then it counts as moved, which is what a device does that comes back
under another address; credentials do not move along to another host (see `keyring`), and if what it describes differs, its
Thing waits for a person. If both answer, the second is left alone, and a line says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from drivers.wot.sources import Source


class TakenError(Exception):
    """Another server that answers has this id."""


class Holders:
    def __init__(self) -> None:
        self._by_device: dict[str, Source] = {}

    def of(self, device: str) -> Source | None:
        return self._by_device.get(device)

    async def claim(
        self, device: str, source: Source, answers: Callable[[Source, str], Awaitable[bool]]
    ) -> None:
        """`source` speaks for `device` from now on. Raises `TakenError`."""
        holder = self._by_device.get(device)
        if holder is not None and holder is not source and await answers(holder, device):
            raise TakenError(
                f"{source.home} says that it is {device[:80]}, and so does {holder.home}, which answers: it is left alone"
            )
        if self._by_device.get(device) is holder:  # nobody was quicker
            self._by_device[device] = source
            source.device = device

    def release(self, source: Source) -> bool:
        """It speaks for nobody any more. Whether it did."""
        if source.device and self._by_device.get(source.device) is source:
            del self._by_device[source.device]
            return True
        return False

    def holds(self, source: Source) -> bool:
        return bool(source.device) and self._by_device.get(source.device) is source

    def clear(self) -> None:
        self._by_device.clear()
