"""What a contract shall say, as people write it on a command line, and as the shipped templates have it."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from gateway.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_SPAN: Final = re.compile(r"\d+ ?[mhd]")
_PRESENCE: Final = re.compile(r"(?P<see>[^<>=]+)(?:(?P<how>[<>=])(?P<what>.+))?")


def templates() -> dict[str, dict[str, Json]]:
    """By name."""
    found: dict[str, dict[str, Json]] = {}
    for file in sorted((files("gateway") / "contracts" / "templates").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            found[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text(encoding="utf-8"))
    return found


def template(name: str) -> dict[str, Json]:
    """Raises `Failure`."""
    known = templates()
    if name not in known:
        raise Failure(f"there is no template {name!r}; there are {', '.join(known)}", Exit.USAGE)
    return known[name]


def raw(text: str) -> dict[str, Json]:
    """`meter.*`, `light.*,fan.*`."""
    return {"see": _see(text)}


def aggregated(text: str) -> dict[str, Json]:
    """`temperature.temperature=15m`, `meter.power=1h/50`. Raises `Failure`."""
    see, _, rest = text.partition("=")
    every, _, step = rest.partition("/")
    part: dict[str, Json] = {"see": _see(see), "every": every.strip() or "15m"}
    if step:
        part["step"] = _number(step, text)
    return part


def presence(text: str) -> dict[str, Json]:
    """`occupancy.*`, `light.brightness>5`, `temperature.*<16`, `lock.state=locked`. Raises `Failure`."""
    match = _PRESENCE.fullmatch(text.strip())
    if match is None:
        raise Failure(
            f"{text!r} is not like occupancy.*, light.brightness>5 or lock.state=locked", Exit.USAGE
        )
    part: dict[str, Json] = {"see": _see(match["see"])}
    if match["how"] == "=":
        part["values"] = [_value(one.strip()) for one in match["what"].split(",")]
    elif match["how"]:
        part["above" if match["how"] == ">" else "below"] = _number(match["what"], text)
    return part


def term(text: str) -> dict[str, Json]:
    """`30d`, or a time like 2030-01-31T12:00+01:00. Raises `Failure`."""
    if _SPAN.fullmatch(text):
        return {"for": text}
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            f"--until is a time to come: 12h, 30d or 2030-01-31T12:00; it is {text!r}", Exit.USAGE
        ) from None
    return {"until": at.astimezone().isoformat()}


def _see(text: str) -> list[Json]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _value(text: str) -> Json:
    return {"on": True, "true": True, "off": False, "false": False}.get(text, text)


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Failure(f"{text!r} in {whole!r} is not a number", Exit.USAGE) from None
