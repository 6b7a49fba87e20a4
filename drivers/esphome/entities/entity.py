"""What is made of one entity, and the builder that its module makes it with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import orjson
from aioesphomeapi.model import EntityCategory, EntityInfo

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.thing_models import contract
from capabilities.vocabulary import Evidence, Hazard, Json, Privilege
from drivers.esphome.entities.names import tidy
from drivers.esphome.entities.values import Nothing
from drivers.esphome.wire.messages import Message

Get = Callable[[Any], "Json | Nothing"]
"""A value out of the entity's state (one of aioesphomeapi's models)."""

Make = Callable[[Json], Sequence[Message]]
"""A command's value as messages. Raises `ValueError`, whose text says what the value should be."""

SETTING_HAZARD: Final = Hazard.PROPERTY
"""Of what a device lets be set or done, of which nobody knows what it does."""


class NotUnderstoodError(Exception):
    """An entity that nothing can be made of; the text says why."""


@dataclass(frozen=True, slots=True)
class About:
    """An entity as it was listed. `sub` and `device` are number and name of the sub-device that it belongs to (0 and "" for the
    device itself); `api` is the version of the native API that the device speaks; `place` is the id of the whole device.
    """

    info: Any
    sort: str
    sub: int
    device: str
    api: tuple[int, int]
    place: str

    @property
    def key(self) -> str:
        """Its name is what a person chose for it, unique within the sort and the sub-device; its number is a hash of that."""
        name = tidy(self.info.name) or tidy(getattr(self.info, "object_id", ""))
        return f"{self.sort}/{name}" + (f"@{self.sub}" if self.sub else "")

    @property
    def title(self) -> str:
        return tidy(f"{self.device} {self.info.name}")

    @property
    def device_class(self) -> str:
        return str(getattr(self.info, "device_class", ""))[:64].lower()

    @property
    def is_housekeeping(self) -> bool:
        """Whether the device says that this is about itself and not about the house."""
        return isinstance(self.info, EntityInfo) and self.info.entity_category is not EntityCategory.NONE


@dataclass(frozen=True, slots=True)
class Source:
    """What is read out of a state and reported at `point`. `is_event`: an occurrence and not a state."""

    point: str
    get: Get
    unit: str | None
    is_event: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """`is_answered`: the device answers the one message that it is, by its `call_id` (user-defined actions)."""

    make: Make
    is_answered: bool = False


@dataclass(slots=True)
class Entity:
    """An entity, understood. `evidence` is `bridge` where the device itself only assumes its state."""

    component: ComponentDescription
    sources: tuple[Source, ...]
    commands: Mapping[str, Command]
    evidence: Evidence
    problems: list[str] = field(default_factory=list)


class Builder:
    """Collects one entity's affordances."""

    def __init__(self, about: About, kind: str) -> None:
        self.about = about
        self.kind = kind
        self.problems: list[str] = []
        self._affordances: list[AffordanceDescription] = []
        self._sources: list[Source] = []
        self._commands: dict[str, Command] = {}
        self._recipes: list[Json] = []

    def property(
        self,
        name: str,
        get: Get | None,
        make: Make | None = None,
        *,
        recipe: Json = "",
        schema: Mapping[str, Json] | None = None,
        unit: str | None = None,
        shown: tuple[str, ...] = (),
        hazard: Hazard = Hazard.COMFORT,
        privilege: Privilege = Privilege.VIEW,
    ) -> None:
        """`get` None: it is never told. `recipe` says what of the payloads depends on this device (its options)."""
        point = self._point(name)
        if get is not None:
            self._sources.append(Source(point, get, unit or _unit_of(self.kind, name)))
        if make is not None:
            self._order(name, Command(make), recipe)
        self._affordances.append(
            AffordanceDescription(
                name, point, schema=schema or {}, observable=get is not None, writable=make is not None, shown=shown,
                hazard=hazard, privilege=privilege,
            )
        )  # fmt: skip

    def action(
        self,
        name: str,
        make: Make,
        *,
        recipe: Json = "",
        schema: Mapping[str, Json] | None = None,
        title: str = "",
        answered: bool = False,
        hazard: Hazard = Hazard.COMFORT,
        privilege: Privilege = Privilege.VIEW,
    ) -> None:
        self._order(name, Command(make, answered), recipe)
        self._affordances.append(
            AffordanceDescription(
                name, self._point(name), role="action", schema=schema or {}, title=title, observable=False, hazard=hazard,
                privilege=privilege,
            )
        )  # fmt: skip

    def event(self, name: str, get: Get, *, schema: Mapping[str, Json] | None = None) -> None:
        point = self._point(name)
        self._sources.append(Source(point, get, None, is_event=True))
        self._affordances.append(AffordanceDescription(name, point, role="event", schema=schema or {}))

    def problem(self, text: str) -> None:
        self.problems.append(f"{self.about.key[:60]}: {text}")

    def build(self, *, certain: bool = True, proposal: str = "", assumed: bool = False) -> Entity:
        """The finished entity; `certain` and `proposal` as in `ComponentDescription`. Raises `NotUnderstoodError`."""
        if not self._affordances:
            raise NotUnderstoodError("nothing of it can be read or done")
        housekeeping = self.about.is_housekeeping and self.kind != "setting"
        component = ComponentDescription(
            self.about.key,
            self.kind,
            tuple(map(_managed, self._affordances) if housekeeping else self._affordances),
            self.about.title,
            certain,
            self._fingerprint(),
            "" if proposal == self.kind else proposal,
            commands=tuple(
                f"{name[0]} → {self.about.key}" for name in self._recipes if isinstance(name, list)
            )[:20],
        )
        evidence = Evidence.BRIDGE if assumed else Evidence.DEVICE
        return Entity(component, tuple(self._sources), self._commands, evidence, self.problems)

    def _order(self, name: str, command: Command, recipe: Json) -> None:
        self._commands[self._point(name)] = command
        self._recipes.append([name, recipe])

    def _fingerprint(self) -> str:
        """Over what commands do: kind, the entity's number, payloads. A sensor has nothing to watch but its kind."""
        info = self.about.info
        parts: list[Json] = [self.kind, self.about.sort]
        if self._recipes:
            parts += [info.key, self.about.sub, [*sorted(map(_text, self._recipes))]]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]

    def _point(self, name: str) -> str:
        return f"{self.about.place}|{self.about.key}#{name}"


@cache
def _unit_of(kind: str, name: str) -> str | None:
    """The one that the model of the kind declares."""
    known = contract(kind).affordances.get(name)
    unit = known.schema.get("unit") if known is not None and known.schema is not None else None
    return unit if isinstance(unit, str) else None


def _text(recipe: Json) -> str:
    return orjson.dumps(recipe, option=orjson.OPT_SORT_KEYS).decode()


def _managed(one: AffordanceDescription) -> AffordanceDescription:
    """What its publisher calls diagnostic or configuration is about the device and no control of the house."""
    if not one.writable and one.role != "action":
        return one
    return replace(
        one, hazard=max(one.hazard, Hazard.PROPERTY),
        privilege=max(one.privilege, Privilege.MANAGE, key=lambda privilege: privilege.rank),
    )  # fmt: skip
