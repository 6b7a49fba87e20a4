"""What came of a command, in one clear sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.cli.times import duration, seconds_of
from gateway.cli.words import value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capabilities.vocabulary import Json

_BY: Mapping[str, str] = {
    "device": "seen at the device{later}",
    "bridge": "its bridge said so{later}; the device itself has not yet",
}
"""Who told; `{later}` is how long after the command, or the yes to it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked. `shows_in` is the property its effect shows in ("" where nothing can be seen)."""

    thing: str
    affordance: str
    is_action: bool
    shows_in: str
    unit: Json = None
    units: Mapping[str, Json] = field(default_factory=dict)

    def unit_of(self, name: str) -> Json:
        return self.units.get(name, self.unit)


def sentence(asked: Asked, status: Mapping[str, Json]) -> str:
    """Of a command that was done: `confirmed: desk-lamp on is true (seen at the device 84 ms later)`.

    `status` is the execution's status document.
    """
    outcome, seen = str(status.get("outcome")), status.get("seen")
    what = f"{asked.thing} {asked.affordance}"
    if outcome == "confirmed" and isinstance(seen, dict):
        shows_in = str(
            seen.get("property") or asked.shows_in or ("" if asked.is_action else asked.affordance)
        )
        value = value_text(seen.get("value"), asked.unit_of(shows_in))
        effect = f"{asked.thing} {shows_in} is {value}" if shows_in else f"{what}, it is {value} now"
        given = status.get("input")
        if isinstance(given, dict) and len(given) > 1:  # what was seen last is not all that was asked
            effect = f"{what} {', '.join(f'{k} {value_text(v, asked.unit_of(k))}' for k, v in given.items())}"
        told = _BY.get(str(seen.get("evidence")), "seen{later}")
        return f"confirmed: {effect} ({told.format(later=_later(status))})"
    detail = str(status.get("detail") or "")
    if status.get("reason") == "unchanged" and isinstance(seen, dict) and seen.get("property"):
        name, rest = str(seen["property"]), detail.partition(" already")[2]
        value = value_text(seen.get("value"), asked.unit_of(name))
        what, detail = f"{asked.thing} {name} was {value} already{rest}", ""
    elif status.get("reason") == "unchanged" and detail:
        what, detail = f"{asked.thing} {detail}", ""
    return f"{outcome}: {what}" + (f" – {detail}" if detail else "")


def _later(status: Mapping[str, Json]) -> str:
    """How long after the command, or after the yes for which it waited: how long people think is another matter."""
    asked, ended = seconds_of(status.get("timeRequested")), seconds_of(status.get("timeEnded"))
    if ended is not None and (approved := seconds_of(status.get("timeApproved"))) is not None:
        return f" {duration(ended - approved)} after the yes"
    return f" {duration(ended - asked)} later" if asked is not None and ended is not None else ""
