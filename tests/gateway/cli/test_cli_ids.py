"""Ids as people type them."""

from __future__ import annotations

import pytest

from gateway.cli.exits import Exit, Failure
from gateway.cli.ids import Known, is_whole, meant, short

OLD, NEW, OTHER = "1kx000000aaaaaaaa111", "1kx000001bbbbbbbb222", "2kx000000cccccccc333"
KNOWN = [
    Known(OLD, "Evening, done", "Evening"),
    Known(NEW, "Evening, running", "Evening"),
    Known(OTHER, "Good night, done", "Good night"),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (OTHER, OTHER),
        (short(NEW), NEW),
        ("222", NEW),
        ("2kx", OTHER),
        ("1kx000001…", NEW),
        ("BBBB222", NEW),
        ("last", OTHER),
        ("good NIGHT", OTHER),
        ("good", OTHER),
    ],
)
def test_one_is_meant(wanted: str, found: str) -> None:
    assert meant("plan", wanted, KNOWN, "hearth plans") == found


@pytest.mark.parametrize("wanted", ["1kx", "evening", "eve"])
def test_several_are_named(wanted: str) -> None:
    with pytest.raises(Failure) as caught:
        meant("plan", wanted, KNOWN, "hearth plans")
    assert caught.value.code is Exit.USAGE
    assert "bbb222 (Evening, running) or aaa111 (Evening, done)" in str(caught.value)


@pytest.mark.parametrize("wanted", ["", " ", "…", "9", "lst", "i"])
def test_none_is_said_with_what_lists_them(wanted: str) -> None:
    with pytest.raises(Failure) as caught:
        meant("lease", wanted, KNOWN[:1], "hearth leases")
    assert caught.value.code is Exit.NOT_FOUND
    assert "`hearth leases` lists them" in str(caught.value)


def test_nothing_is_the_last_of_none() -> None:
    with pytest.raises(Failure, match="there are none just now"):
        meant("lease", "last", [], "hearth leases")


def test_a_whole_id_needs_no_look() -> None:
    assert is_whole(OLD)
    assert not any(map(is_whole, ("Good night everybody", OLD[:-1], "")))
