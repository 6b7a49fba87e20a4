"""All requests to be let in, in memory: a restart forgets those that wait, and a client asks again.

Time comes as an argument (monotonic seconds), and so does what makes secrets. Nothing is ever pushed out by something
newer: where there is no room the newer one is refused, so that a flood takes nobody's place.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

from gateway.identity.pairing import new_code, normalised
from gateway.oauth import pkce, redirects
from gateway.oauth.clients import Client
from gateway.oauth.errors import Full, OAuthError
from gateway.oauth.request import INTERVAL_S, LONGEST_INTERVAL_S, Issued, Kind, Request, Returns, State

LIFE_S: Final = 600.0
"""Time to find the phone, and to type the code (RFC 8628, `expires_in`)."""

FETCH_S: Final = 120.0
"""A client that asks every minute at the slowest has come by then; what nobody fetched is revoked."""

CODE_S: Final = 60.0
"""From the browser to the program beside it (RFC 6749, section 4.1.2: 10 minutes at the most)."""

REMEMBERED_S: Final = 600.0
"""So long a second use of what was used is noticed."""

GRACE_S: Final = 60.0
"""So long a client is told that its code has expired, and not that it is unknown."""

EARLY_S: Final = 1.0
"""A question may come so much too soon: networks are not even."""

MOST_OF_ADDRESS: Final = 16
"""That wait, from one address of the network: a computer with a handful of agents, each tried again a few times."""

MOST_FAR: Final = 400
"""Records for all of the network: more than its rate lets in during `LIFE_S`, some 2 MB."""

MOST_NEAR: Final = 100
"""Records for programs on this very computer: no flood from the network takes their room."""

_SECRET_BYTES: Final = 32


class Grants:
    def __init__(
        self,
        new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(_SECRET_BYTES),
        new_user_code: Callable[[], str] = new_code,
    ) -> None:
        self._new_secret = new_secret
        self._new_user_code = new_user_code
        self._by_user_code: dict[str, Request] = {}
        self._by_secret: dict[bytes, Request] = {}  # the device code, or what the page holds
        self._by_code: dict[bytes, Request] = {}
        self._secret_of: dict[Request, bytes] = {}

    def __len__(self) -> int:
        return len(self._secret_of)

    # -- asking --------------------------------------------------------------------------------------------------------

    def begin(
        self,
        client: Client,
        *,
        address: str,
        near: bool,
        now: float,
        at: float,
        returns: Returns | None = None,
    ) -> tuple[Request, str]:
        """A request that waits, and the secret of whoever asked: the device code, or with `returns` what the page holds.
        Raises `Full`.
        """
        self._check_room(address, near=near)
        user_code = self._new_user_code()
        while normalised(user_code) in self._by_user_code:
            user_code = self._new_user_code()
        kind = Kind.BROWSER if returns is not None else Kind.DEVICE
        request = Request(
            kind, client.id, client.name, user_code, address, near, at, now + LIFE_S, returns, not_before=now
        )
        secret = self._new_secret()
        self._by_user_code[normalised(user_code)] = request
        self._secret_of[request] = _hash(secret)
        self._by_secret[_hash(secret)] = request
        return request, secret

    def waiting(self, now: float) -> list[Request]:
        """Those that a person may answer, the oldest first."""
        return [one for one in self._secret_of if one.waits and now < one.ends_at]

    def with_user_code(self, user_code: str, now: float) -> Request | None:
        """The one that waits under this code, however it was typed."""
        found = self._by_user_code.get(normalised(user_code))
        return found if found is not None and found.waits and now < found.ends_at else None

    # -- answering -----------------------------------------------------------------------------------------------------

    def claim(self, request: Request, now: float) -> bool:
        """Takes it for an answer; False where somebody else answers, or its time is over."""
        if request.state is not State.OPEN or now >= request.ends_at:
            return False
        request.become(State.ANSWERING)
        return True

    def release(self, request: Request) -> None:
        """The token could not be made: it waits again."""
        request.become(State.OPEN)

    def grant(self, request: Request, issued: Issued, now: float) -> None:
        """The token waits to be fetched."""
        request.become(State.GRANTED)
        request.issued = issued
        request.ends_at = now + FETCH_S

    def deny(self, request: Request, now: float) -> bool:
        """False where somebody else answered, or its time is over."""
        if request.state is not State.OPEN or now >= request.ends_at:
            return False
        request.become(State.DENIED)
        return True

    # -- fetching ------------------------------------------------------------------------------------------------------

    def fetch(self, device_code: str, client_id: str, now: float) -> Issued:
        """The token, once (RFC 8628, section 3.4). Raises `OAuthError`."""
        request = self._by_secret.get(_hash(device_code))
        if request is None or request.kind is not Kind.DEVICE or request.client_id != client_id:
            raise OAuthError("invalid_grant", "this device_code is unknown, or another client's")
        if request.state is State.SPENT:
            raise _used_twice(request, "this device_code")
        if now >= request.ends_at:
            raise OAuthError("expired_token", "nobody accepted it in time; ask again")
        if request.state is State.DENIED:
            raise OAuthError("access_denied", "a person said no")
        if request.waits:
            raise _not_yet(request, now)
        return self._spend(request, now)

    def way_back(self, secret: str, now: float) -> str | None:
        """Where the page with this secret sends its browser; None while a person has not answered. Raises `OAuthError` where it
        is unknown, or was used.
        """
        request = self._by_secret.get(_hash(secret))
        if request is None or request.returns is None or request.state is State.SPENT:
            raise OAuthError("invalid_grant", "this request is over; begin anew in the program that asks")
        back = request.returns
        if now >= request.ends_at:
            return _refused(back, "nobody accepted it in time")
        if request.state is State.DENIED:
            return _refused(back, "a person said no")
        if request.waits:
            return None
        if not request.code:
            request.code = self._new_secret()
            self._by_code[_hash(request.code)] = request
            request.ends_at = now + CODE_S
        return redirects.with_answer(back.redirect_uri, code=request.code, state=back.state, iss=back.issuer)

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str, now: float) -> Issued:
        """The token, once (RFC 6749, section 4.1.3). Whoever brings a good code and cannot prove that it is theirs ends
        it: somebody else has seen it. Raises `OAuthError`.
        """
        request = self._by_code.get(_hash(code))
        if request is None or request.returns is None or request.issued is None:
            raise OAuthError("invalid_grant", "this code is unknown")
        if request.state is State.SPENT:
            raise _used_twice(request, "this code")
        if now >= request.ends_at:
            raise OAuthError("invalid_grant", "this code has expired")
        back, token = request.returns, request.issued.token_id
        issued = self._spend(request, now)
        if request.client_id != client_id or redirect_uri not in {"", back.redirect_uri}:
            raise OAuthError(
                "invalid_grant", "this code is another client's, or for another redirect_uri", revoke=token
            )
        if not pkce.fits(verifier, back.challenge):
            raise OAuthError("invalid_grant", "code_verifier does not fit code_challenge", revoke=token)
        return issued

    def unfetched(self) -> list[str]:
        """The ids of tokens that wait for their agents."""
        granted = [one for one in self._secret_of if one.state is State.GRANTED]
        return [one.issued.token_id for one in granted if one.issued is not None]

    # -- ending --------------------------------------------------------------------------------------------------------

    def sweep(self, now: float) -> list[str]:
        """Forgets what is over; the ids of tokens that nobody fetched in time."""
        unfetched = []
        for request in list(self._secret_of):
            grace = 0.0 if request.state is State.SPENT else GRACE_S
            if request.state is State.GRANTED and now >= request.ends_at:
                assert request.issued is not None
                unfetched.append(request.issued.token_id)
                self._forget(request)
            elif now >= request.ends_at + grace and request.state is not State.ANSWERING:
                self._forget(request)
        return unfetched

    def next_end(self) -> float | None:
        """When a token that nobody fetched ends."""
        return min((one.ends_at for one in self._secret_of if one.state is State.GRANTED), default=None)

    def _spend(self, request: Request, now: float) -> Issued:
        issued = request.issued
        assert issued is not None
        request.become(State.SPENT)
        request.issued = Issued(issued.token_id, "", issued.expires_at)  # the secret is the client's alone
        request.ends_at = now + REMEMBERED_S
        return issued

    def _forget(self, request: Request) -> None:
        self._by_secret.pop(self._secret_of.pop(request), None)
        self._by_user_code.pop(normalised(request.user_code), None)
        if request.code:
            self._by_code.pop(_hash(request.code), None)

    def _check_room(self, address: str, *, near: bool) -> None:
        own = [one for one in self._secret_of if one.near is near]
        if len(own) >= (MOST_NEAR if near else MOST_FAR):
            raise Full("too many ask to be let in already; try again in some minutes")
        if not near and sum(one.waits for one in own if one.address == address) >= MOST_OF_ADDRESS:
            raise Full(f"{MOST_OF_ADDRESS} requests from this address wait already; let them run out first")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _not_yet(request: Request, now: float) -> OAuthError:
    """RFC 8628, section 3.5."""
    too_soon = now < request.not_before - EARLY_S
    if too_soon:
        request.interval = min(request.interval + INTERVAL_S, LONGEST_INTERVAL_S)
    request.not_before = now + request.interval
    if too_soon:
        return OAuthError("slow_down", f"ask every {request.interval:.0f} s, not more often")
    return OAuthError("authorization_pending", "no person has accepted it yet")


def _used_twice(request: Request, what: str) -> OAuthError:
    token = request.issued.token_id if request.issued is not None else ""
    return OAuthError("invalid_grant", f"{what} was used already", revoke=token)


def _refused(back: Returns, why: str) -> str:
    return redirects.with_answer(
        back.redirect_uri, error="access_denied", error_description=why, state=back.state, iss=back.issuer
    )
