"""A house with something of every kind that there is a Thing Model of, and everything that is simulated; seen by every role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.thing_models import all_models, contract
from drivers.driver import Candidate, Driver, Endpoint
from drivers.simulated.memory import MemoryDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Principal, Role
from tests.gateway.api.desk import DeskDriver, until

Td = dict[str, Any]


def full(kind: str) -> Candidate:
    """A device that has everything its kind can have."""
    affordances = tuple(
        AffordanceDescription(name, f"{kind}/{name}", of.role, writable=of.writable)
        for name, of in contract(kind).affordances.items()
        if of.absolute is None
    )
    component = ComponentDescription(kind, kind, affordances)
    return Candidate("desk", kind, Endpoint("desk", kind), f"Full {kind}", (component,), "1")


@asynccontextmanager
async def every_thing(path: Path) -> AsyncIterator[dict[Role, aiohttp.ClientSession]]:
    """Somebody of every role in that house."""
    simulated = MemoryDriver()
    config = Config(
        state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0),
        adoption=Adoption(without_asking="all", label_new=False),
    )  # fmt: skip
    drivers: dict[str, Driver] = {simulated.name: simulated, "desk": DeskDriver()}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        for kind in sorted(all_models()):
            await gateway.registry.adopt(full(kind), room="study", labels=frozenset({"warm"}), by="test")
        await until(lambda: len(gateway.registry) == len(simulated.devices) + len(all_models()))
        sessions: dict[Role, aiohttp.ClientSession] = {}
        try:
            for role in Role:
                who = Principal(role.value, role, acts_for="owner" if role is Role.AGENT else "")
                _, secret = await gateway.identity.create_token(who)
                headers = {"Authorization": f"Bearer {secret}"}
                sessions[role] = aiohttp.ClientSession(url, headers=headers)
            yield sessions
        finally:
            for session in sessions.values():
                await session.close()


async def described(session: aiohttp.ClientSession) -> list[Td]:
    """All descriptions that somebody gets, and the directory's own."""
    async with session.get("/things") as answer:
        things: list[Td] = await answer.json()
    async with session.get("/.well-known/wot") as answer:
        return [*things, await answer.json(content_type=None)]
