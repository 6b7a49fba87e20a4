"""What one discovery message becomes: a component, where its values are read, and how its commands are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.messages import UTF8
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import Now, ValueTemplate, command_template
from drivers.mqtt.values import Convert, attributes, shown_besides

Encode = Callable[[Json], str]
"""A command's value as the payload's text. Raises `ValueError`."""

Plan = Callable[[Json], Sequence[tuple[str, str]]]
"""A command's value as messages: topic and payload of each."""

RETAIN_KINDS: Final = frozenset({"light"})
"""Kinds whose commands a publisher may have kept by the broker. A kept command acts again whenever its device comes back,
unasked and unseen: tolerable for a lamp, never for what can do damage (hazard 2 and above)."""

SEEN_KINDS: Final = frozenset({"alarm", "garage", "lock", "valve"})
"""Kinds of which somebody relies on what is shown: a door that only says that it is locked. Their states cannot be told by
somebody else, or read otherwise, without a person's looking at it."""

ATTRIBUTES: Final = "attributes"
"""What a publisher tells besides."""

MAX_COMMAND_LINES: Final = 20
MAX_COMMAND_CHARS: Final = 120
"""Of what a person is told of an entity's commands: more is not read."""

_READ_BY: Final = ("template", "encoding")
_READ_AS: Final = ("state_", "payload_", "position_", "reports_position")
_BESIDE: Final = ("availability", "payload_available", "payload_not_available", "json_attributes")


@dataclass(frozen=True, slots=True)
class Source:
    """One value that is read: at `topic`, by `template`, made typed by `convert`, reported at `point` in `unit`.

    `is_event`: it is an occurrence and not a state; `convert` gives its data. `is_picture`: it may be larger than a state,
    and what is read is only a reference to it. `encoding` is the payload's ("" for bytes that are no text). `qos` is that of
    the subscription.
    """

    point: str
    topic: str
    template: ValueTemplate
    convert: Convert
    unit: str | None = None
    off_delay_s: float = 0.0  # a true value becomes false by itself after so long
    expire_after_s: float = 0.0  # a value is stale when nothing came for so long
    is_event: bool = False
    is_picture: bool = False
    encoding: str = UTF8
    qos: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """One operation: `encode` its value and publish it at `topic`. `recipe` says the same in words that can be compared.

    `plan`: what takes another topic for some values, or several messages (a lamp's colour, then its switch), gives each
    message's topic and payload, in order; `others` are the topics besides `topic` that it uses. It raises `ValueError`.
    """

    topic: str
    encode: Encode
    qos: int
    retain: bool
    recipe: str
    plan: Plan | None = None
    others: tuple[str, ...] = ()

    def messages(self, value: Json) -> Sequence[tuple[str, str]]:
        """What goes out, and where, at least one message. Raises `ValueError`."""
        return ((self.topic, self.encode(value)),) if self.plan is None else self.plan(value)


@dataclass(frozen=True, slots=True)
class Availability:
    """One topic that says whether an entity can be reached."""

    topic: str
    template: ValueTemplate
    available: str
    not_available: str


@dataclass(slots=True)
class Entity:
    """A discovery message, understood. `problems` are readable lines about what was left out."""

    component: ComponentDescription | None
    sources: list[Source] = field(default_factory=list)
    commands: dict[str, Command] = field(default_factory=dict)
    queries: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # point -> topic and payload that ask for it
    availability: tuple[Availability, ...] = ()
    availability_mode: str = "latest"
    problems: list[str] = field(default_factory=list)
    reading: str = ""  # how its states are read, where a command counts as done only when its effect is seen

    def state_topics(self) -> list[str]:
        """Where its states are told, in order; what it tells besides is none."""
        return sorted(
            {source.topic for source in self.sources if not source.point.endswith(f"#{ATTRIBUTES}")}
        )


class Builder:
    """Collects one entity's affordances. A component module says what there is; this knows how it is wired."""

    def __init__(self, key: str, kind: str, config: Config) -> None:
        self.kind = kind
        self.config = config
        self.entity = Entity(component=None)
        self.is_zigbee2mqtt = config.origin.lower() == "zigbee2mqtt"
        self._key = key
        self._owner = f"{config.owner.replace('|', '||')}|" if config.owner else ""  # no key begins with one
        self._encoding = config.encoding
        self._read_qos = min(1, config.qos)  # what is told twice does no harm: 2 would only cost
        self._affordances: list[AffordanceDescription] = []

    def property(
        self,
        name: str,
        convert: Convert,
        *,
        state: str = "",
        template: ValueTemplate | None = None,
        command: Command | None = None,
        schema: Mapping[str, Json] | None = None,
        unit: str | None = None,
        query: str = "",
        hazard: Hazard = Hazard.COMFORT,
        privilege: Privilege = Privilege.VIEW,
        title: str = "",
        off_delay_s: float = 0.0,
        expire_after_s: float = 0.0,
    ) -> None:
        """Add a property that is read at topic `state` ("" if it is never told) and written by `command` (None if it cannot
        be). `query` is the member that a Zigbee2MQTT bridge can be asked for.
        """
        point = self._point(name)
        if state:
            how = template or ValueTemplate()
            self.entity.sources.append(
                Source(
                    point, state, how, convert, unit, off_delay_s, expire_after_s,
                    encoding=self._encoding, qos=self._read_qos,
                )
            )  # fmt: skip
        if command is not None:
            self.entity.commands[point] = command if state else _acknowledged(command)
        readable = bool(query and state and self.is_zigbee2mqtt)
        if readable:
            self.entity.queries[point] = (f"{state}/get", f'{{"{query}":""}}')
        self._affordances.append(
            AffordanceDescription(
                name, point, schema=schema or {}, title=title, observable=bool(state), readable=readable,
                writable=command is not None, shown=shown_besides(convert, schema or {}), hazard=hazard, privilege=privilege,
            )
        )  # fmt: skip

    def also(self, name: str, topic: str, template: ValueTemplate, convert: Convert) -> None:
        """A second topic that tells the property `name`."""
        self.entity.sources.append(
            Source(
                self._point(name), topic, template, convert, encoding=self._encoding, qos=self._read_qos
            )
        )  # fmt: skip

    def action(
        self,
        name: str,
        command: Command,
        *,
        observed: bool,
        schema: Mapping[str, Json] | None = None,
        hazard: Hazard = Hazard.COMFORT,
        privilege: Privilege = Privilege.VIEW,
        title: str = "",
    ) -> None:
        """Add an action. `observed`: a property of this component shows its effect."""
        point = self._point(name)
        self.entity.commands[point] = command if observed else _acknowledged(command)
        self._affordances.append(
            AffordanceDescription(
                name,
                point,
                role="action",
                schema=schema or {},
                title=title,
                observable=False,
                hazard=hazard,
                privilege=privilege,
            )
        )

    def event(
        self,
        name: str,
        convert: Convert,
        *,
        topic: str,
        template: ValueTemplate | None = None,
        schema: Mapping[str, Json] | None = None,
        title: str = "",
    ) -> None:
        """Add an event that is told at `topic`; `convert` gives its data (or `NO_VALUE`: another one's)."""
        point = self._point(name)
        self.entity.sources.append(
            Source(
                point, topic, template or ValueTemplate(), convert, is_event=True, encoding=self._encoding,
                qos=self._read_qos,
            )
        )  # fmt: skip
        self._affordances.append(
            AffordanceDescription(name, point, role="event", schema=schema or {}, title=title)
        )

    def command(self, topic_key: str, encode: Encode, recipe: str, template_key: str = "") -> Command | None:
        """A command at the topic under `topic_key`, if there is one; its template, if there is one, is given `encode`'s
        text.
        """
        topic = self.config.topic(topic_key)
        if not topic:
            return None
        source = self.config.source(template_key) if template_key else None
        if source is not None:
            encode, recipe = templated(source, encode, now=self.config.now), f"{recipe} | {source}"
        return self.command_at(topic, encode, recipe)

    def command_at(self, topic: str, encode: Encode, recipe: str) -> Command:
        retain = self.config.flag("retain")
        if retain and self.kind not in RETAIN_KINDS:
            retain = False
            self.problem("retain is ignored: a command kept by the broker would act again later, unasked")
        return Command(
            topic, encode, min(1, self.config.qos), retain, recipe
        )  # 2 guards re-sending: we never do

    def problem(self, text: str) -> None:
        if text not in self.entity.problems:
            self.entity.problems.append(text)

    def build(self, title: str, *, certain: bool = True, proposal: str = "") -> Entity:
        """The finished entity; `certain` and `proposal` as in `ComponentDescription`. Raises `ConfigError` if nothing can be
        read or done with it.
        """
        if not self._affordances:
            raise ConfigError("it has no topic that could be read or written")
        self._add_attributes()
        self.entity.component = ComponentDescription(
            self._key,
            self.kind,
            tuple(map(_managed, self._affordances) if self._is_housekeeping() else self._affordances),
            title,
            certain,
            self._fingerprint(),
            "" if proposal == self.kind else proposal,
            commands=self._commands_in_words(),
        )
        return self.entity

    def _is_housekeeping(self) -> bool:
        """About the device and not about the house. What a setting may do its component has said itself."""
        return self.config.has("entity_category") and self.kind != "setting"

    def _add_attributes(self) -> None:
        """What a publisher tells besides (`json_attributes_topic`), as it is: an object of whatever members."""
        topic = self.config.topic("json_attributes_topic")
        if topic:
            template = self.config.template("json_attributes_template")
            self.property(ATTRIBUTES, attributes, state=topic, template=template, schema={"type": "object"})

    def _fingerprint(self) -> str:
        """Over what commands do: kind, topics, payloads, templates. State topics may move without alarm, but for what has to
        be seen to be done.
        """
        begin = len(self._owner)
        commands: list[Json] = [
            [point[begin:], c.topic, c.recipe, c.retain, *c.others]
            for point, c in sorted(self.entity.commands.items())
        ]
        parts: list[Json] = [self.kind, commands]
        if commands and self.kind in SEEN_KINDS:
            self.entity.reading = self._reading()
            parts += [self.entity.reading, *self.entity.state_topics()]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]

    def _commands_in_words(self) -> tuple[str, ...]:
        """Where each command goes; what is sent there may be a code, and is left out."""
        lines = (
            f"{point.rpartition('#')[2]} → {', '.join((c.topic, *c.others))}"[:MAX_COMMAND_CHARS]
            for point, c in sorted(self.entity.commands.items())
        )
        return tuple(islice(lines, MAX_COMMAND_LINES))

    def _reading(self) -> str:
        """How states are read, without their topics, and whose word they are."""
        config = self.config
        told: list[Json] = [
            [key, config.raw(key)]
            for key in sorted(config)
            if not key.startswith(_BESIDE)
            and (key.endswith(_READ_BY) or (key.startswith(_READ_AS) and not key.endswith("topic")))
        ]
        return orjson.dumps([told, config.is_bridged]).decode()

    def _point(self, name: str) -> str:
        """A device's own: an entity that is announced for another device is not at the points of the first one any more."""
        return f"{self._owner}{self._key}#{name}"


def templated(source: str, encode: Encode, *names: str, now: Now | None = None) -> Encode:
    """Send through a command template: it sees `value`. Raises `ConfigError` for a template that is not run."""
    try:
        render = command_template(source, *names, now=now)
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None
    if render is None:
        return encode

    def run(value: Json) -> str:
        return render({"value": _native(encode(value))})

    return run


def constant(payload: str) -> Encode:
    """Whatever the value, this payload."""
    return lambda value: payload


def switching(on: str, off: str) -> Encode:
    """True → `on`, false → `off`."""

    def encode(value: Json) -> str:
        if not isinstance(value, bool):
            raise ValueError("should be true or false")
        return on if value else off

    return encode


def one_of(options: Sequence[str]) -> Encode:
    """One of these texts."""

    def encode(value: Json) -> str:
        if not isinstance(value, str) or value not in options:
            raise ValueError(f"should be one of {', '.join(options)}")
        return value

    return encode


def _native(text: str) -> Json:
    """Templates calculate with `value`, so a number should be one."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _managed(one: AffordanceDescription) -> AffordanceDescription:
    """What its publisher calls diagnostic or configuration is about the device and no control of the house."""
    if not one.writable and one.role != "action":
        return one
    return replace(
        one, hazard=max(one.hazard, Hazard.PROPERTY),
        privilege=max(one.privilege, Privilege.MANAGE, key=lambda privilege: privilege.rank),
    )  # fmt: skip


def _acknowledged(command: Command) -> Command:
    """Where no effect can be seen, at least the broker's acknowledgement should be."""
    return replace(command, qos=max(1, command.qos))
