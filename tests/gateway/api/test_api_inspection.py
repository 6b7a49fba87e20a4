"""`POST /drivers/{driver}/inspection`: for those who manage the house, of drivers that can be looked at."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from drivers.driver import Insight, Inspection
from policies import Role
from tests.gateway.api.desk import DeskDriver, House

FOUND = Inspection((Insight("desk", "warning", "it wobbles", "fold a card"),), {"a card": "fold\ntwice\n"})


class Wobbly(DeskDriver):
    """One that can be looked at."""

    async def inspect(self, adopted: Collection[str] | None = None) -> Inspection:
        return FOUND


async def test_a_driver_is_looked_at(house: House) -> None:
    drivers = house.gateway.drivers
    assert isinstance(drivers, dict)
    drivers["wobbly"] = Wobbly()
    owner = await house.owner()
    async with owner.post("/drivers/wobbly/inspection") as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "insights": [
                {"name": "desk", "level": "warning", "found": "it wobbles", "remedy": "fold a card"}
            ],
            "recipes": {"a card": ["fold", "twice"]},
        }
    for role in (Role.AGENT, Role.CHILD, Role.SERVICE):
        client = await house.client(str(role), role, "anna" if role is Role.AGENT else "")
        async with client.post("/drivers/wobbly/inspection") as answer:
            assert answer.status == 403


@pytest.mark.parametrize("name", ["desk", "nobody"])
async def test_what_cannot_be_looked_at_is_not_there(house: House, name: str) -> None:
    owner = await house.owner()
    async with owner.post(f"/drivers/{name}/inspection") as answer:
        assert answer.status == 404
