"""The table of outcomes, each produced by a device that deserves it, over a real broker."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from capabilities.vocabulary import Json
from drivers.mqtt.broker import ManagedBroker
from gateway.ledger import verify
from tests.system import zigbee
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Stage, lamp, lock, on_stage, plain


@dataclass(frozen=True)
class Row:
    """What becomes of writing `value` to `name` (a name with `()` is an action), and how many commands reach the device."""

    status: int
    result: str
    reason: str = ""
    evidence: str = ""  # of what was seen, if anything was
    received: int = 1
    name: str = "on"
    value: Json = True


CONFIRMED = Row(204, "confirmed", evidence="device")
NOT_SEEN = Row(504, "unconfirmed", "not-seen")
REJECTED = Row(502, "rejected")

TABLE = {
    # lamps that speak for themselves
    "answering": CONFIRMED,
    "early": CONFIRMED,
    "twice": CONFIRMED,
    "already": Row(204, "acknowledged", "unchanged"),
    "deaf": NOT_SEEN,
    "late": NOT_SEEN,
    "stale": NOT_SEEN,
    "lossy": NOT_SEEN,
    "rejecting": REJECTED,
    "cut": Row(504, "in_doubt"),
    # a lock that speaks for itself
    "locking": Row(204, "confirmed", evidence="device", name="unlock()", value=None),
    # behind a bridge that believes what it was told
    "bridged-lamp": Row(204, "confirmed", evidence="bridge"),
    "optimistic-lamp": Row(204, "confirmed", evidence="bridge"),
    "optimistic-relay": Row(504, "unconfirmed", "echo-only", "bridge"),
    "asked-dial": Row(204, "confirmed", evidence="device", name="value", value=77),
    "asked-relay": Row(204, "confirmed", evidence="device"),
    "bridge-says-no": REJECTED,
    # at the broker
    "forbidden": Row(502, "rejected", received=0),
    "nobody": Row(503, "not_sent", "device-unreachable", received=0),
    "mute": Row(204, "acknowledged", "not-observable"),
    "kept-before": NOT_SEEN,  # what the broker kept fits already
}

FAULTS = {"early": "early", "twice": "duplicate", "deaf": "deaf", "late": "late:60", "stale": "stale", "lossy": "lossy:1",
          "rejecting": "rejecting"}  # fmt: skip

PLAIN = {"forbidden": "forbidden/forbidden/set", "nobody": "plain/nobody/set", "mute": "plain/mute/set",
         "kept-before": "plain/kept-before/set"}  # fmt: skip
STATES = {"forbidden": "plain/forbidden", "nobody": "plain/nobody", "kept-before": "plain/kept-before"}
KEPT = ("kept", "plain/kept/set")


@pytest.fixture
async def stage(broker: ManagedBroker) -> AsyncIterator[Stage]:
    home = [
        "answering",
        "early",
        "twice",
        "deaf",
        "late",
        "stale",
        "lossy",
        "rejecting",
        "superseded",
        "same-key",
    ]
    async with on_stage(
        broker,
        home=[
            *(lamp(name, FAULTS.get(name, "")) for name in home),
            lamp("already", on=True),
            lock("locking"),
        ],
        cellar=[lamp("cut", "cut")],
        zigbee=[
            *map(zigbee.lamp, ("bridged-lamp", "optimistic-lamp")),
            zigbee.dial("asked-dial"),
            *map(zigbee.relay, ("optimistic-relay", "asked-relay", "bridge-says-no")),
        ],
        faults={
            **dict.fromkeys(("optimistic-lamp", "optimistic-relay"), "optimistic:0.5"),
            "bridge-says-no": "rejecting:0.1",
        },
        plain=[
            *(
                plain(name, topic, qos=1, **({"state_topic": STATES[name]} if name in STATES else {}))
                for name, topic in PLAIN.items()
            ),
            plain(*KEPT, state_topic="plain/kept"),
            ("plain/kept-before", "ON"),
            ("plain/kept", "OFF"),
            ("plain/kept/moved", "ON"),
        ],
        obeyed=[PLAIN["mute"], PLAIN["forbidden"], PLAIN["kept-before"], KEPT[1]],
    ) as stage:
        yield stage


@pytest.mark.timeout(90)
async def test_each_device_gets_the_outcome_it_deserves(hearth: HearthProcess, stage: Stage) -> None:
    await hearth.start()
    box = hearth.at_box()
    await _everybody_is_known(box, {*TABLE, "superseded", "same-key", "kept"})
    async with asyncio.TaskGroup() as group:
        answers = {name: group.create_task(_do(box, name, row)) for name, row in TABLE.items()}
        group.create_task(_superseded(box, stage))
        group.create_task(_twice_at_once(box, stage))
        group.create_task(_kept(box, stage))
    ledger = await _entries(box)
    seen = {row["execution"]: row["body"].get("seen", {}) for row in ledger if row["kind"] == "outcome"}
    got = {}
    for name, task in answers.items():
        status, headers = task.result()
        outcome, reason = headers["Hearth-Outcome"], headers.get("Hearth-Reason", "")
        evidence = "" if reason == "unchanged" else seen[headers["Hearth-Execution"]].get("evidence", "")
        told = stage.log.commands(name)
        got[name] = Row(status, outcome, reason, evidence, told, TABLE[name].name, TABLE[name].value)
    assert got == TABLE
    _each_actuation_is_written_down(ledger, stage)
    await hearth.stop()
    assert verify(hearth.state).ok


async def _everybody_is_known(box: aiohttp.ClientSession, names: set[str]) -> None:
    def known(things: list[dict[str, Any]]) -> bool:
        told = {
            thing["id"] for thing in things if any(value is not None for value in thing["state"].values())
        }
        return {thing["id"] for thing in things} == names and names - told <= PLAIN.keys()

    await eventually(box, "/things?view=summary", known)


async def _do(box: aiohttp.ClientSession, thing: str, row: Row) -> tuple[int, Any]:
    if row.name.endswith("()"):
        call = box.post(f"/things/{thing}/actions/{row.name[:-2]}")
    else:
        call = box.put(f"/things/{thing}/properties/{row.name}", json=row.value)
    async with call as answer:
        return answer.status, answer.headers


async def _superseded(box: aiohttp.ClientSession, stage: Stage) -> None:
    """Two wills: the older command gives way at once, the newer one is seen."""
    first, second = Row(0, "", name="brightness", value=20), Row(0, "", name="brightness", value=80)
    async with asyncio.TaskGroup() as group:
        older = group.create_task(_do(box, "superseded", first))
        await stage.log.reaches("superseded", 1)
        newer = group.create_task(_do(box, "superseded", second))
    assert [headers["Hearth-Outcome"] for _, headers in (older.result(), newer.result())] == [
        "unconfirmed",
        "confirmed",
    ]
    assert older.result()[1]["Hearth-Reason"] == "superseded"
    assert stage.log.commands("superseded") == 2


async def _twice_at_once(box: aiohttp.ClientSession, stage: Stage) -> None:
    """The same key twice at once: one actuation, two answers."""

    async def ask() -> tuple[int, str, str | None]:
        url, key = "/things/same-key/properties/on", {"Idempotency-Key": '"once"'}
        async with box.put(url, json=True, headers=key) as answer:
            return answer.status, answer.headers["Hearth-Outcome"], answer.headers.get("Idempotent-Replayed")

    answers = await asyncio.gather(ask(), ask())
    assert sorted(answers, key=str) == [(204, "confirmed", "true"), (204, "confirmed", None)]
    assert stage.log.commands("same-key") == 1


async def _kept(box: aiohttp.ClientSession, stage: Stage) -> None:
    """What the broker kept from some earlier time comes while we wait, and fits: it confirms nothing."""
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_do(box, "kept", Row(0, "")))
        await stage.log.reaches("kept", 1)
        topic, config = plain(*KEPT, state_topic="plain/kept/moved")
        await stage.peer.publish(topic, config, retain=True)
    status, headers = asked.result()
    assert (status, headers["Hearth-Outcome"], headers["Hearth-Reason"]) == (504, "unconfirmed", "not-seen")
    async with box.get("/things/kept/properties/on") as answer:
        assert await answer.json() is True, "it did come"


async def _entries(box: aiohttp.ClientSession) -> list[dict[str, Any]]:
    """All dispatches and outcomes, once as many of each are on disk."""

    def even(rows: list[dict[str, Any]]) -> bool:
        kinds = Counter(row["kind"] for row in rows)
        return kinds["dispatch"] == kinds["outcome"]

    rows: list[dict[str, Any]] = await eventually(box, "/ledger?kind=dispatch,outcome&limit=1000", even)
    return rows


def _each_actuation_is_written_down(ledger: list[dict[str, Any]], stage: Stage) -> None:
    dispatched = Counter(row["thing"] for row in ledger if row["kind"] == "dispatch")
    executions = Counter((row["execution"], row["kind"]) for row in ledger)
    assert set(executions.values()) == {1}
    received = Counter(a.device for a in stage.log.entries if not a.did.startswith("read "))
    assert received == {
        name: count for name, count in dispatched.items() if TABLE.get(name, CONFIRMED).received
    }


@pytest.mark.timeout(60)
async def test_a_broker_that_dies_while_we_wait_leaves_the_command_in_doubt(
    hearth: HearthProcess, broker: ManagedBroker
) -> None:
    async with on_stage(broker, home=[lamp("deaf", "deaf")]) as stage:
        await hearth.start()
        box = hearth.at_box()
        await _everybody_is_known(box, {"deaf"})
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(_do(box, "deaf", NOT_SEEN))
            await stage.log.reaches("deaf", 1)
            assert broker.pid is not None
            os.kill(broker.pid, signal.SIGKILL)
        status, headers = asked.result()
        assert (status, headers["Hearth-Outcome"]) == (504, "in_doubt")
        assert stage.log.commands("deaf") == 1
        await broker.restarted(1)
        await eventually(box, "/things?view=summary", lambda things: things[0]["reachable"])
    await hearth.stop()
    assert verify(hearth.state).ok
