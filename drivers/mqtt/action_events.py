"""Zigbee2MQTT's template of button events, read without running it.

With `experimental_event_entities` Zigbee2MQTT gives each remote control an event entity whose template loops over a list of
patterns: the first match of each pattern in the payload's `action` names parts of it (which button, which direction), and the
part named `action` becomes the event's type. The patterns are in the template; what is done with them is here.
Source: Zigbee2MQTT, `homeassistant` extension (2.x), "Experimental event entities".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.template_error import TemplateError

MAX_PATTERNS: Final = 16
"""Zigbee2MQTT has five."""

ACTION_TEMPLATES_CACHE: Final = 8
"""Every device has the same one, and so has each version of the bridge."""

_MARKS: Final = (
    "value_json.action", "namespace(", "for p in patterns", "regex_findall(p.pattern)", "zip(p.groups", "'actionPrefix'",
    "'event_type'", "dict.from_keys(", "to_json",
)  # fmt: skip
"""What its template consists of, beside the patterns."""

_HEAD: Final = re.compile(r"\{%-?\s*set patterns\s*=\s*\[(.*?)\]\s*-?%\}", re.DOTALL)
_ENTRY: Final = re.compile(
    r"""\{\s*"pattern":\s*'([^'\\]{1,256})',\s*"groups":\s*\[((?:\s*"\w{1,32}",?){2,16})\s*\]\s*\}"""
)


@dataclass(frozen=True, slots=True)
class ActionPattern:
    regex: re.Pattern[str]
    limit: int
    groups: tuple[str, ...]


@lru_cache(maxsize=ACTION_TEMPLATES_CACHE)
def is_action_template(source: str) -> tuple[ActionPattern, ...] | None:
    """Its patterns, or None for any other template. Raises `TemplateError` for patterns that could run away."""
    head = _HEAD.match(source)
    if head is None or not all(mark in source for mark in _MARKS):
        return None
    entries = _ENTRY.findall(head.group(1))
    if not entries or len(entries) > MAX_PATTERNS or len(entries) != head.group(1).count('"pattern"'):
        raise TemplateError("the template of button events has patterns in a form that is not known here")
    from drivers.mqtt.sandbox.regexes import compiled  # noqa: PLC0415 - only who needs it pays

    found: list[ActionPattern] = []
    for pattern, names in entries:
        checked = compiled(pattern)
        groups = tuple(re.findall(r'"(\w+)"', names))
        if checked.regex.groups < len(groups):
            raise TemplateError(f"the pattern {pattern!r} has fewer groups than names")
        found.append(ActionPattern(checked.regex, checked.limit, groups))
    return tuple(found)


def read_action(document: Json, patterns: tuple[ActionPattern, ...]) -> str:
    """The event as JSON: `event_type`, and the parts that were named; `{}` where there is no action. Raises `ValueError` where
    the payload is no JSON object.
    """
    if not isinstance(document, dict):
        raise ValueError("the payload should be a JSON object")
    action = document.get("action", "")
    text = action if isinstance(action, str) else str(action)
    parts: dict[str, Json] = {"action": action}
    for pattern in patterns:
        if len(text) > pattern.limit:
            raise ValueError("the action is too long")
        match = pattern.regex.search(text)
        if match is None:
            continue
        for name, part in zip(pattern.groups, match.groups(""), strict=False):
            parts.pop(name, None)  # what is found again moves to the end
            parts[name] = part
    kind = parts.pop("action", None)
    prefix = parts.pop("actionPrefix", None)
    if prefix is not None:
        kind = f"{prefix}{kind}"
    if kind is not None and kind != "":
        parts["event_type"] = kind
    return orjson.dumps(parts).decode()
