"""Recordings of single devices in tests: what a driver makes of one, as JSON, and recording through the running gateway."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, cast

import aiohttp
import orjson

from capabilities.readings import Contact, Observation, Occurrence, Report
from drivers.driver import Candidate
from drivers.recording.heard import HeardTape, Replayed, read

RECORDINGS: Final = Path(__file__).parents[1] / "recordings"


def replayed(tape: HeardTape) -> Replayed:
    """By the family that it is of."""
    return cast(Replayed, importlib.import_module(f"drivers.{tape.family}.replay").replayed(tape))


def shown(what: Replayed) -> dict[str, Any]:
    """All of it, as it stands in `*.expected.json`."""
    return {
        "candidates": [_plain(one) for one in what.candidates],
        "observations": [{"is": type(one).__name__, **_plain(one)} for one in what.observations],
    }


def described(candidate: Candidate) -> list[Any]:
    """Kinds, names and schemas: what does not depend on who the device is."""
    return [
        (
            one.kind,
            one.certain,
            [(of.name, of.role, of.schema, of.readable, of.writable) for of in one.affordances],
        )
        for one in candidate.components
    ]


def values(what: Iterable[Observation], *candidates: Candidate) -> dict[str, list[Any]]:
    """What each affordance said, in order: `0/temperature` → readings, without who said it and when."""
    names = {
        of.point: f"{at}/{of.name}"
        for candidate in candidates
        for at, one in enumerate(candidate.components)
        for of in one.affordances
    }
    found: dict[str, list[Any]] = {}
    for one in what:
        if isinstance(one, Report):
            reading = one.reading
            said: Any = (reading.value, reading.unit, reading.quality.value, one.evidence.value)
        elif isinstance(one, Occurrence):
            said = one.data
        else:
            continue
        found.setdefault(names[one.point], []).append(said)
    return found


def contacts(what: Iterable[Observation]) -> list[bool]:
    return [one.reachable for one in what if isinstance(one, Contact)]


async def recorded(client: aiohttp.ClientSession, path: str, seconds: int = 1) -> HeardTape:
    """`path` is `/recordings/…` or `/things/…/recording`."""
    async with client.get(f"{path}?seconds={seconds}") as answer:
        assert answer.status == 200, await answer.text()
        return read([line async for line in answer.content])


def recordings() -> Iterator[Path]:
    yield from sorted(RECORDINGS.glob("*/*.jsonl"))


def _plain(one: Candidate | Observation) -> dict[str, Any]:
    return cast("dict[str, Any]", orjson.loads(orjson.dumps(asdict(one), default=_listed)))


def _listed(one: object) -> object:
    if isinstance(one, frozenset):
        return sorted(one)
    raise TypeError
