"""The codes of locks and alarm panels: checked, sent, and neither kept nor repeated anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from capabilities.patterns import PatternError, compile_pattern
from capabilities.vocabulary import Json
from drivers.mqtt.config import ConfigError
from drivers.mqtt.entity import Encode
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template

Check = Callable[[str | None], None]
"""Raises `ValueError`, without the code in its text."""

_HARMLESS: Final = re.compile(r"[\w.#*+!@$%/?^~-]*")
"""Codes stand in the middle of a command: one with quotes or braces could end it and begin another."""

_MENTION: Final = re.compile(r"\bcode\b")


def takes_code(template: str | None) -> bool:
    """Whether a command template has a place for a code."""
    return template is not None and _MENTION.search(template) is not None


def code_schema(*, pattern: str = "", required: bool) -> dict[str, Json]:
    """What an action that takes a code adds to its model."""
    code: dict[str, Json] = {"pattern": pattern} if pattern else {}
    schema: dict[str, Json] = {"properties": {"code": code}}
    if required:
        schema["required"] = ["code"]
    return schema


def code_pattern(source: str) -> str:
    """The regular expression `source`, which a code begins with. Raises `ConfigError` for one that could run away."""
    pattern = f"^(?:{source})"
    try:
        compile_pattern(pattern)
    except PatternError as error:
        raise ConfigError(f"its code_format {error}") from None
    return pattern


def with_code(payload: str, template: str | None, variable: str, check: Check | None = None) -> Encode:
    """An action's input, which may have a code, as `payload` (called `variable` in `template`)."""
    try:
        render = command_template(template, variable, "code")
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None

    def encode(value: Json) -> str:
        code = _code(value)
        if check is not None:
            check(code)
        if render is None:
            return payload
        try:
            return render({variable: payload, "code": code})
        except ValueError:
            raise ValueError("does not go through its command template") from None

    return encode


def _code(value: Json) -> str | None:
    code = value.get("code") if isinstance(value, dict) else None
    if code is None:
        return None
    if not isinstance(code, str) or not _HARMLESS.fullmatch(code):
        raise ValueError("has a code of other characters than letters, digits and .#*+!@$%/?^~-")
    return code
