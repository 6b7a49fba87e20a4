"""What people and agents may post: the bodies of messages as one writes them, with one's own words as plain text."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from gateway.messages.message import LONGEST_SAYING, MOST_RECIPIENTS
from gateway.messages.models import Instant, Name, Part, Path, Word

MOST_STEPS: Final = 50
MOST_THINGS: Final = 50
MOST_CHOICES: Final = 20

Saying = Annotated[str, Field(max_length=LONGEST_SAYING)]


class Task(Part):
    """What is to be done, in words; the Things it is about, by id; when it must be done, and until when it may be begun."""

    what: str = Field(min_length=1, max_length=LONGEST_SAYING)
    things: list[Name] = Field(default_factory=list, max_length=MOST_THINGS)
    deadline: Instant | None = None
    expires: Instant | None = None


class Reply(Part):
    said: Saying = ""
    ref: Path | None = None


class Commits(Reply):
    """I shall do it."""

    starts: Instant | None = None
    until: Instant | None = None


Plain: TypeAlias = bool | int | float | Annotated[str, Field(max_length=200)]


class Bounded(Part):
    minimum: float | None = None
    maximum: float | None = None
    one_of: list[Plain] | None = Field(None, max_length=MOST_CHOICES)


class Counters(Reply):
    """Not so, but so."""

    because: Word
    thing: Name | None = None
    affordance: Name | None = None
    accepted: Bounded | None = None
    nearest: Plain | None = None
    until: Instant | None = None


class StepDone(Part):
    step: Name
    result: Word
    thing: Name | None = None
    execution: Name | None = None


class Reports(Reply):
    """What became of it, as its sender says."""

    result: Word
    steps: list[StepDone] = Field(default_factory=list, max_length=MOST_STEPS)


class Escalates(Reply):
    """A person must look at it."""

    because: Word
    thing: Name | None = None
    look_at: list[Path] = Field(default_factory=list, max_length=MOST_RECIPIENTS)


Recipients = Annotated[list[Name], Field(min_length=1, max_length=MOST_RECIPIENTS)]


class NewTask(Part):
    type: Literal["task-assignment"]
    to: Recipients
    body: Task


class NewReply(Part):
    """`to`: those who have a part in the thread; without it, whoever wrote the message that is replied to."""

    thread: Name
    in_reply_to: Name | None = None
    to: Recipients | None = None


class NewCommitment(NewReply):
    type: Literal["commitment"]
    body: Commits


class NewCounter(NewReply):
    type: Literal["counter-proposal"]
    body: Counters


class NewReport(NewReply):
    type: Literal["execution-report"]
    body: Reports


class NewEscalation(NewReply):
    type: Literal["escalation"]
    body: Escalates


NewMessage: TypeAlias = NewTask | NewCommitment | NewCounter | NewReport | NewEscalation

POSTED: Final[dict[str, type[NewMessage]]] = {
    "task-assignment": NewTask,
    "commitment": NewCommitment,
    "counter-proposal": NewCounter,
    "execution-report": NewReport,
    "escalation": NewEscalation,
}
