"""How fair the arbitration is: `python tests/bench/arbitration.py [--rounds 200] [--seed 0]`.

Agents with wishes that do not go together ask for the same thermostat, round after round (a round is one tenure), in random
order, for random times, with restarts in between. For each case: the share of the contested time that each party had, the
longest that one waited (in rounds), and how often who held it changed within an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from drivers.simulated.timeline import ManualTimeline
from gateway.config import Arbitration, Config
from gateway.leases import LeaseKeeper
from gateway.leases.claims import NoLease, Wish
from gateway.leases.lease import Lease
from gateway.leases.ranges import Range
from gateway.ledger import Ledger
from gateway.observers import Observers
from gateway.parts import Parts
from gateway.storage import Database
from policies import Principal, Role

TENURE_S = 600.0
THING = "heating"


def agent(name: str, person: str, *makers: Principal) -> Principal:
    return Principal(name, Role.AGENT, acts_for=person, acts_for_role=Role.OWNER, makers=makers)


@dataclass
class Contestant:
    """One who asks. `asks` how often in a round, `first` before the others; `length` draws how long it wants it, in
    tenures; `gives_up`: how likely it ends its lease by itself in a round.
    """

    principal: Principal
    accepts: Range
    asks: int = 1
    first: bool = False
    length: Callable[[random.Random], float] = lambda dice: dice.uniform(0.5, 6)
    gives_up: float = 0.0
    renews: bool = False

    @property
    def party(self) -> str:
        return self.principal.acts_for


@dataclass
class Result:
    """Shares of the contested time by party; the longest wait in rounds; changes an hour."""

    shares: dict[str, float]
    longest: dict[str, float]
    changes: float
    escalations: int
    rounds: int = 0
    restarts: int = 0
    trace: list[tuple[str, ...]] = field(default_factory=list)


class _Identity:
    def on_revoked(self, listener: object) -> None: ...

    def principals(self) -> list[Principal]:
        return []


class _Registry(dict[str, Any]):
    """Things that everybody may operate."""


@asynccontextmanager
async def keeper(
    directory: Path, clock: ManualTimeline, settings: Arbitration
) -> AsyncIterator[tuple[LeaseKeeper, Parts]]:
    """The real keeper over a real ledger and database; devices and rules are not asked."""
    operation = SimpleNamespace(property="target", effect=None)
    slot = SimpleNamespace(
        property=SimpleNamespace(check=lambda value: value, component="climate", name="target")
    )
    heating = SimpleNamespace(
        id=THING, members=(), slots={"target": slot}, operations=lambda: [operation], subject=lambda _: None
    )
    policy = SimpleNamespace(may_use=lambda *_: True, may_see=lambda *_: True)
    async with Ledger(directory, clock) as ledger, Database(directory / "hearth.db") as database:
        parts = SimpleNamespace(
            config=Config(state_dir=directory, arbitration=settings),
            clock=clock,
            ledger=ledger,
            database=database,
            identity=_Identity(),
            registry=_Registry({THING: heating}),
            house=None,
            observers=Observers(),
            notifier=SimpleNamespace(tell=lambda notice: None),
            policy=lambda: policy,
            supervisor=SimpleNamespace(keep=lambda name, part: None),
        )
        made = LeaseKeeper(cast("Parts", parts))
        await made.restore()
        yield made, cast("Parts", parts)


async def simulate(
    contestants: list[Contestant],
    *,
    rounds: int = 200,
    seed: int = 0,
    restart_every: int = 17,
    escalate_after: int = 0,
    directory: Path | None = None,
) -> Result:
    """Plays `rounds`. `restart_every` 0: no restarts; else one in so many rounds on average."""
    with tempfile.TemporaryDirectory() as temporary:
        game = _Game(contestants, seed, Arbitration(tenure=f"{TENURE_S:.0f}s", escalate_after=escalate_after))
        await game.play(directory or Path(temporary), rounds, restart_every)
        return game.result()


class _Game:
    def __init__(self, contestants: list[Contestant], seed: int, settings: Arbitration) -> None:
        self._contestants = contestants
        self._dice = random.Random(seed)
        self._settings = settings
        self._clock = ManualTimeline()
        self._had: defaultdict[str, float] = defaultdict(float)
        self._contested = 0.0
        self._waits: dict[str, float] = {}
        self._longest: dict[str, float] = {c.party: 0.0 for c in contestants}
        self._holders: tuple[str, ...] = ()
        self._changes = 0
        self._escalations = 0
        self._restarts = 0
        self._trace: list[tuple[str, ...]] = []

    async def play(self, directory: Path, rounds: int, restart_every: int) -> None:
        left = rounds
        while left > 0:
            run = left if not restart_every else min(left, 1 + self._dice.randrange(2 * restart_every))
            async with keeper(directory, self._clock, self._settings) as (made, parts):
                for _ in range(run):
                    await self._round(made)
                rows = await parts.ledger.entries(kinds=("lease",), limit=20_000)
                self._escalations = sum(1 for row in rows if row.body.get("change") == "escalated")
            left -= run
            self._restarts += left > 0

    async def _round(self, made: LeaseKeeper) -> None:
        asking = [one for one in self._contestants for _ in range(one.asks)]
        self._dice.shuffle(asking)
        asking.sort(key=lambda one: not one.first)
        moments = sorted(self._dice.uniform(0, TENURE_S) for _ in asking)
        at = 0.0
        for moment, one in zip(moments, asking, strict=True):
            await self._pass(made, moment - at)
            at = moment
            await self._ask(made, one)
        await self._pass(made, TENURE_S - at)
        self._trace.append(self._holders)

    async def _ask(self, made: LeaseKeeper, one: Contestant) -> None:
        known = next((lease for lease in made if lease.holder == one.principal.id), None)
        for_s = min(max(one.length(self._dice) * TENURE_S, 1.0), 43_200.0)
        try:
            if known is not None and self._dice.random() < one.gives_up:
                await made.release(known.id, one.principal.id)
            elif known is not None and known.until and one.renews:
                await made.renew(known.id, for_s)
            else:
                await made.claim(one.principal, Wish(THING, "target", one.accepts, for_s))
        except NoLease:
            pass
        self._look(made)

    async def _pass(self, made: LeaseKeeper, seconds: float) -> None:
        """Time, in steps no longer than until something falls due."""
        while seconds > 0.001:
            step = min(seconds, _next(made, self._clock.wall()))
            self._count(made, step)
            self._clock.advance(step)
            seconds -= step
            await made.advance()
            self._look(made)

    def _count(self, made: LeaseKeeper, seconds: float) -> None:
        """Who has it in this time, while somebody else of another party waits for it."""
        now = self._clock.wall()
        held = {lease.path[0] for lease in made if lease.holds(now)}
        waiting = {lease.path[0] for lease in made if lease.state == "waiting"} - held
        if held and waiting:
            self._contested += seconds
            for party in held:
                self._had[party] += seconds / len(held)
        for party in self._longest:
            self._waits[party] = self._waits.get(party, 0.0) + seconds if party in waiting else 0.0
            self._longest[party] = max(self._longest[party], self._waits[party] / TENURE_S)

    def _look(self, made: LeaseKeeper) -> None:
        now = self._clock.wall()
        holders = tuple(sorted(lease.holder for lease in made if lease.holds(now)))
        self._changes += holders != self._holders
        self._holders = holders

    def result(self) -> Result:
        total = max(self._contested, 1.0)
        shares = {party: self._had[party] / total for party in self._longest}
        hours = self._clock.monotonic() / 3600
        return Result(
            shares,
            self._longest,
            self._changes / hours,
            self._escalations,
            len(self._trace),
            self._restarts,
            self._trace,
        )


def _next(made: LeaseKeeper, now: float) -> float:
    def times(lease: Lease) -> list[float]:
        return [at for at in (lease.until, lease.safe_until, lease.suspended_until) if at > now]

    return max(min((at for lease in made for at in times(lease)), default=now + TENURE_S) - now, 0.01)


COO, ECO = agent("coo", "anna"), agent("eco", "ben")
COLD, WARM, MILD = Range(19, 19), Range(24, 24), Range(21, 21)


def cases() -> dict[str, list[Contestant]]:
    """Two with opposite wishes; then the same with one that tries it on; then more of them."""
    honest = Contestant(ECO, WARM)
    helpers = [Contestant(agent(f"helper-{n}", "anna", COO), COLD) for n in range(5)]
    return {
        "two, 19 against 24": [Contestant(COO, COLD), honest],
        "one asks first, always": [Contestant(COO, COLD, first=True), honest],
        "one asks ten times": [Contestant(COO, COLD, asks=10), honest],
        "one renews for ever": [Contestant(COO, COLD, renews=True, length=lambda _: 72), honest],
        "one has tiny leases": [Contestant(COO, COLD, asks=5, length=lambda _: 0.02), honest],
        "one sends five helpers": [Contestant(COO, COLD), *helpers, honest],
        "one person's five agents": [*[Contestant(agent(f"a{n}", "anna"), COLD) for n in range(5)], honest],
        "one leaves and comes back": [Contestant(COO, COLD, asks=6, gives_up=0.5), honest],
        "friends overlap": [
            Contestant(COO, Range(18, 20)),
            Contestant(agent("dim", "anna"), Range(19, 21)),
            honest,
        ],
        "three": [Contestant(COO, COLD), honest, Contestant(agent("green", "cem"), MILD)],
        "five": [Contestant(agent(f"x{n}", f"p{n}"), Range(15 + n, 15 + n)) for n in range(5)],
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    print(f"{given.rounds} rounds of {TENURE_S / 60:.0f} min, seed {given.seed}")
    for asked in (0, 4):
        print(
            "\nnobody is asked"
            if not asked
            else f"\npeople are asked after {asked} fights an hour, and nobody answers"
        )
        print(f"{'case':28} {'shares':44} {'longest wait':>12} {'changes/h':>9} {'asked':>5} {'restarts':>8}")
        for name, contestants in cases().items():
            found = asyncio.run(
                simulate(contestants, rounds=given.rounds, seed=given.seed, escalate_after=asked)
            )
            shares = ", ".join(f"{party} {share:.0%}" for party, share in sorted(found.shares.items()))
            longest = max(found.longest.values())
            print(
                f"{name:28} {shares:44} {longest:12.1f} {found.changes:9.1f} {found.escalations:5} {found.restarts:8}"
            )


if __name__ == "__main__":
    main()
