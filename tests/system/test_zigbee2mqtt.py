"""48 real device models as Zigbee2MQTT announces them, on a real broker: each becomes a Thing, takes each command in the right
form, and tells its states in the right type.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.link import Account
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import Message, read_messages
from tests.drivers.mqtt_peer import Peer
from tests.system.announced import Way, states, ways
from tests.system.process import HearthProcess, eventually

SAMPLE = Path(__file__).parents[2] / "../shared/data/zigbee2mqtt-discovery-sample.jsonl"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of announcements is not here")

PATIENCE_S = 30.0

LAST = ("unlock", "lock", "close", "open", "stop")
"""Actions that mean little the other way round come in this order, after everything else."""


class Ears:
    """What reached the bridge: topic and payload of every command, by device."""

    def __init__(self, messages: list[Message]) -> None:
        self.told: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._grown = asyncio.Condition()
        self._names = {topic.split("/")[2]: _device(json.loads(payload)) for topic, payload in messages}

    @asynccontextmanager
    async def listening(self, peer: Peer) -> AsyncIterator[None]:
        await peer.subscribe("zigbee2mqtt/#")
        task = asyncio.create_task(self._listen(peer), name="ears")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def next(self, device: str, heard: int) -> list[tuple[str, str]]:
        """What came after the first `heard` messages, once there is something."""
        async with asyncio.timeout(PATIENCE_S), self._grown:
            await self._grown.wait_for(lambda: len(self.told[device]) > heard)
            return self.told[device][heard:]

    async def _listen(self, peer: Peer) -> None:
        while True:
            message = await peer.inbox.get()
            text = message.payload.decode()
            if "/bridge/request/" in message.topic:  # it names the device by its address
                device = self._names[json.loads(text)["id"]]
            elif re.search(r"/set(/|$)", message.topic):
                device = message.topic.split("/")[1]
            else:
                continue
            async with self._grown:
                self.told[device].append((message.topic, text))
                self._grown.notify_all()


@dataclass(frozen=True)
class Operation:
    """One writable property or action, the schema of its values (None: it takes none), and the outcomes that are right."""

    name: str
    is_action: bool
    capability: str
    title: str
    schema: dict[str, Any] | None
    outcomes: tuple[str, ...]


@pytest.mark.may_block("the loop is of this test alone, and takes in the documents of a whole house at once")
@pytest.mark.timeout(120)
async def test_commands_and_states(hearth: HearthProcess, broker: ManagedBroker) -> None:
    messages = read_messages(SAMPLE)
    user = broker.users[1]
    ears = Ears(messages)
    async with (
        Zigbee2Mqtt(messages, Account(broker.host, broker.port, user.name, user.password)) as bridge,
        Peer(broker.port, "ears", user.name, user.password) as peer,
        ears.listening(peer),
    ):
        for device in bridge.devices.values():
            # What a device says of one command must not arrive after the echo of the next: it would be the older state.
            device.reaction_seconds = 0.0
        await hearth.start()
        box = hearth.at_box()
        documents, problems = await _arrived(box, messages, bridge)
        async with asyncio.TaskGroup() as group:
            told = [group.create_task(_command_all(box, ears, one, messages)) for one in documents]
            group.create_task(_flood(peer, messages))
        problems += [line for task in told for line in task.result()]
        problems += [a.did for a in bridge.actuations.entries if a.did.startswith("nothing")]
        problems += [line for one in documents for line in await _wrong_states(box, one, messages, bridge)]
        assert not problems, "\n".join(problems)
        listed = await _get(box, "/things?view=summary")
        assert len(listed) == 48
        assert not [thing["id"] for thing in listed if thing["suspended"] or not thing["reachable"]]


async def _get(box: aiohttp.ClientSession, path: str) -> Any:
    async with box.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


def _device(config: dict[str, Any]) -> str:
    return str(config["device"]["name"])


def _path(document: dict[str, Any]) -> str:
    return f"/things/{document['id'].rpartition(':')[2]}"


def _own(document: dict[str, Any], messages: list[Message]) -> list[Message]:
    return [m for m in messages if _device(json.loads(m[1])) == document["title"]]


# ---------------------------------------------------------------- commands


async def _command_all(
    box: aiohttp.ClientSession, ears: Ears, document: dict[str, Any], messages: list[Message]
) -> list[str]:
    """Sends a value to everything that can be commanded, one after the other. Returns what was wrong."""
    device = document["title"]
    own = [way for topic, payload in _own(document, messages) for way in ways(topic, payload)]
    used: set[tuple[str, str]] = set()
    problems: list[str] = []
    for operation in _operations(document):
        present = (await _get(box, f"{_path(document)}/properties")).get(operation.name)
        value = _value(operation.schema, present) if operation.schema else None
        what = f"{device}.{operation.name} = {value!r}"
        heard = len(ears.told[device])
        result, reason = await _do(box, _path(document), operation, value)
        if result not in operation.outcomes:
            problems.append(f"{what}: {result} {reason} instead of {' or '.join(operation.outcomes)}")
        arrived = await ears.next(device, heard)
        fitting = [way for way in own if _fits(way, operation)]
        right = [way for way in fitting if len(arrived) == 1 and _is_right(way, value, *arrived[0])]
        if not right:
            problems.append(f"{what}: {arrived} is not for {[way.topic for way in fitting]}")
        used.update((way.entity, way.topic) for way in right[:1])
    unused = {(way.entity, way.topic) for way in own} - used
    return problems + [f"{entity}: nothing went to {topic}" for entity, topic in sorted(unused)]


def _fits(way: Way, operation: Operation) -> bool:
    if way.capability != operation.capability:
        return False
    return operation.capability != "setting.value" or way.title == operation.title


def _is_right(way: Way, value: Any, topic: str, payload: str) -> bool:
    try:
        return topic == way.topic and way.right(payload, value)
    except (ValueError, TypeError, KeyError):
        return False


async def _do(box: aiohttp.ClientSession, path: str, operation: Operation, value: Any) -> tuple[str, str]:
    if operation.is_action:
        body = {} if value is None else {"json": value}
        call = box.post(f"{path}/actions/{operation.name}", **body)
    else:
        call = box.put(f"{path}/properties/{operation.name}", json=value)
    async with call as answer:
        return answer.headers.get("Hearth-Outcome", ""), answer.headers.get("Hearth-Reason", "")


def _operations(document: dict[str, Any]) -> list[Operation]:
    found = []
    for name, schema in document["properties"].items():
        if not schema.get("readOnly"):
            outcome = "acknowledged" if schema.get("writeOnly") else "confirmed"
            capability = schema["hearth:capability"]
            found.append(Operation(name, False, capability, schema["title"], schema, (outcome,)))
    for name, action in document.get("actions", {}).items():
        outcomes = (
            ["confirmed"] if action.keys() & {"hearth:effect", "hearth:absolute", "hearth:parts"} else []
        )
        if not outcomes or name == "stop":
            outcomes.append("acknowledged")
        capability = f"{action['hearth:capability']}()"
        found.append(Operation(name, True, capability, action["title"], action.get("input"), tuple(outcomes)))
    return sorted(found, key=lambda o: LAST.index(o.name) if o.name in LAST else -1)


def _value(schema: dict[str, Any], present: Any = None) -> Any:
    """A valid value that is not the present one."""
    if "enum" in schema:
        return next((option for option in reversed(schema["enum"]) if option != present), present)
    match schema.get("type"):
        case "boolean":
            return present is not True
        case "object":
            members = schema["properties"]
            wanted = schema.get("required") or [name for name in ("on", "brightness") if name in members]
            before = present if isinstance(present, dict) else {"on": False, "brightness": 60}
            return {name: _value(members[name], before.get(name)) for name in wanted}
        case "string":
            return "x" * max(3, schema.get("minLength", 0))
        case "number" | "integer":
            low, high = schema.get("minimum", 0), schema.get("maximum", 100)
            step = schema.get("multipleOf", 1 if high - low >= 4 else 0.01)
            values = (low + round((high - low) * share / step) * step for share in (0.6, 0.4, 1, 0))
            value = next(value for value in values if value != present)
            return round(value, 4) if step % 1 else round(value)
        case other:
            raise AssertionError(f"a schema of type {other!r}")


# ---------------------------------------------------------------- states


async def _arrived(
    box: aiohttp.ClientSession, messages: list[Message], bridge: Zigbee2Mqtt
) -> tuple[list[dict[str, Any]], list[str]]:
    """All 48, with what is wrong with their states once nothing changes any more."""
    documents: list[dict[str, Any]] = []
    problems, before = ["nothing has come"], None
    with contextlib.suppress(TimeoutError):
        while problems:
            before = await eventually(
                box,
                "/things?view=summary",
                lambda things, seen=before: len(things) == 48 and things != seen,
                within=10,
            )
            documents = [await _get(box, f"/things/{thing['id']}") for thing in before]
            problems = [line for one in documents for line in await _wrong_states(box, one, messages, bridge)]
    return documents, problems


async def _wrong_states(
    box: aiohttp.ClientSession, document: dict[str, Any], messages: list[Message], bridge: Zigbee2Mqtt
) -> list[str]:
    """Every state fits the schema that is served, and is what the announcement makes of the bridge's state."""
    device, told = document["title"], await _get(box, f"{_path(document)}/properties")
    problems = []
    for name, value in told.items():
        schema = {
            key: item
            for key, item in document["properties"][name].items()
            if ":" not in key and key != "forms"
        }
        try:
            jsonschema.validate(value, schema)
        except jsonschema.ValidationError as error:
            problems.append(f"{device}.{name}: {value!r}: {error.message}")
    cache = bridge.devices[device].cache
    for topic, payload in _own(document, messages):
        for title, value in states(topic, payload, cache):
            fitting = {
                name: told[name] for name, schema in document["properties"].items()
                if name in told and title in schema["title"].lower()
            }  # fmt: skip
            if not any(seen == pytest.approx(value) if isinstance(value, float) else seen is value or seen == value
                       for seen in fitting.values()):  # fmt: skip
                problems.append(f"{topic}: {title!r} should be {value!r}, and is told as {fitting}")
    return problems


# ---------------------------------------------------------------- rubbish


async def _flood(peer: Peer, messages: list[Message]) -> None:
    """Everything is announced again in another order, with rubbish in between, while commands are under way."""
    rubbish: list[bytes] = [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1}', b'"text"', b"{" * 1000, b"x" * 70_000),
        *(b'{"command_topic":"#"}', b'{"state_topic":[7]}', b'{"device":[],"state_topic":"a"}'),
        b'{"state_topic":"a","value_template":"{% for i in range(9) %}{% endfor %}"}',
    ]
    for number, (topic, payload) in enumerate(reversed(messages)):
        await peer.publish(
            f"homeassistant/sensor/rubbish/{number % 50}/config", rubbish[number % len(rubbish)], retain=True
        )
        await peer.publish(topic, payload, retain=True)
