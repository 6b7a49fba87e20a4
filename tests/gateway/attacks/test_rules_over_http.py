"""Rules and what they look at, from the request to the device and back, with many callers and a disk that takes its time."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from capabilities.readings import Contact
from capabilities.vocabulary import Json
from gateway.ledger import Record
from policies import Role
from tests.gateway.attacks.besieged import Answer, Client, Siege, besieged, shipped, write_rules
from tests.gateway.core.rig import HoldingLedger, device, hasten, lamp

CALLERS = 32

RATE = """
[[limit]]
id = "often"
on = ["light.brightness"]
at_most = "3/h"
why = "No flicker"
"""
NEEDS = """
[[limit]]
id = "dry"
on = ["light.on"]
needs = [{ thing = "sensor", property = "temperature", max = 30, fresh = "10m" }]
why = "Not in the heat"
"""


def ledger_of(siege: Siege) -> HoldingLedger:
    return cast("HoldingLedger", siege.rig.gateway.ledger)


async def crowd(siege: Siege) -> list[Client]:
    """Everybody of a large house: owners, adults, children, guests, agents."""
    anna = await siege.owner()
    roles = (Role.ADULT, Role.CHILD, Role.GUEST, Role.AGENT)
    others = [
        await siege.client(f"p{number}", roles[number % 4], "anna" if roles[number % 4] is Role.AGENT else "")
        for number in range(CALLERS - 1)
    ]
    return [anna, *others]


# ---------------------------------------------------------------- rates


async def test_of_32_callers_at_once_exactly_three_move_the_lamp(tmp_path: Path) -> None:
    async with besieged(tmp_path, [lamp()], shipped(RATE)) as siege:
        clients = await crowd(siege)
        answers = await asyncio.gather(
            *(client.write("lamp.brightness", number + 1) for number, client in enumerate(clients))
        )
        sent = [one for one in answers if one.status != 403]
        assert len(siege.moved) == 3
        assert len(sent) == 3 and {one.status for one in sent} <= {204, 504}
        for refused in (one for one in answers if one.status == 403):
            assert refused.rules == ["household/often"]
        assert len(await siege.rig.rows("dispatch")) == 3
        # a further way to the same property, and a further minute, make no fourth
        for client in clients[:4]:
            assert (await client.act("lamp.set", {"brightness": 7})).status in {403, 404}
        assert len(siege.moved) == 3


async def test_the_same_request_again_and_again_is_one_use(tmp_path: Path) -> None:
    """Replays of an idempotency key, at once and afterwards, neither move nor count."""
    async with besieged(tmp_path, [lamp()], shipped(RATE)) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        answers = await asyncio.gather(
            *(coo.write("lamp.brightness", 10, Idempotency_Key='"one"') for _ in range(16))
        )
        assert {one.status for one in answers} == {204}
        assert Counter("Idempotent-Replayed" in one.headers for one in answers) == {True: 15, False: 1}
        assert len(siege.moved) == 1
        assert (await anna.write("lamp.brightness", 5, Idempotency_Key='"one"')).status == 204, "her own key"
        assert (await coo.write("lamp.brightness", 30)).status == 204
        assert (await coo.write("lamp.brightness", 40)).rules == ["household/often"]
        replayed = await coo.write("lamp.brightness", 10, Idempotency_Key='"one"')
        assert (replayed.status, replayed.headers.get("Idempotent-Replayed")) == (204, "true")
        assert len(siege.moved) == 3


# ---------------------------------------------------------------- shadow sets


async def test_a_set_that_is_only_tried_out_refuses_nothing_and_tells_what_it_would_have(
    tmp_path: Path,
) -> None:
    trial = f"format = 1\nshadow = true\n{RATE.replace('3/h', '1/h')}"
    async with besieged(tmp_path, [lamp()], shipped() | {"trial": trial}) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        for value in (10, 20, 30):
            assert (await coo.write("lamp.brightness", value)).status == 204
        assert len(siege.moved) == 3
        await siege.rig.gateway.ledger.flush()
        (rule,) = cast("list[dict[str, Json]]", (await anna.get("/policies/shadow")).document["rules"])
        assert (rule["rule"], rule["count"], rule["why"]) == ("trial/often", 2, "No flicker")
        assert (await coo.get("/policies/shadow")).status == 403


# ---------------------------------------------------------------- between the decision and the send


async def _held(siege: Siege, client: Client, what: str, value: object) -> asyncio.Task[Answer]:
    """A command that was decided and written, and waits for the disk."""
    ledger = ledger_of(siege)
    ledger.hold = asyncio.Event()
    task = asyncio.create_task(client.write(what, value), name="held")
    async with asyncio.timeout(5):
        await ledger.written.wait()
    return task


async def _released(siege: Siege, task: asyncio.Task[Answer]) -> Answer:
    ledger = ledger_of(siege)
    assert ledger.hold is not None
    ledger.hold.set()
    ledger.hold = None
    async with asyncio.timeout(5):
        return await task


async def test_an_edit_on_disk_stops_what_was_decided_before_it(tmp_path: Path, holding: None) -> None:
    async with besieged(tmp_path, [lamp()], shipped()) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        task = await _held(siege, coo, "lamp.on", True)
        write_rules(tmp_path, shipped(NEEDS.replace("needs = [", "never = true #")))
        assert (await anna.ask("POST", "/policies/reload")).status == 200
        answer = await _released(siege, task)
        assert (answer.status, answer.reason) == (409, "changed-meanwhile")
        assert "the rules were changed meanwhile" in str(answer.document["detail"])
        assert siege.moved == []
        assert (await coo.write("lamp.on", True)).status == 403


async def test_a_sensor_that_is_lost_while_the_disk_writes_stops_the_command(
    tmp_path: Path, holding: None
) -> None:
    async with besieged(tmp_path, [lamp(), device("sensor", "bedroom-climate")], shipped(NEEDS)) as siege:
        coo = await siege.agent()
        assert (await coo.write("lamp.on", True)).status == 204
        moved = len(siege.moved)
        task = await _held(siege, coo, "lamp.on", False)
        rig = siege.rig
        lost = Contact("sensor", reachable=False, at=rig.gateway.clock.wall(), reason="its battery is empty")
        rig.gateway.ingest.contact(rig.driver.name, lost)
        answer = await _released(siege, task)
        assert (answer.status, answer.reason) == (409, "changed-meanwhile")
        assert "it was otherwise a moment ago" in str(answer.document["detail"])
        assert len(siege.moved) == moved
        refused = await coo.write("lamp.on", False)
        assert (refused.status, refused.rules) == (403, ["household/dry"])
        assert '"unknown":true' in refused.text.replace(" ", "")


@pytest.mark.parametrize("what", ["mode", "label", "token", "waiver"])
async def test_what_a_person_changes_while_the_disk_writes_counts(
    tmp_path: Path, holding: None, what: str
) -> None:
    rules = """
    [[limit]]
    id = "at-home"
    on = ["light.on"]
    modes = ["home"]
    why = "Only at home"

    [[limit]]
    id = "closed"
    on = ["light.on"]
    labels = ["closed"]
    never = true
    why = "Closed"

    [[limit]]
    id = "dark"
    on = ["light.on"]
    who = ["agent"]
    value = { one_of = [false] }
    waivable_by = ["adult"]
    why = "Dark"
    """
    async with besieged(tmp_path, [lamp()], shipped(rules)) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        waiver = await anna.ask(
            "POST", "/policies/waivers", {"rule": "household/dark", "for": "1h", "why": "light"}
        )
        assert waiver.status == 201
        task = await _held(siege, coo, "lamp.on", True)
        changes: dict[str, tuple[str, str, object]] = {
            "mode": ("PUT", "/mode", {"mode": "away", "why": "we leave"}),
            "label": ("PATCH", "/things/lamp", {"labels": ["closed"], "confirm": True}),
            "token": ("DELETE", f"/tokens/{coo.token}", None),
            "waiver": ("DELETE", f"/policies/waivers/{waiver.document['id']}", None),
        }
        ledger = ledger_of(siege)
        held, ledger.hold = ledger.hold, None  # the person's own change is not held back
        method, path, body = changes[what]
        changed = await anna.ask(method, path, body)
        assert changed.status in {200, 204}, changed.text
        ledger.hold = held
        answer = await _released(siege, task)
        assert (answer.status, answer.reason) == (409, "changed-meanwhile"), answer.text
        assert siege.moved == []


# ---------------------------------------------------------------- duties


async def test_a_lamp_behind_a_bridge_whose_rule_wants_the_devices_own_word(
    tmp_path: Path, hurried: None
) -> None:
    rules = '[[then]]\nid = "sure"\non = ["light.on"]\nthings = ["lamp"]\nconfirm = true\nwhy = "I want to know"\n'
    async with besieged(tmp_path, [lamp(), lamp("other")], shipped(rules)) as siege:
        coo = await siege.agent()
        for name in ("lamp", "other"):
            hasten(siege.rig.thing(name))
            siege.rig.fault(name, "optimistic:60")
        assert (await coo.write("other.on", True)).outcome == "confirmed", (
            "without the rule the bridge is believed"
        )
        answer = await coo.write("lamp.on", True)
        assert (answer.status, answer.outcome, answer.reason) == (504, "unconfirmed", "echo-only")
        siege.rig.fault("lamp", "")
        assert (await coo.write("lamp.on", True)).outcome in {"confirmed", "acknowledged"}


# ---------------------------------------------------------------- what stands in the ledger


async def test_every_decision_tells_its_rules_and_their_version(tmp_path: Path, hurried: None) -> None:
    """Permits, denials and questions; and so do the status of the command and the page that says why."""
    async with besieged(tmp_path, None, shipped()) as siege:
        coo, anna, version = await siege.agent(), await siege.owner(), siege.rig.gateway.policy.version
        permit = await coo.write("desk-lamp.on", True)
        denial = await coo.write("thermostat.target", 29)
        question = await coo.act("front-door.unlock")
        assert (permit.status, denial.reason, question.reason) == (204, "policy", "approval-required")
        wanted = {
            permit: ("dispatch", {"household/agents-comfort", "household/adults", "household/owner"}),
            denial: ("denied", {"household/agents-heat-within-reason"}),
            question: ("denied", {"household/an-adult-decides", "household/who-comes-in"}),
        }
        for answer, (kind, rules) in wanted.items():
            (row,) = await siege.rig.rows(kind, execution=answer.headers["Hearth-Execution"])
            assert row.body["rules"] == version
            assert _rules(row) == rules
        for client in (coo, anna):
            command = (await client.get("/things/desk-lamp/why?property=on")).document["command"]
            assert isinstance(command, dict)
            assert command["rules"] == version
            assert set(cast("list[str]", command["findings"])) == wanted[permit][1]
        # another version is told as another one
        write_rules(tmp_path, shipped(RATE))
        assert (await anna.ask("POST", "/policies/reload")).status == 200
        other = siege.rig.gateway.policy.version
        again = await coo.write("desk-lamp.on", False)
        (row,) = await siege.rig.rows("dispatch", execution=again.headers["Hearth-Execution"])
        assert row.body["rules"] == other != version


def _rules(row: Record) -> set[str]:
    listed = cast("list[Json]", row.body["findings"])
    return {
        one if isinstance(one, str) else f"{one['set']}/{one['rule']}"
        for one in listed
        if isinstance(one, str | dict)
    }


async def test_a_broken_file_while_commands_run_changes_nothing_and_is_said(tmp_path: Path) -> None:
    async with besieged(tmp_path, [lamp()], shipped(RATE)) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        version = siege.rig.gateway.policy.version
        siege.rig.fault("lamp", "late:0.1")
        running = [asyncio.create_task(coo.write("lamp.on", True), name="a command")]
        write_rules(tmp_path, {"household": 'format = 1\n[[alow]]\nid = "all"\nmay = ["*"]\n'})
        reload = await anna.ask("POST", "/policies/reload")
        assert reload.status == 422 and "alow" in reload.text and "allow" in reload.text
        siege.rig.fault("lamp", "")
        running += [
            asyncio.create_task(coo.write("lamp.brightness", n), name="a command") for n in range(1, 7)
        ]
        answers = await asyncio.gather(*running)
        assert sum(one.status == 403 for one in answers) == 3, "the rate of the rules of before still counts"
        assert siege.rig.gateway.policy.version == version
        health = (await anna.get("/health")).document
        assert health["status"] == "degraded" and health["rules_problems"]
        assert (await coo.get("/health")).document["rules_problems"] == []
