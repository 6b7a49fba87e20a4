"""What a handler says of itself, for the description of the API.

`@operation(…)` notes it at the function and gives the function back: on the path of a request it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

from pydantic import WithJsonSchema

JsonSchema: TypeAlias = "dict[str, object]"

Shape: TypeAlias = "object"
"""A type of which pydantic makes a schema (a model, a `TypedDict`, `list[…]`), or a bare JSON Schema (a dict)."""

AnyJson = Annotated[object, WithJsonSchema({})]
"""Any JSON value: what a device reads or takes, which its Thing Description tells."""

HandlerT = TypeVar("HandlerT", bound=Callable[..., object])

_MARK: Final = "__operation__"
_APART: Final = "__apart__"
_ELSEWHERE: Final = "__described_by__"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of the path, the query or the headers. `schema` is a bare JSON Schema of the decoded text."""

    name: str
    schema: Mapping[str, object]
    says: str
    where: Literal["path", "query", "header"] = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A body (None for none) under one status, its media type, and the names of headers (`headers.HEADERS`)."""

    shape: Shape = None
    says: str = ""
    media: str = "application/json"
    headers: tuple[str, ...] = ()


Answers: TypeAlias = "Mapping[int, Answer | Sequence[Answer]]"
"""By status; several where the media type depends on what was asked for."""


@dataclass(frozen=True, slots=True)
class Operation:
    tag: str
    summary: str
    answers: Answers
    parameters: tuple[Parameter, ...] = ()
    body: Shape = None
    body_needed: bool = True
    problems: frozenset[str] = frozenset()
    public: bool = False
    at_box: bool = False
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


def operation(
    tag: str,
    summary: str,
    answers: Answers,
    *,
    parameters: Sequence[Parameter] = (),
    body: Shape = None,
    body_needed: bool = True,
    problems: Sequence[str] = (),
    public: bool = False,
    at_box: bool = False,
    name: str = "",
    names: Mapping[str, str] | None = None,
) -> Callable[[HandlerT], HandlerT]:
    """Describes the handler under it. `problems` are names of `problems.PROBLEMS`; what any request can have (`common.py`) need
    not be named. `name` is the operationId, else `<module>_<function>`; `names` has others, by path, for a handler of
    several routes. The docstring is the description.
    """
    said = Operation(
        tag,
        summary,
        answers,
        tuple(parameters),
        body,
        body_needed,
        frozenset(problems),
        public,
        at_box,
        name,
        names or {},
    )

    def note(handler: HandlerT) -> HandlerT:
        setattr(handler, _MARK, said)
        return handler

    return note


def apart(why: str) -> Callable[[HandlerT], HandlerT]:
    """For a handler that speaks a protocol of its own, and stands in no description of an HTTP API."""

    def note(handler: HandlerT) -> HandlerT:
        setattr(handler, _APART, why)
        return handler

    return note


def described_by(handler: HandlerT, real: Callable[[], object]) -> HandlerT:
    """`handler` stands for one that is loaded on demand: what that says of itself is asked of `real` when it is needed."""
    setattr(handler, _ELSEWHERE, real)
    return handler


def told_by(handler: object) -> object:
    """The function that is described: `handler`, or the one for which it stands."""
    real: Callable[[], object] | None = getattr(handler, _ELSEWHERE, None)
    return handler if real is None else real()


def operation_of(handler: object) -> Operation | None:
    found: Operation | None = getattr(handler, _MARK, None)
    return found


def is_apart(handler: object) -> bool:
    return bool(getattr(handler, _APART, ""))
