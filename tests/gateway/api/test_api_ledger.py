"""`/ledger` and `/things/{id}/why`."""

from __future__ import annotations

from dataclasses import replace

from capabilities.vocabulary import Json
from gateway.ledger import Entry
from tests.gateway.api.desk import House, lamp, sensor, until

WHY = {"Hearth-Purpose": "it is dark"}


async def test_people_read_everything_and_agents_their_own(house: House) -> None:
    await house.adopt(lamp())
    owner, agent = await house.owner(), await house.agent()
    for session, value in ((owner, True), (agent, False)):
        async with session.put("/things/lamp/properties/on", json=value, headers=WHY) as answer:
            assert answer.status == 204
    async with owner.get("/ledger?kind=dispatch,outcome") as answer:
        entries = await answer.json()
    assert [(e["kind"], e["principal"]) for e in entries] == [
        ("dispatch", "anna"),
        ("outcome", "anna"),
        ("dispatch", "coo"),
        ("outcome", "coo"),
    ]
    assert entries[0]["private"] == {"purpose": "it is dark"}
    async with agent.get("/ledger") as answer:
        mine = await answer.json()
    assert {e["principal"] for e in mine} == {"coo"}
    async with agent.get("/ledger?principal=anna") as answer:
        assert await answer.json() == []


async def test_pages_go_both_ways(house: House) -> None:
    await house.adopt(lamp("a"), lamp("b"), lamp("c"))
    owner = await house.owner()
    async with owner.get("/ledger?kind=adoption&limit=2") as answer:
        assert [e["thing"] for e in await answer.json()] == ["a", "b"]
        rest = answer.links["next"]["url"]
    async with owner.get(rest) as answer:
        assert [e["thing"] for e in await answer.json()] == ["c"]
    async with owner.get("/ledger?kind=adoption&limit=2&newest=1") as answer:
        assert [e["thing"] for e in await answer.json()] == ["c", "b"]
        rest = answer.links["next"]["url"]
    async with owner.get(rest) as answer:
        assert [e["thing"] for e in await answer.json()] == ["a"]


async def test_filters_are_known_words(house: House) -> None:
    owner = await house.owner()
    for query in ("who=anna", "limit=x", "after=-1"):
        async with owner.get(f"/ledger?{query}") as answer:
            assert answer.status == 400


async def test_why_names_the_command_behind_a_state(house: House) -> None:
    await house.adopt(lamp())
    agent, owner = await house.agent(), await house.owner()
    async with agent.put("/things/lamp/properties/on", json=True, headers=WHY) as answer:
        execution = answer.headers["Hearth-Execution"]
    async with owner.get("/things/lamp/why") as answer:
        why = await answer.json()
    assert (why["cause"], why["property"], why["state"]["value"]) == ("command", "on", True)
    command = why["command"]
    assert (command["principal"], command["purpose"], command["outcome"]) == (
        "coo",
        "it is dark",
        "confirmed",
    )
    assert command["execution"] == execution
    assert command["rules"] == house.gateway.policy.version
    assert command["findings"]
    assert "coo" in why["explanation"]


async def test_why_tells_a_hand_at_the_device(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    await house.known("lamp", "on", False)
    async with owner.get("/things/lamp/why?property=on") as answer:
        why = await answer.json()
    assert (why["cause"], why["command"]["principal"]) == ("device", "anna")
    async with owner.get("/things/lamp/why?property=brightness") as answer:
        why = await answer.json()
    assert (why["cause"], why["command"]) == ("unknown", None)


async def test_why_passes_over_what_moved_nothing(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        moved = answer.headers["Hearth-Execution"]
    house.driver.mood = "rejects"
    async with owner.put("/things/lamp/properties/on", json=False) as answer:
        assert answer.status == 502
    async with owner.get("/things/lamp/why") as answer:
        assert (await answer.json())["command"]["execution"] == moved


async def test_why_keeps_others_purposes_to_themselves(house: House) -> None:
    await house.adopt(lamp(), sensor())
    await house.known("attic", "temperature", 21)
    owner, agent = await house.owner(), await house.agent()
    async with owner.put("/things/lamp/properties/on", json=True, headers=WHY) as answer:
        assert answer.status == 204
    async with agent.get("/things/lamp/why") as answer:
        command = (await answer.json())["command"]
    assert "principal" not in command
    assert "purpose" not in command
    async with agent.get("/things/attic/why?property=temperature") as answer:
        assert (await answer.json())["cause"] == "device"
    async with agent.get("/things/lamp/why?property=nothing") as answer:
        assert answer.status == 404


async def test_why_blames_nobody_for_a_deaf_device(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
        worked = answer.headers["Hearth-Execution"]
    house.driver.mood = "deaf"
    house.hasten("lamp", 0.01)
    async with owner.put("/things/lamp/properties/on", json=False, headers=WHY) as answer:
        assert answer.status == 504
        deaf = answer.headers["Hearth-Execution"]
    for query in ("", "?property=on"):
        async with owner.get(f"/things/lamp/why{query}") as answer:
            why = await answer.json()
        assert (why["cause"], why["state"]["value"]) == ("unconfirmed", True)
        assert (why["command"]["execution"], why["before"]["execution"]) == (deaf, worked)
        assert why["explanation"].startswith("the last command was not seen to work: anna asked for on")
        assert "changed at the device" not in why["explanation"]


async def test_why_blames_nobody_after_a_crash(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", False)
    owner, ledger, at = await house.owner(), house.gateway.ledger, house.gateway.clock.wall()
    effects: list[Json] = [{"property": "on", "value": True, "within_ms": 5000}]
    sent: dict[str, Json] = {"affordance": "on", "action": False, "value": True, "effects": effects}
    await ledger.commit(Entry("dispatch", at, sent, "e1", "anna", "lamp"))
    async with owner.get("/things/lamp/why") as answer:
        why = await answer.json()
    assert (why["cause"], why["command"]["outcome"]) == ("unknown", None)
    for result in ("in_doubt", "unconfirmed"):
        await ledger.commit(Entry("outcome", at, {"result": result}, "e1", "anna", "lamp"))
        async with owner.get("/things/lamp/why") as answer:
            why = await answer.json()
        assert (why["cause"], why["before"]) == ("unconfirmed", None)
        assert "not seen to work" in why["explanation"]


async def test_why_takes_no_older_reading_for_a_hand(house: House) -> None:
    """What a broker kept from before the command does not tell that somebody changed it since."""
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    slot = house.gateway.registry["lamp"].slots["on"]
    assert slot.reading is not None
    earlier = slot.reading.received_at - 60
    slot.reading = replace(slot.reading, value=False, observed_at=earlier, received_at=earlier)
    async with owner.get("/things/lamp/why") as answer:
        assert (await answer.json())["cause"] == "unknown"


async def test_why_tells_the_state_of_what_no_command_moved(house: House) -> None:
    await house.adopt(lamp(), sensor())
    await house.known("attic", "temperature", 21.7)
    await house.known("lamp", "brightness", 40)
    owner = await house.owner()
    async with owner.get("/things/attic/why") as answer:
        why = await answer.json()
    assert (why["property"], why["state"]["value"], why["state"]["quality"]) == ("temperature", 21.7, "good")
    assert why["explanation"].startswith("temperature is 21.7 (seen at 20")
    assert why["explanation"].endswith("; no command of Hearth's moved it")
    async with owner.get("/things/lamp/why") as answer:
        assert (await answer.json())["state"]["value"] == 40
    house.driver.lose("attic", "its battery is empty")
    await until(lambda: house.gateway.registry["attic"].reach.reachable is False)
    async with owner.get("/things/attic/why") as answer:
        assert ", stale)" in (await answer.json())["explanation"]
