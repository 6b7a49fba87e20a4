"""A principal as the database has it: with all that binds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from capabilities.vocabulary import Json
from policies.decision import Mandate, Principal, Role


def principal_to(one: Principal) -> dict[str, Json]:
    return {
        "id": one.id,
        "role": one.role,
        "title": one.title,
        "acts_for": one.acts_for,
        "at_box": one.at_box,
        "acts_for_role": one.acts_for_role,
        "makers": [principal_to(maker) for maker in one.makers],
        "mandates": [[*mandate] for mandate in one.mandates],
        "acts_for_mandates": [[*mandate] for mandate in one.acts_for_mandates],
    }


def principal_from(body: Mapping[str, Any]) -> Principal:
    """The same again. Raises `ValueError`, `KeyError`, `TypeError` where it is none."""
    acting = body["acts_for_role"]
    return Principal(
        str(body["id"]),
        Role(body["role"]),
        str(body["title"]),
        str(body["acts_for"]),
        at_box=bool(body["at_box"]),
        acts_for_role=Role(acting) if acting else None,
        makers=tuple(principal_from(maker) for maker in body["makers"]),
        mandates=_mandates(body.get("mandates", ())),
        acts_for_mandates=_mandates(body.get("acts_for_mandates", ())),
    )


def _mandates(rows: Iterable[Sequence[Any]]) -> tuple[Mandate, ...]:
    return tuple(Mandate(str(name), str(terms)) for name, terms in rows)
