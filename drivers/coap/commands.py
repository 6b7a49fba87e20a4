"""A command to a live endpoint, and what its answer says of the world."""

from __future__ import annotations

from collections.abc import Mapping

from aiocoap.numbers.codes import Code

from capabilities.vocabulary import Json
from drivers.coap.calls import Answer, Call, TooLarge
from drivers.coap.conversation import Unanswered
from drivers.coap.forms import Target
from drivers.coap.live import Live
from drivers.coap.tame import line
from drivers.coap.values import JSON, MAX_VALUE_BYTES, encoded, misfit
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.wot.described import Point

_REFUSALS: Mapping[Code, str] = {
    Code.BAD_REQUEST: "it does not take this value",
    Code.UNAUTHORIZED: "it wants to be asked by somebody it knows",
    Code.FORBIDDEN: "it does not do that now",
    Code.NOT_FOUND: "it has no such function any more; let it be described anew",
    Code.METHOD_NOT_ALLOWED: "it cannot do that",
    Code.PRECONDITION_FAILED: "it restarted, or had lost its link, a moment ago; look at its state, then try again",
    Code.REQUEST_ENTITY_TOO_LARGE: "the value is too long for it",
    Code.UNSUPPORTED_CONTENT_FORMAT: "it does not understand values as they are sent here",
    Code.SERVICE_UNAVAILABLE: "it cannot do that now; try again later",
    Code.NOT_IMPLEMENTED: "it cannot do that",
}
_MAYBE_DONE = frozenset({Code.INTERNAL_SERVER_ERROR, Code.BAD_GATEWAY, Code.GATEWAY_TIMEOUT})


def payload(value: Json, point: Point, *, needed: bool) -> bytes:
    """Raises `NotSent` where the value is not what the endpoint takes."""
    if not needed and value is None:
        return b""
    wanted = misfit(value, point.schema)
    if wanted:
        raise NotSent(f"The value must be {wanted}; nothing was sent.")
    try:
        return encoded(point.measure.sent(value))
    except (TypeError, ValueError):
        raise NotSent("The value cannot be written as JSON; nothing was sent.") from None


async def command(live: Live, target: Target, body: bytes, deadline: float) -> None:
    """Returns when the endpoint said that it is done. Raises `NotSent`, `Rejected`, `Uncertain`.

    It goes out under the epoch that is known: an endpoint that restarted since refuses it (PROTOCOL.md, C13).
    """
    call = Call(
        target.code,
        target.path,
        target.query,
        payload=body,
        content_format=JSON if body else None,
        if_match=live.epoch,
    )
    try:
        told = await live.caller.call(call, deadline, most=MAX_VALUE_BYTES)
    except TooLarge:
        return  # it did answer, at length: only a 2.xx goes in blocks
    except Unanswered as error:
        live.look_now()
        raise _failed(error) from None
    if told.code == Code.PRECONDITION_FAILED:
        live.look_now()
    judge(told)


def _failed(error: Unanswered) -> NotSent | Rejected | Uncertain:
    if not error.sent:
        return NotSent(f"Nothing was sent: {error.reason}. Try again.")
    if error.refused:
        return Rejected(f"The endpoint refused: {error.reason}.")
    return Uncertain(
        f"The command went out, and {error.reason}: whether it was carried out is not known. Look at the device."
    )


def judge(told: Answer) -> None:
    """Raises where the answer is no success."""
    if told.good:
        return
    said = line(told.payload)
    words = f"{_REFUSALS.get(told.code, 'it refused')} ({told.code.dotted})"
    if said:
        words += f'. It says: "{said}"'
    if told.code in _MAYBE_DONE:
        raise Uncertain(f"The endpoint failed at it, and may have done a part: {words}")
    raise Rejected(f"The endpoint said no: {words}")
