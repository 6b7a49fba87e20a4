"""Who comes in: tokens, the pairing window, and who one is."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.decisions import RoleWord, Time


class TokenShown(TypedDict):
    """A token, never its secret. Times are null for never."""

    id: str
    title: str
    principal: str
    role: RoleWord
    name: str
    acts_for: str
    parent: str | None
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None
    revoked_at: Time | None
    has_key: bool


class NewToken(TokenShown):
    """A token with its secret, which is shown this once; without it where it came in a cookie."""

    secret: NotRequired[str]


class WindowState(TypedDict):
    """Whether a pairing window is open."""

    open: bool


class Window(TypedDict):
    """An open window. `takes_key`: who comes in through it may sign answers. `link` is what a phone scans: there is none
    where no phone reaches the gateway.
    """

    code: str
    link: NotRequired[str]
    role: RoleWord
    principal: str
    expires_at: Time
    takes_key: bool


class Caller(TypedDict):
    """Who the gateway takes the caller for."""

    principal: str
    role: RoleWord
    name: str
    acts_for: str
    acts_for_role: RoleWord | None
    at_box: bool
    token: str | None
    expires_at: Time | None
