"""One browser: what is for it is encrypted, signed and posted to its push service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.clock import Clock
from gateway.notify.http import Poster
from gateway.notify.notice import Notice, Urgency
from gateway.notify.sending import Undelivered
from gateway.notify.webpush.encryption import encrypt
from gateway.notify.webpush.endpoints import host_of
from gateway.notify.webpush.message import PADDED_BYTES, headers_of, message
from gateway.notify.webpush.preferences import Preferences
from gateway.notify.webpush.vapid import Vapid
from gateway.storage.push import SubscriptionRow

GONE: Final = frozenset({404, 410})
"""RFC 8030, section 7.3: the subscription is over; nobody will ever get anything by it."""

_REMEDIES: Final = {
    **dict.fromkeys(GONE, "open the app on that phone and turn notices on again"),
    400: "the push service does not understand it; turn notices off and on again on that phone",
    401: "is the clock of this computer right? If so, turn notices off and on again on that phone",
    403: "is the clock of this computer right, and `contact` in [push] an address that there is? If so, turn notices"
    " off and on again on that phone",
    429: "the push service gets too many; choose fewer kinds of notices on that phone",
}
_UNREACHED: Final = "does this computer reach the internet? The push service is that of the browser's maker"


class Browser:
    """A `Sender`. `gone` is called when the push service says that the subscription is over."""

    def __init__(
        self,
        row: SubscriptionRow,
        *,
        poster: Poster,
        vapid: Vapid,
        clock: Clock,
        preferences: Callable[[], Preferences],
        delivered: Callable[[str], bool],
        gone: Callable[[], None],
    ) -> None:
        self._row = row
        self._poster = poster
        self._vapid = vapid
        self._clock = clock
        self._preferences = preferences
        self._delivered = delivered
        self._gone = gone

    @property
    def where(self) -> str:
        return host_of(self._row.endpoint)

    async def send(self, notice: Notice) -> str:
        row = self._row
        silent = notice.urgency is not Urgency.HIGH and self._delivered(notice.tag)
        text = message(notice, hidden=self._preferences().hidden, silent=silent)
        body = encrypt(text, row.p256dh, row.auth, padded_to=PADDED_BYTES)
        headers = headers_of(notice, self._clock.wall(), row.auth)
        try:
            headers["Authorization"] = await self._vapid.authorization(row.endpoint)
        except OSError as error:
            raise Undelivered(f"the key for push cannot be opened: {error}", "see `hearth doctor`") from None
        try:
            return await self._poster.post(row.endpoint, body, headers)
        except Undelivered as error:
            raise self._judged(error) from None

    def _judged(self, error: Undelivered) -> Undelivered:
        gone = error.status in GONE
        if gone:
            self._gone()
        return Undelivered(
            "the phone wants no more: its subscription is over" if gone else str(error),
            _REMEDIES.get(error.status, error.remedy if error.status else _UNREACHED),
            hopeless=gone or error.hopeless,
            after=error.after,
            status=error.status,
        )
