"""What several tests of the command share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def no_gateway_of_this_box(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HEARTH_URL", "HEARTH_TOKEN", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEARTH_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("HOME", str(tmp_path))
