"""`why` names whose yes a command was sent under."""

from __future__ import annotations

from typing import Any

from gateway.cli.commands.why import story
from policies import Role
from tests.gateway.api.desk import until
from tests.gateway.approvals.people import Doors


async def test_why_tells_who_said_yes(doors: Doors) -> None:
    phone = await doors.phone()
    asked = await doors.ask()
    (document,) = await phone.to_answer()
    await phone.answer(document)
    await until(lambda: doors.unlocked == 1)
    why = await _why(phone.client)
    assert why["command"]["execution"] == asked["execution"]
    (approved,) = why["command"]["approved_by"]
    assert (approved["by"], approved["channel"], approved["how"]) == ("anna", "key", "once")
    assert any(line.strip().startswith("approved: by anna, with a key") for line in story(why))


async def test_who_may_not_read_the_command_is_not_told_who_approved_it(doors: Doors) -> None:
    phone = await doors.phone()
    await doors.ask()
    (document,) = await phone.to_answer()
    await phone.answer(document)
    await until(lambda: doors.unlocked == 1)
    other = await doors.client("butler", Role.AGENT, "anna")
    async with other.get("/things/door/why") as answer:
        assert "anna" not in await answer.text()


async def _why(client: Any) -> dict[str, Any]:
    async with client.get("/things/door/why") as answer:
        return dict(await answer.json())
