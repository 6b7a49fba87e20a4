"""Every device model that Zigbee2MQTT knows, through our driver: `python -m tests.peers.zigbee2mqtt.all_models [--help]`.

Prints a table: models, messages, what was mapped and reported, and how the round trips of all writable properties ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.drivers.mosquitto import Mosquitto
from tests.peers.bridge_rounds import BridgeRounds, Round
from tests.peers.zigbee2mqtt_peer import Model, RealZigbee2Mqtt

DEFINITIONS = 4478
"""Of zigbee-herdsman-converters as pinned: the last slice ends here or later."""


async def one_slice(first: int, last: int) -> tuple[dict[str, Model], list[Round], int, int]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Mosquitto(Path(folder)) as broker,
            RealZigbee2Mqtt(Path(folder), broker.port, first=first, last=last) as bridge,
        ):
            await bridge.announced()
            models = {f"zigbee2mqtt_{model.ieee}": model for model in bridge.models}
            async with BridgeRounds(broker.port) as rounds:
                await rounds.found(models)
                done = await rounds.all_of(models)
                components = sum(len(rounds.candidates[id_].components) for id_ in models)
                problems = sum(len(rounds.candidates[id_].problems) for id_ in models)
            return models, done, components, problems


def table(models: dict[str, Model], rounds: Iterable[Round]) -> list[str]:
    """How rounds ended, by capability; then what did not end well, by reason, most models first."""
    rounds = list(rounds)
    by_capability: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[tuple[str, str, str], list[Round]] = defaultdict(list)
    for r in rounds:
        by_capability[r.capability][r.result] += 1
        if r.result not in ("ok", "skipped"):
            reasons[(r.result, r.capability, member(r))].append(r)
    columns = ("ok", "refused", "silent", "wrong", "unsendable", "skipped")
    lines = [f"{'capability':28}" + "".join(f"{c:>11}" for c in columns)]
    total: Counter[str] = Counter()
    for capability, count in sorted(by_capability.items(), key=lambda item: -sum(item[1].values())):
        lines.append(f"{capability:28}" + "".join(f"{count[c]:>11}" for c in columns))
        total += count
    lines.append(f"{'all':28}" + "".join(f"{total[c]:>11}" for c in columns))
    for (result, capability, what), some in sorted(
        reasons.items(), key=lambda item: -len({r.device for r in item[1]})
    ):
        example = models[some[0].device]
        devices = len({r.device for r in some})
        lines.append(
            f"{devices:5} models {len(some):6} values  {result:10} {capability} {what} | {example.vendor} {example.model}: "
            f"sent {json.dumps(some[0].sent)}, {json.dumps(some[0].told)}"
        )
    return lines


def member(r: Round) -> str:
    """What of the device it is: `0x…_effect_zigbee2mqtt#value` -> `effect`."""
    return r.point.partition("#")[0].rpartition("/")[2].removesuffix("_zigbee2mqtt").partition("_")[2]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int, default=DEFINITIONS)
    parser.add_argument("--slice", type=int, default=500, help="models in one network")
    parser.add_argument("--jsonl", type=Path, help="add every round that did not end well to this file")
    wish = parser.parse_args()
    models: dict[str, Model] = {}
    rounds: list[Round] = []
    mapped = reported = 0
    for first in range(wish.first, wish.last + 1, wish.slice):
        found, done, components, problems = asyncio.run(
            one_slice(first, min(first + wish.slice - 1, wish.last))
        )
        models |= found
        rounds += done
        mapped, reported = mapped + components, reported + problems
        if wish.jsonl:
            keep(wish.jsonl, models, done)
        say(f"up to {first + wish.slice - 1}: {dict(Counter(r.result for r in done))}")
    say(f"{len(models)} models, {mapped} components, {reported} problems")
    say("\n".join(table(models, rounds)))


def keep(file: Path, models: dict[str, Model], rounds: Iterable[Round]) -> None:
    with file.open("a") as lines:
        for r in rounds:
            if r.result not in ("ok", "skipped"):
                lines.write(json.dumps(asdict(r) | {"model": models[r.device].model}) + "\n")


if __name__ == "__main__":
    main()
