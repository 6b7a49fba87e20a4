"""The tables of README.md, out of the tables and the code that the driver works with.

`python -m drivers.mqtt.tables` writes them. What a component becomes is found by announcing one that has everything: it is
described with an empty configuration, each option that was asked for is filled in, and so on until nothing new is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from capabilities.vocabulary import KINDS, Json
from drivers.classes import tables as classes
from drivers.classes.units import CANONICAL
from drivers.mqtt import kinds
from drivers.mqtt.authority import DEEDS
from drivers.mqtt.components import COMPONENTS
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Entity
from drivers.mqtt.proposals import SWITCH_WORDS
from drivers.mqtt.sandbox import access, checks, names

README: Final = Path(__file__).with_name("README.md")
BEGIN: Final = "<!-- `python -m drivers.mqtt.tables` writes from here on -->"
END: Final = "<!-- up to here -->"

MAX_ROUNDS: Final = 12
"""Of filling in options; each opens a few new ones, and four have been enough."""

_VARIANTS: Final[dict[str, tuple[dict[str, Json], ...]]] = {
    "cover": tuple({"device_class": name} for name in ("blind", "garage", "window", "damper")),
    "light": tuple({"schema": name} for name in ("basic", "json", "template")),
    "switch": ({}, {"device_class": "outlet"}, {"entity_category": "config"}),
    "sensor": ({}, {"device_class": "temperature"}, {"state_class": "total"}),
    "binary_sensor": ({}, {"device_class": "door"}),
    "button": ({}, {"device_class": "identify"}, {"device_class": "restart"}, {"name": "Factory reset"}),
    "event": ({}, {"device_class": "button"}, {"device_class": "motion"}),
    "valve": ({}, {"reports_position": True}),
    "alarm_control_panel": ({}, {"code": "REMOTE_CODE"}),
    "lock": ({}, {"code_format": "^\\d{4}$"}),
    "image": ({"url_topic": None}, {"image_topic": None}),
    "infrared": ({"schema": "emitter"}, {"schema": "receiver"}),
    "device_automation": ({"device": {"identifiers": ["example"]}},),
    "vacuum": (
        {"supported_features": ["start", "pause", "stop", "return_home", "status", "locate", "clean_spot", "fan_speed"]},
    ),
}  # fmt: skip
"""Settings that decide what an announcement becomes."""

_EXAMPLES: Final[dict[str, Json]] = {
    "options": ["a", "b"], "event_types": ["press"], "available_tones": ["a", "b"], "effect_list": ["a", "b"],
    "supported_color_modes": ["color_temp", "xy"], "fan_speed_list": ["low", "high"], "fan_modes": ["low", "high"],
    "swing_modes": ["on", "off"], "preset_modes": ["eco", "boost"], "automation_type": "trigger", "type": "press",
    "subtype": "button_1", "url": "https://example.org", "schema": "basic", "topic": "t/topic", "min": 0, "max": 100,
    "optimistic": False, "retain": False, "payload": "press", "brightness": True, "effect": True, "flash": True,
    "transition": True, "support_duration": True, "support_volume_set": True, "command_on_template": "on",
    "command_off_template": "off", "payload_install": "install", "payload_on": "ON", "payload_off": "OFF", "pattern": "[a-f]+",
    "swing_horizontal_modes": ["on", "off"], "payload_stop": "STOP", "payload_open": "OPEN", "payload_close": "CLOSE",
}  # fmt: skip
"""Values for options that are no topics or templates."""

_LEFT_OUT: Final = frozenset({
    "device_class", "entity_category", "schema", "device", "origin", "name", "qos", "encoding", "retain",
    "json_attributes_topic", "json_attributes_template", "code_format",
})  # fmt: skip
"""What every component knows, and what the variants choose."""


_COMMON: Final = frozenset({
    "device", "encoding", "entity_category", "json_attributes_template", "json_attributes_topic", "name", "origin", "qos",
    "retain", "unique_id",
})  # fmt: skip
"""Options of all components."""


class _Asked(dict[str, Any]):
    """A configuration that remembers what it was asked for."""

    def __init__(self, data: dict[str, Json], asked: set[str]) -> None:
        super().__init__(data)
        self.asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


@dataclass(slots=True)
class Understood:
    """What is known of a component: the options that it was asked for, and by kind what it has."""

    options: set[str] = field(default_factory=set)
    by_kind: dict[str, dict[str, str]] = field(default_factory=dict)  # kind -> name -> how it is used


def understood(component: str) -> Understood:
    """By announcing it with everything, in each of its variants."""
    found = Understood()
    for variant in _VARIANTS.get(component, ({},)):
        entity = _announced(component, variant, found.options)
        if entity is not None and entity.component is not None:
            affordances = found.by_kind.setdefault(entity.component.kind, {})
            for one in entity.component.affordances:
                affordances[one.name] = _used(one.role, one.writable)
    return found


def _announced(component: str, variant: dict[str, Json], options: set[str]) -> Entity | None:
    """The fullest that can be described."""
    data: dict[str, Json] = {"name": "Example", **variant}
    entity = None
    for _ in range(MAX_ROUNDS):
        asked: set[str] = set()
        try:
            entity = COMPONENTS[component](f"{component}/example", Config(_Asked(data, asked)))
        except ConfigError:
            entity = None
        options |= asked
        new = {key: value for key in asked - data.keys() - _LEFT_OUT if (value := _example(key)) is not None}
        if not new:
            break
        data |= new
    return entity


def _example(option: str) -> Json:
    if option in _EXAMPLES:
        return _EXAMPLES[option]
    if option.endswith("_topic"):
        return f"t/{option}"
    return "{{ value }}" if option.endswith("_template") and not option.startswith("command_o") else None


def _used(role: str, writable: bool) -> str:
    return "written" if writable else {"property": "read", "action": "done", "event": "told"}[role]


def tables() -> str:
    """The section, in Markdown."""
    return "\n".join([*_components(), *_measured(), *_named(), *_templates()])


def _components() -> Iterator[str]:
    found = {component: understood(component) for component in sorted(COMPONENTS)}
    yield from ("### Components", "")
    yield "| component | becomes | with | options |"
    yield "|---|---|---|---|"
    for component, one in found.items():
        options = _code(sorted(one.options - _COMMON - {""}))
        for place, (kind, affordances) in enumerate(
            sorted(one.by_kind.items(), key=lambda item: _order(item[0]))
        ):
            first = place == 0
            yield f"| {f'`{component}`' if first else ''} | {kind} | {_affordances(affordances)} | {options if first else ''} |"
    yield ""
    yield "A written property is read as well where the publisher tells its state. All components know"
    yield f"{_code(sorted(_COMMON))}, and the options of availability."
    yield ""


def _affordances(affordances: dict[str, str]) -> str:
    parts = []
    for use in ("read", "written", "done", "told"):
        those = [name for name, how in affordances.items() if how == use]
        if those:
            parts.append(f"{use}: {', '.join(those)}")
    return "; ".join(parts)


def _measured() -> Iterator[str]:
    yield from (
        "### Sensors by device class",
        "",
        "| device class | kind | property | unit | made of |",
        "|---|---|---|---|---|",
    )
    for name, meaning in sorted(classes.SENSOR_CLASSES.items()):
        units = sorted(unit for unit in CANONICAL.get(meaning.unit, {}) if unit != meaning.unit)
        yield f"| `{name}` | {meaning.kind} | {meaning.name} | {meaning.unit} | {', '.join(units)} |"
    yield ""
    yield f"`other`, a number in the publisher's unit: {_code(sorted(classes.NUMBER_CLASSES))}."
    yield f"`other`, a text: {_code(sorted(classes.TEXT_CLASSES))} (dates and times as RFC 3339 writes them)."
    yield "Also: diagnoses of temperature, humidity, pressure and light (the device's own), and units that do not fit."
    yield from (
        "",
        "### Binary sensors by device class",
        "",
        "| device class | kind | property | on | off |",
        "|---|---|---|---|---|",
    )
    for name, sign in sorted(classes.BINARY_CLASSES.items()):
        yield f"| `{name}` | {sign.kind} | {sign.name} | {_value(sign.on)} | {_value(sign.off)} |"
    yield from ("", f"`other`, true or false: {_code(sorted(classes.OTHER_BINARY_CLASSES))}.", "")


def _named() -> Iterator[str]:
    yield from ("### Without a device class", "", "A unit says enough, or a name with a unit that fits:", "")
    by_class: dict[str, list[str]] = {}
    for unit, device_class in kinds.UNIT_MEANINGS.items():
        by_class.setdefault(device_class, []).append(unit)
    yield from ("| unit or name | as device class or property |", "|---|---|")
    for device_class, units in by_class.items():
        yield f"| {', '.join(units)} | `{device_class}` |"
    for name, meanings in kinds.NAME_MEANINGS.items():
        yield f"| `{name}` in {' or '.join(one.unit for one in meanings)} | {meanings[0].kind}: {meanings[0].name} |"
    yield ""
    yield f"Not where the name has one of {_words(kinds.NOT_MEASURED)}: then it is `other`, a number in its unit."
    yield from (
        "",
        "### Settings",
        "",
        "A number, select, text or button, and a switch that its publisher calls diagnostic or configuration, is a `setting`:",
        "for whoever manages the house, with hazard 2, until a person gives it a kind. Sensors of the sort are like others.",
        "",
        "### Proposals",
        "",
        "A person decides; until then a switch or a setting is met with hazard 2, whatever it is called.",
        "",
    )
    yield from ("| named | perhaps |", "|---|---|")
    by_kind: dict[str, list[str]] = {}
    for word, kind in SWITCH_WORDS.items():
        by_kind.setdefault(kind, []).append(word)
    for kind, found in sorted(by_kind.items(), key=lambda item: _order(item[0])):
        yield f"| {_words(found)} | {kind} |"
    yield from (
        "",
        "### For administrators",
        "",
        "| what is done | words of names and payloads |",
        "|---|---|",
    )
    for deed, phrases in DEEDS.items():
        yield f"| {deed.replace('_', ' ')} | {', '.join(phrases)} |"
    yield ""


def _templates() -> Iterator[str]:
    yield from ("### Templates", "", "| | |", "|---|---|")
    for title, known in (
        ("filters", [*names.FILTERS, *names.PATTERN_FILTERS]),
        ("functions", [*names.FUNCTIONS, *names.NEED_A_CLOCK]),
        ("constants", names.CONSTANTS),
        ("tests", [*checks.CHECKS, *checks.PATTERN_CHECKS]),
        ("methods", access.METHOD_NAMES),
    ):
        yield f"| {title} | {_code(sorted(set(known)))} |"


def _order(kind: str) -> int:
    return KINDS.index(kind)


def _value(value: Json) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _code(found: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in found)


def _words(found: Iterable[str]) -> str:
    return ", ".join(sorted(found))


def written(readme: str) -> str:
    """`readme` with its section brought up to date. Raises `ValueError` where the markers are not there."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md should have the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def main(arguments: Sequence[str] = ()) -> None:
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
