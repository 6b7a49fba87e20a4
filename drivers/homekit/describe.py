"""An accessory as a candidate: its services become components by a table, what is left stands by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import orjson

from capabilities.components import ComponentDescription
from capabilities.compose import ComposeError, compose
from drivers.driver import Candidate, Endpoint
from drivers.homekit.advert import Advert, line
from drivers.homekit.database import Accessory, Problems, Service
from drivers.homekit.names import service_name
from drivers.homekit.points import Point
from drivers.homekit.services import (
    buttons,
    climate,
    media,
    openings,
    security,
    sensors,
    switches,
    water,
)
from drivers.homekit.services.information import information, said
from drivers.homekit.services.light import lightbulb
from drivers.homekit.services.other import rest
from drivers.homekit.sketch import Sketch

NAME: Final = "homekit"


class Row(NamedTuple):
    """How a service becomes a component. What a relay feeds, and what a door is, only a person knows: not `certain`."""

    kind: str
    describe: Callable[[Sketch], None]
    certain: bool = True
    proposal: str = ""


SERVICES: Final[dict[str, Row]] = {
    "43": Row("light", lightbulb),
    "49": Row("switch", switches.switch, certain=False),
    "47": Row("outlet", switches.outlet),
    "40": Row("fan", switches.fan),
    "B7": Row("fan", switches.fan),
    "BB": Row("fan", switches.purifier),
    "41": Row("garage", openings.garage),
    "45": Row("lock", openings.lock),
    "8C": Row("blind", openings.covering),
    "8B": Row("blind", openings.window),
    "81": Row("garage", openings.window),
    "B9": Row("blind", openings.slat),
    "4A": Row("thermostat", climate.thermostat),
    "BC": Row("thermostat", climate.heater_cooler),
    "BD": Row("humidifier", climate.humidifier),
    "7E": Row("alarm", security.security_system),
    "D0": Row("valve", water.valve),
    "D7": Row("valve", water.valve),
    "CF": Row("switch", switches.active, certain=False, proposal="valve"),
    "8A": Row("temperature", sensors.temperature),
    "82": Row("humidity", sensors.humidity),
    "84": Row("illuminance", sensors.light),
    "85": Row("occupancy", sensors.motion),
    "86": Row("occupancy", sensors.occupancy),
    "80": Row("contact", sensors.contact),
    "83": Row("leak", sensors.leak),
    "87": Row("smoke", sensors.smoke),
    "7F": Row("co", sensors.carbon_monoxide),
    "97": Row("air", sensors.air),
    "8D": Row("air", sensors.air),
    "96": Row("battery", sensors.battery),
    "89": Row("button", buttons.button),
    "121": Row("button", buttons.doorbell),
    "D8": Row("media", media.television),
    "113": Row("media", media.speaker),
    "228": Row("media", media.speaker),
    "3E": Row("setting", information),
}
"""Service type → kind. Without a row: `setting` where something can be written, `other` where not."""

_SKIPPED: Final = frozenset({"A2", "55", "CC", media.INPUT_SOURCE})
"""About the protocol itself, and what is told elsewhere: labels of buttons, inputs of a television."""

_CAMERA: Final = "110"
_LOW_BATTERY: Final = "79"
_BATTERY: Final = "96"
_MAC: Final = re.compile(r"[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}")
_NO_SERIALS: Final = frozenset(
    {"default", "default-serialnumber", "serial", "unknown", "none", "n/a", "serialnumber"}
)
MIN_SERIAL_CHARACTERS: Final = 6
"""A shorter one ("1", "0001") is likely somebody else's too."""


@dataclass(frozen=True, slots=True)
class Described:
    """`telling` are the characteristics that the accessory tells by itself."""

    candidate: Candidate
    points: tuple[Point, ...]
    telling: frozenset[int]


def device_id(hub: str, aid: int) -> str:
    """The accessory's own id for the first one; one behind a bridge has its number behind it."""
    return hub if aid == 1 else f"{hub}:{aid}"


def describe(hub: str, accessory: Accessory, advert: Advert | None, also: tuple[str, ...] = ()) -> Described:
    """`also` are problems of the bridge as a whole."""
    device = device_id(hub, accessory.aid)
    about = accessory.information
    name = said(about, "23")
    problems = Problems(lines=[*also, *accessory.problems])
    components: list[ComponentDescription] = []
    points: list[Point] = []
    for service in accessory.services:
        for sketch in _sketches(device, accessory, service, name):
            component = sketch.build()
            wrong = _contradiction(component)
            if wrong:
                problems.add(f"{component.title or component.kind} is left out: it {wrong}")
                continue
            components.append(component)
            points += sketch.finished_points()
        if service.type == _CAMERA:
            problems.add("its camera's pictures and sound are not fetched")
    candidate = Candidate(
        NAME, device, endpoint(advert), name or (advert.name if advert and accessory.aid == 1 else device),
        tuple(components), _fingerprint(components), said(about, "20"), said(about, "21"), _identities(about),
        via="" if accessory.aid == 1 else hub, problems=problems.told(),
    )  # fmt: skip
    return Described(candidate, tuple(points), frozenset(one.iid for one in accessory.each() if one.tells))


def endpoint(advert: Advert | None) -> Endpoint:
    if advert is None:
        return Endpoint(NAME, "")
    host = advert.addresses[0]
    return Endpoint(NAME, f"[{host}]:{advert.port}" if ":" in host else f"{host}:{advert.port}")


def _sketches(device: str, accessory: Accessory, service: Service, name: str) -> list[Sketch]:
    if service.type in _SKIPPED or service.hidden:
        return []
    row = SERVICES.get(service.type)
    if row is None:
        changes = any(one.writable for one in service.characteristics)
        row = Row("setting" if changes else "other", lambda _: None)
    main = Sketch(device, accessory, service, row.kind, certain=row.certain)
    main.title, main.proposal = _title(service, name), row.proposal
    row.describe(main)
    parts = [Sketch(device, accessory, service, "power", part="energy")]
    parts[0].title = main.title
    sensors.energy(parts[0])
    if service.get(_LOW_BATTERY) is not None and not any(one.type == _BATTERY for one in accessory.services):
        parts.append(Sketch(device, accessory, service, "battery", part="battery"))
        sensors.low_battery(parts[-1])
    for part in parts:
        main.used |= part.used
    if service.type != "3E":
        rest(main)
    return [sketch for sketch in (main, *parts) if sketch]


def _title(service: Service, name: str) -> str:
    """Of its own; "" where it is called as its accessory is."""
    own = line(service.text("E3") or service.text("23"))
    if own and own.casefold() != name.casefold() and service.type != "3E":
        return own
    return "" if service.type in SERVICES else service_name(service.type)


def _contradiction(component: ComponentDescription) -> str:
    """Why nobody could adopt it: then it alone is left out, and not the whole accessory."""
    try:
        compose("accessory", "", [component], {component.key: ""})
    except ComposeError as error:
        return str(error)[:160]
    return ""


def _fingerprint(components: list[ComponentDescription]) -> str:
    parts = sorted([one.key, one.fingerprint] for one in components)
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]


def _identities(about: Service | None) -> frozenset[str]:
    serial = said(about, "30").lower()
    if _MAC.fullmatch(serial):
        digits = re.sub("[:-]", "", serial)
        return frozenset({"mac:" + ":".join(digits[at : at + 2] for at in range(0, 12, 2))})
    if len(serial) < MIN_SERIAL_CHARACTERS or serial in _NO_SERIALS or len(set(serial)) < 3:
        return frozenset()
    return frozenset({f"serial:{serial}"})
