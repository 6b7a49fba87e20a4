"""From what is stored of a Thing to the Thing itself."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Final

from capabilities.components import ComponentDescription
from capabilities.compose import ComposeError, compose
from capabilities.naming import allot_names
from capabilities.vocabulary import Hazard
from gateway.adopted import Adopted
from gateway.kinds import AdoptionError, KindError, fitting, seen_as
from gateway.storage import ThingRow

SUSPENDED: Final = "announced anew with other commands"
"""Why a Thing is suspended, until its device is announced after a start and tells how."""

NO_LABELS: Final = frozenset[str]()
"""One for all Things that have none: an empty set takes 0.2 kB."""

NO_KINDS: Final[dict[str, str]] = {}


def made_of(row: ThingRow, components: tuple[ComponentDescription, ...]) -> Adopted:
    """The Thing as a person sees it. Raises `AdoptionError` where the description does not hold together."""
    kinds = fitting(components, row.kind_overrides) if row.kind_overrides else NO_KINDS
    try:
        seen = seen_as(components, kinds) if kinds else components
        thing = compose(row.id, row.title, seen, row.names, room=row.room, labels=row.labels)
    except ComposeError as error:
        raise AdoptionError(f"{row.title}: {error}") from error
    return Adopted(
        thing,
        driver=row.driver,
        device=row.candidate,
        components=components,
        kinds=kinds,
        room=row.room,
        labels=frozenset(row.labels) if row.labels else NO_LABELS,
        members=row.members,
        suspended=SUSPENDED if row.state == "suspended" else "",
    )


def hazard_of(components: tuple[ComponentDescription, ...]) -> int:
    """The worst that a Thing of these components could do."""
    try:
        thing = compose("any", "any", components, allot_names(components, {}))
    except ComposeError:
        return int(Hazard.PROPERTY)
    operations = (*thing.writes.values(), *thing.actions.values())
    return max((int(operation.hazard) for operation in operations), default=0)


def refuse_other_names(before: Adopted, after: Adopted, recast: set[str]) -> None:
    """A new kind brings new names to its own component alone: rules and programs know the others. Raises `KindError`."""
    now = after.points()
    for point, (name, component) in before.points().items():
        if component not in recast and point in now and now[point][0] != name:
            raise KindError(f"{name} would be called {now[point][0]} by that; give another kind")


def spelled(room: str, known: Iterable[str]) -> str:
    """The room as the house writes it already: case makes no other room."""
    wanted = room.strip()
    return next((one for one in known if one.casefold() == wanted.casefold()), wanted)


def free_id(
    wanted: str, device: tuple[str, str], taken: Container[str], former: Mapping[str, ThingRow]
) -> str:
    """An id for `device` (its driver, its id there): no other Thing has it, and none had it that is removed."""
    number, free = 1, wanted
    while free in taken or not _was(former.get(free), device):
        number += 1
        free = f"{wanted}-{number}"
    return free


def _was(former: ThingRow | None, device: tuple[str, str]) -> bool:
    return former is None or (former.driver, former.candidate) == device
