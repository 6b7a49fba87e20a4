"""An agent with the gateway's own tools in hand, without any protocol; every answer is held against its schema."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import orjson
from jsonschema import Draft202012Validator

from gateway.api.problems import Problem
from gateway.approvals.answering import Answering, Saying
from gateway.approvals.asked import Asked
from gateway.context import Gateway
from gateway.identity import Session
from gateway.mcp.schemas import output_schema
from gateway.mcp.tool import Caller, NeedsPerson, Tool
from gateway.mcp.tools.table import TOOLS
from policies import Principal, Role, compile_rules, parse
from tests.gateway.api.desk import DeskDriver, House

BASE: Final = "https://hearth.local:8420"
BOX: Final = Principal("box", Role.OWNER, at_box=True)
BY_NAME: Final[dict[str, Tool[Any, Any]]] = {tool.name: tool for tool in TOOLS}

RULES: Final = """format = 1
[[allow]]
id = "people"
who = ["owner", "adult"]
may = ["*"]
see = ["*", "sensitive"]
privilege = "administer"
why = "The people of the house"
[[allow]]
id = "agents"
who = ["agent"]
may = ["light.*", "lock.*"]
see = ["light.*", "lock.state"]
privilege = "operate"
why = "Comfort"
[[limit]]
id = "dim"
who = ["agent"]
on = ["light.brightness"]
value = { min = 5, max = 40 }
why = "No glare"
[[ask]]
id = "doors"
who = ["agent"]
on = ["lock.unlock"]
approver = ["adult"]
valid = "5m"
why = "A door is for people"
"""
"""Agents may use and see lights and locks, and nothing else; a person unlocks."""


@cache
def _answers(tool: str) -> Draft202012Validator:
    return Draft202012Validator(output_schema(BY_NAME[tool].answer))


@dataclass
class Toolbox:
    """A house, and its agents."""

    house: House
    sessions: dict[str, Session] = field(default_factory=dict)
    told: list[tuple[float, str]] = field(default_factory=list)

    @property
    def gateway(self) -> Gateway:
        return self.house.gateway

    @property
    def driver(self) -> DeskDriver:
        return self.house.driver

    def rules(self, text: str = RULES) -> None:
        self.gateway.policy = compile_rules(parse(text, name="household"), [])

    async def session(self, name: str = "coo", role: Role = Role.AGENT, acts_for: str = "anna") -> Session:
        if name not in self.sessions:
            if role is Role.AGENT and acts_for:
                await self.session(acts_for, Role.OWNER, "")
            secret = await self.house.secret(name, role, acts_for)
            found = self.gateway.identity.authenticate(secret)
            assert found is not None
            self.sessions[name] = found
        return self.sessions[name]

    async def caller(self, name: str = "coo", role: Role = Role.AGENT, acts_for: str = "anna") -> Caller:
        async def progress(share: float, words: str) -> None:
            self.told.append((share, words))

        return Caller(await self.session(name, role, acts_for), BASE, progress)

    async def call(self, tool: str, by: Caller | None = None, **given: Any) -> dict[str, Any]:
        """What a model gets."""
        found = BY_NAME[tool]
        caller = by or await self.caller()
        return await self._told(tool, found.run(self.gateway, caller, found.arguments.model_validate(given)))

    async def resume(self, tool: str, execution: str, by: Caller | None = None) -> dict[str, Any]:
        resume = BY_NAME[tool].resume
        assert resume is not None
        return await self._told(tool, resume(self.gateway, by or await self.caller(), execution))

    async def refused(self, tool: str, by: Caller | None = None, **given: Any) -> dict[str, Any]:
        """The problem that a model gets."""
        try:
            answer = await self.call(tool, by, **given)
        except Problem as problem:
            document = problem.document()
            assert _answers(tool).is_valid(document), document
            return document
        raise AssertionError(f"it was answered: {answer}")

    async def asks(self, tool: str, by: Caller | None = None, **given: Any) -> NeedsPerson:
        try:
            answer = await self.call(tool, by, **given)
        except NeedsPerson as needed:
            assert _answers(tool).is_valid(needed.document), needed.document
            return needed
        raise AssertionError(f"it was answered: {answer}")

    async def _told(self, tool: str, running: Awaitable[Any]) -> dict[str, Any]:
        answer = await running
        document: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
        errors = [error.message for error in _answers(tool).iter_errors(document)]
        assert not errors, errors
        orjson.dumps(document)
        return document

    def asked(self, approval: str) -> Asked:
        found = self.gateway.approvals.book.get(approval)
        assert found is not None
        return found

    async def answer(self, approval: str, *, yes: bool) -> None:
        """A person answers at the box."""
        asked = self.asked(approval)
        saying = Saying(BOX, yes, asked.digest, {"channel": "box"})
        await Answering(self.gateway.approvals).say(asked, saying)


def texts(value: object, *, marked: bool = False) -> list[str]:
    """All texts of an answer that are not marked as untrusted (or, `marked`, those that are)."""
    if isinstance(value, dict):
        if value.keys() == {"untrusted"}:
            return [str(value["untrusted"])] if marked else []
        own = [] if marked else [str(name) for name in value]
        return [*own, *(one for part in value.values() for one in texts(part, marked=marked))]
    if isinstance(value, list):
        return [one for part in value for one in texts(part, marked=marked)]
    return [value] if isinstance(value, str) and not marked else []
