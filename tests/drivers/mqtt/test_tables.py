"""The tables of the README are those that the driver works with."""

from __future__ import annotations

import pytest

from drivers.mqtt.components import COMPONENTS
from drivers.mqtt.tables import README, understood, written


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_an_announcement_with_everything_becomes_something(component: str) -> None:
    found = understood(component)
    assert found.by_kind
    assert all(affordances for affordances in found.by_kind.values())
    assert found.options


def test_what_is_known_of_a_number() -> None:
    found = understood("number")
    assert found.by_kind == {"setting": {"value": "written"}}
    assert {"min", "max", "payload_reset", "command_template"} <= found.options


def test_the_readme_is_up_to_date() -> None:
    readme = README.read_text(encoding="utf-8")
    assert written(readme) == readme, "run: python -m drivers.mqtt.tables"


def test_a_readme_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="should have the lines"):
        written("# MQTT\n")
