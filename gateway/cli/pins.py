"""The PIN of the box: asked for where the gateway wants it, and typed where nobody sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from gateway.cli.answer import Answer
from gateway.cli.exits import Exit, Failure
from gateway.cli.problems import failure
from gateway.cli.session import Session

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


def with_pin(session: Session, ask: Callable[[dict[str, Json]], Answer]) -> Answer:
    """The answer to `ask`, which is given `{"pin": …}` the second time where the first found that one is needed. Raises
    `Failure` where nobody can type it.
    """
    answer = ask({})
    problem = answer.body if isinstance(answer.body, dict) else {}
    if not str(problem.get("type", "")).endswith(":pin-required"):
        return answer
    if not sys.stdin.isatty():
        raise failure(answer)
    return ask({"pin": prompt("PIN of the box")})


def prompt(text: str, *, twice: bool = False) -> str:
    """What is typed without being shown. Raises `Failure` where nobody can type it."""
    if not sys.stdin.isatty():
        raise Failure(f"{text} is typed at a terminal, where nobody sees it; here is none", Exit.USAGE)
    typed: str = click.prompt(text, hide_input=True, confirmation_prompt=twice, err=True)
    return typed
