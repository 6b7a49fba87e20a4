"""Status codes of the accessory, in words. Source: HomeKit Accessory Protocol Specification R2, 6.7.1.4 (HAP status codes)."""

from __future__ import annotations

from typing import Final

UNREACHABLE: Final = -70402

_WORDS: Final = {
    -70401: "it does not let us do that (insufficient privileges): pair it anew",
    UNREACHABLE: "what it controls, or its bridge, cannot be reached: see whether that has power and is in range",
    -70403: "it is busy: try again",
    -70404: "it can only be read",
    -70405: "it can only be written",
    -70406: "it does not tell its changes",
    -70407: "it has no room left for that: try again, or restart it",
    -70408: "it took too long: see whether it is stuck",
    -70409: "it does not have that any more",
    -70410: "it does not take this value",
    -70411: "it wants an authorisation that only its maker's app can give",
    -70412: "it does not do that in its present state",
}


def status_of(value: object) -> int:
    """Some accessories write it without its sign. What is no number is a failure of an unknown sort."""
    return -abs(value) if type(value) is int else -1


def in_words(status: int) -> str:
    return _WORDS.get(status, f"it refused, with the code {status}")
