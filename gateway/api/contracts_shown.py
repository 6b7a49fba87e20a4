"""A contract as its parties see it, and what people should know of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.problems import bad_request
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.contracts.contract import Contract, bare
from gateway.contracts.terms import LAYERS, Layer, Presence, Raw
from gateway.contracts.who import reader_of
from gateway.state import Slot

MOST_REMARKS: Final = 20


def shown(contract: Contract) -> dict[str, Json]:
    terms = contract.terms.shown()
    return {
        "id": contract.id,
        "reader": contract.reader,
        "maker": contract.maker or None,
        "state": str(contract.state),
        "made_at": rfc3339(contract.made_at),
        "begins_at": rfc3339(contract.begins_at) if contract.begins_at else None,
        "expires_at": rfc3339(contract.expires_at),
        "ended_at": None if contract.ended_at is None else rfc3339(contract.ended_at),
        "because": contract.because or None,
        "binds": contract.binds,
        "terms": terms,
        "context": f"/contracts/{contract.id}/context",
        "notes": f"/contracts/{contract.id}/notes",
    }


def remarks(gateway: Gateway, contract: Contract) -> list[str]:
    """What it does not give, though it looks as if: in sentences for people, without saying what the reader may not know of."""
    found: dict[str, None] = {}
    for remark in _remarks(gateway, contract):
        found[remark] = None
        if len(found) >= MOST_REMARKS:
            break
    return list(found)


def _remarks(gateway: Gateway, contract: Contract) -> Iterator[str]:
    reader = reader_of(gateway.identity, contract.reader)
    if reader is None:
        yield f"{contract.reader} has no good token: it reads nothing until it has"
        return
    if gateway.contracts.series.left_out:
        yield "there is no room to follow all that contracts give coarser: some of it stays unknown"
    rights = gateway.rights.of(bare(reader))
    parts: list[tuple[str, Raw]] = [
        (granularity, one)
        for granularity in ("raw", "aggregated", "presence")
        for one in getattr(contract.terms, granularity)
    ]
    for granularity, part in parts:
        covered = 0
        for adopted in gateway.registry:
            mine = rights.of(adopted.id)
            for name, subject in adopted.readable().items():
                if mine is None or name not in mine.sees:
                    continue
                if part.misses(subject):
                    yield f"{subject.capability} is sensitive: name it exactly to give it {granularity}"
                if not part.covers(subject):
                    continue
                covered += 1
                slot = adopted.slots.get(name)
                if isinstance(part, Presence) and slot is not None and _says_nothing(part, slot):
                    yield f"{subject.capability} is not on or off: say above, below or values"
        if not covered:
            words = ", ".join(part.see)
            yield f"{granularity} {words}: the rules let {contract.reader} see nothing of that just now"


def _says_nothing(part: Presence, slot: Slot) -> bool:
    reading = slot.reading
    return reading is not None and reading.value is not None and part.state(reading.value) is None


def wish_layers(request: web.Request) -> tuple[Layer, ...]:
    """`?layers=stable,snapshot`; all of them where nothing is said. Raises `Problem` (400)."""
    text = request.query.get("layers")
    if text is None:
        return LAYERS
    words = {word.strip() for word in text.split(",")}
    if not words <= set(LAYERS):
        raise bad_request(f"layers are some of {', '.join(LAYERS)}, they are {text[:40]!r}")
    return tuple(one for one in LAYERS if one in words)


def since_of(request: web.Request) -> float:
    """`?since=` in seconds since the epoch; 0 where nothing is said. Raises `Problem` (400)."""
    text = request.query.get("since", "")
    if not text:
        return 0.0
    try:
        at = float(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError, OSError):
            at = math.nan
    if not 0 <= at < 1e11:
        raise bad_request(
            f"since is a time like 2030-01-31T12:00:00Z, or seconds since the epoch; it is {text[:40]!r}"
        )
    return at
