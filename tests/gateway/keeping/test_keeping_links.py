"""Root makes a backup of a folder that is somebody else's: no link in it leads anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.keeping.backup import LAST_FILE, Made, _opened, note_last
from gateway.keeping.keys import KEY_FILE, keep_new


class Shown:
    def shown(self) -> dict[str, object]:
        return {"at": 1.0}


def test_a_link_in_the_place_of_a_note_is_not_followed(tmp_path: Path) -> None:
    victim, state = tmp_path / "victim", tmp_path / "state"
    victim.write_text("root's")
    state.mkdir()
    (state / f"{LAST_FILE}.new").symlink_to(victim)
    (state / f"{KEY_FILE}.new").symlink_to(victim)
    before = victim.stat()
    made: Made = Shown()  # type: ignore[assignment]
    note_last(state, made, "somewhere")
    keep_new(state)
    assert victim.read_text() == "root's"
    assert (victim.stat().st_uid, victim.stat().st_mode) == (before.st_uid, before.st_mode)
    assert not (state / LAST_FILE).is_symlink()
    assert (state / LAST_FILE).stat().st_mode & 0o777 == 0o600


def test_what_a_link_leads_to_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "names.json").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic"):
        _opened(tmp_path / "names.json", follow=False)
    with _opened(tmp_path / "names.json", follow=True) as file:
        assert file.read() == b"x"
