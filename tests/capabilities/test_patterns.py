from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.patterns import MAX_TEXT_CHARACTERS, PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^[0-9]{4,8}$", "1234"),
        ("^([0-9a-f]{2}:){5}[0-9a-f]{2}$", "00:11:22:33:44:55"),
        ("^(single|double|hold)$", "hold"),
        (r"^\d+(\.\d+)?$", "12.5"),
        (r"^[\]*+(]+$", "]*+("),
    ],
)
def test_ordinary_patterns_work(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "((a?))*",
        "(a*){2,}",
        "(?:x|x|y)+",
        "a?" * 20 + "a" * 20,
        "(a|a)" * 20,
        "a*a*a*b",
        r"(a)\1",
        "(?P<x>a+)+",
        "(",
        "a{99999999999}",
        "x" * 300,
        "(?i)(a+)+",
    ],
)
def test_patterns_that_could_run_away_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@given(st.text("ab()|*+?{},1[]\\^$.", max_size=24))
def test_whatever_is_accepted_ends_soon(pattern: str) -> None:
    """The worst text for most patterns: one letter, over and over, and another at the end."""
    try:
        expression = compile_pattern(pattern)
    except PatternError:
        return
    for text in ("a" * (MAX_TEXT_CHARACTERS - 1) + "!", "ab" * (MAX_TEXT_CHARACTERS // 2)):
        expression.search(text)
