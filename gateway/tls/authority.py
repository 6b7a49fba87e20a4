"""The gateway's own certificate authority (RFC 5280): it can sign for this gateway and the house, and for nobody else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.tls.dates import Span, authority_span
from gateway.tls.files import write_once
from gateway.tls.names import OWN_NETWORKS, Names, is_own, may_be_signed, permitted

FILE: Final = "ca.pem"
"""Key and certificate in one file: there is no moment with one and without the other."""


class AuthorityError(OSError):
    """The authority cannot be used. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pin(self) -> str:
        """SHA-256 of its public key (SubjectPublicKeyInfo), base64url without padding: 43 characters."""
        return pin_of(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as phones show it: `AB:CD:…`."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def trees(self) -> tuple[str, ...]:
        """Names that it may sign for, each with all under it."""
        return tuple(one.value for one in self._subtrees() if isinstance(one, x509.DNSName))

    @property
    def networks(self) -> tuple[str, ...]:
        return tuple(str(one.value) for one in self._subtrees() if isinstance(one, x509.IPAddress))

    @property
    def span(self) -> Span:
        return span_of(self.certificate)

    def _subtrees(self) -> list[x509.GeneralName]:
        found = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        return found.permitted_subtrees or []

    def of_these(self, names: Names) -> Names:
        """Those that it may sign for. One that it may not would make the whole certificate worthless."""
        trees = self.trees
        return Names(
            frozenset(host for host in names.hosts if may_be_signed(host, trees)),
            frozenset(address for address in names.addresses if is_own(address)),
        )

    def issue(self, names: Names, span: Span) -> bytes:
        """A new key and a certificate for these names, as PEM: the key, then the certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        title = min((host for host in names.hosts if host.endswith(".local")), key=len, default="hearth")
        hosts = [x509.DNSName(host) for host in sorted(names.hosts)]
        addresses = [x509.IPAddress(address) for address in sorted(names.addresses, key=str)]
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _dated(span)
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title[:64])]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectAlternativeName([*hosts, *addresses]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return _pem(key) + certificate.public_bytes(Encoding.PEM)

    def signed(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def opened(directory: Path, names: Names, now: float) -> Authority:
    """The authority that is kept in `directory`; the first time it is made, for these names. Raises `AuthorityError`,
    `OSError`.
    """
    file = directory / FILE
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        write_once(file, made(names, now))  # of two that come first one has made it
    return read(file)


def read(file: Path) -> Authority:
    """Raises `AuthorityError`, `OSError`."""
    content = file.read_bytes()
    try:
        key, certificate = load_pem_private_key(content, None), x509.load_pem_x509_certificate(content)
        fits = isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key()
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (ValueError, TypeError, x509.ExtensionNotFound):
        fits = False
    if not fits:
        raise AuthorityError(
            f"{file} is no authority of this gateway any more: put back a copy of it, or remove it; then a new one is made, and"
            " has to be installed on every phone"
        )
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(key, certificate)


def made(names: Names, now: float) -> bytes:
    """A new authority as PEM: its key, then its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    which = hashlib.sha256(_spki(key.public_key())).hexdigest()[:6]
    box = min((host for host in names.hosts if host.endswith(".local")), key=len, default="").partition(".")[
        0
    ]
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Hearth"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Hearth {box[:40] or 'gateway'} {which}"),
        ]
    )
    trees = [x509.DNSName(name) for name in permitted(names.hosts)]
    networks = [x509.IPAddress(network) for network in OWN_NETWORKS]
    constraints = x509.NameConstraints([*trees, *networks], None)
    certificate = (
        _dated(authority_span(now))
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(key) + certificate.public_bytes(Encoding.PEM)


def pin_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the public key (RFC 7469, section 2.4, there in base64), base64url without padding."""
    digest = hashlib.sha256(_spki(certificate.public_key())).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def span_of(certificate: x509.Certificate) -> Span:
    return Span(certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp())


def names_in(certificate: x509.Certificate) -> Names:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = found.get_values_for_type(x509.IPAddress)
    return Names(
        frozenset(found.get_values_for_type(x509.DNSName)),
        frozenset(one for one in addresses if isinstance(one, IPv4Address | IPv6Address)),
    )


def _dated(span: Span) -> x509.CertificateBuilder:
    begins, ends = (datetime.fromtimestamp(int(at), UTC) for at in (span.begins, span.ends))
    builder = x509.CertificateBuilder().serial_number(x509.random_serial_number())
    return builder.not_valid_before(begins).not_valid_after(ends)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _spki(key: object) -> bytes:
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
