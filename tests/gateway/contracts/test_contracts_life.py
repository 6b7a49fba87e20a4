"""What a contract collects, and how it goes: coarse states as time passes, counted reads, notes that are erased, restarts."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from drivers.driver import Driver
from gateway.app import open_gateway
from gateway.config import Config, Context
from gateway.contracts import ContractTerms
from policies import Principal, Role
from tests.gateway.api.desk import DeskDriver, House, lamp, sensor, until
from tests.gateway.contracts.hand_clock import HandClock
from tests.gateway.contracts.test_contracts_api import made

SECRET = "the-notes-of-a-plan-5f1c"


async def read(house: House, contract: dict[str, Any], query: str = "") -> dict[str, Any]:
    agent = await house.agent()
    async with agent.get(f"{contract['context']}{query}") as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def test_windows_come_at_their_end(house: House, clock: HandClock) -> None:
    await house.adopt(sensor(), lamp())
    await house.known("attic", "temperature", 20.0)
    await house.known("lamp", "on", True)
    contract = await made(
        house,
        aggregated=[{"see": ["temperature.*"], "every": "15m", "step": 0.5}],
        presence=[{"see": ["light.on"], "hold": "5m"}],
    )
    (thermometer, light) = (await read(house, contract))["layers"]["snapshot"]["states"]
    assert (thermometer["windows"], thermometer["quality"], light["state"]) == ([], "unknown", None)
    clock.move(600)
    await house.known("attic", "temperature", 26.0)
    (thermometer, light) = (await read(house, contract))["layers"]["snapshot"]["states"]
    assert thermometer["windows"] == []
    assert (light["state"], light["quality"], light["since"]) == (True, "good", "2024-10-04T00:00:00.000Z")
    clock.move(301)
    (thermometer, _) = (await read(house, contract, "?layers=snapshot"))["layers"]["snapshot"]["states"]
    (window,) = thermometer["windows"]
    assert (window["mean"], window["min"], window["max"], window["known"]) == (22.0, 20.0, 26.0, 1.0)
    assert thermometer["age_s"] == 1.0
    since = (await read(house, contract, f"?since={clock.now}"))["layers"]["snapshot"]["states"]
    assert since == []


async def test_the_document_of_alike_series_is_the_same(house: House, clock: HandClock) -> None:
    """Which minute was the warm one is not in it: its ETag is the same whenever that was."""
    await house.adopt(sensor("attic"), sensor("cellar"))
    for name in ("attic", "cellar"):
        await house.known(name, "temperature", 20.0)
    contract = await made(house, aggregated=[{"see": ["temperature.*"]}])
    for name, before in (("attic", 60), ("cellar", 300)):
        clock.move(before)
        await house.known(name, "temperature", 25.0)
        clock.move(60)
        await house.known(name, "temperature", 20.0)
    clock.move(900)
    attic, cellar = (await read(house, contract))["layers"]["snapshot"]["states"]
    assert attic["windows"]
    assert attic["windows"] == cellar["windows"]


async def test_pages_and_layers(house: House) -> None:
    await house.adopt(*(sensor(f"s{number}") for number in range(5)))
    contract = await made(house, raw=[{"see": ["temperature.*"]}], layers=["stable", "snapshot"])
    found: list[str] = []
    place: int | None = 0
    while place is not None:
        page = await read(house, contract, f"?limit=2&offset={place}")
        found += [one["id"] for one in page["layers"]["stable"]["things"]]
        place = page["next"]
    assert found == [f"s{number}" for number in range(5)]
    assert set(page["layers"]) == {"stable", "snapshot"}
    agent = await house.agent()
    for wrong in ("?layers=all", "?since=yesterday", "?since=-1", "?since=nan", "?limit=x"):
        async with agent.get(contract["context"] + wrong) as answer:
            assert answer.status == 400, wrong


async def test_reads_have_a_budget_and_are_counted(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 20.0)
    contract = await made(house, raw=[{"see": ["temperature.*"]}], reads=3)
    clock.move(100)
    agent, owner = await house.agent(), await house.owner()
    statuses = []
    for _ in range(5):
        async with agent.get(contract["context"]) as answer:
            statuses.append(answer.status)
            wait = answer.headers.get("Retry-After")
    assert (statuses, wait) == ([200, 200, 200, 429, 429], "800")
    async with owner.get(contract["context"]) as answer:
        assert answer.status == 200  # a person looks, and uses up nothing
    clock.move(800)
    await read(house, contract)
    await house.gateway.ledger.flush()
    (entry,) = await house.gateway.ledger.entries(kinds=("read",))
    assert (entry.principal, entry.execution) == ("coo", contract["id"])
    assert entry.private == {"purpose": "save energy"}
    assert entry.body == {
        "contract": contract["id"],
        "from": int(clock.now) - 900,
        "reads": 3,
        "refused": 2,
        "layers": {"snapshot": 3, "stable": 3, "working": 3},
        "things": ["/things/attic"],
    }


async def test_notes_are_gone_from_the_disk_with_their_contract(house: House, clock: HandClock) -> None:
    await made(house)
    for end in ("revoked", "expired", "panic", "token"):
        contract = await made(house, **{"for": "1h"})
        agent, owner = await house.agent(), await house.owner()
        async with agent.put(contract["notes"], json={"plan": SECRET}) as answer:
            assert answer.status == 204
        assert (await read(house, contract))["layers"]["working"]["notes"] == {"plan": SECRET}
        assert SECRET.encode() in stored(house)
        match end:
            case "revoked":
                async with owner.delete(f"/contracts/{contract['id']}") as answer:
                    assert answer.status == 204
            case "expired":
                clock.move(3_600)
            case "panic":
                async with owner.post("/panic", json={"why": "smoke"}) as answer:
                    assert answer.status in {200, 202}
            case _:
                async with owner.delete(f"/tokens/{house.tokens['coo']}") as answer:
                    assert answer.status in {200, 204}
        await until(lambda: SECRET.encode() not in stored(house))
        if end in {"panic", "token"}:
            del house.secrets["coo"]


def stored(house: House) -> bytes:
    """Every byte of the database, its log, and its copies."""
    return b"".join(path.read_bytes() for path in house.gateway.config.state_dir.glob("hearth.db*"))


async def test_notes_are_bounded_and_the_readers(house: House) -> None:
    contract = await made(house)
    agent, owner = await house.agent(), await house.owner()
    async with owner.put(contract["notes"], json="mine") as answer:
        assert answer.status == 403
    async with agent.put(contract["notes"], json="x" * 17_000) as answer:
        assert answer.status == 413
    async with agent.get(contract["notes"]) as answer:
        assert answer.status == 404
    bare = await made(house, layers=["stable"])
    async with agent.put(bare["notes"], json=1) as answer:
        assert answer.status == 403


async def test_a_contract_ends_with_its_plan(house: House, clock: HandClock) -> None:
    await house.adopt(lamp())
    agent = await house.agent()
    step = {"thing": "lamp", "property": "on", "value": True}
    plan = {"title": "later", "steps": [step | {"not_before": "1h"}]}
    async with agent.post("/plans", json=plan) as answer:
        assert answer.status in {200, 201}, await answer.text()
        prepared = await answer.json()
    async with agent.post(f"/plans/{prepared['id']}/commit", json={"digest": prepared["digest"]}) as answer:
        assert answer.status in {200, 202}, await answer.text()
    contract = await made(house, plan=prepared["id"], raw=[{"see": ["light.*"]}])
    # The contract narrowed the rights with which the plan was committed: that stops it, and its end ends the contract.
    async with asyncio.timeout(10):
        while True:
            async with agent.post(f"/plans/{prepared['id']}/cancel", json={}) as answer:
                if answer.status in {204, 404, 409}:
                    break
            await asyncio.sleep(0)
    await until(lambda: not house.gateway.plans.desk.open())
    async with agent.get(contract["context"]) as answer:
        assert answer.status == 409


async def test_what_binds_binds_after_a_restart(config: Config, clock: HandClock) -> None:
    drivers: dict[str, Driver] = {"desk": DeskDriver()}
    from gateway.contracts.terms import ContractTerms

    terms = ContractTerms.model_validate({"purpose": "x", "raw": [{"see": ["temperature.*"]}]})
    async with open_gateway(config, drivers=drivers, clock=clock) as gateway:
        _, secret = await gateway.identity.create_token(Principal("coo", Role.AGENT, acts_for="anna"))
        kept = await gateway.contracts.make("coo", terms, clock.now + 7_200, "anna")
        gone = await gateway.contracts.make("coo", terms, clock.now + 3_600, "anna")
        await gateway.contracts.rows.put_notes(gone.id, f'"{SECRET}"')
        session = gateway.identity.authenticate(secret)
        assert session is not None
        before = session.principal
        assert [one.name for one in before.mandates] == ["contract:coo"]
    clock.now += 3_600
    async with open_gateway(config, drivers={"desk": DeskDriver()}, clock=clock) as gateway:
        session = gateway.identity.authenticate(secret)
        assert session is not None
        assert session.principal == before  # what was begun with these rights goes on
        assert [one.id for one in gateway.contracts.book.in_force(clock.now)] == [kept.id]
        assert SECRET.encode() not in b"".join(
            path.read_bytes() for path in config.state_dir.glob("hearth.db*")
        )
    clock.now += 3_600
    async with open_gateway(config, drivers={"desk": DeskDriver()}, clock=clock) as gateway:
        session = gateway.identity.authenticate(secret)
        assert session is not None
        assert session.principal.mandates[0].terms == '{"read":[]}'


@pytest.mark.parametrize("required", [False, True])
async def test_a_house_may_want_a_contract_of_everybody(
    config: Config, clock: HandClock, required: bool
) -> None:
    config = config.model_copy(update={"context": Context(required=required)})
    async with open_gateway(config, drivers={"desk": DeskDriver()}, clock=clock) as gateway:
        await gateway.registry.adopt(sensor(), room="study", by="test")
        subject = gateway.registry["attic"].readable()["temperature"]
        for name, role, person in (("coo", Role.AGENT, "anna"), ("anna", Role.OWNER, "")):
            _, secret = await gateway.identity.create_token(Principal(name, role, acts_for=person))
            session = gateway.identity.authenticate(secret)
            assert session is not None
            sees = gateway.policy.may_see(session.principal, subject)
            assert sees is not (required and role is Role.AGENT)


async def test_copies_of_the_database_keep_no_notes(config: Config, clock: HandClock) -> None:
    async with open_gateway(config, drivers={"desk": DeskDriver()}, clock=clock) as gateway:
        await gateway.identity.create_token(Principal("coo", Role.AGENT, acts_for="anna"))
        terms = ContractTerms.model_validate({"purpose": "x"})
        contract = await gateway.contracts.make("coo", terms, clock.now + 3_600, "anna")
        await gateway.contracts.rows.put_notes(contract.id, f'"{SECRET}"')
    copy = config.state_dir / "hearth.db.before-0099"
    with (
        closing(sqlite3.connect(config.state_dir / "hearth.db")) as live,
        closing(sqlite3.connect(copy)) as target,
    ):
        live.backup(target)
    assert SECRET.encode() in copy.read_bytes()
    async with open_gateway(config, drivers={"desk": DeskDriver()}, clock=clock) as gateway:
        assert SECRET.encode() not in copy.read_bytes()
        assert await gateway.contracts.rows.notes(contract.id) == f'"{SECRET}"'
