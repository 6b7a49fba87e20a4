"""`hearth panic`: software does nothing any more, and what moves stops."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from gateway.cli.client import COMMAND_SECONDS
from gateway.cli.exits import Exit
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import duration
from gateway.cli.words import counted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@click.command(short_help="Stop what moves, and lock all agents out. Asks nothing.")
@click.option("--why", default="", help="What happened: it stands in the ledger.")
@json_option
def panic(why: str) -> None:
    """Stop what moves, and lock all agents out, now.

    Blinds, garage doors and robots stop. What waits is cancelled. The tokens of agents, guests' agents and services are
    dead until a person makes new ones. Nothing else changes: lights stay as they are, nothing is locked, unlocked or closed.

    Ends with code 5 if something was not seen to stop: somebody must go there.
    """
    session = current()
    headers = {
        "Idempotency-Key": '"panic"'
    }  # pressed twice is harmless: it is repeated where the connection broke
    if why:
        headers["Hearth-Purpose"] = quote(why)
    if not session.as_json:
        session.note("stopping everything …")
    answer = session.client.ask("POST", "/panic", headers=headers, seconds=COMMAND_SECONDS)
    if not answer.ok:
        raise failure(answer)
    report = answer.body if isinstance(answer.body, dict) else {}
    session.show(report, lambda: _tell(session, report))
    if report.get("not_stopped"):
        raise SystemExit(int(Exit.UNSETTLED))


def _tell(session: Session, report: dict[str, Json]) -> None:
    moving, stopped = items(report.get("not_stopped")), items(report.get("stopped"))
    if moving:
        session.say(session.style("GO THERE: this was not seen to stop", "red"))
        rows = [[str(m.get("thing")), str(m.get("room") or ""), _problem(m)] for m in moving]
        session.table(["THING", "ROOM", "WHAT IS KNOWN"], rows, whole=[0], folded=2)
    session.say(_stopped_line(report, stopped))
    cancelled = items(report.get("cancelled"))
    if cancelled:
        session.say(f"cancelled: {counted(len(cancelled), 'command')} under way ({_shortly(cancelled)})")
    for line in [*_token_lines(report.get("tokens")), f"not touched: {report.get('untouched')}"]:
        session.say(line)
    if not report.get("recorded"):
        session.say(f"not recorded in the ledger: {report.get('problem')}")


def _stopped_line(report: dict[str, Json], stopped: list[dict[str, Json]]) -> str:
    if not stopped and not report.get("not_stopped"):
        return "stopped: nothing here can move by itself and be stopped"
    took = report.get("stops_us")
    sent = f" (told within {duration(took / 1e6)})" if isinstance(took, int) else ""
    return f"seen to stand still: {', '.join(str(s.get('thing')) for s in stopped) or 'nothing'}{sent}"


def _problem(halt: dict[str, Json]) -> str:
    told = f"{halt.get('outcome')}".replace("_", " ") if halt.get("operation") else ""
    detail = str(halt.get("detail") or halt.get("reason") or "")
    return " – ".join(filter(None, (told, detail)))


def _shortly(cancelled: list[dict[str, Json]]) -> str:
    named = [f"{c.get('thing')} {c.get('operation')} by {c.get('principal')}" for c in cancelled[:5]]
    return ", ".join(named) + (", …" if len(cancelled) > len(named) else "")


def _token_lines(tokens: Json) -> list[str]:
    found = tokens if isinstance(tokens, dict) else {}
    holders = items(found.get("holders"))
    if not holders:
        return ["locked out: no software had a token"]
    names = ", ".join(f"{h.get('principal')} ({h.get('role')})" for h in holders)
    lines = [f"locked out: {names} – {counted(found.get('revoked'), 'token')} revoked"]
    if found.get("problem"):
        lines.append(f"  {found['problem']}")
    lines.append("  each gets in again with a new token only; when all is well:")
    return lines + [f"    {_new_token(h)}" for h in holders[:5]]


def _new_token(holder: dict[str, Json]) -> str:
    role = "" if holder.get("role") == "agent" else f" --role {holder.get('role')}"
    person = f" --for {holder['acts_for']}" if holder.get("acts_for") else ""
    return f"hearth token create {holder.get('principal')}{role}{person}"
