"""Whose word `hearth` takes for a gateway with TLS: a named file, the authority kept at pairing, or that of the gateway of
this box.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from gateway.cli.exits import Exit, Failure
from gateway.cli.target import Target, sockets

LARGEST_BYTES: Final = 64 * 1024
"""A certificate has one."""

SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Link:
    """What a pairing QR code says. `pin` is "" where the gateway's certificate is not of its own authority."""

    url: str
    code: str
    pin: str


def read_link(text: str) -> Link:
    """Raises `Failure`."""
    parts = urlsplit(text)
    said = parse_qs(parts.fragment)
    code, pin = said.get("c", [""])[0], said.get("p", [""])[0]
    if parts.scheme != "https" or not parts.hostname or said.get("v") != ["1"] or not code:
        raise Failure(f"{text!r} is no link of `hearth pair`", Exit.USAGE)
    return Link(f"{parts.scheme}://{parts.netloc}", code, pin)


def context_of(target: Target, environ: Mapping[str, str]) -> ssl.SSLContext:
    """For a connection to `target`. Raises `Failure` for a file that holds no certificate."""
    file = target.ca_file or environ.get("HEARTH_CA", "")
    context = ssl.create_default_context()
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        for pem in [target.ca] if target.ca else _of_this_box(environ):
            context.load_verify_locations(cadata=pem)
    except (OSError, ssl.SSLError) as error:
        raise Failure(
            f"{file or 'what was kept at pairing'} holds no certificate: {error}", Exit.USAGE
        ) from error
    return context


def pinned(link: Link) -> str:
    """The authority of the gateway in the link, as PEM: asked for there, and believed because it is the one that the link
    names. Raises `Failure`.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # what comes is checked against the pin
    parts = urlsplit(link.url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=SECONDS, context=context
    )
    try:
        connection.request("GET", "/ca.pem")
        pem = connection.getresponse().read(LARGEST_BYTES).decode("ascii", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"the gateway at {link.url} cannot be reached ({error})", Exit.UNREACHABLE) from error
    finally:
        connection.close()
    if _pin(pem) != link.pin:
        raise Failure(
            f"who answers at {link.url} is not the gateway that made this link: nothing was sent to it",
            Exit.REFUSED,
            advice=[
                "is somebody in between, or is the link of another gateway? `hearth pair` at the box makes a new one"
            ],
        )
    return pem


def _pin(pem: str) -> str:
    from cryptography import x509  # noqa: PLC0415  (only to pair)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    try:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    except ValueError:
        return ""
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _of_this_box(environ: Mapping[str, str]) -> list[str]:
    """The authorities of gateways on this box, asked over their sockets: those are their owner's, by the system's word."""
    from gateway.cli.client import Client  # noqa: PLC0415  (it needs this module)

    found = []
    named = environ.get("HEARTH_SOCKET", "")
    for path in [*([Path(named)] if named else []), *sockets(environ)]:
        client = Client(Target(str(path), socket=str(path)), faithful=True)
        try:
            answer = client.ask("GET", "/ca.pem", seconds=SECONDS)
        except Failure:
            continue
        finally:
            client.close()
        if answer.ok and isinstance(answer.body, str) and "BEGIN CERTIFICATE" in answer.body:
            found.append(answer.body)
    return found
