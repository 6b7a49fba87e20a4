"""Component `alarm_control_panel`. Source: Home Assistant, "MQTT Alarm control panel".

A panel whose code stands in its announcement (`code`: anything but REMOTE_CODE and REMOTE_CODE_TEXT) leaves the comparison to
whoever commands it: it is made here, and the code is in no fingerprint.
"""

from __future__ import annotations

import hmac
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.codes import Check, code_schema, takes_code, with_code
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import mapped

_STATES: Final = (
    "disarmed", "armed_home", "armed_away", "armed_night", "armed_vacation", "armed_custom_bypass", "pending", "arming",
    "disarming", "triggered",
)  # fmt: skip

_MODES: Final = ("arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass")
_FEATURES: Final = (*_MODES, "trigger")

_REMOTE: Final = frozenset({"REMOTE_CODE", "REMOTE_CODE_TEXT"})
"""The panel itself knows its codes; the first sort are digits."""

DIGITS: Final = "^[0-9]+$"


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "alarm", config)
    state, template = config.topic("state_topic"), config.template("value_template")
    if state:
        by_payload: dict[str, Json] = {"None": "unknown", **{name: name for name in _STATES}}
        builder.property("state", mapped(by_payload), state=state, template=template, query=template.subject)
    if config.topic("command_topic"):
        for name in ("disarm", *_features(builder)):
            _action(builder, name, observed=bool(state))
    if config.has("code") and config.text("code") not in _REMOTE:
        builder.problem("its code stands in its announcement, where everybody on this broker can read it")
    return builder.build(title(config))


def _features(builder: Builder) -> list[str]:
    if not builder.config.has("supported_features"):
        return list(_FEATURES)
    told = builder.config.texts("supported_features")
    for unknown in set(told).difference(_FEATURES):
        builder.problem(f"supported_features: {unknown[:40]!r} is not one of {', '.join(_FEATURES)}")
    return [name for name in _FEATURES if name in told]


def _action(builder: Builder, name: str, *, observed: bool) -> None:
    config = builder.config
    payload = config.text(f"payload_{name}", name.upper())
    source = config.source("command_template") or "{{ action }}"
    sort = "arm" if name in _MODES else name
    required = config.has("code") and config.flag(f"code_{sort}_required", True)
    schema: dict[str, Json] = {}
    if required or config.has("code") or takes_code(source):
        schema = code_schema(pattern=_pattern(config), required=required)
    recipe = f"{name}={payload} | {source} | {'code' if required else ''}"
    encode = with_code(payload, source, "action", _check(config) if required else None)
    builder.action(
        name,
        builder.command_at(config.topic("command_topic"), encode, recipe),
        observed=observed,
        schema=schema,
    )


def _pattern(config: Config) -> str:
    code = config.text("code")
    return DIGITS if code == "REMOTE_CODE" or code.isdecimal() else ""


def _check(config: Config) -> Check | None:
    """For a code that is known here."""
    known = config.text("code")
    if known in _REMOTE:
        return None

    def check(code: str | None) -> None:
        if code is None or not hmac.compare_digest(code.encode(), known.encode()):
            raise ValueError("has a wrong code")

    return check
