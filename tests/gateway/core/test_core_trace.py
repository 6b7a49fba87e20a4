"""Whatever is asked, of whatever devices: the ledger and the devices' own log tell the same story."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.device import Device
from drivers.simulated.faults import parse_fault
from gateway.commands import Outcome, Result
from gateway.ledger import verify
from gateway.requests import RequestError
from tests.gateway.core.rig import AGENT, CHILD, OWNER, SOON_S, Rig, bell, device, hasten, lamp, opened

FAULTS = ["", "", "", "deaf", "early", "late:0.01", "lossy:3", "duplicate", "stale", "retained", "rejecting"]
FAULTS += ["optimistic:0.01", "cut"]
COMMANDS = 100
AT_ONCE = 8

WISHES: list[tuple[str, list[Json]]] = [
    ("{lamp}.on", [True, False, "yes"]),
    ("{lamp}.brightness", [0, 30, 100, 101]),
    ("{lamp}.toggle()", [None]),
    ("{lamp}.step()", [{"by": 20}, {"by": -60}]),
    ("{lamp}.set()", [{"on": True, "brightness": 42}, {}, {"hue": 3}]),
    ("front-door.unlock()", [None]),
    ("front-door.lock()", [None]),
    ("hallway-outlet.on", [True, False]),
    ("hallway-outlet.toggle()", [None]),
    ("bell.press()", [None]),
    ("living-thermostat.target", [18, 21, 31]),
    ("nobody.on", [True]),
]


def devices() -> list[Device]:
    quick = [device(name) for name in ("front-door", "hallway-outlet", "living-thermostat")]
    return [*(lamp(f"lamp-{i}") for i in range(3)), bell(), *quick]


@pytest.mark.parametrize("seed", range(3))
async def test_every_actuation_has_its_dispatch_and_one_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("gateway.watching.ANSWER_TO_QUESTION_S", 0.01)
    dice, outcomes = random.Random(seed), list[Outcome]()
    async with opened(tmp_path, devices()) as rig:
        for thing in rig.gateway.registry:
            hasten(thing, SOON_S)
        senders = [_send(rig, dice, outcomes) for _ in range(AT_ONCE)]
        await asyncio.gather(*senders)
        await rig.gateway.ledger.flush()
        await _check(rig, outcomes)
    assert verify(tmp_path / "state").ok


async def _send(rig: Rig, dice: random.Random, outcomes: list[Outcome]) -> None:
    for _ in range(COMMANDS // AT_ONCE):
        wish, values = dice.choice(WISHES)
        what = wish.format(lamp=f"lamp-{dice.randrange(3)}")
        chosen = rig.driver.devices[dice.choice(sorted(rig.driver.devices))]
        fault = dice.choice(FAULTS)
        chosen.fault = parse_fault(fault) if fault else None
        key = f"k{dice.randrange(20)}" if dice.random() < 0.3 else ""
        try:
            outcome = await rig.run(what, dice.choice(values), dice.choice([OWNER, AGENT, CHILD]), key=key)
        except RequestError:
            continue
        outcomes.append(outcome)
        if not rig.driver.linked:
            rig.driver.restore_link()


async def _check(rig: Rig, outcomes: list[Outcome]) -> None:
    rows = await rig.rows("dispatch", "outcome", "denied")
    dispatched = {row.execution: row for row in rows if row.kind == "dispatch"}
    ended = Counter(row.execution for row in rows if row.kind in {"outcome", "denied"})
    assert set(ended.values()) == {1}
    assert dispatched.keys() <= ended.keys()
    assert await rig.unsettled() == []
    assert len(ended) == len([outcome for outcome in outcomes if not outcome.replayed])

    never_sent = {
        row.execution
        for row in rows
        if row.kind == "denied" or (row.kind == "outcome" and row.body["result"] in {"refused", "not_sent"})
    }
    sent = [row for execution, row in dispatched.items() if execution not in never_sent]
    for name in rig.driver.devices:
        written = sorted(row.at for row in sent if row.thing == name)
        acted = sorted(entry.wall for entry in rig.driver.log.of(name))
        assert len(acted) == len(written), name
        assert all(before <= after + 0.001 for before, after in zip(written, acted, strict=True)), name
    confirmed = [row for row in rows if row.kind == "outcome" and row.body["result"] == "confirmed"]
    assert all("seen" in row.body for row in confirmed)
    results = Counter(outcome.result for outcome in outcomes)
    assert results[Result.CONFIRMED]
    assert results[Result.REFUSED]
