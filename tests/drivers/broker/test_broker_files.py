"""What the broker is told: names, patterns, passwords, subjects."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.broker_mosquitto import acl_text, hash_password
from drivers.mqtt.broker_nats import config_text, to_subjects
from drivers.mqtt.broker_probe import connect_packet
from drivers.mqtt.broker_users import BrokerUser, check_pattern, check_users


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "+a", "a/b+", "a\nb", "x" * 513])
def test_a_wrong_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="topic pattern"):
        check_pattern(pattern)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\nuser root", "x" * 65])
def test_a_wrong_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="broker user"):
        BrokerUser(name)


def test_a_user_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice: a"):
        check_users([BrokerUser("a"), BrokerUser("a")])


def test_passwords_are_random_and_hidden() -> None:
    one, two = BrokerUser("a"), BrokerUser("a")
    assert one.password != two.password
    assert len(one.password) >= 32
    assert one.password not in repr(one)


def test_the_acl_allows_what_is_named() -> None:
    user = BrokerUser("lamp", publish=("lamp/state",), subscribe=("lamp/set/#",))
    assert acl_text([user]) == "user lamp\ntopic write lamp/state\ntopic read lamp/set/#\n"


@given(st.text(min_size=1, max_size=40).filter(lambda s: s.isprintable()))
def test_the_hash_has_mosquittos_format(password: str) -> None:
    empty, version, iterations, salt, digest = hash_password(password).split("$")
    assert (empty, version) == ("", "7")
    again = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
    assert base64.b64decode(digest) == again


@pytest.mark.parametrize(
    ("pattern", "subjects"),
    [
        ("#", [">"]),
        ("a/+/c", ["a.*.c"]),
        ("a/#", ["a", "a.>"]),
        ("/a", ["/.a"]),
        ("a/", ["a./"]),
        ("a//b", ["a./.b"]),
        ("a.b/c", ["a//b.c"]),
    ],
)
def test_topics_become_subjects(pattern: str, subjects: list[str]) -> None:
    assert to_subjects(pattern) == subjects


def test_a_user_without_rights_may_do_nothing_on_nats() -> None:
    config = json.loads(config_text(1883, [BrokerUser("probe")], Path("/store")))
    (user,) = config["authorization"]["users"]
    assert user["permissions"] == {"publish": {"deny": [">"]}, "subscribe": {"deny": [">"]}}


@given(st.text(min_size=1, max_size=300).filter(lambda s: all(c >= " " for c in s) and s.isascii()))
def test_the_remaining_length_of_the_connect_fits(password: str) -> None:
    packet = connect_packet(BrokerUser("a", password))
    length, shift, at = 0, 0, 1
    while True:
        length |= (packet[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not packet[at - 1] & 0x80:
            break
    assert packet[0] == 0x10
    assert len(packet) - at == length
