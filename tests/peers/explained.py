"""Why Home Assistant and Hearth differ, where they do: each row one reason. What no row explains is a defect of one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from tests.peers.comparison import Difference


@dataclass(frozen=True, slots=True)
class Explanation:
    why: str
    holds: Callable[[Difference], object]


_UNSURE: Final = frozenset({"button", "number", "select", "switch", "text"})
_NEW_CLASSES: Final = frozenset({"temperature_delta", "flux_capacity"})
"""Device classes of other versions of Home Assistant, or of none."""


def _component(d: Difference) -> str:
    return d.pair.part.component


def _config(d: Difference, key: str) -> Any:
    return d.pair.part.config.get(key)


def _zigbee2mqtt(d: Difference) -> bool:
    origin = _config(d, "origin")
    return isinstance(origin, dict) and origin.get("name") == "Zigbee2MQTT"


def _numbers(payload: Any) -> Any:
    """The same with each number of a text as a number, however it is written."""
    if isinstance(payload, list | tuple):
        return [_numbers(item) for item in payload]
    return (
        re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):g}", payload)
        if isinstance(payload, str)
        else payload
    )


def _same_numbers(d: Difference) -> bool:
    return d.aspect == "command" and bool(_numbers(d.home_assistant) == _numbers(d.hearth))


def _member_alone(d: Difference) -> bool:
    """The same JSON object, without `"state":"ON"`."""
    if d.aspect != "command" or not isinstance(d.hearth, list) or not isinstance(d.home_assistant, list):
        return False
    theirs = [(topic, _without_state(payload)) for topic, payload in d.home_assistant]
    return theirs == [(topic, _without_state(payload)) for topic, payload in d.hearth]


def _without_state(payload: str) -> Any:
    try:
        document = json.loads(payload)
    except ValueError:
        return payload
    return {k: v for k, v in document.items() if k != "state"} if isinstance(document, dict) else document


def _same_instant(d: Difference) -> bool:
    try:
        return datetime.fromisoformat(str(d.home_assistant)) == datetime.fromisoformat(str(d.hearth))
    except (ValueError, TypeError):
        return False


def _refused(d: Difference) -> bool:
    return d.aspect == "presence" and d.pair.entity is None


def _without_switch(d: Difference) -> Difference:
    """Without the `"state":"ON"` that one of them sends along."""
    sides = [
        [(topic, json.dumps(_without_state(payload))) for topic, payload in side]
        if isinstance(side, list)
        else side
        for side in (d.home_assistant, d.hearth)
    ]
    return replace(d, home_assistant=sides[0], hearth=sides[1])


def _close(d: Difference) -> bool:
    """The same messages, but for numbers that are a rounding apart: 0.003 of x and y, 3 of 255, 1.5 of a hue's 360."""
    ours, theirs = (re.findall(r"-?\d+(?:\.\d+)?", str(side)) for side in (d.hearth, d.home_assistant))
    if len(ours) != len(theirs) or _component(d) != "light" or "color" not in d.what:
        return False
    apart = [abs(float(one) - float(other)) for one, other in zip(ours, theirs, strict=True)]
    return all(
        a <= (0.003 if "." in one and float(one) < 1 else 3) for a, one in zip(apart, ours, strict=True)
    )


def _none_more(d: Difference) -> bool:
    if d.aspect == "options":
        return set(d.hearth or ()) - set(d.home_assistant) == {"none"}
    return d.aspect == "value" and d.home_assistant == "None" and bool(d.hearth == "none")


def _assumed(d: Difference) -> bool:
    """What was never told: Home Assistant begins with off, empty, and not updating."""
    return d.aspect == "value" and d.hearth is None and str(d.home_assistant) in {"False", "0 %"}


_COMMANDS: Final[tuple[Explanation, ...]] = (
    Explanation("Home Assistant writes 23.0 where Hearth writes 23: the same number", _same_numbers),
    Explanation(
        "Zigbee2MQTT takes a member alone, and without state ON a colour does not light a dark lamp",
        lambda d: (
            _component(d) == "light" and _zigbee2mqtt(d) and (_member_alone(d) or _close(_without_switch(d)))
        ),
    ),
    Explanation("the same colour, but for the rounding on its way", _close),
    Explanation(
        "Home Assistant sends no second installation while it believes that one is under way",
        lambda d: d.aspect == "command" and "already in progress" in str(d.home_assistant),
    ),
    Explanation(
        "Hearth switches a fan on that is off when it is given a speed; Home Assistant sends the speed alone",
        lambda d: (
            d.aspect == "command"
            and _component(d) == "fan"
            and "speed" in d.what
            and isinstance(d.hearth, list)
            and d.hearth[1:] == d.home_assistant
        ),
    ),
    Explanation(
        "Hearth rounds a target to the step that the device announces",
        lambda d: d.aspect == "command" and d.what.endswith("target") and _config(d, "temp_step"),
    ),
)

_STATES: Final[tuple[Explanation, ...]] = (
    Explanation(
        "Home Assistant shows of a lamp what its colour mode means, and nothing while it is dark; Hearth what was reported",
        lambda d: (
            d.aspect == "value" and _component(d) == "light" and str(d.home_assistant).startswith("None")
        ),
    ),
    Explanation(
        "Home Assistant shows instants in UTC, Hearth as they were told: the same instant", _same_instant
    ),
    Explanation(
        "what was never told Home Assistant takes for off, empty or idle, Hearth for unknown", _assumed
    ),
    Explanation(
        "a light effect of Zigbee2MQTT is a command without a state, and what it echoes is no state",
        lambda d: d.aspect == "value" and d.what == "effect" and _zigbee2mqtt(d),
    ),
    Explanation(
        "a lock's sensor is on for Home Assistant when the lock is open; Hearth says locked and unlocked",
        lambda d: (str(d.home_assistant), str(d.hearth)) in {("True", "unlocked"), ("False", "locked")},
    ),
    Explanation(
        "Home Assistant serves a picture in its own name; Hearth tells where it is, or what it was",
        lambda d: d.aspect == "value" and d.what == "image",
    ),
    Explanation(
        "Home Assistant shows nothing of a power switch beside the modes",
        lambda d: d.aspect == "value" and d.what == "on" and _component(d) in {"climate", "water_heater"},
    ),
    Explanation(
        "Home Assistant calls unavailable what never said that it is there; Hearth says nothing of it",
        lambda d: d.aspect == "availability" and not d.home_assistant and d.hearth is None,
    ),
    Explanation(
        "a device is there for Hearth when one of its entities is; Home Assistant tells it of each entity",
        lambda d: d.aspect == "availability" and not d.home_assistant and d.hearth is True,
    ),
    Explanation(
        "a unit that Home Assistant shows as it was written, Hearth understands",
        lambda d: d.aspect == "unit" and (d.home_assistant, d.hearth) in {("C", "°C"), ("F", "°F")},
    ),
)

_TAKEN_BACK: Final = (
    Explanation(
        "told None, Home Assistant shows unknown; Hearth has a word, unknown, for the state of a lock or a cover",
        lambda d: d.aspect == "value" and d.home_assistant == "None" and d.hearth == "unknown",
    ),
    Explanation(
        "told None, Home Assistant shows nothing; Hearth says that none is chosen",
        lambda d: (
            d.aspect == "value"
            and str(d.home_assistant).startswith("None")
            and d.hearth == "none"
            and d.pair.part.key.endswith("/reset")
        ),
    ),
    Explanation(
        "what a device tells beyond its own range or length Home Assistant ignores; Hearth shows it",
        lambda d: d.aspect == "value" and d.pair.part.key.endswith(("/beyond", "/long")),
    ),
    Explanation(
        "Home Assistant reads nothing of a JSON lamp without its state, and nothing of an update with a null",
        lambda d: d.aspect == "value" and d.pair.part.key in {"light/json_part", "update/null"},
    ),
    Explanation(
        "a cover that stopped is stopped for Hearth; Home Assistant calls it open or closed by its position",
        lambda d: d.aspect == "value" and _component(d) == "cover" and d.hearth == "stopped",
    ),
)

_CHOICES: Final[tuple[Explanation, ...]] = (
    Explanation(
        "Home Assistant adds the preset none, which stands for an empty one and is never sent as it is",
        lambda d: d.aspect == "options" and set(d.home_assistant) - set(d.hearth or ()) == {"none"},
    ),
    Explanation("Hearth has a word, none, for no preset, no mode and no effect", _none_more),
    Explanation(
        "a lower limit of 0 characters is none",
        lambda d: d.aspect == "range" and d.home_assistant.startswith("min 0") and d.hearth is None,
    ),
)

_AFFORDANCES: Final[tuple[Explanation, ...]] = (
    Explanation(
        "Hearth calls what a button does by its name (identify, restart, factory_reset), Home Assistant calls it press",
        lambda d: d.aspect == "affordance" and _component(d) == "button",
    ),
    Explanation(
        "Hearth has an action that sets several things of a lamp in one message, Home Assistant one service for everything",
        lambda d: d.aspect == "affordance" and _component(d) == "light" and d.what == "set",
    ),
    Explanation(
        "Home Assistant gives each coloured lamp a brightness; this one takes none, and none can be seen",
        lambda d: (
            d.aspect == "affordance" and d.what == "brightness" and not _config(d, "brightness_command_topic")
        ),
    ),
    Explanation(
        "white is a value of its own for Hearth, and a colour mode for Home Assistant",
        lambda d: d.aspect == "affordance" and _component(d) == "light" and d.what == "white",
    ),
    Explanation(
        "open and closed follow from the position: Hearth tells the position alone where that is all that was told",
        lambda d: (
            d.aspect == "affordance"
            and _component(d) in {"cover", "valve"}
            and not _config(d, "state_topic")
            and d.what == "state"
        ),
    ),
    Explanation(
        "Home Assistant switches a climate on and off by its modes, too; Hearth has `on` where there is a power topic",
        lambda d: d.aspect == "affordance" and d.what == "on" and not _config(d, "power_command_topic"),
    ),
    Explanation(
        "Home Assistant shows a siren's volume and duration once they were told; Hearth has them from the beginning",
        lambda d: d.aspect == "affordance" and _component(d) == "siren" and d.home_assistant is None,
    ),
    Explanation(
        "Home Assistant shows an empty present temperature where there is no topic for it",
        lambda d: (
            d.aspect == "affordance"
            and d.what == "temperature"
            and not _config(d, "current_temperature_topic")
        ),
    ),
    Explanation(
        "what is to be said of a firmware (summary, address) is one property of Hearth's, two attributes of Home Assistant's",
        lambda d: d.aspect == "affordance" and _component(d) == "update" and d.what == "release",
    ),
    Explanation(
        "the name of a zone is Hearth's `location` beside `home`; of bare coordinates Hearth concludes neither",
        lambda d: (
            d.aspect == "affordance" and _component(d) == "device_tracker" and d.what in {"home", "location"}
        ),
    ),
)

_WHOLE: Final[tuple[Explanation, ...]] = (
    Explanation(
        "Hearth shows what a publisher disables by default: nobody has to look for it, and rules say who may use it",
        lambda d: d.aspect == "disabled" and d.home_assistant == "integration",
    ),
    Explanation(
        "a select, number, text, button or switch of which nobody knows what it does is for who manages the house",
        lambda d: (
            d.aspect == "privilege" and _component(d) in _UNSURE and d.hearth in {"manage", "administer"}
        ),
    ),
    Explanation(
        "to install firmware is for administrators, whatever its publisher calls it",
        lambda d: d.aspect == "privilege" and _component(d) == "update" and d.hearth == "administer",
    ),
    Explanation(
        "what goes to a robot just as it is written is for who manages the house",
        lambda d: d.aspect == "privilege" and d.what == "send_command",
    ),
    Explanation(
        "a second main function beside the first is called after what it is",
        lambda d: d.aspect == "title" and d.home_assistant is None and _config(d, "device_class"),
    ),
    Explanation(
        "without a name Home Assistant calls each battery Battery; Hearth tells them apart by where they were announced",
        lambda d: d.aspect == "title" and "name" not in d.pair.part.config,
    ),
    Explanation(
        "this version of Home Assistant refuses a device class that it does not know; Hearth takes the rest",
        lambda d: _refused(d) and _config(d, "device_class") in _NEW_CLASSES,
    ),
    Explanation(
        "Home Assistant refuses a switch without a command; Hearth reads it",
        lambda d: _refused(d) and _component(d) == "switch" and not _config(d, "command_topic"),
    ),
    Explanation(
        "Home Assistant has triggers and scans for these, no entities",
        lambda d: _refused(d) and _component(d) in {"device_automation", "tag"},
    ),
)

EXPLAINED: Final = (*_COMMANDS, *_STATES, *_TAKEN_BACK, *_CHOICES, *_AFFORDANCES, *_WHOLE)


def why(difference: Difference) -> str:
    """The first reason that holds, "" where none does."""
    return next((row.why for row in EXPLAINED if row.holds(difference)), "")
