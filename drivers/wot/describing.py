"""A description's affordances → components, one by one: what a kind is known of, and what is taken with care."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from capabilities.admission import clean
from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.naming import slug
from capabilities.td import ActionAffordance, DataSchema, EventAffordance, PropertyAffordance
from capabilities.thing_models import contract
from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.classes.units import scale_to
from drivers.wot.described import Part, Point, component
from drivers.wot.document import Document, Problems, types_of
from drivers.wot.forms import FormReader, Way
from drivers.wot.meanings import measured, signalled
from drivers.wot.origins import Reach
from drivers.wot.schemas import PLAIN, Measure, schema_of

CAREFUL: Final = (Hazard.PROPERTY, Privilege.MANAGE)
"""Of whatever can be written or invoked and no kind is known of, as `setting` has it: giving it a kind takes this off."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_NUMBERS: Final = ("number", "integer")


class Describer:
    """Reads one description for the device `device`."""

    def __init__(self, device: str, document: Document, reach: Reach) -> None:
        self.device = device
        self.document = document
        self.reach = reach
        self.problems: Problems = document.problems
        self.forms = FormReader(document, reach, self.problems)

    # -- ways ------------------------------------------------------------------------------------------------------

    def property_point(
        self, name: str, one: PropertyAffordance, schema: Mapping[str, Json], measure: Measure = PLAIN
    ) -> Point | None:
        """With the ways that it has; None where it has none. `readOnly` and `writeOnly` hold, whatever the forms say."""
        where, forms, variables = f"properties/{name}", one.forms, one.uri_variables
        usual = tuple(
            operation
            for operation, barred in (("readproperty", one.write_only), ("writeproperty", one.read_only))
            if not barred
        )
        read = self.forms.way(where, "readproperty", forms, usual, variables) if not one.write_only else None
        write = self.forms.way(where, "writeproperty", forms, usual, variables) if not one.read_only else None
        watch = (
            self.forms.way(where, "observeproperty", forms, usual, variables) if not one.write_only else None
        )
        if read is None and write is None and watch is None:
            if not forms:
                self.problems.add(f"{where} has no forms")
            return None
        return Point(
            self.point(where), where, name, schema, read=read, write=write, watch=watch, measure=measure
        )  # fmt: skip

    def action_point(self, name: str, one: ActionAffordance) -> Point | None:
        where = f"actions/{name}"
        way = self.forms.way(
            where, "invokeaction", one.forms, ("invokeaction",), one.uri_variables, must_fill=bool(one.input)
        )
        if way is None:
            if not one.forms:
                self.problems.add(f"{where} has no forms")
            return None
        schema = schema_of(one.input)
        variables = not one.input and bool((way.needed | way.wanted) - dict(way.preset).keys())
        if variables:
            schema = _of_variables(one.uri_variables or {}, way)
        return Point(self.point(where), where, name, schema, write=way, is_action=True, variables=variables)

    def event_point(self, name: str, one: EventAffordance) -> Point | None:
        where = f"events/{name}"
        way = self.forms.way(
            where, "subscribeevent", one.forms, ("subscribeevent", "unsubscribeevent"), one.uri_variables
        )
        if way is None:
            if not one.forms:
                self.problems.add(f"{where} has no forms")
            return None
        return Point(self.point(where), where, name, schema_of(one.data), watch=way, is_event=True)

    def point(self, where: str) -> str:
        return f"{self.device} {where}"

    # -- one by one ------------------------------------------------------------------------------------------------

    def generic_property(
        self, name: str, one: PropertyAffordance
    ) -> tuple[ComponentDescription, Point] | None:
        schema, measure, kind, known = self._meaning(name, one)
        point = self.property_point(name, one, schema, measure)
        if point is None:
            return None
        title, key = clean(one.title or name), point.where
        if point.write is None:
            part = part_of(known, point, title=title)
            return component(self.reach, key, kind, [part], title=title), point
        if point.read is None and point.watch is None:
            return self._written_only(point, title)
        loose = schema.get("type") in ("boolean", *_NUMBERS)
        part = part_of("value", point, title=title, careful=True)
        return component(self.reach, key, "setting", [part], title=title, certain=not loose), point

    def _written_only(self, point: Point, title: str) -> tuple[ComponentDescription, Point]:
        """Nothing ever tells what was written: it is done, and not kept."""
        name = own_name("setting", point.name, "write")
        part = part_of(name, point, title=title, careful=True, role="action")
        return component(self.reach, point.where, "setting", [part], title=title), point

    def generic_action(self, name: str, one: ActionAffordance) -> tuple[ComponentDescription, Point] | None:
        point = self.action_point(name, one)
        if point is None:
            return None
        title = clean(one.title or name)
        plain = not point.schema
        part = part_of(
            "press" if plain else own_name("setting", name, "run"),
            point,
            title=title,
            careful=True,
            role="action",
        )
        return component(self.reach, point.where, "setting", [part], title=title, certain=not plain), point

    def generic_event(self, name: str, one: EventAffordance) -> tuple[ComponentDescription, Point] | None:
        point = self.event_point(name, one)
        if point is None:
            return None
        title = clean(one.title or name)
        part = part_of("occurred", point, title=title, role="event")
        return component(self.reach, point.where, "other", [part], title=title), point

    def _meaning(self, name: str, one: PropertyAffordance) -> tuple[dict[str, Json], Measure, str, str]:
        """Schema, measure, kind and name there. What is only read may be a sensor, by its types."""
        schema, types = schema_of(one), types_of(one)
        sort = schema.get("type")
        whole = sort == "integer"
        if sort in _NUMBERS and (meaning := measured(types)) is not None:
            scale = scale_to(meaning.unit, str(schema.get("unit", ""))) if meaning.unit else None
            if scale is not None:
                return {"type": "number"}, Measure(scale, whole), meaning.kind, meaning.name
        if sort == "boolean" and (sign := signalled(types)) is not None and sign.on is True:
            return {"type": "boolean"}, PLAIN, sign.kind, sign.name
        plain = Measure(whole=whole)
        named = sort in ("string", "object", "array")  # no kind is ever given to those: they keep their names
        return schema, plain, "other", own_name("other", name, "value") if named else "value"


def part_of(
    name: str, point: Point, *, title: str = "", careful: bool = False, role: str = "property",
    hazard: Hazard = Hazard.COMFORT, privilege: Privilege = Privilege.VIEW, seen: bool = False,
) -> Part:  # fmt: skip
    if careful:
        hazard, privilege = CAREFUL
    return Part(
        AffordanceDescription(
            name=name,
            point=point.point,
            role=role,
            schema=point.schema,
            title=title,
            observable=seen or role != "property" or point.watch is not None or point.read is not None,
            readable=role == "property" and point.read is not None,
            writable=role == "property" and point.write is not None,
            hazard=hazard,
            privilege=privilege,
        ),
        point,
    )


def own_name(kind: str, name: str, otherwise: str) -> str:
    """The device's own name for an affordance that `kind` has none for, as one of ours."""
    made = slug(_HUMP.sub("_", name), "_")
    return made if made and made[0].isalpha() and made not in contract(kind).affordances else otherwise


def _of_variables(uri_variables: Mapping[str, DataSchema], way: Way) -> dict[str, Json]:
    preset = dict(way.preset).keys()
    members: dict[str, Json] = {
        name: schema_of(uri_variables.get(name)) for name in sorted((way.needed | way.wanted) - preset)
    }
    needed: list[Json] = [*sorted(way.needed - preset)]
    made: dict[str, Json] = {"type": "object", "properties": members}
    return {**made, "required": needed} if needed else made
