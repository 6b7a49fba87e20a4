"""What is announced in the comparison: the written cases, and the sample of real models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from capabilities.vocabulary import Json
from tests.peers.made_up_states import made_up

CASES: Final = Path(__file__).with_name("announcements")
SAMPLE: Final = Path(__file__).parents[2] / "../shared/data/zigbee2mqtt-discovery-sample.jsonl"
PREFIX: Final = "homeassistant"

Messages = dict[str, bytes]
"""topic → payload"""


@dataclass(frozen=True, slots=True)
class Part:
    """One entity of an announcement. `key` is where it was announced, `unique_id` what it says that it is."""

    key: str
    component: str
    unique_id: str
    config: dict[str, Json]

    @property
    def names(self) -> set[str]:
        """What Hearth may call its component, and its complaints about it."""
        named = {f"{self.component}/{self.unique_id}"} if self.unique_id else set()
        return {self.key, f"{PREFIX}/{self.key}/config", *named}


@dataclass(slots=True)
class Announced:
    """`kept` comes before the announcements, as a broker keeps it; `live` after everybody listens."""

    configs: Messages = field(default_factory=dict)
    kept: Messages = field(default_factory=dict)
    live: Messages = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        for topic, payload in self.configs.items():
            key = topic.removeprefix(f"{PREFIX}/").removesuffix("/config")
            config = json.loads(payload)
            if not key.startswith("device/"):
                yield Part(key, key.partition("/")[0], _unique_id(config), config)
                continue
            for name, part in (config.get("components") or config.get("cmps")).items():
                component = part.get("platform") or part.get("p")
                if len(part) > 1:
                    yield Part(f"{key}/{name}", component, _unique_id(part), part)


def written() -> Announced:
    """The cases of this folder."""
    found = Announced()
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            case = json.loads(line)
            found.configs[f"{PREFIX}/{case['topic']}/config"] = orjson.dumps(
                _identified(case["topic"], case["config"])
            )
            found.kept |= {topic: _payload(said) for topic, said in case.get("keeps", {}).items()}
            found.live |= {topic: _payload(said) for topic, said in case.get("says", {}).items()}
    return found


def sample() -> Announced:
    """The announcements of real models, each with a state that is made up."""
    found = Announced()
    objects: dict[str, dict[str, Json]] = {}
    for line in SAMPLE.read_bytes().splitlines():
        model = orjson.loads(line)
        found.configs |= {message["topic"]: message["payload"].encode() for message in model["messages"]}
    for part in found.parts():
        made_up(part.component, part.config, objects)
    found.kept = {topic: orjson.dumps(members) for topic, members in objects.items()}
    found.kept["zigbee2mqtt/bridge/state"] = b'{"state":"online"}'
    return found


def _unique_id(config: dict[str, Json]) -> str:
    return str(config.get("unique_id") or config.get("uniq_id") or "")


def _identified(topic: str, config: dict[str, Json]) -> dict[str, Json]:
    """With an identity and a device of its own, unless the case says otherwise (null: none)."""
    name = topic.replace("/", "_")
    if not topic.startswith("device/"):
        config.setdefault("unique_id", name)
        config.setdefault("device", {"identifiers": [name], "name": f"Device {name.replace('_', ' ')}"})
    return {
        key: value for key, value in config.items() if value is not None or key not in {"unique_id", "device"}
    }


def _payload(said: Json) -> bytes:
    return said.encode() if isinstance(said, str) else orjson.dumps(said)
