"""Jinja, for publishers that we do not trust: no loops, no way to the interpreter, nothing that grows.

Jinja's own sandbox stops templates from reaching Python's internals; it does not stop them from eating memory and time.
So only the syntax, filters and methods listed here are let in, and whatever multiplies a length is measured first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson
from jinja2 import TemplateError as JinjaError
from jinja2 import Undefined, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drivers.mqtt.template_error import TemplateError

MAX_OUTPUT_CHARS: Final = 16_384
"""Of a rendering, and of any text on the way to it. A command or state is some hundred characters."""

MAX_NUMBER_BITS: Final = 256
"""No device has numbers beyond it, and multiplication cannot be used to fill memory."""

COMPILED_TEMPLATES_CACHE: Final = 512
"""Templates repeat over devices of a model; beyond it they are compiled again at the next announcement."""

_SYNTAX: Final = frozenset({
    "Template", "Output", "TemplateData", "Const", "Name", "Getattr", "Getitem", "Call", "Keyword", "Filter", "Test", "Compare",
    "Operand", "If", "CondExpr", "And", "Or", "Not", "Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Neg", "Pos", "Concat",
    "Dict", "Pair", "List", "Tuple", "Assign", "Slice",
})  # fmt: skip
_METHODS: Final = frozenset({
    "get", "keys", "values", "items", "lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "split",
    "startswith", "endswith", "replace", "index", "find", "count", "isdigit", "isnumeric", "is_integer",
})  # fmt: skip
_BUILTIN_FILTERS: Final = (
    "abs", "capitalize", "count", "d", "default", "first", "last", "length", "lower", "max", "min", "string", "sum",
    "title", "trim", "truncate", "upper",
)  # fmt: skip

_MISSING: Final = object()


def compile_template(source: str, names: frozenset[str]) -> Callable[..., str]:
    """Compile `source`, which may use the variables `names`. Raises `TemplateError`. The result renders keyword arguments to
    stripped text; it raises `ValueError` where that fails, and returns "" where what it reads is not there.
    """
    try:
        return _compiled(source, names)
    except TemplateError:
        raise
    except (JinjaError, SyntaxError, RecursionError, MemoryError, OverflowError, ValueError) as error:
        raise TemplateError(f"the template cannot be compiled: {_reason(error)}") from None


@lru_cache(maxsize=COMPILED_TEMPLATES_CACHE)
def _compiled(source: str, names: frozenset[str]) -> Callable[..., str]:
    tree = _ENVIRONMENT.parse(source)
    _check_tree(tree, names)
    template = _ENVIRONMENT.from_string(tree)

    def render(**variables: object) -> str:
        try:
            result = template.render(variables)
        except (UndefinedError, _NotDefined):
            return ""
        except (
            Exception
        ) as error:  # whatever a template does to its input is the publisher's fault, never ours
            raise ValueError(f"the template fails: {_reason(error)}") from None
        if len(result) > MAX_OUTPUT_CHARS:
            raise ValueError(f"the template gives more than {MAX_OUTPUT_CHARS} characters")
        return result.strip()

    return render


def _check_tree(tree: nodes.Template, names: frozenset[str]) -> None:
    assigned: set[str] = set()
    read: set[str] = set()
    kinds: set[str] = set()
    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        kinds.add(kind)
        if kind not in _SYNTAX:
            raise TemplateError(f"the template uses {kind!r}, which is not allowed here")
        if isinstance(node, nodes.Name):
            (read if node.ctx == "load" else assigned).add(node.name)
        elif isinstance(node, nodes.Filter) and node.name not in _ENVIRONMENT.filters:
            raise TemplateError(f"the template uses the filter {node.name!r}, which is not available here")
    unknown = read - assigned - names - _ENVIRONMENT.globals.keys()
    if unknown:
        raise TemplateError(f"the template uses {sorted(unknown)[0]!r}, which is not available here")
    if "Concat" in kinds and assigned:
        raise TemplateError(
            "the template joins text with ~ and sets variables: together they could grow without bound"
        )
    for container in tree.find_all((nodes.List, nodes.Tuple, nodes.Dict)):
        if any(name.name in assigned for name in container.find_all(nodes.Name)):
            raise TemplateError(
                "the template puts its variables into lists: nested they could grow without bound"
            )


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+":
            if not isinstance(left, int | float):
                _fits(_length(left) + _length(right))
            return _number_fits(left + right)
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise SecurityError(f"{operator} works on numbers only")
        return _number_fits(left * right if operator == "*" else left % right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:  # `value_json.update` is the member, not the method
            return obj[attribute]
        return super().getattr(obj, attribute)

    def wrap_str_format(self, value: Any) -> None:
        """Jinja lets `str.format` in, checked for attributes but not for widths: here it is like any other method."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr in _METHODS and isinstance(obj, str | dict | list | tuple | float)

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        name = getattr(obj, "__name__", "")
        if name == "replace":
            return _replace(getattr(obj, "__self__", ""), *args)
        if name in {"format", "format_map"}:
            raise SecurityError("format is not allowed here")
        return super().call(context, obj, *args, **kwargs)


class _NotDefined(Exception):
    pass


def _is_defined(value: Any) -> Any:
    if isinstance(value, Undefined):
        raise _NotDefined
    return value


def _float(value: Any, default: Any = _MISSING) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return _otherwise(default, "float", value)


def _int(value: Any, default: Any = _MISSING, base: int = 10) -> Any:
    try:
        return _number_fits(int(value, base) if isinstance(value, str) and base != 10 else int(float(value)))
    except (TypeError, ValueError, OverflowError):
        return _otherwise(default, "int", value)


def _otherwise(default: Any, name: str, value: Any) -> Any:
    if default is not _MISSING:
        return default
    if isinstance(value, Undefined):
        raise _NotDefined
    raise SecurityError(f"{name} cannot read {str(value)[:40]!r}")


def _bool(value: Any, default: Any = _MISSING) -> Any:
    if isinstance(value, bool | int | float):
        return bool(value)
    text = str(value).strip().lower()
    if text in {"1", "true", "yes", "on", "enable"}:
        return True
    if text in {"0", "false", "no", "off", "disable"}:
        return False
    return _otherwise(default, "bool", value)


def _round(value: Any, digits: int = 0, method: str = "common", default: Any = _MISSING) -> Any:
    try:
        number = float(value)
        step = 10.0 ** max(-12, min(12, int(digits)))
        if method in {"ceil", "floor"}:
            number = (math.ceil if method == "ceil" else math.floor)(number * step) / step
        elif method == "half":
            number = round(number * 2) / 2
        else:
            number = round(number, int(digits))
    except (TypeError, ValueError, OverflowError):
        return _otherwise(default, "round", value)
    return int(number) if int(digits) == 0 else number


def _replace(text: Any, old: Any, new: Any, count: Any = None) -> str:
    text, old, new = str(text), str(old), str(new)
    _fits(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
    result: str = text.replace(old, new, -1 if count is None else int(count))
    return result


def _join(values: Any, separator: str = "") -> str:
    texts = [str(value) for value in values]
    _fits(sum(map(len, texts)) + len(texts) * len(separator))
    return separator.join(texts)


def _iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _MISSING) -> Any:
    if value is None and if_none is not _MISSING:
        return if_none
    return if_true if value else if_false


def _to_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def _arithmetic(operation: Callable[[float, float], float]) -> Callable[..., Any]:
    def apply(value: Any, amount: float, default: Any = _MISSING) -> Any:
        try:
            return _number_fits(operation(float(value), float(amount)))
        except (TypeError, ValueError):
            return _otherwise(default, "arithmetic", value)

    return apply


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 1


def _fits(chars: int) -> None:
    if chars > MAX_OUTPUT_CHARS:
        raise SecurityError(f"it would make more than {MAX_OUTPUT_CHARS} characters")


def _number_fits(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > MAX_NUMBER_BITS:
        raise SecurityError("a number grows too large")
    return value


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


def _make_environment() -> _Environment:
    environment = _Environment(cache_size=0)
    shared: dict[str, Any] = {
        "float": _float,
        "int": _int,
        "bool": _bool,
        "iif": _iif,
        "is_number": _is_number,
    }
    environment.globals = {**shared, "min": min, "max": max, "abs": abs, "round": _round}
    environment.filters = {name: FILTERS[name] for name in _BUILTIN_FILTERS}
    environment.filters |= shared
    environment.filters |= {
        "round": _round, "replace": _replace, "join": _join, "is_defined": _is_defined, "tojson": _to_json, "to_json": _to_json,
        "from_json": orjson.loads, "multiply": _arithmetic(lambda a, b: a * b), "add": _arithmetic(lambda a, b: a + b),
    }  # fmt: skip
    return environment


_ENVIRONMENT: Final = _make_environment()
