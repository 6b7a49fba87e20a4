"""`number`, `select`, `text`, `date`, `time` and `datetime`: what a device lets be set, of which nobody knows what it does.

Hazard 2 and privilege manage, until a person gives such a component a kind of its own. Source: ESPHome, "Number Component",
"Select Component", "Text Component", "Datetime Component".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Final, TypeVar

from aioesphomeapi.model import (
    DateState,
    DateTimeState,
    NumberState,
    SelectState,
    TextState,
    TimeState,
)

from capabilities.patterns import PatternError, compile_pattern
from capabilities.vocabulary import Json
from drivers.classes.units import canonical_spelling
from drivers.esphome.entities.entity import (
    SETTING_HAZARD,
    About,
    Builder,
    Entity,
    Get,
    Make,
    NotUnderstoodError,
)
from drivers.esphome.entities.names import deed_of, tidy
from drivers.esphome.entities.sensors import MAX_UNIT_CHARS
from drivers.esphome.entities.switch import setting_privilege
from drivers.esphome.entities.values import (
    MAX_TEXT_CHARS,
    UNKNOWN,
    Nothing,
    as_float,
    as_text,
    one_of,
    text,
)
from drivers.esphome.entities.values import number as number_of
from drivers.esphome.wire.messages import PB, Message

T = TypeVar("T")

MAX_OPTIONS: Final = 500
"""Of a select; the longest lists seen are radio stations."""


def number(about: About) -> Entity:
    """The step is for the slider of a display: devices take what lies between."""
    info = about.info
    low, high = number_of(info.min_value), number_of(info.max_value)
    schema: dict[str, Json] = {"type": "number"}
    if not isinstance(low, Nothing) and not isinstance(high, Nothing):
        if low > high:
            raise NotUnderstoodError("its least value is above its greatest")
        if low < high:
            schema |= {"minimum": low, "maximum": high}
    unit = canonical_spelling(tidy(info.unit_of_measurement, MAX_UNIT_CHARS))
    if unit:
        schema["unit"] = unit

    def get(state: NumberState) -> Json | Nothing:
        return UNKNOWN if state.missing_state else number_of(state.state)

    def make(value: Json) -> list[Message]:
        return [PB.NumberCommandRequest(key=info.key, device_id=info.device_id, state=as_float(value))]

    return _value(about, get, make, schema, recipe=[info.min_value, info.max_value], unit=unit or None)


def select(about: About) -> Entity:
    info = about.info
    options = list(dict.fromkeys(info.options))
    if not options or len(options) > MAX_OPTIONS:
        raise NotUnderstoodError(f"it has {len(options)} options; 1 to {MAX_OPTIONS} are possible")

    def get(state: SelectState) -> Json | Nothing:
        return UNKNOWN if state.missing_state or state.state not in options else state.state

    def make(value: Json) -> list[Message]:
        return [PB.SelectCommandRequest(key=info.key, device_id=info.device_id, state=one_of(value, options))]

    return _value(about, get, make, {"type": "string", "enum": list(options)}, recipe=list(options))


def free_text(about: About) -> Entity:
    """`mode: password` is for displays: every free text counts as sensitive here."""
    info = about.info
    longest = min(info.max_length, MAX_TEXT_CHARS) if info.max_length > 0 else MAX_TEXT_CHARS
    schema: dict[str, Json] = {"type": "string", "maxLength": longest}
    if 0 < info.min_length <= longest:
        schema["minLength"] = info.min_length
    pattern, refusal = f"^(?:{info.pattern})$", ""
    if info.pattern:
        try:
            compile_pattern(pattern)
            schema["pattern"] = pattern
        except PatternError as error:
            refusal = str(error)

    def get(state: TextState) -> Json | Nothing:
        return UNKNOWN if state.missing_state else text(state.state)

    def make(value: Json) -> list[Message]:
        return [PB.TextCommandRequest(key=info.key, device_id=info.device_id, state=as_text(value))]

    entity = _value(about, get, make, schema)
    if refusal:
        entity.problems.append(f"{about.key[:60]}: its pattern {refusal}: texts are not held to it")
    return entity


def day(about: About) -> Entity:
    info = about.info

    def get(state: DateState) -> Json | Nothing:
        try:
            return UNKNOWN if state.missing_state else date(state.year, state.month, state.day).isoformat()
        except (ValueError, OverflowError):
            return UNKNOWN

    def make(value: Json) -> list[Message]:
        wanted = _parsed(date.fromisoformat, value, "a date, like 2026-01-31")
        return [
            PB.DateCommandRequest(
                key=info.key, device_id=info.device_id, year=wanted.year, month=wanted.month, day=wanted.day
            )
        ]

    return _value(about, get, make, {"type": "string", "format": "date"})


def time_of_day(about: About) -> Entity:
    info = about.info

    def get(state: TimeState) -> Json | Nothing:
        try:
            return (
                UNKNOWN if state.missing_state else time(state.hour, state.minute, state.second).isoformat()
            )
        except (ValueError, OverflowError):
            return UNKNOWN

    def make(value: Json) -> list[Message]:
        wanted = _parsed(time.fromisoformat, value, "a time of day, like 06:30:00")
        return [
            PB.TimeCommandRequest(
                key=info.key, device_id=info.device_id, hour=wanted.hour, minute=wanted.minute, second=wanted.second
            )
        ]  # fmt: skip

    return _value(about, get, make, {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$"})


def moment(about: About) -> Entity:
    """In UTC: the device turns it into its own time zone."""
    info = about.info

    def get(state: DateTimeState) -> Json | Nothing:
        if state.missing_state:
            return UNKNOWN
        return datetime.fromtimestamp(state.epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def make(value: Json) -> list[Message]:
        wanted = _parsed(datetime.fromisoformat, value, "a moment, like 2026-01-31T06:30:00Z")
        if wanted.tzinfo is None or not 0 <= wanted.timestamp() < 2**32:
            raise ValueError(
                "should be a moment with its time zone, like 2026-01-31T06:30:00Z, from 1970 to 2106"
            )
        seconds = round(wanted.timestamp())
        return [PB.DateTimeCommandRequest(key=info.key, device_id=info.device_id, epoch_seconds=seconds)]

    return _value(about, get, make, {"type": "string", "format": "date-time"})


def _parsed(parse: Callable[[str], T], value: Json, wanted: str) -> T:
    try:
        return parse(as_text(value))
    except ValueError:
        raise ValueError(f"should be {wanted}") from None


def _value(
    about: About,
    get: Get,
    make: Make,
    schema: Mapping[str, Json],
    *,
    recipe: Json = "",
    unit: str | None = None,
) -> Entity:
    """A setting that has one value."""
    builder = Builder(about, "setting")
    privilege = setting_privilege(deed_of(about.info.name, about.device_class))
    builder.property(
        "value",
        get,
        make,
        recipe=recipe,
        schema=schema,
        unit=unit,
        hazard=SETTING_HAZARD,
        privilege=privilege,
    )
    return builder.build()
