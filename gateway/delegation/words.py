"""What was handed on, in words for people: one sentence for each part of the terms."""

from __future__ import annotations

from functools import lru_cache

from pydantic import ValidationError

from policies.decision import Mandate
from policies.documents import BoundsTable, LimitTable
from policies.mandates import MOST_COMPILED, ReadTerms, UseTerms, terms_of


@lru_cache(maxsize=MOST_COMPILED)
def in_words(mandate: Mandate) -> tuple[str, ...]:
    try:
        terms = terms_of(mandate)
    except ValidationError:
        return ("nothing: its terms cannot be read",)
    said = []
    if terms.use is not None:
        said.append(f"uses only {'; or '.join(map(_used, terms.use))}" if terms.use else "uses nothing")
    if terms.read is not None:
        said.append(f"reads only {'; or '.join(map(_read, terms.read))}" if terms.read else "reads nothing")
    return (*said, *map(_limit, terms.limits))


def _used(use: UseTerms) -> str:
    return f"{', '.join(use.may or ('what it may',))}{_place(use)}"


def _read(read: ReadTerms) -> str:
    return f"{', '.join(read.see or ('what it may',))}{_place(read)}"


def _place(one: UseTerms | ReadTerms) -> str:
    where = str(one.where)
    return f" (only {where})" if where else ""


def _limit(table: LimitTable) -> str:
    said = ["never"] if table.never else []
    if table.value is not None:
        said.append(_bounds(table.value))
    said += [f"{name} {_bounds(bounds)}" for name, bounds in (table.members or {}).items()]
    if table.at_most is not None:
        said.append(f"at most {table.at_most.text}")
    if table.not_between is not None:
        days = f", beginning on {', '.join(table.days)}" if table.days else ""
        said.append(f"not between {table.not_between[0]} and {table.not_between[1]}{days}")
    if table.modes is not None:
        said.append(f"only in mode {' or '.join(table.modes)}")
    place = ", ".join(
        f"{what} {', '.join(names)}"
        for what, names in (("Things", table.things), ("rooms", table.rooms), ("labels", table.labels))
        if names
    )
    when = " at some times" if table.when is not None else ""
    return f"{', '.join(table.on)}{f' (in {place})' if place else ''}: {'; '.join(said)}{when}"


def _bounds(bounds: BoundsTable) -> str:
    said = [f"one of {', '.join(map(str, bounds.one_of))}"] if bounds.one_of is not None else []
    said += [f"from {bounds.min:g}"] if bounds.min is not None else []
    said += [f"up to {bounds.max:g}"] if bounds.max is not None else []
    return " ".join(said)
