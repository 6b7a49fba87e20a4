"""Text of others, as it is shown and read."""

from __future__ import annotations

import pytest

from gateway.foreign import MOST_MARKS, one_line


@pytest.mark.parametrize("hidden", ["\ufe01", "\U000e0131", "\u115f", "\u3164", "\u2800", "\u034f", "\u180b"])
def test_letters_that_people_do_not_see_are_taken_out(hidden: str) -> None:
    """A name could say to a model what no person reads."""
    assert one_line(f"La{hidden * 5}mp") == "Lamp"


def test_a_letter_has_few_marks_and_an_emoji_its_own() -> None:
    assert one_line("e" + "\u0301" * 20) == "e" + "\u0301" * MOST_MARKS
    assert one_line("Ống ❤\ufe0f Café") == "Ống ❤\ufe0f Café"
