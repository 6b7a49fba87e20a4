"""Plans in a house in memory."""

from __future__ import annotations

import asyncio
from typing import cast

from capabilities.vocabulary import Json
from gateway.plans.plan import Plan
from gateway.plans.preparing import Draft
from policies import Principal
from tests.gateway.core.rig import OWNER, Rig, until


def write(thing: str, value: Json, name: str = "on", **more: Json) -> dict[str, Json]:
    return {"thing": thing, "property": name, "value": value, **more}


def act(thing: str, name: str, value: Json = None, **more: Json) -> dict[str, Json]:
    return {"thing": thing, "action": name, "value": value, **more}


def plan(*steps: dict[str, Json], **more: Json) -> dict[str, Json]:
    return {"title": "Evening", "steps": list[Json](steps), **more}


def prepare(rig: Rig, *steps: dict[str, Json], by: Principal = OWNER, **more: Json) -> Draft:
    return rig.gateway.plans.desk.prepare(plan(*steps, **more), by, "")


async def commit(rig: Rig, draft: Draft, by: Principal = OWNER, key: str = "") -> Plan:
    made, _ = await rig.gateway.plans.desk.commit(draft.plan.id, by, "", draft.plan.digest, key)
    return made


async def begin(rig: Rig, *steps: dict[str, Json], by: Principal = OWNER, **more: Json) -> Plan:
    return await commit(rig, prepare(rig, *steps, by=by, **more), by)


async def over(rig: Rig, plan: Plan) -> Plan:
    """Until it has ended; as it is kept."""
    async with asyncio.timeout(10):
        while plan.id in {one.id for one in rig.gateway.plans.desk.open()}:
            await rig.gateway.plans.desk.changed(plan.id, plan.version, 5)
    found = await rig.gateway.plans.desk.get(plan.id)
    assert found is not None
    return found


async def run(rig: Rig, *steps: dict[str, Json], by: Principal = OWNER, **more: Json) -> Plan:
    return await over(rig, await begin(rig, *steps, by=by, **more))


def report(plan: Plan) -> dict[str, Json]:
    return cast("dict[str, Json]", plan.reports[-1])


def by_step(plan: Plan) -> dict[str, dict[str, Json]]:
    steps = cast("list[dict[str, Json]]", report(plan)["steps"])
    return {str(step["step"]): step for step in steps}


async def reached(plan: Plan, state: str) -> None:
    await until(lambda: plan.state == state)


def notices(rig: Rig, plan: Plan) -> list[Json]:
    """The kinds of what people were told of it."""
    told = (event.data for event in rig.events if event.kind == "notice")
    return [data["kind"] for data in told if data.get("plan") == plan.id]
