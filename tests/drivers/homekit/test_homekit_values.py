"""Values, ranges, angles, adverts and the attribute database: properties that hold for whatever a device says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.discovery.seen import Service
from drivers.homekit import advert, database, values
from drivers.homekit.database import Characteristic
from drivers.homekit.describe import describe
from drivers.homekit.services.openings import Angles

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    low=NUMBERS, width=st.floats(0.1, 1e6), step=st.none() | st.floats(0.01, 50), value=NUMBERS | st.booleans() | st.text(),
    form=st.sampled_from(["float", "uint8", "int"]),
)  # fmt: skip
def test_what_is_written_lies_in_the_range(
    low: float, width: float, step: float | None, value: Json, form: str
) -> None:
    one = Characteristic(9, "8", form, frozenset({"pw"}), minimum=low, maximum=low + width, step=step)
    try:
        ((iid, written),) = values.write_number(one, -1e7, 1e7)(value)
    except ValueError:
        return
    assert iid == 9
    assert isinstance(written, int | float)
    slack = 1.0 if form != "float" else 1e-3
    assert low - slack <= written <= low + width + slack
    assert isinstance(value, int | float)
    assert abs(written - value) <= (step or 0) + slack


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_nan_and_infinity_are_never_written(value: float) -> None:
    one = Characteristic(9, "8", "float", frozenset({"pw"}))
    if not math.isfinite(value):
        with pytest.raises(ValueError, match="number"):
            values.write_number(one, -1e300, 1e300)(value)


@pytest.mark.parametrize(
    ("least", "most", "degrees", "percent"),
    [
        (-90, 0, 0, 100),
        (-90, 0, -90, 0),
        (0, 90, 0, 100),
        (0, 90, 90, 0),
        (-90, 90, 0, 50),
        (-90, 90, 90, 100),
    ],
)
def test_slats_are_open_at_no_angle(least: float, most: float, degrees: float, percent: float) -> None:
    angles = Angles(least, most)
    assert angles.percent(degrees) == percent
    assert angles.degrees(percent) == degrees


@given(
    st.dictionaries(st.sampled_from(["id", "c#", "s#", "sf", "ff", "md"]), st.text(max_size=30)),
    st.text(max_size=300),
)
def test_any_announcement_is_read_or_refused(properties: dict[str, str], name: str) -> None:
    try:
        found = advert.read(Service("_hap._tcp.local.", name, "h", 80, ("10.0.0.1",), properties))
    except advert.BadAdvert:
        return
    assert len(found.name) <= 64
    assert found.name.isprintable()


TYPES = ["25", "8", "CE", "13", "2F", "1D", "1E", "6D", "7C", "6C", "7B", "35", "33", "F", "73", "B0", "23"]
ANYTHING: list[Json] = [True, 50, "x", None, math.nan, {"hue": 1, "saturation": 2}, [1]]

CHARACTERISTIC = st.fixed_dictionaries(
    {
        "iid": st.integers(0, 60) | JSON,
        "type": st.sampled_from([*TYPES, "E863F10D-079E-48FF-8F27-9C2605A29F52"]) | JSON,
        "perms": st.lists(st.sampled_from(["pr", "pw", "ev", "tw", "aa", "hd"]), max_size=6) | JSON,
        "format": st.sampled_from(["bool", "uint8", "float", "string", "tlv8", "int"]) | JSON,
    },
    optional=dict.fromkeys(("value", "minValue", "maxValue", "minStep", "valid-values", "unit", "maxLen", "description"), JSON),
)  # fmt: skip
SERVICE = st.fixed_dictionaries(
    {
        "iid": st.integers(0, 60) | JSON,
        "type": st.sampled_from(["43", "45", "41", "4A", "8C", "89", "D0", "7E", "D8", "3E", "FACE"]) | JSON,
        "characteristics": st.lists(CHARACTERISTIC | JSON, max_size=8) | JSON,
    }
)


@given(
    st.fixed_dictionaries(
        {"aid": st.integers(1, 3) | JSON, "services": st.lists(SERVICE | JSON, max_size=6) | JSON}
    )
)
def test_any_database_is_described_and_what_is_described_can_be_commanded(raw: dict[str, Any]) -> None:
    found = database.accessory(raw)
    if found is None:
        return
    described = describe("aa:bb:cc:dd:ee:ff", found, None)
    names = [a.point for c in described.candidate.components for a in c.affordances]
    assert len(set(names)) == len(names)
    assert {point.id for point in described.points} == set(names)
    for point in described.points:
        for value in ANYTHING:
            if point.encode is not None:
                try:
                    writes = point.encode(value)
                except ValueError:
                    continue
                assert all(type(iid) is int for iid, _ in writes)
        if point.decode is not None:
            for seen in (True, 1, 7.5, "x", None):
                try:
                    point.decode(dict.fromkeys(point.reads, seen))
                except ValueError:
                    continue


@given(JSON)
def test_any_document_is_a_database_or_none(document: Json) -> None:
    try:
        found, _ = database.raw_accessories(document)
    except database.BadDatabase:
        return
    assert found
