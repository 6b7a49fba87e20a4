"""`/policies`: the rules in force, what they mean, and what other rules would. For people of the house; agents learn what they
may do themselves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages, require_manager
from gateway.api.explaining import Explainer
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.policies import (
    Checked,
    Explained,
    Reloaded,
    RuleSetText,
    RulesInForce,
    Shadows,
    TestedRules,
    Told,
)
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, number, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.rulebook.edition import SetText
from gateway.rulebook.files import LARGEST_FILE_BYTES, MOST_SETS
from gateway.rulebook.shadows import refused_lately
from gateway.rulebook.trying import examine, run
from policies import PolicyError, Principal, Role, parse
from policies import Problem as Fault

if TYPE_CHECKING:
    from policies.checking import House

LONGEST_LOOK_BACK_DAYS: Final = 30
DAY_S: Final = 86_400

Text = Annotated[str, Field(max_length=LARGEST_FILE_BYTES)]
Sets = Annotated[dict[str, Text], Field(max_length=MOST_SETS)]


class TryBody(Body):
    """`sets` by name. They take the place of those in force that are called so; with `only`, of all the house's own."""

    sets: Sets
    only: bool = False


class DiffBody(Body):
    """The house's own sets before (left out: those in force) and after."""

    old: Sets | None = None
    new: Sets


class TestBody(Body):
    """Case files by name (left out: those that ship), against `sets` (left out: the rules in force)."""

    cases: Sets | None = None
    sets: Sets | None = None
    only: bool = False


class PolicyRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/policies", self.index),
            web.get("/policies/sets/{name}", self.text),
            web.get("/policies/explain", self.explain),
            web.get("/policies/shadow", self.shadow),
            web.get("/policies/schema", self.schema),
            web.post("/policies/check", self.check),
            web.post("/policies/diff", self.diff),
            web.post("/policies/test", self.test),
            web.post("/policies/reload", self.reload),
        ]

    @operation("Rules", "The rules in force", {200: Answer(RulesInForce)})
    async def index(self, request: web.Request) -> web.Response:
        """The sets in force, the root first, and what is wrong with files that are not."""
        principal, rules = require_manager(request), self._gateway.rules
        answer = {
            "version": self._gateway.policy.version,
            "sets": [_shown(one, is_root=place == 0) for place, one in enumerate(rules.edition.sets)],
            "problems": [_fault(one) for one in rules.problems],
            "ignored": list(rules.ignored),
            "folder": str(rules.folder) if principal.at_box else None,
        }
        return reply(answer)

    @operation("Rules", "The text of a set", {200: Answer(RuleSetText)})
    async def text(self, request: web.Request) -> web.Response:
        """One set in force, as it was written, and its rules as they are read."""
        require_manager(request)
        edition = self._gateway.rules.edition
        found = edition.set_named(request.match_info["name"])
        if found is None:
            raise not_found()
        rules = parse(found.text, name=found.name).document.model_dump(
            mode="json", exclude_none=True, exclude_defaults=True, include={"allow", "limit", "ask", "then"}
        )
        shown = _shown(found, is_root=found is edition.sets[0])
        return reply(shown | {"text": found.text, "rules": rules})

    @operation(
        "Rules",
        "What somebody may do now",
        {200: Answer(Explained)},
        parameters=(
            common.text("thing", "Of this Thing alone"),
            common.text("principal", "Somebody else, who has a token (owner, adult)"),
            common.choice("role", "Whoever may come in this role (owner, adult)", *Role),
            common.text("acts_for", "With `role`: for this person"),
        ),
        problems=("not-found",),
    )
    async def explain(self, request: web.Request) -> web.Response:
        """What a principal may do now: the caller, or for an owner or an adult anybody: `?principal=` (one who has a token) or
        `?role=` with `acts_for` (whoever may come). `?thing=` is about one Thing.
        """
        asker, gateway = caller(request), self._gateway
        principal = self._explained(request, asker)
        explainer = Explainer(gateway, asker, principal, all_rules=manages(asker))
        local, now = gateway.house.time.now(), gateway.clock.wall()
        answer = {
            "principal": {
                "id": principal.id,
                "role": principal.role,
                "acts_for": principal.acts_for,
                "acts_for_role": principal.acts_for_role or "",
            },
            "rules": gateway.policy.version,
            "at": rfc3339(now),
            "minutes": None if local is None else int(local.minutes),
            "weekday": None if local is None else local.weekday,
            "mode": gateway.house.mode,
            "things": list(explainer.things(self._gateway.names.plain(request.query.get("thing", "")))),
        }
        return reply(answer)

    @operation(
        "Rules",
        "What shadow sets would have refused",
        {200: Answer(Shadows)},
        parameters=(common.whole("days", "So many days back, 30 at the most"),),
    )
    async def shadow(self, request: web.Request) -> web.Response:
        """What the shadow sets would have refused in the last `?days=` (7), by rule, with the newest examples."""
        require_manager(request)
        days = max(1, number(request, "days", 7, most=LONGEST_LOOK_BACK_DAYS))
        since = self._gateway.clock.wall() - days * DAY_S
        found = await refused_lately(self._gateway.ledger, since)
        rules = [
            {
                "rule": one.rule,
                "why": one.why,
                "verdict": one.verdict,
                "count": one.count,
                "latest": rfc3339(one.latest),
                "examples": [
                    {
                        "at": rfc3339(row.at),
                        "principal": row.principal,
                        "thing": row.thing,
                        "affordance": row.body.get("affordance"),
                        "value": row.body.get("value"),
                        "seen": finding.get("seen"),
                        "execution": row.execution,
                    }
                    for row, finding in one.examples
                ],
            }
            for one in found.in_order()
        ]
        shadows = [one.name for one in self._gateway.rules.edition.sets if one.shadow]
        answer: dict[str, object] = {"since": rfc3339(since), "shadows": shadows, "rules": rules}
        answer |= {"dispatches": found.dispatches, "refused": found.refused, "complete": found.complete}
        return reply(answer)

    @operation("Rules", "The JSON Schema of a rule file", {200: Answer({"type": "object"})})
    async def schema(self, request: web.Request) -> web.Response:
        """The JSON Schema of a rule file, for editors."""
        from policies.json_schema import json_schema  # noqa: PLC0415  what only editors need

        require_manager(request)
        return reply(await asyncio.to_thread(json_schema))

    @operation("Rules", "Check sets", {200: Answer(Checked)}, body=TryBody)
    async def check(self, request: web.Request) -> web.Response:
        """What is wrong with sets, what can hardly be meant so, and what they would let somebody do more or less than those in
        force.
        """
        require_manager(request)
        body = await read_body(request, TryBody)
        in_force = self._gateway.rules.edition.own
        own = body.sets if body.only else in_force | body.sets
        report = await asyncio.to_thread(examine, own, in_force, self._house())
        remarks = [
            {"severity": r.severity, "set": r.set, "line": r.line, "rule": r.rule, "text": r.text}
            for r in report.remarks
        ]
        answer = {
            "ok": report.ok,
            "version": report.version or None,
            "problems": [_fault(one) for one in report.problems],
            "remarks": remarks,
            "more": list(report.told.more),
            "less": list(report.told.less),
        }
        return reply(answer)

    @operation(
        "Rules",
        "What changes between two states",
        {200: Answer(Told)},
        body=DiffBody,
        problems=("bad-rules",),
    )
    async def diff(self, request: web.Request) -> web.Response:
        """What changes between two states of the house's own sets. 422 `bad-rules` where one of them cannot be used."""
        require_manager(request)
        body = await read_body(request, DiffBody)
        old = self._gateway.rules.edition.own if body.old is None else body.old
        for own in (old, body.new):
            report = await asyncio.to_thread(examine, own)
            if not report.ok:
                raise bad_rules(report.problems)
        report = await asyncio.to_thread(examine, body.new, old)
        return reply({"more": list(report.told.more), "less": list(report.told.less)})

    @operation(
        "Rules",
        "Run case files",
        {200: Answer(TestedRules)},
        body=TestBody,
        body_needed=False,
        problems=("bad-rules",),
    )
    async def test(self, request: web.Request) -> web.Response:
        """Runs case files. 200 also where cases fail; 422 `bad-rules` where a file cannot be read."""
        require_manager(request)
        body = await read_body(request, TestBody)
        in_force = self._gateway.rules.edition.own
        own = in_force if body.sets is None else body.sets if body.only else in_force | body.sets
        try:
            found = await asyncio.to_thread(run, own, body.cases)
        except PolicyError as error:
            raise bad_rules(error.problems) from error
        failed = [{"file": f.file, "line": f.line, "name": f.name, "text": f.text} for f in found.failed]
        return reply({"files": found.files, "cases": found.cases, "failed": failed})

    @operation(
        "Rules",
        "Read the rule files now",
        {200: Answer(Reloaded)},
        problems=("bad-rules", "ledger-unavailable"),
    )
    async def reload(self, request: web.Request) -> web.Response:
        """Reads the files now. 422 `bad-rules` where they cannot be used: then the rules of before stay in force."""
        principal, rules = require_manager(request), self._gateway.rules
        before = self._gateway.policy.version
        try:
            told = await rules.reload(by=principal.id)
        except PolicyError as error:
            raise bad_rules(error.problems) from error
        version = self._gateway.policy.version
        changed = version != before
        return reply({"version": version, "changed": changed, "more": [*told.more], "less": [*told.less]})

    def _house(self) -> House:
        """The names that there are for rules to name."""
        from policies.checking import House  # noqa: PLC0415  what only a check needs

        things = list(self._gateway.registry)
        return House(
            things={one.id: frozenset(one.slots) for one in things},
            rooms=frozenset(one.room for one in things if one.room),
            labels=frozenset(label for one in things for label in one.labels),
            principals={one.id: one.role for one in self._gateway.identity.principals()},
        )

    def _explained(self, request: web.Request, asker: Principal) -> Principal:
        """Raises `Problem` (400, 403, 404)."""
        wanted, role = request.query.get("principal", ""), request.query.get("role", "")
        if wanted in {"", asker.id} and not role:
            return asker
        if not manages(asker):
            raise Problem(
                "forbidden", "only an owner or an adult may ask what others may do; ask for yourself"
            )
        if role:
            return self._anybody(role, request.query.get("acts_for", ""))
        found = [one for one in self._gateway.identity.principals() if one.id == wanted]
        if not found:
            known = ", ".join(sorted({one.id for one in self._gateway.identity.principals()})[:20])
            detail = (
                f"nobody called {wanted[:64]!r} has a token; there are: {known or 'none'}; or ask for a role"
            )
            raise Problem("not-found", detail)
        return found[0]

    def _anybody(self, role: str, acts_for: str) -> Principal:
        if role not in set(Role):
            raise bad_request(f"role must be one of {', '.join(Role)}, it is {role[:40]!r}")
        person = self._gateway.identity.role_of(acts_for) if acts_for else None
        if acts_for and person is None:
            raise bad_request(f"acts_for must be a person who has a token; {acts_for[:64]!r} has none")
        return Principal(f"any {role}", Role(role), acts_for=acts_for, acts_for_role=person)


def bad_rules(problems: tuple[Fault, ...]) -> Problem:
    text = str(problems[0]) if len(problems) == 1 else f"{problems[0]}, and {len(problems) - 1} more"
    return Problem("bad-rules", text, members={"problems": [_fault(one) for one in problems]})


def _fault(problem: Fault) -> dict[str, Json]:
    return {"set": problem.set, "line": problem.line, "where": problem.where, "text": problem.text}


def _shown(one: SetText, *, is_root: bool) -> dict[str, Json]:
    return {"name": one.name, "root": is_root, "own": one.own, "shadow": one.shadow, "digest": one.digest}
