"""Templates of publishers that we do not trust: Jinja's language, without loops, ways to the interpreter, or growth.

Jinja parses; `expressions.py` compiles what it parsed to plain functions, and lets in only the syntax, filters, functions and
methods that are listed in this package. A rendering has a budget (`run.py`). A compiled template costs a few kilobytes.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment
from jinja2 import TemplateError as JinjaError

from drivers.mqtt.sandbox.expressions import Expressions
from drivers.mqtt.sandbox.run import MAX_NUMBER_BITS, MAX_OUTPUT_CHARS, Missing, Now, Run
from drivers.mqtt.sandbox.statements import Statement, body
from drivers.mqtt.template_error import TemplateError

__all__ = ["MAX_NUMBER_BITS", "MAX_OUTPUT_CHARS", "Missing", "Program", "compile_template"]

COMPILED_TEMPLATES_CACHE: Final = 512
"""Templates repeat over devices of a model; beyond it they are compiled again at the next announcement."""

MAX_CACHED_CHARS: Final = 600
"""Longer ones are one publisher's own, and take a hundred times as many bytes."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled template. `reads`: the variables that it uses; `mentions`: the members of `value_json` that it looks at."""

    reads: frozenset[str]
    mentions: frozenset[str]
    _run: tuple[Statement, ...]

    def render(self, variables: dict[str, Any], now: Now | None = None) -> str:
        """The text, stripped. `now` is the clock, where one was promised to `compile_template`. Raises `Missing` where it needs
        what is not there, and `ValueError` for everything else that fails.
        """
        run, out = Run(variables, now), list[str]()
        try:
            for statement in self._run:
                statement(run, out)
        except Missing:
            raise
        except Exception as error:  # what a template does to its input is the publisher's fault, never ours
            raise ValueError(f"the template fails: {_reason(error)}") from None
        text = "".join(out).strip()
        if len(text) > MAX_OUTPUT_CHARS:
            raise ValueError(f"the template fails: it gives more than {MAX_OUTPUT_CHARS} characters")
        if not text.isascii() and not text.isprintable():
            _check_unicode(text)
        return text


def compile_template(source: str, names: frozenset[str], *, timed: bool = False) -> Program:
    """Compile `source`, which may use the variables `names`, and the clock if `timed`. Raises `TemplateError`."""
    try:
        compiled = _compiled if len(source) <= MAX_CACHED_CHARS else _compiled.__wrapped__
        return compiled(source, names, timed)
    except TemplateError:
        raise
    except (JinjaError, SyntaxError, RecursionError, MemoryError, OverflowError, ValueError) as error:
        raise TemplateError(f"the template cannot be compiled: {_reason(error)}") from None


@lru_cache(maxsize=COMPILED_TEMPLATES_CACHE)
def _compiled(source: str, names: frozenset[str], timed: bool) -> Program:
    expressions = Expressions(names, timed)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # Jinja reads texts as Python does, which warns of backslashes before other letters
        tree = _ENVIRONMENT.parse(source)
    statements = body(expressions, tree.body)
    return Program(frozenset(expressions.read & names), frozenset(expressions.mentions), statements)


def _check_unicode(text: str) -> None:
    """Halves of a character can be written in a template, and nowhere else."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the template fails: it gives what is not Unicode") from None


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


_ENVIRONMENT: Final = Environment(cache_size=0, autoescape=False)  # noqa: S701 - parses only
