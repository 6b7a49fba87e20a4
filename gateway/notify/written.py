"""A notice as JSON, for what is kept over a restart."""

from __future__ import annotations

from typing import Final, cast

import orjson

from capabilities.vocabulary import Json
from gateway.notify.notice import About, Kind, Notice, Urgency

KINDS: Final = frozenset({"approval", "reminder", "escalation", "incident", "report", "notice"})


def written(notice: Notice) -> str:
    """All of it but `id` and `at`."""
    body: dict[str, Json] = {
        "title": notice.title,
        "text": notice.text,
        "kind": notice.kind,
        "to": list[Json](notice.to),
        "urgency": int(notice.urgency),
        "ref": notice.ref,
        "tag": notice.tag,
        "about": list[Json](notice.about),
        "until": notice.until,
        "escalated": notice.escalated,
        "facts": dict(notice.facts),
        "words": dict(notice.words),
    }
    return orjson.dumps(body).decode()


def read(ident: str, at: float, text: str) -> Notice | None:
    """The notice that `written` wrote; None for what this version cannot read."""
    try:
        body = orjson.loads(text)
        kind, facts = body["kind"], body["facts"]
        about = About(*map(str, body["about"]))
        if kind not in KINDS or not isinstance(facts, dict):
            return None
        return Notice(
            ident,
            at,
            title=str(body["title"]),
            text=str(body["text"]),
            kind=cast("Kind", kind),
            to=tuple(map(str, body["to"])),
            urgency=Urgency(body.get("urgency", Urgency.HIGH)),
            ref=str(body["ref"]),
            tag=str(body["tag"]),
            about=about,
            until=float(body["until"]),
            escalated=body["escalated"] is True,
            facts=facts,
            words=words if isinstance(words := body.get("words"), dict) else {},
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
