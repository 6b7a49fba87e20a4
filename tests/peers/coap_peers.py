"""Endpoints that are programs of their own: the bridge's C core on this computer and on an emulated Cortex-M0, and libcoap."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from capabilities.vocabulary import Json
from drivers.coap.settings import CoapSettings
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Discovery, Http
from gateway.context import Gateway
from policies import Principal, Role

BRIDGE = Path(__file__).parents[2] / "firmware-bridge"
BUILD_S = 120
PATIENCE_S = 20.0
LOOPBACK = "127.0.0.1"


def built(target: str, program: str, where: Path) -> Path:
    """Built from the sources, in a folder of the test's."""
    done = subprocess.run(
        ["make", "-C", str(BRIDGE), f"BUILD={where}", target],
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return where / program


def needed(*programs: str) -> str:
    """The first of them that is installed."""
    for one in programs:
        found = shutil.which(one)
        if found is not None:
            return found
    pytest.skip(f"{programs[0]} is not installed")


class HostEndpoint:
    """`hearth-endpoint`: the C core on this computer. `log` has what it did, in order."""

    def __init__(self, program: Path, device: str, folder: Path, *options: str) -> None:
        self.line = str(folder / f"line-{device}")
        self._log = folder / f"log-{device}"
        self._command = [str(program), "--log", str(self._log), "--link", self.line, *options, device]
        self._process: Process | None = None
        self.port = 0

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        await self._ready()

    async def _ready(self) -> None:
        words = await self._words()
        while words[0] != "ready":
            words = await self._words()
        self.port = int(words[3]) if words[1] == "udp" else 0

    async def say(self, text: str) -> None:
        """Returns when it is done."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")
        while (await self._words())[0] != "done":
            pass

    async def _words(self) -> list[str]:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        assert line, "it ended"
        return line.decode().split() or [""]

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            await process.wait()

    def log(self, sort: str) -> list[tuple[str, int]]:
        rows = [row.split() for row in self._log.read_text().splitlines()]
        return [(row[2], int(row[3])) for row in rows if len(row) == 4 and row[1] == sort]


@asynccontextmanager
async def qemu(machine_code: Path, folder: Path) -> AsyncIterator[str]:
    """The C core on an emulated micro:bit; the path of its serial line."""
    program = needed("qemu-system-arm")
    process = await asyncio.create_subprocess_exec(
        program, "-M", "microbit", "-nographic", "-monitor", "none", "-serial", "pty", "-kernel", str(machine_code),
        stdin=DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        async with asyncio.timeout(PATIENCE_S):
            while "/dev/pts/" not in said:
                said = (await process.stdout.readline()).decode()
        yield next(word for word in said.split() if word.startswith("/dev/pts/"))
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def coap_server(port: int) -> AsyncIterator[None]:
    """libcoap's own server, with room for resources that a client makes."""
    program = needed("coap-server-notls", "coap-server-openssl", "coap-server-gnutls", "coap-server")
    process = await asyncio.create_subprocess_exec(
        program, "-A", "::1", "-p", str(port), "-d", "20", stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@dataclass
class CoapHouse:
    """A whole gateway, and its owner."""

    gateway: Gateway
    client: aiohttp.ClientSession

    async def waiting(self, device: str) -> dict[str, Any]:
        await until(lambda: ("coap", device) in self.gateway.registry.inbox)
        async with self.client.get("/inbox") as answer:
            return next(one for one in await answer.json() if one["id"] == device)

    async def adopt(self, device: str, **body: object) -> dict[str, Any]:
        await self.waiting(device)
        async with self.client.post(f"/inbox/coap/{quote(device, safe='')}/adopt", json=body) as answer:
            made: dict[str, Any] = await answer.json()
            assert answer.status == 201, made
            return made

    async def write(self, thing: str, name: str, value: Json) -> tuple[int, str]:
        async with self.client.put(f"/things/{thing}/properties/{name}", json=value) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", "")

    def value(self, thing: str, name: str) -> Json:
        slot = self.gateway.state.slot(thing, name)
        return slot.current.value if slot is not None and slot.current is not None else None

    async def shows(self, thing: str, name: str, value: Json) -> None:
        await until(lambda: self.value(thing, name) == value)

    async def reached(self, thing: str, reachable: bool) -> None:
        def is_so() -> bool:
            adopted = self.gateway.registry.get(thing)
            return adopted is not None and adopted.reach.reachable is reachable

        await until(is_so)


@asynccontextmanager
async def whole_gateway(path: Path, settings: dict[str, Any]) -> AsyncIterator[CoapHouse]:
    config = Config(
        state_dir=path / "state",
        runtime_dir=path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        discovery=Discovery(families=("coap",), interfaces=(LOOPBACK,), announce=False),
        coap=CoapSettings.model_validate(settings),
    )
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield CoapHouse(gateway, client)


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.005)
