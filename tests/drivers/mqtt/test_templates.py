"""Templates: the plain ones are look-ups, the others run in a sandbox, the dangerous ones are refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.mqtt.sandbox import MAX_OUTPUT_CHARS, compile_template
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import Message, command_template, value_template
from drivers.mqtt.values import NO_VALUE, Nothing


def extract(template: str | None, payload: str) -> Json | Nothing:
    return value_template(template).extract(Message(payload.encode()))


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{{ value_json.state }}", ("state",)),
        ("{{value_json.state}}", ("state",)),
        ('{{ value_json["state"] }}', ("state",)),
        ("{{ value_json['a b'] }}", ("a b",)),
        ("{{ value_json.a.b[0]['c'] }}", ("a", "b", 0, "c")),
        ("{{- value_json.tempc | is_defined -}}", ("tempc",)),
        ("{{ value_json.update }}", ("update",)),
    ],
)
def test_plain_ones_are_look_ups(template: str, path: tuple[str | int, ...]) -> None:
    compiled = value_template(template)
    assert compiled.path == path
    assert compiled.render is None


@pytest.mark.parametrize(
    ("template", "payload", "expected"),
    [
        (None, "21.5", "21.5"),
        ("{{ value }}", "ON", "ON"),
        ("{{ value_json.a.b }}", '{"a": {"b": 1.5}}', 1.5),
        ("{{ value_json.a[1] }}", '{"a": [1, true]}', True),
        ("{{ value_json.a }}", '{"a": null}', None),
        ("{{ value_json.a }}", '{"b": 1}', NO_VALUE),
        ("{{ value_json.a[7] }}", '{"a": [1]}', NO_VALUE),
        ("{{ value_json.a }}", "[1]", NO_VALUE),
        ("{{ value_json.t | float | round(1) }}", '{"t": "21.26"}', "21.3"),
        ("{{ value_json.t | int }}", '{"t": 21.9}', "21"),
        ("{{ (value_json.t | float - 32) * 5 / 9 }}", '{"t": 212}', "100.0"),
        ("{{ value_json.t | default('none', true) }}", '{"t": ""}', "none"),
        ("{{ 'ON' if value_json.r == 1 else 'OFF' }}", '{"r": 1}', "ON"),
        ("{% if value_json['x'] %}true{% else %}false{% endif %}", '{"x": 1}', "true"),
        ("{{ value_json.missing.deeper }}", "{}", NO_VALUE),
        ("{{ value_json.missing | float }}", "{}", NO_VALUE),
        ("{{ value_json.nope | is_defined | float }}", "{}", NO_VALUE),
        ("{{ value_json.update.state }}", '{"update": {"state": "idle"}}', "idle"),
        ("{{ value_json.update.state | upper }}", '{"update": {"state": "idle"}}', "IDLE"),
        ("{{ value | replace(',', '.') | float }}", "1,5", "1.5"),
        ("{{ value.replace(',', '.') }}", "1,5", "1.5"),
        ("{{ value.split(';')[1] }}", "a;b", "b"),
        ("{{ value_json.items() | length }}", '{"a": 1, "b": 2}', "2"),
        ("{{ iif(value_json.a, 'y', 'n') }}", '{"a": 0}', "n"),
        ("{{ value_json | to_json }}", '{"a":[1]}', '{"a":[1]}'),
        ("{{ value | from_json | length }}", "[1,2]", "2"),
        ("{{ value_json.a ~ '-' ~ value_json.b }}", '{"a": 1, "b": 2}', "1-2"),
        ("{{ [value_json.a, value_json.b] | max }}", '{"a": 1, "b": 2}', "2"),
        ("{{ value_json.x | bool }}", '{"x": "on"}', "True"),
        ("{{ value_json['p'] | default('',True) | string | truncate(3, True, '', 0) }}", '{"p": "abcdef"}', "abc"),
    ],
)  # fmt: skip
def test_what_publishers_write(template: str | None, payload: str, expected: Json | Nothing) -> None:
    assert extract(template, payload) == expected


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{% for i in range(10) %}x{% endfor %}", "'For'|'range'"),
        ("{{ 9 ** 9 ** 9 }}", "'Pow'"),
        ("{{ range(9) }}", "'range'"),
        ("{% macro m() %}{% endmacro %}", "'Macro'"),
        ("{% include 'x' %}", "'Include'"),
        ("{{ states('light.x') }}", "'states'"),
        ("{{ now() }}", "'now'"),
        ("{{ value | center(1000000000) }}", "'center'"),
        ("{{ value | regex_replace('(a+)+', '') }}", "regex_replace"),
        ("{% set a = value ~ value %}{% set a = a ~ a %}{{ a }}", "without bound"),
        ("{% set a = value %}{% set a = [a, a] %}{{ a }}", "without bound"),
        ("{{ value", "compiled"),
        ("{{ value | }}", "compiled"),
        ("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", "compiled"),
        ("{{ value }}" * 1000, "4096"),
    ],
)
def test_what_is_refused_when_it_is_announced(template: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        value_template(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ value * 1000000000 }}",
        "{{ 'x' * 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ value.replace('', value).replace('', value).replace('', value) }}",
        "{{ value | replace('', value) | replace('', value) | replace('', value) }}",
        "{% set a = 9999999999 %}" + "{% set a = a * a %}" * 20 + "{{ a }}",
        "{% set a = value %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ value.format.__globals__ }}",
        "{{ '{0:1000000000}'.format(1) }}",
        "{{ value['format'](1) }}",
        "{{ '{0:1000000000}'.format_map({'0': 1}) }}",
        "{{ value.zfill(1000000000) }}",
        "{{ value_json.__class__ }}",
        "{{ 1 / 0 }}",
        "{{ value | int }}",
    ],
)
def test_what_fails_when_it_runs_gives_an_error_and_nothing_else(template: str) -> None:
    compiled = value_template(template)
    with pytest.raises(ValueError, match=r"template fails|template gives"):
        found = compiled.extract(Message(b'"' + b"x" * 300 + b'"'))
        assert found is NO_VALUE  # undefined is as good as failing
        raise ValueError("template fails: it found nothing")


def test_the_output_is_bounded() -> None:
    with pytest.raises(ValueError, match="more than"):
        compile_template("{{ value }}{{ value }}", frozenset({"value"}))(value="x" * MAX_OUTPUT_CHARS)


def test_commands_are_written_with_their_own_variables() -> None:
    render = command_template('{"position": {{ position }}, "v": {{ value }}}', "position")
    assert render is not None
    assert render({"position": 3, "value": 4}) == '{"position": 3, "v": 4}'
    assert command_template(None) is None
    with pytest.raises(TemplateError, match="'tilt'"):
        command_template("{{ tilt }}", "position")


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_a_template_or_a_template_error(source: str, payload: str) -> None:
    for text in (source, f"{{{{ {source} }}}}", f"{{% {source} %}}"):
        try:
            template = value_template(text)
        except TemplateError:
            continue
        with contextlib.suppress(ValueError):
            template.extract(Message(payload.encode(errors="replace")))


_PIECES = st.sampled_from(
    ["value", "value_json", ".a", "['b']", "|float", "|default('x')", "+", "*", "~", "-", "/", "%", "1", "'s'", "(", ")",
     "[", "]", "if", "else", "==", " and ", "|replace('a','bb')", "|join(',')", ".split(',')", "|round(2)", "|min", "in",
     "{", "}", ":"]
)  # fmt: skip


@given(
    st.lists(_PIECES, max_size=12).map("".join),
    st.sampled_from(['{"a": 1, "b": "x"}', "[]", "1", "null", "text"]),
)
def test_any_expression_gives_text_or_an_error(expression: str, payload: str) -> None:
    try:
        template = value_template(f"{{{{ {expression} }}}}")
    except TemplateError:
        return
    with contextlib.suppress(ValueError):
        template.extract(Message(payload.encode()))


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        (None, ""),
        ("{{ value }}", ""),
        ("{{ value_json.state }}", "state"),
        ('{% if value_json["child_lock"] %}true{% else %}false{% endif %}', "child_lock"),
        ("{{ {'off':0}[value_json['fan_mode']] | default('None') }}", "fan_mode"),
        ("{{ value_json.a + value_json.b }}", ""),
        ("{{ value_json.a.b }}", ""),
    ],
)
def test_what_a_value_depends_on(template: str | None, subject: str) -> None:
    assert value_template(template).subject == subject
