"""What a tool is, whatever protocol era calls it: a name, models of what goes in and comes out, and a coroutine.

Nothing here knows the protocol's library: `gateway.mcp.tools` is tested without it, and `gateway.mcp.serving` translates.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from capabilities.vocabulary import Json
from gateway.api.problems import Problem
from gateway.context import Gateway
from gateway.identity import Session


class Arguments(BaseModel):
    """What a tool is called with: known members only. Descriptions of fields are read by a model: one plain sentence each."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Answer(BaseModel):
    """What a tool answers: becomes its output schema and its structured result."""

    model_config = ConfigDict(defer_build=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `session` is the token's, looked at anew by whoever keeps a caller over an await: its rights are those of now.

    `base` is the scheme and authority under which the gateway was reached, for links. `progress` tells the agent's host how far
    a long call is (0 to 1, and one line), where the host wants to know. `traceparent` as in W3C Trace Context ("" without one).
    """

    session: Session
    base: str
    progress: Callable[[float, str], Awaitable[None]] | None = field(default=None, compare=False)
    traceparent: str = ""


ArgumentsT = TypeVar("ArgumentsT", bound=Arguments)
AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True, slots=True)
class Tool(Generic[ArgumentsT, AnswerT]):
    """`run` raises `Problem` for what is refused or wrong (its document is the error that the model reads), and `NeedsPerson`
    where a person has to approve. `shown_to` tells whether a session's rights give the tool any use; others are not shown it.

    `resume` answers for `NeedsPerson.execution` as `run` would have, without moving anything itself: it waits for the end of
    what was approved, and raises `NeedsPerson` while nobody has answered, `Problem` where it was refused or is not the
    caller's.
    """

    name: str
    title: str
    description: str
    arguments: type[ArgumentsT]
    answer: type[AnswerT]
    run: Callable[[Gateway, Caller, ArgumentsT], Awaitable[AnswerT]]
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True
    shown_to: Callable[[Gateway, Session], bool] = field(default=lambda gateway, session: True)
    resume: Callable[[Gateway, Caller, str], Awaitable[AnswerT]] | None = None


class NeedsPerson(Exception):
    """Nothing has moved; a person was asked, or has to be. The gateway's own record of `approval` is what counts, whatever the
    agent's host says. `document` is what the tool would say where the host cannot open a page (a problem with the reference).
    """

    def __init__(self, approval: str, execution: str, url: str, summary: str, problem: Problem) -> None:
        super().__init__(summary)
        self.approval = approval
        self.execution = execution
        self.url = url
        self.summary = summary
        self.problem = problem

    @property
    def document(self) -> dict[str, Json]:
        return self.problem.document()
