"""What can be wrong with a value or a description.

CapabilityError
├── SchemaError      a value does not fit its schema, or a schema cannot be compiled
├── ComposeError     what a driver says of a device contradicts the Thing Model
└── ModelError       a shipped Thing Model is wrong
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from capabilities.vocabulary import Json

SHOWN_CHARACTERS = 60  # of a foreign value in a message: enough to recognise it, too little to flood a log

HUGE = 10**SHOWN_CHARACTERS  # Python refuses to write out an integer of thousands of digits


class CapabilityError(ValueError):
    """The text is one sentence: what is wrong, and what would be right."""


class SchemaError(CapabilityError):
    """`path` says where ("" is the value itself, `color.hue`, `steps[2]`), `problem` what is wrong there, and
    `remedy` what would be right.
    """

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        super().__init__(f"{path or 'the value'} {problem}; {remedy}")
        self.path = path
        self.problem = problem
        self.remedy = remedy

    def under(self, outer: str) -> SchemaError:
        """The same error, seen from the object or array around the value."""
        dot = "" if not self.path or self.path.startswith("[") else "."
        return SchemaError(f"{outer}{dot}{self.path}", self.problem, self.remedy)


class ComposeError(CapabilityError):
    """Names the component, the affordance, and what would be right."""


class ModelError(CapabilityError):
    """Names the model, the affordance, and what would be right."""


def shown(value: Json) -> str:
    """A value as a person may read it in a message, bounded in length."""
    if isinstance(value, dict | list):
        return ("an object" if isinstance(value, dict) else "a list") + f" of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > HUGE:
        return "a huge number"
    text = repr(value[:SHOWN_CHARACTERS] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known names that `name` was probably meant to be, else all of them (a dozen at most), as a readable list."""
    names = list(known)
    close = get_close_matches(name[:SHOWN_CHARACTERS], names, n=3) or names[:12]
    return ", ".join(close) if close else "none"
