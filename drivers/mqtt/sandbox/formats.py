"""`"%.1f"|format(x)` and `"{:.1f}".format(x)`: what is written in the template, with short fixed widths."""

from __future__ import annotations

import re
from typing import Any, Final

from drivers.mqtt.sandbox.run import Run, missing
from drivers.mqtt.template_error import TemplateError

_PERCENT: Final = re.compile(r"%(?:%|[-+ 0#]{0,3}\d{0,2}(?:\.\d{1,2})?[diouxXeEfFgGcs])")
_BRACES: Final = re.compile(
    r"\{\{|\}\}|\{\d?(?::(?:[^{}]?[<>=^])?[-+ ]?#?0?\d{0,2}[,_]?(?:\.\d{1,2})?[bcdeEfFgGnosxX%]?)?\}"
)


def check_percent(text: str) -> None:
    """Raises `TemplateError` for what is not a short, fixed format."""
    if "%" in _PERCENT.sub("", text):
        raise TemplateError(
            f"the template formats with {text[:40]!r}: only short formats such as '%.1f' are allowed here"
        )


def check_braces(text: str) -> None:
    """The same for the format of `str.format`."""
    rest = _BRACES.sub("", text)
    if "{" in rest or "}" in rest:
        raise TemplateError(
            f"the template formats with {text[:40]!r}: only short formats such as '{{:.1f}}' are allowed here"
        )


def percent(run: Run, text: str, *values: Any) -> str:
    """`text % values`; `text` was checked."""
    _weigh(run, values)
    return text % values


def braces(run: Run, text: str, *values: Any) -> str:
    """`text.format(*values)`; `text` was checked."""
    _weigh(run, values)
    return text.format(*values)


def _weigh(run: Run, values: tuple[Any, ...]) -> None:
    missing(*values)
    for value in values:
        run.weigh(value)
