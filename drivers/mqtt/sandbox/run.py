"""One rendering of a template: its variables, its clock, and how much it may still make.

A template has no loops, so each of its expressions is evaluated once at most. What is left to be bounded is size: of each
text, of each number, and of everything that one rendering makes together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, NoReturn

MAX_OUTPUT_CHARS: Final = 16_384
"""Of a rendering, and of any text on the way to it. A command or state is some hundred characters."""

MAX_WORK_UNITS: Final = 131_072
"""Of a whole rendering: one unit for each character or entry made, one for each four characters looked through in a container,
one for each sixteen that a function reads, up to five for each entry of a list. Eight texts of the largest size."""

MAX_NUMBER_BITS: Final = 256
"""No device has numbers beyond it, and multiplication cannot be used to fill memory."""

Now = Callable[[], datetime]
"""The time, in the zone of the house."""


class TooMuch(Exception):
    """A rendering grows beyond its bounds."""


class Undefined:
    """What a template names and is not there. Writes itself as nothing; whoever calculates with it raises `Missing`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return "Undefined"

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Undefined)

    def __hash__(self) -> int:
        return 0


class Missing(Exception):
    """What is not there was needed. `name` is what was looked for."""

    def __init__(self, undefined: Undefined) -> None:
        super().__init__(f"{undefined.name} is missing")
        self.name = undefined.name


class Namespace:
    """What `namespace()` makes: names that can be set again."""

    __slots__ = ("names",)

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names


class Run:
    """The state of one rendering."""

    __slots__ = ("_left", "_now", "variables")

    def __init__(self, variables: dict[str, Any], now: Now | None) -> None:
        self.variables = variables
        self._left = MAX_WORK_UNITS
        self._now = now

    def now(self) -> datetime:
        """Raises `ValueError` where nobody gave a clock."""
        if self._now is None:
            raise ValueError("the time is not known here")
        return self._now()

    def local(self, at: datetime) -> datetime:
        """The same moment in the zone of the house; a time without a zone is taken for local. Without a clock: the system's."""
        zone = None if self._now is None else self._now().tzinfo
        if at.tzinfo is None and zone is not None:
            return at.replace(tzinfo=zone)
        return at.astimezone(zone)

    def charge(self, units: int) -> None:
        """Raises `TooMuch` when the rendering's share is used up."""
        self._left -= units
        if self._left < 0:
            raise TooMuch("it makes too much in all")

    def fits(self, chars: int) -> None:
        """Before a text of so many characters is made."""
        if chars > MAX_OUTPUT_CHARS:
            raise TooMuch(f"it would make more than {MAX_OUTPUT_CHARS} characters")
        self.charge(chars)

    def made(self, value: Any) -> Any:
        """Charge for a value that was made, not for what is inside of it."""
        kind = type(value)
        if kind is str or kind is bytes:
            self.fits(len(value))
        elif kind is int:
            if value.bit_length() > MAX_NUMBER_BITS:
                raise TooMuch("a number grows too large")
        elif kind is list or kind is tuple or kind is dict:
            self.charge(len(value))
        return value

    def weigh(self, value: Any) -> None:
        """Charge for all that is inside, again wherever it is inside again: before it is written out or compared."""
        pending = [value]
        while pending:
            item = pending.pop()
            kind = type(item)
            if kind is dict:
                self.charge(2 * len(item))
                pending.extend(item)
                pending.extend(item.values())
            elif kind is list or kind is tuple:
                self.charge(len(item))
                pending.extend(item)
            elif kind is str or kind is bytes:
                self.charge(1 + (len(item) >> 2))

    def text(self, value: Any) -> str:
        """As a template writes it."""
        kind = type(value)
        if kind is str:
            return value  # type: ignore[no-any-return]
        if kind is list or kind is tuple or kind is dict:
            self.weigh(value)
        text = str(value)
        if len(text) > MAX_OUTPUT_CHARS:
            raise TooMuch(f"it would make more than {MAX_OUTPUT_CHARS} characters")
        return text


def missing(*values: Any) -> None:
    """Raises `Missing` for the first of these that is undefined."""
    for value in values:
        if isinstance(value, Undefined):
            raise Missing(value)


def refuse(function: str, value: Any) -> NoReturn:
    """A value that `function` cannot read, where no default was given."""
    missing(value)
    shown = (
        repr(value[:41] if isinstance(value, str) else value)
        if isinstance(value, str | int | float)
        else f"a {type(value).__name__}"
    )
    raise ValueError(f"{function} cannot read {shown if len(shown) <= 40 else shown[:39] + '…'}")
