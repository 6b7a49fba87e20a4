"""From what a driver said and what was seen to one of the seven outcomes."""

from __future__ import annotations

from dataclasses import replace

import orjson

from drivers.driver import DriverError, NotSent, Rejected
from gateway.commands import Outcome, Reason, Result
from gateway.expectations import Seen
from gateway.normalise import Target
from gateway.watching import Watched


def of_failure(error: DriverError) -> Outcome:
    """The command could not be handed over as it should."""
    if isinstance(error, NotSent):
        return Outcome(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE, str(error))
    if isinstance(error, Rejected):
        return Outcome(Result.REJECTED, detail=str(error))
    return Outcome(Result.IN_DOUBT, detail=str(error))


def unchanged(target: Target, *, sent: bool) -> Outcome:
    """The state already fitted before anything was sent."""
    aim = target.aims[0]
    name, value = aim.slot.property.name, orjson.dumps(aim.expected).decode()
    detail = f"{name} was {value} already" + ("" if sent else "; nothing was sent")
    slot = aim.slot
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
    name, expected = aim.slot.property.name, orjson.dumps(aim.expected).decode()
    result, reason, detail = Result.UNCONFIRMED, Reason.NOT_SEEN, ""
    match sight.how:
        case Seen.YES:
            result, reason = Result.CONFIRMED, Reason.NONE
        case Seen.SUPERSEDED:
            reason, detail = Reason.SUPERSEDED, f"a newer command took over ({sight.by})"
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
            detail = f"only the bridge says that {name} is {expected}; the device itself has not confirmed it"
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
