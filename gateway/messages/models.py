"""The messages' schemas, as models. Imported only where something is checked against them, or where they are written down."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from gateway.messages.message import (
    LONGEST_SAYING,
    LONGEST_SENTENCE,
    MOST_RECIPIENTS,
    Type,
)
from gateway.messages.uses import MOST_FINDINGS, MOST_USES

LONGEST_NAME: Final = 200

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Path = Annotated[str, Field(pattern=r"^/[\w.~:/-]{1,199}$", description="where the API shows it")]
Sentence = Annotated[str, Field(max_length=LONGEST_SENTENCE, description="the gateway's own sentence")]
Instant = Annotated[AwareDatetime, Field(strict=False)]
Verdict = Literal["permit", "needs-approval", "deny"]


class Part(BaseModel):
    """Known members alone."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Words(Part):
    """Somebody's own words, as one line: nobody else vouches for them."""

    by: Name
    text: str = Field(max_length=LONGEST_SAYING)


class Bounds(Part):
    """The values that are accepted; what is not named is not bounded."""

    minimum: float | None = None
    maximum: float | None = None
    one_of: list[JsonValue] | None = Field(None, max_length=MOST_USES)
    members: dict[str, Bounds] | None = None


class Finding(Part):
    """One rule that stands in the way, and what would make it allowed."""

    rule: Name
    set: Name
    verdict: Verdict
    why: str
    remedy: Sentence | None = None


class Use(Part):
    """One use of a Thing: what is asked (`value`), what else would do (`accepts`), what the rules say (`verdict` …)."""

    step: Name | None = None
    thing: Name
    affordance: Name
    action: bool
    value: JsonValue = None
    accepts: Bounds | None = None
    verdict: Verdict | None = None
    rules: Name | None = None
    findings: list[Finding] | None = Field(None, max_length=MOST_FINDINGS)
    accepted: Bounds | None = None


class Asked(Part):
    """A question to people. Nothing in it answers it."""

    approval: Name
    approvers: list[Name]
    until: Instant | None = None


class Done(Part):
    """How one step ended."""

    step: Name
    result: Word
    thing: Name | None = None
    execution: Name | None = None
    reason: Word | None = None
    detail: Sentence | None = None


class About(Part):
    """`ref` is what it is about, `task` the thread of the assignment for which it is done, `said` the sender's own words."""

    ref: Path | None = None
    task: Name | None = None
    said: Words | None = None


Uses = Annotated[list[Use] | None, Field(max_length=MOST_USES)]
Steps = Annotated[list[Done] | None, Field(max_length=MOST_USES)]
Further = Annotated[int | None, Field(ge=1, description="how many more there are than are listed")]


class TaskAssignment(Part):
    """Please see to it: `things` are references, and no rights. After `expires` nobody need begin it any more."""

    what: Words | None = None  # None once the words were erased
    things: list[Path] | None = Field(None, max_length=MOST_USES)
    deadline: Instant | None = None
    expires: Instant | None = None


class Proposal(About):
    """A wish to use Things so (a plan), or to hold them (a lease)."""

    uses: Uses = None
    further_uses: Further = None
    since: Instant | None = None
    until: Instant | None = None


class PolicyDecision(About):
    """What the rules say to a proposal, and which questions it opens."""

    verdict: Verdict
    uses: Uses = None
    further_uses: Further = None
    asked: list[Asked] | None = Field(None, max_length=MOST_USES)
    further_asked: Further = None


class CounterProposal(About):
    """Not so, but so: what would be accepted, and the value nearest to the wish."""

    because: Word
    thing: Name | None = None
    affordance: Name | None = None
    accepted: Bounds | None = None
    nearest: JsonValue = None
    holder: Name | None = None
    until: Instant | None = None
    detail: Sentence | None = None


class Commitment(About):
    """The sender stands for it from now on (or from `starts`), under these approvals."""

    starts: Instant | None = None
    until: Instant | None = None
    approvals: list[Name] | None = Field(None, max_length=MOST_USES)
    steps: int | None = Field(None, ge=0)


class ExecutionReport(About):
    """How it ended."""

    result: Word
    steps: Steps = None
    further_steps: Further = None
    detail: Sentence | None = None


class Escalation(About):
    """A person must look at it."""

    because: Word
    thing: Name | None = None
    steps: Steps = None
    further_steps: Further = None
    detail: Sentence | None = None
    look_at: list[Path] | None = Field(None, max_length=MOST_RECIPIENTS)


BODIES: Final[dict[Type, type[Part]]] = {
    Type.TASK_ASSIGNMENT: TaskAssignment,
    Type.PROPOSAL: Proposal,
    Type.COUNTER_PROPOSAL: CounterProposal,
    Type.COMMITMENT: Commitment,
    Type.EXECUTION_REPORT: ExecutionReport,
    Type.POLICY_DECISION: PolicyDecision,
    Type.ESCALATION: Escalation,
}


class Envelope(Part):
    """Who says it to whom, and about what. `thread`: the id of the plan, lease or execution, or of the task's first message."""

    id: Name
    thread: Name
    in_reply_to: Name | None = None
    from_: Name = Field(alias="from")
    to: list[Name] = Field(min_length=1, max_length=MOST_RECIPIENTS, description="ids, and roles")
    cc: list[Name] | None = Field(None, description="the persons for whom software among them acts")
    at: Instant
