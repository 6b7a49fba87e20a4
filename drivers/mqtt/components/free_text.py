"""Free text within a command: whoever writes it must not be able to end the command and begin another.

`{"say": "{{ value }}"}` with the text `x", "volume": "100` would be a command that nobody was asked about.
"""

from __future__ import annotations

import re
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.config import ConfigError
from drivers.mqtt.entity import Encode
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template

_HARMLESS: Final = re.compile(r"[^\"'\\{}\[\],:\x00-\x1f\x7f]*")
_PLAIN: Final = "x"


def in_template(source: str | None) -> Encode:
    """Text as it is, or as `value` in a command template. Raises `ConfigError` for a template that is not run."""
    try:
        render = command_template(source)
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None

    def encode(value: Json) -> str:
        if not isinstance(value, str):
            raise ValueError("should be text")
        if render is None:
            return value
        written = render({"value": value})
        if not _HARMLESS.fullmatch(value) and not _same_shape(render({"value": _PLAIN}), written):
            raise ValueError("has quotes or braces that would change the command; leave them out")
        return written

    return encode


def _same_shape(plain: str, written: str) -> bool:
    """Whether a command is as with a harmless text, but for that text. Only JSON can be compared; what is none has no quotes
    that could end.
    """
    try:
        expected = orjson.loads(plain)
    except orjson.JSONDecodeError:
        return True
    try:
        return _shape(expected) == _shape(orjson.loads(written))
    except orjson.JSONDecodeError:
        return False


def _shape(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return type(value).__name__
