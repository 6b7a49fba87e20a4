"""Templates of somebody who wants to harm: each rendering ends, quickly and small, with a text or with an error."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.sandbox import COMPILED_TEMPLATES_CACHE, MAX_OUTPUT_CHARS, compile_template
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import MAX_TEMPLATE_CHARS, Message, value_template

TEXT = Message(b'"' + b"x" * 300 + b'"')
LARGE = Message(b'{"a": "' + b"x" * 250_000 + b'", "l": [' + b"1," * 2000 + b"1]}")

MAX_RENDERING_BYTES = 8 * 1024 * 1024
"""What a rendering may take for a moment, beside a payload of 250 kB in a few forms."""

BOMBS = [
    ("{% set a = value %}" + "{% set a = a + a %}" * 40 + "{{ a }}", "more than 16384|too much"),
    ("{% set a = value %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}", "more than 16384|too much"),
    ("{% set a = value %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}", "more than|too much"),
    ("{% set a = [value] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}", "too much"),
    ("{% set a = [1] %}" + "{% set a = a + a %}" * 40 + "{{ a }}", "too much"),
    ("{% set a = {'x': 1} %}" + "{% set a = {'x': a, 'y': a} %}" * 40 + "{{ a | to_json }}", "too much"),
    ("{% set a = (1, 2) %}" + "{% set a = (a, a) %}" * 40 + "{{ a == a }}", "too much"),
    ("{% set n = namespace(a=value) %}" + "{% set n.a = n.a ~ n.a %}" * 40 + "{{ n.a }}", "more than|too much"),
    ("{% set a = 9999999999 %}" + "{% set a = a * a %}" * 20 + "{{ a }}", "number grows too large"),
    ("{{ value.replace('', value).replace('', value).replace('', value) }}", "more than 16384"),
    ("{{ value | replace('', value) | replace('', value) }}", "more than 16384"),
    ("{{ value | regex_replace('x', '" + "y" * 99 + "') | regex_replace('y', '" + "z" * 99 + "') }}", "more than 16384"),
    ("{{ value.split('') }}", "empty separator"),
    ("{{ value * 1000000000 }}", "cannot be multiplied"),
    ("{{ value_json * 1000000000 }}", "cannot be multiplied"),
    ("{{ [1] * value | length }}", "cannot be multiplied"),
    ("{{ (1, 2) * 1000000000 }}", "cannot be multiplied"),
    ("{{ value.zfill(1000000000) }}", "width may be 256"),
    ("{{ value.center(1000000000) }}", "width may be 256"),
    ("{{ value.ljust(1000000000) }}", "width may be 256"),
    ("{{ value | center(1000000000) }}", "width may be 256"),
    ("{{ value | join(value) | join(value) }}", "more than 16384"),
    ("{{ value.join(value).join(value) }}", "more than 16384"),
    ("{{ 1 | round(1000000000) }}", "at most 15 digits"),
    ("{{ 1.5 | round(-1000000000, 'ceil') }}", "at most 15 digits"),
    ("{{ pack(1, '999999999x') }}", "layout"),
    ("{{ 1 | pack('>999999999s') }}", "layout"),
    ("{{ 0 | timestamp_custom('%999999999d') }}", "the format"),
    ("{{ (0 | as_datetime).strftime('%1000000000Y') }}", "the format"),
    ("{{ timedelta(days=999999999999) }}", "fails"),
    ("{{ '\\ud800' }}", "not Unicode"),
    ("{{ 'z' | int(base=36) * 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz' | int(base=36) }}", "too large"),
    ("{{ 1 / 0 }}", "division"),
    ("{{ value | int }}", "int cannot read"),
    ("{{ value | map('center', 100000) }}", "map does not know"),
    ("{{ [[1]] | sum(start=[]) }}", "sum adds numbers"),
    ("{{ value | list | map('regex_replace', 'x', 'y') | list }}", "map does not know"),
    ("{{ value | list | select('match', '(a+)+') | list }}", "the test 'match'"),
    ("{{ value | base64_decode('zlib') }}", "fails"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "why"), BOMBS)
def test_bombs(template: str, why: str) -> None:
    """Refused, or an error that says why, and never much memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=why):
            value_template(template).extract(TEXT)
        with contextlib.suppress(ValueError):
            value_template(template).extract(LARGE)
        assert tracemalloc.get_traced_memory()[1] < MAX_RENDERING_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ value.format }}",
        "{{ value['format'] }}",
        "{{ value_json.__class__ }}",
        "{{ value_json['__init__'].__globals__ }}",
        "{{ (value | as_datetime).__class__ }}",
        "{{ namespace(a=1).__init__ }}",
        "{{ [].append }}",
        "{{ 1 .real }}",
        "{{ value | map(attribute='__class__') | first }}",
        "{{ [value] | map(attribute='__class__.__mro__') | first }}",
        "{{ [{}] | selectattr('__class__') | list | first }}",
        "{{ timedelta(1).__reduce__ }}",
    ],
)
def test_there_is_no_way_to_the_interpreter(template: str) -> None:
    """What objects have by nature is as absent as any other name."""
    with contextlib.suppress(ValueError):
        found = value_template(template).extract(TEXT)
        assert not isinstance(found, str) or "<" not in found


def test_a_text_that_is_large_by_itself_ends_nothing() -> None:
    assert value_template("{{ value_json.a | length }}").extract(LARGE) == "250000"
    assert value_template("{{ value_json.l | sum }}").extract(LARGE) == "2001"
    assert value_template("{{ 'y' in value_json.a }}").extract(LARGE) == "False"
    with pytest.raises(ValueError, match="more than 16384"):
        value_template("{{ value_json.a | upper }}").extract(LARGE)
    with pytest.raises(ValueError, match="too much in all"):
        value_template("{{ value_json.a | length }}" * 20).extract(LARGE)


def test_the_output_is_bounded() -> None:
    program = compile_template("{{ value }}{{ value }}", frozenset({"value"}))
    with pytest.raises(ValueError, match="more than"):
        program.render({"value": "x" * MAX_OUTPUT_CHARS})


def test_deep_payloads_are_no_harm() -> None:
    deep = Message(b"[" * 1000 + b"]" * 1000)
    for template in (
        "{{ value_json }}",
        "{{ value_json | to_json }}",
        "{{ value_json == value_json[0] }}",
        "{{ value_json | flatten }}",
    ):
        with contextlib.suppress(ValueError):
            value_template(template).extract(deep)


def test_templates_of_the_largest_size() -> None:
    for piece in (
        "{{ value }}",
        "{% if value %}x{% endif %}",
        "{% set a = value %}",
        "x",
        "{{ a ~ a }}",
        "{{ value | upper }}",
    ):
        source = piece * (MAX_TEMPLATE_CHARS // len(piece))
        with contextlib.suppress(ValueError):
            value_template(source).extract(Message(b"12"))
    for start, end in (
        ("{% if value %}", "{% endif %}"),
        ("{{ ((", "x)) }}"),
        ("{{ not ", "x }}"),
        ("{{ value", "}}"),
        ("{{ [", "] }}"),
    ):
        half = MAX_TEMPLATE_CHARS // (len(start) + len(end))
        with contextlib.suppress(ValueError):
            value_template(start * half + end * half).extract(Message(b"12"))


def test_thousands_of_templates_leave_no_more_than_the_cache_holds() -> None:
    compile_template("{{ value }}1", frozenset({"value"}))
    for number in range(2 * COMPILED_TEMPLATES_CACHE):
        value_template(f"{{{{ value ~ {number} }}}}")
    first = compile_template("{{ value ~ 0 }}", frozenset({"value", "value_json"}))
    assert compile_template("{{ value ~ 0 }}", frozenset({"value", "value_json"})) is first
    from drivers.mqtt.sandbox import _compiled

    assert _compiled.cache_info().currsize == COMPILED_TEMPLATES_CACHE


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_a_template_or_a_template_error(source: str, payload: str) -> None:
    for text in (source, f"{{{{ {source} }}}}", f"{{% {source} %}}"):
        try:
            template = value_template(text)
        except TemplateError as error:
            assert str(error)
            continue
        with contextlib.suppress(ValueError):
            template.extract(Message(payload.encode(errors="replace")))


_PIECES = st.sampled_from(
    ["value", "value_json", ".a", "['b']", "|float", "|default('x')", "+", "*", "~", "-", "/", "%", "1", "'s'", "(", ")",
     "[", "]", "if", "else", "==", " and ", "|replace('a','bb')", "|join(',')", ".split(',')", "|round(2)", "|min", " in ",
     "{", "}", ":", ",", ".get('a')", "|list", "|map('int')", "|sort", "|to_json", "[1:]", "|as_datetime", ".items()",
     "|string", " is defined", " is number", "|format(1)", "'%d'", "|regex_replace('s','t')", "|int(base=16)", "|timestamp_utc",
     "None", "-1"]
)  # fmt: skip
_PAYLOADS = st.sampled_from(
    [
        '{"a": 1, "b": "x"}',
        '{"a": [1, "2", null], "b": {"a": -1.5}}',
        "[]",
        "1",
        "null",
        "text",
        "1e999",
        '"\\ud800"',
    ]
)


@given(st.lists(_PIECES, max_size=14).map("".join), _PAYLOADS)
def test_any_expression_gives_text_or_an_error(expression: str, payload: str) -> None:
    for text in (
        f"{{{{ {expression} }}}}",
        f"{{% set x = {expression} %}}{{{{ x ~ x }}}}",
        f"{{% if {expression} %}}y{{% endif %}}",
    ):
        try:
            template = value_template(text)
        except TemplateError as error:
            assert str(error)
            continue
        with contextlib.suppress(ValueError):
            found = template.extract(Message(payload.encode()))
            assert not isinstance(found, str) or len(found) <= MAX_OUTPUT_CHARS


MANY = "".join(f"{{{{ {part} }}}}" for part in ["value | regex_search('a?a?a?a?a?a?a?b')"] * 80)
LOOKED_FOR = "{{ 1 if 'xy' in value_json.a else 2 }}" * 90
ALIKE = "{{ value_json.l == value_json.m }}" * 90


@pytest.mark.parametrize(
    ("source", "payload"),
    [
        (MANY, b"a" * 5000),
        (LOOKED_FOR, LARGE.payload),
        (ALIKE, b'{"l": [' + b"1," * 9000 + b'1], "m": [' + b"1," * 9000 + b"1]}"),
    ],
    ids=["patterns", "in a long text", "lists alike"],
)
def test_what_is_only_looked_at_counts_too(source: str, payload: bytes) -> None:
    with pytest.raises(ValueError, match="too much"):
        value_template(source).extract(Message(payload))
