"""Zigbee2MQTT's looping template of button events: recognised, and read as the loop would have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from drivers.mqtt.sandbox.regexes import compiled
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import Message, value_template

PATTERNS = {
    r"^(?P<button>(?:button_)?[a-z0-9]+)_(?P<action>(?:press|hold)(?:_release)?)$": ("button", "action"),
    r"^(?P<action>recall|scene)_(?P<scene>[0-2][0-9]{0,2})$": ("action", "scene"),
    r"^(?P<actionPrefix>region_)(?P<region>[1-9]|10)_(?P<action>enter|leave)$": (
        "actionPrefix",
        "region",
        "action",
    ),
    r"^(?P<action>dial_rotate)_(?P<direction>left|right)_(?P<speed>step|slow|fast)$": (
        "action",
        "direction",
        "speed",
    ),
    r"^(?P<action>brightness_step)(?:_(?P<direction>up|down))?$": ("action", "direction"),
}


def template(patterns: dict[str, tuple[str, ...]]) -> str:
    """A loop of the same meaning and words, to be run by Jinja itself."""
    entries = ",\n".join(
        f"""{{"pattern": '{pattern}', "groups": [{", ".join(f'"{name}"' for name in names)}]}}"""
        for pattern, names in patterns.items()
    )
    return (
        f"{{% set patterns = [\n{entries}\n] %}}"
        "{% set word = value_json.action|default('') %}{% set ns = namespace(parts=[('action', word)]) %}"
        "{% for p in patterns %}{% set found = word|regex_findall(p.pattern) %}{% if found %}"
        "{% for name, part in zip(p.groups, found[0]) %}"
        "{% set ns.parts = ns.parts|rejectattr(0, 'eq', name)|list + [(name, part)] %}{% endfor %}{% endif %}{% endfor %}"
        "{% set parts = dict(ns.parts) %}{% set kind = parts['actionPrefix']|default('') ~ parts['action'] %}"
        "{% set ns.parts = ns.parts|rejectattr(0, 'in', ('action', 'actionPrefix'))|list %}"
        "{{ dict.from_keys(ns.parts + ([('event_type', kind)] if kind else [])) | to_json }}"
    )


def by_jinja(source: str, action: str) -> str:
    """What Jinja gives, with Home Assistant's filters that the loop needs."""
    import json

    environment = Environment(autoescape=False)
    environment.globals["zip"] = zip
    environment.filters["regex_findall"] = lambda text, pattern: compiled(pattern).regex.findall(text)
    environment.filters["to_json"] = lambda value: json.dumps(value, separators=(",", ":"))
    return environment.from_string(source).render(value_json={"action": action}).strip()


def read(source: str, payload: bytes) -> object:
    return value_template(source).extract(Message(payload))


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("single", '{"event_type":"single"}'),
        ("button_1_press", '{"button":"button_1","event_type":"press"}'),
        ("on_hold_release", '{"button":"on","event_type":"hold_release"}'),
        ("recall_1", '{"scene":"1","event_type":"recall"}'),
        ("region_10_enter", '{"region":"10","event_type":"region_enter"}'),
        ("dial_rotate_left_step", '{"direction":"left","speed":"step","event_type":"dial_rotate"}'),
        ("brightness_step", '{"direction":"","event_type":"brightness_step"}'),
        ("brightness_step_up", '{"direction":"up","event_type":"brightness_step"}'),
        ("", "{}"),
    ],
)
def test_actions_become_events(action: str, event: str) -> None:
    assert read(template(PATTERNS), f'{{"action": "{action}"}}'.encode()) == event
    assert by_jinja(template(PATTERNS), action) == event


@given(
    st.lists(
        st.sampled_from(["button", "1", "press", "hold", "release", "recall", "region", "enter", "10", "up"]),
        max_size=4,
    )
)
def test_any_action_is_read_as_the_loop_reads_it(words: list[str]) -> None:
    action = "_".join(words)
    assert read(template(PATTERNS), f'{{"action": "{action}"}}'.encode()) == by_jinja(
        template(PATTERNS), action
    )


def test_without_an_action_there_is_no_event() -> None:
    assert read(template(PATTERNS), b'{"battery": 100}') == "{}"
    assert read(template(PATTERNS), b'{"action": null}') == "{}"
    for wrong in (b"[1]", b"text"):
        with pytest.raises(ValueError, match="JSON"):
            read(template(PATTERNS), wrong)


def test_what_the_value_depends_on_is_the_action() -> None:
    assert value_template(template(PATTERNS)).subject == "action"


@pytest.mark.parametrize(
    ("patterns", "why"),
    [
        ({"(a+)+$": ("action", "x")}, "repeats what can vary"),
        ({"^(?P<action>a)$": ("action", "x")}, "fewer groups"),
        ({"^(?P<action>a)$": ("action",)}, "not known here"),
        ({}, "not known here"),
        ({f"^(?P<action>a)(?P<x>{number})$": ("action", "x") for number in range(17)}, "not known here"),
    ],
)
def test_other_patterns_are_refused(patterns: dict[str, tuple[str, ...]], why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        value_template(template(patterns))


def test_any_other_loop_stays_refused() -> None:
    with pytest.raises(TemplateError, match="a loop"):
        value_template("{% set patterns = [1] %}{% for p in patterns %}{{ p }}{% endfor %}")
