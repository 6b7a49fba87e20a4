"""`hearth approvals`, `approve`, `deny`: what people are asked, and their answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from gateway.cli.answer import Answer
from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.outcomes import Asked, sentence
from gateway.cli.pins import with_pin
from gateway.cli.problems import failure
from gateway.cli.session import Session, current
from gateway.cli.signing import signed
from gateway.cli.text import clean, clean_lines, joined
from gateway.cli.times import clock, duration, seconds_of
from gateway.cli.words import a, counted, hazard_text, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

SHORT: Final = 6
"""Characters of an id that people type: its end, for its beginning is the time."""

SEEN_WITHIN_S: Final = 5.0
"""So long an answer waits to tell what came of it."""

LOOK_EVERY_S: Final = 0.1


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    session = ctx.find_object(Session) or Session()
    try:
        found = open_ones(session)
    except Failure:
        return []
    items = [CompletionItem(short(one["approval"]), help=title(one)) for one in found]
    return [item for item in items if str(item.value).startswith(incomplete)]


_identifier = click.argument("identifier", metavar="ID", shell_complete=_complete)


@click.command(short_help="What people are asked just now.")
@json_option
def approvals() -> None:
    """Show what waits for your yes or no, and what of yours waits for somebody else's.

    What would happen comes first; the words of whoever asks come last, and are no more than words. Answer with
    `hearth approve ID` or `hearth deny ID`.
    """
    session = current()
    body = session.client.get("/approvals")
    session.show(body, lambda: _list(session, body if isinstance(body, dict) else {}))


@click.command(short_help="Say yes to what is asked.")
@_identifier
@click.option(
    "--for", "span", default="", metavar="TIME", help="Also for the next while: 30m, 2h, 8h at the most."
)
@click.option(
    "--between", default="", metavar="LOW..HIGH", help="With --for: for any number from LOW to HIGH."
)
@click.option("--times", type=click.IntRange(1, 100), help="With --for: so often at the most.")
@click.option("--thing", "things", multiple=True, help="With --for: on this Thing, too (again for more).")
@click.option(
    "--always", is_flag=True, help="This once, and propose a rule by which nobody is asked any more."
)
@click.option("--why", default="", help="Why; it stands in the ledger.")
@json_option
def approve(
    identifier: str,
    span: str,
    between: str,
    times: int | None,
    things: tuple[str, ...],
    *,
    always: bool,
    why: str,
) -> None:
    """Say yes to ID: once, or with --for for a while. ID is what `hearth approvals` shows, or `last`.

    A yes to a plan is for the runs and steps that are shown, each once; with --for it counts for so long (7 days at the most),
    where the rules would ask again for what comes later.

    With --for it is a yes to exactly the value that was asked for (on is not off); a number may have --between.

    Example: hearth approve last --for 2h --between 18..22 --times 3
    """
    if always and span:
        raise Failure(
            "--for is a yes for a while, --always proposes a rule for ever: one of them", Exit.USAGE
        )
    session = current()
    document = find(session, identifier)
    answer: dict[str, Json] = {"answer": "approve", "digest": document.get("digest")}
    if why:
        answer["why"] = why
    if always:
        answer["always"] = True
    if (between or times or things) and not span:
        raise Failure("--between, --times and --thing say more of --for: for how long?", Exit.USAGE)
    if span:
        grant: dict[str, Json] = {"for": span}
        if between:
            grant["between"] = _bounds(between)
        if times:
            grant["times"] = times
        if things:
            grant["things"] = [session.thing_id(one) for one in things]
        answer["grant"] = grant
    _tell(session, document, _send(session, document, answer))


@click.command(short_help="Say no to what is asked.")
@_identifier
@click.option("--why", default="", help="Why: whoever asked is told.")
@json_option
def deny(identifier: str, why: str) -> None:
    """Say no to ID: it is not done, and the same is not asked again for a quarter of an hour.

    Example: hearth deny last --why "the children sleep"
    """
    session = current()
    document = find(session, identifier)
    answer: dict[str, Json] = {"answer": "deny", "digest": document.get("digest")}
    if why:
        answer["why"] = why
    _tell(session, document, _send(session, document, answer))


def open_ones(session: Session) -> list[dict[str, Json]]:
    """What the caller may answer. Raises `Failure`."""
    body = session.client.get("/approvals")
    found = body.get("to_answer") if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def find(session: Session, identifier: str) -> dict[str, Json]:
    """The one whose id begins or ends so, or the `last` that was asked. Raises `Failure`."""
    found = open_ones(session)
    wanted = identifier.casefold()
    if wanted == "last":
        hits = [max(found, key=lambda one: str(one["approval"]))] if found else []
    else:
        hits = [
            one
            for one in found
            if str(one["approval"]).startswith(wanted) or str(one["approval"]).endswith(wanted)
        ]
    if len(hits) == 1:
        return hits[0]
    if not found:
        raise Failure("nothing waits for your answer just now", Exit.NOT_FOUND)
    known = joined([f"{short(one['approval'])} ({title(one)})" for one in found], "and")
    why = f"{identifier!r} is not one of them" if not hits else f"{identifier!r} means several"
    raise Failure(f"{why}; what waits: {known}", Exit.NOT_FOUND if not hits else Exit.USAGE)


def short(approval: Json) -> str:
    return str(approval)[-SHORT:]


def title(document: Mapping[str, Json]) -> str:
    """What would happen, from facts alone: `Front door: unlock`."""
    shown = _part(document, "shown")
    use = _part(shown, "use")
    if not use:
        steps = _objects(shown.get("steps"))
        first = next((step for step in steps if step.get("asked")), steps[0] if steps else {})
        more = f", and {len(steps) - 1} more" if len(steps) > 1 else ""
        return f"a plan of {counted(len(steps), 'step')}: {_use_text(first)}{more}"
    return _use_text(use)


def _use_text(use: Mapping[str, Json]) -> str:
    name, value = str(use.get("affordance")).replace("_", " "), use.get("value")
    if isinstance(value, bool) and name == "on":
        return f"{use.get('title')}: switch {'on' if value else 'off'}"
    return f"{use.get('title')}: {name}" + ("" if value is None or value == {} else f" {value_text(value)}")


def _send(session: Session, document: Mapping[str, Json], answer: dict[str, Json]) -> Answer:
    """Raises `Failure`."""
    approval, key = str(document["approval"]), session.client.target.key
    path = f"/approvals/{segment(approval)}"
    if key:
        sent = session.faithful.ask("POST", path, signed(key, approval, answer))
    else:
        sent = with_pin(session, lambda pin: session.faithful.ask("POST", path, answer | pin))
    if not sent.ok:
        raise failure(Answer(sent.status, sent.headers, clean(sent.body)))
    return sent


def _tell(session: Session, document: Mapping[str, Json], answer: Answer) -> None:
    cleaned = answer.body if session.as_json else clean(answer.body)
    body = cleaned if isinstance(cleaned, dict) else {}
    if isinstance(answer.body, dict) and (proposal := _part(answer.body, "proposal")):
        body["proposal"] = proposal  # a rule has several lines
    execution = str(_part(document, "shown").get("execution") or "")
    status = _what_came_of_it(session, execution) if body.get("state") == "approved" and execution else {}
    if status:
        body["status"] = status
    session.show(body, lambda: _tell_in_words(session, document, body, status))


def _tell_in_words(
    session: Session, document: Mapping[str, Json], body: Mapping[str, Json], status: Mapping[str, Json]
) -> None:
    missing = body.get("missing")
    if body.get("state") == "asked":
        count = len(missing) if isinstance(missing, list) else 0
        session.say(
            f"your yes counts; {'another person' if count else 'somebody'} has to say yes, too: {title(document)}"
        )
    else:
        session.say(f"{body.get('state')}: {title(document)}")
    if status.get("outcome") in {"confirmed", "acknowledged"}:
        thing, name = str(status.get("thing")), str(status.get("affordance"))
        session.say(sentence(Asked(thing, name, is_action=True, shows_in=""), status))
    elif status.get("outcome"):
        session.say(f"{str(status['outcome']).replace('_', ' ')}: {status.get('detail')}")
    if grant := _part(body, "grant"):
        session.say(
            f"from now on nobody is asked for this until {clock(grant.get('until'))}, {grant.get('times')} times at the most"
        )
        session.note(f"  → hearth grants end {short(grant.get('id'))}")
    if proposal := _part(body, "proposal"):
        _tell_proposal(session, proposal)


def _tell_proposal(session: Session, proposal: Mapping[str, Json]) -> None:
    if not proposal.get("text"):
        session.note(f"no rule is proposed: {proposal.get('why_not')}")
        return
    session.say("the rule by which nobody would be asked any more; it is not in force:")
    session.say()
    session.say("  " + clean_lines(str(proposal["text"])).strip().replace("\n", "\n  "))
    session.say()
    session.note(f"an owner puts it in force at the box: hearth policy accept {short(proposal.get('id'))}")


def _what_came_of_it(session: Session, execution: str) -> dict[str, Json]:
    """The execution's status, once it has ended, or after a while."""
    until = time.monotonic() + SEEN_WITHIN_S
    while True:
        answer = session.client.ask("GET", f"/executions/{segment(execution)}")
        status = answer.body if answer.ok and isinstance(answer.body, dict) else {}
        if not status or status.get("outcome") or time.monotonic() >= until:
            return status
        time.sleep(LOOK_EVERY_S)


def _list(session: Session, body: Mapping[str, Json]) -> None:
    theirs, mine = body.get("to_answer"), body.get("waiting")
    for one in theirs if isinstance(theirs, list) else []:
        if isinstance(one, dict):
            _question(session, one)
    for one in mine if isinstance(mine, list) else []:
        if isinstance(one, dict):
            what = f"plan {one['plan']}" if one.get("plan") else f"{one.get('thing')} {one.get('affordance')}"
            waits = one.get("execution") or one.get("plan")
            session.wrap(
                f"{what} waits for {_people(one.get('asked'))} until {clock(one.get('expires_at'))}; execution {waits}"
            )
    if not theirs and not mine:
        session.say("nothing waits for anybody's answer")


def _question(session: Session, one: Mapping[str, Json]) -> None:
    """What would happen, who wants it, which rules ask; the asker's words last."""
    shown = _part(one, "shown")
    use, who = _part(shown, "use"), _part(shown, "principal")
    left = (seconds_of(one.get("expires_at")) or 0) - time.time()
    session.say(session.style(title(one), "bold") + f"   {duration(max(left, 1))} left")
    for effect in _objects(use.get("effects")):
        unit = effect.get("unit")
        now, then = value_text(effect.get("now"), unit), value_text(effect.get("becomes"), unit)
        session.wrap(f"  {effect.get('property')}: {now} → {then}", "    ")
    _members(session, use)
    _plan(session, shown)
    acts = f" for {who['acts_for']}" if who.get("acts_for") else ""
    place = f", in {use['room']}" if use.get("room") else ""
    danger = hazard_text(use.get("hazard"))
    session.wrap(
        f"  asked by {who.get('id')} ({who.get('role')}{acts}){place}" + (f"; it {danger}" if danger else ""),
        "    ",
    )
    for ask in _objects(shown.get("asks")):
        session.wrap(f"  {ask.get('why')} — rule {ask.get('set')}/{ask.get('rule')}", "    ")
    for missing in _objects(one.get("missing")):
        by = missing.get("by")
        if isinstance(by, list) and by:
            session.wrap(
                f"  {joined([str(name) for name in by], 'and')} said yes; {missing.get('approvals')} have to",
                "    ",
            )
    for name, verb in _OWN_WORDS.items():
        if words := str(shown.get(name) or "").replace("“", '"').replace("”", '"'):
            session.wrap(f"  {who.get('id')} {verb} “{words}”", "    ")
    ident = short(one.get("approval"))
    session.say(f"  → hearth approve {ident}    hearth deny {ident}")
    if one.get("advice"):
        session.note(f"  {one['advice']}")


def _plan(session: Session, shown: Mapping[str, Json]) -> None:
    """When it is, its steps in their order; then what may be put back, for which nobody wishes."""
    if when := _part(shown, "when"):
        session.wrap(f"  when: {when.get('words')}", "    ")
    for step in _objects(shown.get("steps")):
        after = step.get("after")
        times = [f"after {joined([str(one) for one in after], 'and')}"] if isinstance(after, list) else []
        times += [str(step["when"])] if step.get("when") else []
        said = f", {', '.join(times)}" if times else ""
        asked = "  (asks)" if step.get("asked") else ""
        session.wrap(f"  {step.get('step')}. {_use_text(step)}{said}{asked}", "    ")
        _members(session, step)
    for step in _objects(shown.get("undoing")):
        asked = "  (asks)" if step.get("asked") else ""
        session.wrap(
            f"  only if it fails or is cancelled: back from step {step.get('undoes')}: {_use_text(step)}{asked}",
            "    ",
        )


def _members(session: Session, use: Mapping[str, Json]) -> None:
    if names := [str(one.get("title") or one.get("device")) for one in _objects(use.get("members"))]:
        session.wrap(f"  that is {counted(len(names), 'device')}: {joined(names, 'and')}", "    ")


def _people(asked: Json) -> str:
    words = [a(word) if word in _ROLES else str(word) for word in asked] if isinstance(asked, list) else []
    return joined(words, "or") if words else "somebody"


_OWN_WORDS: Final = {"says": "says:", "titled": "calls the plan", "calls_itself": "calls itself"}
"""Members of what is shown that are the asker's own words, and how they are told apart from facts."""

_ROLES: Final = ("owner", "adult", "child", "guest")


def _bounds(text: str) -> list[Json]:
    low, dots, high = text.partition("..")
    try:
        if dots:
            return [float(low), float(high)]
    except ValueError:
        pass
    raise Failure(f"--between is LOW..HIGH, as in 18..22; not {text!r}", Exit.USAGE)


def _part(document: Mapping[str, Json], name: str) -> dict[str, Json]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _objects(found: Json) -> list[dict[str, Json]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
