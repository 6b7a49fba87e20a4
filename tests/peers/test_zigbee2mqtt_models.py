"""Every device model that a real Zigbee2MQTT knows: what it announces, what we make of it, and values that go there and back.

The radio and the devices behind it are simulated (zigbee2mqtt/radio.cjs says what that means); all else is the real program.
Round trips of all models over MQTT take some minutes: `python -m tests.peers.zigbee2mqtt.all_models`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import pytest_asyncio

from drivers.mqtt.device import Device
from drivers.mqtt.discovery import Discovery
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_peer import Peer
from tests.peers.bridge_rounds import BridgeRounds, Round
from tests.peers.rounds import ObedientBridge, Reader, same, thing_of, values_for, writables
from tests.peers.zigbee2mqtt_peer import Model, RealZigbee2Mqtt

pytestmark = [pytest.mark.peers, pytest.mark.skipif(not PROGRAM, reason="mosquitto is not installed")]

LEFT_OUT = {
    "Imhotep Creation BRI4P": "with it Zigbee2MQTT announces nothing at all",
    "ELKO EKO01825": "another definition comes first for each of its identities",
    "ShinaSystem CSM-300ZB_V2": "another definition comes first for each of its identities",
}
MODELS = 4475
MESSAGES = 34_048
"""Of Zigbee2MQTT 2.14.1, without those of the bridge itself."""

REFUSED: dict[str, str] = {}
"""Announcements that become no component: a pattern of the reason, and why that is right."""

NOT_WRITTEN = {
    "AduroSmart 81949": "a select with the option 'null', which is no text in JSON",
    "IKEA E2007": "the fan's speed is a text in the state, a number in the command",
}
"""Models of which a value does not come back even from a bridge that takes every command at its word."""

TOLD_ONLY = {("fan.preset", "none"): "it says that no preset is chosen, and nobody can ask for that"}
"""Values that a property can have and not be given."""

EVERY_NTH = 16
"""Of all models, for the round trips over MQTT: 280 of them."""

TOLD_OTHERWISE = {
    (
        "TS110E",
        "light.brightness",
        0,
    ): "its converter takes a brightness for a lamp that is off, and says off all the same",
}
"""Models (how their names begin), capabilities, and what is told whatever was written."""

OF_BRIDGE = {"ok", "refused", "silent", "skipped"}
"""How a round trip may end without our doing: some converters refuse, or tell no state."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def announced(
    node: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Model, list[tuple[str, bytes]]]]:
    """By the device's identifier: its model, and what the real Zigbee2MQTT announces of it."""
    folder = tmp_path_factory.mktemp("all-models")
    async with Mosquitto(folder) as broker, Peer(broker.port) as peer:
        await peer.subscribe("homeassistant/#", qos=0)
        async with RealZigbee2Mqtt(folder, broker.port) as bridge:
            await bridge.announced()
            await peer.settle()
            assert {f"{v} {m}" for v, m, _ in bridge.left_out} == set(LEFT_OUT)
            by_ieee = {model.ieee: (model, list[tuple[str, bytes]]()) for model in bridge.models}
    while not peer.inbox.empty():
        message = peer.inbox.get_nowait()
        ieee = message.topic.split("/")[2]
        if ieee in by_ieee:
            by_ieee[ieee][1].append((message.topic, message.payload))
    return {f"zigbee2mqtt_{ieee}": both for ieee, both in by_ieee.items()}


@pytest.fixture(scope="module")
def devices(announced: dict[str, tuple[Model, list[tuple[str, bytes]]]]) -> dict[str, Device]:
    """By the device's identifier: what we make of it."""
    found: dict[str, Device] = {}
    for id_, (_, messages) in announced.items():
        discovery = Discovery("homeassistant")
        for topic, payload in messages:
            discovery.feed(topic, payload)
        assert not discovery.ignored
        (found[id_],) = discovery.take_changed()
    return found


Announced = dict[str, tuple[Model, list[tuple[str, bytes]]]]


def test_all_models_are_announced(announced: Announced) -> None:
    assert len(announced) == MODELS
    assert all(messages for _, messages in announced.values())
    assert sum(len(messages) for _, messages in announced.values()) == MESSAGES


def test_every_message_is_a_component_or_a_named_problem(
    announced: Announced, devices: dict[str, Device]
) -> None:
    unexplained, mapped = Counter[str](), 0
    for id_, device in devices.items():
        assert len(device.entities) + len(device.refused) == len(announced[id_][1])
        mapped += sum(entity.component is not None for entity in device.entities.values())
        unexplained.update(r for r in device.refused.values() if not any(re.search(p, r) for p in REFUSED))
        said = "\n".join(problem for entity in device.entities.values() for problem in entity.problems)
        assert "template" not in said, f"{announced[id_][0]}: {said}"
    assert not unexplained
    assert mapped == MESSAGES


def test_every_model_composes_to_a_thing(devices: dict[str, Device]) -> None:
    for device in devices.values():
        candidate = device.describe("mqtt")
        thing = thing_of(candidate)
        assert thing.properties or thing.actions or thing.events
        assert len(candidate.components) == len(device.entities)


def test_values_go_there_and_back_through_the_templates(
    announced: Announced, devices: dict[str, Device]
) -> None:
    """With a bridge that takes every command at its word."""
    lost: dict[str, list[str]] = defaultdict(list)
    tried = 0
    for id_, device in devices.items():
        model, reader, bridge = announced[id_][0], Reader(device), ObedientBridge()
        commands, topics = (
            dict(device.commands()),
            {source.point: source.topic for source in device.sources()},
        )
        for writable in writables(thing_of(device.describe("mqtt"))):
            topic = topics.get(writable.point)
            for value in values_for(writable.schema) if topic else ():
                tried += 1
                try:
                    state = bridge.told(topic or "", commands[writable.point].messages(value))
                    told = reader.says(topic or "", state).get(writable.point)
                except ValueError as error:
                    told = f"cannot be sent: {error}"
                known = (writable.capability, value) in TOLD_ONLY if isinstance(value, str) else False
                if not known and not same(value, told, step=0.51):
                    lost[f"{model.vendor} {model.model}"].append(
                        f"{writable.point}: {value!r} became {told!r}"
                    )
    assert {name: lines for name, lines in lost.items() if name not in NOT_WRITTEN} == {}
    assert tried > 60_000


async def test_values_go_there_and_back_through_the_bridge(
    node: str, tmp_path: Path, announced: Announced
) -> None:
    """Through our driver, the broker, Zigbee2MQTT's converters, a frame to the device, and the state that it tells."""
    chosen = [(m.vendor, m.model) for m, _ in list(announced.values())[::EVERY_NTH]]
    async with (
        Mosquitto(tmp_path) as broker,
        RealZigbee2Mqtt(tmp_path, broker.port, models=chosen) as bridge,
    ):
        await bridge.announced()
        models = {f"zigbee2mqtt_{model.ieee}": model for model in bridge.models}
        async with BridgeRounds(broker.port) as rounds:
            await rounds.found(models)
            done = await rounds.all_of(models)
    wrong = [
        explained(models[r.device], r)
        for r in done
        if r.result not in OF_BRIDGE and not expected(models[r.device], r)
    ]
    count = Counter(r.result for r in done)
    assert not wrong, "\n".join(wrong)
    assert count["ok"] > 0.9 * (count.total() - count["skipped"]), count


def expected(model: Model, r: Round) -> bool:
    if r.result == "unsendable":
        return isinstance(r.sent, str) and (r.capability, r.sent) in TOLD_ONLY
    return any(
        model.model.startswith(begin) and (r.capability, r.told) == (capability, told)
        for begin, capability, told in TOLD_OTHERWISE
    )


def explained(model: Model, r: Round) -> str:
    return f"{model.vendor} {model.model}: {r.point}: sent {r.sent!r}, {r.result}: {r.told!r}"
