"""What somebody wants to hand on, in the words that people and agents think in; and the terms that this makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from capabilities.vocabulary import Json
from policies.documents import BoundsTable
from policies.fields import Capabilities, Days, RateText, Readable, Texts, TimeOfDay
from policies.mandates import MOST_TABLES, Terms
from policies.times import DAYS

Some = Field(min_length=1, max_length=MOST_TABLES // 2)
"""Bounds and rates together are no more limits than terms may have."""


class Wish(BaseModel):
    """What is left of what the maker may do: at these places, with these capabilities, within these bounds, so often (for each
    Thing), at these times of day. What is left out is not narrowed. `see`: what may be read; `read_only`: nothing is used.
    """

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    things: Texts | None = None
    rooms: Texts | None = None
    labels: Texts | None = None
    may: Capabilities | None = None
    see: Readable | None = None
    read_only: bool = False
    bounds: Annotated[dict[str, BoundsTable], Some] | None = None
    at_most: RateText | Annotated[dict[str, RateText], Some] | None = None
    between: Annotated[tuple[TimeOfDay, TimeOfDay], Field(strict=False)] | None = None
    days: Days | None = None
    mandate: Terms | None = None

    @property
    def says(self) -> list[str]:
        """The members by which it narrows."""
        return [
            name
            for name in Wish.model_fields
            if name != "mandate" and getattr(self, name) not in (None, False)
        ]


def terms_of(wish: Wish) -> Terms:
    """Raises `ValueError` (`pydantic.ValidationError` is one) where it contradicts itself, or cannot be a limit."""
    if wish.mandate is not None:
        if wish.says:
            raise ValueError(f"give either mandate or {', '.join(wish.says)}")
        return wish.mandate
    if wish.read_only and (wish.may or wish.bounds or wish.at_most):
        raise ValueError("read_only leaves nothing to use: leave out may, bounds and at_most")
    place: dict[str, Json] = {
        name: [*names] for name in ("things", "rooms", "labels") if (names := getattr(wish, name))
    }
    document: dict[str, object] = {"limits": [*_limits(wish)]}
    if wish.read_only:
        document["use"] = []
    elif place or wish.may:
        document["use"] = [place | _list("may", wish.may)]
    if place or wish.see:
        document["read"] = [place | _list("see", wish.see)]
    return Terms.model_validate(document)


def _list(name: str, names: tuple[str, ...] | None) -> dict[str, Json]:
    return {name: [*names]} if names else {}


def _limits(wish: Wish) -> Iterator[dict[str, Json]]:
    for number, (capability, bounds) in enumerate((wish.bounds or {}).items(), 1):
        value = bounds.model_dump(mode="json", exclude_none=True)
        yield _limit(f"bounds-{number}", [capability], "Handed on within these bounds", value=value)
    rates = wish.at_most if isinstance(wish.at_most, dict) else {"*": wish.at_most} if wish.at_most else {}
    for number, (capability, rate) in enumerate(rates.items(), 1):
        yield _limit(f"rate-{number}", [capability], "Handed on so often, for each Thing", at_most=rate.text)
    for number, (hours, days) in enumerate(quiet(wish.between, wish.days), 1):
        narrowed: dict[str, Json] = {"not_between": [*hours]}
        if days:
            narrowed["days"] = [*days]
        yield _limit(f"hours-{number}", ["*"], "Handed on for these hours", **narrowed)


def _limit(ident: str, on: list[Json], why: str, **words: Json) -> dict[str, Json]:
    return {"id": ident, "on": on, "why": why, **words}


NOON: Final = "12:00"
MIDNIGHT: Final = "00:00"


def quiet(
    between: tuple[str, str] | None, days: tuple[str, ...] | None
) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """The hours that are left out where only `between`, beginning on `days`, is left; with the days on which those hours
    begin (none: on all).
    """
    others = tuple(day for day in DAYS if day not in days) if days else ()
    if between is not None:
        start, end = between
        if start == end:
            raise ValueError("between begins and ends at one time: two different ones make an interval")
        yield (end, start), ()
        if others:
            yield (start, end), others
    elif others:
        yield (MIDNIGHT, NOON), others
        yield (NOON, MIDNIGHT), others


def said(error: ValueError) -> str:
    """What is wrong, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    wrong = error.errors(include_url=False, include_input=False)[:MOST_SAID]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the terms'}: {one['msg']}" for one in wrong)


MOST_SAID: Final = 5
"""Of what is wrong at once."""
