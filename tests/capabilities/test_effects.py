from __future__ import annotations

import pytest

from capabilities.effects import INPUT, Effect, fits
from capabilities.vocabulary import Json


@pytest.mark.parametrize(
    ("seen", "expected", "tolerance", "met"),
    [
        (True, True, 0.0, True),
        (1, True, 5.0, False),
        (True, 1, 5.0, False),
        (21.2, 21, 0.25, True),
        (21.3, 21, 0.25, False),
        (None, 21, 100.0, False),
        ("locked", "locked", 0.0, True),
        ({"hue": 10, "saturation": 50}, {"hue": 11}, 2.0, True),
        ({"saturation": 50}, {"hue": 11}, 2.0, False),
        ({"hue": 359.9, "saturation": 99}, {"hue": 0, "saturation": 100}, 2.0, True),
        ({"hue": 200, "saturation": 1}, {"hue": 20, "saturation": 1}, 2.0, True),
        ({"hue": 30, "saturation": 100}, {"hue": 0, "saturation": 100}, 4.0, False),
        ({"hue": "red", "saturation": 100}, {"hue": 0, "saturation": 100}, 4.0, False),
        ([1], [1], 0.0, True),
    ],
)
def test_what_fits(seen: Json, expected: Json, tolerance: float, met: bool) -> None:
    assert fits(seen, expected, tolerance) is met


def test_an_effect_waits_for_the_input_or_for_its_own_value() -> None:
    write, lock = Effect("target", INPUT, 10.0, 0.25), Effect("state", "locked", 10.0)
    assert write.expects_input()
    assert write.value_for(21) == 21
    assert not lock.expects_input()
    assert lock.value_for(None) == "locked"


def test_other_values_count_exactly() -> None:
    effect = Effect("position", 100, 60.0, 2.0, one_of=(0,))
    assert effect.met_by(98, 100)
    assert effect.met_by(0, 100)
    assert not effect.met_by(1, 100)
