"""Which operation of the API a method stands for, so that a test can hold it against the description."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

MethodT = TypeVar("MethodT", bound=Callable[..., object])

MARK: Final = "__calls__"


@dataclass(frozen=True, slots=True)
class Call:
    """`result` is the model of the answer under `status`, or a list of it."""

    method: str
    path: str
    status: int = 200
    result: object = None
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    media: str = "application/json"


def calls(
    method: str,
    path: str,
    *,
    status: int = 200,
    result: object = None,
    query: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
    media: str = "application/json",
) -> Callable[[MethodT], MethodT]:
    """Notes it at the method; costs a call nothing."""

    def note(function: MethodT) -> MethodT:
        setattr(function, MARK, Call(method, path, status, result, query, headers, media))
        return function

    return note
