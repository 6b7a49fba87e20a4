"""How functions, methods and comparisons are called: with what is charged before, and what is made of their failures."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ne
from typing import Any, Final, TypeAlias

from jinja2 import nodes

from drivers.mqtt.sandbox import access
from drivers.mqtt.sandbox.regexes import compiled
from drivers.mqtt.sandbox.run import Run, missing
from drivers.mqtt.template_error import TemplateError

Eval: TypeAlias = Callable[[Run], Any]

_SIZED: Final = frozenset({str, bytes, list, tuple, dict})


def apply(
    run: Run, function: Callable[..., Any], wants: bool, values: list[Any], named: dict[str, Any]
) -> Any:
    """Call `function`, which `wants` the run. What fails because of something that is not there raises `Missing`."""
    for value in values:
        if type(value) in _SIZED:
            _read(run, value)
    try:
        return run.made(function(run, *values, **named) if wants else function(*values, **named))
    except (TypeError, ValueError, ArithmeticError, LookupError):
        missing(*values, *named.values())
        raise


def apply_method(run: Run, value: Any, name: str, values: list[Any], named: dict[str, Any]) -> Any:
    if type(value) in _SIZED:
        _read(run, value)
    try:
        return run.made(access.method(run, value, name, values, named))
    except (TypeError, ValueError, ArithmeticError, LookupError):
        missing(value, *values, *named.values())
        raise


def _read(run: Run, value: Any) -> None:
    """Charge for reading it: texts are read in C, lists in Python."""
    run.charge(1 + (len(value) >> 4 if isinstance(value, str | bytes) else len(value)))


def compared(run: Run, compare: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if type(right) in _SIZED and (type(right) is not dict or compare is eq or compare is ne):
        run.weigh(right)  # all of it may be looked at
    try:
        return compare(left, right)
    except TypeError:
        missing(left, right)
        raise


def wants_run(function: Callable[..., Any]) -> bool:
    """Whether its first argument is the run."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_varnames[:1] == ("run",)


def nothing(run: Run) -> None:
    return None


def constant(value: Any) -> Eval:
    """Nothing can change a value, so one is enough for all renderings."""
    return lambda run: value


def literal(node: nodes.Node) -> Any:
    assert isinstance(node, nodes.Const)
    return node.value


def literal_text(node: nodes.Node) -> str | None:
    """The text, if it stands in the template."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def check_pattern(node: nodes.Filter | nodes.Test) -> None:
    """The first argument has to be a pattern that can be let in. Raises `TemplateError`."""
    given = [*node.args[:1], *(item.value for item in node.kwargs if item.key == "find")]
    pattern = literal_text(given[0]) if len(given) == 1 else None
    if pattern is None:
        raise TemplateError(
            f"the template gives {node.name!r} a pattern that is computed: it has to stand in the template"
        )
    compiled(pattern)
