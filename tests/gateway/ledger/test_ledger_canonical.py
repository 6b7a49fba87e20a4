from __future__ import annotations

import json
import math
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from capabilities.vocabulary import Evidence, Hazard, Json
from gateway.ledger.canonical import canonical, quoted

numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=6))
@example({"\ufb33": 1, "\U0001f600": 2, "\r": 3, "1": 4, "\x80": 5, "ö": 6, "€": 7})  # RFC 8785 section 3.2.3
@example(
    {
        "a": 1.0,
        "b": -0.0,
        "c": 1e16,
        "d": 1e21,
        "e": 1e-6,
        "f": 1e-7,
        "g": 5e-324,
        "h": 1.7976931348623157e308,
    }
)
@example(
    {"a": 9007199254740991, "b": 1e15, "c": 4503599627370497.5, "d": 0.00001, "e": 123456789012345680000.0}
)
def test_it_is_rfc_8785_whichever_way_it_goes(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(texts)
def test_a_quoted_text_is_rfc_8785(text: str) -> None:
    assert quoted(text) == rfc8785.dumps(text)


@given(numbers)
def test_numbers_are_read_back_as_they_were(number: float) -> None:
    assert float(json.loads(canonical({"n": number}))["n"]) == number


def test_the_example_of_the_standard() -> None:
    """RFC 8785 section 3.2.2 and 3.2.3."""
    value: dict[str, Json] = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "€$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_words_of_the_vocabulary_are_plain_json() -> None:
    assert canonical({"e": Evidence.DEVICE, "h": Hazard.PROPERTY}) == b'{"e":"device","h":2}'


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        [{"deep": math.nan}],
        "\ud800",
        2**53,
        -(2**53),
        b"bytes",
        {1: "a"},
        object(),
    ],
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical({"value": value})


def test_a_mapping_that_is_no_dict_is_refused_with_its_reason() -> None:
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical(MappingProxyType({"a": 1}))
