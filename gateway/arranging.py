"""What a person says of a Thing: its title, its room, its labels, and of what kind its components are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.kinds import chosen, last
from gateway.ledger import Entry
from gateway.storage import ThingRow

NEW: Final = "new"
"""On a Thing that can move something, from its adoption until a person takes it off: the shipped rules keep software away."""

LABEL_PATTERN: Final = r"^[a-z][a-z0-9-]{1,31}$"
MOST_LABELS: Final = 16
"""On one Thing. Rules name a handful."""

LONGEST_NAME: Final = 100
"""Characters of a title or a room."""

Check = Callable[[Adopted, Adopted], Sequence[str]]
"""The Thing as it is, and as it would be -> who gains what by it, one sentence each; raises where that stops it."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is to be changed; None leaves it as it is."""

    title: str | None = None
    room: str | None = None
    labels: frozenset[str] | None = None
    kinds: Mapping[str, str | None] | None = None  # by component, as in `kinds.chosen`

    def applied(self, row: ThingRow, known: Adopted, room: Callable[[str], str], *, at: float) -> ThingRow:
        """`known` is the Thing as it is, `room` spells a room as the house does. Raises `KindError`."""
        kinds, names = row.kind_overrides, row.names
        if self.kinds is not None:
            kinds = chosen(known.components, known.kinds, self.kinds, known.component_names())
            names = last(names, recast(known.kinds, kinds))
        return replace(
            row,
            title=row.title if self.title is None else self.title,
            room=row.room if self.room is None else room(self.room),
            labels=row.labels if self.labels is None else tuple(sorted(self.labels)),
            kind_overrides=kinds,
            names=names,
            updated_at=at,
        )

    def entry(self, before: ThingRow, after: ThingRow, gains: Sequence[str], by: str) -> Entry:
        """For the ledger: each member that changed, as it was and as it is. A title is a person's own words."""
        body: dict[str, Json] = {}
        if before.room != after.room:
            body["room"] = [before.room, after.room]
        if before.labels != after.labels:
            body["labels"] = [list[Json](before.labels), list[Json](after.labels)]
        if changed := recast(before.kind_overrides, after.kind_overrides):
            pairs = {k: [before.kind_overrides.get(k), after.kind_overrides.get(k)] for k in sorted(changed)}
            body["kinds"] = {key: list[Json](pair) for key, pair in pairs.items()}
        if gains:
            body["widened"] = list[Json](gains)
        private: dict[str, Json] | None = None
        if before.title != after.title:
            body["renamed"] = True
            private = {"title": [before.title, after.title]}
        return Entry("thing", after.updated_at, body, principal=by, thing=after.id, private=private)


def changes(before: Adopted, after: Adopted) -> dict[str, Json]:
    """What else is otherwise of a Thing that was announced anew, for the ledger: as it was and as it is."""
    body: dict[str, Json] = {}
    if dropped := recast(before.kinds, after.kinds):
        body["kinds"] = {key: [before.kinds.get(key), after.kinds.get(key)] for key in sorted(dropped)}
    if before.members != after.members:
        body["members"] = [[*before.members], [*after.members]]
    return body


def recast(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The components of which something else is said."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
