"""One entity of a Tasmota device in Home Assistant's words, and what those cannot say: several topics that tell one value, how
the device is asked, and commands with topics of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Json
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Entity, constant
from drivers.mqtt.messages import Message
from drivers.mqtt.tasmota.reading import Tasmota
from drivers.mqtt.templates import Step, ValueTemplate, walk
from drivers.mqtt.values import NO_VALUE, Nothing, text_of

ORIGIN: Final = "Tasmota"

Elsewhere = tuple[str, Callable[[ValueTemplate], ValueTemplate]]
"""Another topic that tells the same, and how the template reads it there."""


@dataclass(frozen=True, slots=True)
class Told:
    """`again`: by topic, where else the values told there are told. `question`: the command that asks for them. `calls`: by an
    action's name, the command that it is. `problem` is for people.
    """

    again: Mapping[str, tuple[Elsewhere, ...]] = field(default_factory=dict)
    question: tuple[str, str] | None = None
    calls: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


class TasmotaConfig(Config):
    """`templates` stand beside the settings, made already. No published message can have either of these."""

    __slots__ = ("_templates", "_told")

    def __init__(
        self,
        data: dict[str, Json],
        templates: Mapping[str, ValueTemplate] | None = None,
        told: Told | None = None,
    ) -> None:
        super().__init__(data)
        self._templates = templates or {}
        self._told = told or Told()

    def has(self, key: str) -> bool:
        return key in self._templates or super().has(key)

    def template(self, key: str) -> ValueTemplate:
        return self._templates.get(key) or super().template(key)

    def finish(self, entity: Entity) -> None:
        told = self._told
        entity.sources += [
            replace(source, topic=topic, template=changed(source.template))
            for source in entity.sources
            for topic, changed in told.again.get(source.topic, ())
            if not source.is_event
        ]
        if told.problem:
            entity.problems.append(told.problem)
        if entity.component is not None:
            entity.component = _asked(entity.component, entity, told)
            entity.component = _called(entity.component, entity, told)


def common(device: Tasmota) -> dict[str, Json]:
    """What all entities of a device say: whose they are, and when it is there. One that sleeps is never there for long."""
    colons = ":".join(device.mac[i : i + 2] for i in range(0, 12, 2))
    settings: dict[str, Json] = {
        "origin": {"name": ORIGIN},
        "device": {
            "identifiers": [device.mac], "connections": [["mac", colons]], "name": device.name, "model": device.model,
            "manufacturer": ORIGIN, "sw_version": device.version,
        },
    }  # fmt: skip
    if not device.sleeps:
        settings |= {
            "availability_topic": device.topics.will,
            "payload_available": device.online,
            "payload_not_available": device.offline,
        }
    return settings


def at(*path: Step) -> ValueTemplate:
    """The member that lies there."""
    return ValueTemplate(path=path)


def same(template: ValueTemplate) -> ValueTemplate:
    return template


def below(member: str) -> Callable[[ValueTemplate], ValueTemplate]:
    """The same within a member: answers to `STATUS 10` have everything in `StatusSNS`."""

    def changed(template: ValueTemplate) -> ValueTemplate:
        if template.render is None:
            return ValueTemplate(path=(member, *template.path))
        render = template.render

        def inner(message: Message) -> str | Nothing:
            part = walk(message.document, (member,))
            return NO_VALUE if isinstance(part, Nothing) else render(Message(orjson.dumps(part)))

        return ValueTemplate(render=inner)

    return changed


def first_of(*paths: tuple[Step, ...], words: tuple[str, ...] = ()) -> ValueTemplate:
    """The first of these members that there is, as text; where `words` are given only if it is one of them."""

    def render(message: Message) -> str | Nothing:
        for path in paths:
            found = walk(message.document, path)
            if not isinstance(found, Nothing) and (not words or found in words):
                return text_of(found)
        return NO_VALUE

    return ValueTemplate(render=render)


def _asked(component: ComponentDescription, entity: Entity, told: Told) -> ComponentDescription:
    if told.question is None:
        return component
    known = {source.point for source in entity.sources if not source.is_event}
    entity.queries |= dict.fromkeys(sorted(known), told.question)
    return replace(
        component,
        affordances=tuple(_readable(one) if one.point in known else one for one in component.affordances),
    )


def _readable(one: AffordanceDescription) -> AffordanceDescription:
    return replace(one, readable=True) if one.role == "property" else one


def _called(component: ComponentDescription, entity: Entity, told: Told) -> ComponentDescription:
    if not told.calls:
        return component
    for one in component.affordances:
        topic = told.calls.get(one.name)
        if topic is not None:
            command = entity.commands[one.point]
            entity.commands[one.point] = replace(
                command, topic=topic, encode=constant(""), recipe="", plan=None
            )
    parts = [component.fingerprint, sorted(told.calls.items())]
    return replace(component, fingerprint=hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32])
