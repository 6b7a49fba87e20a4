from __future__ import annotations

import pytest

from tests.gateway.core.rig import SOON_S


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that are asked have no time to think."""
    monkeypatch.setattr("gateway.watching.ANSWER_TO_QUESTION_S", SOON_S)
