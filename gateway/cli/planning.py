"""Plans on their way from a file to their end: read, prepared, shown, begun, watched."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from gateway.cli import plan_texts as texts
from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.ids import Known, is_whole, meant, short
from gateway.cli.problems import failure
from gateway.cli.session import Session, items
from gateway.cli.times import clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.cli.answer import Answer

    Document = dict[str, Json]

WAIT_S: Final = 20
"""One question for news; then the next."""

OPEN: Final = frozenset(
    {"awaiting-approval", "scheduled", "running", "paused", "cancelling", "stopping", "compensating"}
)

ASKED_WITHIN_S: Final = 1
"""So long it may take after the commit until it is known whether people can be asked."""

_CODES: Final = {
    "rejected": Exit.REJECTED,
    "not_sent": Exit.UNREACHABLE,
    "unconfirmed": Exit.UNSETTLED,
    "in_doubt": Exit.UNSETTLED,
}


def read_document(file: str) -> Json:
    """The plan in a file. Raises `Failure` (usage) that says what is wrong with it."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}", Exit.USAGE) from error
    try:
        if text.lstrip().startswith("{"):
            value: Json = json.loads(text)
            return value
        import tomllib  # noqa: PLC0415 (only for TOML)

        found: Json = json.loads(json.dumps(tomllib.loads(text), default=_plain))
    except ValueError as error:
        raise Failure(f"{file} is neither JSON nor TOML: {error}", Exit.USAGE) from error
    return found


def prepared(session: Session, document: Json) -> Document:
    answer = session.client.ask("POST", "/plans", document)
    if not answer.ok:
        raise _mistakes(answer)
    assert isinstance(answer.body, dict)
    return answer.body


def plan_id(session: Session, wanted: str) -> str:
    """The plan that is meant by the end or the beginning of its id, by `last`, or by its title. Raises `Failure`."""
    return wanted if is_whole(wanted) else meant("plan", wanted, known_plans(session), "hearth plans")


def known_plans(session: Session) -> list[Known]:
    return [
        Known(str(one.get("id")), f"{one.get('title')}, {one.get('state')}", str(one.get("title")))
        for one in items(session.client.get("/plans?ended=200"))
    ]


def get_plan(session: Session, wanted: str) -> Document:
    """Raises `Failure`."""
    answer = session.client.ask("GET", f"/plans/{segment(plan_id(session, wanted))}")
    if answer.status == 404:
        message = f"there is no plan {wanted!r} that you may see; a draft is kept for 10 minutes, `hearth plans` lists them"
        raise Failure(message, Exit.NOT_FOUND, document=answer.body)
    if not answer.ok:
        raise failure(answer)
    assert isinstance(answer.body, dict)
    return answer.body


def show_draft(session: Session, draft: Document) -> None:
    session.say(f"{draft.get('title')} (plan {draft.get('id')})")
    _table(session, draft)
    for line in [*texts.asked(draft), *texts.lasting(draft), *texts.owes(draft)]:
        session.wrap(line, "  ")
    schedule = draft.get("schedule")
    if isinstance(schedule, dict):
        words = ", ".join(f"{name} {value}" for name, value in schedule.items() if value)
        session.say(f"when: {words}")
    if reasons := texts.reasons(draft):
        session.say("it cannot be begun:")
        for line in reasons:
            session.wrap(f"  {line}", "    ")


def show_plan(session: Session, found: Document) -> None:
    session.wrap(texts.heading(found), "  ")
    for step in texts.documents(found.get("steps")):
        session.wrap(texts.progress(step), "    ")
    if found.get("approval") and found.get("state") == "awaiting-approval":
        session.say(f"a person is asked: `hearth approvals` (approval {short(found['approval'])})")
    tell_under_way(session, found)
    if found.get("reports"):
        session.wrap(texts.ended(found), "  ")
    for line in texts.left(found):
        session.wrap(line, "  ")


def tell_under_way(session: Session, found: Document) -> None:
    """Of a plan that is cancelled: what of it still moves, and how that is stopped."""
    if found.get("state") not in {"cancelling", "stopping"}:
        return
    for step in texts.documents(found.get("steps")):
        if step.get("state") == "running":
            thing = str(step.get("thing"))
            answer = session.client.ask("GET", f"/things/{segment(thing)}")
            known = answer.body.get("actions") if answer.ok and isinstance(answer.body, dict) else None
            stop = (
                f"; `hearth do {thing} stop` stops it" if isinstance(known, dict) and "stop" in known else ""
            )
            session.wrap(f"still under way: {texts.what(step)}{stop}", "  ")


def carry_out(session: Session, draft: Document, *, yes: bool, no_wait: bool) -> None:
    if draft.get("state") != "prepared":
        raise Failure(f"it is {draft.get('state')} already", Exit.REFUSED, document=draft)
    if not session.as_json:
        show_draft(session, draft)
    if not draft.get("committable"):
        raise Failure("the plan was not begun", Exit.REFUSED, document=draft)
    _confirm(session, yes=yes)
    headers = {"If-Match": f'"{draft.get("digest")}"', "Idempotency-Key": f'"{secrets.token_hex(16)}"'}
    answer = session.client.ask(
        "POST", f"/plans/{segment(str(draft.get('id')))}/commit", None, headers=headers
    )
    if not answer.ok:
        raise _not_begun(session, answer)
    assert isinstance(answer.body, dict)
    if no_wait:
        _tell_begun(session, _asked_or_not(session, answer))
    else:
        watch_plan(session, answer.body)


def _asked_or_not(session: Session, answer: Answer) -> Document:
    """The plan as soon as people are asked, or cannot be: a no of just now may stand against it."""
    assert isinstance(answer.body, dict)
    if answer.body.get("state") != "awaiting-approval" or answer.body.get("approval"):
        return answer.body
    path = f"/plans/{segment(str(answer.body.get('id')))}?wait={ASKED_WITHIN_S}"
    fresh = session.client.ask("GET", path, headers={"If-None-Match": answer.headers.get("etag", "")})
    return fresh.body if fresh.ok and isinstance(fresh.body, dict) else answer.body


def _tell_begun(session: Session, found: Document) -> None:
    ident, state = short(found.get("id")), found.get("state")
    watch = f"`hearth plan watch {ident}` shows how it goes"

    def as_text() -> None:
        if state not in OPEN:
            _tell_end(session, found)
        elif state == "awaiting-approval":
            session.wrap(
                f"waits for people, nothing has begun: `hearth approvals` shows what is asked, {watch}"
            )
        elif state == "scheduled":
            session.wrap(f"planned, next {clock(found.get('next'))}: {watch}")
        else:
            session.wrap(f"begun: {watch}")

    session.show(found, as_text)
    if state not in OPEN:
        _end_code(found)


def watch_plan(session: Session, found: Document) -> None:
    """Each step as it ends; returns with the end, or raises `Failure` for a bad one."""
    try:
        found = _to_its_end(session, found)
    except KeyboardInterrupt:
        ident = short(found.get("id"))
        session.note(f"it goes on by itself: `hearth plan watch {ident}` shows how")
        session.note(f"  → hearth plan cancel {ident} --undo")
        raise
    session.show(found, lambda: _tell_end(session, found))
    _end_code(found)


def _to_its_end(session: Session, found: Document) -> Document:
    ident, told, state, etag = str(found.get("id")), set[str](), "", ""
    while True:
        if not session.as_json:
            state = _tell_news(session, found, told, state)
        if found.get("state") not in OPEN:
            return found
        headers = {"If-None-Match": etag} if etag else {}
        wait = f"?wait={WAIT_S}" if etag else ""
        answer = session.client.ask(
            "GET", f"/plans/{segment(ident)}{wait}", headers=headers, seconds=WAIT_S + 10.0
        )
        if not answer.ok or not isinstance(answer.body, dict):
            raise failure(answer)
        found, etag = answer.body, answer.headers.get("etag", "")


def _plain(value: object) -> str:
    """TOML's times as text."""
    isoformat = getattr(value, "isoformat", None)
    if isoformat is None:
        raise ValueError(f"{value!r} cannot stand in a plan")
    return str(isoformat())


def _mistakes(answer: Answer) -> Failure:
    """Each mistake on a line of its own."""
    body = answer.body if isinstance(answer.body, dict) else {}
    listed = texts.documents(body.get("mistakes"))
    if not listed:
        return failure(answer)
    lines = []
    for one in listed:
        where = f"step {one.get('step')}" if one.get("step") else "the plan"
        member = f", {one.get('member')}" if one.get("member") else ""
        lines.append(f"{where}{member}: {one.get('detail')}")
    code = Exit.NOT_FOUND if answer.status == 404 else Exit.USAGE
    return Failure("the plan cannot be prepared; nothing was done", code, advice=lines, document=body)


def _table(session: Session, plan: Document) -> None:
    session.table(texts.HEAD, texts.rows(plan), whole=[0], folded=1, uncut=True)


def _confirm(session: Session, *, yes: bool) -> None:
    if yes:
        return
    if session.as_json or not sys.stdin.isatty():
        raise Failure("nobody is there to be asked: --yes begins it", Exit.USAGE)
    if not click.confirm("Begin?", default=False):
        raise Failure("not begun", Exit.REFUSED)


def _not_begun(session: Session, answer: Answer) -> Failure:
    """What changed, and the plan as it would be now."""
    body = answer.body if isinstance(answer.body, dict) else {}
    fresh, changes = body.get("plan"), body.get("changes")
    if not isinstance(fresh, dict):
        return failure(answer)
    advice = [str(one) for one in changes] if isinstance(changes, list) else texts.reasons(fresh)
    if changes:
        advice.append(f"→ hearth plan commit {short(fresh.get('id'))} begins it as it is now")
    said = "it was not begun: " + (
        "since it was prepared something has changed" if changes else str(body.get("detail"))
    )
    return Failure(said, Exit.REFUSED, advice=advice, document=body)


def _tell_news(session: Session, found: Document, told: set[str], state: str) -> str:
    for step in texts.documents(found.get("steps")):
        line = texts.progress(step)
        news = step.get("state") in {"done", "failed"} and step.get("undo") != "undoing"
        if news and line not in told:
            told.add(line)
            session.wrap(line, "    ")
    sys.stdout.flush()  # it may be long until the next line
    fresh = str(found.get("state"))
    if fresh != state and fresh in OPEN - {"running"}:
        session.note(texts.heading(found))
        tell_under_way(session, found)
        if fresh == "awaiting-approval":
            session.note("a person is asked; Ctrl-C leaves it waiting")
    return fresh


def _tell_end(session: Session, found: Document) -> None:
    session.wrap(texts.ended(found), "  ")
    for line in texts.left(found):
        session.wrap(line, "  ")


def _end_code(found: Document) -> None:
    if found.get("state") == "done":
        return
    failed = [step for step in texts.documents(found.get("steps")) if step.get("state") == "failed"]
    code = next((_CODES[str(s.get("result"))] for s in failed if s.get("result") in _CODES), Exit.REFUSED)
    _leave(code)


def _leave(code: Exit) -> NoReturn:
    raise SystemExit(int(code))
