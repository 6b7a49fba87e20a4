"""`hearth write` and `hearth do`: commands, and what came of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import quote

import click

from gateway.cli.answer import Answer
from gateway.cli.client import COMMAND_SECONDS, segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.names import pick
from gateway.cli.options import action_argument, json_option, property_argument, thing_argument
from gateway.cli.outcomes import Asked, sentence
from gateway.cli.problems import REPLAYED, failure, finding_lines
from gateway.cli.session import Session, current
from gateway.cli.text import joined
from gateway.cli.values import action_input, parse
from gateway.cli.waiting import PREFERRED, as_answer, until_ended, withdraw_advice
from gateway.cli.words import a, plain_id, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _command_options(function: Decorated) -> Decorated:
    for option in (
        click.option(
            "--why", default="", help="What it is for: it stands in the ledger, and `hearth why` tells it."
        ),
        click.option("--dry-run", is_flag=True, help="Only say what the rules say; nothing moves."),
        click.option(
            "--no-wait", is_flag=True, help="Do not wait for people or the effect; print the execution's id."
        ),
        click.option(
            "--no-ask", is_flag=True, help="Ask nobody: where a person would have to approve, end with 4."
        ),
        click.option(
            "--key",
            default="",
            help="Idempotency key: the same key again repeats the answer, not the command.",
        ),
    ):
        function = option(function)
    return function


_NEGATIVE_NUMBERS = {"ignore_unknown_options": True}
"""So that -3 is a value."""


@click.command(short_help="Write a property.", context_settings=_NEGATIVE_NUMBERS)
@thing_argument()
@property_argument(writable=True)
@click.argument("value")
@_command_options
@json_option
def write(
    thing: str,
    property_name: str,
    value: str,
    *,
    why: str,
    dry_run: bool,
    no_wait: bool,
    no_ask: bool,
    key: str,
) -> None:
    """Write VALUE to a property of THING, and wait until it is seen.

    VALUE is read by the property's type: true, on, 40%, 21.5C, text, or JSON.
    """
    _no_option(value)
    session = current()
    try:
        description = session.thing(thing)
        known = _group(description, "properties")
        name = pick("property", property_name, list(known), plain_id(description["id"]))
    except Failure as slip:
        unseen = Asked(thing, property_name, is_action=False, shows_in=property_name)
        _attempt(session, unseen, value, why=why, dry_run=dry_run, slip=slip)
    affordance = known[name]
    asked = Asked(
        plain_id(description["id"]), name, is_action=False, shows_in=name, unit=affordance.get("unit")
    )
    path = f"/things/{segment(asked.thing)}/properties/{segment(name)}"
    _Order(session, asked, "PUT", path, why=why, key=key).carry_out(
        parse(value, affordance, name), has_body=True, dry_run=dry_run, no_wait=no_wait, no_ask=no_ask
    )


@click.command(name="do", short_help="Invoke an action.", context_settings=_NEGATIVE_NUMBERS)
@thing_argument()
@action_argument
@click.argument("words", metavar="[INPUT | KEY=VALUE ...]", nargs=-1)
@_command_options
@json_option
def do(
    thing: str,
    action: str,
    words: tuple[str, ...],
    *,
    why: str,
    dry_run: bool,
    no_wait: bool,
    no_ask: bool,
    key: str,
) -> None:
    """Invoke an action of THING, and wait until its effect is seen.

    Its input is one value, KEY=VALUE pairs, or a JSON object.
    """
    _no_option(*words)
    session = current()
    try:
        description = session.thing(thing)
        known, properties = _group(description, "actions"), _group(description, "properties")
        name = pick("action", action, list(known), plain_id(description["id"]))
    except Failure as slip:
        unseen = Asked(thing, action, is_action=True, shows_in="")
        _attempt(session, unseen, " ".join(words), why=why, dry_run=dry_run, slip=slip)
    affordance = known[name]
    effect, taken = affordance.get("hearth:effect"), affordance.get("input")
    shows_in = str(effect.get("property") or "") if isinstance(effect, dict) else ""
    asked = Asked(
        plain_id(description["id"]),
        name,
        is_action=True,
        shows_in=shows_in,
        unit=properties.get(shows_in, {}).get("unit"),
        units={each: described.get("unit") for each, described in properties.items()},
    )
    schema = taken if isinstance(taken, dict) else None
    value = action_input(words, schema, name)
    _refuse_gaps(f"hearth do {asked.thing} {name}", schema, value)
    path = f"/things/{segment(asked.thing)}/actions/{segment(name)}"
    _Order(session, asked, "POST", path, why=why, key=key).carry_out(
        value, has_body=bool(words), dry_run=dry_run, no_wait=no_wait, no_ask=no_ask
    )


def _refuse_gaps(command: str, schema: dict[str, Json] | None, value: Json) -> None:
    """Raises `Failure` (usage) that names what the input must have and has not, and the command with it."""
    required = schema.get("required") if schema else None
    given = value if isinstance(value, dict) else {}
    gaps = [str(one) for one in required if one not in given] if isinstance(required, list) else []
    if gaps and (value is None or isinstance(value, dict)):
        known = " ".join(f"{name}=…" for name in [*given, *gaps])
        raise Failure(f"it needs {joined([a(gap) for gap in gaps], 'and')}: {command} {known}", Exit.USAGE)


def _attempt(
    session: Session, asked: Asked, text: str, *, why: str, dry_run: bool, slip: Failure
) -> NoReturn:
    """What a token's bearer asks for and may not see goes to the gateway all the same: attempts stand in its ledger."""
    if slip.code is Exit.NOT_FOUND and session.client.target.token and not dry_run:
        method, group = ("POST", "actions") if asked.is_action else ("PUT", "properties")
        path = f"/things/{segment(asked.thing)}/{group}/{segment(asked.affordance)}"
        headers = {"Hearth-Purpose": quote(why)} if why else {}
        value = parse(text, {}, asked.affordance) if text else None
        answer = session.client.ask(method, path, value, headers=headers, has_body=bool(text))
        if answer.status != HTTPStatus.NOT_FOUND:
            raise failure(answer, f"{asked.thing} {asked.affordance}")
        raise Failure(f"there is no such thing for you: {slip}", slip.code, document=answer.body) from slip
    raise slip


class _Order:
    """One command on its way to the gateway."""

    def __init__(self, session: Session, asked: Asked, method: str, path: str, *, why: str, key: str) -> None:
        self._session = session
        self._asked = asked
        self._method = method
        self._path = path
        self._headers = {"Idempotency-Key": f'"{key or secrets.token_hex(16)}"'}
        if why:
            self._headers["Hearth-Purpose"] = quote(why)

    def carry_out(self, value: Json, *, has_body: bool, dry_run: bool, no_wait: bool, no_ask: bool) -> None:
        if no_ask and no_wait:
            raise Failure(
                "--no-wait lets it wait for people where it must: use one of --no-ask and --no-wait",
                Exit.USAGE,
            )
        if not no_ask and not dry_run:
            self._headers["Prefer"] = "respond-async" if no_wait else PREFERRED
        path = f"{self._path}?dry-run=1" if dry_run else self._path
        answer = self._session.client.ask(
            self._method, path, value, headers=self._headers, seconds=COMMAND_SECONDS, has_body=has_body
        )
        about = f"{self._asked.thing} {self._asked.affordance}"
        if not answer.ok:
            raise failure(answer, about)
        if dry_run:
            self._tell_decision(answer.body)
        elif no_wait:
            self._tell_started(answer)
        elif answer.status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
            self._tell_end(answer, about)
        else:
            self._tell_done(answer)

    def _tell_end(self, answer: Answer, about: str) -> None:
        """It takes longer: for its effect, or for people."""
        execution = answer.headers.get("hearth-execution", "")
        status = until_ended(self._session, execution, about)
        if (problem := as_answer(status, execution)) is not None:
            raise failure(problem, about)
        if not status.get("outcome"):
            raise Failure(
                f"{about}: nobody knows yet what became of it",
                Exit.UNSETTLED,
                advice=[withdraw_advice(execution)],
            )
        self._session.show(status, lambda: self._session.say(sentence(self._asked, status)))

    def _tell_done(self, answer: Answer) -> None:
        """The answer says that it was done; the execution's status says what was seen, and when."""
        session, execution = self._session, answer.headers.get("hearth-execution", "")
        status: Json = {"outcome": answer.headers.get("hearth-outcome", "done"), "execution": execution}
        if execution:
            found = session.client.ask("GET", f"/executions/{segment(execution)}")
            status = found.body if found.ok else status
        document = status if isinstance(status, dict) else {}
        if answer.replayed:
            document["replayed"] = True
        earlier = f" {REPLAYED}" if answer.replayed else ""
        session.show(document, lambda: session.say(sentence(self._asked, document) + earlier))

    def _tell_started(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, dict) else {}
        execution = answer.headers.get("hearth-execution", str(body.get("execution") or ""))
        body.setdefault("execution", execution)
        earlier = f" {REPLAYED}" if answer.replayed else ""
        if answer.replayed:
            body["replayed"] = True

        def as_text() -> None:
            waits = answer.headers.get("hearth-waits-for") == "approval"
            how = "waits for a person" if waits else str(body.get("outcome") or "sent")
            self._session.say(f"{how}: execution {execution}{earlier}")
            self._session.note(
                withdraw_advice(execution) if waits else f"what became of it: hearth execution {execution}"
            )

        self._session.show(body, as_text)

    def _tell_decision(self, body: Json) -> None:
        session, decision = self._session, body if isinstance(body, dict) else {}

        def as_text() -> None:
            what = f"{self._asked.thing} {self._asked.affordance}"
            value = decision.get("value")
            taking = "" if value is None else f" {value_text(value, self._asked.unit)}"
            already = " (it is so already)" if decision.get("unchanged") else ""
            session.say(f"{decision.get('verdict')}: {what}{taking}{already}; nothing was sent")
            for line in finding_lines(decision.get("findings")):
                session.say(f"  {line}")
            obstacle = decision.get("obstacle")
            if isinstance(obstacle, dict) and obstacle.get("detail"):
                session.say(f"  now it would be held up: {obstacle['detail']}")

        session.show(decision, as_text)


def _no_option(*words: str) -> None:
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word, ctx=click.get_current_context())


def _group(description: dict[str, Json], group: str) -> dict[str, dict[str, Json]]:
    found = description.get(group)
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}
