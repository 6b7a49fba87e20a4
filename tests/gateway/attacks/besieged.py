"""The whole simulated house behind its real HTTP API, the people in it, and an agent that wants more than it may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import aiohttp
import orjson

from capabilities.vocabulary import Json
from drivers.simulated.device import Device
from drivers.simulated.house import house
from drivers.simulated.memory import MemoryDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, House, Http
from policies import Principal, Role, defaults
from tests.gateway.core.rig import Rig, until

SECRETS_OF_THE_HOUSE: Final = ("lock.state", "alarm.state", "camera.image", "presence.location")


@dataclass(frozen=True, eq=False)
class Answer:
    """What came back of one request."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Json:
        found: Json = orjson.loads(self.text)
        return found

    @property
    def document(self) -> dict[str, Json]:
        found = self.json
        assert isinstance(found, dict), found
        return found

    @property
    def outcome(self) -> str:
        return self.headers.get("Hearth-Outcome", "")

    @property
    def reason(self) -> str:
        return self.headers.get("Hearth-Reason", "")

    @property
    def rules(self) -> list[str]:
        """The rules that its reasons name."""
        found = self.document["findings"]
        assert isinstance(found, list)
        return [f"{one['set']}/{one['rule']}" for one in found if isinstance(one, dict)]


@dataclass
class Client:
    """Somebody with a token."""

    session: aiohttp.ClientSession
    token: str
    secret: str

    async def ask(
        self,
        method: str,
        path: str,
        value: object = None,
        *,
        body: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`body` says whether `value` is sent; left out: where it is not None."""
        sent = body if body is not None else value is not None
        data = orjson.dumps(value) if sent else None
        kind = {"Content-Type": "application/json"} if sent else {}
        async with self.session.request(
            method, path, data=data, headers={**kind, **(headers or {})}
        ) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.text())

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def write(self, what: str, value: object, **headers: str) -> Answer:
        """`thing.property`. Headers with underscores for hyphens."""
        thing, _, name = what.partition(".")
        return await self.ask(
            "PUT", f"/things/{thing}/properties/{name}", value, body=True, headers=_named(headers)
        )

    async def act(self, what: str, value: object = None, **headers: str) -> Answer:
        """`thing.action`."""
        thing, _, name = what.partition(".")
        return await self.ask("POST", f"/things/{thing}/actions/{name}", value, headers=_named(headers))


@dataclass
class Siege:
    """A gateway under attack; `rig` is its inside."""

    rig: Rig
    url: str
    clients: list[Client] = field(default_factory=list)

    async def client(self, name: str, role: Role, acts_for: str = "", *, title: str = "") -> Client:
        principal = Principal(name, role, title, acts_for=acts_for)
        info, secret = await self.rig.gateway.identity.create_token(principal)
        session = aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {secret}"})
        self.clients.append(Client(session, info.id, secret))
        return self.clients[-1]

    async def owner(self) -> Client:
        return await self.client("anna", Role.OWNER)

    async def agent(self, name: str = "coo", acts_for: str = "anna") -> Client:
        return await self.client(name, Role.AGENT, acts_for)

    @property
    def moved(self) -> list[str]:
        """Everything that reached a device so far, counted at the devices."""
        return [f"{one.topic}={one.payload.decode()}" for one in self.rig.driver.log.entries]


def devices() -> list[Device]:
    """The simulated house, quick to answer."""
    found = house()
    for device in found:
        device.reaction_seconds = 0.0
    return found


def shipped(more: str = "") -> dict[str, str]:
    """The household's rules as they ship, with further ones."""
    return {"household": f"{defaults.load('household')}\n{more}"}


def write_rules(directory: Path, sets: Mapping[str, str]) -> None:
    folder = directory / "state" / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sets.items():
        fresh = folder / f".{name}"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(folder / f"{name}.toml")


@asynccontextmanager
async def besieged(
    directory: Path,
    found: Iterable[Device] | None = None,
    sets: Mapping[str, str] | None = None,
    *,
    adopt: Literal["ask", "sensors", "all"] = "all",
    label_new: bool = False,
    zone: str = "UTC",
) -> AsyncIterator[Siege]:
    """The whole house (or the devices `found`), by the rules that ship; `sets` by name are the house's own."""
    if sets is not None:
        write_rules(directory, sets)
    config = Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking=adopt, label_new=label_new),
        house=House(zone=zone, clock="trusted"),
    )
    driver = MemoryDriver(devices() if found is None else list(found))
    async with open_gateway(config, drivers={driver.name: driver}) as gateway:
        rig = Rig(gateway, driver, gateway.observers.subscribe(None))
        if adopt == "all":
            await rig.ready()
        else:
            await until(lambda: all(rig.known(device) for device in driver.devices))
            await rig.settle()
        async with serve(gateway) as url:
            siege = Siege(rig, url)
            try:
                yield siege
            finally:
                for client in siege.clients:
                    await client.session.close()


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}
