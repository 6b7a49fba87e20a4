"""Whatever value a command is given, it becomes messages that can be sent, or is refused with what it should be."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.esphome.entities.entity import About, Command
from drivers.esphome.entities.table import SORTS
from drivers.esphome.wire.messages import encode
from tests.drivers.esphome.node import PB

ENTITIES = (
    PB.ListEntitiesLightResponse(name="L", supported_color_modes=[35, 39, 51, 11], effects=["rainbow"]),
    PB.ListEntitiesCoverResponse(name="C", supports_position=True, supports_tilt=True, supports_stop=True),
    PB.ListEntitiesFanResponse(name="F", supports_speed=True, supported_speed_count=3, supported_preset_modes=["boost"]),
    PB.ListEntitiesClimateResponse(
        name="H", supported_modes=[0, 3], feature_flags=63, supported_presets=[1, 2], supported_custom_fan_modes=["turbo"],
        visual_min_temperature=10, visual_max_temperature=30,
    ),
    PB.ListEntitiesWaterHeaterResponse(name="W", supported_features=31, supported_modes=[0, 1]),
    PB.ListEntitiesLockResponse(name="D", requires_code=True, supports_open=True),
    PB.ListEntitiesAlarmControlPanelResponse(name="A", supported_features=63, requires_code=True),
    PB.ListEntitiesNumberResponse(name="N", min_value=0, max_value=10),
    PB.ListEntitiesSelectResponse(name="S", options=["a", "b"]),
    PB.ListEntitiesTextResponse(name="T", max_length=20),
    PB.ListEntitiesDateResponse(name="Y"),
    PB.ListEntitiesTimeResponse(name="M"),
    PB.ListEntitiesDateTimeResponse(name="Z"),
    PB.ListEntitiesSirenResponse(name="O", tones=["fire"], supports_volume=True, supports_duration=True),
    PB.ListEntitiesInfraredResponse(name="I", capabilities=3),
    PB.ListEntitiesMediaPlayerResponse(name="R", feature_flags=0xFFFFFF),
    PB.ListEntitiesServicesResponse(name="V", args=[{"name": "to", "type": sort} for sort in (2,)]),
)  # fmt: skip
NAMES = st.sampled_from([
    "on", "brightness", "color", "hue", "saturation", "white", "color_temperature", "transition", "flash", "code", "tone",
    "volume", "duration", "url", "timings", "carrier", "repeat_count", "to", "effect",
])  # fmt: skip
WORDS = st.sampled_from(
    [
        "a",
        "rainbow",
        "fire",
        "boost",
        "heat",
        "short",
        "2026-01-01",
        "06:30:00",
        "2026-01-01T00:00:00Z",
        "http://x",
    ]
)
SIMPLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.integers(0, 100)
)
VALUES = st.recursive(
    SIMPLE, lambda of: st.lists(of, max_size=4) | st.dictionaries(NAMES, of, max_size=4), max_leaves=8
)


def commands() -> list[Command]:
    found = []
    for message in ENTITIES:
        sort = SORTS[type(message)]
        entity = sort.describe(About(sort.listed(message), sort.name, 0, "", (1, 14), "place"))
        found += list(entity.commands.values())
    return found


COMMANDS = commands()


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_value_is_sent_or_refused(value: Json) -> None:
    for command in COMMANDS:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            for message in command.make(value):
                number, payload = encode(message)
                assert number > 0
                assert len(payload) < 65_536
