from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import compose
from capabilities.effects import INPUT, Effect
from capabilities.errors import ComposeError, SchemaError
from capabilities.naming import allot_names
from capabilities.schema import accepts
from capabilities.vocabulary import Hazard, Privacy, Privilege
from tests.capabilities.builders import action, part, prop, thing

GOLDEN = Path(__file__).parent / "golden"


SHAPES: dict[str, tuple[ComponentDescription, ...]] = {
    "colour-light": (
        part(
            "light",
            prop("on", writable=True),
            prop("brightness", writable=True, readable=True),
            prop("color_temperature", writable=True, minimum=2000, maximum=6535),
            prop("color", writable=True),
            prop("effect", writable=True, observable=False, enum=["blink", "breathe"]),
            action("set", properties={"on": {}, "brightness": {}, "transition": {"maximum": 60}}),
        ),
        part("other", prop("value", type="integer", minimum=0, maximum=255), title="Linkquality"),
    ),
    "plug-with-usb": (
        part("outlet", prop("on", writable=True)),
        part("outlet", prop("on", writable=True), key="usb", title="USB"),
        part("power", prop("power"), prop("energy"), title="Power"),
        part(
            "setting",
            prop("value", writable=True, type="string", enum=["on", "off", "restore"]),
            title="Power-on behaviour",
        ),
    ),
    "radiator-valve": (
        part(
            "thermostat",
            prop("target", writable=True, minimum=5, maximum=30, multipleOf=0.5),
            prop("temperature"),
            prop("mode", writable=True, enum=["off", "heat", "auto"]),
            prop("action", enum=["idle", "heating"]),
        ),
        part("battery", prop("level"), prop("low"), title="Battery"),
        part("setting", prop("value", writable=True, type="boolean"), title="Child lock"),
    ),
    "blind": (
        part(
            "blind",
            prop("position", writable=True),
            prop("state"),
            action("open"),
            action("close"),
            action("stop"),
        ),
    ),
    "lock": (
        part("lock", prop("state"), action("lock"), action("unlock")),
        part("contact", prop("open"), title="Door"),
        part("button", AffordanceDescription("pressed", "point/pressed", "event")),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_composed_tds_are_golden(name: str) -> None:
    """The wire form that others read. To accept a change, delete the file and run this twice."""
    components = SHAPES[name]
    made = compose(
        name,
        name.replace("-", " ").capitalize(),
        components,
        allot_names(components, {}),
        room="Hall",
        labels=("b", "a"),
        version="1",
    )
    golden = GOLDEN / f"{name}.td.json"
    if not golden.exists():
        golden.write_text(json.dumps(made.document, indent=2, ensure_ascii=False) + "\n")
        pytest.fail(f"{golden.name} is written; read it, and run again")
    assert made.document == json.loads(golden.read_text())


@pytest.mark.parametrize("name", SHAPES)
def test_composed_tds_are_valid(
    name: str, td_schema: jsonschema.Draft7Validator, served: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    made = thing(*SHAPES[name])
    td_schema.validate(served(dict(made.document)))
    assert made.td.to_dict() == made.document


# Look-ups


def test_a_property_and_its_write() -> None:
    made = thing(
        part("thermostat", replace(prop("target", writable=True, minimum=5, maximum=30), readable=True))
    )
    read, write = made.properties["target"], made.writes["target"]
    assert (read.capability, read.component, read.point, read.unit) == (
        "thermostat.target",
        "thermostat",
        "point/target",
        "°C",
    )
    assert (read.privilege, read.privacy) == (Privilege.VIEW, Privacy.PUBLIC)
    assert read.observable
    assert read.readable
    assert (write.privilege, write.hazard) == (Privilege.OPERATE, Hazard.NUISANCE)
    assert write.property == "target"
    assert write.effect == Effect("target", INPUT, 10.0, 0.3)
    assert write.takes_input
    assert write.idempotent
    assert write.check(21) == 21
    with pytest.raises(SchemaError, match=r"give a number from 5 to 30 \(°C\)"):
        write.check(31)
    assert made.operation("target", is_action=False) is write
    assert made.operation("target", is_action=True) is None
    assert made.kind == "thermostat"


def test_a_second_component_has_names_of_its_own() -> None:
    made = thing(*SHAPES["plug-with-usb"])
    assert set(made.properties) == {"on", "usb_on", "power", "power_energy", "power_on_behaviour"}
    assert set(made.actions) == {"toggle", "usb_toggle"}
    assert made.actions["usb_toggle"].property == "usb_on"
    assert made.writes["usb_on"].effect == Effect("usb_on", INPUT, 3.0)
    assert made.writes["usb_on"].capability == "outlet.on"
    document = made.td
    assert document.properties is not None
    assert document.properties["usb_on"].title == "USB on"
    assert document.properties["power"].title == "Power"
    assert document.properties["power_energy"].title == "Power energy"


def test_names_that_would_meet_get_a_number() -> None:
    components = (
        part("light", prop("on", writable=True), prop("color_mode")),
        part("setting", prop("mode", type="string", writable=True), key="s", title="Color"),
    )
    made = compose("thing", "Thing", components, {"light": "", "s": "color"})
    assert set(made.properties) == {"on", "color_mode", "color_mode_2"}
    assert made.properties["color_mode"].component == "light"


def test_things_of_one_shape_share_their_parts() -> None:
    one, other = thing(*SHAPES["lock"]), thing(*SHAPES["lock"])
    for group in ("properties", "actions", "events"):
        ours, theirs = one.document[group], other.document[group]
        assert isinstance(ours, dict)
        assert isinstance(theirs, dict)
        assert ours is not theirs
        assert all(ours[name] is theirs[name] for name in ours)
    assert one.properties["state"].check is other.properties["state"].check


# Effects


def test_an_action_takes_the_first_effect_that_can_be_seen() -> None:
    both = thing(part("blind", prop("position", writable=True), prop("state"), action("open")))
    assert both.actions["open"].effect == Effect("position", 100, 60.0, 2.0), "it says open from 1 % on"
    assert both.actions["open"].property == "position"
    position = thing(part("blind", prop("position", writable=True), action("open"), action("stop")))
    assert position.actions["open"].effect == Effect("position", 100, 60.0, 2.0)
    assert position.actions["stop"].effect is None
    blind = thing(part("blind", prop("state", observable=False, readable=True), action("open")))
    assert blind.actions["open"].effect is None
    assert blind.actions["open"].property is None


def test_an_effect_may_have_several_values() -> None:
    stop = thing(part("blind", prop("state"), action("stop"))).actions["stop"]
    assert stop.effect is not None
    for seen, met in (("stopped", True), ("open", True), ("closed", True), ("opening", False)):
        assert stop.effect.met_by(seen, stop.effect.value_for(None)) is met


def test_what_cannot_be_seen_has_no_effect_and_no_toggle() -> None:
    made = thing(
        part(
            "light",
            prop("on", writable=True, observable=False),
            prop("brightness", writable=True, observable=False),
        )
    )
    assert made.writes["on"].effect is None
    assert made.actions == {}
    properties = made.td.properties
    assert properties is not None
    assert properties["on"].write_only is True


def test_toggle_and_step_become_writes() -> None:
    made = thing(part("light", prop("on", writable=True), prop("brightness", writable=True)))
    toggle, step = made.actions["toggle"], made.actions["step"]
    assert (toggle.absolute, toggle.property, toggle.point, toggle.takes_input) == (
        "toggle",
        "on",
        "point/on",
        False,
    )
    assert (step.absolute, step.property, step.point) == ("step", "brightness", "point/brightness")
    assert step.check({"by": -10}) == {"by": -10}
    assert toggle.check(None) is None
    with pytest.raises(SchemaError, match="this action takes none"):
        toggle.check(True)


def test_a_read_only_light_cannot_be_toggled() -> None:
    made = thing(part("light", prop("on")))
    assert made.actions == {}
    assert made.writes == {}


# Set: several properties at once


def test_set_is_as_narrow_and_as_dangerous_as_the_writes_it_stands_for() -> None:
    made = thing(
        part(
            "light",
            replace(prop("on", writable=True), hazard=Hazard.PROPERTY),
            prop("brightness", writable=True, maximum=50),
            prop("color_temperature", minimum=2000),
            action("set"),
        )
    )
    several = made.actions["set"]
    assert several.parts == {"on": "on", "brightness": "brightness"}
    assert several.hazard is Hazard.PROPERTY
    assert several.check({"on": True, "brightness": 50}) == {"on": True, "brightness": 50}
    for value in ({"brightness": 51}, {"color_temperature": 3000}, {"transition": 1}, {}, None):
        assert not accepts(several.check, value)  # type: ignore[arg-type]


def test_set_without_anything_to_write_is_an_error() -> None:
    with pytest.raises(ComposeError, match="set writes none of the described properties"):
        thing(part("light", prop("on"), action("set")))


# Hazard, privilege, safe values


def test_a_description_raises_and_never_lowers() -> None:
    raised = replace(prop("on", writable=True), hazard=Hazard.PROPERTY, privilege=Privilege.MANAGE)
    made = thing(part("light", raised))
    for operation in (made.writes["on"], made.actions["toggle"]):
        assert operation.hazard is Hazard.PROPERTY
        assert operation.privilege is Privilege.MANAGE
    lowered = replace(prop("on", writable=True), hazard=Hazard.COMFORT, privilege=Privilege.VIEW)
    write = thing(part("outlet", lowered)).writes["on"]
    assert (write.hazard, write.privilege) == (Hazard.PROPERTY, Privilege.OPERATE)


def test_only_one_affordance_of_a_component_is_for_panic() -> None:
    both = thing(part("mower", prop("state"), action("pause"), action("stop")))
    assert [name for name, of in both.actions.items() if of.has_panic] == ["stop"]
    assert [name for name, of in both.actions.items() if of.toward_safe] == ["pause", "stop"]
    assert thing(part("mower", prop("state"), action("pause"))).actions["pause"].has_panic


def test_an_unknown_operation_is_taken_with_care() -> None:
    made = thing(
        part(
            "light",
            prop("on", writable=True),
            prop("nightlight", writable=True, type="boolean"),
            prop("fault", type="boolean"),
            action("self_clean"),
            AffordanceDescription("overheated", "point/overheated", "event"),
        )
    )
    for operation in (made.writes["nightlight"], made.actions["self_clean"]):
        assert (operation.hazard, operation.privilege) == (Hazard.PROPERTY, Privilege.MANAGE)
    assert made.writes["nightlight"].effect is not None
    assert made.writes["nightlight"].capability == "light.nightlight"
    assert made.properties["fault"].privilege is Privilege.VIEW
    assert not made.actions["self_clean"].takes_input
    assert made.events["overheated"].check({"celsius": 90}) == {"celsius": 90}


def test_what_else_a_lock_tells_is_sensitive() -> None:
    user = part("other", prop("value", type="integer"), key="u", title="Last user")
    battery = part("battery", prop("level"), key="b")
    beside_a_lock = thing(part("lock", prop("state"), prop("jams", type="integer")), user, battery)
    assert beside_a_lock.properties["last_user"].privacy is Privacy.SENSITIVE
    assert beside_a_lock.properties["jams"].privacy is Privacy.SENSITIVE
    assert beside_a_lock.properties["battery_level"].privacy is Privacy.PUBLIC
    beside_a_light = thing(part("light", prop("on")), user)
    assert beside_a_light.properties["last_user"].privacy is Privacy.PERSONAL


def test_a_free_text_that_no_model_knows_may_be_a_code() -> None:
    code = part("setting", prop("value", writable=True, type="string"), key="c", title="Admin code")
    mode = part(
        "setting", prop("value", writable=True, enum=["a", "b"], type="string"), key="m", title="Mode"
    )
    firmware = part("setting", prop("firmware"), key="f")
    moment = part("other", prop("value", type="string", format="date-time"), key="d", title="Done at")
    made = thing(part("light", prop("on")), code, mode, firmware, moment)
    assert made.properties["admin_code"].privacy is Privacy.SENSITIVE
    assert made.properties["mode"].privacy is Privacy.PERSONAL
    assert made.properties["done_at"].privacy is Privacy.PERSONAL
    assert made.properties["setting_firmware"].privacy is Privacy.PUBLIC


def test_optional_input_may_be_left_out() -> None:
    disarm = thing(part("alarm", prop("state"), action("disarm", properties={"code": {}}))).actions["disarm"]
    assert disarm.takes_input
    assert disarm.check(None) == {}
    assert disarm.check({"code": "1234"}) == {"code": "1234"}


# Contradictions


def test_a_devices_range_binds_what_is_written_and_not_what_is_seen() -> None:
    """Somebody turned the knob beyond the range that the device takes from others: it is as warm as it is."""
    target = AffordanceDescription(
        "target", "t", schema={"minimum": 5, "maximum": 30, "multipleOf": 0.5}, writable=True
    )
    one = ComponentDescription("c", "thermostat", (target,))
    thing = compose("t", "T", (one,), allot_names((one,), {}))
    assert thing.properties["target"].check(31.3) == 31.3
    for value in (31, 21.3):
        with pytest.raises(SchemaError):
            thing.writes["target"].check(value)
    with pytest.raises(SchemaError):
        thing.properties["target"].check(2000)


def test_a_devices_options_are_what_can_be_chosen() -> None:
    """A fan in none of its presets says so; what a kind has a closed list for stays in that list."""
    preset = AffordanceDescription("preset", "p", schema={"enum": ["eco"]}, writable=True)
    direction = AffordanceDescription("direction", "d", schema={"enum": ["forward"]}, writable=True)
    one = ComponentDescription("c", "fan", (preset, direction))
    thing = compose("t", "T", (one,), allot_names((one,), {}))
    assert thing.properties["preset"].check("none") == "none"
    assert thing.properties["direction"].check("reverse") == "reverse"
    for name, value in (("preset", "none"), ("direction", "reverse")):
        with pytest.raises(SchemaError):
            thing.writes[name].check(value)
    with pytest.raises(SchemaError):
        thing.properties["direction"].check("sideways")


def test_what_is_shown_and_cannot_be_chosen_is_in_the_description_and_not_for_writing() -> None:
    preset = AffordanceDescription(
        "preset", "p", schema={"enum": ["eco", "boost"]}, writable=True, shown=("none",)
    )
    thing = compose("t", "T", (ComponentDescription("c", "thermostat", (preset,)),), {"c": ""})
    document: Any = thing.document
    assert document["properties"]["preset"]["enum"] == ["eco", "boost", "none"]
    assert thing.properties["preset"].check("none") == "none"
    with pytest.raises(SchemaError, match="eco"):
        thing.writes["preset"].check("none")
