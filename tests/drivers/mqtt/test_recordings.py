"""Recordings, replayed through the whole driver on a real broker: what became of each stands in a golden file beside it.

HEARTH_UPDATE_GOLDEN=1 writes the golden files anew; read what changed before you commit it.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from capabilities.thing import Thing
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.mqtt.recording.tape import Tape, read
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_heard import Hearth
from tests.drivers.mqtt_peer import Peer

RECORDINGS = Path(__file__).with_name("recordings")
SHOWN = ("type", "unit", "minimum", "maximum", "enum", "readOnly")
OF_THE_SECOND = "its commands go to topic"
"""Which of two devices with one command topic hears this depends on the order in which a broker gives out what it keeps."""
TAPES = sorted(RECORDINGS.glob("*.jsonl"))


def test_there_are_recordings() -> None:
    assert len(TAPES) >= 2


@pytest.mark.parametrize("path", TAPES, ids=lambda path: path.stem)
async def test_a_recording_becomes_what_it_was(path: Path, tmp_path: Path) -> None:
    if not PROGRAM:
        pytest.skip("mosquitto is not installed")
    found = await replayed(tape(path), tmp_path)
    text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    changes = difflib.unified_diff(
        golden(path, text).splitlines(), text.splitlines(), "before", "now", lineterm=""
    )
    assert not (changed := "\n".join(changes)), f"HEARTH_UPDATE_GOLDEN=1 takes this over:\n{changed}"


def tape(path: Path) -> Tape:
    return read(path.read_bytes().splitlines())


def golden(path: Path, text: str) -> str:
    """What was found before."""
    file = path.with_suffix(".golden.json")
    if os.environ.get("HEARTH_UPDATE_GOLDEN"):
        file.write_text(text)
    return file.read_text()


async def replayed(recorded: Tape, directory: Path) -> dict[str, Any]:
    """What the driver makes of it: what was kept comes first, as from a broker; the rest once all is listened to."""
    assert recorded.discovery_prefix == "homeassistant"
    async with Mosquitto(directory, "max_queued_messages 0") as broker, Peer(broker.port) as peer:
        early = [
            message for message in recorded.messages if message.retained or message.topic.endswith("/config")
        ]
        for message in early:
            await peer.publish(message.topic, message.payload, retain=True)
        async with Hearth(broker.port, peer) as hearth:
            await hearth.settle()
            for message in recorded.messages:
                if message not in early:
                    await peer.publish(message.topic, message.payload)
            await hearth.hear_out()
            devices = [
                described(candidate, hearth)
                for id_, candidate in sorted(hearth.candidates.items())
                if not id_.startswith("barrier_")
            ]
            return {"devices": devices, "not understood": sorted(hearth.driver.problems())}


def described(candidate: Candidate, hearth: Hearth) -> dict[str, Any]:
    thing = hearth.things.get(candidate.id)
    return {
        "id": candidate.id, "title": candidate.title, "room": candidate.room,
        "maker": candidate.manufacturer, "model": candidate.model, "via": candidate.via,
        "identities": sorted(candidate.identities), "reachable": hearth.contacts.get(candidate.id),
        "problems": [line for line in candidate.problems if not line.startswith(OF_THE_SECOND)],
        "components": {
            component.key: {
                "kind": component.kind, "title": component.title, "certain": component.certain,
                "affordances": {
                    one.name: affordance(thing, one.point) | heard(hearth, one.point) for one in component.affordances
                },
            }
            for component in candidate.components
        },
    }  # fmt: skip


def affordance(thing: Thing | None, point: str) -> dict[str, Json]:
    """As the composed Thing has it: what it is, what it takes, who may use it."""
    assert thing is not None
    found: dict[str, Json] = {}
    for prop in thing.properties.values():
        if prop.point == point:
            documents = thing.document["properties"]
            assert isinstance(documents, dict)
            document = documents[prop.name]
            assert isinstance(document, dict)
            found = {key: document[key] for key in SHOWN if key in document}
    for operation in (*thing.writes.values(), *thing.actions.values()):
        if operation.point == point and operation.absolute is None:
            found |= {"privilege": operation.privilege.value, "hazard": int(operation.hazard)}
    return found


def heard(hearth: Hearth, point: str) -> dict[str, Json]:
    """What it said last."""
    said: dict[str, Json] = {}
    if point in hearth.reports:
        said["value"] = hearth.reports[point].reading.value
    if point in hearth.occurrences:
        said["events"] = list(hearth.occurrences[point])
    return said
