"""Estimates on the command line."""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.cli.estimate_texts import estimate_texts


def test_what_is_estimated_is_one_line() -> None:
    detail: dict[str, Json] = {
        "value": 21.0,
        "uncertainty": 0.1234,
        "uncertainty_estimated": True,
        "reports_every": {"seconds": 601.0, "spread": 12.0},
    }
    assert estimate_texts(detail) == ["± 0.12 (estimated), reports about every 10 min"]


def test_what_is_doubtful_is_a_line_each() -> None:
    detail: dict[str, Json] = {"reason": "quiet for 3 h", "unusual": "it jumped", "uncertainty": 0.5}
    assert estimate_texts(detail) == ["quiet for 3 h", "it jumped"]


def test_what_nothing_is_known_of_takes_no_line() -> None:
    assert estimate_texts({"value": None, "uncertainty": None, "reports_every": None}) == []
