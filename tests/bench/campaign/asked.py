"""One caller of the gateway: what it asked for, what it was told, and what it asks again after the power came back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

TIMEOUT_S = 45.0
"""For one answer: longer than any command may take."""

AGAIN = 2
"""So often a command whose answer was lost is asked for again with the same key, at the most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request."""

    method: str
    path: str
    body: Any = None
    key: str = ""
    waits: bool = True  # False: it asks to be answered as soon as the command was sent, or waits for a person
    purpose: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Asked:
    """One request that was made, in seconds since the epoch; `status` 0 until it was answered."""

    caller: str
    wish: Wish
    life: int  # the gateway's, in which it was asked
    at: float
    status: int = 0
    answered_at: float = 0.0
    outcome: str = ""
    reason: str = ""
    executions: tuple[str, ...] = ()
    replayed: bool = False
    location: str = ""
    document: Any = None
    times: int = 1  # it was asked so often

    @property
    def broken(self) -> bool:
        """The gateway died on it."""
        return self.status == 0


class Caller:
    """A person or an agent with a token. `asked` is all that it asked for, in order."""

    def __init__(self, name: str, role: str, token: str) -> None:
        self.name = name
        self.role = role
        self.token = token
        self.asked: list[Asked] = []
        self.session: aiohttp.ClientSession | None = None
        self.life = 0
        self._again: list[Asked] = []

    async def born(self, url: str, life: int, *, socket: str = "") -> None:
        """The gateway runs again, at `url`, or at its own `socket`."""
        await self.bereaved()
        self.life = life
        self.session = aiohttp.ClientSession(
            url,
            headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            connector=aiohttp.UnixConnector(socket) if socket else None,
        )
        lost = [one for one in self.asked if one.broken and one.wish.key and one.life == life - 1]
        self._again = [one for one in lost if one.times <= AGAIN]

    async def bereaved(self) -> None:
        """The gateway is gone."""
        if self.session is not None:
            await self.session.close()
            self.session = None

    def unanswered(self) -> Asked | None:
        """What was asked for in the life before, and never answered: it can be asked for again under the same key."""
        return self._again.pop(0) if self._again else None

    async def ask(self, wish: Wish, times: int = 1) -> Asked:
        """Asks once. Raises `aiohttp.ClientError` or `ConnectionError` where the gateway dies on it (`asked` has it)."""
        if self.session is None or self.session.closed:
            raise ConnectionError("the gateway is gone")
        asked = Asked(self.name, wish, self.life, time.time(), times=times)
        self.asked.append(asked)
        headers = dict(wish.headers)
        if wish.key:
            headers["Idempotency-Key"] = f'"{wish.key}"'
        if not wish.waits:
            headers["Prefer"] = "respond-async"
        if wish.purpose:
            headers["Hearth-Purpose"] = wish.purpose
        async with self.session.request(wish.method, wish.path, json=wish.body, headers=headers) as answer:
            document = await answer.json() if answer.content_type.endswith("json") else None
            asked.answered_at = time.time()
            asked.status = answer.status
            asked.document = document
            asked.outcome = answer.headers.get("Hearth-Outcome", "")
            asked.reason = answer.headers.get("Hearth-Reason", "")
            asked.replayed = "Idempotent-Replayed" in answer.headers
            asked.location = answer.headers.get("Location", "")
            found = answer.headers.get("Hearth-Execution", "")
            asked.executions = tuple(one for one in found.split(", ") if one)
        return asked
