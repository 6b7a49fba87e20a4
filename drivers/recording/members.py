"""Reading the members of a recorded message: what is missing or of another type is said in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from capabilities.vocabulary import Json
from drivers.recording.heard import Heard, HeardError, HeardTape


def messages_of(tape: HeardTape, family: str) -> Iterator[tuple[int, Heard]]:
    """The messages, each with the number of its line. Raises `HeardError` where they are another family's."""
    if tape.family != family:
        raise HeardError(f"line 1: it is a recording of the family {tape.family!r}, and not of {family!r}")
    yield from enumerate(tape.messages, 2)


@contextmanager
def told_with(number: int, message: Heard) -> Iterator[None]:
    """What is wrong with a message becomes a `HeardError` that says which one it is."""
    try:
        yield
    except HeardError:
        raise
    except (ValueError, RecursionError) as error:
        raise HeardError(f"line {number} ({message.kind[:40]!r}): {error}") from None


def members(data: Json) -> Mapping[str, Json]:
    if not isinstance(data, dict):
        raise ValueError("data should be a JSON object")
    return data


def text(data: Json, name: str) -> str:
    found = members(data).get(name)
    if not isinstance(found, str):
        raise ValueError(f"{name} should be text")
    return found


def whole(data: Json, name: str, low: int, high: int) -> int:
    found = members(data).get(name)
    if type(found) is not int or not low <= found <= high:
        raise ValueError(f"{name} should be a whole number from {low} to {high}")
    return found


def octets(data: Json, name: str) -> bytes:
    return bytes_of(members(data).get(name), name)


def bytes_of(data: Json, name: str) -> bytes:
    """Of `{"hex": "…"}`; `name` is how the member is called."""
    digits = data.get("hex") if isinstance(data, dict) else None
    if isinstance(digits, str):
        try:
            return bytes.fromhex(digits)
        except ValueError:
            pass
    raise ValueError(f'{name} should be bytes: {{"hex": "…"}}')


def hexed(data: bytes) -> dict[str, Json]:
    return {"hex": data.hex()}
