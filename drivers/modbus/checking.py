"""All that is wrong in a profile, in one round: what is wrong is mended in a copy, and the rest is looked at as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from drivers.modbus.profile import ComponentTable, Place, ProfileTable, PropertyTable

MAX_ROUNDS: Final = 8
"""Of mending. Each mends all that it finds; what is wrong behind that shows in the next."""

Loc = tuple[int | str, ...]

_PROPERTY: Final = {"name": "mended", "table": "holding", "register": 0}
_COMPONENT: Final = {"key": "mended", "kind": "other", "property": [_PROPERTY]}
_STAND_IN: Final[Mapping[str, Any]] = {
    **_PROPERTY, "key": "mended", "kind": "other", "property": [_PROPERTY], "component": [_COMPONENT], "title": "mended",
    "manufacturer": "mended", "model": "mended", "sources": ["mended"],
}  # fmt: skip
"""In place of what is required and wrong, so that the rest can be looked at."""


class Checked:
    """`profile` is what can be read of `document` (None: nothing); `problems` a line for each mistake. Tables in `mended`
    are not as they were written: what is said of them beyond that means nothing.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self.mended: set[Loc] = set()
        self.profile: ProfileTable | None = None
        self._given = document
        self._document: dict[str, Any] = deepcopy(dict(document))
        for _ in range(MAX_ROUNDS):
            try:
                self.profile = ProfileTable.model_validate(self._document)
                return
            except ValidationError as error:
                for place, kind, message, value in _meant(error):
                    self._one(place, kind, message, value)

    def _one(self, place: Loc, kind: str, message: str, value: Any) -> None:
        if _table_of(place) not in self.mended or place != _table_of(place):
            self.problems += [
                f"{table(self._given, place)}: {line}" for line in _lines(place, kind, message, value)
            ]
        self._mend(place, kind)

    def _mend(self, place: Loc, kind: str) -> None:
        holder, last = self._at(place[:-1]), place[-1] if place else ""
        if kind == "extra_forbidden" and (meant := _nearest_member(place)) and meant not in holder:
            holder[meant] = holder.pop(last)
            return
        whole = place == _table_of(place)
        self.mended.add(_table_of(place))
        if len(place) == 2 and kind == "value_error":  # a component that vouches for what it cannot know
            self._at(place)["certain"] = False
        elif not place:
            for at, one in enumerate(self._document.get("component", ())):
                one["key"] = f"mended{at}"
        elif whole and isinstance(last, int):
            stand_in = (
                {**_PROPERTY, "name": f"mended{last}"}
                if len(place) == 4
                else {**_COMPONENT, "key": f"mended{last}"}
            )
            holder[last] = deepcopy(stand_in)
        elif isinstance(holder, dict) and last in _STAND_IN and kind != "extra_forbidden":
            holder[last] = deepcopy(_STAND_IN[str(last)])
            if last in {"key", "name"} and len(place) > 1:  # of each table its own
                holder[last] = f"mended{place[-2]}"
        elif isinstance(holder, dict):
            holder.pop(last, None)

    def _at(self, place: Loc) -> Any:
        here: Any = self._document
        for step in place:
            here = here[step]
        return here


def _table_of(place: Loc) -> Loc:
    """The property, the component or the file that `place` is in; `serial_number` is one, too."""
    if place[:1] == ("serial_number",):
        return place[:1]
    return (
        place[:4] if place[2:3] == ("property",) and len(place) > 3 else place[:2] if len(place) > 1 else ()
    )


def _nearest_member(place: Loc) -> str:
    of = _table_of(place[:-1])
    models: dict[int, type[BaseModel]] = {0: ProfileTable, 1: Place, 2: ComponentTable}
    model = models.get(len(of), PropertyTable)
    known = [field.alias or name for name, field in model.model_fields.items()]
    return next(iter(get_close_matches(str(place[-1])[:60], known, n=1)), "")


def table(document: Any, place: Loc) -> str:
    """`component 'main', property 'voltage': scale`: as a person finds it in the file."""
    words: list[str] = []
    here = document
    for step in place:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(step, int) and isinstance(here, Mapping):
            words[-1:] = [f"{words[-1]} {here.get('key', here.get('name', step + 1))!r}"] if words else []
        else:
            words.append(str(step))
    return ", ".join(words) or "the file"


def _meant(error: ValidationError) -> Iterator[tuple[Loc, str, str, Any]]:
    """That a list lacks what was wrong in it is no mistake of its own."""
    errors = error.errors()
    for one in errors:
        place = one["loc"]
        if not any(
            len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in errors
        ):
            yield place, one["type"], one["msg"], one.get("input")


def _lines(place: Loc, kind: str, message: str, value: Any) -> list[str]:
    if kind == "value_error":
        return message.removeprefix("Value error, ").splitlines()
    if kind == "extra_forbidden":
        meant = _nearest_member(place)
        return ["is no member" + (f"; did you mean {meant!r}?" if meant else "; leave it out")]
    line = f"{message[0].lower()}{message[1:]}"
    shown = repr(value)
    return [line if kind == "missing" or len(shown) > 40 else f"{line} (it is {shown})"]
