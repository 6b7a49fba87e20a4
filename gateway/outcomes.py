"""From what a driver said and what was seen to one of the seven outcomes."""

from __future__ import annotations

from dataclasses import replace

import orjson

from capabilities.errors import SchemaError
from capabilities.vocabulary import Json
from drivers.driver import DriverError, NotSent, Rejected
from gateway.commands import Outcome, Reason, Result
from gateway.expectations import Seen
from gateway.normalise import OutOfReach, StateUnknown, Target
from gateway.state import Slot
from gateway.watching import Watched
from policies.decision import Decision


def of_failure(error: DriverError) -> Outcome:
    """The command could not be handed over as it should."""
    if isinstance(error, NotSent):
        return Outcome(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE, str(error))
    if isinstance(error, Rejected):
        return Outcome(Result.REJECTED, detail=str(error))
    return Outcome(Result.IN_DOUBT, detail=str(error))


def hushed(outcome: Outcome, target: Target) -> Outcome:
    """Without the code that was sent, should a bridge's or a device's own words repeat it."""
    if not target.operation.secrets or not isinstance(target.sent, dict):
        return outcome
    detail = outcome.detail
    for name in target.operation.secrets:
        if code := target.sent.get(name):
            detail = detail.replace(str(code), "…")
    return outcome if detail == outcome.detail else replace(outcome, detail=detail)


def worst(decision: Decision) -> str:
    """Why it is not permitted: the first of the weightiest reasons."""
    return next((f.why for f in decision.findings if f.verdict is decision.verdict), "no rule allows it")


def unresolved(error: StateUnknown | SchemaError, now: float) -> Outcome:
    """A relative command did not become an absolute one. `now` in seconds since the epoch."""
    if isinstance(error, OutOfReach):
        return unreachable(error.slot.reach.reason, error.slot, now)
    return Outcome(Result.REFUSED, Reason.STATE_UNKNOWN, str(error))


def unreachable(reason: str, last: Slot | None, now: float) -> Outcome:
    """The device is out of reach, so nothing was sent. `last` is the property that the command would have changed."""
    outcome = Outcome(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE, reason)
    reading = last.current if last is not None else None
    if last is None or reading is None:
        return replace(outcome, detail=reason or "nothing was ever seen of it")
    name = last.property.name
    value = ("on" if reading.value else "off") if name == "on" else f"{name} {_json(reading.value)}"
    seen = f"last seen {value}, {_ago(now - reading.observed_at)} ago"
    detail = "; ".join(filter(None, (reason, seen)))
    return replace(outcome, detail=detail, property=name, reading=reading, evidence=last.evidence)


def unchanged(target: Target, *, sent: bool) -> Outcome:
    """The state already fitted before anything was sent."""
    slot = target.aims[0].slot
    name = slot.property.name
    was = f"was {_json(slot.reading.value)}" if slot.reading is not None else "fitted"
    detail = f"{name} {was} already" + ("" if sent else "; nothing was sent")
    return Outcome(
        Result.ACKNOWLEDGED,
        Reason.UNCHANGED,
        detail,
        property=name,
        reading=slot.reading,
        evidence=slot.evidence,
    )


def with_note(outcome: Outcome, note: str) -> Outcome:
    """It went out, and could not be recorded: the answer says so."""
    reason = Reason.LEDGER_UNAVAILABLE if outcome.result is Result.CONFIRMED else outcome.reason
    return replace(outcome, reason=reason, detail="; ".join(filter(None, (outcome.detail, note))))


def not_observable() -> Outcome:
    return Outcome(Result.ACKNOWLEDGED, Reason.NOT_OBSERVABLE, "accepted; its effect cannot be observed")


def of_watch(watched: Watched) -> Outcome:
    """The command went out, and its effect was waited for."""
    aim, sight = watched.aim, watched.sight
    name, expected = aim.slot.property.name, _json(aim.expected)
    result, reason, detail = Result.UNCONFIRMED, Reason.NOT_SEEN, ""
    match sight.how:
        case Seen.YES:
            result, reason = Result.CONFIRMED, Reason.NONE
        case Seen.SUPERSEDED:
            reason, detail = Reason.SUPERSEDED, f"it is {sight.by}"
        case Seen.LINK_LOST:
            result, reason, detail = (
                Result.IN_DOUBT,
                Reason.NONE,
                f"the link was lost after sending: {sight.by}",
            )
        case Seen.REFUSED:
            result, reason, detail = Result.REJECTED, Reason.NONE, sight.by
        case Seen.NOT_IN_TIME if sight.report is not None:
            reason = Reason.ECHO_ONLY
            detail = f"the device itself has not confirmed that {name} is {expected}"
        case Seen.NOT_IN_TIME:
            detail = f"{name} did not become {expected} within {aim.effect.within:g} s"
    report = sight.report
    return Outcome(
        result,
        reason,
        detail,
        property=name,
        reading=report.reading if report else None,
        evidence=report.evidence if report else None,
    )


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()


def _ago(seconds: float) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
