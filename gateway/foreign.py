"""Text that others wrote: devices, agents, people. One line of what can be printed, and not too long, wherever it is shown."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Final

from capabilities.components import ComponentDescription
from drivers.driver import Candidate

LONGEST_TITLE: Final = 100
"""Characters of what a device says of itself: titles, rooms, makers."""

MOST_COMMANDS: Final = 20
LONGEST_COMMAND: Final = 120
"""Lines that say where a component's commands go, and characters of each."""

LONGEST_PROBLEM: Final = 500
"""Characters: a problem may quote what the device said."""


MOST_MARKS: Final = 3
"""Combining marks on one letter: Vietnamese has two."""

_HIDDEN: Final = dict.fromkeys(
    (
        *(
            *range(0xFE00, 0xFE0F),
            *range(0xE0100, 0xE01F0),
            *range(0x180B, 0x180E),
        ),  # variation selectors, but the emojis'
        *(0x115F, 0x1160, 0x3164, 0xFFA0, 0x034F, 0x2800),  # letters that are blank
    )
)


def one_line(text: str, most: int | None = None) -> str:
    """`text` without what terminals obey, what turns or hides letters, what people do not see and programs read, and new lines;
    cut to `most` characters.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    if not text.isascii():
        text = _with_few_marks(text.translate(_HIDDEN))
    return " ".join(text.split())[:most].rstrip()


def _with_few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) or character == "\ufe0f" else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def tamed(candidate: Candidate) -> Candidate:
    """The candidate with its texts for people as such lines. What tells devices and commands apart stays as it is."""
    return replace(
        candidate,
        title=one_line(candidate.title, LONGEST_TITLE),
        manufacturer=one_line(candidate.manufacturer, LONGEST_TITLE),
        model=one_line(candidate.model, LONGEST_TITLE),
        room=one_line(candidate.room, LONGEST_TITLE),
        problems=tuple(one_line(problem, LONGEST_PROBLEM) for problem in candidate.problems),
        components=tuple(map(_component, candidate.components)),
    )


def _component(one: ComponentDescription) -> ComponentDescription:
    title = one_line(one.title, LONGEST_TITLE)
    commands = tuple(one_line(line, LONGEST_COMMAND) for line in one.commands[:MOST_COMMANDS])
    return (
        one
        if (title, commands) == (one.title, one.commands)
        else replace(one, title=title, commands=commands)
    )
