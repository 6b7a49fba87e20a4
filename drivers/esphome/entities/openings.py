"""`cover` and `valve`. Source: ESPHome, "Cover Component", "Valve Component": positions from 0 (closed) to 1 (open)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aioesphomeapi.model import CoverOperation, CoverState, ValveOperation, ValveState

from capabilities.vocabulary import Hazard, Json
from drivers.esphome.entities.entity import About, Builder, Entity
from drivers.esphome.entities.names import GATES, words
from drivers.esphome.entities.values import Nothing, as_share, percent
from drivers.esphome.wire.messages import PB, Message

_KINDS: Final = {"garage": "garage", "door": "garage", "gate": "garage", "damper": "valve"}
"""Device classes of covers → kind; all others are blinds. A person, or a thief, walks through the first three; a damper lets
air into a fire or out of a room, so that open and closed can both be wrong, as with a valve.
"""

_MOVING: Final[dict[int, Json]] = {1: "opening", 2: "closing"}
"""`CoverOperation` and `ValveOperation` have the same numbers."""

_PERCENT: Final[dict[str, Json]] = {"type": "number", "minimum": 0, "maximum": 100, "unit": "%"}
"""In full, for the kinds whose models know no slats."""


def cover(about: About) -> Entity:
    info, device_class = about.info, about.device_class
    builder = Builder(about, _KINDS.get(device_class, "blind"))
    hazard = Hazard.PROPERTY if device_class == "window" else Hazard.COMFORT

    def order(**fields: Json) -> list[Message]:
        return [PB.CoverCommandRequest(key=info.key, device_id=info.device_id, **fields)]

    def to(value: Json) -> list[Message]:
        return order(has_position=True, position=as_share(value))

    def tilt_to(value: Json) -> list[Message]:
        return order(has_tilt=True, tilt=as_share(value))

    def tilt(state: CoverState) -> Json | Nothing:
        return percent(state.tilt)

    builder.property("state", _state)
    if info.supports_position:
        builder.property("position", _position, to, hazard=hazard)
    if info.supports_tilt:
        builder.property("tilt", tilt, tilt_to, schema=_PERCENT, hazard=hazard)
    builder.action("open", lambda _: to(100), hazard=hazard)
    builder.action("close", lambda _: to(0), hazard=hazard)
    if info.supports_stop:
        builder.action("stop", lambda _: order(stop=True))
    if info.supports_tilt and builder.kind == "blind":
        builder.action("open_tilt", lambda _: tilt_to(100), hazard=hazard)
        builder.action("close_tilt", lambda _: tilt_to(0), hazard=hazard)
        if info.supports_stop_tilt:
            builder.action("stop_tilt", lambda _: order(stop_tilt=True))
    proposal = "" if device_class else _proposed(about)
    return builder.build(certain=bool(device_class), proposal=proposal, assumed=info.assumed_state)


def valve(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "valve")

    def order(**fields: Json) -> list[Message]:
        return [PB.ValveCommandRequest(key=info.key, device_id=info.device_id, **fields)]

    def to(value: Json) -> list[Message]:
        return order(has_position=True, position=as_share(value))

    builder.property("state", _state)
    if info.supports_position:
        builder.property("position", _position, to)
    actions: dict[str, Callable[[Json], list[Message]]] = {
        "open": lambda _: to(100),
        "close": lambda _: to(0),
    }
    if info.supports_stop:
        actions["stop"] = lambda _: order(stop=True)
    for name, make in actions.items():
        builder.action(name, make)
    return builder.build(assumed=info.assumed_state)


def _position(state: Any) -> Json | Nothing:
    return percent(state.position)


def _state(state: CoverState | ValveState) -> Json | Nothing:
    """In between and at rest it stands: what is neither open nor closed has stopped."""
    operation: CoverOperation | ValveOperation | None = state.current_operation
    if operation is None:
        return "unknown"
    if operation in _MOVING:
        return _MOVING[operation]
    at = percent(state.position)
    if isinstance(at, Nothing):
        return "unknown"
    if at == 0:
        return "closed"
    return "open" if at == 100 else "stopped"


def _proposed(about: About) -> str:
    said = words(about.info.name) - {"cover", "state", "position"} or words(about.device)
    return "garage" if said & GATES else ""
