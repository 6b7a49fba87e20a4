"""Whose token a request came with, and whether it still is good."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.api.problems import Problem
from gateway.identity import Session

SESSION: Final = web.RequestKey("session", Session)


def check_is_good(request: web.Request) -> None:
    """A body may come as slowly as its sender likes: who began it with a good token may have none when it ends. Raises
    `Problem` (401).
    """
    session = request.get(SESSION)
    if session is not None and session.revoked:
        raise Problem(
            "unauthorized",
            "the token was revoked, or has expired, while this was sent",
            headers={"WWW-Authenticate": 'Bearer realm="hearth", error="invalid_token"'},
        )
