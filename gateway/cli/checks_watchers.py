"""What `hearth doctor` says of looking around: who looks, and which families cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gateway.cli.checks import Check, Level
from gateway.cli.client import Client
from gateway.cli.session import items

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


_AGAIN: Final = "it is tried again by itself"

_REMEDIES: Final = {
    "bluetooth": "then it goes on by itself; where no Bluetooth is wanted, leave ble out of `families` in [discovery]",
    "identity": "switch that box off, or stop its gateway: two of one identity command the same devices. Was this one restored"
    " to try it out only? Then stop this one",
}
"""Where what was found says what to do."""


def checks_of_watchers(client: Client) -> Iterator[Check]:
    """Nothing where the caller may not ask, or where nothing is looked for."""
    answer = client.ask("GET", "/discovery")
    found = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    watchers = found.get("watchers")
    told: set[str] = set()
    for name, value in watchers.items() if isinstance(watchers, dict) else ():
        state = value if isinstance(value, dict) else {}
        told.add(str(state.get("detail")))
        yield from _watcher(name, state)
    for family in items(found.get("families")):
        yield from _family(family, told)


def _watcher(name: str, state: dict[str, Json]) -> Iterator[Check]:
    detail = str(state.get("detail") or "")
    if state.get("connected"):
        yield Check(name, Level.OK, detail or "looks around")
    else:
        yield Check(name, Level.WARNING, detail or "cannot look around", _REMEDIES.get(name, _AGAIN))
    problems = state.get("problems")
    for line in problems if isinstance(problems, list) else []:
        if line != detail:
            yield Check(name, Level.WARNING, str(line))


def _family(family: dict[str, Json], told: set[str]) -> Iterator[Check]:
    title, advice = str(family.get("title")), str(family.get("advice") or "")
    seen = family.get("seen")
    if family.get("state") == "missing":
        there = f"{seen} of its devices seen, but " if seen else ""
        yield Check(title, Level.WARNING, f"{there}{advice}")
    elif family.get("state") == "blind":
        why = "" if advice in told else f": {advice}"
        yield Check(title, Level.WARNING, f"none of its devices can be found{why}")
    elif family.get("state") == "failed":
        yield Check(title, Level.FAILURE, advice, "the gateway's log has the details")
