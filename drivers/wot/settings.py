"""`[wot]` in hearth.toml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_CONFIGURED: Final = 256
"""Descriptions given by address: each is asked for again and again while it does not answer."""

_URL: Final = re.compile(r"https?://[^\s/?#@]+(?:/[^\s#]*)?", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"https?://[^\s/?#@]+", re.IGNORECASE)


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError(
            'is no address of a description; write it like "https://lamp.lan/td", without a user or password'
        )
    return text


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise ValueError('is no origin; write it like "https://lamp.lan:8443", without a path')
    return text


Url = Annotated[str, AfterValidator(_url)]
Origin = Annotated[str, AfterValidator(_origin)]


class WotThing(BaseModel):
    """One Thing or directory by the address of its description: `[[wot.thing]]`, `[[wot.directory]]`.

    `origins` are the further servers that its forms may lead to; without them only the description's own counts.
    `credentials_file` holds `user:password` or a token, as the description asks for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    url: Url
    origins: tuple[Origin, ...] = Field((), max_length=8)
    credentials_file: Path | None = None


class WotSettings(BaseModel):
    """`things` and `directories` are addresses of descriptions; where more is to be said of one, `[[wot.thing]]`.

    `this_machine` lets descriptions lead to this machine itself and its loopback interface. It is there for tests: with it
    whoever is on the network can make the gateway talk to what listens here for local programs only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    things: tuple[Url, ...] = Field((), max_length=MAX_CONFIGURED)
    directories: tuple[Url, ...] = Field((), max_length=MAX_CONFIGURED)
    thing: tuple[WotThing, ...] = Field((), max_length=MAX_CONFIGURED)
    directory: tuple[WotThing, ...] = Field((), max_length=MAX_CONFIGURED)
    ca: Path | None = None  # believed besides the system's authorities: the house's own, or single devices'
    poll_seconds: float = Field(30.0, ge=0.05, le=3600)  # what cannot be observed is read so often
    this_machine: bool = False
