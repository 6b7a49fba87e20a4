"""The gateway's certificate as it stands on disk."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.tls.authority import Authority, names_in, span_of
from gateway.tls.dates import Span
from gateway.tls.names import Names


def read_leaf(file: Path, authority: Authority) -> tuple[Names, Span] | None:
    """For what it is good, and from when until when. None where there is none, or none of use: of another authority, or
    broken.
    """
    try:
        content = file.read_bytes()
        key, certificate = load_pem_private_key(content, None), x509.load_pem_x509_certificate(content)
        if key.public_key() != certificate.public_key() or not authority.signed(certificate):
            return None
        return names_in(certificate), span_of(certificate)
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return None
