"""`[history]` in hearth.toml: for how long what is kept, of which property."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from capabilities.vocabulary import Privacy
from gateway.history.levels import LEVELS, Level
from policies.patterns import fault_in, matching

DAY_S: Final = 86_400.0
_UNITS: Final = {"h": 3_600.0, "d": DAY_S, "w": 7 * DAY_S, "m": 30 * DAY_S, "y": 365 * DAY_S}
_SPAN: Final = re.compile(r"(\d{1,4}) ?([hdwmy])")

FOR_EVER: Final = "for ever"
MOST_ENTRIES: Final = 200
"""`[[history.of]]`: what a person can still look through."""


def span_s(text: str) -> float:
    """`48h`, `2d`, `4w`, `6m` (of 30 days), `1y` (of 365) in seconds; "for ever"; "none" is 0. Raises `ValueError`."""
    if text in {FOR_EVER, "none"}:
        return math.inf if text == FOR_EVER else 0.0
    match = _SPAN.fullmatch(text)
    if match is None or not int(match[1]):
        raise ValueError('is no time; write it like "48h", "30d", "5y", "for ever" or "none"')
    return int(match[1]) * _UNITS[match[2]]


def _checked(text: str) -> str:
    span_s(text)
    return text


def _quarters(text: str) -> str:
    if 0 < span_s(text) < 3 * DAY_S or text == "none":
        raise ValueError("is at least 3d: whole days are made of quarters of an hour")
    return text


def _pattern(text: str) -> str:
    if fault := fault_in(text):
        raise ValueError(fault)
    return text


Span = Annotated[str, AfterValidator(_checked)]
Quarters = Annotated[str, AfterValidator(_quarters)]


class Keeping(BaseModel):
    """What is kept of some properties: of a capability (as in rules: `power.*`), a Thing, or one property of it. With
    `keep = "none"` nothing; what is not said is as in `[history]`. What is sensitive is kept only where its capability is
    named exactly, or the Thing and the property are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    capability: Annotated[str, AfterValidator(_pattern)] = "*"
    thing: str = ""
    property: str = ""
    keep: Literal["all", "none"] = "all"
    raw: Span | None = None
    minute: Span | None = None
    quarter: Quarters | None = None
    hour: Span | None = None
    day: Span | None = None

    def fits(self, thing: str, name: str, capability: str, privacy: Privacy) -> bool:
        if self.thing not in {"", thing} or self.property not in {"", name}:
            return False
        if self.capability not in matching(capability):
            return False
        named = self.capability == capability or (bool(self.thing) and bool(self.property))
        return named or self.keep == "none" or privacy is not Privacy.SENSITIVE


class HistorySettings(BaseModel):
    """`of` says otherwise for some: the first that fits holds. `keep = "none"` keeps only what an entry there names."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    keep: Literal["all", "none"] = "all"
    raw: Span = "2d"
    minute: Span = "30d"
    quarter: Quarters = "1y"
    hour: Span = "5y"
    day: Span = FOR_EVER
    of: Annotated[tuple[Keeping, ...], Field(max_length=MOST_ENTRIES)] = ()

    def kept(self, thing: str, name: str, capability: str, privacy: Privacy) -> Mapping[Level, float]:
        """Seconds for each level; empty where nothing is kept. `thing` is its plain id."""
        for one in self.of:
            if one.fits(thing, name, capability, privacy):
                return {} if one.keep == "none" else self._spans(one)
        is_kept = self.keep == "all" and privacy is not Privacy.SENSITIVE
        return self._spans(None) if is_kept else {}

    def usual(self) -> Mapping[Level, float]:
        """Of what no entry is about."""
        return self._spans(None)

    def _spans(self, one: Keeping | None) -> Mapping[Level, float]:
        names = dict(zip(LEVELS, ("raw", "minute", "quarter", "hour", "day"), strict=True))
        said = {level: getattr(one, name, None) for level, name in names.items()}
        return {level: span_s(said[level] or getattr(self, name)) for level, name in names.items()}
