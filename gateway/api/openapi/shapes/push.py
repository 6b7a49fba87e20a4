"""What a person is told: the notices in the app, and those on the screens of phones."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.decisions import Time

KindWord = Literal["approval", "reminder", "escalation", "incident", "report", "notice"]
UrgencyWord = Literal["low", "normal", "high"]


class NoticeShown(TypedDict):
    """One of the board. `over`: nobody needs it any more; `ref` is the path of what it is about; `words` are title and text
    taken apart, for another language.
    """

    notice: str
    at: Time
    kind: KindWord
    title: str
    text: str
    urgency: UrgencyWord
    thing: str | None
    name: str | None
    ref: NotRequired[str]
    tag: NotRequired[str]
    execution: NotRequired[str]
    plan: NotRequired[str]
    words: NotRequired[dict[str, Any]]
    until: NotRequired[Time]
    over: bool
    read: bool


class Notices(TypedDict):
    """The newest first. `unread` counts all that are for the caller and not over, not just those of this answer."""

    notices: list[NoticeShown]
    unread: int


# Times of day in the house, as `22:30`; across midnight where `from` (a word of Python's) is the later one.
Quiet = TypedDict("Quiet", {"from": str, "to": str})


class PreferencesShown(TypedDict):
    """What a person wants on the screen. `hidden`: only that there is something."""

    kinds: list[KindWord]
    urgency: UrgencyWord
    quiet: Quiet | None
    hidden: bool


class SubscriptionShown(TypedDict):
    """A browser that is told. `this`: it is that of the token that asks; `state` as of a channel."""

    id: str
    service: str
    since: Time
    this: bool
    state: Literal["idle", "ok", "failing"]
    line: str
    remedy: str | None


class PushShown(TypedDict):
    """`key` is for the browser's `applicationServerKey`; `problem` says why nobody can subscribe here ("": one can)."""

    key: str
    problem: str
    subscriptions: list[SubscriptionShown]
