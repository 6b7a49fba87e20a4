"""The client against a gateway: what it gives, what it raises, and that a stream is taken up again."""

from __future__ import annotations

import asyncio
import re
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from gateway.client import Denied, Hearth, Invalid, NotFound, NotReached, Unauthorized, Unavailable, Unsettled
from policies import Role
from tests.gateway.api.desk import House, lamp, lock, until

README = Path("gateway/client/README.md")


async def owner(house: House) -> Hearth:
    return Hearth(house.url, token=await house.secret("anna", Role.OWNER))


async def agent(house: House) -> Hearth:
    return Hearth(house.url, token=await house.secret("coo", Role.AGENT, "anna"))


async def test_it_finds_reads_and_writes(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", value=False)
    async with await owner(house) as hearth:
        assert (await hearth.whoami()).principal == "anna"
        (thing,) = await hearth.things()
        assert (thing.room, thing.state["on"]) == ("study", False)
        handle = hearth.thing(thing.id)
        assert await handle.write("on", True, purpose="she comes home – at last", key="k1") is None
        assert await handle.write("on", True, purpose="she comes home – at last", key="k1") is None
        reading = await handle.read("on")
        assert (reading.value, reading.quality) == (True, "good")
        assert (await handle.read_all())["on"].value is True
        assert "properties" in await handle.describe()
    assert [value for point, value in house.driver.sent if point == "lamp/on"] == [True]


async def test_what_is_refused_says_why(house: House) -> None:
    await house.adopt(lamp(), lock())
    async with await agent(house) as hearth:
        with pytest.raises(Denied) as no:
            await hearth.thing("door").invoke("unlock", purpose="somebody rang")
        assert no.value.name in {"policy", "approval-required"}
        assert no.value.findings
        with pytest.raises(NotFound):
            await hearth.thing("nothing").read("on")
        with pytest.raises(Invalid):
            await hearth.thing("lamp").write("brightness", "bright")


@pytest.mark.parametrize(("mood", "kind"), [("rejects", Unavailable), ("unreachable", Unavailable)])
async def test_a_device_that_does_not(house: House, mood: str, kind: type[Exception]) -> None:
    await house.adopt(lamp())
    house.driver.mood = mood
    async with await owner(house) as hearth:
        with pytest.raises(kind):
            await hearth.thing("lamp").write("on", True)


async def test_what_was_sent_and_not_seen(house: House) -> None:
    await house.adopt(lamp())
    house.hasten("lamp", 0.01)
    house.driver.mood = "deaf"
    async with await owner(house) as hearth:
        with pytest.raises(Unsettled) as unsettled:
            await hearth.thing("lamp").write("on", True)
        assert (await hearth.execution(unsettled.value.execution)).outcome == "unconfirmed"


async def test_people_are_asked_and_it_is_taken_back(house: House) -> None:
    await house.adopt(lock())
    await house.known("door", "state", value="locked")
    await house.secret("anna", Role.OWNER)
    async with await agent(house) as hearth:
        waiting = await hearth.thing("door").invoke("unlock", purpose="somebody rang", ask_s=0.4)
        assert waiting is not None
        assert (waiting.waits_for, waiting.ended) == ("approval", False)
        questions = await hearth.approvals()
        assert [one.execution for one in questions.waiting] == [waiting.execution]
        assert not questions.to_answer
        await hearth.withdraw(waiting.execution)
        assert (await hearth.execution(waiting.execution)).reason == "withdrawn"


async def test_a_stream_is_taken_up_behind_the_last_event(house: House) -> None:
    await house.adopt(lamp())
    async with await owner(house) as hearth:
        before, stream = house.gateway.observers.count, hearth.events("property")
        first = asyncio.ensure_future(anext(stream))
        await until(lambda: house.gateway.observers.count > before)
        await house.known("lamp", "on", value=True)
        async with asyncio.timeout(5):
            event = await first
        assert (event.data["value"], bool(event.id)) == (True, True)
        await stream.aclose()
        await house.known("lamp", "on", value=False)
        async with asyncio.timeout(5):
            again = hearth.events("property", after=event.id)
            assert (await anext(again)).data["value"] is False
            await again.aclose()


async def test_a_dead_token_ends_it(house: House) -> None:
    await house.adopt(lamp())
    async with await agent(house) as hearth:
        before, stream = house.gateway.observers.count, hearth.thing("lamp").observe("on")
        first = asyncio.ensure_future(anext(stream))
        await until(lambda: house.gateway.observers.count > before)
        await house.gateway.identity.revoke(house.tokens["coo"])
        async with asyncio.timeout(5):
            with pytest.raises(Unauthorized):
                await first
        with pytest.raises(Unauthorized):
            await hearth.whoami()


async def test_nobody_is_there(free_port: int) -> None:
    async with Hearth(f"http://127.0.0.1:{free_port}", token="x") as hearth:
        with pytest.raises(NotReached):
            await hearth.whoami()


async def test_a_plan_and_what_one_may_do(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", value=False)
    async with await owner(house) as hearth:
        (explained,) = (await hearth.explain("lamp")).things
        assert {one.name for one in explained.uses} >= {"on", "brightness"}
        steps = [{"thing": "lamp", "property": "on", "value": True}]
        draft = await hearth.prepare({"title": "Light", "purpose": "to read", "steps": steps})
        assert (draft.verdict, draft.committable) == ("permit", True)
        plan = await hearth.commit(draft)
        async with asyncio.timeout(5):
            done = await hearth.plan_in(plan.id, "completed", "done", "ended", "failed")
        assert plan.id in {one.id for one in await hearth.plans()}
        assert (await hearth.plan(plan.id)).state == done.state


def example() -> str:
    found = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1].replace("asyncio.run(main())", "")


async def test_the_readme_example_runs(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.adopt(lamp("desk-lamp"), lock("front-door"))
    await house.known("desk-lamp", "on", value=False)
    monkeypatch.setenv("HEARTH_URL", house.url)
    monkeypatch.setenv("HEARTH_TOKEN", await house.secret("coo", Role.AGENT, "anna"))
    names: dict[str, Any] = {}
    exec(compile(example(), str(README), "exec"), names)
    running = asyncio.create_task(names["main"]())
    said = ""

    def is_refused() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "approval-required" in said

    await until(is_refused)
    values = cycle((True, False))
    while not running.done():  # somebody plays with the switch until the example has seen it
        await house.known("desk-lamp", "on", value=next(values))
    await running
    said += capsys.readouterr().out
    assert "desk-lamp" in said
    assert "now" in said
