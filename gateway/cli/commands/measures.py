"""`hearth metrics` and `hearth track-record`: how well it all goes, from what happened."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import click

from gateway.cli.client import segment
from gateway.cli.commands.messages import agents
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.session import Session, current
from gateway.cli.times import clock, duration
from gateway.cli.words import counted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

BAR: Final = 24
"""Characters of a whole bar."""

UNITS_S: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}

Members = Mapping[str, "Json"]


@click.command(short_help="How well it goes: completion, recovery, corrections, what was caught.")
@json_option
def metrics() -> None:
    """Print how well commands and plans end, how fast all is settled after a start, what was caught, what people took back, and
    whether each actuation can be traced. From the whole ledger, over restarts.

    \b
    Example: hearth metrics
             hearth metrics --json
    """  # noqa: D301 (click wants it so)
    session = current()
    found = session.client.get("/metrics")
    session.show(found, lambda: _page(session, found if isinstance(found, dict) else {}))


@click.command(name="track-record", short_help="What somebody asked for, and what came of it.")
@click.argument("principal", metavar="WHO", shell_complete=agents)
@click.option(
    "--since", default="", metavar="TIME", help='How far back: "7d", a time, or "all" (default: 30 days).'
)
@json_option
def track_record(principal: str, since: str) -> None:
    """Print what WHO asked for, by capability, and what came of it: from what happened, no opinion.

    \b
    asked        commands, whatever became of them
    approved     sent under a person's yes
    confirmed    seen to work (others: accepted, but not seen, or nothing to see)
    refused      by the rules, a person, or whoever held the Thing
    corrected    a person took it back soon after
    failed       not sent, rejected, or nobody knows

    \b
    Example: hearth track-record coo --since 7d
    """  # noqa: D301 (click wants it so)
    session = current()
    query = f"?{urlencode({'since': _since(since)})}" if since else ""
    found = session.client.get(f"/principals/{segment(principal)}/record{query}")
    session.show(found, lambda: _record(session, found if isinstance(found, dict) else {}))


def _since(text: str) -> str:
    if text == "all":
        return "0"
    if text[:-1].isdecimal() and text[-1:] in UNITS_S:
        at = time.time() - int(text[:-1]) * UNITS_S[text[-1]]
        return datetime.fromtimestamp(max(0.0, at), UTC).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError as error:
        raise Failure(
            f'--since takes "7d", "12h", a time like 2030-01-31, or "all", not {text!r}', Exit.USAGE
        ) from error


# -------------------------------------------------------------------- the record


def _record(session: Session, found: Members) -> None:
    capabilities = _members(found.get("capabilities"))
    since = f"since {clock(found['since'])}" if found.get("since") else "since the beginning"
    if not capabilities:
        session.say(f"{found.get('principal')} asked for nothing {since}")
        return
    head = ["CAPABILITY", "ASKED", "APPROVED", "CONFIRMED", "OTHERS", "REFUSED", "CORRECTED", "FAILED"]
    rows = [_row(name, _members(one)) for name, one in capabilities.items()]
    if len(rows) > 1:
        rows.append(_row("all", _members(found.get("total"))))
    session.say(f"{found.get('principal')}, {since}:")
    session.table(head, rows, right=range(1, len(head)), whole=[0])


def _row(name: str, one: Members) -> list[str]:
    others = _number(one.get("acknowledged")) + _number(one.get("unconfirmed"))
    failed = sum(_number(one.get(word)) for word in ("not_sent", "rejected", "in_doubt"))
    counts = [one.get("asked"), one.get("approved"), one.get("confirmed"), others]
    counts += [one.get("refused"), one.get("corrected"), failed]
    return [name, *(f"{_number(count):.0f}" if count else "–" for count in counts)]


# -------------------------------------------------------------------- the page


def _page(session: Session, found: Members) -> None:
    commands, plans = _members(found.get("commands")), _members(found.get("plans"))
    if not _number(commands.get("attempted")):
        session.say("nothing was commanded yet: there is nothing to measure")
        return
    _share(session, "commands confirmed", commands, "confirmed", "attempted")
    _ends(session, _members(commands.get("by")))
    _share(session, "plans done", plans, "done", "ended")
    _ends(session, _members(plans.get("by")))
    trace = _members(found.get("trace"))
    _bar(
        session,
        "traced from end to end",
        trace.get("share"),
        f"{trace.get('complete')} of {trace.get('dispatched')}",
    )
    if on_their_way := _number(trace.get("on_their_way")):
        session.say(f"{'':26}{counted(round(on_their_way), 'command')} on the way")
    evident = f"{trace.get('with_evidence')} of {trace.get('confirmed')}"
    _bar(session, "confirmed by a reading", trace.get("evidence_share"), evident)
    session.say()
    for text in (
        _recovery(_members(found.get("recovery"))),
        _unsafe(_members(found.get("unsafe"))),
        *_obligations(_members(found.get("obligations"))),
        _corrections(_members(found.get("corrections"))),
        _arbitration(_members(found.get("arbitration"))),
        *_latency(_members(found.get("latency"))),
    ):
        session.wrap(text, "  ")
    if behind := _number(_members(found.get("entries")).get("behind")):
        session.note(f"{behind:.0f} entries of the ledger are not counted yet; ask again")


def _share(session: Session, name: str, group: Members, part: str, whole: str) -> None:
    if _number(group.get(whole)):
        _bar(session, name, group.get("rate"), f"{group.get(part)} of {group.get(whole)}")
    else:
        session.say(f"{name:24}  none yet")


def _bar(session: Session, name: str, share: Json, told: str) -> None:
    if not isinstance(share, int | float):
        session.say(f"{name:24}  none yet")
        return
    full = round(max(0.0, min(1.0, share)) * BAR)
    percent = "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"
    session.say(f"{name:24}  {'█' * full}{'░' * (BAR - full)}  {percent:>6}  {told}")


def _ends(session: Session, by: Members) -> None:
    parts = [f"{_number(count):.0f} {name.replace('_', ' ').replace('-', ' ')}" for name, count in by.items()]
    if parts:
        session.wrap(f"{'':26}{', '.join(parts)}", " " * 26)


def _recovery(one: Members) -> str:
    if not (starts := _number(one.get("starts"))):
        return "recovery: it never had to recover from an end out of order"
    mean, longest = _number(one.get("mean_ms")) / 1000, _number(one.get("longest_ms")) / 1000
    times = counted(round(starts), "start")
    return f"recovery: all was settled {duration(mean)} after {times} on average, {duration(longest)} at the longest"


def _unsafe(one: Members) -> str:
    denied, asked = round(_number(one.get("denied"))), round(_number(one.get("asked")))
    if not denied and not asked:
        return "caught: nothing that could do damage was tried without leave"
    told = f"caught: {counted(denied, 'attempt')} that could do damage denied, {asked} put before a person"
    approved = round(_number(one.get("approved_after_asking")))
    return f"{told}; people said yes {counted(approved, 'time')} to what was asked" if approved else told


def _obligations(one: Members) -> list[str]:
    met, failed = round(_number(one.get("met"))), round(_number(one.get("failed")))
    if not met and not failed:
        return []
    told = f"obligations: {met} met, {failed} failed at first"
    return [f"{told}, {one.get('settled')} of them settled by a person" if failed else told]


def _corrections(one: Members) -> str:
    if not _number(one.get("confirmed_by_software")):
        return "corrections: software has done nothing yet that could be taken back"
    return (
        f"corrections: people took back {one.get('corrected')} of {one.get('confirmed_by_software')} confirmed commands of "
        f"software ({one.get('per_100')} of 100)"
    )


def _arbitration(one: Members) -> str:
    conflicts, takeovers = round(_number(one.get("conflicts"))), round(_number(one.get("takeovers")))
    if not conflicts and not takeovers:
        return "arbitration: nobody wished for what somebody else held"
    rate = f" ({one.get('per_100')} for 100 commands of software)" if one.get("per_100") is not None else ""
    return f"arbitration: {counted(conflicts, 'conflict')}, {counted(takeovers, 'takeover')} by hand{rate}"


def _latency(one: Members) -> list[str]:
    lines = []
    for name, words in (("dispatch", "sent"), ("outcome", "ended")):
        seconds = _members(one.get(name))
        if seconds:
            half, most = duration(_number(seconds.get("0.5"))), duration(_number(seconds.get("0.99")))
            lines.append(f"latency: half of the recent commands {words} within {half}, 99 % within {most}")
    return lines


def _members(value: Json) -> Members:
    return value if isinstance(value, dict) else {}


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
