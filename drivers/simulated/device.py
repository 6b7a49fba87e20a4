"""A simulated device: the truth about it, and how that changes. No protocol, no clock of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json
from drivers.simulated import physics
from drivers.simulated.faults import Behaviour, Do, Fault, answering
from drivers.simulated.physics import State
from drivers.simulated.timeline import Timeline

# What a lamp on a good Zigbee or Wi-Fi network needs.
REACTION_SECONDS: Final = 0.03


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value that the device shows. `type` is JSON Schema's; `options` are the values of a string that has few."""

    name: str
    type: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One function of a device, of a kind from the closed list. `rates` are units a second of what cannot jump."""

    key: str
    kind: str
    attributes: tuple[Attribute, ...]
    actions: tuple[str, ...] = ()
    title: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)

    def attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do: write `name`, or invoke it."""

    part: str
    name: str
    value: Json = None

    def __str__(self) -> str:
        return f"{self.part}.{self.name}" + ("" if self.value is None else f"={self.value}")


@dataclass(slots=True)
class _Motion:
    goal: float
    rate: float
    since: float
    origin: float

    def at(self, now: float) -> float:
        way = self.rate * (now - self.since)
        left = self.goal - self.origin
        return self.goal if way >= abs(left) else self.origin + (way if left > 0 else -way)


class Device:
    """`state` is the truth, part by part; it also holds what is not shown (a garage door's position).

    `fault` may be set at any time and holds from the next command on. `received` counts commands. With `own_timer_seconds` it
    can be told to switch a part off again by itself, after so long at the most.
    """

    def __init__(
        self,
        device_id: str,
        title: str,
        room: str,
        parts: Sequence[Part],
        state: Mapping[str, State],
        *,
        model: str = "",
        reaction_seconds: float = REACTION_SECONDS,
        own_timer_seconds: float = 0.0,
    ) -> None:
        self.id: Final = device_id
        self.title: Final = title
        self.room: Final = room
        self.model: Final = model
        self.parts: Final = {part.key: part for part in parts}
        self.state: dict[str, State] = {key: dict(values) for key, values in state.items()}
        self.fault: Fault | None = None
        self.received = 0
        self.reaction_seconds = reaction_seconds
        self.own_timer_seconds = own_timer_seconds
        self._timers: dict[str, int] = {}
        self._motions: dict[tuple[str, str], _Motion] = {}
        self._derive()

    def behaviour(self) -> Behaviour:
        """What it does with the command that arrives now. Counts it."""
        self.received += 1
        honest = answering(self.reaction_seconds)
        return self.fault(honest, self.received) if self.fault else honest

    @property
    def moving(self) -> bool:
        return bool(self._motions)

    def act(self, orders: Iterable[Order], now: float) -> None:
        """Carry out `orders` at the monotonic time `now`: some values jump, some start to move."""
        self.advance(now)
        for order in orders:
            part, state = self.parts[order.part], self.state[order.part]
            if order.name == "on" and order.value is False:
                self.set_timer(order.part)  # which ends the one that runs
            for name, value in physics.goals(part.kind, order.name, order.value, state).items():
                self._motions.pop((part.key, name), None)
                current, rate = state.get(name), part.rates.get(name)
                if rate and physics.is_number(current) and physics.is_number(value) and current != value:
                    self._motions[part.key, name] = _Motion(float(value), rate, now, float(current))
                else:
                    state[name] = value
        self._derive()

    def set_timer(self, part: str) -> int:
        """A timer of its own for `part` begins, in the place of an earlier one; its number."""
        self._timers[part] = self._timers.get(part, 0) + 1
        return self._timers[part]

    def runs_out(self, part: str, timer: int, now: float) -> bool:
        """Whether timer number `timer` of `part` is the one that counts; then the part is off."""
        if self._timers.get(part) != timer or not self.state[part].get("on"):
            return False
        self.act([Order(part, "on", False)], now)
        return True

    def claimed(self, orders: Iterable[Order]) -> dict[str, State]:
        """The state as it would be if `orders` were carried out already."""
        state = {key: dict(values) for key, values in self.state.items()}
        for order in orders:
            kind = self.parts[order.part].kind
            state[order.part].update(physics.goals(kind, order.name, order.value, state[order.part]))
            state[order.part].update(physics.derived(kind, state[order.part], None))
        return state

    def advance(self, now: float) -> set[str]:
        """Let what moves move on to `now`. Returns the parts that changed."""
        changed = {part for part, _ in self._motions}
        for (part, name), motion in list(self._motions.items()):
            self.state[part][name] = position = motion.at(now)
            if position == motion.goal:
                del self._motions[part, name]
        if changed:
            self._derive()
        return changed

    def drift(self, seconds: float, dice: random.Random) -> set[str]:
        """Let the weather and the people of the house have their way for `seconds`. Returns the parts that changed."""
        changed = set()
        for key, part in self.parts.items():
            before = dict(self.state[key])
            physics.drift(part.kind, self.state[key], seconds, dice)
            if before != self.state[key]:
                changed.add(key)
        return changed | self._derive()

    def _derive(self) -> set[str]:
        """What follows from the rest: a door is `opening` while it moves; no power flows when the outlet is off."""
        before = {key: dict(values) for key, values in self.state.items()}
        for key, part in self.parts.items():
            motion = next((m for (p, _), m in self._motions.items() if p == key), None)
            goal = motion.goal if motion else None
            self.state[key].update(physics.derived(part.kind, self.state[key], goal))
        physics.couple({part.kind: self.state[key] for key, part in self.parts.items()})
        return {key for key in self.state if self.state[key] != before[key]}


def play(behaviour: Behaviour, actions: Mapping[Do, Callable[[], None]], timeline: Timeline) -> None:
    """Do each step of `behaviour` at its time; those of time 0 before this returns."""
    for step in behaviour:
        if step.at <= 0:
            actions[step.what]()
        else:
            timeline.call_later(step.at, actions[step.what])
