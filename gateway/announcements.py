"""What an announcement says of a device's commands: may it come in by itself, can it move something, and is it still what was
adopted?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.inclusion import includes
from capabilities.vocabulary import ACTUATOR_KINDS, Json
from drivers.driver import Candidate

AdoptionRule = Callable[[Candidate], bool]


def adopt_all(_: Candidate) -> bool:
    """Everything that is found becomes a Thing: for demonstrations and benches."""
    return True


def adopt_none(_: Candidate) -> bool:
    """Everything waits in the inbox for a person."""
    return False


def adopt_sensors(candidate: Candidate) -> bool:
    """Only what takes no commands comes in by itself: not even one that sets how it measures."""
    return not any(can_move(component) for component in candidate.components)


def can_move(component: ComponentDescription) -> bool:
    """By its kind, or by what it has. What only tells that something happened (a remote control's button) moves nothing.

    No command is taken for harmless by what it is called: that it only makes the device blink (`identify`) or sets how it
    measures (`setting`) are a device's own words, and a relay may lie behind them.
    """
    affordances = component.affordances
    if any(one.writable or one.role == "action" for one in affordances):
        return True
    return component.kind in ACTUATOR_KINDS and any(one.role != "event" for one in affordances)


def moved(known: ComponentDescription, announced: ComponentDescription) -> bool:
    """Whether what a command would do, or where it goes, is no longer what was adopted: also where its numbers are meant in
    another unit. A device that is only called otherwise has not moved.
    """
    if _measured_otherwise(known, announced):
        return True
    if known.lasting and announced.lasting:
        return known.kind != announced.kind or known.lasting != announced.lasting
    return known.kind != announced.kind or _commands(known) != _commands(announced)


def _measured_otherwise(known: ComponentDescription, announced: ComponentDescription) -> bool:
    units = {one.name: one.schema.get("unit") for one in known.affordances if one.writable}
    return any(
        one.writable and units.get(one.name, one.schema.get("unit")) != one.schema.get("unit")
        for one in announced.affordances
    )


def no_surer(known: ComponentDescription | None, announced: ComponentDescription) -> ComponentDescription:
    """`announced`, and a guess still where it was one: that what it moves is known is for a person to say. What outlasts its
    name stays known while nobody can vouch for it: the next renaming may come then.
    """
    if known is not None and not announced.lasting and known.fingerprint == announced.fingerprint:
        announced = replace(announced, lasting=known.lasting) if known.lasting else announced
    if known is None or known.certain or not announced.certain or not can_move(announced):
        return announced
    return replace(announced, certain=False, proposal=known.proposal)


def no_laxer(known: ComponentDescription | None, announced: ComponentDescription) -> ComponentDescription:
    """`announced`, and nothing easier to be had than it was: what its commands ask of those who give them, and how far they
    go, is for a person to ease.
    """
    if known is None:
        return announced
    before = {one.name: one for one in known.affordances}
    kept = tuple(
        _no_laxer(before[one.name], one) if one.name in before else one for one in announced.affordances
    )
    return announced if kept == announced.affordances else replace(announced, affordances=kept)


def _no_laxer(known: AffordanceDescription, one: AffordanceDescription) -> AffordanceDescription:
    if not (one.writable or one.role == "action") or not (known.writable or known.role == "action"):
        return one
    hazard = max(known.hazard, one.hazard)
    privilege = max(known.privilege, one.privilege, key=lambda privilege: privilege.rank)
    schema = _no_wider(known, one)
    if (hazard, privilege, schema) == (one.hazard, one.privilege, one.schema):
        return one
    return replace(one, hazard=hazard, privilege=privilege, schema=schema)


def _no_wider(known: AffordanceDescription, one: AffordanceDescription) -> Mapping[str, Json]:
    """The schema that was let in, unless the announced one surely takes nothing else. Ends that are nearer hold at once."""
    takes_nothing = one.role == "action" and not known.schema  # an action without a schema has no input
    if not takes_nothing and includes(known.schema, one.schema):
        return one.schema
    if takes_nothing and not one.schema:
        return one.schema
    nearer = _nearer(known.schema, one.schema)
    return nearer if includes(known.schema, nearer) and not _is_empty(nearer) else known.schema


def _nearer(known: Mapping[str, Json], schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """`known` with the ends of `schema` that are nearer; another unit has others."""
    if known.get("unit") != schema.get("unit") or known.get("type") != schema.get("type"):
        return known
    found = dict(known)
    for end, stricter in (("minimum", max), ("maximum", min)):
        was, now = known.get(end), schema.get(end)
        if isinstance(was, int | float) and isinstance(now, int | float):
            found[end] = stricter(was, now)
    return found


def _is_empty(schema: Mapping[str, Json]) -> bool:
    least, most = schema.get("minimum"), schema.get("maximum")
    return isinstance(least, int | float) and isinstance(most, int | float) and least > most


def moves_anew(known: Iterable[ComponentDescription], now: Iterable[ComponentDescription]) -> bool:
    """Whether something can move that could not before, or is of another kind."""
    before = {component.key: component.kind for component in known if can_move(component)}
    return any(can_move(component) and before.get(component.key) != component.kind for component in now)


def _commands(component: ComponentDescription) -> object:
    """What stands for a component's commands where its driver has no fingerprint: which there are, and where they go."""
    return component.fingerprint or sorted(
        (a.role, a.name, a.point) for a in component.affordances if a.writable or a.role == "action"
    )
