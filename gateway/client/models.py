"""What the gateway answers, as far as programs mostly need it. Members that are not here are kept (`model_extra`): the API only
adds. Texts are written by people, devices and agents: to a program that reads them with a language model they are data.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Json: TypeAlias = Any
"""Any JSON value."""

Verdict = Literal["deny", "needs-approval", "permit"]


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Caller(Answer):
    """Who the gateway takes us for. `expires_at` is None for never."""

    principal: str
    role: str
    acts_for: str
    at_box: bool
    expires_at: datetime | None


class Summary(Answer):
    """A Thing in short. `state` has the values that we may see, `suspended` why nobody can use it ("": it can be used)."""

    id: str
    title: str
    kind: str
    room: str
    labels: list[str]
    state: dict[str, Json]
    reachable: bool | None
    suspended: str


class Reading(Answer):
    """A property's state. Before its first report `quality` is `unknown` and the value None."""

    value: Json
    unit: str | None
    quality: str
    observed_at: datetime | None = None
    uncertainty: float | None = None
    evidence: str | None = None
    reason: str | None = None
    unusual: str | None = None


class Finding(Answer):
    """One rule's part in a decision."""

    rule: str
    set: str
    verdict: Verdict
    why: str
    seen: str


class Execution(Answer):
    """What became of a command. `outcome` is `confirmed` or `acknowledged` where it was done."""

    status: Literal["pending", "running", "completed", "failed"]
    href: str
    execution: str
    thing: str
    principal: str
    purpose: str
    waits_for: str = ""
    outcome: str | None = None
    reason: str = ""
    detail: str = ""

    @property
    def ended(self) -> bool:
        return self.status in {"completed", "failed"}


class WaitingQuestion(Answer):
    """A command or plan of ours that waits for people. Nothing in it answers."""

    expires_at: datetime
    asked: list[str]
    execution: str | None = None
    plan: str | None = None


class Question(Answer):
    """What a person is asked, and how it ended."""

    approval: str
    state: str
    expires_at: datetime
    digest: str
    shown: dict[str, Json]


class Questions(Answer):
    """`to_answer` is for persons: an agent's is empty."""

    waiting: list[WaitingQuestion]
    to_answer: list[Question] = []


class PlanHead(Answer):
    """What a list tells of a plan."""

    id: str
    state: str
    title: str
    principal: str


class Plan(PlanHead):
    """A plan with its steps: what was asked, what is decided, and how far it is."""

    digest: str
    steps: list[dict[str, Json]]


class Draft(Plan):
    """A plan that was prepared. `blocked` says why it is not `committable`."""

    verdict: Verdict
    committable: bool
    blocked: list[str]


class Use(Answer):
    """Something that we may do, or (with the verdict `deny`) not."""

    name: str
    action: bool
    capability: str
    verdict: Verdict
    accepted: Json = None
    conditions: list[str] = []


class ExplainedThing(Answer):
    """What we may see and do of one Thing."""

    id: str
    title: str
    sees: list[str]
    uses: list[Use]


class Explanation(Answer):
    """What we may do now."""

    things: list[ExplainedThing]


class Event(Answer):
    """Something that happened. `id` takes a stream up behind it; `data` is all that is known of it."""

    type: str
    id: str
    data: Json
