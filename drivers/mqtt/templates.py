"""The templates of discovery messages, compiled once.

By far the most common one names a single member of the payload (`{{ value_json.state }}`): that is a look-up, without a
template engine. Everything else goes through the package `sandbox`, which is imported when the first such template comes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias

from capabilities.vocabulary import Json
from drivers.mqtt.action_events import ActionPattern, is_action_template, read_action
from drivers.mqtt.messages import Message
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.values import NO_VALUE, Nothing

__all__ = [
    "WHOLE",
    "Message",
    "Now",
    "ValueTemplate",
    "command_template",
    "is_look_up",
    "outgoing",
    "value_template",
    "walk",
]

MAX_TEMPLATE_CHARS: Final = 4096
"""Four times the longest template that Zigbee2MQTT publishes."""

_PLAIN: Final = re.compile(
    r"""\{\{-?\s*value_json((?:\.[A-Za-z_]\w*|\[\s*(?:'[^'\\]*'|"[^"\\]*"|\d{1,4})\s*\])+)\s*(?:\|\s*is_defined\s*)?-?\}\}"""
)
_WHOLE: Final = re.compile(r"\{\{-?\s*value\s*-?\}\}")
_STEP: Final = re.compile(r"""\.(\w+)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]""")

Step: TypeAlias = "str | int"
Now: TypeAlias = Callable[[], datetime]
"""The driver's clock, in the zone of the house."""


@dataclass(frozen=True, slots=True)
class ValueTemplate:
    """How a value is taken from a message: a path into the document, a rendering, or (neither) the whole text."""

    path: tuple[Step, ...] = ()
    render: Callable[[Message], str | Nothing] | None = None
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
        """`NO_VALUE` where the payload lacks it, or it is rendered as nothing. Raises `ValueError` for a payload that cannot be
        read, or with which the template fails.
        """
        if self.render is not None:
            return self.render(message) or NO_VALUE
        if not self.path:
            return message.text
        return walk(message.document, self.path)


WHOLE: Final = ValueTemplate()


def is_look_up(source: str) -> bool:
    """Whether a template names a member or the whole payload, and is never compiled."""
    stripped = source.strip()
    return _PLAIN.fullmatch(stripped) is not None or _WHOLE.fullmatch(stripped) is not None


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


def value_template(
    source: str | None, *, now: Now | None = None, given: Mapping[str, str] | None = None
) -> ValueTemplate:
    """Compile a template that reads a state (`value`, `value_json`). `now`: the clock, without which templates that ask for the
    time are refused. `given`: further texts that it may name, such as `entity_id` and `name`. Raises `TemplateError`.
    """
    if source is None:
        return WHOLE
    _check_length(source)
    stripped = source.strip()
    if _WHOLE.fullmatch(stripped):
        return WHOLE
    plain = _PLAIN.fullmatch(stripped)
    if plain:
        return ValueTemplate(path=_path(plain.group(1)))
    patterns = is_action_template(stripped)
    if patterns is not None:
        render = partial(_action, patterns)
        return ValueTemplate(render=render, mentions=frozenset({"action"}))
    return _sandboxed(source, now, dict(given or {}))


def command_template(
    source: str | None, *names: str, now: Now | None = None
) -> Callable[[dict[str, Json]], str] | None:
    """Compile a template that writes a command from `value` and `names`, each of which may be absent. None: send the value as
    it is. Raises `TemplateError`. What it returns raises `ValueError` where it fails or lacks a value: there is no command.
    """
    if source is None:
        return None
    _check_length(source)
    from drivers.mqtt.sandbox import Missing, compile_template  # noqa: PLC0415 - costs 3 MB: only who needs it pays

    program = compile_template(source, frozenset({"value", *names}), timed=now is not None)

    def write(variables: dict[str, Json]) -> str:
        try:
            return program.render(dict(variables), now)
        except Missing as lack:
            raise ValueError(f"the command template fails: {lack}") from None

    return write


def outgoing(text: str) -> bytes:
    """The payload of a rendered command: UTF-8, or the bytes that a template packed and so wrote as `b'…'`."""
    if text.startswith(("b'", 'b"')):
        try:
            packed = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            packed = None
        if isinstance(packed, bytes):
            return packed
    return text.encode()


def _sandboxed(source: str, now: Now | None, given: dict[str, str]) -> ValueTemplate:
    from drivers.mqtt.sandbox import Missing, compile_template  # noqa: PLC0415 - costs 3 MB: only who needs it pays

    program = compile_template(source, frozenset({"value", "value_json", *given}), timed=now is not None)
    reads_text, reads_json = "value" in program.reads, "value_json" in program.reads

    def run(message: Message) -> str | Nothing:
        variables: dict[str, Any] = {**given}
        if reads_text:
            variables["value"] = message.value
        if reads_json:
            with suppress(ValueError):  # it is undefined then
                variables["value_json"] = message.document
        try:
            return program.render(variables, now)
        except Missing as lack:
            if lack.name == "value_json":
                raise ValueError("the payload is not JSON") from None
            return NO_VALUE

    return ValueTemplate(render=run, mentions=program.mentions)


def _action(patterns: tuple[ActionPattern, ...], message: Message) -> str:
    return read_action(message.document, patterns)


def _path(source: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for name, single, double, index in _STEP.findall(source):
        steps.append(int(index) if index else name or single or double)
    return tuple(steps)


def _check_length(source: str) -> None:
    if len(source) > MAX_TEMPLATE_CHARS:
        raise TemplateError(f"the template is longer than {MAX_TEMPLATE_CHARS} characters")
