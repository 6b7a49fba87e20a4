"""What robots have in common: a word for what they do, and constant commands."""

from __future__ import annotations

from collections.abc import Mapping

from capabilities.vocabulary import Json
from drivers.mqtt.values import Convert, mapped


def activity(words: Mapping[str, Json]) -> Convert:
    """What it does; `unknown` where it says that it has no idea (null, `None`)."""
    known = mapped({**words, "None": "unknown", "none": "unknown", "null": "unknown"}, ", ".join(words))
    return lambda value: known("None" if value is None else value)
