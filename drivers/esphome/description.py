"""A device as a `Candidate`, and what is needed to read and command it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aioesphomeapi.model import DeviceInfo

from capabilities.components import ComponentDescription
from capabilities.compose import ComposeError, compose
from drivers.driver import Candidate, Endpoint
from drivers.esphome.entities.entity import About, Command, Entity, NotUnderstoodError
from drivers.esphome.entities.names import tidy
from drivers.esphome.entities.table import SIGNALS, SORTS
from drivers.esphome.listing import Listing
from drivers.esphome.wire.messages import PB
from drivers.turns import at_once, in_turns

DRIVER: Final = "esphome"
MAX_PROBLEMS: Final = 50
ENTITIES_A_TURN: Final = 10
"""Described before others get their turn: some milliseconds."""

_MAC: Final = re.compile(r"[0-9a-f]{12}")

Route = tuple[Callable[[Any], Any], Entity]
"""How a state is made of its message, and whose it is."""


@dataclass(frozen=True, slots=True)
class Described:
    """`routes` are by message type, sub-device and number; `commands` by point."""

    candidate: Candidate
    routes: Mapping[tuple[Any, int, int], Route]
    commands: Mapping[str, Command]
    points: frozenset[str]
    cameras: Mapping[int, Entity]


def place_of(mac: str) -> str:
    """A MAC address in whatever spelling → `aa:bb:cc:dd:ee:ff`; "" for what is none."""
    digits = mac.replace(":", "").replace("-", "").lower()
    if not _MAC.fullmatch(digits) or digits == "0" * 12:
        return ""
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


async def described(place: str, endpoint: Endpoint, listing: Listing) -> Described:
    """Raises nothing: what is not understood is a problem of the candidate's. Others have their turn meanwhile."""
    return await in_turns(_steps(place, endpoint, listing))


def described_at_once(place: str, endpoint: Endpoint, listing: Listing) -> Described:
    """As `described`, where nobody else waits for a turn."""
    return at_once(_steps(place, endpoint, listing))


def _steps(place: str, endpoint: Endpoint, listing: Listing) -> Generator[None, None, Described]:
    """Comes to rest where others may have their turn."""
    info = listing.device
    subs = {sub.device_id: tidy(sub.name) for sub in info.devices}
    problems = list(listing.problems)
    routes: dict[tuple[Any, int, int], Route] = {}
    cameras: dict[int, Entity] = {}
    components: dict[str, ComponentDescription] = {}
    commands: dict[str, Command] = {}
    points: set[str] = set()
    for place_in_list, message in enumerate(listing.entities):
        if place_in_list % ENTITIES_A_TURN == ENTITIES_A_TURN - 1:
            yield
        sort = SORTS[type(message)]
        number, sub = int(message.key), int(getattr(message, "device_id", 0))
        about = About(sort.listed(message), sort.name, sub, subs.get(sub, ""), listing.api, place)
        try:
            entity = sort.describe(about)
            compose(
                place, "", (entity.component,), {entity.component.key: ""}
            )  # raises for what can be no part of a Thing
        except (NotUnderstoodError, ComposeError) as error:
            problems.append(f"{about.key[:60]}: {error}")
            continue
        except Exception as error:  # a device says what it likes: one entity must not cost the others
            problems.append(f"{about.key[:60]}: it makes no sense here ({type(error).__name__})")
            continue
        if entity.component.key in components:
            problems.append(f"{about.key[:60]}: listed twice; the first counts")
            continue
        components[entity.component.key] = entity.component
        commands |= entity.commands
        points |= {one.point for one in entity.component.affordances}
        problems += entity.problems
        if sort.state is not None:
            routes[sort.state, sub, number] = (sort.told, entity)
        elif sort.name in SIGNALS:
            routes[PB.InfraredRFReceiveEvent, sub, number] = (sort.told, entity)
        elif sort.name == "camera":
            cameras[number] = entity
    candidate = _candidate(place, endpoint, info, tuple(components.values()), problems)
    return Described(candidate, routes, commands, frozenset(points), cameras)


def _candidate(
    place: str,
    endpoint: Endpoint,
    info: DeviceInfo,
    components: tuple[ComponentDescription, ...],
    problems: list[str],
) -> Candidate:
    maker, _, product = tidy(info.project_name).partition(".")
    if info.api_encryption_provisionable:
        problems.append(
            "it could encrypt and has no key: whoever is in its network can give it one, and command it"
        )
    return Candidate(
        driver=DRIVER,
        id=place,
        endpoint=endpoint,
        title=tidy(info.friendly_name) or tidy(info.name) or place,
        components=components,
        fingerprint=_fingerprint(components),
        manufacturer=maker if product else tidy(info.manufacturer),
        model=product or tidy(info.model),
        identities=frozenset({f"mac:{place}"}),
        problems=_shortened(problems),
        room=tidy(info.area.name) or tidy(info.suggested_area),
    )


def _fingerprint(components: tuple[ComponentDescription, ...]) -> str:
    parts = sorted([one.key, one.kind, one.fingerprint] for one in components)
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]


def _shortened(problems: list[str]) -> tuple[str, ...]:
    lines = [tidy(line, 300) for line in problems]
    if len(lines) > MAX_PROBLEMS:
        lines = [*lines[: MAX_PROBLEMS - 1], f"and {len(lines) - MAX_PROBLEMS + 1} more"]
    return tuple(lines)
