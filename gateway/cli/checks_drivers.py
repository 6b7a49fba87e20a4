"""What `hearth doctor` lets the gateway's drivers try out: who else may command the devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.cli.checks import Check, Level
from gateway.cli.client import Client, segment
from gateway.cli.session import items

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_LEVELS = {"ok": Level.OK, "warning": Level.WARNING, "failure": Level.FAILURE}


def inspections(client: Client) -> list[dict[str, Json]]:
    """The answers of the drivers that can be looked at, if the caller may have them looked at."""
    health = client.get("/health")
    drivers = health.get("drivers") if isinstance(health, dict) else None
    found = []
    for name in drivers if isinstance(drivers, dict) else ():
        answer = client.ask("POST", f"/drivers/{segment(name)}/inspection", {})
        if answer.ok and isinstance(answer.body, dict):
            found.append(answer.body)
    return found


def checks_of_drivers(found: list[dict[str, Json]]) -> Iterator[Check]:
    for one in found:
        for insight in items(one.get("insights")):
            level = _LEVELS.get(str(insight.get("level")), Level.WARNING)
            yield Check(
                str(insight.get("name")), level, str(insight.get("found")), str(insight.get("remedy") or "")
            )


def recipes(found: list[dict[str, Json]]) -> dict[str, list[str]]:
    """The lines of all texts that help, by what they are for."""
    texts: dict[str, list[str]] = {}
    for one in found:
        recipe = one.get("recipes")
        for name, lines in recipe.items() if isinstance(recipe, dict) else ():
            texts[name] = [str(line) for line in lines] if isinstance(lines, list) else []
    return texts
