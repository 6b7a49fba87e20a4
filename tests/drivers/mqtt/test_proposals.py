"""What names propose, and what they raise: never do they lower anything."""

from __future__ import annotations

import pytest

from capabilities.compose import compose
from capabilities.recast import castable, recast
from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.authority import DEEDS
from drivers.mqtt.proposals import SWITCH_WORDS
from tests.drivers.mqtt_bench import Bench

ZIGBEE2MQTT: dict[str, Json] = {"origin": {"name": "Zigbee2MQTT"}}


def announced(component: str, config: dict[str, Json] | None = None, **more: Json) -> Bench:
    bench = Bench()
    bench.feed(f"{component}/n/o", {"command_topic": "c/set", "state_topic": "c", **(config or {}), **more})
    return bench


def found(component: str, **config: Json) -> tuple[str, bool, str]:
    described = announced(component, config).component
    return described.kind, described.certain, described.proposal


# -- proposals ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("Lamp", "light"), ("Küchenlampe", "light"), ("Licht Flur", "light"), ("Lumière du salon", "light"),
        ("Luz cocina", "light"), ("Luce bagno", "light"), ("Lampada", "light"), ("Keukenlamp", "light"), ("Taklampa", "light"),
        ("Lampka nocna", "light"), ("Außenbeleuchtung", "light"), ("Steckdose Küche", "outlet"), ("Prise TV", ""),
        ("Ventilator", "fan"), ("Lüfter Bad", "fan"), ("Ventilateur", "fan"), ("Boiler", "water-heater"),
        ("Chauffe-eau", "water-heater"), ("Hot water", "water-heater"), ("Siren", "siren"), ("Sirene", "siren"),
        ("Alarm", "siren"), ("Fernseher", "media"), ("Humidifier", "humidifier"), ("Camera", "camera"),
        ("Pump", ""), ("Heater", ""), ("Ventil Garten", ""), ("Fan mode", ""), ("Light sensor", ""), ("Lamp timer", ""),
        ("Power alarm", ""), ("Silence siren", ""), ("Relay 2", ""), ("L1", ""), ("Лампа", ""),
    ],
)  # fmt: skip
def test_a_relay_s_name_proposes_what_it_feeds(name: str, proposal: str) -> None:
    assert found("switch", name=name) == ("switch", False, proposal)


def test_the_device_s_name_speaks_for_its_main_function_alone() -> None:
    device: Json = {"identifiers": ["d"], "name": "Stehlampe"}
    assert found("switch", name=None, device=device) == ("switch", False, "light")
    assert found("switch", name="Child lock", device=device) == ("switch", False, "")
    assert found("switch", name="L2", device=device) == ("switch", False, "light")


@pytest.mark.parametrize(
    ("model", "name", "proposal"),
    [
        ("Smart plug", "0x00158d0000000001", "outlet"),
        ("Smart plug", "Stehlampe", "light"),
        ("Power strip with 4 sockets", "", "outlet"),
        ("Wall light switch", "", "light"),
        ("2 gang switch", "", ""),
        ("Thermostat for gas boiler", "", ""),
        ("2 x socket + 1 x light", "", ""),
    ],
)
def test_a_model_speaks_where_no_name_does(model: str, name: str, proposal: str) -> None:
    device: Json = {"identifiers": ["d"], "name": name, "model": model}
    assert found("switch", name=None, device=device) == ("switch", False, proposal)


def test_an_outlet_is_certain_and_may_feed_a_lamp() -> None:
    assert found("switch", name="Stehlampe", device_class="outlet") == ("outlet", False, "light")
    assert found("switch", name="Plug", device_class="outlet") == ("outlet", True, "")


@pytest.mark.parametrize("kind", sorted(set(SWITCH_WORDS.values())))
def test_whatever_is_proposed_for_a_switch_is_possible(kind: str) -> None:
    assert kind in castable(announced("switch").component)
    setting = announced("switch", {"value_template": "{{ value_json.alarm }}", **ZIGBEE2MQTT}).component
    assert setting.kind == "setting"
    assert kind in castable(setting)


@pytest.mark.parametrize(
    ("config", "proposal"),
    [
        ({"name": "Heating setpoint", "unit_of_measurement": "°C"}, "thermostat"),
        ({"name": "Sollwert", "unit_of_measurement": "C"}, "thermostat"),
        ({"name": "Consigne", "unit_of_measurement": "°C"}, "thermostat"),
        ({"name": "Warmwasser Soll", "unit_of_measurement": "°C"}, "water-heater"),
        ({"name": "Max heat setpoint limit", "unit_of_measurement": "°C"}, ""),
        ({"name": "Heating setpoint", "unit_of_measurement": "°F"}, ""),
        ({"name": "Target temperature", "unit_of_measurement": "°C", "entity_category": "config"}, ""),
        ({"name": "Valve position", "unit_of_measurement": "%", "min": 0}, "valve"),
        ({"name": "Rollo position", "unit_of_measurement": "%", "min": 0}, "blind"),
        ({"name": "Valve position", "unit_of_measurement": "%", "min": 0, "max": 255}, ""),
        ({"name": "Fan speed", "unit_of_measurement": "%", "min": 0}, "fan"),
        ({"name": "Brightness", "unit_of_measurement": "%", "min": 0}, ""),
    ],
)
def test_a_number_s_name_and_unit(config: dict[str, Json], proposal: str) -> None:
    component = announced("number", config).component
    assert (component.kind, component.certain, component.proposal) == ("setting", not proposal, proposal)
    assert not proposal or proposal in castable(component)


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("Water leak alarm 1", "leak"), ("Wasserleck", "leak"), ("Smoke alarm", "smoke"), ("Rauchmelder", ""),
        ("Motion", "occupancy"), ("Bewegung", "occupancy"), ("Fenster Bad", "contact"), ("Gas", "air"),
        ("Open window detected", ""), ("Smoke alarm silenced", ""), ("Fault", ""),
    ],
)  # fmt: skip
def test_a_sign_s_name(name: str, proposal: str) -> None:
    component = announced("binary_sensor", name=name).component
    assert (component.kind, component.certain, component.proposal) == ("other", not proposal, proposal)
    assert not proposal or proposal in castable(component)


@pytest.mark.parametrize(
    ("component", "config"),
    [
        ("switch", {"name": "Lamp"}),
        ("switch", {"name": "Siren", "value_template": "{{ value_json.siren }}", **ZIGBEE2MQTT}),
        ("number", {"name": "Heating setpoint", "unit_of_measurement": "°C", "min": 5, "max": 30}),
        ("number", {"name": "Valve position", "unit_of_measurement": "%"}),
        ("binary_sensor", {"name": "Water leak"}),
        ("button", {"name": "Open gate"}),
    ],
)
def test_what_is_proposed_composes(component: str, config: dict[str, Json]) -> None:
    guess = announced(component, config).component
    seen = recast(guess, guess.proposal)
    assert seen.certain
    assert compose("it", "It", [seen], {seen.key: ""}).kind == guess.proposal


def test_a_button_of_the_house_and_one_of_the_device() -> None:
    assert found("button", name="Open gate") == ("setting", False, "button")
    for config in ({"name": "Calibrate"}, {"name": "Selftest"}, {"name": "x", "entity_category": "config"}):
        assert found("button", **config) == ("setting", True, "")


def test_names_lower_nothing() -> None:
    for name in ("Lamp", "Harmless comfort light", "Night light"):
        bench = announced("switch", {"name": name, "value_template": "{{ value_json.lamp }}", **ZIGBEE2MQTT})
        one = bench.affordance("value")
        assert (one.hazard, one.privilege) == (Hazard.PROPERTY, Privilege.MANAGE)


# -- administrators ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("component", "config", "name"),
    [
        ("switch", {"name": "Permit join", "command_topic": "zigbee2mqtt/bridge/request/permit_join"}, "permit_join"),
        ("button", {"device_class": "restart", "command_topic": "zigbee2mqtt/bridge/request/restart"}, "restart"),
        ("select", {"command_topic": "zigbee2mqtt/bridge/request/options", "options": ["info", "debug"]}, "value"),
        ("button", {"name": "Inclusion", "command_topic": "zwave/_CLIENTS/ZWAVE_GATEWAY-z/api/startInclusion/set"}, "press"),
        ("button", {"name": "x", "command_topic": "zwave/_CLIENTS/ZWAVE_GATEWAY-z/api/hardReset/set"}, "factory_reset"),
        ("button", {"name": "Go", "command_topic": "cmnd/plug/Restart"}, "restart"),
        ("button", {"name": "Go", "command_topic": "plug/cmnd/Upgrade"}, "update"),
        ("number", {"name": "Option", "command_topic": "cmnd/plug/SetOption19"}, "value"),
        ("switch", {"name": "Auto discovery", "command_topic": "home/OMG/commands/MQTTtoSYS/config"}, "value"),
        ("button", {"name": "Erase credentials", "command_topic": "home/OMG/commands/MQTTtoSYS/config"}, "factory_reset"),
        ("button", {"name": "Restart", "command_topic": "esp/button/restart/command"}, "restart"),
        ("button", {"name": "Safe Mode Boot"}, "restart"),
        ("button", {"name": "Go", "payload_press": '{"factory_reset":true}'}, "factory_reset"),
        ("button", {"device_class": "update"}, "update"),
        ("select", {"name": "Log level", "options": ["a"]}, "value"),
        ("text", {"name": "WiFi SSID"}, "value"),
        ("text", {"name": "Wi-Fi password"}, "value"),
        ("switch", {"name": "Bluetooth pairing"}, "value"),
        ("switch", {"name": "Firmware update"}, "value"),
    ],
)  # fmt: skip
def test_what_is_for_administrators(component: str, config: dict[str, Json], name: str) -> None:
    bench = announced(component, config)
    one = bench.affordance(name)
    assert bench.component.kind == "setting"
    assert (one.privilege, one.hazard) == (Privilege.ADMINISTER, Hazard.PROPERTY)
    assert bench.component.certain


@pytest.mark.parametrize(
    ("component", "config"),
    [
        ("select", {"name": "Restart status", "options": ["on", "off"]}),
        ("switch", {"name": "Automatic restart", "entity_category": "config"}),
        ("switch", {"name": "Child lock", "entity_category": "config"}),
        ("switch", {"name": "Reset consumption", "entity_category": "config"}),
        ("number", {"command_topic": "zigbee2mqtt/bridge_lamp/set/x"}),
    ],
)
def test_what_is_not(component: str, config: dict[str, Json]) -> None:
    assert announced(component, config).affordance("value").privilege is Privilege.MANAGE


def test_every_deed_has_words() -> None:
    for deed, phrases in DEEDS.items():
        assert all(phrases), deed


# -- settings ----------------------------------------------------------------------------------------------------------------


def test_a_number_that_is_reset() -> None:
    bench = announced("number", payload_reset="off")
    assert bench.says("c", "off") == {}
    assert bench.says("c", "5") == {"value": 5}
    assert bench.affordance("value").schema == {"type": "number", "minimum": 0, "maximum": 100}


def test_a_text_s_pattern() -> None:
    bench = announced("text", pattern="[a-f]{4}")
    assert bench.affordance("value").schema["pattern"] == "^(?:[a-f]{4})"
    wild = announced("text", pattern="(a+)+b")
    assert "pattern" not in wild.affordance("value").schema
    assert "pattern" in wild.candidate.problems[0]


def test_a_text_without_room() -> None:
    assert "min" in announced("text", min=9, max=2).candidate.problems[0]


@pytest.mark.parametrize(
    ("model", "proposal"),
    [
        ("Roller blind motor", ""),
        ("Rolltor", "garage"),
        ("Garage door opener", "garage"),
        ("Shutter actuator", ""),
    ],
)
def test_a_cover_s_model(model: str, proposal: str) -> None:
    device: Json = {"identifiers": ["d"], "name": "x", "model": model}
    assert found("cover", name=None, device=device) == ("blind", False, proposal)
