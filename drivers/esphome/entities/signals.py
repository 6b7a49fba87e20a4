"""`infrared` and `radio_frequency`: senders of remote controls' signals, and receivers. Source: ESPHome's api.proto, 1.16.

What a signal does to whatever takes it nobody knows here: sending is a setting, hazard 2.
"""

from __future__ import annotations

from typing import Any, Final

from aioesphomeapi.model import InfraredCapability

from capabilities.vocabulary import Json, Privilege
from drivers.esphome.entities.entity import SETTING_HAZARD, About, Builder, Entity
from drivers.esphome.entities.values import UNKNOWN, Nothing
from drivers.esphome.wire.messages import PB, Message

MAX_TIMINGS: Final = 1024
"""Of a signal; those of air conditioners have some 600."""

MAX_TIMING_US: Final = 1_000_000
_INFRARED_HZ: Final = 38_000


def infrared(about: About) -> Entity:
    return _signals(about, {"minimum": 0, "maximum": 1_000_000, "default": _INFRARED_HZ})


def radio_frequency(about: About) -> Entity:
    low, high = about.info.frequency_min, about.info.frequency_max
    carrier: dict[str, Json] = {"minimum": low, "maximum": high} if 0 < low <= high else {"minimum": 0}
    return _signals(about, {**carrier, "default": low} if low else carrier)


def _signals(about: About, carrier: dict[str, Json]) -> Entity:
    """Timings in microseconds, on and off in turn (off may be negative); the carrier in Hz."""
    info = about.info
    sends = bool(info.capabilities & InfraredCapability.TRANSMITTER)
    builder = Builder(about, "setting" if sends else "other")
    timings: dict[str, Json] = {
        "type": "array", "minItems": 1, "maxItems": MAX_TIMINGS,
        "items": {"type": "integer", "minimum": -MAX_TIMING_US, "maximum": MAX_TIMING_US},
    }  # fmt: skip
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {
            "timings": timings,
            "carrier": {"type": "integer", **carrier},
            "repeat_count": {"type": "integer", "minimum": 1, "maximum": 20, "default": 1},
        },
        "required": ["timings"],
    }
    if sends:
        builder.action(
            "send",
            _send(info, carrier.get("default", 0)),
            schema=schema,
            hazard=SETTING_HAZARD,
            privilege=Privilege.MANAGE,
        )
    if info.capabilities & InfraredCapability.RECEIVER:
        builder.event(
            "received" if sends else "occurred", _received, schema={"type": "object"} if sends else {}
        )
    return builder.build()


def _send(info: Any, usual: Json) -> Any:
    def make(value: Json) -> list[Message]:
        timings = value.get("timings") if isinstance(value, dict) else None
        if (
            not isinstance(value, dict)
            or not isinstance(timings, list)
            or not 0 < len(timings) <= MAX_TIMINGS
        ):
            raise ValueError(f"should have 1 to {MAX_TIMINGS} timings")
        carrier, repeats = value.get("carrier", usual), value.get("repeat_count", 1)
        whole = [one for one in (*timings, carrier, repeats) if type(one) is int]
        if len(whole) != len(timings) + 2 or max(map(abs, whole[:-2])) > MAX_TIMING_US:
            raise ValueError("should have whole numbers as timings, carrier and repeat_count")
        if not 0 <= whole[-2] < 2**32 or not 1 <= whole[-1] <= 20:
            raise ValueError("should have a carrier in Hz, and be sent 1 to 20 times")
        return [
            PB.InfraredRFTransmitRawTimingsRequest(
                key=info.key, device_id=info.device_id, carrier_frequency=whole[-2], repeat_count=whole[-1],
                timings=whole[:-2],
            )
        ]  # fmt: skip

    return make


def _received(told: Any) -> Json | Nothing:
    timings = [int(one) for one in told.timings[: MAX_TIMINGS + 1]]
    return {"timings": list(timings)} if 0 < len(timings) <= MAX_TIMINGS else UNKNOWN
