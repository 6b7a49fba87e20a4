"""Event streams, bodies and address templates: any bytes give values or one error."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wot.content import ContentError, decode, encode, loads
from drivers.wot.settings import WotSettings
from drivers.wot.sse import ServerEvent, SseError, SseParser
from drivers.wot.templates import TemplateError, expand, variables

STREAM = b"\xef\xbb\xbf: hello\nretry: 5\nevent: on\r\ndata: 1\rdata:2\n\nid: 7\ndata: x\r\n\r\nevent: lost\n\ndata: not ended"
EVENTS = [ServerEvent("on", "1\n2"), ServerEvent("message", "x")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    parser, places = SseParser(), [0, *sorted(cuts), len(STREAM)]
    seen = [event for start, end in pairwise(places) for event in parser.feed(STREAM[start:end])]
    assert seen == EVENTS


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_a_stream_or_refused(chunks: list[bytes]) -> None:
    parser = SseParser(most=100)
    try:
        for chunk in chunks:
            for event in parser.feed(chunk):
                assert len(event.data) <= 100
    except SseError:
        pass


@pytest.mark.parametrize("chunk", [b"x" * 200, b"data: y\n" * 40])
def test_what_never_ends_is_refused(chunk: bytes) -> None:
    with pytest.raises(SseError, match="longer than 100"):
        SseParser(most=100).feed(chunk)


def test_comments_keep_a_stream_open_for_ever() -> None:
    parser = SseParser(most=100)
    for _ in range(1000):
        assert parser.feed(b": still here\n") == []
    assert parser.feed(b"data: 1\n\n") == [ServerEvent("message", "1")]


@given(
    st.binary(max_size=200),
    st.sampled_from(["application/json", "text/plain", "application/x+json;charset=utf-8"]),
)
def test_any_body_is_a_value_or_refused(body: bytes, content_type: str) -> None:
    for schema_type in ("boolean", "number", "integer", "string", ""):
        try:
            value = decode(body, content_type, schema_type)
        except ContentError:
            continue
        json.dumps(value, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "schema_type"),
    [(True, "boolean"), (False, "boolean"), (5, "integer"), (-2.5, "number"), ("on the air", "string")],
)
def test_scalars_travel_as_text(value: bool | float | str, schema_type: str) -> None:
    assert decode(encode(value, "text/plain;charset=utf-8"), "text/plain", schema_type) == value


@pytest.mark.parametrize("text", [b"NaN", b"[" * 5000, b"[" * 40 + b"]" * 40, b"[1,", b"\xff", b"1e999x"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ContentError):
        loads(text)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "five", ""])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ContentError):
        decode(text.encode(), "text/plain", "number")


def test_templates() -> None:
    assert variables("a/{b}{?c,d}") == (frozenset("b"), frozenset("cd"))
    assert expand("a/{b}{?c,d}", {"b": "x/y?", "d": True}) == "a/x%2Fy%3F?d=true"
    assert expand("a?e=1{&c}", {}) == "a?e=1"
    with pytest.raises(TemplateError, match="'b'"):
        expand("a/{b}", {})
    for href in ("{+path}", "{#x}", "{a*}", "{a:3}", "}{"):
        with pytest.raises(TemplateError):
            variables(href)


@given(st.text(max_size=40))
def test_a_value_never_leaves_its_place(value: str) -> None:
    url = expand("http://lamp/a/{v}/b{?v}", {"v": value})
    assert url.count("/") == 5
    assert url.count("?") == 1
    assert url.isascii()


@pytest.mark.parametrize(
    "url", ["lamp.lan", "ftp://lamp/", "http://u:p@lamp/td", "http://lamp/td#x", "http://"]
)
def test_settings_refuse_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="address of a description"):
        WotSettings.model_validate({"things": (url,)})
