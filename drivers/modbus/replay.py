"""What the driver makes of a recording of one unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import ValidationError

from capabilities.readings import Observation, Reading, Report
from capabilities.vocabulary import Json, Quality
from drivers.driver import Candidate, Endpoint
from drivers.modbus import describing, recorded
from drivers.modbus.answers import NO_SERIAL_NUMBERS, Said, id_of, means_refusal, said
from drivers.modbus.blocks import Point, blocks_of, points_of
from drivers.modbus.profile import MAX_BITS_PER_READ, ProfileTable
from drivers.modbus.profiles import ProfileError, Profiles
from drivers.recording.heard import Heard, HeardError, HeardTape, Replayed
from drivers.recording.members import members, messages_of, octets, text, told_with, whole

PLACE: Final = "recording/1"
"""The unit's place, where it has no serial number."""

MAX_EXCEPTION: Final = 255
MAX_POLL_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the messages until now said of the unit."""

    profile: ProfileTable
    poll_s: float | None
    serial: str = ""

    @property
    def device(self) -> str:
        return id_of(self.profile, self.serial) if self.serial else PLACE

    def candidate(self) -> Candidate:
        endpoint = Endpoint(describing.FAMILY, PLACE)
        return describing.candidate(self.device, self.profile, endpoint=endpoint, serial_number=self.serial)


def replayed(tape: HeardTape) -> Replayed:
    """Raises `HeardError`."""
    unit: Recorded | None = None
    told: list[Observation] = []
    for number, one in messages_of(tape, describing.FAMILY):
        with told_with(number, one):
            if one.kind == recorded.PROFILE:
                unit = Recorded(_profile(one.data), _poll_s(one.data))
            elif one.kind in {recorded.IDENTITY, recorded.READ, recorded.ASKED}:
                if unit is None:
                    raise ValueError("the profile should come first")
                if one.kind == recorded.IDENTITY:
                    unit = replace(unit, serial=_serial(one.data))
                else:
                    told += _reports(unit, one)
    if unit is None:
        raise HeardError("the recording does not say which profile the unit has")
    return Replayed((unit.candidate(),), tuple(told))


def _serial(data: Json) -> str:
    serial = text(data, "serial_number")
    return "" if serial in NO_SERIAL_NUMBERS else serial


def _poll_s(data: Json) -> float | None:
    found = members(data).get("poll_s")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found <= MAX_POLL_S:
        raise ValueError("poll_s should be a number of seconds")
    return float(found)


def _profile(data: Json) -> ProfileTable:
    device = members(data).get("device")
    model = text(device, "model")
    layout = members(data).get("layout")
    try:
        if layout is None:
            return Profiles().get(model)
        document: dict[str, Any] = dict(members(_plain(layout)))
        document |= {
            "name": "recorded", "title": model, "sources": ["a recording"],
            "manufacturer": text(device, "manufacturer"), "model": model,
        }  # fmt: skip
        return ProfileTable.model_validate(document)
    except ProfileError as error:
        raise ValueError(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"layout: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


_NAMES: Final = {short: name for name, short in recorded.RENAMED.items()}


def _plain(value: Json, name: str = "") -> Json:
    """What `recorded.profile` wrote, as it was."""
    if isinstance(value, dict):
        return {_NAMES.get(key, key): _plain(item, _NAMES.get(key, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, name) for item in value]
    words = recorded.CODED.get(name, ())
    return words[value] if type(value) is int and 0 <= value < len(words) else value


def _reports(unit: Recorded, one: Heard) -> Iterator[Report]:
    table = recorded.TABLES[whole(one.data, "function", 1, len(recorded.TABLES)) - 1]
    start, count = whole(one.data, "register", 0, 0xFFFF), whole(one.data, "count", 1, MAX_BITS_PER_READ)
    points = _points(unit, one, table, start, count)
    if "exception" not in members(one.data):
        found = list(said(unit.profile, points, start, _values(table, one.data, count)))
    elif means_refusal(whole(one.data, "exception", 1, MAX_EXCEPTION)) and one.kind == recorded.READ:
        found = [Said(point, None, "refused") for point in points]
    else:
        found = []
    return (_report(unit.device, told, one.at) for told in found)


def _points(unit: Recorded, one: Heard, table: str, start: int, count: int) -> Sequence[Point]:
    """What was read: that of the driver's own block; whatever lies within, where the profile has changed since."""
    points = list(points_of(unit.profile))
    if one.kind == recorded.ASKED:
        asked = points[whole(one.data, "property", 0, len(points) - 1)]
        return [asked] if _lies_within(asked, table, start, count) else []
    for block in blocks_of(unit.profile, unit.poll_s):
        if (block.table, block.start, block.count) == (table, start, count):
            return block.points
    return [point for point in points if _lies_within(point, table, start, count)]


def _lies_within(point: Point, table: str, start: int, count: int) -> bool:
    of = point.of
    return of.table == table and start <= of.register_ and of.end <= start + count


def _values(table: str, data: Json, count: int) -> Sequence[int]:
    is_bits = table in {"coil", "discrete"}
    raw = octets(data, "bits" if is_bits else "words")
    if len(raw) != ((count + 7) // 8 if is_bits else 2 * count):
        raise ValueError(f"{len(raw)} bytes are not what {count} {'bits' if is_bits else 'registers'} take")
    if is_bits:
        return [raw[at // 8] >> at % 8 & 1 for at in range(count)]
    return [int.from_bytes(raw[2 * at : 2 * at + 2], "big") for at in range(count)]


def _report(device: str, told: Said, at: float) -> Report:
    point = told.point
    quality = Quality.BAD if told.problem else Quality.GOOD
    reading = Reading(told.value, point.of.unit or None, at, at, quality)
    return Report(describing.point_of(device, point.key, point.of.name), reading)
