"""What people and agents want, at random: mixed commands, with and without keys, waited for and not."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Final

from tests.bench.campaign import devices
from tests.bench.campaign.asked import Asked, Wish

REPEATED: Final = 0.06
"""The share of requests that repeat an answered one under its key, as a client does that did not trust the answer."""

KEYED: Final = 0.6
ASYNCHRONOUS: Final = 0.25

LIGHTS: Final = (*devices.LAMPS, devices.LATE, devices.RATED, *devices.MEMBERS)
FAULTY: Final = (devices.LOSSY, devices.REJECTING)

MOSTLY_REFUSED: Final = frozenset({"recorder", "kim"})
REFUSED_PAUSE_S: Final = 0.1
"""Of those whom the rules let do little: a refusal comes at once, and theirs would be most of the load."""

Course = tuple[float, Callable[[], tuple[str, str, object]]]


class Menu:
    """One caller's wishes. `slow` has what takes long to settle where it was never sent: a lock 10 s, a group whose members are
    not known yet 20 s, a blind 60 s.
    """

    def __init__(self, dice: random.Random, caller: str, *, slow: bool) -> None:
        self._slower_s = REFUSED_PAUSE_S if caller in MOSTLY_REFUSED else 0.0
        self._dice = dice
        self._caller = caller
        self._numbers = itertools.count(1)
        self._life = 0
        courses: list[Course] = [
            (25, self._switch),
            (30, self._dim),
            (10, self._toggle),
            (6, self._step),
            (4, self._several),
            (5, self._faulty),
            (6, self._plug),
            (6, self._heater),
            (2, self._nonsense),
        ]
        if slow:
            courses += [(5, self._warm), (3, self._lock), (1.5, self._blind), (1.5, self._group)]
        self._weights = [weight for weight, _ in courses]
        self._courses = [course for _, course in courses]

    def begin(self, life: int, dice: random.Random) -> None:
        """Another life of the gateway: the same dice bring the same wishes."""
        self._life, self._dice, self._numbers = life, dice, itertools.count(1)

    def wish(self, answered: list[Asked]) -> Wish:
        """The next one."""
        dice = self._dice
        if answered and dice.random() < REPEATED:
            earlier = dice.choice(answered[-40:]).wish
            if earlier.key:
                return earlier
        method, path, body = dice.choices(self._courses, self._weights)[0]()
        number = next(self._numbers)
        keyed = dice.random() < KEYED
        return Wish(
            method,
            path,
            body,
            key=f"{self._caller}-{self._life}-{number}" if keyed else "",
            waits=dice.random() >= ASYNCHRONOUS,
            purpose=f"wish {number}" if dice.random() < 0.3 else "",
        )

    def pause_s(self) -> float:
        """Before the next one: people and agents think a little."""
        return self._dice.choice((0.0, 0.0, 0.01, 0.05)) + self._slower_s

    # ---------------------------------------------------------------- the courses

    def _switch(self) -> tuple[str, str, object]:
        return "PUT", f"/things/{self._dice.choice(LIGHTS)}/properties/on", self._dice.random() < 0.5

    def _dim(self) -> tuple[str, str, object]:
        return (
            "PUT",
            f"/things/{self._dice.choice(LIGHTS)}/properties/brightness",
            self._dice.randint(1, 100),
        )

    def _toggle(self) -> tuple[str, str, object]:
        return "POST", f"/things/{self._dice.choice(LIGHTS)}/actions/toggle", None

    def _step(self) -> tuple[str, str, object]:
        by = self._dice.choice((-10, 10, 25))
        return "POST", f"/things/{self._dice.choice(devices.LAMPS)}/actions/step", {"by": by}

    def _several(self) -> tuple[str, str, object]:
        values = {"on": True, "brightness": self._dice.randint(1, 100)}
        return "PUT", f"/things/{self._dice.choice(devices.LAMPS)}/properties", values

    def _faulty(self) -> tuple[str, str, object]:
        return "PUT", f"/things/{self._dice.choice(FAULTY)}/properties/on", self._dice.random() < 0.5

    def _plug(self) -> tuple[str, str, object]:
        return "PUT", f"/things/{devices.PLUG}/properties/on", self._dice.random() < 0.5

    def _heater(self) -> tuple[str, str, object]:
        return "PUT", f"/things/{devices.HEATER}/properties/on", self._dice.random() < 0.8

    def _warm(self) -> tuple[str, str, object]:
        target = self._dice.randint(28, 52) / 2  # some of it too warm, or too cold
        return "PUT", f"/things/{devices.THERMOSTAT}/properties/target", target

    def _lock(self) -> tuple[str, str, object]:
        return "POST", f"/things/{devices.LOCK}/actions/{self._dice.choice(('lock', 'unlock'))}", None

    def _blind(self) -> tuple[str, str, object]:
        if self._dice.random() < 0.5:
            return (
                "POST",
                f"/things/{devices.BLIND}/actions/{self._dice.choice(('open', 'close', 'stop'))}",
                None,
            )
        return "PUT", f"/things/{devices.BLIND}/properties/position", self._dice.randint(0, 100)

    def _group(self) -> tuple[str, str, object]:
        return "PUT", f"/things/{devices.GROUP}/properties/on", self._dice.random() < 0.5

    def _nonsense(self) -> tuple[str, str, object]:
        """Untrusted input belongs to the load."""
        return self._dice.choice(
            (
                ("PUT", f"/things/{devices.LAMPS[0]}/properties/brightness", 300),
                ("PUT", "/things/nobody/properties/on", True),
                ("POST", f"/things/{devices.LAMPS[1]}/actions/explode", None),
            )
        )
