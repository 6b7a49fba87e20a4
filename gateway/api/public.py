"""What needs no token, and how often it may be asked for: one table. A public route without a row here does not start.

A route of which each answer is counted gives anybody the same. Where failures are counted, the right code or token is
never refused for what others tried; it is the wrong ones that end in 429. Who is known is not counted at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from gateway.api.limits import Limit, Rate

LOOKS: Final = Limit(Rate(120, 0.25), Rate(15_240, 0.002))
"""For what costs no more than refusing it: a page, a document. A browser asks for some thirty at once."""

SEARCHES: Final = Limit(Rate(20, 5.0), Rate(2_000, 0.02))
"""For the authority's certificate: a person fetches it once for each phone."""

FAILED: Final = Limit(Rate(30, 2.0), Rate(7_620, 0.01))
"""Requests without a good token. Nothing can be guessed (256 bits): it keeps noise from costing more than it must."""

CODES: Final = Limit(Rate(10, 6.0), Rate(2_540, 0.03))
"""Failed attempts to come in with a code, whatever was wrong with them. How often a typed code may be wrong is the
window's affair (`gateway.identity.window`).
"""

ENDPOINT: Final = Limit(Rate(120, 0.25), Rate(4_000, 0.004))
"""Around what counts for itself, more strictly (`gateway.api.oauth_wire`)."""


class Counts(Enum):
    EACH = "each request"
    FAILURES = "requests that fail"


@dataclass(frozen=True, slots=True)
class Terms:
    limit: Limit
    counts: Counts = Counts.EACH
    streams: bool = False  # its answers may take as long as they like


PUBLIC: Final[Mapping[str, Terms]] = {
    "/": Terms(LOOKS),
    "/sw.js": Terms(LOOKS),
    "/manifest.webmanifest": Terms(LOOKS),
    "/app/{name}": Terms(LOOKS),
    "/app/{version}/{name}": Terms(LOOKS),
    "/openapi": Terms(LOOKS),
    "/openapi.json": Terms(LOOKS),
    "/health": Terms(LOOKS),
    "/pair": Terms(LOOKS),
    "/pages/{name}": Terms(LOOKS),
    "/approvals/{approval}/page": Terms(LOOKS),
    "/.well-known/wot": Terms(LOOKS),
    "/ca.crt": Terms(SEARCHES),
    "/ca.pem": Terms(SEARCHES),
    "/ca.der": Terms(SEARCHES),
    "/mcp": Terms(FAILED, Counts.FAILURES, streams=True),
    "/pairings/redeem": Terms(CODES, Counts.FAILURES),
    "/oauth/device_authorization": Terms(ENDPOINT),
    "/oauth/token": Terms(ENDPOINT),
    "/oauth/revoke": Terms(ENDPOINT),
    "/oauth/register": Terms(ENDPOINT),
    "/oauth/authorize": Terms(LOOKS),
    "/oauth/authorize/look": Terms(ENDPOINT),
    "/oauth/pages/{name}": Terms(LOOKS),
    "/device": Terms(LOOKS),
    "/.well-known/oauth-authorization-server": Terms(LOOKS),
    "/.well-known/oauth-protected-resource": Terms(LOOKS),
    "/.well-known/oauth-protected-resource/mcp": Terms(LOOKS),
}
"""By path, as the router has it."""
