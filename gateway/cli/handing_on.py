"""Options that say what is left of one's rights to somebody else: `hearth delegate`, `hearth guest invite`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from gateway.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_RANGE: Final = re.compile(r"([^=]+)=(-?[\d.]*)\.\.(-?[\d.]*)")

_OPTIONS: Final = (
    click.option(
        "--thing", "things", multiple=True, metavar="ID", help="Only this Thing (may be given again)."
    ),
    click.option("--room", "rooms", multiple=True, metavar="ROOM", help="Only Things in this room."),
    click.option("--label", "labels", multiple=True, metavar="LABEL", help="Only Things with this label."),
    click.option("--may", multiple=True, metavar="CAPABILITY", help="Use only this: light.on, light.*."),
    click.option("--see", multiple=True, metavar="CAPABILITY", help="Read only this: light.*, *."),
    click.option("--read-only", is_flag=True, help="Use nothing."),
    click.option(
        "--bounds", multiple=True, metavar="CAPABILITY=MIN..MAX", help="Within these: light.brightness=..40."
    ),
    click.option("--at-most", default="", metavar="RATE", help="So often, for each Thing: 6/h."),
    click.option("--between", default="", metavar="HH:MM-HH:MM", help="Use things only at these hours."),
    click.option("--days", default="", metavar="DAYS", help="… and days: mon,tue."),
)


def terms_options(function: Decorated) -> Decorated:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def wish(
    *,
    things: tuple[str, ...],
    rooms: tuple[str, ...],
    labels: tuple[str, ...],
    may: tuple[str, ...],
    see: tuple[str, ...],
    read_only: bool,
    bounds: tuple[str, ...],
    at_most: str,
    between: str,
    days: str,
) -> dict[str, Json]:
    """The members of a body that these options mean. Raises `Failure`."""
    lists = {"things": things, "rooms": rooms, "labels": labels, "may": may, "see": see}
    found: dict[str, Json] = {name: [*names] for name, names in lists.items() if names}
    if read_only:
        found["read_only"] = True
    if bounds:
        found["bounds"] = dict(map(_bounds, bounds))
    if at_most:
        found["at_most"] = at_most
    if between:
        found["between"] = [*between.split("-")]
    if days:
        found["days"] = [*days.replace(" ", "").split(",")]
    return found


def _bounds(text: str) -> tuple[str, Json]:
    said = _RANGE.fullmatch(text)
    try:
        ends = (
            {name: float(end) for name, end in zip(("min", "max"), said.groups()[1:], strict=True) if end}
            if said
            else {}
        )
    except ValueError:
        ends = {}
    if said is None or not ends:
        raise Failure(
            f"--bounds is written like light.brightness=..40 or climate.target=16..21, not {text!r}",
            Exit.USAGE,
        )
    return said[1], {name: int(end) if end.is_integer() else end for name, end in ends.items()}
