"""Those who use the gateway's API in the story: agents with a token, and the person at the box. They have nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

TIMEOUT_S: Final = 40.0


class NotAsTold(Exception):
    """Something did not happen as the story tells it. The text says what was expected, and what came."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the gateway answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def outcome(self) -> str:
        return self.headers.get("Hearth-Outcome", "")

    @property
    def detail(self) -> str:
        """Why not, in the gateway's words."""
        return str(self.body.get("detail", "")) if isinstance(self.body, dict) else ""

    def text(self) -> str:
        """In a line: `204 confirmed`, or `409 refused: ` and why."""
        short = " ".join(filter(None, (str(self.status), self.outcome.replace("_", " "))))
        return f"{short}: {self.detail}" if self.detail else short


class Caller:
    """One who asks. `name` is how the story calls it."""

    def __init__(self, name: str, connect: Callable[[], aiohttp.ClientSession]) -> None:
        self.name = name
        self._connect = connect
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, method: str, path: str, body: Any = None, *, expect: int | None = None, **headers: str
    ) -> Said:
        """Header names with `_` for `-`; a purpose may have any letter. Raises `NotAsTold` where `expect` is not the status."""
        if self._session is None or self._session.closed:
            self._session = self._connect()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if "Hearth-Purpose" in sent:
            sent["Hearth-Purpose"] = quote(sent["Hearth-Purpose"])
        content = {} if body is None else {"json": body}
        async with self._session.request(method, path, headers=sent, **content) as answer:
            found = await answer.json() if answer.content_type.endswith("json") else await answer.text()
            said = Said(answer.status, found, dict(answer.headers))
        if expect is not None and said.status != expect:
            raise NotAsTold(f"{method} {path} was answered {said.text()}, and {expect} was expected")
        return said

    async def until(self, path: str, good: Callable[[Any], bool], wait: Callable[[], Awaitable[None]]) -> Any:
        """Asks again, with `wait` between, until the answer is `good`."""
        while True:
            said = await self.ask("GET", path, expect=200)
            if good(said.body):
                return said.body
            await wait()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def at_box(socket: Path) -> Caller:
    """The person at the box: who may use the socket needs no token."""

    def connect() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            "http://box",
            connector=aiohttp.UnixConnector(str(socket)),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        )

    return Caller("anna", connect)


def with_token(name: str, token: str, url: Callable[[], str]) -> Caller:
    """An agent: an address and a token are all it has."""

    def connect() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            url(),
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        )

    return Caller(name, connect)
