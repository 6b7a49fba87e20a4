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
from gateway.cli.names import nearest
from gateway.cli.options import json_option
from gateway.cli.session import Session, current, items
from gateway.cli.text import joined, terminal_width
from gateway.cli.times import clock, duration
from gateway.cli.words import counted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

BAR: Final = 24
LEAST_BAR: Final = 8
"""Characters of a whole bar, on a wide terminal and on the narrowest."""

WIDE: Final = 80
"""Columns where there is no terminal."""

_BESIDE_A_BAR: Final = 24 + 2 + 2 + 6 + 2 + 11
"""Its name, its share, and `123 of 1234`."""

FEWEST_TIMED: Final = 20
FEWEST_OF_99: Final = 200
"""Commands: of fewer a half, and the last of a hundred, say nothing."""

_REFUSED: Final = {
    "conflict": "for somebody else's wish",
    "denied": "by a person's no",
    "unanswered": "as nobody answered",
    "withdrawn": "taken back",
    "obligation": "as what it would owe cannot be kept",
    "changed-meanwhile": "as something changed meanwhile",
    "stale-lease": "as its lease was over",
    "state-unknown": "as nobody knew how it was",
    "too-many-questions": "as people are asked enough",
    "suspended": "as the Thing waits for a person",
}

UNITS_S: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}

HEAD: Final = ("CAPABILITY", "ASKED", "APPROVED", "CONFIRMED", "OTHERS", "REFUSED", "CORRECTED", "FAILED")
ALWAYS: Final = frozenset({"CAPABILITY", "ASKED", "CONFIRMED", "REFUSED"})

HOUSES_OWN: Final = frozenset({"box", "house"})
"""Who has no token, and does something all the same."""

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
    if not session.as_json and not _members(_members(found).get("capabilities")):
        _known(session, principal)
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


def _known(session: Session, principal: str) -> None:
    """Raises `Failure` where a person who manages the house knows nobody of that name."""
    answer = session.client.ask("GET", "/tokens")
    tokens = items(answer.body) if answer.ok else []
    names = {str(one.get("principal")) for one in tokens}
    if not tokens or principal in names or principal in HOUSES_OWN:
        return
    near = nearest(principal, names)
    hint = f"did you mean {near[0]}?" if near else f"there are {joined(sorted(names), 'and')}"
    raise Failure(f"nobody is called {principal!r}; {hint}", Exit.NOT_FOUND)


# -------------------------------------------------------------------- the record


def _record(session: Session, found: Members) -> None:
    capabilities = _members(found.get("capabilities"))
    since = f"since {clock(found['since'])}" if found.get("since") else "since the beginning"
    if not capabilities:
        session.say(f"{found.get('principal')} asked for nothing {since}")
        return
    rows = [_row(name, _members(one)) for name, one in capabilities.items()]
    if len(rows) > 1:
        rows.append(_row("all", _members(found.get("total"))))
    # What is nowhere takes no room.
    kept = [i for i, name in enumerate(HEAD) if name in ALWAYS or {row[i] for row in rows} != {"–"}]
    rows = [[row[i] for i in kept] for row in rows]
    session.say(f"{found.get('principal')}, {since}:")
    head = [HEAD[i] for i in kept]
    widths = [max(len(row[i]) for row in [head, *rows]) + 2 for i in range(len(kept))]
    if sum(widths) - 2 <= (terminal_width() or sum(widths)):
        session.table(head, rows, right=range(1, len(head)), whole=range(len(head)))
        return
    for row in rows:  # a terminal too narrow for columns
        counts = [
            f"{number} {word.lower()}"
            for word, number in zip(head[1:], row[1:], strict=True)
            if number != "–"
        ]
        session.wrap(f"  {row[0]}: {', '.join(counts)}", "    ")


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
    _share(session, "commands done", commands)
    _ends(session, _members(commands.get("by")))
    _share(session, "plans done", plans)
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
        *_held_back(commands),
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


def _share(session: Session, name: str, group: Members) -> None:
    """What came of what was let through: what was held back has a figure of its own."""
    if _number(group.get("let_through")):
        _bar(session, name, group.get("rate"), f"{group.get('done')} of {group.get('let_through')}")
    else:
        session.say(f"{name:24}  none yet")


def _bar(session: Session, name: str, share: Json, told: str) -> None:
    if not isinstance(share, int | float):
        session.say(f"{name:24}  none yet")
        return
    most = max(LEAST_BAR, min(BAR, (terminal_width() or WIDE) - _BESIDE_A_BAR))
    full = round(max(0.0, min(1.0, share)) * most)
    percent = "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"
    session.say(f"{name:24}  {'█' * full}{'░' * (most - full)}  {percent:>6}  {told}")


def _ends(session: Session, by: Members) -> None:
    parts = [f"{_number(count):.0f} {name.replace('_', ' ').replace('-', ' ')}" for name, count in by.items()]
    if len(parts) > 1:
        session.wrap(f"{'':26}{', '.join(parts)}", " " * 26)


def _held_back(commands: Members) -> list[str]:
    """What the house did not let through: the better its rules work, the more."""
    one, asked = _members(commands.get("held_back")), round(_number(commands.get("asked")))
    ways = [f"{number:.0f} by the rules"] if (number := _number(one.get("by_rules"))) else []
    for why, count in _members(one.get("why")).items():
        ways.append(f"{_number(count):.0f} {_REFUSED.get(why, f'as {why.replace(chr(45), chr(32))}')}")
    if len(ways) == 1:
        ways = [ways[0].partition(" ")[2]]
    told = [f"held back: {counted(round(_held(one)), 'command')}, {', '.join(ways)}"] if ways else []
    if asked:
        told.append(f"asked: people, about {counted(asked, 'command')}")
    return told


def _held(one: Members) -> float:
    return _number(one.get("by_rules")) + _number(one.get("refused"))


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
    ways = [f"{denied} denied"] if denied else []
    ways += [f"{asked} put before a person"] if asked else []
    approved = round(_number(one.get("approved_after_asking")))
    yes = f"; people said yes {'once' if approved == 1 else f'{approved} times'}" if approved else ""
    tried = counted(denied + asked, "wish").replace("wishs", "wishes")
    return f"caught: {tried} for what could do damage, {' and '.join(ways)}{yes}"


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
    """From when a command could go, without what people thought about it. Of a few commands there is nothing to say."""
    dispatch, outcome = _members(one.get("dispatch")), _members(one.get("outcome"))
    count = round(_number(outcome.get("count")))
    if count < FEWEST_TIMED:
        return []
    most, name = ("99 %", "0.99") if count >= FEWEST_OF_99 else ("90 %", "0.9")
    halves = [duration(_number(group.get("0.5"))) for group in (dispatch, outcome)]
    last = duration(_number(outcome.get(name)))
    return [
        f"latency: of the last {counted(count, 'command')} of this run half were sent within {halves[0]} and seen to the end "
        f"within {halves[1]}, {most} within {last}; people's thinking is not counted"
    ]


def _members(value: Json) -> Members:
    return value if isinstance(value, dict) else {}


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
