"""From what a driver said and what was seen to one of the seven outcomes."""

from __future__ import annotations

import orjson

from drivers.driver import DriverError, NotSent, Rejected
from gateway.commands import Outcome, Reason, Result
from gateway.expectations import Seen, Sight
from gateway.normalise import Target


def of_failure(error: DriverError) -> Outcome:
    """The command could not be handed over as it should."""
    if isinstance(error, NotSent):
        return Outcome(Result.NOT_SENT, Reason.DEVICE_UNREACHABLE, str(error))
    if isinstance(error, Rejected):
        return Outcome(Result.REJECTED, detail=str(error))
    return Outcome(Result.IN_DOUBT, detail=str(error))


def unchanged(target: Target, *, sent: bool) -> Outcome:
    """The state already fitted before anything was sent."""
    assert target.slot is not None
    name, value = target.slot.property.name, orjson.dumps(target.expected).decode()
    detail = f"{name} was {value} already" + ("" if sent else "; nothing was sent")
    return Outcome(Result.ACKNOWLEDGED, Reason.UNCHANGED, detail, target.slot.reading, target.slot.evidence)


def not_observable() -> Outcome:
    return Outcome(Result.ACKNOWLEDGED, Reason.NOT_OBSERVABLE, "accepted; its effect cannot be observed")


def of_sight(sight: Sight, target: Target) -> Outcome:
    """The command went out, and its effect was waited for."""
    assert target.slot is not None
    assert target.operation.effect is not None
    name, expected = target.slot.property.name, orjson.dumps(target.expected).decode()
    match sight.how:
        case Seen.YES if sight.report is not None:
            return Outcome(Result.CONFIRMED, reading=sight.report.reading, evidence=sight.report.evidence)
        case Seen.SUPERSEDED:
            return Outcome(Result.UNCONFIRMED, Reason.SUPERSEDED, f"a newer command took over ({sight.by})")
        case Seen.LINK_LOST:
            return Outcome(Result.IN_DOUBT, detail=f"the link was lost after sending: {sight.by}")
        case _ if sight.report is not None:
            detail = f"only the bridge says that {name} is {expected}; the device itself has not confirmed it"
            return Outcome(
                Result.UNCONFIRMED, Reason.ECHO_ONLY, detail, sight.report.reading, sight.report.evidence
            )
        case _:
            detail = f"{name} did not become {expected} within {target.operation.effect.within:g} s"
            return Outcome(Result.UNCONFIRMED, Reason.NOT_SEEN, detail)
