"""Whatever a file says, the answer is a rule set, or an error that names lines of it."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from policies import PolicyError, parse
from policies.documents import AllowTable, AskTable, LimitTable, ThenTable

HEAD = "format = 1\n"
ALLOW = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent"]\nmay = ["light.*"]\n'
ASK = '[[ask]]\nid = "q"\nwhy = "w"\non = ["light.on"]\napprover = ["adult"]\nvalid = "2m"\n'
THEN = '[[then]]\nid = "t"\nwhy = "w"\non = ["light.on"]\nmax_on = "2h"\n'
LIMIT = '[[limit]]\nid = "l"\nwhy = "w"\non = ["light.on"]\nvalue = { max = 1 }\n'

SCRAPS = st.sampled_from([ALLOW, LIMIT, ASK, THEN]).flatmap(
    lambda rule: st.tuples(st.integers(0, len(rule)), st.text("[]{}=\"'\n#.,x1-", max_size=4)).map(
        lambda cut: HEAD + rule[: cut[0]] + cut[1] + rule[cut[0] :]
    )
)
WORDS = sorted(
    {word for table in (AllowTable, LimitTable, AskTable, ThenTable) for word in table.model_fields}
)
INNER = [
    "min",
    "max",
    "one_of",
    "max_change",
    "thing",
    "property",
    "equals",
    "fresh",
    "trusted",
    "starts",
    "modes",
    "between",
    "x",
]
TEXTS = [
    "light.on",
    "*",
    "agent",
    "owner",
    "2m",
    "6/h",
    "22:00",
    "mon",
    "home",
    "manage",
    "sensitive",
    "",
    "a b",
    "\u0000",
    "é",
]
ANY: st.SearchStrategy[object] = st.recursive(
    st.sampled_from(TEXTS) | st.integers(-3, 3) | st.floats() | st.booleans() | st.integers() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner, max_size=3),
    max_leaves=4,
)
RULES = st.lists(
    st.tuples(
        st.sampled_from(["allow", "limit", "ask", "then"]),
        st.dictionaries(st.sampled_from(WORDS), ANY, max_size=9),
    ),
    max_size=3,
)


def written(value: object) -> str:
    """As TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, bool | str):
        return json.dumps(value)
    return str(value)


def is_answered(text: str) -> None:
    """Any text is a rule set, or an error that names lines of the text."""
    try:
        parse(text, name="any")
    except PolicyError as error:
        assert error.problems
        assert all(0 <= problem.line <= text.count("\n") + 1 and problem.text for problem in error.problems)


@given(st.text(max_size=80) | SCRAPS)
def test_any_text_is_a_rule_set_or_a_policy_error(text: str) -> None:
    is_answered(text)


@settings(max_examples=300)
@given(RULES)
def test_any_values_in_any_words_are_a_rule_set_or_a_policy_error(
    rules: list[tuple[str, dict[str, object]]],
) -> None:
    text = HEAD
    for table, words in rules:
        text += f"[[{table}]]\n" + "".join(f"{word} = {written(value)}\n" for word, value in words.items())
    is_answered(text)


@settings(max_examples=300)
@given(
    st.sampled_from([ALLOW, LIMIT, ASK, THEN]),
    st.dictionaries(st.sampled_from(WORDS), ANY, min_size=1, max_size=2),
)
def test_a_sound_rule_with_any_value_in_a_word(rule: str, words: dict[str, object]) -> None:
    kept = [line for line in rule.splitlines() if line.partition(" = ")[0] not in words]
    is_answered("\n".join([HEAD, *kept, *(f"{word} = {written(value)}" for word, value in words.items())]))
