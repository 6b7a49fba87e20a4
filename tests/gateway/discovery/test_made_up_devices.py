"""Whoever makes devices up, or changes one's mind for ever, fills neither the house nor the disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp

from drivers.driver import Candidate
from gateway import chronicle, doorman
from gateway.announcements import adopt_sensors
from gateway.doorman import Doorman
from policies import Role
from tests.gateway.api.desk import lamp, lock, sensor, until
from tests.gateway.discovery.test_device_pairing import a_house


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


def test_a_rule_lets_in_so_many_and_then_a_few_an_hour() -> None:
    clock = Hands()
    door = Doorman(clock)
    assert sum(door.lets_in("ble") for _ in range(5_000)) == doorman.MOST_AT_ONCE
    assert door.lets_in("esphome"), "each family has its own"
    clock.now += 3600
    assert sum(door.lets_in("ble") for _ in range(5_000)) == doorman.MORE_AN_HOUR
    clock.now += 3600 * 24 * 30
    assert sum(door.lets_in("ble") for _ in range(5_000)) == doorman.MOST_AT_ONCE


async def test_what_is_beyond_that_waits_for_a_person(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        registry = house.gateway.registry
        registry._rule, registry._doorman = adopt_sensors, Doorman(house.gateway.clock)
        for number in range(doorman.MOST_AT_ONCE + 5):
            driver.find(sensor(f"s{number}"))
        await until(lambda: len(registry.inbox) == 5)
        assert len(registry) == doorman.MOST_AT_ONCE


async def test_a_device_that_changes_its_mind_for_ever_writes_little(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, _):
        adopted = lamp()
        await house.adopt(adopted)
        registry = house.gateway.registry

        async def announced(fingerprint: str) -> None:
            (component,) = adopted.components
            changed = replace(component, fingerprint=fingerprint, commands=(f"on → /{fingerprint}",))
            candidate: Candidate = replace(adopted, components=(changed,), fingerprint=fingerprint)
            await registry.see(candidate if fingerprint else adopted)

        for number in range(100):
            await announced(str(number))
        assert registry["lamp"].suspended
        for number in range(50):
            await announced("")
            await announced(str(number))
        await house.gateway.ledger.flush()
        rows = await house.gateway.ledger.entries(kinds=("incident", "thing"), limit=1000)
        assert len(rows) <= 2 * chronicle.MOST_INCIDENTS
        await announced("")
        assert registry["lamp"].suspended, "announced back and forth: a person looks at it"


async def test_what_is_adopted_is_what_was_looked_at(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.find(sensor("x"))
        await until(lambda: ("desk", "x") in house.gateway.registry.inbox)
        anna = await house.owner()
        async with anna.get("/inbox") as answer:
            (seen,) = await answer.json()
        driver.find(lock("x"))
        await until(lambda: house.gateway.registry.inbox["desk", "x"].components[0].kind == "lock")
        body = {"announced": seen["announced"], "open": True}
        async with anna.post("/inbox/desk/x/adopt", json=body) as answer:
            assert (answer.status, (await answer.json())["type"]) == (
                409,
                "urn:hearth:problem:changed-meanwhile",
            )
        await house.adopt(lamp("old"))
        place = {"driver": "desk", "candidate": "x", "announced": seen["announced"], "confirm": True}
        async with anna.post("/things/old/replace", json=place) as answer:
            assert answer.status == 409
        async with anna.get("/inbox") as answer:
            (now,) = await answer.json()
        async with anna.post("/inbox/desk/x/adopt", json={"announced": now["announced"]}) as answer:
            assert answer.status == 201


async def test_a_device_with_endless_components_is_shown_in_part(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        (part,) = sensor("x").components
        parts = tuple(
            replace(part, key=str(n), affordances=tuple(replace(a, point=f"{n}") for a in part.affordances))
            for n in range(1_000)
        )
        driver.find(replace(sensor("x"), components=parts))
        await until(lambda: ("desk", "x") in house.gateway.registry.inbox)
        async with (await house.owner()).get("/inbox") as answer:
            (shown,) = await answer.json()
        assert len(shown["components"]) + shown["components_left_out"] == 1_000
        assert shown["components_left_out"] > 0


async def test_a_command_to_the_old_device_is_not_confirmed_by_the_new_one(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.mood = "deaf"
        await house.adopt(lamp("old"))
        await house.known("old", "on", False)
        anna = await house.client("anna", Role.OWNER)
        asking = asyncio.create_task(_put(anna, "/things/old/properties/on", True), name="a command")
        await until(lambda: driver.sent == [("old/on", True)])
        await house.gateway.registry.replace("old", lamp("new"), by="anna")
        driver.report("new/on", True)
        status, kind = await asking
        assert (status, kind) == (504, "urn:hearth:problem:in-doubt")


async def _put(client: aiohttp.ClientSession, path: str, value: bool) -> tuple[int, str]:
    async with client.put(path, json=value) as answer:
        return answer.status, (await answer.json())["type"]
