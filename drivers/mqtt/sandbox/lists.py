"""Lists: the filters of Jinja that choose and gather. They go through a list that is there; they make none longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from drivers.mqtt.sandbox import arithmetic, texts
from drivers.mqtt.sandbox.checks import CHECKS
from drivers.mqtt.sandbox.run import Run, Undefined, missing

_MAPPED: Final[dict[str, Callable[..., Any]]] = {
    "int": arithmetic.to_int, "float": arithmetic.to_float, "bool": arithmetic.to_bool, "round": arithmetic.rounded,
    "abs": arithmetic.absolute,
}  # fmt: skip
_MAPPED_TEXT: Final[dict[str, Callable[..., Any]]] = {
    "string": texts.string, "lower": texts.lower, "upper": texts.upper, "trim": texts.trim, "title": texts.title,
    "capitalize": texts.capitalize,
}  # fmt: skip


def attribute_of(value: Any, path: Any) -> Any:
    """The member, or member of a member, that `path` names ("a.b", or a number)."""
    for step in str(path).split(".") if isinstance(path, str) else (path,):
        key = int(step) if isinstance(step, str) and step.isdecimal() and len(step) < 8 else step
        if isinstance(value, dict):
            value = value.get(step, Undefined(str(step)))
        elif isinstance(value, list | tuple) and isinstance(key, int) and -len(value) <= key < len(value):
            value = value[key]
        else:
            missing(value)
            return Undefined(str(step))
    return value


def length(value: Any) -> int:
    return len(value)


def first(values: Any) -> Any:
    return next(iter(values), Undefined("the first of an empty list"))


def last(values: Any) -> Any:
    items = values if isinstance(values, str | list | tuple) else list(values)
    return items[-1] if len(items) else Undefined("the last of an empty list")


def to_list(run: Run, values: Any) -> list[Any]:
    return _walk(run, values)


def minimum(run: Run, *values: Any, attribute: Any = None) -> Any:
    return _extreme(run, min, values, attribute)


def maximum(run: Run, *values: Any, attribute: Any = None) -> Any:
    return _extreme(run, max, values, attribute)


def total(run: Run, values: Any, attribute: Any = None, start: Any = 0) -> Any:
    """Of numbers."""
    numbers = [item if attribute is None else attribute_of(item, attribute) for item in _walk(run, values)]
    missing(*numbers)
    if not all(isinstance(number, int | float) for number in [*numbers, start]):
        raise TypeError("sum adds numbers")
    return run.made(sum(numbers, start))


def sort(
    run: Run, values: Any, reverse: bool = False, case_sensitive: bool = False, attribute: Any = None
) -> list[Any]:
    key = _key(attribute, case_sensitive)
    items = _walk(run, values)
    missing(*map(key, items))
    return sorted(items, key=key, reverse=bool(reverse))


def unique(run: Run, values: Any, case_sensitive: bool = False, attribute: Any = None) -> list[Any]:
    found: dict[Any, Any] = {}
    key = _key(attribute, case_sensitive)
    for value in _walk(run, values):
        found.setdefault(key(value), value)
    return list(found.values())


def reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str | list) else list(value)[::-1]


def flatten(values: Any, levels: int | None = None) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, list | tuple) and (levels is None or levels > 0):
            found.extend(flatten(value, None if levels is None else levels - 1))
        else:
            found.append(value)
    return found


def dictsort(value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False) -> list[Any]:
    key = _key(1 if by == "value" else 0, case_sensitive)
    return sorted(value.items(), key=key, reverse=bool(reverse))


def combine(*values: Any, recursive: bool = False) -> dict[Any, Any]:
    if recursive:
        raise ValueError("combine is not recursive here")
    found: dict[Any, Any] = {}
    for value in values:
        missing(value)
        found.update(value)
    return found


def items(value: Any) -> list[Any]:
    return list(value.items()) if not isinstance(value, Undefined) else []


def select(run: Run, values: Any, check: str = "", *arguments: Any) -> list[Any]:
    chosen = _check(check)
    return [value for value in _walk(run, values) if chosen(value, *arguments)]


def reject(run: Run, values: Any, check: str = "", *arguments: Any) -> list[Any]:
    chosen = _check(check)
    return [value for value in _walk(run, values) if not chosen(value, *arguments)]


def selectattr(run: Run, values: Any, attribute: Any, check: str = "", *arguments: Any) -> list[Any]:
    chosen = _check(check)
    return [value for value in _walk(run, values) if chosen(attribute_of(value, attribute), *arguments)]


def rejectattr(run: Run, values: Any, attribute: Any, check: str = "", *arguments: Any) -> list[Any]:
    chosen = _check(check)
    return [value for value in _walk(run, values) if not chosen(attribute_of(value, attribute), *arguments)]


def mapped(
    run: Run, values: Any, name: str = "", *arguments: Any, attribute: Any = None, default: Any = None
) -> list[Any]:
    """`map(attribute='x')`, or `map('int')` and its like."""
    if attribute is not None:
        found = (attribute_of(value, attribute) for value in _walk(run, values))
        return [default if default is not None and isinstance(value, Undefined) else value for value in found]
    if name in _MAPPED_TEXT:
        return [run.made(_MAPPED_TEXT[name](run, value, *arguments)) for value in _walk(run, values)]
    if name in _MAPPED:
        return [run.made(_MAPPED[name](value, *arguments)) for value in _walk(run, values)]
    raise ValueError(f"map does not know {str(name)[:40]!r} here")


def _walk(run: Run, values: Any) -> list[Any]:
    run.charge(4 * len(values))  # each entry is looked at, in Python
    return list(values)


def _check(name: str) -> Callable[..., Any]:
    if not name:
        return bool
    if name not in CHECKS:
        raise ValueError(f"the test {str(name)[:40]!r} is not available here")
    return CHECKS[name]


def _extreme(run: Run, choose: Callable[..., Any], values: tuple[Any, ...], attribute: Any) -> Any:
    among = _walk(run, values if len(values) > 1 else values[0])
    if not among:
        return Undefined("the least or greatest of an empty list")
    key = _key(attribute, False)
    missing(*map(key, among))
    return choose(among, key=key)


def _key(attribute: Any, case_sensitive: bool) -> Callable[[Any], Any]:
    def key(value: Any) -> Any:
        found = value if attribute is None else attribute_of(value, attribute)
        return found.lower() if isinstance(found, str) and not case_sensitive else found

    return key
