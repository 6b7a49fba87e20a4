"""The first start on a state directory that was restored: it is told in the ledger and to people.

From that entry on it is as after a panic button: plans that ran are stopped and not undone, questions that waited and grants
have ended. What was sent before the backup is settled as after a power cut, by looking, and never sent again.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.ids import new_id
from gateway.keeping.snapshot import ARRIVED_FILE
from gateway.ledger import Entry, Ledger
from gateway.notify import Notice, Notifier, Urgency
from gateway.notify.words import in_parts

KIND: Final = "restored"
TITLE: Final = "Hearth was restored from a backup"
DAY_S: Final = 86_400
HOUR_S: Final = 3600
MINUTE_S: Final = 60

log = logging.getLogger(__name__)


async def arrived(state_dir: Path, ledger: Ledger, notifier: Notifier, clock: Clock) -> None:
    """Once for each restored directory. Raises `LedgerUnavailable`, `OSError`."""
    file = state_dir / ARRIVED_FILE
    try:
        word = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        log.error("%s cannot be read: %s", file, error)
        word = {}
    found = word if isinstance(word, dict) else {}
    made = found.get("at")
    made_at = float(made) if isinstance(made, int | float) else 0.0
    now = max(clock.wall(), made_at)  # a box without a battery may begin before it
    missing = now - made_at if made_at else 0.0
    body: dict[str, Json] = {
        "made_at": made_at,
        "host": found.get("host"),
        "ledger": found.get("ledger"),
        "missing_s": round(missing),
        "restored_at": found.get("restored_at"),
    }
    by = found.get("by")
    private: dict[str, Json] | None = {"by": by} if isinstance(by, str) else None
    await ledger.commit(Entry(KIND, now, body, private=private))
    text = (
        f"What happened in the last {_span(missing)} before is not known here: a token that was revoked meanwhile is good "
        "again, so look at who may come in. Plans that ran were stopped, questions have ended. The old box must not run any "
        "more."
    )
    said = in_parts("restored", span=_span(missing))
    notifier.tell(
        Notice(
            new_id(now), now, TITLE, text, kind="incident", urgency=Urgency.HIGH, ref="/tokens", words=said
        )
    )
    file.unlink()
    log.warning("this is a restored house: its backup was made %s before", _span(missing))


def _span(seconds: float) -> str:
    if seconds >= 2 * DAY_S:
        return f"{seconds / DAY_S:.0f} days"
    if seconds >= 2 * HOUR_S:
        return f"{seconds / HOUR_S:.0f} hours"
    return f"{max(1, round(seconds / MINUTE_S))} minutes"
