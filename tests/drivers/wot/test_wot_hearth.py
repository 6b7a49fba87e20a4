"""Hearth reads Hearth: another gateway's directory and Things, over its own HTTP API with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.wot.driver import open_driver
from drivers.wot.settings import WotSettings
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Role
from tests.drivers.wot_house import a_wot_house, until
from tests.drivers.wot_peer import FakeServices, MemoryVault, tools
from tests.gateway.api.desk import DeskDriver, House, lamp, sensor


@pytest.fixture
async def attic(tmp_path: Path) -> AsyncIterator[House]:
    """The other Hearth."""
    driver = DeskDriver()
    config = Config(
        state_dir=tmp_path / "attic", runtime_dir=tmp_path / "attic-run", http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )  # fmt: skip
    async with open_gateway(config, drivers={"desk": driver}) as gateway, serve(gateway) as url:
        house = House(gateway, driver, url, config.socket)
        await house.adopt(lamp(), sensor())
        await house.known("lamp", "on", False)
        await house.known("attic", "temperature", 18.5)
        yield house
        for session in house.sessions:
            await session.close()


async def test_another_hearth_is_found_paired_read_observed_and_commanded(
    attic: House, tmp_path: Path
) -> None:
    services, vault, names = FakeServices(), MemoryVault(), attic.gateway.names
    driver = open_driver(WotSettings(this_machine=True), tools(services, vault))
    token = await attic.secret("neighbour", Role.ADULT)
    async with a_wot_house(tmp_path, driver) as house:
        port = int(attic.url.rpartition(":")[2])
        services.announce(
            port, "/.well-known/wot", name="Hearth on attic", host="localhost.", type="Directory"
        )
        shown = await house.waiting("mdns:Hearth on attic")
        assert shown["asks"]["what"] == "credentials"
        status, body = await house.adopt(
            "mdns:Hearth on attic", code="no such token", title="The attic's Hearth"
        )
        assert status == 502, body
        status, body = await house.adopt(
            "mdns:Hearth on attic", code="hearth_wrong", title="The attic's Hearth"
        )
        assert status == 502, body
        status, body = await house.adopt("mdns:Hearth on attic", code=token, title="The attic's Hearth")
        assert status == 201, body
        assert all(token.encode() in kept for kept in vault.kept.values())
        shown = await house.waiting(names.urn("lamp"))
        assert shown["asks"] is None
        assert [one["kind"] for one in shown["components"]] == ["light"]
        assert (await house.adopt(names.urn("lamp"), title="Attic lamp"))[0] == 201
        await house.waiting(names.urn("attic"))
        assert (await house.adopt(names.urn("attic"), title="Attic air"))[0] == 201
        await house.shows("attic-lamp", "on", False)
        await house.shows("attic-air", "temperature", 18.5)
        await house.shows("the-attic-s-hearth", "value", 2)
        assert await house.write("attic-lamp", "on", True) == (204, "confirmed")
        assert ("lamp/on", True) in attic.driver.sent
        attic.driver.report("attic/t", 19.0)
        await house.shows("attic-air", "temperature", 19.0)
        assert "toggle" in house.gateway.registry.get("attic-lamp").thing.actions  # type: ignore[union-attr]


async def test_a_token_that_is_revoked_is_asked_for_anew(attic: House, tmp_path: Path) -> None:
    services, names = FakeServices(), attic.gateway.names
    driver = open_driver(WotSettings(this_machine=True, poll_seconds=0.1), tools(services))
    token = await attic.secret("neighbour", Role.ADULT)
    async with a_wot_house(tmp_path, driver) as house:
        port = int(attic.url.rpartition(":")[2])
        services.announce(
            port, "/.well-known/wot", name="Hearth on attic", host="localhost.", type="Directory"
        )
        await house.waiting("mdns:Hearth on attic")
        assert (await house.adopt("mdns:Hearth on attic", code=token, title="The attic's Hearth"))[0] == 201
        await house.waiting(names.urn("attic"))
        assert (await house.adopt(names.urn("attic"), title="Attic air"))[0] == 201
        await house.shows("attic-air", "temperature", 18.5)
        await attic.gateway.identity.revoke(attic.tokens["neighbour"], by="anna")

        def asked() -> bool:
            known = driver.recall("mdns:Hearth on attic")
            said = any("pair it again" in line for line in driver.health().problems)
            return said or (known is not None and known.asks is not None)

        await until(asked)


async def test_a_gateway_knows_itself_by_its_id(attic: House, tmp_path: Path) -> None:
    """At whatever address: a proxy elsewhere, a name that leads back here."""
    services = FakeServices()
    ours = replace(tools(services), are_ours=attic.gateway.names.are_of)
    driver = open_driver(WotSettings(this_machine=True), ours)
    async with a_wot_house(tmp_path, driver) as house:
        port = int(attic.url.rpartition(":")[2])
        services.announce(
            port, "/.well-known/wot", name="Hearth on attic", host="localhost.", type="Directory"
        )
        await until(lambda: any("is this gateway itself" in line for line in driver.health().problems))
        assert not list(house.gateway.registry.inbox)
