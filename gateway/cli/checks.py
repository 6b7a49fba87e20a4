"""What `hearth doctor` asks the gateway, and what the answers mean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from gateway.cli.client import Client
from gateway.cli.problems import failure
from gateway.cli.session import items
from gateway.cli.text import joined
from gateway.cli.times import duration
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

CLOCK_SECONDS: Final = 5.0
"""Clocks that differ by more make times in the ledger hard to read, and quiet hours wrong."""

SHOWN_NAMES: Final = 5

BROKERS: Final = "mqtt"
"""The driver that hears what anybody publishes."""

_LINK_REMEDIES: Final = (
    (
        ("0x87", "0x86", "not authorized", "not authorised", "bad user name"),
        "give username and password_file in [mqtt] of hearth.toml, as the broker knows them",
    ),
    (
        ("certificate", "ssl", "tls"),
        "look at ca and the address in [mqtt] of hearth.toml, and at the broker's certificate",
    ),
    (
        ("name or service", "getaddrinfo", "resolve", "nodename"),
        "look at the host's name in hearth.toml: nobody knows it",
    ),
    (
        ("connection refused", "errno 111", "connect call failed"),
        "nobody listens there: start it, or mend the address in hearth.toml",
    ),
)
"""Words in the reason why a link is down, and what helps. What is tried again is tried again by itself in any case."""


class Level(Enum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "FAILED"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` is what to do, "" where nothing need be done."""

    name: str
    level: Level
    found: str
    remedy: str = ""


def checks_of_gateway(client: Client, *, all_of_it: bool = False) -> Iterator[Check]:
    """`all_of_it`: each thing that a driver could not read, not only the first.

    Raises `Failure` where the gateway cannot be reached or does not know the caller.
    """
    answer = client.ask("GET", "/health")
    if not answer.ok:
        raise failure(answer)
    health = answer.body if isinstance(answer.body, dict) else {}
    who = client.get("/whoami")
    yield _reached(client, health, who if isinstance(who, dict) else {})
    yield _version(str(health.get("version")))
    yield _clock(answer.headers.get("date", ""))
    yield from _house(health)
    yield from checks_of_drivers_health(_object(health.get("drivers")), all_of_it=all_of_it)
    yield from _parts(_object(health.get("parts")))
    yield from _rules(health.get("rules_problems"))
    yield _ledger(_object(health.get("ledger")))
    yield from _failed_obligations(health.get("failed_obligations"))
    yield from _channels(_object(health.get("notify")))
    yield from _readings(_object(_object(health.get("ingest")).get("problems")))
    things = items(client.get("/things?view=summary"))
    yield from _things(things)
    yield from _guesses(things)


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _reached(client: Client, health: dict[str, Json], who: dict[str, Json]) -> Check:
    where = client.target.socket or client.target.url
    up = health.get("uptime_s")
    since = f", up {duration(float(up))}" if isinstance(up, int | float) else ""
    return Check(
        "gateway", Level.OK, f"at {where}{since}; you are {who.get('principal')} ({who.get('role')})"
    )


def _version(running: str) -> Check:
    from importlib.metadata import version  # noqa: PLC0415 (slow)

    installed = version("hearth-gateway")
    if running == installed:
        return Check("version", Level.OK, installed)
    return Check(
        "version",
        Level.WARNING,
        f"the gateway runs {running}, this command is {installed}",
        "restart the gateway",
    )


def _clock(date: str) -> Check:
    """The gateway's `Date` against this machine's clock."""
    try:
        apart = abs(parsedate_to_datetime(date).timestamp() - time.time())
    except ValueError:
        return Check("clock", Level.WARNING, "the gateway's answer has no date")
    if apart <= CLOCK_SECONDS:
        return Check("clock", Level.OK, "the gateway's and this machine's agree")
    return Check(
        "clock",
        Level.WARNING,
        f"the gateway's and this machine's are {duration(apart)} apart",
        "synchronise both (NTP)",
    )


def _house(health: dict[str, Json]) -> Iterator[Check]:
    """What the rules look at besides devices."""
    if (mode := health.get("mode")) is not None:
        yield Check("mode", Level.OK, f"{mode}; `hearth mode` changes it")
    if health.get("time_is_known"):
        yield Check("time", Level.OK, "known: rules can look at it")
    elif "time_is_known" in health:
        found = "not known to the rules, for the gateway's clock is not synchronised: what rests on a time of day is refused"
        remedy = 'turn on time synchronisation there (NTP), or set [house] clock = "trusted" where it is right without'
        yield Check("time", Level.WARNING, found, remedy)


def checks_of_drivers_health(drivers: dict[str, Json], *, all_of_it: bool = False) -> Iterator[Check]:
    """Whether each has its link, and what it could not read."""
    if not drivers:
        yield Check(
            "drivers", Level.WARNING, "none runs", "name a broker or another link to devices in hearth.toml"
        )
    for name, value in drivers.items():
        state = _object(value)
        detail = str(state.get("detail") or "")
        if state.get("connected"):
            yield Check(f"driver {name}", Level.OK, detail or "connected")
        else:
            yield Check(
                f"driver {name}", Level.FAILURE, detail or "not connected", _link_remedy(name, detail)
            )
        yield from _complaints(name, state.get("problems"), detail, all_of_it=all_of_it)


def _link_remedy(driver: str, detail: str) -> str:
    """What would bring a driver's link up, as far as the reason tells."""
    said = detail.casefold()
    for words, remedy in _LINK_REMEDIES:
        if any(word in said for word in words) and (driver == BROKERS or f"[{BROKERS}]" not in remedy):
            return remedy
    return (
        "it is tried again by itself; look at its peer"
        if driver == BROKERS
        else "it is tried again by itself"
    )


def _complaints(driver: str, problems: Json, detail: str, *, all_of_it: bool) -> Iterator[Check]:
    """What a driver could not do, a line each; of a broker's it is what it heard and could not read: the publisher is wrong, or
    somebody plays. The others say themselves what would help.
    """
    listed = [str(line) for line in problems] if isinstance(problems, list) else []
    lines = [line for line in listed if line != detail]
    shown = lines if all_of_it else lines[:SHOWN_NAMES]
    for number, line in enumerate(shown, start=1):
        remedies = []
        if number == len(shown):
            remedies += ["look at who publishes there; the rest is not harmed"] if driver == BROKERS else []
            remedies += [f"{len(lines) - number} more: `hearth doctor --all`"] if len(lines) > number else []
        found = f"could not read {line}" if driver == BROKERS else line
        yield Check(f"driver {driver}", Level.WARNING, found, "; ".join(remedies))


def _parts(parts: dict[str, Json]) -> Iterator[Check]:
    for name, value in parts.items():
        state = _object(value)
        if state.get("state") == "failed":
            error = state.get("last_error") or "it failed"
            yield Check(
                name,
                Level.FAILURE,
                f"{error} ({state.get('failures')} times)",
                "the gateway's log has the details",
            )


def _rules(problems: Json) -> Iterator[Check]:
    for problem in problems[:SHOWN_NAMES] if isinstance(problems, list) else []:
        remedy = "mend that file; until then the rules of before hold (`hearth policy check` shows all that is wrong)"
        yield Check("rules", Level.FAILURE, str(problem), remedy)


def _ledger(ledger: dict[str, Json]) -> Check:
    if ledger.get("available"):
        return Check("ledger", Level.OK, f"{ledger.get('entries')} entries written since the start")
    error = str(ledger.get("last_error") or "it cannot be written")
    failing = any(word in error.casefold() for word in ("readonly", "read-only", "i/o error"))
    what = "its disk takes nothing any more: look at `dmesg`" if failing else "make room on its disk"
    remedy = f"{what}; until then nothing is sent but what a person makes safe"
    return Check("ledger", Level.FAILURE, error, remedy)


def _failed_obligations(found: Json) -> Iterator[Check]:
    """What could not be switched off, or put back."""
    for one in map(_object, found[:SHOWN_NAMES] if isinstance(found, list) else []):
        what = "put back as it was" if one.get("duty") == "restore" else "switched off"
        found_so = f"{one.get('property')} could not be {what}: {one.get('error')} (rule {one.get('rule')})"
        remedy = f'go and look; then `hearth obligations settle {one.get("id")} --why "…"`'
        yield Check(str(one.get("thing")), Level.FAILURE, found_so, remedy)


def _channels(channels: dict[str, Json]) -> Iterator[Check]:
    """The ways by which people are told."""
    for name, value in channels.items():
        state = _object(value)
        level = Level.FAILURE if state.get("state") == "failing" else Level.OK
        remedy = str(state.get("remedy") or "")
        if level is Level.FAILURE and not remedy:
            remedy = f"`hearth notify test {name}` tries it out"
        yield Check(f"notify {name}", level, str(state.get("line") or ""), remedy)


def _readings(problems: dict[str, Json]) -> Iterator[Check]:
    for where, what in list(problems.items())[:SHOWN_NAMES]:
        yield Check(
            "readings", Level.WARNING, f"{where}: {what}", "the device reports what its description excludes"
        )


def _things(things: list[dict[str, Json]]) -> Iterator[Check]:
    suspended = [plain_id(thing["id"]) for thing in things if thing.get("suspended")]
    silent: dict[str, list[str]] = {}
    for thing in things:
        if thing.get("reachable") is False and not thing.get("suspended"):
            silent.setdefault(str(thing.get("out_of_reach") or ""), []).append(plain_id(thing["id"]))
    if suspended:
        remedy = f"look at it, then `hearth accept {suspended[0]}`"
        yield Check(
            "things",
            Level.FAILURE,
            f"suspended, for they changed what their commands do: {_names(suspended)}",
            remedy,
        )
    for reason, names in list(silent.items())[:SHOWN_NAMES]:
        why = f" ({reason})" if reason else ""
        remedy = "" if reason else "look at their power and their link"
        yield Check("things", Level.WARNING, f"out of reach: {_names(names)}{why}", remedy)
    if not suspended and not silent:
        yield Check(
            "things",
            Level.OK,
            f"{len(things)}, all in reach" if things else "none yet; `hearth inbox` lists what was found",
        )


def _guesses(things: list[dict[str, Json]]) -> Iterator[Check]:
    guessed = [plain_id(thing["id"]) for thing in things if thing.get("unconfirmed")]
    if guessed:
        found = f"nobody has said what they are, so they are met with care (they may do damage): {_names(guessed)}"
        yield Check("kinds", Level.WARNING, found, f"hearth kind {guessed[0]}")


def _names(names: list[str]) -> str:
    more = [f"{len(names) - SHOWN_NAMES} more"] if len(names) > SHOWN_NAMES else []
    return joined(names[:SHOWN_NAMES] + more, "and")
