"""What composition refuses, and says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import compose
from capabilities.errors import ComposeError
from tests.capabilities.builders import action, part, prop


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (part("lite", prop("on")), "component lite has the kind 'lite'; known: light"),
        (
            part("lock", prop("state", writable=True)),
            "component lock (lock): state is described as writable; its model only reads it",
        ),
        (
            part("light", prop("on", type="string")),
            "component light (light): on has type 'string'; its model says boolean",
        ),
        (part("light", prop("glow")), "component light (light): glow is not in the model light"),
        (
            part("light", prop("on", observable=False)),
            "component light (light): on can be neither seen, read nor written; leave it out",
        ),
        (
            part("light", action("on")),
            "component light (light): on is described as a role 'action'; in the model light it is 'property'",
        ),
        (
            part("light", prop("on", writable=True), action("toggle")),
            "component light (light): toggle is added by itself",
        ),
        (part("light", prop("on"), prop("on")), "component light describes 'on' twice"),
        (
            part("blind", action("stop", type="string")),
            "component blind (blind): stop has an input; in its model it takes none",
        ),
        (
            part("light", prop("effect", enum=["x" * 20_000])),
            "component light (light): effect has a schema of",
        ),
        (
            part("light", AffordanceDescription("x", "x", "sensor")),
            "component light (light): x is described as a role 'sensor'; known:",
        ),
    ],
)
def test_a_contradiction_names_the_component_the_affordance_and_what_is_right(
    component: ComponentDescription, message: str
) -> None:
    with pytest.raises(ComposeError) as caught:
        compose("thing", "Thing", [component], {component.key: ""})
    assert str(caught.value).startswith(message)


def test_muddled_components_are_refused() -> None:
    light = part("light", prop("on"))
    for components, names, message in (
        ([], {}, "at least one component"),
        ([light, light], {"light": ""}, "two components are called light"),
        ([light], {}, "has no name; allot names first"),
    ):
        with pytest.raises(ComposeError, match=message):
            compose("thing", "Thing", components, names)


def test_foreign_titles_are_cleaned() -> None:
    component = part("light", replace(prop("on"), title="On\n\x1b[31m " + "x" * 100), key="k", title="")
    made = compose("thing", "  A\tlamp\u202e ", [component], {"k": ""})
    properties = made.td.properties
    assert made.td.title == "A lamp"
    assert properties is not None
    title = properties["on"].title
    assert title is not None
    assert title.startswith("On [31m xxx")
    assert len(title) == 64
