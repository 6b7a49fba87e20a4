"""How bright, how fast: a level beside a switch. 0 is off, and what is off shows 0, whatever the publisher remembers.

Publishers keep the level while the switch is off (`{"state":"OFF","brightness":254}`), so that it can come back; told as it is,
a dark lamp would be bright, and a lamp that was dimmed to 0 would never be seen to be so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.entity import Builder
from drivers.mqtt.templates import Message, ValueTemplate
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, number

MIN_FINE_STEPS: Final = 67
"""From here on each percentage, the smallest too, is within 1.5 % of a step: with that a lamp's level counts as reached."""


def few(steps: float, fine: int = MIN_FINE_STEPS) -> dict[str, Json]:
    """The schema of a level in so few steps that what lies between could not be seen to be done: these and no others."""
    if steps >= fine or steps != int(steps):
        return {"minimum": 0, "maximum": 100}
    return {"enum": [share(step, steps) for step in range(int(steps) + 1)]}


def share(step: float, steps: float) -> int:
    """A step as a whole percentage; what is not quite 0 shows as 1, for a dim lamp is not a dark one."""
    return 0 if step <= 0 else max(1, min(100, round(step * 100 / steps)))


def of_steps(steps: float) -> Convert:
    """0…`steps` as a percentage."""

    def convert(value: Json) -> Json | Nothing:
        read = number(value)
        if isinstance(read, Nothing):
            return read
        raw = as_float(read)
        return share(round(raw) if steps < MIN_FINE_STEPS and raw >= 1 else raw, steps)

    return convert


class Level:
    """What was told last of a switch and of its level."""

    __slots__ = ("is_on", "percent")

    def __init__(self) -> None:
        self.is_on: bool | None = None
        self.percent: Json | Nothing = NO_VALUE

    def shown(self) -> Json | Nothing:
        return 0 if self.is_on is False else self.percent

    def switched(self, convert: Convert, value: Json) -> None:
        """Of the switch nothing but true and false counts; what else it tells, its own property complains about."""
        try:
            read = convert(value)
        except (ValueError, TypeError):
            return
        if isinstance(read, bool):
            self.is_on = read

    def turned(self, read: Json | Nothing) -> Json | Nothing:
        """The level was told: what shows now. 0 is no level to come back to."""
        if isinstance(read, Nothing):
            return read
        if read == 0:
            return 0
        self.percent = read
        return self.shown()


class Told:
    """Where something is told: topic ("" for nowhere), template, and what it means."""

    __slots__ = ("convert", "template", "topic")

    def __init__(self, topic: str, template: ValueTemplate, convert: Convert) -> None:
        self.topic, self.template, self.convert = topic, template, convert


def seen(
    builder: Builder, name: str, level: Level, amount: Told, switch: Told
) -> tuple[ValueTemplate, Convert]:
    """How the property `name` is read at `amount.topic`; where the switch is told elsewhere, that is listened to as well."""
    if not amount.topic or not switch.topic:
        return amount.template, lambda value: level.turned(amount.convert(value))
    if amount.topic == switch.topic:
        return ValueTemplate(render=_together(level, amount, switch)), number

    def switched(value: Json) -> Json | Nothing:
        level.switched(switch.convert, value)
        return level.shown()

    builder.also(name, switch.topic, switch.template, switched)
    return amount.template, lambda value: level.turned(amount.convert(value))


def _together(level: Level, amount: Told, switch: Told) -> Callable[[Message], str | Nothing]:
    """Switch and level out of one message: told apart they would show the old level for a moment."""

    def render(message: Message) -> str | Nothing:
        before, switched = level.is_on, switch.template.extract(message)
        if not isinstance(switched, Nothing):
            level.switched(switch.convert, switched)
        raw = amount.template.extract(message)
        told = NO_VALUE if isinstance(raw, Nothing) else level.turned(amount.convert(raw))
        if isinstance(told, Nothing) and (level.is_on is False or level.is_on is not before):
            told = level.shown()  # nothing of the level: it is what it was before it went off
        return told if isinstance(told, Nothing) else str(told)

    return render
