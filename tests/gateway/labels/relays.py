"""Devices whose kind is a guess, and the command `hearth` for the gateway that knows them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from click.testing import CliRunner, Result

from capabilities.components import AffordanceDescription, ComponentDescription
from drivers.driver import Candidate, Endpoint
from gateway.cli.main import cli
from tests.gateway.api.desk import House, until


def relay(name: str = "relay", title: str = "", proposal: str = "light") -> ComponentDescription:
    return ComponentDescription(
        name,
        "switch",
        (AffordanceDescription("on", f"{name}/on", writable=True),),
        title=title,
        certain=False,
        proposal=proposal,
        fingerprint=name,
    )


def candidate(*components: ComponentDescription, name: str = "relay") -> Candidate:
    return Candidate("desk", name, Endpoint("desk", name), name.capitalize(), components, "1")


def setting(name: str = "pump") -> ComponentDescription:
    """A switch among the settings of a device: nobody knows what it moves."""
    affordance = AffordanceDescription("value", f"{name}/value", schema={"type": "boolean"}, writable=True)
    return ComponentDescription(name, "setting", (affordance,), title=name.capitalize(), certain=False)


def again(found: Candidate, kind: str, **more: str) -> Candidate:
    """The same device, announced as something else."""
    (component,) = found.components
    return replace(
        found, components=(replace(component, kind=kind, fingerprint="2", certain=True, proposal=""),)
    )


async def found(house: House, one: Candidate) -> None:
    house.driver.find(one)
    await until(lambda: (one.driver, one.id) in house.gateway.registry.inbox)


async def hearth(house: House, *words: str, keys: str = "", columns: int = 0) -> Result:
    """The command, at the box."""
    environ = {"HEARTH_SOCKET": str(house.socket), "HEARTH_URL": None, "HEARTH_TOKEN": None}
    async with asyncio.timeout(20):
        return await asyncio.to_thread(CliRunner().invoke, cli, [*words], input=keys, env=environ)
