"""What the announcements of 48 real device models become, a line an affordance, for a person to read.

`python tests/drivers/mqtt/golden/write.py` writes `zigbee2mqtt_sample.txt`; a test compares. Read the difference before you
commit it: each line is a promise about what somebody's device does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import orjson

from capabilities.components import ComponentDescription
from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.thing import Operation, Thing
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.mqtt.discovery import Discovery

SAMPLE: Final = Path(__file__).parents[4] / "../shared/data/zigbee2mqtt-discovery-sample.jsonl"
GOLDEN: Final = Path(__file__).with_name("zigbee2mqtt_sample.txt")

LEGEND: Final = """\
# What the announcements of 48 device models of Zigbee2MQTT become. Written by write.py beside this file: do not edit.
#
# vendor model: what it is
#   component [its title] kind, what a person should look at
#     name = capability: role, type, unit, range or values, rwo (can be read on demand, written, observed),
#       read: privilege and privacy of reading it | use: privilege, hazard and effect of writing or doing it
"""


def golden(sample: Path = SAMPLE) -> str:
    """The whole file. Raises `OSError` where the sample is not there."""
    lines = sorted(sample.read_bytes().splitlines(), key=_model)
    models = ("\n".join(_of_model(orjson.loads(line))) + "\n" for line in lines)
    return "\n".join((LEGEND, *models))


def candidate_of(model: dict[str, Json]) -> Candidate:
    """One model's announcements, taken in as from a broker."""
    discovery = Discovery("homeassistant")
    messages = model["messages"]
    assert isinstance(messages, list)
    for message in messages:
        assert isinstance(message, dict)
        discovery.feed(str(message["topic"]), str(message["payload"]).encode())
    (device,) = discovery.take_changed()
    return device.describe("mqtt")


def _model(line: bytes) -> tuple[str, str, int]:
    model = orjson.loads(line)
    return model["vendor"].casefold(), model["model"].casefold(), model["n"]


def _of_model(model: dict[str, Json]) -> Iterator[str]:
    candidate = candidate_of(model)
    names = allot_names(candidate.components, {})
    thing = compose("it", "It", candidate.components, names)
    yield f"{model['vendor']} {model['model']}: {model['description']}"
    for component in sorted(candidate.components, key=lambda one: (names[one.key] != "", _counted(one.key))):
        yield from _of_component(component, names[component.key], thing)
    for problem in candidate.problems:
        yield f"  problem: {problem.partition(': ')[2]}"


def _counted(key: str) -> list[tuple[int, str]]:
    """For an order in which 2 comes before 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d{1,3})(?!\d)", key)]


def _of_component(component: ComponentDescription, name: str, thing: Thing) -> Iterator[str]:
    doubt = "" if component.certain else ", uncertain"
    proposal = f", perhaps {component.proposal}" if component.proposal else ""
    title = f" [{component.title}]" if component.title else ""
    yield f"  {component.key.partition('/')[0]}{title} {component.kind}{doubt}{proposal}"
    lines = [
        *_properties(component.key, thing),
        *_actions(component.key, thing),
        *_events(component.key, thing),
    ]
    for line in lines:
        yield f"    {line}"
    if not lines:
        yield "    nothing"


def _properties(key: str, thing: Thing) -> Iterator[str]:
    documents = _table(thing.document.get("properties"))
    for one in thing.properties.values():
        if one.component == key:
            operation = thing.writes.get(one.name)
            flags = (
                f"{'r' if one.readable else '-'}{'w' if operation else '-'}{'o' if one.observable else '-'}"
            )
            reading = f"read: {one.privilege} {one.privacy}"
            use = _use(operation) if operation else ""
            yield f"{one.name} = {one.capability}: property, {_schema(documents[one.name])}{flags}, {reading}{use}"


def _actions(key: str, thing: Thing) -> Iterator[str]:
    documents = _table(thing.document.get("actions"))
    for one in thing.actions.values():
        if one.component == key:
            takes = _schema(documents[one.name].get("input")) if one.takes_input else "no input, "
            yield f"{one.name} = {one.capability}: action, {takes.removesuffix(', ')}{_use(one)}"


def _events(key: str, thing: Thing) -> Iterator[str]:
    documents = _table(thing.document.get("events"))
    for one in thing.events.values():
        if one.component == key:
            told = f"read: {one.privilege} {one.privacy}"
            yield f"{one.name} = {one.capability}: event, {_schema(documents[one.name].get('data'))}{told}"


def _use(one: Operation) -> str:
    safe = ", toward safe" if one.toward_safe else ""
    effect = (
        f", shown by {one.effect.property} within {one.effect.within:g} s"
        if one.effect
        else ", shown by nothing"
    )
    return f" | use: {one.privilege}, hazard {int(one.hazard)}{safe}{effect}"


def _schema(schema: Json) -> str:
    if not isinstance(schema, dict):
        return "no data, "
    said = [str(schema.get("type", "any type"))]
    if "unit" in schema:
        said.append(str(schema["unit"]))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        said.append(f"{'' if low is None else low}…{'' if high is None else high}")
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    said += [
        f"{member} {schema[member]}" for member in ("format", "pattern", "multipleOf") if member in schema
    ]
    options = schema.get("enum")
    if isinstance(options, list):
        said.append(_options(options))
    if isinstance(schema.get("properties"), dict):
        members = _table(schema["properties"])
        said.append(
            "{" + "; ".join(f"{name}: {_schema(of).removesuffix(', ')}" for name, of in members.items()) + "}"
        )
    return ", ".join(said) + ", "


def _options(options: Iterable[Json]) -> str:
    return "one of " + "|".join(str(option) for option in options)


def _table(value: Json) -> dict[str, dict[str, Json]]:
    assert value is None or isinstance(value, dict)
    return {name: of for name, of in (value or {}).items() if isinstance(of, dict)}


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
