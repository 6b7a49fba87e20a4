"""The simulated Zigbee2MQTT on a real broker, seen by a plain MQTT client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.simulated.faults import parse_fault
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import Message, models, read_messages
from tests.drivers.simulated.conftest import Site

SAMPLE = Path(__file__).parents[3] / "../shared/data/zigbee2mqtt-discovery-sample.jsonl"


def config(component: str, name: str, key: str, **members: Any) -> Message:
    """One discovery message of the form that Zigbee2MQTT publishes."""
    topic = f"zigbee2mqtt/{name}"
    text = json.dumps(
        {"state_topic": topic, "unique_id": f"{name}_{key}", "device": {"name": name}, **members}
    )
    return f"homeassistant/{component}/0x{name}/{key}/config", text


MESSAGES = [
    config(
        "light",
        "bulb",
        "light",
        schema="json",
        brightness=True,
        supported_color_modes=["xy", "color_temp"],
        min_mireds=153,
        max_mireds=500,
        command_topic="zigbee2mqtt/bulb/set",
    ),
    config(
        "select",
        "bulb",
        "power_on",
        options=["off", "on"],
        command_topic="zigbee2mqtt/bulb/set/power_on",
        value_template='{{ value_json["power_on"] }}',
    ),
    config(
        "switch",
        "plug",
        "switch",
        payload_on="ON",
        payload_off="OFF",
        command_topic="zigbee2mqtt/plug/l1/set",
        value_template='{{ value_json["state_l1"] }}',
    ),
    config(
        "switch",
        "plug",
        "child_lock",
        payload_on="true",
        payload_off="false",
        command_topic="zigbee2mqtt/plug/set/child_lock",
        value_template='{% if value_json["child_lock"] %}true{% else %}false{% endif %}',
    ),
    config(
        "cover",
        "curtain",
        "cover",
        command_topic="zigbee2mqtt/curtain/set",
        position_topic="zigbee2mqtt/curtain",
        set_position_topic="zigbee2mqtt/curtain/set",
        position_template='{{ value_json["position"] }}',
        value_template='{{ value_json["state"] }}',
    ),
    config(
        "lock",
        "door",
        "lock",
        command_topic="zigbee2mqtt/door/set",
        value_template='{{ value_json["state"] }}',
    ),
    config(
        "sensor",
        "probe",
        "temperature",
        device_class="temperature",
        unit_of_measurement="°C",
        value_template='{{ value_json["temperature"] }}',
    ),
    config(
        "sensor",
        "probe",
        "battery",
        device_class="battery",
        unit_of_measurement="%",
        value_template='{{ value_json["battery"] }}',
    ),
]


def states(site: Site, name: str) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in site.gateway.on(f"zigbee2mqtt/{name}")]


async def shows(site: Site, name: str, **members: Any) -> None:
    await site.gateway.until(lambda _: any(members.items() <= state.items() for state in states(site, name)))


async def errors(site: Site, count: int = 1) -> list[str]:
    topic = "zigbee2mqtt/bridge/logging"
    await site.gateway.until(lambda _: len(site.gateway.on(topic)) >= count)
    entries = [json.loads(payload) for payload in site.gateway.on(topic)]
    assert all((entry["level"], entry["namespace"]) == ("error", "z2m") for entry in entries)
    return [entry["message"] for entry in entries]


async def test_it_announces_everything_retained_as_given(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt):
        await site.gateway.message("zigbee2mqtt/probe")
        for topic, payload in MESSAGES:
            assert site.gateway.on(topic) == [payload.encode()]
        assert site.gateway.on("zigbee2mqtt/bridge/state") == [b'{"state":"online"}']
        assert site.gateway.on("zigbee2mqtt/bulb/availability") == [b'{"state":"online"}']
        assert states(site, "probe") == [{"temperature": 21.5, "battery": 87, "linkquality": 120}]
    await site.gateway.message("zigbee2mqtt/bridge/state", '{"state":"offline"}')


async def test_set_echoes_at_once_and_the_device_reports_later(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        bulb = bridge.devices["bulb"]
        await site.gateway.publish("zigbee2mqtt/bulb/set", '{"state":"ON","brightness":120}')
        await site.gateway.until(lambda _: len(states(site, "bulb")) == 3)
        assert [(s["state"], s["brightness"]) for s in states(site, "bulb")] == [
            ("OFF", 200),
            ("ON", 120),
            ("ON", 120),
        ]
        assert (bulb.truth["state"], bulb.truth["brightness"]) == ("ON", 120)
        assert bridge.actuations.count("bulb") == 1


async def test_one_attribute_with_a_raw_value(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt):
        await site.gateway.publish("zigbee2mqtt/bulb/set/state", "ON")
        await shows(site, "bulb", state="ON")
        await site.gateway.publish("zigbee2mqtt/bulb/set/brightness", "33")
        await shows(site, "bulb", state="ON", brightness=33)
        await site.gateway.publish("zigbee2mqtt/bulb/set/power_on", "on")
        await shows(site, "bulb", power_on="on")
        await site.gateway.publish("zigbee2mqtt/plug/set/child_lock", "true")
        await shows(site, "plug", child_lock=True)


async def test_bare_states_toggle_and_endpoints(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt):
        await site.gateway.publish("zigbee2mqtt/bulb/set", "TOGGLE")
        await shows(site, "bulb", state="ON")
        await site.gateway.publish("zigbee2mqtt/plug/l1/set", "on")
        await shows(site, "plug", state_l1="ON")
        await site.gateway.publish("zigbee2mqtt/plug/set", '{"state_l1":"TOGGLE"}')
        await site.gateway.until(lambda _: states(site, "plug")[-1]["state_l1"] == "OFF")


async def test_colour_changes_the_colour_mode(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt):
        await site.gateway.publish("zigbee2mqtt/bulb/set", '{"color":{"x":0.2,"y":0.3}}')
        await shows(site, "bulb", color_mode="xy", color={"x": 0.2, "y": 0.3})
        await site.gateway.publish("zigbee2mqtt/bulb/set", '{"color_temp":300}')
        await shows(site, "bulb", color_mode="color_temp", color_temp=300)


async def test_a_cover_moves_and_is_not_believed_before(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        bridge.devices["curtain"].truth["position"] = 10
        await site.gateway.publish("zigbee2mqtt/curtain/set", '{"state":"CLOSE"}')
        await shows(site, "curtain", position=0, state="CLOSE")
        seen = [state["position"] for state in states(site, "curtain")]
        assert seen[1:] == sorted(seen[1:], reverse=True)
        assert 4 in seen


async def test_a_lock_tells_only_what_it_did(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        await site.gateway.publish("zigbee2mqtt/door/set", '{"state":"UNLOCK"}')
        await shows(site, "door", state="UNLOCK")
        assert [state["state"] for state in states(site, "door")] == ["LOCK", "UNLOCK"]
        assert "claim" not in bridge.actuations.entries[0].did


async def test_an_optimistic_lie_is_found_out_by_get(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        bulb = bridge.devices["bulb"]
        bulb.fault = parse_fault("optimistic:3600")
        await site.gateway.publish("zigbee2mqtt/bulb/set", '{"state":"ON"}')
        await shows(site, "bulb", state="ON")
        assert (bulb.cache["state"], bulb.truth["state"]) == ("ON", "OFF")
        await site.gateway.publish("zigbee2mqtt/bulb/get", '{"state":""}')
        await site.gateway.until(lambda _: states(site, "bulb")[-1]["state"] == "OFF")


async def test_what_nobody_can_convert_is_an_error(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        await site.gateway.publish("zigbee2mqtt/bulb/set", '{"colour":"red"}')
        assert await errors(site) == ["No converter available for 'colour' on 'bulb': (\"red\")"]
        await site.gateway.publish("zigbee2mqtt/bulb/set", '{"brightness":999}')
        assert (await errors(site, 2))[1].startswith("Publish 'set' 'brightness' to 'bulb' failed: 'Error: ")
        await site.gateway.publish("zigbee2mqtt/sofa/set", '{"state":"ON"}')
        assert (await errors(site, 3))[2] == "Entity 'sofa' is unknown"
        await site.gateway.publish("zigbee2mqtt/bulb/set", "hello")
        assert (await errors(site, 4))[3].startswith("Invalid message")
        await site.gateway.publish("zigbee2mqtt/probe/get", '{"temperature":""}')
        assert (await errors(site, 5))[4].startswith("No converter available for 'get' 'temperature'")
        assert bridge.devices["bulb"].received == 0


async def test_a_rejecting_device_is_told_in_the_log(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        bridge.devices["plug"].fault = parse_fault("rejecting")
        await site.gateway.publish("zigbee2mqtt/plug/l1/set", "ON")
        assert (await errors(site))[0].startswith("Publish 'set' 'state_l1' to 'plug' failed: 'Error: ")
        assert [state["state_l1"] for state in states(site, "plug")] == ["OFF"]


async def test_somebody_at_the_device(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES, site.zigbee2mqtt) as bridge:
        bridge.use(bridge.devices["door"], {"state": "UNLOCK"})
        await shows(site, "door", state="UNLOCK")
        assert not bridge.actuations.entries


async def test_states_are_retained_only_when_asked(site: Site) -> None:
    for count, retain in enumerate((False, True), 1):
        async with Zigbee2Mqtt(MESSAGES[:2], site.zigbee2mqtt, retain=retain):
            await site.gateway.until(lambda _, count=count: len(states(site, "bulb")) == count)  # type: ignore[misc]
            await site.gateway.subscribe("zigbee2mqtt/bulb")
            await site.gateway.publish("fence", str(retain))
            await site.gateway.message("fence", str(retain))
    kept = [m.topic for m in site.gateway.messages if m.retain]
    assert kept.count("zigbee2mqtt/bulb") == 1


async def test_the_birth_message_makes_it_tell_all(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES[:2], site.zigbee2mqtt, status_seconds=0):
        await site.gateway.publish("homeassistant/status", "online")
        await site.gateway.until(lambda _: len(states(site, "bulb")) == 2)


async def test_a_request_to_the_bridge_is_answered(site: Site) -> None:
    async with Zigbee2Mqtt(MESSAGES[:2], site.zigbee2mqtt):
        await site.gateway.publish("zigbee2mqtt/bridge/request/permit_join", '{"value":true}')
        answer = await site.gateway.message("zigbee2mqtt/bridge/response/permit_join")
        assert json.loads(answer.payload)["status"] == "error"


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of discovery messages is not here")
def test_the_sample_makes_plausible_devices() -> None:
    found = models(read_messages(SAMPLE))
    assert len(found) == 48
    assert sum(len(model.messages) for model in found.values()) == 603
    for model in found.values():
        state = model.initial()
        assert len(state) > 1, model.name
        for key in model.keys.values():
            if key.settable and key.shown and key.words and key.initial is not None:
                assert key.initial in key.words, (model.name, key)
            if key.minimum is not None and key.maximum is not None and isinstance(key.initial, int | float):
                assert key.minimum <= key.initial <= key.maximum, (model.name, key)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of discovery messages is not here")
async def test_the_whole_sample_on_the_broker(site: Site) -> None:
    async with Zigbee2Mqtt(read_messages(SAMPLE), site.zigbee2mqtt) as bridge:
        await site.gateway.until(
            lambda seen: {f"zigbee2mqtt/{name}" for name in bridge.devices} <= {m.topic for m in seen}
        )
        assert sum(m.topic.startswith("homeassistant/") for m in site.gateway.messages) == 603
        await site.gateway.publish("zigbee2mqtt/dev_365/2/set/occupied_heating_setpoint", "22.5")
        await shows(site, "dev_365", occupied_heating_setpoint_2=22.5)
