"""Both names of a Thing are understood on every route, and another installation's are not."""

from __future__ import annotations

from pathlib import Path

from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Http
from gateway.names import Names
from tests.gateway.api.desk import House, lamp

FOREIGN = Names("zzzzzzzzzzzzz").urn("lamp")


async def test_the_directory_and_its_things_are_named_after_the_installation(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with house.session().get("/.well-known/wot") as answer:
        directory = (await answer.json(content_type=None))["id"]
    async with owner.get("/things/lamp") as answer:
        thing = (await answer.json(content_type=None))["id"]
    async with owner.get("/things") as answer:
        assert [one["id"] for one in await answer.json()] == [thing]
    installation = house.gateway.names.installation
    assert (directory, thing) == (f"urn:hearth:{installation}", f"urn:hearth:{installation}:lamp")


async def test_another_gateway_has_other_ids(house: House, tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "b", runtime_dir=tmp_path / "b-run", http=Http(port=0))
    async with open_gateway(config, drivers={}) as other, serve(other):
        assert other.names.installation != house.gateway.names.installation


async def test_both_names_lead_to_a_thing(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", False)
    owner = await house.owner()
    for name in ("lamp", house.gateway.names.urn("lamp"), "urn:hearth:lamp"):
        async with owner.put(f"/things/{name}/properties/on", json=True) as answer:
            assert answer.status == 204, name
        async with owner.post(f"/things/{name}/actions/toggle") as answer:
            assert answer.status == 204, name
        async with owner.get(f"/things/{name}/properties/on") as answer:
            assert (answer.status, await answer.json()) == (200, False), name
        async with owner.get("/leases", params={"thing": name}) as answer:
            assert answer.status == 200
        step = {"thing": name, "property": "on", "value": True}
        async with owner.post(
            "/plans", json={"title": "light", "purpose": "test", "steps": [step]}
        ) as answer:
            assert answer.status == 201, await answer.text()
        wish = {"thing": name, "property": "on", "accepts": None, "for": "1m", "purpose": "test"}
        async with owner.post("/leases", json=wish) as answer:
            assert answer.status == 201, await answer.text()
            assert (await answer.json())["thing"] == "lamp"


async def test_what_belongs_to_another_gateway_is_not_found_here(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get(f"/things/{FOREIGN}") as answer:
        assert answer.status == 404
    async with owner.put(f"/things/{FOREIGN}/properties/on", json=True) as answer:
        assert answer.status == 404
    async with owner.post(f"/things/{FOREIGN}/actions/toggle") as answer:
        assert answer.status == 404
    step = {"thing": FOREIGN, "property": "on", "value": True}
    async with owner.post("/plans", json={"title": "light", "purpose": "test", "steps": [step]}) as answer:
        assert answer.status == 404
    assert house.driver.sent == []
