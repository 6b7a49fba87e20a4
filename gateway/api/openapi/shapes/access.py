"""Who comes in: tokens, the pairing window, and who one is."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.decisions import RoleWord, Time


class TokenShown(TypedDict):
    """A token, never its secret. Times are null for never. `idle`: after so many seconds without a use it ends, at
    `idle_until`. `mandate` is what its holder may do at the most, besides the rules and what binds whoever made it; `narrowed`
    says it in words.
    """

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
    idle: float | None
    idle_until: Time | None
    mandate: dict[str, object] | None
    narrowed: list[str]


class EffectiveThing(TypedDict):
    """`uses`: names of properties and actions, with what bounds them."""

    id: str
    title: str
    room: str
    sees: list[str]
    uses: list[str]


class Effective(TypedDict):
    """What somebody may do at the end; of many Things the first, and how many `more`."""

    things: list[EffectiveThing]
    more: int


class Delegated(TokenShown):
    """What was handed on, with the secret, which is shown this once. `moot`: what was wished and is not the maker's to give."""

    secret: str
    effective: Effective
    moot: list[str]


class WouldBeDelegated(TypedDict):
    """What would be handed on. `mandate` is the wish as terms, as they are taken everywhere."""

    principal: str
    role: RoleWord
    acts_for: str
    expires_at: Time | None
    mandate: dict[str, object]
    effective: Effective
    moot: list[str]


class DelegationShown(TokenShown):
    """What was handed on, and what that comes to now."""

    effective: Effective


class NewToken(TokenShown):
    """A token with its secret, which is shown this once; without it where it came in a cookie."""

    secret: NotRequired[str]


class WindowState(TypedDict):
    """Whether a pairing window is open."""

    open: bool


class Window(TypedDict):
    """An open window. `takes_key`: who comes in through it may sign answers. `link` is what a phone scans: there is none
    where no phone reaches the gateway. `qr` is it as a QR code: a text for each row, of 1 (dark) and 0, without the margin;
    empty where the gateway cannot draw it.
    """

    code: str
    link: NotRequired[str]
    qr: NotRequired[list[str]]
    role: RoleWord
    principal: str
    expires_at: Time
    takes_key: bool
    token_expires_at: Time | None
    narrowed: list[str]


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
