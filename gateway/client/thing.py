"""One Thing, as a program uses it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Final
from urllib.parse import quote

from gateway.client.calls import calls
from gateway.client.models import Execution, Json, Reading
from gateway.client.transport import COMMAND_S, Transport, dumped, segment

PROPERTY: Final = "/things/{thing}/properties/{name}"
ACTION: Final = "/things/{thing}/actions/{name}"
COMMAND_HEADERS: Final = ("Idempotency-Key", "Hearth-Purpose", "Hearth-Lease", "Prefer")
LONGEST_WAIT_S: Final = 120


class Thing:
    """Made by `Hearth.thing`; nothing is asked before a method is called."""

    def __init__(self, transport: Transport, ident: str) -> None:
        self.id = ident
        self._transport = transport

    @calls("GET", "/things/{thing}", result=None, media="application/td+json")
    async def describe(self) -> dict[str, Json]:
        """Its Thing Description (W3C WoT, TD 1.1): what we may use, and what it reads and takes."""
        _, _, value = await self._transport.ask("GET", f"/things/{segment(self.id)}")
        return dict(value)

    @calls("GET", PROPERTY, result=Reading, query=("detail",))
    async def read(self, name: str) -> Reading:
        """The last reading of a property, with its quality and time."""
        _, _, value = await self._transport.ask("GET", self._at("properties", name), query={"detail": "1"})
        return Reading.model_validate(value)

    @calls("GET", "/things/{thing}/properties", result=dict[str, Reading], query=("detail",))
    async def read_all(self) -> dict[str, Reading]:
        """All that we may read of it, by name."""
        path = f"/things/{segment(self.id)}/properties"
        _, _, value = await self._transport.ask("GET", path, query={"detail": "1"})
        return {name: Reading.model_validate(one) for name, one in value.items()}

    @calls("PUT", PROPERTY, status=204, headers=COMMAND_HEADERS)
    async def write(
        self, name: str, value: Json, *, purpose: str = "", key: str = "", lease: str = "", ask_s: float = 0.0
    ) -> Execution | None:
        """Writes a property, and returns when it was seen to work, or raises a `Problem`.

        `purpose` is why, in a sentence; it stands in the ledger. `key` makes it one command, however often it is sent (one is
        made up where none is given). With `ask_s`, people are asked where the rules want that, and how it stands after so many
        seconds (120 at the most) is returned; None: it was done.
        """
        return await self._command(
            "PUT", self._at("properties", name), dumped(value), command_headers(purpose, key, lease), ask_s
        )

    @calls("POST", ACTION, status=204, headers=COMMAND_HEADERS)
    async def invoke(
        self,
        name: str,
        value: Json = None,
        *,
        purpose: str = "",
        key: str = "",
        lease: str = "",
        ask_s: float = 0.0,
    ) -> Execution | None:
        """Invokes an action with its bare input. As `write` otherwise."""
        body = None if value is None else dumped(value)
        return await self._command(
            "POST", self._at("actions", name), body, command_headers(purpose, key, lease), ask_s
        )

    @calls("GET", f"{PROPERTY}/observe", media="text/event-stream", headers=("Last-Event-ID",))
    async def observe(self, name: str, after: str = "") -> AsyncGenerator[Json, None]:
        """The values of a property as they come, for as long as one looks. A broken connection is taken up behind the last
        value; what was lost meanwhile is not made up for: the last value counts.
        """
        async for event in self._transport.events(f"{self._at('properties', name)}/observe", after=after):
            if event.type == name:
                yield event.data

    def _at(self, what: str, name: str) -> str:
        return f"/things/{segment(self.id)}/{what}/{segment(name)}"

    async def _command(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], ask_s: float
    ) -> Execution | None:
        if ask_s:
            headers["Prefer"] = f"respond-async, wait={min(round(ask_s), LONGEST_WAIT_S)}"
        status, answered, value = await self._transport.ask(
            method, path, headers=headers, body=body, seconds=COMMAND_S + ask_s
        )
        if status == 204:
            return None
        if status == 202:
            _, _, value = await self._transport.ask("GET", answered["Location"])
        return Execution.model_validate(value)


def command_headers(purpose: str, key: str, lease: str) -> dict[str, str]:
    headers = {"Idempotency-Key": f'"{key or uuid.uuid4().hex}"'}
    given: Mapping[str, str] = {"Hearth-Purpose": quote(purpose, safe=" ,.;:!?'()"), "Hearth-Lease": lease}
    return headers | {name: text for name, text in given.items() if text}
