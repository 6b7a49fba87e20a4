"""Lines of keys and elements: `locate` against texts whose lines are known."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from policies.locate import Path, line_of, locate

TEXT = (
    '''# a comment with [[limit]] and id = "no"
format = 1
[[limit]]
id = "a#b"  # not a comment inside
"quoted key" = 'x = [1'
on = [
  "light.on",  # one

  "light.*", [1,
   2],
]
value = { min = 1, "max" = 2, one_of = [
  1, { deep = 3,
    }, ] }
[[limit]]
why = """
several = "lines"
[[limit]] """
after.dotted."key x" = 2026-01-02 10:00:00
more = 1.5
[limit.value]
max = 3
[[limit.members]]
a = '''.replace(",\n    }", "}")
    + "'''\n[x]\n'''\nb = 2\n[[limit]]\nid='''''two quotes'''''\nend = true\n"
)


def test_every_line_of_a_text_with_everything_in_it() -> None:
    tomllib.loads(TEXT)
    lines = locate(TEXT)
    expected: dict[Path, int] = {
        ("format",): 2,
        ("limit", 0): 3,
        ("limit", 0, "id"): 4,
        ("limit", 0, "quoted key"): 5,
        ("limit", 0, "on"): 6,
        ("limit", 0, "on", 0): 7,
        ("limit", 0, "on", 1): 9,
        ("limit", 0, "on", 2): 9,
        ("limit", 0, "on", 2, 1): 10,
        ("limit", 0, "value", "max"): 12,
        ("limit", 0, "value", "one_of", 0): 13,
        ("limit", 0, "value", "one_of", 1, "deep"): 13,
        ("limit", 1): 14,
        ("limit", 1, "why"): 15,
        ("limit", 1, "after", "dotted", "key x"): 18,
        ("limit", 1, "more"): 19,
        ("limit", 1, "value"): 20,
        ("limit", 1, "value", "max"): 21,
        ("limit", 1, "members", 0): 22,
        ("limit", 1, "members", 0, "a"): 23,
        ("limit", 1, "members", 0, "b"): 26,
        ("limit", 2): 27,
        ("limit", 2, "id"): 28,
        ("limit", 2, "end"): 29,
    }
    assert {path: lines.get(path) for path in expected} == expected


def test_windows_line_ends_count_once() -> None:
    assert locate("a = 1\r\nb = 2\r\n") == {("a",): 1, ("b",): 2}


def test_what_has_no_line_is_found_by_what_is_around_it() -> None:
    lines = locate("\n\n[[limit]]\nid = 'x'\n")
    assert line_of(lines, ("limit", 0, "why")) == 3
    assert line_of(lines, ("format",)) == 1


KEYS = st.sampled_from(["a", "b-1", '"x.y"', "'#'", "c.d"])
WORDS = st.sampled_from(
    ["1", "-2.5", "true", '"te#xt"', "'[x'", "2026-01-02", '"""a\nb"""', "'''\n'''", '"a\\"b"', '""']
)


def render(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + ", # x\n".join(map(render, value)) + "\n]"
    if isinstance(value, tuple):
        return "{" + ", ".join(f"k{i} = {render(one)}" for i, one in enumerate(value)) + "}"
    return str(value)


VALUES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.lists(WORDS, max_size=3).map(tuple),
    max_leaves=6,
)


@given(st.lists(st.tuples(KEYS, VALUES), max_size=5, unique_by=lambda pair: pair[0]), st.integers(0, 3))
def test_each_key_is_found_on_the_line_where_it_was_written(
    pairs: list[tuple[str, object]], gap: int
) -> None:
    text, expected = "[[t]]\n", {}
    for key, value in pairs:
        text += "\n" * gap + "# a = 1\n"
        expected[key] = text.count("\n") + 1
        text += f"{key} = {render(value)}\n"
    tomllib.loads(text)
    lines = locate(text)
    for key, line in expected.items():
        path: Path = ("t", 0, *(["c", "d"] if key == "c.d" else [key.strip("\"'")]))
        assert lines[path] == line
