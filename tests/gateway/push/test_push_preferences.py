"""What is wanted when; what stands in a push."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.notify import Notice, Urgency
from gateway.notify.notice import LONGEST_TEXT, LONGEST_TITLE
from gateway.notify.webpush.encryption import LARGEST_BYTES
from gateway.notify.webpush.message import PADDED_BYTES, headers_of, message
from gateway.notify.webpush.preferences import KINDS, Preferences, minute_of, preferences_of
from gateway.notify.words import in_parts, use_of

TIMES = st.integers(0, 1439)


@given(
    st.frozensets(st.sampled_from(KINDS)),
    st.sampled_from(["low", "normal", "high"]),
    st.none() | st.tuples(TIMES, TIMES),
    st.booleans(),
)
def test_they_are_kept_as_they_are(
    kinds: frozenset[str], urgency: str, quiet: tuple[int, int] | None, hidden: bool
) -> None:
    wanted = Preferences(kinds, urgency, quiet, hidden)  # type: ignore[arg-type]
    assert preferences_of(json.dumps(wanted.document())) == wanted


@given(st.text(max_size=60) | st.just('{"quiet": {"from": 1}, "kinds": 3}'))
def test_what_cannot_be_read_is_as_usual(text: str) -> None:
    assert isinstance(preferences_of(text), Preferences)


@given(TIMES, TIMES, st.floats(0, 1439.99))
def test_quiet_hours(begin: int, end: int, minute: float) -> None:
    night = Preferences(quiet=(begin, end))
    steps = (end - begin) % 1440
    assert night.is_quiet(minute) is ((minute - begin) % 1440 < steps)


def test_what_is_urgent_comes_at_night() -> None:
    night = Preferences(quiet=(22 * 60, 7 * 60))
    question = Notice("1", 0.0, "Unlock?", "coo asks", kind="approval", urgency=Urgency.HIGH)
    news = Notice("2", 0.0, "Done", "it is so")
    assert night.want(question, 23 * 60) and not night.want(news, 23 * 60) and not night.want(news, 60)
    assert night.want(news, 12 * 60) and night.want(news, None)
    assert not Preferences(kinds=frozenset({"incident"})).want(question, 0)
    assert not Preferences(urgency="high").want(news, None)


@pytest.mark.parametrize("text", ["", "7:00", "24:00", "12:60", "aa:bb", "1200", "12:0", "+1:00", "１2:00"])
def test_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        minute_of(text)


@given(
    st.text(max_size=LONGEST_TITLE),
    st.text(max_size=LONGEST_TEXT),
    st.text(max_size=300),
    st.booleans(),
    st.booleans(),
)
def test_every_message_fits(title: str, text: str, tag: str, hidden: bool, silent: bool) -> None:
    notice = Notice("1" * 40, 1e9, title, text, tag=tag, ref="/" + "x" * 199, urgency=Urgency.HIGH)
    made = message(notice, hidden=hidden, silent=silent)
    assert len(made) <= LARGEST_BYTES
    assert {"notice", "title", "text", "ref", "tag"} <= json.loads(made).keys()


def test_the_longest_that_people_write_is_padded_as_the_shortest() -> None:
    notice = Notice("1" * 40, 1e9, "🏠" * 120, "🏠" * 600, tag="t" * 60, ref="/" + "x" * 199)
    assert len(message(notice, hidden=False, silent=False)) <= PADDED_BYTES


def test_words_for_other_languages_come_along_where_there_is_room() -> None:
    use: dict[str, Json] = {"title": "Front door", "affordance": "unlock", "value": None}
    words = in_parts("asked", who="coo", use=use, rest="r" * 400, says="")
    notice = Notice("n", 0.0, "Front door: unlock?", "coo asks", words=words)
    made = json.loads(message(notice, hidden=False, silent=False))
    assert made["words"] == {"say": "asked", "who": "coo", "use": use, "rest": made["words"]["rest"]}
    assert len(made["words"]["rest"]) <= 160
    assert made["title"] == "Front door: unlock?"
    assert "words" not in json.loads(message(notice, hidden=True, silent=False))
    large = in_parts("asked", use=use_of({**use, "value": {"v": ["w" * 2_000]}}))
    assert len(orjson.dumps(large)) < 300
    crowded = in_parts("asked", {f"p{n}": "ü" * 400 for n in range(6)})
    made = json.loads(message(Notice("n", 0.0, "t", "x", words=crowded), hidden=False, silent=False))
    assert "words" not in made
    assert made["text"] == "x"


def test_hidden_says_nothing() -> None:
    notice = Notice("1", 1e9, "Front door: unlock?", "coo asks", kind="approval", urgency=Urgency.HIGH)
    shown = json.loads(message(notice, hidden=True, silent=False))
    assert "door" not in json.dumps(shown) and "coo" not in json.dumps(shown) and shown["kind"] == "notice"


def test_how_the_service_is_told_to_treat_it() -> None:
    asked = Notice("1", 1e9, "?", "", urgency=Urgency.HIGH, tag="a1", until=1e9 + 90)
    headers = headers_of(asked, 1e9 + 30, b"a" * 16)
    assert (headers["TTL"], headers["Urgency"]) == ("60", "high") and len(headers["Topic"]) == 32
    assert headers_of(asked, 1e9 + 500, b"a" * 16)["TTL"] == "0"
    other = headers_of(asked, 1e9, b"b" * 16)
    assert other["Topic"] != headers["Topic"]  # one service cannot tell that two phones are told the same
    plain = headers_of(Notice("2", 1e9, "!", ""), 1e9, b"a" * 16)
    assert plain["TTL"] == "3600" and "Topic" not in plain and plain["Urgency"] == "normal"
