"""`hearth doctor`: looks for what is wrong, and says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.checks import Check, Level, checks_of_gateway
from gateway.cli.checks_box import checks_of_box
from gateway.cli.checks_drivers import checks_of_drivers, inspections, recipes
from gateway.cli.checks_service import checks_of_service
from gateway.cli.checks_state import checks_of_state
from gateway.cli.checks_system import checks_of_system
from gateway.cli.checks_watchers import checks_of_watchers
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.session import Session, current

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

MOST_PROBLEMS = 5
"""Of a configuration: the next run shows the others."""

_SIGN = {Level.OK: "✓", Level.WARNING: "!", Level.FAILURE: "✗"}
_COLOUR = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILURE: "red"}


@click.command(short_help="Look for what is wrong, and say what to do.")
@click.option(
    "--broker-acl",
    "acl",
    is_flag=True,
    help="Print the files for mosquitto that let only the gateway command.",
)
@click.option(
    "--all", "all_of_it", is_flag=True, help="All that a driver could not read, not only the first of it."
)
@click.option(
    "--deep", is_flag=True, help="Read all of the ledger and of the database: minutes in an old house."
)
@click.option(
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the gateway's data is (default: what it says, or hearth.toml).",
)
@json_option
def doctor(acl: bool, all_of_it: bool, *, deep: bool, state_dir: Path | None) -> None:
    """Check the gateway, its drivers, its ledger and this box; try out who can command the devices on a broker.

    That publishes a few messages where no device listens. Ends with 0 where nothing is broken (warnings may stand), 6 where the
    gateway cannot be reached, else 1.
    """
    session = current()
    if acl:
        _print_recipes(session)
        return
    code = Exit.DONE
    checks: list[Check] = []
    try:
        checks.extend(checks_of_gateway(session.client, all_of_it=all_of_it))
        checks.extend(checks_of_watchers(session.client))
        checks.extend(checks_of_service(session.client))
        checks.extend(checks_of_drivers(inspections(session.client)))
    except Failure as failure:
        checks.append(
            Check("gateway", Level.FAILURE, str(failure), failure.advice[0] if failure.advice else "")
        )
        code = failure.code
    place = state_dir or (_state_dir(session) if code is Exit.DONE else None)
    checks.extend(checks_of_box(session.environ, place))
    if code is Exit.UNREACHABLE and not (session.url or session.environ.get("HEARTH_URL")):
        place, found = _configured(place)
        checks.extend(found)
    if place is not None:
        checks.extend(checks_of_state(place, deep=deep))
        checks.extend(checks_of_system())
    if code is Exit.DONE and any(check.level is Level.FAILURE for check in checks):
        code = Exit.ERROR
    document: list[Json] = [
        {"check": c.name, "level": c.level.value, "found": c.found, "remedy": c.remedy or None}
        for c in checks
    ]
    session.show(document, lambda: _tell(session, checks))
    if code is not Exit.DONE:
        raise SystemExit(int(code))


def _print_recipes(session: Session) -> None:
    texts = recipes(inspections(session.client))
    if not texts:
        raise Failure(
            "there is nothing to print: no broker but the gateway's own is in use, or you are neither owner nor adult",
            Exit.REFUSED,
        )
    document: dict[str, Json] = {name: [*lines] for name, lines in texts.items()}
    session.show(document, lambda: _tell_recipes(session, texts))


def _tell_recipes(session: Session, texts: dict[str, list[str]]) -> None:
    for name, lines in texts.items():
        session.say(session.style(f"# ---- {name}", "bold"))
        for line in lines:
            session.say(line)
        session.say()


def _state_dir(session: Session) -> Path | None:
    """The running gateway's, if it is one of this box: only there it says so."""
    health = session.client.get("/health")
    told = health.get("state_dir") if isinstance(health, dict) else None
    return Path(told) if isinstance(told, str) and Path(told).is_dir() else None


def _configured(given: Path | None) -> tuple[Path | None, list[Check]]:
    """Where the data of a gateway that does not run lies, and what is wrong with its configuration."""
    from gateway.cli.keeping import CONFIG, SERVICE_STATE  # noqa: PLC0415
    from gateway.config import ConfigError, load  # noqa: PLC0415

    place = given or (SERVICE_STATE if SERVICE_STATE.is_dir() else None)
    if not CONFIG.is_file():
        return place, []
    try:
        config = load(CONFIG)
    except ConfigError as error:
        remedy = "mend that: with it the gateway does not start"
        lines = str(error).splitlines()[:MOST_PROBLEMS]
        return place, [Check("configuration", Level.FAILURE, line, remedy) for line in lines]
    return given or config.state_dir, [Check("configuration", Level.OK, f"{CONFIG} can be read")]


def _tell(session: Session, checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        level = session.style(f"{_SIGN[check.level]} {check.level.value:<8}", _COLOUR[check.level])
        indent = " " * (width + 13)
        session.wrap(f"{level} {check.name:<{width}}  {check.found}", indent)
        if check.remedy:
            session.wrap(f"{indent}→ {check.remedy}", f"{indent}  ")
