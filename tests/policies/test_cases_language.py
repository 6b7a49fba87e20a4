"""Case files: what they may say, what is wrong with one and where, and what a case that fails tells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import Policy, PolicyError, RuleSet, compile_rules, defaults, parse
from policies.cases import CaseResult, parse_cases, run_cases
from policies.cases.documents import GivenTable, ThenTable, WhenTable

RULES = """format = 1
[[allow]]
id = "all"
who = ["agent", "adult"]
may = ["*"]
see = ["*"]
why = "For the tests"

[[limit]]
id = "band"
on = ["thermostat.target"]
value = { min = 16, max = 23 }
at_most = "2/h"
why = "Comfort without waste"
"""
SETS = [parse(RULES, name="household")]
POLICY = compile_rules(SETS[0])
CASE = '[[case]]\nname = "a case"\n'
USE = 'when = { use = "light.on", value = true }\n'
GIVEN, WHEN, THEN = (
    sorted(GivenTable.model_fields),
    sorted(WhenTable.model_fields),
    sorted(ThenTable.model_fields),
)
PERMIT = 'then = { verdict = "permit" }\n'


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as raised:
        parse_cases("format = 1\n" + text, "house.toml")
    return [str(problem) for problem in raised.value.problems]


def ran(
    facts: str = "", when: str = USE, then: str = PERMIT, sets: list[RuleSet] = SETS, more: str = ""
) -> CaseResult:
    who = f'given = {{ who = "agent"{", " if facts else ""}{facts} }}\n'
    (result,) = run_cases(
        POLICY, parse_cases(f"format = 1\n{CASE}{who}{when}{then}{more}", "house.toml"), sets
    )
    return result


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "house.toml:1: has no case: write [[case]] above each"),
        ("case = 1", "house.toml:2: case: must be tables: write [[case]] above each"),
        ("[[cases]]", 'house.toml:2: "cases" is not a known word; did you mean "case"?'),
        (CASE + USE + PERMIT, 'house.toml:2: case "a case", given: does not say who asks: give who'),
        (
            CASE + USE + PERMIT + 'gven = { who = "agent" }',
            'house.toml:6: case "a case": "gven" is not a known word; did you mean "given"?',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agnet" }',
            'house.toml:6: case "a case", given.who: must be a role: owner, adult, child, guest, agent, guest-agent,'
            ' service; did you mean "agent"',
        ),
        (
            CASE + USE + PERMIT + "given = { whoo = 1 }",
            'house.toml:6: case "a case", given: "whoo" is not a known word; did you mean "who"?',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agent", at = "23:10" }',
            'house.toml:6: case "a case", given.at: must be a day and a time, like "fri 23:10", or "unknown"',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agent", at = "fri 25:10" }',
            'house.toml:6: case "a case", given.at: "25:10" is not a time of day',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agent", mode = "nigt" }',
            'house.toml:6: case "a case", given.mode: must be one of home, away, night, holiday, unknown;'
            ' did you mean "night"',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agent", readings = { level = 3 } }',
            'house.toml:6: case "a case", given.readings.level: must be a Thing and its property',
        ),
        (
            CASE
            + USE
            + PERMIT
            + 'given = { who = "agent", readings = { "tank.level" = { value = 3, old = 1 } } }',
            'house.toml:6: case "a case", given.readings.tank.level: "old" is not a known word.',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agent", used = { band = { times = 3 } } }',
            'house.toml:6: case "a case", given.used.band: must be ages like ["2m", "9m"]',
        ),
        (
            CASE + USE + PERMIT + 'given = { who = "agent", off_for = "long" }',
            'house.toml:6: case "a case", given.off_for: "long" is not a duration',
        ),
        (
            CASE + 'when = { use = "light.on", see = "light.on" }\n' + PERMIT,
            'house.toml:4: case "a case", when: must say either use (a capability to use) or see (one to read)',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "light.brightnes", value = 3 }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: "brightnes" is no name of the kind light; did you mean "brightness"',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "lihgt.on", value = 3 }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: "lihgt" in "lihgt.on" is not a kind; did you mean "light"',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "light.*", value = 3 }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: "light.*" is several capabilities: name one',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "light.toggle" }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: the gateway makes light.toggle a write of light.on: write that',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "lock.state", value = 3 }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: lock.state can only be read: write see instead of use',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { see = "lock.lock" }\nthen = { see = true }',
            'house.toml:5: case "a case", when.see: lock.lock is an action, and shows nothing',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "light.on" }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: light.on needs a value',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "blind.open", value = 1 }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: blind.open takes no value',
        ),
        (
            CASE + 'given = { who = "agent" }\nwhen = { use = "light.brightness", value = 130 }\n' + PERMIT,
            'house.toml:5: case "a case", when.use: light.brightness: the value is 130',
        ),
        (
            CASE + USE + 'then = { verdict = "allow" }',
            'house.toml:5: case "a case", then.verdict: must be one of deny, ask, permit',
        ),
        (
            CASE + USE + "then = { see = true }",
            'house.toml:2: case "a case": uses something: then must give a verdict (deny, ask, permit)',
        ),
        (
            CASE + 'when = { see = "light.on" }\nthen = { verdict = "deny" }',
            'house.toml:2: case "a case": sees something: then must be { see = true } or { see = false }',
        ),
        (
            CASE + USE + 'then = { verdict = "permit", owes = ["max-on"] }',
            'house.toml:5: case "a case", then.owes: must be one of max_on, restore, confirm, notify; did you mean',
        ),
        (
            CASE
            + 'given = { who = "agent" }\n'
            + USE
            + PERMIT
            + "more_rules = '''\n[[limit]]\nid = \"x\"\non = []\n'''",
            'house.toml:8: case "a case", more_rules: limit "x"',
        ),
        ("[[case]", "house.toml:2: is not TOML"),
        ("x = " + "[" * 5000, "house.toml: is nested too deeply"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_would_be_right(text: str, said: str) -> None:
    assert any(one.startswith(said) for one in problems(text)), "\n".join(problems(text))


def test_all_problems_come_at_once() -> None:
    text = CASE + USE + PERMIT + CASE.replace("a case", "another") + USE + PERMIT
    assert len(problems(text)) == 2
    assert (
        "is already the name of the case in line 3" in problems(CASE + USE + PERMIT + CASE + USE + PERMIT)[2]
    )


def test_a_file_that_is_too_long_is_not_read() -> None:
    assert "is longer than 1,000,000 characters" in problems("#" * 1_000_001)[0]


def test_dates_are_no_values() -> None:
    text = CASE + 'when = { use = "light.on", value = 2026-01-01 }\n' + PERMIT
    assert "when.value: must be a number, text, true, false, a list or a table" in problems(text)[0]


def test_a_case_that_holds_says_so() -> None:
    assert str(ran()) == "holds: a case"


def test_a_case_that_fails_says_what_was_expected_what_was_decided_and_why() -> None:
    result = ran(
        when='when = { use = "thermostat.target", value = 25 }\n',
        then='then = { verdict = "permit", rule = "all", accepted = { max = 25 }, remedy = "tomorrow", unknown = true,'
        ' owes = ["notify"] }',
    )
    assert str(result).splitlines() == [
        "fails: a case (line 2)",
        "  expected: permit, by all, owes notify",
        "  decided:  deny, accepted 16 to 23",
        "  The verdict is deny, not permit.",
        "  all is not among the reasons.",
        "  What is accepted is 16 to 23.",
        '  No remedy says "tomorrow".',
        "  Everything that the rules looked at was known.",
        "  It owes nothing, not notify.",
        "  - household/band denies: 25 is above 23 [Comfort without waste]; would do: target between 16 and 23",
    ]


def test_a_reading_that_fails_says_so() -> None:
    result = ran(when='when = { see = "lock.state" }\n', then="then = { see = true }")
    assert (result.expected, result.decided, result.passed) == ("may be read", "may not be read", False)
    assert result.findings


def test_a_rule_that_is_not_there_was_not_used() -> None:
    assert ran('used = { band = ["2m"] }').passed
    assert ran('used = { bond = ["2m"] }').wrong == (
        'There is no rule "bond", of which uses or a consent are given.',
    )
    assert ran('used = { bond = ["2m"] }', sets=[]).passed, "which rules there are is not known"


def test_rules_beside_the_households_need_the_households_sets() -> None:
    more = "more_rules = '''\n[[limit]]\nid = \"dark\"\non = [\"light.on\"]\nnever = true\nwhy = \"w\"\n'''\n"
    assert ran(more=more, then='then = { verdict = "deny", rule = "household/dark" }\n').passed
    with pytest.raises(ValueError, match="give run_cases the sets, too"):
        ran(more=more, sets=[])


def test_a_rule_with_the_id_of_another_replaces_it() -> None:
    when = 'when = { use = "thermostat.target", value = 25 }\n'
    more = "more_rules = '''\n[[limit]]\nid = \"band\"\non = [\"thermostat.target\"]\nvalue = { max = 30 }\nwhy = \"w\"\n'''\n"
    assert not ran(when=when).passed
    assert ran(when=when, more=more).passed


def test_the_words_of_a_file_are_those_of_a_case_that_has_none() -> None:
    text = f"""format = 1
[defaults]
given = {{ who = "agent", mode = "night" }}
{CASE}given = {{ who = "guest" }}
{USE}then = {{ verdict = "deny" }}
{CASE.replace("a case", "another")}{USE}{PERMIT}"""
    cases = parse_cases(text, "house.toml")
    assert [case.given.mode for case in cases.cases] == ["night", "night"]
    assert all(result.passed for result in run_cases(POLICY, cases))


def test_cases_with_the_same_rules_share_one_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Policy] = []

    def counted(root: RuleSet, narrowing: list[RuleSet]) -> Policy:
        compiled.append(compile_rules(root, narrowing))
        return compiled[-1]

    monkeypatch.setattr("policies.cases.run.compile_rules", counted)
    more = 'only_rules = \'\'\'\n[[allow]]\nid = "a"\nwho = ["agent"]\nmay = ["*"]\nwhy = "w"\n\'\'\'\n'
    body = 'given = { who = "agent" }\n' + USE + PERMIT + more
    text = "format = 1\n" + CASE + body + CASE.replace("a case", "another") + body
    assert all(result.passed for result in run_cases(POLICY, parse_cases(text, "x.toml")))
    assert len(compiled) == 1


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_file_that_was_cut_and_pasted_is_read_or_named_a_problem(data: st.DataObject) -> None:
    """No text makes reading fail in another way than by saying what is wrong."""
    text = data.draw(st.sampled_from(sorted(defaults.cases().values())))[:6000]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    pasted = data.draw(
        st.sampled_from(
            ["", "1", '"x"', "{}", "[]", "nan", "true", "2026-01-01", '"*"', "'''", "who", " = ", "[[1]]"]
        )
    )
    try:
        cases = parse_cases(text[:start] + pasted + text[end:], "house.toml")
    except PolicyError as error:
        assert all(problem.line >= 0 and problem.text for problem in error.problems)
    else:
        run_cases(POLICY, cases, SETS)


VALUES = [
    *(
        "1",
        "-1",
        "-0.0",
        "nan",
        "1e400",
        "true",
        "07:00:00",
        '""',
        '"x"',
        '"on"',
        '"*"',
        '"lock.x"',
        '"\\u0000"',
    ),
    *(
        "{}",
        "{ a = 1 }",
        "{ a = {} }",
        '{ "a.b" = {} }',
        '{ band = "agent" }',
        "[]",
        "[[]]",
        "[1, 2]",
        '["2m"]',
    ),
]


@settings(deadline=None, max_examples=200)
@given(
    key=st.sampled_from(
        [*("given", "when", "then", "name", "more_rules", "only_rules", "more_sets"), *GIVEN, *WHEN, *THEN]
    ),
    value=st.sampled_from(VALUES),
)
def test_any_value_under_any_word_is_read_or_named_a_problem(key: str, value: str) -> None:
    tables = {"given": 'who = "agent"', "when": 'use = "light.set"', "then": 'verdict = "deny"'}
    for words, table in ((GIVEN, "given"), (WHEN, "when"), (THEN, "then")):
        if key in words:
            tables[table] = ", ".join(
                part
                for part in (tables[table], f"{key} = {value}")
                if not part.startswith(f"{key} =") or part.endswith(value)
            )
    lines = {name: f"{{ {inner} }}" for name, inner in tables.items()} | {"name": '"a case"'}
    if key in {"given", "when", "then", "name", "more_rules", "only_rules", "more_sets"}:
        lines[key] = value
    text = "format = 1\n[[case]]\n" + "\n".join(f"{name} = {inner}" for name, inner in lines.items())
    try:
        cases = parse_cases(text, "house.toml")
    except PolicyError as error:
        assert error.problems
    else:
        run_cases(POLICY, cases, SETS)
