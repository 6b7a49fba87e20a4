"""What an endpoint tells, as reports."""

from __future__ import annotations

from capabilities.readings import Observation, Occurrence, Reading, Report
from capabilities.vocabulary import Evidence, Quality
from drivers.coap.calls import Answer
from drivers.coap.description import Access
from drivers.coap.values import decoded
from drivers.wot.schemas import fitted


class Unreadable(Exception):
    """What came is no value of this access. The text says why, and begins with the verb."""


def observed(access: Access, told: Answer, now: float) -> Observation:
    """Raises `Unreadable`. A value that the device says it does not have is none, of quality `bad`."""
    if not told.good:
        if access.role == "event":
            raise Unreadable(f"is not told ({told.code.dotted})")
        return Report(access.point.point, Reading(None, access.unit, now, now, Quality.BAD), Evidence.DEVICE)
    try:
        value = decoded(told.payload, told.content_format, access.point.type)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if access.role == "event":
        return Occurrence(access.point.point, value, now, now)
    seen = fitted(access.point.measure.seen(value), access.point.schema)
    return Report(access.point.point, Reading(seen, access.unit, now, now), Evidence.DEVICE)
