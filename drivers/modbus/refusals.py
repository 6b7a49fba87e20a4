"""Exception codes → what is known about the world. Source: MODBUS Application Protocol V1.1b3, section 7."""

from __future__ import annotations

from typing import Final

from pymodbus.pdu import ExceptionResponse

from drivers.driver import DriverError, Rejected, Uncertain

ACKNOWLEDGE: Final = 5
"""The device has taken it and works on it: no refusal."""

BUSY: Final = 6
DOES_NOT_KNOW: Final = frozenset({1, 2, 3})
"""It is there, and has no such thing."""

NOT_REACHED: Final = frozenset({10, 11})
"""A gateway answers for a device that it does not reach."""

_WORDS: Final = {
    1: "does not know this function; the profile may be of another model",
    2: "has no such register; the profile may be of another model",
    3: "refused the value",
    6: "is busy; try again in some seconds",
    7: "cannot do that in its present state",
    8: "found its memory damaged",
    10: "cannot be reached by its Modbus gateway: that has no path to it",
}

_UNCERTAIN: Final = {
    4: "failed while it did it; look at the device",
    11: "did not answer its Modbus gateway",
}
"""Something was begun, or passed on."""


def refusal(answer: ExceptionResponse, who: str) -> DriverError | None:
    """What `answer` says of a command to `who`; None where it was taken."""
    code = answer.exception_code
    if code == ACKNOWLEDGE:
        return None
    if code in _UNCERTAIN:
        return Uncertain(f"{who} {_UNCERTAIN[code]} (exception {code})")
    return Rejected(f"{who} {_WORDS.get(code, 'refused')} (exception {code})")
