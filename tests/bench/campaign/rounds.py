"""One house through its kills: start, live, cut the power, look at everything, and again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

from drivers.simulated.actuations import Actuation
from gateway.ledger import Verification, verify
from tests.bench.campaign import checks, deeds, devices, lasting
from tests.bench.campaign.asked import Asked, Caller, Wish
from tests.bench.campaign.evidence import SETTLING, Evidence, result_of
from tests.bench.campaign.figures import Figures
from tests.bench.campaign.kills import Kill, kill_of
from tests.bench.campaign.menu import Menu
from tests.bench.campaign.world import Broken, World, world

SETTLED_S: Final = 100.0
"""A blind has 60 s to arrive, a device 20 s to return."""

LOOK_S: Final = 0.02

PLANS, LEASES = 0.03, 0.05
"""Shares of what an agent does."""

LAST_ROWS: Final = 25
"""Of the ledger and of the devices' log, told where something is wrong."""


class Violated(AssertionError):
    """Something that must hold does not. The text has the seed, the kill, what is wrong, and the last rows."""


class House:
    """Goes through its kills."""

    def __init__(self, home: World, seed: int, figures: Figures, *, slow: bool) -> None:
        self._home = home
        self._seed = seed
        self._figures = figures
        self._slow = slow
        self._menus: dict[str, Menu] = {}
        self._stop = asyncio.Event()

    async def through(self, kills: Iterable[Kill]) -> None:
        """Raises `Violated`."""
        kill = None
        for kill in kills:
            await self._life(kill)
            self._check(kill, await asyncio.to_thread(verify, self._home.hearth.state))
        if kill is not None:
            await self._last_life(kill)
        self._count()

    # ---------------------------------------------------------------- one life

    async def _life(self, kill: Kill) -> None:
        home, began = self._home, time.monotonic()
        starting = asyncio.create_task(home.start(kill.point), name="start")
        sort = kill.point.partition(":")[0] or ("start" if kill.early else "moment")
        if kill.early:
            await asyncio.wait({starting}, timeout=kill.after_s)
            if not starting.done():
                await home.hearth.forked(starting)
                await self._cut()
                await asyncio.gather(starting, return_exceptions=True)
                self._figures.kills["start"] += 1
                return
        try:
            self._figures.ready_s.append(await starting)
        except AssertionError:  # it said nothing any more
            if not kill.point or await home.hearth.ended() != -signal.SIGKILL:
                raise
            await self._cut()  # its named point lies in the start, where something was left to do
            self._figures.kills[sort] += 1
            return
        await home.callers_are_born()
        await self._still_there(kill)
        async with self._load(kill):
            settled = asyncio.create_task(self._settled(began), name="settled")
            dead = asyncio.create_task(home.hearth.died(), name="dead")
            rest_s = kill.after_s - (time.monotonic() - began if kill.early else 0.0)
            await asyncio.wait({dead}, timeout=max(0.0, rest_s))
            if kill.waits:
                await asyncio.wait({dead, settled}, return_when=asyncio.FIRST_COMPLETED)
            if not dead.done():
                sort = "moment" if kill.point else sort
            for task in (settled, dead):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await settled
            await asyncio.gather(dead, return_exceptions=True)
            await self._cut()
        self._figures.kills[sort] += 1

    async def _cut(self) -> None:
        home = self._home
        home.times.killed_at[home.lives] = time.time()
        await home.hearth.cut()
        home.times.killed_at[home.lives] = min(time.time(), home.times.killed_at[home.lives] + checks.FLUSH_S)
        await home.dead()

    async def _settled(self, began: float) -> None:
        """Until nothing is open that was open when this life began. Raises `Violated`."""
        home = self._home
        open_rows = set(home.book.open())
        deadline = began + SETTLED_S
        while open_rows:
            fresh = home.book.read()
            for row in fresh:
                if row.kind in SETTLING and row.execution in open_rows:
                    open_rows.remove(row.execution)
                    how = f"{row.thing} {result_of(row)}"
                    self._figures.settled_by[how].append(time.monotonic() - began)
            if time.monotonic() > deadline:
                found = [f"not settled after {SETTLED_S:.0f} s: {home.book.of[name]}" for name in open_rows]
                raise Violated(self._report(f"life {home.lives}", found, home.log.entries))
            await asyncio.sleep(LOOK_S)
        self._figures.settled_s.append(time.monotonic() - began)

    @contextlib.asynccontextmanager
    async def _load(self, kill: Kill) -> AsyncIterator[None]:
        """Everybody asks, until the end of this."""
        home = self._home
        self._stop.clear()
        async with asyncio.TaskGroup() as group:
            for caller in home.callers:
                dice = random.Random(f"{self._seed}/{kill.number}/{caller.name}")
                menu = self._menus.setdefault(caller.name, Menu(dice, caller.name, slow=self._slow))
                menu.begin(home.lives, dice)
                group.create_task(self._live(caller, menu, dice), name=caller.name)
            group.create_task(self._answer(kill.number), name="box")
            yield
            self._stop.set()

    async def _live(self, caller: Caller, menu: Menu, dice: random.Random) -> None:
        deeds_done = 0
        try:
            while (lost := caller.unanswered()) is not None:
                await caller.ask(lost.wish, lost.times + 1)
            while not self._stop.is_set():
                deeds_done += 1
                sort = dice.random() if caller.role == "agent" else 1.0
                if sort < PLANS:
                    await deeds.plan(caller, dice, f"{caller.name}-plan-{self._home.lives}-{deeds_done}")
                elif sort < PLANS + LEASES:
                    await deeds.lease(caller, dice, "for a moment")
                else:
                    await caller.ask(menu.wish([one for one in caller.asked if one.status]))
                await asyncio.sleep(menu.pause_s())
        except Broken:
            return

    async def _answer(self, number: int) -> None:
        dice = random.Random(f"{self._seed}/{number}/box")
        with contextlib.suppress(*Broken):
            await deeds.answers(self._home.box, dice, self._stop)

    async def _still_there(self, kill: Kill) -> None:
        """What lasts is there as soon as the API is. Raises `Violated`."""
        home = self._home
        home.book.read()
        try:
            approvals = await home.box.ask(Wish("GET", "/approvals"))
            held = await home.box.ask(Wish("GET", "/leases"))
        except Broken:
            return
        home.book.read()  # what has ended meanwhile
        now = time.time()
        told = {one for caller in home.callers for asked in caller.asked for one in asked.executions}
        found = lasting.still_asked(home.book, approvals.document, told, now)
        found += lasting.still_held(home.book, held.document, now)
        if found:
            raise Violated(self._report(str(kill), found, home.log.entries))

    async def _last_life(self, kill: Kill) -> None:
        """Nobody cuts the power any more: what was lost is asked again, people answer, everything ends, and it stops."""
        home, began = self._home, time.monotonic()
        self._figures.ready_s.append(await home.start())
        await home.callers_are_born()
        await self._still_there(kill)
        self._stop.clear()
        dice = random.Random(f"{self._seed}/box")
        async with asyncio.TaskGroup() as group:
            group.create_task(deeds.answers(home.box, dice, self._stop, all_of_them=True))
            await self._settled(began)
            for caller in home.callers:
                while (lost := caller.unanswered()) is not None:
                    await caller.ask(lost.wish, lost.times + 1)
            await self._all_ended(kill)
            self._stop.set()
        await home.hearth.stop()
        home.times.killed_at[home.lives] = float("inf")  # it has ended in order: nothing was lost with it
        await home.dead()
        self._check(kill, await asyncio.to_thread(verify, home.hearth.state), last=True)

    async def _all_ended(self, kill: Kill) -> None:
        """Until no plan runs, nobody waits for an answer, and the heater is off. Raises `Violated`."""
        home, deadline = self._home, time.monotonic() + SETTLED_S
        while True:
            running = await home.box.ask(Wish("GET", "/plans?state=open"))
            plans = [one["id"] for one in running.document if one["state"] != "prepared"]
            home.book.read()
            waiting = [*home.book.waiting(), *home.book.open()]
            is_on = home.house.devices[devices.HEATER].state["outlet"]["on"]
            if not (plans or waiting or is_on):
                return
            if time.monotonic() > deadline:
                found = [f"still open: plans {plans}, executions {waiting}; heater on: {is_on}"]
                raise Violated(self._report(str(kill), found, home.log.entries))
            await asyncio.sleep(LOOK_S)

    # ---------------------------------------------------------------- looking at everything

    def _evidence(self, verification: Verification) -> Evidence:
        home = self._home
        home.book.read()
        asked: list[Asked] = [one for caller in home.callers for one in caller.asked]
        return Evidence(home.book, tuple(home.log.entries), asked, home.times.killed_at, verification)

    def _check(self, kill: Kill, verification: Verification, *, last: bool = False) -> None:
        evidence = self._evidence(verification)
        found = checks.everything(evidence, self._home.times, last=last)
        self._last = evidence
        self._figures.open_at_a_kill += 0 if last else len(self._home.book.open())
        if found:
            raise Violated(self._report(str(kill), found, evidence.actuations))

    def _report(self, when: str, found: list[str], actuations: Iterable[Actuation]) -> str:
        lines = [
            f"seed {self._seed}, {when}, life {self._home.lives} of this house: {len(found)} things are wrong"
        ]
        lines += ["the last rows of the ledger:", *map(str, self._home.book.rows[-LAST_ROWS:])]
        lines += ["what the devices were told last:"]
        lines += [one.to_json() for one in list(actuations)[-LAST_ROWS:]]
        lines += ["what the gateway said last:", *self._home.hearth.log[-10:]]
        lines += ["what is wrong:", *(f"  {text}" for text in found[:20])]
        return "\n".join(lines)

    def _count(self) -> None:
        figures, evidence = self._figures, self._last
        figures.rows += len(self._home.book.rows)
        figures.commands += len(evidence.asked)
        for one in evidence.asked:
            figures.answers[one.outcome or ("none" if one.broken else str(one.status))] += 1
            figures.asked_again += one.times > 1
            figures.replayed += one.replayed
        figures.plans.update(lasting.endings(evidence))
        figures.takeovers += lasting.takeovers(evidence)
        rows = Counter(row.kind for row in self._home.book.rows)
        figures.kinds.update(rows)
        for traced in evidence.traced.values():
            figures.explained += len(traced.matched)
            figures.actuations += len(traced.matched) + len(traced.unexplained)
            figures.duplicates += len(traced.twice)


async def through_house(
    directory: Path, seed: int, numbers: Iterable[int], figures: Figures, *, slow: bool = True
) -> None:
    """One house in `directory` and the kills of these numbers. Raises `Violated`."""
    await asyncio.to_thread(directory.mkdir, parents=True)
    async with world(directory) as home:
        await House(home, seed, figures, slow=slow).through(kill_of(seed, number) for number in numbers)
