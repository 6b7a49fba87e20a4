"""Questions and grants as the database has them. What this version cannot read counts no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from capabilities.vocabulary import Json
from gateway.approvals.asked import Asked, Same
from gateway.approvals.grants import Grant
from gateway.commands import Command
from gateway.principals import principal_from, principal_to
from gateway.storage.approvals import ApprovalRow, GrantRow
from policies.asking import OpenAsk
from policies.decision import Principal, RuleRef

NOT_READABLE = (ValueError, KeyError, TypeError, IndexError)
"""What reading a row may raise."""


def approval_row(asked: Asked) -> ApprovalRow:
    use = asked.use
    body: dict[str, Json] = {
        "shown": asked.shown,
        "digest": asked.digest,
        "asked_at": asked.asked_at,
        "request": asked.request,
        "secret": asked.secret,
        "token": asked.token,
        "plan": asked.plan,
        "principal": principal_to(asked.principal),
        "asks": [_ask(one) for one in asked.asks],
        "same": [*asked.same[:4], asked.same.value.decode()],
    }
    if use is not None:
        body["command"], body["seal"] = _command(use.command), use.seal
        operation = use.target.operation
        body["target"] = [operation.name, operation.is_action, use.target.value]
    text = orjson.dumps(body).decode()
    return ApprovalRow(asked.id, asked.waits, "asked", asked.expires_at, text)


class Kept:
    """A row as it was read."""

    def __init__(self, row: ApprovalRow) -> None:
        """Raises one of `NOT_READABLE`."""
        body = orjson.loads(row.body)
        self.row = row
        self.seal = str(body.get("seal", ""))
        self.target: tuple[str, bool, Json] | None = None
        principal = principal_from(body["principal"])
        self.command: Command | None = None
        if "command" in body:
            self.command = _command_from(body["command"], principal, str(body["token"]))
            name, is_action, value = body["target"]
            self.target = str(name), bool(is_action), value
        root, thing, affordance, is_action, text = body["same"]
        self.asked = Asked(
            id=row.id,
            waits=row.waits,
            principal=principal,
            token=str(body["token"]),
            same=Same(str(root), str(thing), str(affordance), bool(is_action), str(text).encode()),
            shown=body["shown"],
            digest=str(body["digest"]),
            asks=tuple(_ask_from(one) for one in body["asks"]),
            asked_at=float(body["asked_at"]),
            expires_at=row.expires_at,
            plan=str(body["plan"]),
            request=str(body["request"]),
            secret=bool(body["secret"]),
        )


def grant_row(grant: Grant) -> GrantRow:
    body: dict[str, Json] = {
        "approval": grant.approval,
        "giver": principal_to(grant.giver),
        "holder": principal_to(grant.holder),
        "seals": dict(grant.seals),
        "affordance": grant.affordance,
        "is_action": grant.is_action,
        "value": grant.value,
        "between": list[Json](grant.between) if grant.between else None,
        "asks": [list[Json](ref) for ref in grant.asks],
        "given_at": grant.given_at,
        "times": grant.times,
        "since": grant.since,
    }
    return GrantRow(grant.id, grant.until, orjson.dumps(body).decode())


def grant_from(row: GrantRow) -> Grant:
    """Raises one of `NOT_READABLE`."""
    body = orjson.loads(row.body)
    between = body["between"]
    return Grant(
        id=row.id,
        approval=str(body["approval"]),
        giver=principal_from(body["giver"]),
        holder=principal_from(body["holder"]),
        seals={str(thing): str(seal) for thing, seal in body["seals"].items()},
        affordance=str(body["affordance"]),
        is_action=bool(body["is_action"]),
        value=body["value"],
        between=(float(between[0]), float(between[1])) if between else None,
        asks=frozenset(RuleRef(str(name), str(rule)) for name, rule in body["asks"]),
        given_at=float(body["given_at"]),
        until=row.until,
        times=int(body["times"]),
        since=int(body["since"]),
    )


def _ask(ask: OpenAsk) -> list[Json]:
    return [ask.ref.set, ask.ref.rule, ask.why, list(ask.approver), ask.valid_s, ask.approvals, ask.once]


def _ask_from(body: list[Any]) -> OpenAsk:
    name, rule, why, approver, valid_s, approvals, once = body
    return OpenAsk(RuleRef(name, rule), why, tuple(approver), valid_s, approvals, once)


def _command(command: Command) -> dict[str, Json]:
    return {
        "id": command.id,
        "thing": command.thing,
        "affordance": command.affordance,
        "is_action": command.is_action,
        "value": command.value,
        "key": command.key,
        "purpose": command.purpose,
        "evidence": command.evidence,
        "received_at": command.received_at,
        "traceparent": command.traceparent,
        "plan": command.plan,
        "step": command.step,
        "lease": command.lease,
    }


def _command_from(body: Mapping[str, Any], principal: Principal, token: str) -> Command:
    return Command(**body, principal=principal, token=token, asks=True)
