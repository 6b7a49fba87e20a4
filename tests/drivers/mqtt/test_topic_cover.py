"""Filters cover what they should, and nothing that they must not; what is tried out is nobody's topic."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from drivers.mqtt.broker_users import check_pattern
from drivers.mqtt.probe_topics import MOST_TREES, probe_topics
from drivers.mqtt.topic_cover import cover

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


@settings(max_examples=200, deadline=None)
@given(TOPICS)
def test_nothing_is_tried_out_where_a_device_listens(commands: list[str]) -> None:
    topics = probe_topics(commands, "hearth-probe-0")
    assert not topics.keys() & set(commands)
    assert all("hearth-probe-0" in topic.split("/") for topic in topics)
    assert set(topics.values()) <= set(commands)
    assert len(topics) <= 2 * MOST_TREES
