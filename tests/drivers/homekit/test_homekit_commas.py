"""JSON with commas too many is repaired, in a time that no accessory can stretch."""

from __future__ import annotations

import contextlib
import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.homekit.commas import without_commas_too_many
from drivers.homekit.session import MAX_REPAIRED_BYTES, parsed
from drivers.homekit.wire.connection import LinkError

MOST_S = 0.2
"""Some milliseconds, on a machine that does other things as well. Quadratic is seconds."""

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=6), some, max_size=4),
    max_leaves=12,
)


def test_commas_too_many_are_overlooked() -> None:
    assert parsed(b'{"a":[1,2,],"b":{"c":",]",} ,\n}') == {"a": [1, 2], "b": {"c": ",]"}}
    assert parsed(rb'{"a":"\",]\\",}') == {"a": '",]\\'}


@given(PLAIN)
def test_what_is_json_stays_as_it_is(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False).encode()
    assert without_commas_too_many(text) == text
    assert orjson.loads(without_commas_too_many(json.dumps([value])[:-1].encode() + b" , ]")) == [value]


@pytest.mark.parametrize(
    "piece", [b'\\"', b"\\\n", b'"\\', b",", b", ", b'",', b"[", b"//x\n", b"/*", b'"', b"\\", b'"a"']
)
@pytest.mark.parametrize("begin", [b"[", b'["', b'{"a":"', b"[1,"])
@pytest.mark.parametrize("end", [b"", b"\\", b"]", b"x"])
def test_no_answer_holds_the_loop_up(begin: bytes, piece: bytes, end: bytes) -> None:
    body = begin + piece * ((MAX_REPAIRED_BYTES - 10) // len(piece)) + end
    started = time.thread_time()
    with contextlib.suppress(LinkError):  # one of them happens to be JSON
        parsed(body)
    assert time.thread_time() - started < MOST_S
