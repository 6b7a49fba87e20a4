"""A real Home Assistant beside Hearth on the same broker: started, asked over its WebSocket API, and ended for certain."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
import pytest

ROOT: Final = Path(__file__).parents[2]
CHILD: Final = Path(__file__).with_name("home_assistant_child.py")
PYTHON: Final = ROOT / ".ci/home-assistant-venv/bin/python"
PATIENCE_S: Final = 90.0
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""All states of the sample in one answer are some megabytes."""


def install() -> None:
    """Bring it to this machine. Skips the test, with a sentence, where there is no Python for it."""
    done = subprocess.run(
        [ROOT / ".ci/home-assistant"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr


@dataclass(slots=True)
class Entity:
    """One of its entities. `state` is None for a disabled one. `topic` and `config` are the announcement it came of, as it
    understood it (abbreviations written out).
    """

    id: str
    unique_id: str = ""
    state: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    registry: dict[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return self.id.partition(".")[0]

    @property
    def available(self) -> bool:
        return self.state != "unavailable"

    def get(self, name: str) -> Any:
        return self.attributes.get(name)


class HomeAssistant:
    """`async with HomeAssistant(directory, broker_port) as home`: inside it its MQTT integration is connected."""

    def __init__(self, directory: Path, broker_port: int) -> None:
        self._directory = directory
        self._broker_port = broker_port
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, Callable[[Any], None]] = {}
        self._stack = contextlib.AsyncExitStack()
        self._process: asyncio.subprocess.Process
        self._socket: aiohttp.ClientWebSocketResponse

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._process = await asyncio.create_subprocess_exec(
                PYTHON, str(CHILD), str(self._directory / "home-assistant"), str(self._broker_port),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=stack.enter_context((self._directory / "home-assistant.log").open("wb")),
            )  # fmt: skip
            stack.push_async_callback(self._end)
            ready = json.loads(await self._line())
            session = await stack.enter_async_context(aiohttp.ClientSession())
            self._socket = await stack.enter_async_context(
                session.ws_connect(
                    f"http://127.0.0.1:{ready['port']}/api/websocket", max_msg_size=MAX_ANSWER_BYTES
                )
            )
            await self._socket.receive_json()
            await self._socket.send_json({"type": "auth", "access_token": ready["token"]})
            assert (await self._socket.receive_json())["type"] == "auth_ok"
            reader = asyncio.create_task(self._read(), name="Home Assistant's answers")
            stack.push_async_callback(_cancelled, reader)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def log(self) -> str:
        return (self._directory / "home-assistant.log").read_text(errors="replace")

    async def ask(self, type_: str, **words: Any) -> Any:
        """One command of its WebSocket API; raises `RuntimeError` where it is refused."""
        return await self._ask(next(self._ids), type_, words)

    async def call(self, domain: str, service: str, entity: str, data: Mapping[str, Any]) -> None:
        """A service (an action, as its users know it), done when this returns."""
        await self.ask(
            "call_service",
            domain=domain,
            service=service,
            service_data=dict(data),
            target={"entity_id": entity},
        )

    async def settle(self) -> None:
        """Returns when it has finished what it was at: entities added, topics subscribed to."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"settled\n")
        assert await self._line() == b"settled\n"

    async def hears(self, topic: str) -> asyncio.Event:
        """Set when a message at this topic arrives there: then everything before it has arrived too."""
        heard = asyncio.Event()
        await self._watch("mqtt/subscribe", {"topic": topic}, lambda _: heard.set())
        return heard

    async def signals(self) -> list[tuple[str, ...]]:
        """What has no entity there, filled from now on: (`tag`, its number) for each that is read, and for each trigger of a
        device (`trigger`, its type, its subtype).
        """
        seen: list[tuple[str, ...]] = []
        await self._watch(
            "subscribe_events",
            {"event_type": "tag_scanned"},
            lambda event: seen.append(("tag", event["data"]["tag_id"])),
        )
        for device in await self.ask("config/device_registry/list"):
            for trigger in await self.ask("device_automation/trigger/list", device_id=device["id"]):
                if trigger["domain"] == "mqtt":
                    await self._watch(
                        "subscribe_trigger", {"trigger": _plain(trigger)}, _noting(seen, trigger)
                    )
        return seen

    async def entities(self) -> list[Entity]:
        """All of its MQTT integration, disabled ones and those without identity included."""
        states = {state["entity_id"]: state for state in await self.ask("get_states")}
        found = []
        for entry in await self.ask("config/entity_registry/list"):
            if entry["platform"] == "mqtt":
                state = states.pop(entry["entity_id"], None) or {"state": None, "attributes": {}}
                found.append(
                    Entity(entry["entity_id"], entry["unique_id"], state["state"], state["attributes"], entry)
                )
        found += [Entity(id_, "", state["state"], state["attributes"]) for id_, state in states.items()]
        return [entity for entity in found if entity.domain not in {"zone", "person", "conversation"}]

    # -- inside ------------------------------------------------------------------------------------------------

    async def _watch(self, type_: str, words: Mapping[str, Any], take: Callable[[Any], None]) -> None:
        id_ = next(self._ids)
        self._events[id_] = take
        await self._ask(id_, type_, words)

    async def _ask(self, id_: int, type_: str, words: Mapping[str, Any]) -> Any:
        answer = self._answers[id_] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": id_, "type": type_, **words})
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def _read(self) -> None:
        async for frame in self._socket:
            document = json.loads(frame.data)
            for message in document if isinstance(document, list) else [document]:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            self._events[message["id"]](message["event"])
        elif (answer := self._answers.pop(message["id"], None)) is not None and not answer.done():
            if message.get("success"):
                answer.set_result(message["result"])
            else:
                answer.set_exception(RuntimeError(message["error"]["message"]))

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        assert line, f"Home Assistant ended; it said: {self.log[-2000:]}"
        return line

    async def _end(self) -> None:
        """By the end of its input; killed where that does not help."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()


def _plain(trigger: dict[str, Any]) -> dict[str, Any]:
    """As it is to be given back: what only describes it is not taken."""
    return {key: value for key, value in trigger.items() if key != "metadata"}


def _noting(seen: list[tuple[str, ...]], trigger: dict[str, Any]) -> Callable[[Any], None]:
    return lambda _: seen.append(("trigger", trigger["type"], trigger["subtype"]))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
