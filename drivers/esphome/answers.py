"""User-defined actions that are answered: who waits for which answer."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, Final

from drivers.driver import Rejected, Uncertain
from drivers.esphome.entities.names import tidy
from drivers.esphome.wire.messages import Message

MAX_WAITING: Final = 256


class Answers:
    def __init__(self) -> None:
        self._numbers = count(1)
        self._waiting: dict[int, tuple[str, asyncio.Future[Any]]] = {}

    def expect(self, place: str) -> tuple[int, asyncio.Future[Any]]:
        """A call's number, and its answer."""
        number = next(self._numbers) & 0x7FFFFFFF
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        while len(self._waiting) >= MAX_WAITING:
            self.drop(next(iter(self._waiting)))
        self._waiting[number] = (place, future)
        return number, future

    def drop(self, number: int) -> None:
        _, future = self._waiting.pop(number, ("", None))
        if future is not None:
            future.cancel()

    def take(self, message: Message) -> None:
        _, future = self._waiting.pop(message.call_id, ("", None))
        if future is None or future.done():
            return
        if message.success:
            future.set_result(None)
        else:
            future.set_exception(
                Rejected(f"the device refused it: {tidy(message.error_message) or 'it does not say why'}")
            )

    def lose(self, place: str) -> None:
        """Its connection ended: whether it did what it was told nobody knows."""
        for number, (whose, future) in tuple(self._waiting.items()):
            if whose == place:
                del self._waiting[number]
                if not future.done():
                    future.set_exception(
                        Uncertain("the connection to the device was lost before it answered")
                    )
