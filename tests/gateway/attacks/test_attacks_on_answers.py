"""Answers that lie: a success that nobody saw, a question that nobody sees, a heater that nobody switches off."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.commands import Result
from policies import Role
from tests.gateway.attacks.besieged import Client, besieged, devices, shipped
from tests.gateway.core.rig import device, hasten, lamp, until

# ---------------------------------------------------------------- success that was never awaited


@pytest.mark.parametrize("fault", ["deaf", "stale", "retained"])
async def test_success_that_was_never_awaited(tmp_path: Path, hurried: None, fault: str) -> None:
    """Accepted is not done: the answer, the status, the ledger and the page that says why all say that nothing was seen."""
    async with besieged(tmp_path, [lamp()]) as siege:
        coo = await siege.agent()
        hasten(siege.rig.thing("lamp"))
        siege.rig.fault("lamp", fault)
        answer = await coo.write("lamp.on", True)
        assert (answer.status, answer.outcome) == (504, "unconfirmed")
        status = (await coo.get(f"/executions/{answer.headers['Hearth-Execution']}")).document
        assert (status["status"], status["outcome"]) == ("failed", "unconfirmed")
        why = (await coo.get("/things/lamp/why?property=on")).document
        assert why["cause"] == "unconfirmed"
        await siege.rig.gateway.ledger.flush()
        (ended,) = await siege.rig.rows("outcome")
        assert ended.body["result"] == "unconfirmed"
        assert len(siege.moved) == 1


async def test_what_was_only_sent_is_not_answered_as_done(tmp_path: Path) -> None:
    """Who does not wait is told where to look, and nothing of an outcome before there is one."""
    async with besieged(tmp_path, [lamp()]) as siege:
        coo = await siege.agent()
        siege.rig.fault("lamp", "late:0.2")
        answer = await coo.write("lamp.on", True, Prefer="respond-async")
        assert (answer.status, answer.outcome) == (202, "")
        place = answer.headers["Location"]
        status = (await coo.get(place)).document
        assert status["status"] in {"pending", "running"} and "outcome" not in status
        async with asyncio.timeout(5):
            while (status := (await coo.get(place)).document)["status"] == "running":
                await siege.rig.settle()
        assert (status["status"], status["outcome"]) == ("completed", "confirmed")


async def test_a_bridges_word_is_not_the_doors(tmp_path: Path, hurried: None) -> None:
    """What can do damage is confirmed by the device alone."""
    async with besieged(tmp_path, [device("hallway-outlet"), lamp()]) as siege:
        anna = await siege.owner()
        for name in ("hallway-outlet", "lamp"):
            hasten(siege.rig.thing(name))
            siege.rig.fault(name, "optimistic:60")
        answer = await anna.write("hallway-outlet.on", False)
        assert (answer.status, answer.reason) == (504, "echo-only")
        assert (await anna.write("lamp.on", True)).outcome == "confirmed"


# ---------------------------------------------------------------- a question that nobody sees


async def test_an_approval_that_nobody_sees_is_not_a_silent_deny(tmp_path: Path) -> None:
    """The refusal says that it is a question, who may answer it and for how long; and so does what it is asked of before."""
    async with besieged(tmp_path) as siege:
        coo = await siege.agent()
        answer = await coo.act("front-door.unlock")
        assert (answer.status, answer.document["type"]) == (403, "urn:hearth:problem:approval-required")
        findings = answer.document["findings"]
        assert isinstance(findings, list)
        finding, each_time = findings
        assert isinstance(finding, dict)
        assert isinstance(each_time, dict)
        assert (each_time["rule"], each_time["verdict"]) == ("who-comes-in", "needs-approval")
        assert finding["remedy"] == {
            "text": "approval by adult",
            "data": {"approver": ["adult"], "valid": 300},
        }
        preview = await coo.ask("POST", "/things/front-door/actions/unlock?dry-run=1")
        assert (preview.status, preview.document["verdict"]) == (200, "needs-approval")
        explained = (await coo.get("/policies/explain?thing=front-door")).text
        assert "needs approval by adult" in explained
        await siege.rig.gateway.ledger.flush()
        (denied,) = await siege.rig.rows("denied")
        assert denied.body["verdict"] == "needs_approval", "and the people find it in the ledger"
        assert siege.moved == []


async def test_the_answer_holds_nothing_with_which_the_agent_could_answer_itself(tmp_path: Path) -> None:
    """No address, no token, no code: one id, of the refusal itself, which opens nothing."""
    async with besieged(tmp_path) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        answer = await coo.act("front-door.unlock")
        execution = answer.headers["Hearth-Execution"]
        text = answer.text.replace(execution, "").replace("urn:hearth:problem:approval-required", "")
        assert not re.search(r"https?:|/\w+/|hearth_|token|approvals?/|code", text), text
        assert not re.search(
            r"[0-9A-Za-z_-]{16,}",
            text.replace("needs-approval", "")
            .replace("an-adult-decides", "")
            .replace("approval-required", ""),
        ), text
        assert {*answer.headers} <= {
            *(
                "Cache-Control",
                "Content-Length",
                "Content-Type",
                "Date",
                "Hearth-Execution",
                "Hearth-Outcome",
            ),
            *("Hearth-Reason", "Server", "X-Content-Type-Options"),
            *("Content-Security-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy"),
        }
        for secret in (anna.secret, anna.token, coo.secret):
            assert secret not in answer.text
        await _answers_itself(coo, execution)
        assert (await coo.act("front-door.unlock")).reason == "approval-required"
        assert (await coo.get(f"/executions/{execution}")).document["outcome"] == "refused"
        assert siege.moved == []


async def _answers_itself(coo: Client, execution: str) -> None:
    yes = {"approved": True, "approver": "anna", "execution": execution}
    for method in ("POST", "PUT", "PATCH"):
        for path in (
            f"/executions/{execution}",
            f"/executions/{execution}/approve",
            f"/approvals/{execution}",
            "/approvals",
            f"/things/front-door/actions/unlock/{execution}",
        ):
            answer = await coo.ask(method, path, yes)
            assert answer.status in {403, 404, 405}, (method, path, answer.status)
    again = await coo.act("front-door.unlock", Idempotency_Key=f'"{execution}"', Hearth_Approval=execution)
    assert again.reason == "approval-required"


async def test_an_agents_second_token_and_its_helper_do_not_answer_either(tmp_path: Path) -> None:
    async with besieged(tmp_path) as siege:
        anna, coo = await siege.owner(), await siege.agent()
        first = await coo.act("front-door.unlock")
        for body in ({"title": "again"}, {"principal": "helper", "role": "agent"}):
            made = await coo.ask("POST", "/tokens", body)
            assert made.status == 201
        helper = await siege.client("other", Role.AGENT, "anna")
        for client in (coo, helper):
            await _answers_itself(client, first.headers["Hearth-Execution"])
        assert siege.moved == []
        assert (await anna.act("front-door.unlock")).status == 204, "a person does it herself"


# ---------------------------------------------------------------- a heater that stays on

HEATER_OFF = """
[[then]]
id = "heater-off"
on = ["outlet.on"]
max_on = "2h"
why = "A forgotten heater burns houses down"
"""
SHADOW = f"format = 1\nshadow = true\n{HEATER_OFF.replace('heater-off', 'heater-off-too')}"


async def test_a_heater_stays_on_because_the_process_that_would_switch_it_off_was_restarted(
    tmp_path: Path,
) -> None:
    """The process that comes back switches it off; no agent, and no word of it, keeps it on meanwhile."""
    soon = HEATER_OFF.replace('"2h"', '"1s"')
    heater = device("hallway-outlet")
    heater.state["outlet"]["on"] = False
    async with besieged(tmp_path, [heater], shipped(HEATER_OFF)) as siege:
        ben = await siege.client("ben", Role.ADULT)
        assert (await ben.write("hallway-outlet.on", True)).status == 204
        (owed,) = await _owed(ben)
        assert (owed["state"], owed["seconds"], owed["rule"]) == ("running", 7200, "household/heater-off")
        refused = await ben.ask("POST", f"/obligations/{owed['id']}/settle", {"why": "I like it warm"})
        assert refused.status == 409
        why = (await ben.get("/things/hallway-outlet/why?property=on")).document
        assert "is switched off at" in str(why["explanation"])
        explained = (await ben.get("/policies/explain?thing=hallway-outlet")).text
        assert "is switched off at" in explained
    async with besieged(tmp_path, [heater], shipped(soon)) as siege:
        await until(lambda: siege.moved == ["hallway-outlet/outlet/on=false"])
        ben = await siege.client("ben", Role.ADULT)
        async with asyncio.timeout(5):
            while await _owed(ben):
                await siege.rig.settle()
        why = (await ben.get("/things/hallway-outlet/why?property=on")).document
        assert "house asked for on" in str(why["explanation"])


async def _owed(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads((await client.get("/obligations")).text)
    return found


async def test_a_duty_that_is_only_tried_out_refuses_nothing(tmp_path: Path) -> None:
    heater = device("hallway-outlet")
    heater.state["outlet"]["on"] = False
    async with besieged(tmp_path, [heater], {"trial": SHADOW}) as siege:
        anna = await siege.owner()
        assert (await anna.write("hallway-outlet.on", True)).outcome == "confirmed"
        (dispatch,) = await siege.rig.rows("dispatch")
        assert "owes" not in dispatch.body


async def test_a_heater_that_is_on_when_the_gateway_comes_back_is_seen_to_be_on(tmp_path: Path) -> None:
    """Its last command is settled by a look at it: nobody is told that it is off."""
    async with besieged(tmp_path, [device("hallway-outlet")]) as siege:
        anna = await siege.owner()
        assert (await anna.write("hallway-outlet.on", True)).status == 204
    async with besieged(tmp_path, [device("hallway-outlet")]) as siege:
        ben = await siege.client("ben", Role.ADULT)
        assert (await ben.get("/things/hallway-outlet/properties/on")).json is True
        assert (await siege.rig.run("hallway-outlet.on", False)).result is Result.CONFIRMED


async def test_who_watches_learns_of_refusals_too(tmp_path: Path) -> None:
    """A question that was refused for want of a person is told to the persons on their streams."""
    async with besieged(tmp_path, devices()) as siege:
        ben, coo = await siege.client("ben", Role.ADULT), await siege.agent()
        stream = await ben.session.get("/events?types=action", headers={"Accept": "text/event-stream"})
        await coo.act("front-door.unlock")
        async with asyncio.timeout(5):
            while b'"outcome"' not in (line := await stream.content.readline()):
                assert not stream.content.at_eof()
        assert b'"refused"' in line and b'"approval-required"' in line and b'"coo"' in line
        stream.close()
