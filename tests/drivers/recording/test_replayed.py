"""Each recording in tests/recordings, replayed by its family: what became of it stands in `*.expected.json` beside it.

A recording of one's own becomes a test by being put there. HEARTH_UPDATE_GOLDEN=1 writes what is expected anew; read what
changed before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.recording.heard import Heard, HeardTape, read
from tests.drivers.replaying import RECORDINGS, recordings, replayed, shown

NAMES = [str(path.relative_to(RECORDINGS)) for path in recordings()]
FAMILIES = sorted(path.parent.name for path in (RECORDINGS.parents[1] / "drivers").glob("*/replay.py"))

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.binary(max_size=8).map(lambda data: {"hex": data.hex()})
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def tape_of(name: str) -> HeardTape:
    with (RECORDINGS / name).open("rb") as file:
        return read(file)


@pytest.mark.parametrize("name", NAMES)
def test_what_becomes_of_a_recording(name: str) -> None:
    found = shown(replayed(tape_of(name)))
    expected = (RECORDINGS / name).with_suffix(".expected.json")
    if os.environ.get("HEARTH_UPDATE_GOLDEN"):
        expected.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    if not expected.exists():
        pytest.fail(f"nobody said what is expected of {name}: HEARTH_UPDATE_GOLDEN=1 writes it, then read it")
    assert found == orjson.loads(expected.read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_that_is_replayed_twice_gives_the_same(name: str) -> None:
    tape = tape_of(name)
    assert replayed(tape) == replayed(tape)


def test_each_family_has_a_recording() -> None:
    assert set(FAMILIES) == {Path(name).parts[0] for name in NAMES}


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.text(min_size=1, max_size=8), ANYTHING), max_size=4))
def test_of_anything_else_is_said_what_is_wrong(family: str, said: list[tuple[float, str, Json]]) -> None:
    _replayed_or_refused(HeardTape(family, tuple(Heard(*one) for one in said)))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_of_a_recording_that_was_changed_is_said_what_is_wrong(name: str, data: st.DataObject) -> None:
    messages = list(tape_of(name).messages)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(messages) - 1))
        one = messages[at]
        messages[at] = Heard(one.at, one.kind, _changed(one.data, data))
    if data.draw(st.booleans()):
        del messages[data.draw(st.integers(0, len(messages) - 1))]
    _replayed_or_refused(HeardTape(Path(name).parts[0], tuple(messages)))


def _replayed_or_refused(tape: HeardTape) -> None:
    try:
        replayed(tape)
    except ValueError as error:
        assert len(str(error).split()) > 3, "it says nothing to a person"


def _changed(value: Json, data: st.DataObject) -> Json:
    """Somewhere there is something else, or nothing."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 5)):
        key = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 5)) == 0:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _changed(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 5)):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], _changed(value[at], data), *value[at + 1 :]]
    return cast(Json, data.draw(ANYTHING))
