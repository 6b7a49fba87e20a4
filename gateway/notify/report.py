"""How a channel does: as data, and in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capabilities.vocabulary import Json

if TYPE_CHECKING:
    from gateway.notify.channel import Channel


def state_of(channel: Channel) -> str:
    """`idle` (nothing was sent yet), `ok`, or `failing`."""
    tally = channel.tally
    if tally.is_failing:
        return "failing"
    return "ok" if tally.delivered else "idle"


def line_of(channel: Channel, now: float) -> str:
    """As in `last delivered 3 min ago; last failure 2 h ago (HTTP 503)`. `now` in seconds since the epoch."""
    tally = channel.tally
    parts = [
        f"last delivered {_ago(now - tally.last_success)}" if tally.last_success else "nothing delivered yet"
    ]
    if tally.last_error:
        parts.insert(
            0 if tally.is_failing else 1,
            f"last failure {_ago(now - tally.last_failure)} ({tally.last_error})",
        )
    for count, words in (
        (channel.waiting, "waiting"),
        (tally.dropped, "dropped"),
        (tally.given_up, "given up"),
    ):
        if count:
            parts.append(f"{count} {words}")
    return "; ".join(parts)


def shown(channel: Channel, now: float) -> dict[str, Json]:
    """What `/health` shows of it: nothing secret, no topic and no path."""
    tally = channel.tally
    return {
        "kind": channel.settings.kind,
        "state": state_of(channel),
        "line": line_of(channel, now),
        "remedy": (tally.remedy or None) if tally.is_failing else None,
        "counters": {
            "delivered": tally.delivered,
            "failed_tries": tally.failed_tries,
            "waiting": channel.waiting,
            "dropped": tally.dropped,
            "given_up": tally.given_up,
        },
    }


def _ago(seconds: float) -> str:
    if seconds < 90:
        return f"{max(0, round(seconds))} s ago"
    if seconds < 5400:
        return f"{round(seconds / 60)} min ago"
    return f"{round(seconds / 3600)} h ago" if seconds < 48 * 3600 else f"{round(seconds / 86400)} days ago"
