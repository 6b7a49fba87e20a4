"""Jinja itself as the oracle: what both render, they render alike; what Jinja cannot render, we do not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from jinja2.exceptions import TemplateSyntaxError, UndefinedError

from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import Message, value_template
from drivers.mqtt.values import NO_VALUE

DOCUMENT = {
    "a": 1, "f": 2.5, "s": "b,A;c d", "n": None, "t": True, "l": [3, 1, 2, 1], "w": ["x", "Y", "x"],
    "o": {"k": "v", "m": {"d": 0}}, "r": [{"n": "p", "v": 1}, {"n": "q", "v": 2}],
    "e": "", "z": 0,
}  # fmt: skip
PAYLOAD = json.dumps(DOCUMENT).encode()

JINJA = Environment(autoescape=False)

_LEAVES = st.sampled_from(
    [
        "value_json.a", "value_json.f", "value_json['s']", "value_json.n", "value_json.t", "value_json.l", "value_json.w",
        "value_json.o", "value_json.o.m.d", "value_json.r", "value_json.e", "value_json.z", "value_json.gone",
        "value_json.o.gone", "0", "3", "-2", "1.5", "'x'", "'3'", "''", "none", "true", "[1, 2]", "('x', 3)",
        "{'k': 1, 'x': 'v'}", "value_json"
    ]
)  # fmt: skip
_BINARY = st.sampled_from(["+", "-", "*", "/", "//", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"])
_SUFFIXES = st.sampled_from(
    [
        "|default('d')", "|default(7, true)", "|upper", "|lower", "|title", "|capitalize", "|trim", "|length", "|string",
        "|list", "|first", "|last", "|sum", "|min", "|max", "|sort", "|unique|list", "|reverse|list", "|join('-')",
        "|join", "|replace('x','yy')", "|abs", "|truncate(3, true, '', 0)", "|truncate(4)", "|wordcount", "|dictsort",
        "|map('string')|list", "|select|list", "|selectattr('v', 'gt', 1)|list", "|rejectattr('n', 'eq', 'p')|list",
        "|map(attribute='n')|list", "|map(attribute='v')|sum", "|reject('eq', 1)|list", "|select('in', [1, 'x'])|list",
        " is defined", " is undefined", " is none", " is number", " is string", " is mapping", " is sequence",
        " is iterable", " is boolean", " is integer", " is float", " is true", " is false", " is even",
        " is divisibleby 2", " is lower", " is eq 3", ".k", "['k']", "[0]", "[-1]", "[1:]", "[:2]", "[::-1]", ".upper()",
        ".split(',')", ".replace('A','b')", ".strip()", ".startswith('b')", ".find(',')", ".get('k')", ".get('g', 5)",
        ".items()|list", ".keys()|list", ".index(1)", ".count('x')", ".is_integer()"
    ]
)  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, _SUFFIXES).map(lambda pair: f"(({pair[0]}){pair[1]})"),
        st.tuples(inner, _BINARY, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        inner.map(lambda text: f"(not {text})"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]}, {pair[1]}]"),
        st.tuples(inner, inner).map(lambda pair: "{'k': " + pair[0] + ", 'l': " + pair[1] + "}"),
    )


_EXPRESSIONS = st.recursive(_LEAVES, _grown, max_leaves=6)


def by_jinja(source: str) -> object:
    """What Jinja gives: text, `NO_VALUE` for what is not there, or an exception."""
    try:
        return (
            JINJA.from_string(source).render(value=PAYLOAD.decode(), value_json=json.loads(PAYLOAD)).strip()
            or NO_VALUE
        )
    except UndefinedError:
        return NO_VALUE
    except TemplateSyntaxError:
        raise
    except Exception as error:  # whatever it is: what Jinja cannot render
        return error


@given(_EXPRESSIONS)
def test_what_jinja_renders_is_rendered_alike(expression: str) -> None:
    source = f"{{{{ ({expression}) }}}}"
    try:
        template = value_template(source)
    except TemplateError as refusal:
        assert "repeats a text" in str(refusal) or "too large" in str(refusal) or "formats" in str(refusal), (
            source,
            refusal,
        )
        return
    expected = by_jinja(source)
    try:
        found = template.extract(Message(PAYLOAD))
    except ValueError as error:
        allowed = (
            "cannot be multiplied",
            "sum adds numbers",
            " has no ",
            "cannot be divided",
        )  # repetition, and what is stricter
        assert not isinstance(expected, str) or any(text in str(error) for text in allowed), (
            source,
            expected,
            error,
        )
        return
    if isinstance(expected, str):
        assert found == expected, source
    elif found is not NO_VALUE:
        pytest.fail(f"{source}: Jinja gives {expected!r}, we {found!r}")


@given(_EXPRESSIONS, _EXPRESSIONS)
def test_statements_mean_what_they_mean_to_jinja(condition: str, value: str) -> None:
    source = (
        f"{{% set x = {value} %}}{{% if {condition} %}}a{{{{ x }}}}"
        "{% elif x %}b{% set y %}{{ x }}{% endset %}{{ y }}{% endif %}"
    )
    try:
        template = value_template(source)
        found = template.extract(Message(PAYLOAD))
    except ValueError:
        return
    expected = by_jinja(source)
    assert found == expected or not isinstance(expected, str | type(NO_VALUE)), source
