from __future__ import annotations

from tests.gateway.api.desk import House, lamp, lock, sensor


async def test_list_and_describe(house: House) -> None:
    await house.adopt(lamp(), sensor(), lock())
    owner = await house.owner()
    async with owner.get("/things") as answer:
        assert answer.status == 200
        things = await answer.json()
    assert [thing["id"] for thing in things] == ["urn:hearth:attic", "urn:hearth:door", "urn:hearth:lamp"]
    async with owner.get("/things/urn:hearth:lamp") as answer:
        assert answer.status == 200, await answer.text()
        print(await answer.text())
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        print(answer.status, answer.headers, await answer.text())
        assert answer.status == 204
