"""What the ledger's tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.ledger import Entry
from gateway.ledger import chain as chain_module
from gateway.ledger import writer as writer_module


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a second in life takes milliseconds here."""
    monkeypatch.setattr(writer_module, "SIGN_EVERY_S", 0.01)
    monkeypatch.setattr(chain_module, "SIGN_EVERY_S", 0.01)
    monkeypatch.setattr(writer_module, "RETRY_EVERY_S", 0.01)
    monkeypatch.setattr(writer_module, "LULL_S", 0.01)


@pytest.fixture
def entry() -> Callable[..., Entry]:
    def make(kind: str = "dispatch", number: int = 0, **changes: object) -> Entry:
        values: dict[str, object] = {
            "kind": kind,
            "at": 1_700_000_000.123 + number,
            "body": {"capability": "light.on", "value": True, "number": number},
            "execution": f"x{number:04d}",
            "principal": "coo",
            "thing": "lamp",
        } | changes
        return Entry(**values)  # type: ignore[arg-type]

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], object]:
    async def wait(condition: Callable[[], bool]) -> None:
        """Until another thread has brought it about; 10 s at the most."""
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 (another thread brings it about)
                await asyncio.sleep(0.001)

    return wait
