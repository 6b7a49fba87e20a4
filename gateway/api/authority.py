"""`/ca.crt`, `/ca`: the gateway's own certificate authority, for whoever wants to trust it, and for the box to renew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, require_manager
from gateway.api.openapi.operation import Answer, operation
from gateway.api.problems import Problem, not_found
from gateway.api.wire import Body, read_body, reply, rfc3339
from gateway.tls.reach import Reach
from gateway.tls.serving import Own

if TYPE_CHECKING:
    from gateway.tls.authority import Authority

PEM: Final = "application/x-pem-file"
DER: Final = "application/pkix-cert"
"""RFC 2585, section 4."""

INSTALLED: Final = "application/x-x509-ca-cert"
"""What phones and browsers offer to install, PEM or DER."""

_FILE: Final = {"type": "string", "contentMediaType": DER}
_SHOWN: Final = {"type": "object", "required": ["name", "fingerprint", "pin", "names", "networks", "ends_at"]}


class RenewBody(Body):
    """With `authority` a new one is made, which has to be installed anew everywhere."""

    authority: bool = False


class AuthorityRoutes:
    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def routes(self) -> list[web.RouteDef]:
        return [
            *(web.get(path, self.certificate) for path in ("/ca.crt", "/ca.pem", "/ca.der")),
            web.get("/ca", self.show),
            web.post("/ca/renew", self.renew),
        ]

    @operation(
        "About",
        "The certificate of the gateway's own authority",
        {200: [Answer(_FILE, "To be installed", media=media) for media in (INSTALLED, DER, PEM)]},
        problems=("not-found",),
        public=True,
        names={"/ca.pem": "ca_pem", "/ca.der": "ca_der", "/ca.crt": "ca_crt"},
    )
    async def certificate(self, request: web.Request) -> web.Response:
        """PEM, or DER for `/ca.der` and `Accept: application/pkix-cert`. No secret: every connection's certificate leads
        to it.
        """
        authority = self._own().authority
        der = request.path == "/ca.der" or DER in request.headers.get("Accept", "")
        kind = INSTALLED if request.path == "/ca.crt" and not der else DER if der else PEM
        headers = {"Cache-Control": "no-cache", "Vary": "Accept"}
        return web.Response(body=authority.der if der else authority.pem, content_type=kind, headers=headers)

    @operation("Access", "The gateway's own authority", {200: Answer(_SHOWN)}, problems=("not-found",))
    async def show(self, request: web.Request) -> web.Response:
        """What it may sign and until when, and how it is recognised."""
        require_manager(request)
        return reply(_shown(self._own().authority))

    @operation(
        "Access",
        "A new certificate, or a new authority",
        {200: Answer(_SHOWN)},
        body=RenewBody,
        body_needed=False,
        problems=("forbidden", "not-found"),
        at_box=True,
    )
    async def renew(self, request: web.Request) -> web.Response:
        """At the box. Who is connected stays so; who connects gets the new one."""
        if not request[SESSION].principal.at_box:
            raise Problem("forbidden", "this is done at the box")
        own, body = self._own(), await read_body(request, RenewBody)
        if body.authority:
            own.replace_authority()
        else:
            own.renew()
        return reply(_shown(own.authority))

    def _own(self) -> Own:
        """Raises `Problem` (404) where the port is served otherwise."""
        if not isinstance(self._reach.tls, Own):
            raise not_found()
        return self._reach.tls


def _shown(authority: Authority) -> dict[str, Json]:
    return {
        "name": authority.certificate.subject.rfc4514_string(),
        "fingerprint": authority.fingerprint,
        "pin": authority.pin,
        "names": list(authority.trees),
        "networks": list(authority.networks),
        "ends_at": rfc3339(authority.span.ends),
    }
