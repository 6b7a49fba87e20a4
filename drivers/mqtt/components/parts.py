"""What components are put together from: a choice, a switch, a number, each with its topics and templates.

A part that its publisher runs *optimistically* (it says so, or names no state topic) is never seen: its command is acknowledged
and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Command, one_of
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import ValueTemplate, command_template
from drivers.mqtt.values import Convert, mapped, neat, plain_text, text_of

NONE: Final = "none"
"""What a choice shows while nothing of its list is chosen."""

Theirs = Callable[[Json], Json]
"""A command's value as the publisher's (text or a number). Raises `ValueError`."""

Write = Callable[[dict[str, Json]], str]
"""Variables → payload. Raises `ValueError`."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The settings that a part is described by; "" for one that it does not have."""

    state: str
    value: str  # the template that reads
    command: str
    template: str = ""  # the one that writes

    @classmethod
    def of(cls, prefix: str, reads: str = "state_template") -> Keys:
        """`mode` → `mode_state_topic`, `mode_state_template`, `mode_command_topic`, `mode_command_template`."""
        return cls(
            f"{prefix}_state_topic",
            f"{prefix}_{reads}",
            f"{prefix}_command_topic",
            f"{prefix}_command_template",
        )


def state_topic(config: Config, key: str) -> str:
    """Where a part is seen; "" for one that is run optimistically."""
    return "" if config.flag("optimistic") else config.topic(key)


def reading(config: Config, key: str) -> ValueTemplate:
    """The template under `key`; where there is none, the one for all of the component's parts."""
    return config.template(key if config.has(key) else "value_template")


def writer(config: Config, key: str, *names: str) -> Write | None:
    """The command template under `key`, given `value` and `names`. Raises `ConfigError`."""
    source = config.source(key) if key else None
    try:
        write = command_template(source, *names, now=config.now)
    except TemplateError as error:
        raise ConfigError(f"{key}: {error}") from None
    if write is None:
        return None

    def run(variables: dict[str, Json]) -> str:
        text = write(variables)
        if not text:
            raise ValueError(f"is none that the publisher's {key} makes a command of")
        return text

    return run


def payload(value: Json) -> str:
    """A value as the payload of a command without template."""
    return text_of(neat(value) if isinstance(value, float) else value)


def command(
    builder: Builder, topic_key: str, theirs: Theirs, recipe: str, template_key: str = ""
) -> Command | None:
    """A command at the topic under `topic_key`, if there is one. Its template is given what `theirs` makes of the value."""
    config = builder.config
    topic = config.topic(topic_key)
    if not topic:
        return None
    write = writer(config, template_key)
    source = config.source(template_key) if template_key else None

    def encode(value: Json) -> str:
        made = theirs(value)
        return payload(made) if write is None else write({"value": made})

    return builder.command_at(topic, encode, f"{recipe} | {source or ''}")


def part(
    builder: Builder,
    name: str,
    keys: Keys,
    convert: Convert,
    theirs: Theirs,
    *,
    recipe: str,
    schema: dict[str, Json] | None = None,
    unit: str | None = None,
    hazard: Hazard = Hazard.COMFORT,
    privilege: Privilege = Privilege.VIEW,
) -> None:
    """A property with its own topics, where it has any."""
    config = builder.config
    ordered = command(builder, keys.command, theirs, recipe, keys.template)
    topic = state_topic(config, keys.state) if ordered is not None else config.topic(keys.state)
    if not topic and ordered is None:
        return
    template = reading(config, keys.value)
    builder.property(
        name, convert, state=topic, template=template, command=ordered, schema=schema, unit=unit, query=template.subject,
        hazard=hazard, privilege=privilege,
    )  # fmt: skip


def switching(on: str, off: str) -> Theirs:
    """True → `on`, false → `off`."""

    def theirs(value: Json) -> Json:
        if not isinstance(value, bool):
            raise ValueError("should be true or false")
        return on if value else off

    return theirs


def switch(builder: Builder, name: str, keys: Keys, on: str, off: str) -> None:
    """A property that is true or false, `on` and `off` to the publisher."""
    part(builder, name, keys, mapped({off: False, on: True}), switching(on, off), recipe=f"{on}|{off}")


def choice(
    builder: Builder,
    name: str,
    keys: Keys,
    options: Sequence[str],
    *,
    reset: Sequence[str] | None = None,
    none_too: bool = False,
) -> None:
    """One of the publisher's list. `reset`: what it tells while none of them is chosen (this shows as `NONE`); `none_too`: and
    that can be asked for. What else it tells is a complaint.
    """
    if not options:
        part(builder, name, Keys(keys.state, keys.value, ""), plain_text, str, recipe="")
        return
    known: dict[str, Json] = dict.fromkeys(reset or (), NONE)
    known |= {option: option for option in options}
    taken = [*options, NONE] if none_too and NONE not in options else list(options)
    takes = one_of(taken)
    part(
        builder, name, keys, mapped(known), takes, recipe="|".join(options), schema={"enum": list(taken)}
    )  # fmt: skip


def known_only(builder: Builder, key: str, options: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those of a publisher's list that have a meaning here; the others are named."""
    strange = [option for option in options if option not in known]
    if strange:
        builder.problem(f"{key} has {', '.join(strange)[:100]}, left out: known are {', '.join(known)}")
    return [option for option in options if option in known]


def span(
    builder: Builder, keys: str, wanted: tuple[float, float], kind: tuple[float, float]
) -> dict[str, Json]:
    """The `wanted` range as a schema; none, and a problem, for one that is empty or wholly beyond what the `kind` can have."""
    (low, high), (floor, ceiling) = wanted, kind
    if low > high or low > ceiling or high < floor:
        builder.problem(
            f"{keys} give no range between {floor:g} and {ceiling:g} (they are {low:g} and {high:g}): left out"
        )
        return {}
    return {"minimum": neat(round(float(low), 2)), "maximum": neat(round(float(high), 2))}
