"""The templates of discovery messages, compiled once.

By far the most common one names a single member of the payload (`{{ value_json.state }}`): that is a look-up, without a
template engine. Everything else goes through the sandbox of `sandbox.py`, which is imported when the first such template comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.values import NO_VALUE, Nothing

MAX_TEMPLATE_CHARS: Final = 4096
"""Four times the longest template that Zigbee2MQTT publishes."""

_PLAIN: Final = re.compile(
    r"""\{\{-?\s*value_json((?:\.[A-Za-z_]\w*|\[\s*(?:'[^'\\]*'|"[^"\\]*"|\d{1,4})\s*\])+)\s*(?:\|\s*is_defined\s*)?-?\}\}"""
)
_WHOLE: Final = re.compile(r"\{\{-?\s*value\s*-?\}\}")
_STEP: Final = re.compile(r"""\.(\w+)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]""")
_MENTION: Final = re.compile(r"""value_json(?:\.([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)")\s*\])""")

Step: TypeAlias = "str | int"
Encode: TypeAlias = Callable[[Json], bytes]


class Message:
    """One payload, decoded and parsed at most once for everybody who reads it."""

    __slots__ = ("_document", "_text", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._text: str | None = None
        self._document: Json | Nothing | None = NO_VALUE

    def decoded(self, encoding: str) -> Message:
        """The same for a reader of another encoding; "" is read as latin-1, which keeps each byte."""
        if encoding == "utf-8":
            return self
        return Message(self.payload.decode(encoding or "latin-1").encode())

    @property
    def text(self) -> str:
        """Raises `ValueError` for what is not UTF-8."""
        if self._text is None:
            self._text = self.payload.decode()
        return self._text

    @property
    def document(self) -> Json:
        """Raises `ValueError` for what is not JSON."""
        if self._document is NO_VALUE:
            self._document = orjson.loads(self.payload)
        return self._document  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class ValueTemplate:
    """How a value is taken from a message: a path into the document, a rendering, or (neither) the whole text."""

    path: tuple[Step, ...] = ()
    render: Callable[[Message], str] | None = None
    mentions: frozenset[str] = frozenset()  # the members that a rendering looks at

    @property
    def member(self) -> str | None:
        """The one member that is read, where it is as simple as that."""
        return self.path[0] if len(self.path) == 1 and isinstance(self.path[0], str) else None

    @property
    def subject(self) -> str:
        """The one member that the value depends on, read or rendered; "" where there is no such one."""
        return self.member or (next(iter(self.mentions)) if len(self.mentions) == 1 else "")

    def extract(self, message: Message) -> Json | Nothing:
        """`NO_VALUE` where the payload lacks it. Raises `ValueError` for a payload that cannot be read."""
        if self.render is not None:
            rendered = self.render(message)
            return rendered if rendered else NO_VALUE
        if not self.path:
            return message.text
        return walk(message.document, self.path)


WHOLE: Final = ValueTemplate()


def walk(document: Json, path: tuple[Step, ...]) -> Json | Nothing:
    """What lies at `path`, or `NO_VALUE`."""
    at: Json = document
    for step in path:
        if isinstance(step, int):
            if not isinstance(at, list) or step >= len(at):
                return NO_VALUE
            at = at[step]
        else:
            if not isinstance(at, dict) or step not in at:
                return NO_VALUE
            at = at[step]
    return at


def value_template(source: str | None) -> ValueTemplate:
    """Compile a template that reads a state (`value`, `value_json`). Raises `TemplateError`."""
    if source is None:
        return WHOLE
    _check_length(source)
    stripped = source.strip()
    if _WHOLE.fullmatch(stripped):
        return WHOLE
    plain = _PLAIN.fullmatch(stripped)
    if plain:
        return ValueTemplate(path=_path(plain.group(1)))
    mentions = frozenset(name or single or double for name, single, double in _MENTION.findall(source))
    return ValueTemplate(render=_sandboxed_value(source), mentions=mentions)


def command_template(source: str | None, *names: str) -> Callable[[dict[str, Json]], str] | None:
    """Compile a template that writes a command from `value` and `names`. None: send the value as it is. Raises
    `TemplateError`.
    """
    if source is None:
        return None
    _check_length(source)
    from drivers.mqtt.sandbox import compile_template  # noqa: PLC0415 - the engine costs 3 MB: only who needs it pays

    render = compile_template(source, frozenset({"value", *names}))
    return lambda variables: render(**variables)


def _sandboxed_value(source: str) -> Callable[[Message], str]:
    from drivers.mqtt.sandbox import compile_template  # noqa: PLC0415 - the engine costs 3 MB: only who needs it pays

    render = compile_template(source, frozenset({"value", "value_json"}))
    if "value_json" not in source:
        return lambda message: render(value=message.text)

    def run(message: Message) -> str:
        return render(value=message.text, value_json=message.document)

    return run


def _path(source: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for name, single, double, index in _STEP.findall(source):
        steps.append(int(index) if index else name or single or double)
    return tuple(steps)


def _check_length(source: str) -> None:
    if len(source) > MAX_TEMPLATE_CHARS:
        raise TemplateError(f"the template is longer than {MAX_TEMPLATE_CHARS} characters")
