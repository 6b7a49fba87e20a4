"""Patterns of publishers: what could run away is refused, or kept from long texts; the rest works as in Python."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.mqtt.sandbox.regexes import MAX_STEPS, MAX_SUBJECT_CHARS, compiled
from drivers.mqtt.sandbox.run import Run
from drivers.mqtt.template_error import TemplateError

MAX_SEARCH_S = 2.0
"""Of processor time, in one search that is let in: a hundred times what it takes, and nothing to what running away takes."""


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+$", "repeats what can vary"),
        ("(a|aa)+$", "repeats what can vary"),
        ("(a|a)*$", "repeats what can vary"),
        ("(.*)*", "repeats what can vary"),
        ("(?:a?){30}a{30}", "repeats what can vary"),
        (r"(a)\1", "groupref"),
        ("(?=a)b", "assert"),
        ("(?i:a)b", "subpattern"),
        ("a++b", "possessive_repeat"),
        ("(", "is wrong"),
        ("(?:ab|cd)" * 20, "too many alternatives"),
        ("a" * 257, "longer than 256"),
    ],
)
def test_what_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "chars"),
    [
        (r"\d", MAX_SUBJECT_CHARS),
        (r"(\d+)", MAX_SUBJECT_CHARS),
        (r"^(\d+),(\d+),(\d+)$", MAX_SUBJECT_CHARS),
        (r"\d+,x", 1000),
        (r".*,", 1000),
        (r"^(.*)$", MAX_SUBJECT_CHARS),
        (r"^<a>(.*?)</a>", MAX_SUBJECT_CHARS),
        (r"([^,]*),x", 1000),
        (r"<res.*?>(http://.*?)</res>", 100),
        (r".*.*.*x", 30),
        (r'"value"\s?:\s?"(.*)"', 500),
        (r"sw_total\{provider=\"a\"\}\s+([0-9.eE+-]+)", 1000),
        (r"^(?P<button>(?:button_)?[a-z0-9]+)_(?P<action>(?:press|hold)(?:_release)?)$", 1000),
    ],
)
def test_how_long_a_text_may_be(pattern: str, chars: int) -> None:
    """At least `chars`, and never so long that the engine would take more than its steps."""
    assert compiled(pattern).limit >= chars


def test_a_longer_text_is_an_error() -> None:
    pattern = compiled(".*.*.*x")
    with pytest.raises(ValueError, match="too long for the pattern"):
        pattern.subject(Run({}, None), "a" * (pattern.limit + 1))


_ATOMS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        r"\w",
        r"\d",
        "[ab]",
        "[^a]",
        r"\s",
        "x",
        "^",
        "$",
        "(?:ab)",
        "(a)",
        "(?:a|b)",
        "(?:a|ab)",
        "a?",
    ]
)
_COUNTS = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "{2,30}", "{3}", "{1,4}"])
_PATTERNS = st.lists(st.tuples(_ATOMS, _COUNTS).map("".join), min_size=1, max_size=8).map("".join)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_PATTERNS, st.sampled_from(["a", "ab", "aab", "a ", "1a", "\u017f"]), st.sampled_from(["", "x", "!"]))
def test_no_pattern_that_is_let_in_runs_away(pattern: str, unit: str, end: str) -> None:
    try:
        checked = compiled(pattern)
    except TemplateError:
        return
    text = (unit * checked.limit)[: checked.limit - len(end)] + end
    started = time.process_time()
    checked.regex.findall(checked.subject(Run({}, None), text))
    assert time.process_time() - started < MAX_SEARCH_S, (pattern, len(text), MAX_STEPS)


@given(st.text(alphabet="ab*+?()[]{},|.\\d^$-1", max_size=20))
def test_any_text_is_a_pattern_or_an_error(pattern: str) -> None:
    try:
        checked = compiled(pattern)
    except TemplateError:
        return
    assert checked.regex == re.compile(pattern)
    assert 1 <= checked.limit <= MAX_SUBJECT_CHARS
