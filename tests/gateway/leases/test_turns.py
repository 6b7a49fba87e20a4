"""Many at one Thing: actuations never interleave, everybody gets their turn in order, and nothing is left behind."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.simulated.device import Device
from drivers.simulated.memory import MemoryDriver
from gateway.commands import Command, Outcome, Reason, Result
from gateway.turns import Turns
from policies import Principal, Role
from tests.gateway.core.rig import OWNER, Rig, hasten, how, lamp, opened, until

AGENTS = tuple(
    Principal(f"agent-{n:02}", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER) for n in range(50)
)


def slow(name: str = "lamp", seconds: float = 0.004) -> Device:
    made = lamp(name)
    made.reaction_seconds = seconds
    return made


class Watched:
    """The driver, which notes when each command comes, and is slow to answer or never does."""

    def __init__(self, driver: MemoryDriver) -> None:
        self._driver = driver
        self.sent: list[tuple[str, Json]] = []
        self.hangs = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._driver, name)

    async def __aenter__(self) -> Driver:
        await self._driver.__aenter__()
        return self  # type: ignore[return-value]

    async def __aexit__(self, *of: object) -> None:
        await self._driver.__aexit__(None, None, None)

    async def write(self, point: str, value: Json, deadline: float) -> None:
        self.sent.append((point, value))
        if self.hangs:
            await asyncio.Event().wait()
        await self._driver.write(point, value, deadline)


def turns_of(rig: Rig) -> Turns:
    return rig.gateway.executor._turns


def is_quiet(rig: Rig) -> bool:
    turns = turns_of(rig)
    return not turns._turns and not turns._lines


async def test_fifty_agents_at_one_lamp(tmp_path: Path) -> None:
    """Each actuation is over, its effect seen, before the next one is sent; in the order in which they came."""
    dice = random.Random(7)
    wishes = [dice.randrange(0, 2001) / 20 for _ in AGENTS]
    async with opened(tmp_path, [slow()]) as rig:
        tasks = [rig.begin("lamp.brightness", value, by) for by, value in zip(AGENTS, wishes, strict=True)]
        outcomes = await asyncio.gather(*tasks)
        assert is_quiet(rig)
        rows = await rig.rows("dispatch", "outcome")
        open_now: set[str] = set()
        for row in rows:
            if row.kind == "dispatch":
                assert not open_now, "an actuation began while another was under way"
                open_now.add(row.execution)
            else:
                open_now.discard(row.execution)
        dispatched = [row.body["value"] for row in rows if row.kind == "dispatch"]
        assert dispatched == wishes, "first come, first served"
        assert {how(one) for one in outcomes} <= {
            (Result.CONFIRMED, Reason.NONE),
            (Result.ACKNOWLEDGED, Reason.UNCHANGED),
        }
        for outcome, wish in zip(outcomes, wishes, strict=True):
            assert outcome.reading is not None and abs(float(str(outcome.reading.value)) - wish) <= 1.5
        assert rig.value("lamp", "brightness") == wishes[-1]


async def test_a_person_cuts_in_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path, [slow(seconds=0.03)]) as rig:
        tasks = [rig.begin("lamp.brightness", 10 + n, by) for n, by in enumerate(AGENTS[:20])]
        await until(lambda: rig.received("lamp") >= 2)
        mine = await rig.run("lamp.brightness", 99, by=OWNER)
        assert how(mine) == (Result.CONFIRMED, Reason.NONE)
        assert sum(task.done() for task in tasks) <= 4
        outcomes = await asyncio.gather(*tasks)
        assert sum(how(one) == (Result.UNCONFIRMED, Reason.SUPERSEDED) for one in outcomes) <= 1
        told = [one for one in outcomes if one.reason is Reason.CONFLICT]
        assert all(one.conflict is not None and one.conflict["kind"] == "takeover" for one in told)
        assert len(told) >= 15, "it took back what an agent did, and the others keep off"


async def test_nobody_starves_beside_one_that_never_stops(tmp_path: Path) -> None:
    async with opened(tmp_path, [slow()]) as rig:
        pushy, patient = AGENTS[0], AGENTS[1]
        stop = asyncio.Event()
        before = 0

        async def push() -> None:
            nonlocal before
            while not stop.is_set():
                await asyncio.gather(*(rig.run("lamp.brightness", n * 10, by=pushy) for n in range(3)))
                before += 3

        pushing = asyncio.create_task(push(), name="push")
        await until(lambda: before >= 3)
        at = before
        assert how(await rig.run("lamp.brightness", 55, by=patient)) == (Result.CONFIRMED, Reason.NONE)
        assert before - at <= 6
        stop.set()
        await pushing


async def test_who_gives_up_leaves_no_turn_behind(tmp_path: Path) -> None:
    found: list[Watched] = []

    def wrap(driver: MemoryDriver) -> Driver:
        found.append(Watched(driver))
        return found[0]  # type: ignore[return-value]

    async with opened(tmp_path, [lamp()], wrap=wrap) as rig:
        (driver,) = found
        driver.hangs = True
        hanging = rig.begin("lamp.brightness", 10, AGENTS[0])
        await until(lambda: driver.sent)
        waiting = [rig.begin("lamp.brightness", 20 + n, by) for n, by in enumerate(AGENTS[1:6])]
        await until(lambda: len(turns_of(rig)._lines.get("lamp", ())) == 5)
        for task in (waiting[0], waiting[2], waiting[4]):
            task.cancel()
        await asyncio.gather(waiting[0], waiting[2], waiting[4], return_exceptions=True)
        assert len(turns_of(rig)._lines["lamp"]) == 2
        driver.hangs = False
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        assert how(await waiting[1]) == how(await waiting[3]) == (Result.CONFIRMED, Reason.NONE)
        assert [value for _, value in driver.sent] == [10, 21, 23]
        assert is_quiet(rig)


async def test_a_driver_that_hangs_is_told_and_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.turns.LONGEST_WAIT_S", 0.02)
    found: list[Watched] = []

    def wrap(driver: MemoryDriver) -> Driver:
        found.append(Watched(driver))
        return found[0]  # type: ignore[return-value]

    async with opened(tmp_path, [lamp()], wrap=wrap) as rig:
        found[0].hangs = True
        hanging = rig.begin("lamp.brightness", 10, AGENTS[0])
        await until(lambda: found[0].sent)
        late = await rig.run("lamp.brightness", 20, by=AGENTS[1])
        assert (
            how(late) == (Result.REFUSED, Reason.CONFLICT)
            and "agent-00 is still about to change" in late.detail
        )
        assert not turns_of(rig)._lines
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        assert is_quiet(rig)


async def test_a_refusal_in_line_lets_the_next_one_through(tmp_path: Path) -> None:
    async with opened(tmp_path, [slow(seconds=0.02)]) as rig:
        first = rig.begin("lamp.brightness", 10, AGENTS[0])
        await until(lambda: rig.received("lamp"))
        refused = rig.begin("lamp.brightness", 20, AGENTS[1], lease="gone;fence=1")
        last = rig.begin("lamp.brightness", 30, AGENTS[2])
        outcomes = await asyncio.gather(first, refused, last)
        assert [one.reason for one in outcomes] == [Reason.NONE, Reason.STALE_LEASE, Reason.NONE]
        assert is_quiet(rig)


async def test_groups_and_members_exclude_each_other(tmp_path: Path) -> None:
    async with opened(tmp_path, [slow("a"), slow("b"), slow("both")]) as rig:
        rig.thing("both").members = ("a", "b")
        for name in ("a", "b", "both"):
            hasten(rig.thing(name), 1)
        wishes = [("a", 10), ("both", 20), ("b", 30), ("both", 40), ("a", 50), ("b", 60), ("both", 70)]
        tasks = [
            rig.begin(f"{name}.brightness", value, by)
            for (name, value), by in zip(wishes, AGENTS, strict=False)
        ]
        outcomes: list[Outcome] = await asyncio.gather(*tasks)
        assert {one.result for one in outcomes} == {Result.CONFIRMED}
        places = {"a": {"a"}, "b": {"b"}, "both": {"a", "b"}}
        open_now: dict[str, set[str]] = {}
        for row in await rig.rows("dispatch", "outcome"):
            if row.kind == "dispatch":
                mine = places[row.thing]
                assert all(not mine & others for others in open_now.values())
                open_now[row.execution] = mine
            else:
                open_now.pop(row.execution, None)
        assert is_quiet(rig)


def helper(number: int) -> Principal:
    maker = AGENTS[0]
    return Principal(
        f"helper-{number}", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER, makers=(maker,)
    )


def use(who: Principal) -> Command:
    return Command(f"e-{who.id}", who, "lamp", "on", False, True)


async def test_a_party_s_line_has_an_end_and_others_have_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.turns.MOST_OF_A_PARTY", 2)
    turns = Turns()
    served: list[str] = []

    async def wait(who: Principal) -> None:
        assert await turns.come(use(who), ("lamp",)) is None
        with turns.taken(use(who), ("lamp",)):
            served.append(who.id)

    with turns.taken(use(AGENTS[1]), ("lamp",)):
        waiting = []
        for who in (helper(1), helper(2), AGENTS[2]):
            waiting.append(asyncio.create_task(wait(who), name=who.id))
            await asyncio.sleep(0)
        refused = await turns.come(use(helper(3)), ("lamp",))
        assert refused is not None and refused.reason is Reason.CONFLICT
    await asyncio.gather(*waiting)
    assert served == ["helper-1", "agent-02", "helper-2"], "parties are served in turn"
    assert not turns._lines and not turns._rounds
