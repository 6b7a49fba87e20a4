from __future__ import annotations

import pytest

from tests.gateway.core.rig import SOON_S, HoldingLedger


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that are asked have no time to think."""
    monkeypatch.setattr("gateway.watching.ANSWER_TO_QUESTION_S", SOON_S)


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateways get a ledger that can hold a command back after it was written."""
    monkeypatch.setattr("gateway.app.Ledger", HoldingLedger)
