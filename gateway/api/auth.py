"""Who is asking: a bearer token, or the person at the box on the gateway's own Unix socket."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import struct
from typing import Final

from aiohttp import web

from gateway.api import held
from gateway.api.problems import Problem
from gateway.api.wire import base_of
from gateway.identity import Identity, Session
from policies import Principal, Role

ROOT: Final = 0

ADMIN_GROUP: Final = "hearth-admin"
"""Members may act at the box: who is in it is decided by the system's administrator."""

BOX: Final = Principal("box", Role.OWNER, "At the box", at_box=True)

BOX_SESSION: Final = Session("", BOX)
"""Needs no token, and cannot be revoked: whoever is at the box is at the box."""

SESSION: Final = held.SESSION

_CHALLENGE: Final = 'Bearer realm="hearth"'

RESOURCE_METADATA: Final = "/.well-known/oauth-protected-resource"
"""Where a client learns how it gets a token."""

_PEER: Final = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid


def authenticate(identity: Identity, request: web.Request) -> Session:
    """The caller's session. Raises `Problem` (401, 403).

    A token is taken on either listener; without one, the peer's uid counts on the Unix socket (unix(7), SO_PEERCRED).
    """
    header = request.headers.get("Authorization")
    if header is None:
        if is_local_socket(request):
            return _at_the_box(request)
        raise Problem(
            "unauthorized",
            "send `Authorization: Bearer <token>`; `hearth token create` makes one",
            headers={"WWW-Authenticate": f"{_CHALLENGE}, {resource_metadata(request)}"},
        )
    scheme, _, secret = header.partition(" ")
    session = identity.authenticate(secret.strip()) if scheme.lower() == "bearer" else None
    if session is None:
        raise unknown_token(request)
    return session


def unknown_token(request: web.BaseRequest | None = None) -> Problem:
    """RFC 6750, section 3.1: `invalid_token`."""
    where = f", {resource_metadata(request)}" if request is not None else ""
    return Problem(
        "unauthorized",
        "the token is unknown, expired or revoked",
        headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"{where}'},
    )


def resource_metadata(request: web.BaseRequest, path: str = "") -> str:
    """RFC 9728, section 5.1: the parameter of a challenge that says where to ask for a token. `path` is that of the resource.
    The name in it was found to be the gateway's own before.
    """
    return f'resource_metadata="{base_of(request)}{RESOURCE_METADATA}{path}"'


def caller(request: web.Request) -> Principal:
    """The principal of an authenticated request."""
    return request[SESSION].principal


def require_manager(request: web.Request) -> Principal:
    """The caller, who must be an owner or an adult: what belongs to the house is theirs to change. Raises `Problem` (403)."""
    principal = caller(request)
    if not manages(principal):
        raise Problem("forbidden", "only an owner or an adult of the house may do this")
    return principal


def manages(principal: Principal) -> bool:
    return principal.role in {Role.OWNER, Role.ADULT}


def is_local_socket(request: web.Request) -> bool:
    """Whether the request came over the Unix socket."""
    connection = _socket_of(request)
    return connection is not None and connection.family == socket.AF_UNIX


def _socket_of(request: web.Request) -> socket.socket | None:
    transport = request.transport
    found: socket.socket | None = transport.get_extra_info("socket") if transport is not None else None
    return found


def _at_the_box(request: web.Request) -> Session:
    connection = _socket_of(request)
    assert connection is not None
    _, uid, gid = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    if uid not in {ROOT, os.getuid()} and not _is_admin(uid, gid):
        raise Problem(
            "forbidden",
            f"at the box, only root and members of the group {ADMIN_GROUP} may do this without a token",
        )
    return BOX_SESSION


def _is_admin(uid: int, gid: int) -> bool:
    try:
        group = grp.getgrnam(ADMIN_GROUP)
        return group.gr_gid == gid or pwd.getpwuid(uid).pw_name in group.gr_mem
    except KeyError:
        return False
