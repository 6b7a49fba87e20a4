"""Filters cover what they should, and nothing that they must not; what is tried out is nobody's topic."""

from __future__ import annotations

from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from drivers.mqtt.broker_users import check_pattern
from drivers.mqtt.probe_topics import MOST_TREES, probe_topics
from drivers.mqtt.topic_cover import cover, thinned

LEVEL = st.sampled_from(["a", "b", "c", "set", "state", "", "x y"])
TOPICS = st.lists(st.lists(LEVEL, min_size=1, max_size=5).map("/".join).filter(bool), max_size=25)


@settings(max_examples=400, deadline=None)
@given(TOPICS, TOPICS)
def test_no_filter_covers_what_it_must_not(topics: list[str], never: list[str]) -> None:
    filters = cover(topics, never)
    for pattern in filters:
        check_pattern(pattern)
        assert not any(topic_matches_sub(pattern, topic) for topic in never), pattern
    for topic in set(topics) - set(never):
        assert any(topic_matches_sub(pattern, topic) for pattern in filters), topic
    assert len(filters) <= len(set(topics))
    assert filters == thinned(filters)


@settings(max_examples=200, deadline=None)
@given(TOPICS, TOPICS)
def test_what_is_thinned_out_is_covered(some: list[str], more: list[str]) -> None:
    filters = [*some, *cover(more, []), *(f"{topic}/#" for topic in more[:3])]
    kept = thinned(filters)
    assert set(kept) <= set(filters)
    for topic in (*some, *more, *(f"{topic}/deeper" for topic in some)):
        before, after = (any(topic_matches_sub(one, topic) for one in those) for those in (filters, kept))
        assert before is after


def test_a_stranger_s_thousands_take_no_time() -> None:
    topics = [f"a/{n % 100}/{n}/{n % 7}/state" for n in range(10_000)]
    never = [f"a/{n % 100}/{n}/{n % 7}/set" for n in range(10_000)]
    started = process_time()
    assert len(cover(topics, never)) <= 7
    assert process_time() - started < 5


@settings(max_examples=200, deadline=None)
@given(TOPICS)
def test_nothing_is_tried_out_where_a_device_listens(commands: list[str]) -> None:
    topics = probe_topics(commands, "hearth-probe-0")
    assert not topics.keys() & set(commands)
    assert all("hearth-probe-0" in topic.split("/") for topic in topics)
    assert set(topics.values()) <= set(commands)
    assert len(topics) <= 2 * MOST_TREES
