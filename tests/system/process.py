"""The real gateway as a process of its own, with a client for its Unix socket and its port."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

START_S = 20.0

ASK_AGAIN_S = 0.2
"""Not everything that is asked for has an event of its own: the ledger is on disk a little after its event was told."""


class HearthProcess:
    """`hearth run` on `directory`, from `async with` until its end. `start` again after a kill: the state stays."""

    def __init__(
        self,
        directory: Path,
        mqtt: dict[str, Any] | None = None,
        *,
        adopt: str = "all",
        label_new: bool = False,
    ) -> None:
        self.state = directory / "state"
        self.config = directory / "hearth.toml"
        self.socket = directory / "run" / "hearth.sock"
        self.url = ""
        self.log: list[str] = []
        self._child: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._grown = asyncio.Condition()
        self._sessions: list[aiohttp.ClientSession] = []
        lines = [
            f'state_dir = "{self.state}"',
            f'runtime_dir = "{directory / "run"}"',
            "[http]\nport = 0",
            f'[adoption]\nwithout_asking = "{adopt}"\nlabel_new = {str(label_new).lower()}',
        ]
        if mqtt is not None:
            lines += ["[mqtt]", *(f"{key} = {orjson.dumps(value).decode()}" for key, value in mqtt.items())]
        self.config.write_text("\n".join(lines))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions:
            await session.close()
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()
        await self.ended()

    async def start(self, **environment: str) -> None:
        """Starts it and waits until its port is open."""
        self.log.clear()
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "run", "--config", str(self.config)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        self._reader = asyncio.create_task(self._read(self._child), name="hearth's log")
        line = await self.says("hearth listens on ")
        self.url = line.rsplit(" ", 1)[-1]

    async def says(self, text: str) -> str:
        """Waits for a line of its log that holds `text`."""
        async with asyncio.timeout(START_S), self._grown:
            while True:
                for line in self.log:
                    if text in line:
                        return line
                if self._reader is None or self._reader.done():
                    raise AssertionError(f"hearth ended without saying {text!r}:\n" + "\n".join(self.log))
                await self._grown.wait()

    async def ended(self) -> int:
        """Waits for its end; the exit code, negative for a signal."""
        if self._child is None:
            return 0
        async with asyncio.timeout(START_S):
            code = await self._child.wait()
        if self._reader is not None:
            await self._reader
        return code

    async def kill(self) -> None:
        """As a power cut would."""
        assert self._child is not None
        self._child.send_signal(signal.SIGKILL)
        await self.ended()

    def signal(self, number: int) -> None:
        assert self._child is not None
        self._child.send_signal(number)

    async def stop(self) -> int:
        assert self._child is not None
        self._child.terminate()
        return await self.ended()

    def at_box(self) -> aiohttp.ClientSession:
        """A client on the Unix socket: the person at the box."""
        return self._session(
            aiohttp.ClientSession("http://box", connector=aiohttp.UnixConnector(str(self.socket)))
        )

    def with_token(self, token: str) -> aiohttp.ClientSession:
        return self._session(aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {token}"}))

    async def agent(self, name: str = "coo") -> aiohttp.ClientSession:
        """A client with a new agent's token."""
        body = {"principal": name, "role": "agent", "acts_for": "owner", "title": name}
        async with self.at_box().post("/tokens", json=body) as answer:
            assert answer.status == 201, await answer.text()
            return self.with_token((await answer.json())["secret"])

    def _session(self, session: aiohttp.ClientSession) -> aiohttp.ClientSession:
        self._sessions.append(session)
        return session

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        async for line in child.stdout:
            async with self._grown:
                self.log.append(line.decode(errors="replace").rstrip())
                self._grown.notify_all()
        async with self._grown:
            self._grown.notify_all()


async def eventually(client: aiohttp.ClientSession, path: str, good: Any, within: float = START_S) -> Any:
    """Asks again at each event of the house, and at least every `ASK_AGAIN_S`, until `good(answer)`; returns the answer."""
    async with (
        asyncio.timeout(within),
        client.get("/events", headers={"Accept": "text/event-stream"}) as events,
    ):
        while True:
            async with client.get(path) as answer:
                body = await answer.json()
            if good(body):
                return body
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_S):
                    await events.content.readline()
