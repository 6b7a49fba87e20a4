"""What the gateway's authority is, what it may sign, and that it is made once."""

from __future__ import annotations

import ipaddress
import os
import shutil
import ssl
import stat
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509

from gateway.tls.authority import AuthorityError, made, opened, read
from gateway.tls.files import write_once
from gateway.tls.names import Names, names_of
from tests.gateway.tls.boxes import NOW, Box, connected, echoing, texts, trusting


def test_it_can_sign_for_the_house_and_for_nobody_else(tmp_path: Path) -> None:
    box = Box(tmp_path)
    authority = box.open().authority
    extensions = authority.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.NameConstraints)
    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    assert set(authority.trees) == {
        *("home.arpa", "localhost", "shelf.local", "hearth-shelf.local", "shelf.home.arpa"),
    }
    networks = [ipaddress.ip_network(one) for one in authority.networks]
    assert all(one.is_private or one.is_link_local or one.is_loopback for one in networks)
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign and not usage.digital_signature


def test_a_name_of_one_label_is_no_domain_to_sign_for() -> None:
    """`dev` would permit every name under .dev (RFC 5280, section 4.2.1.10)."""
    names = names_of("dev", ["com", "dev", "box.example"], [])
    authority = x509.load_pem_x509_certificate(made(names, NOW))
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    trees = {one.value for one in constraints.permitted_subtrees or [] if isinstance(one, x509.DNSName)}
    assert trees == {"home.arpa", "localhost", "dev.local", "hearth-dev.local", "box.example"}


def test_the_certificate_is_for_what_the_gateway_is_called_and_where_it_is(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.addresses += [
        "203.0.113.7",
        "2001:db8::7",
        "100.64.0.1",
    ]  # not the house's: the authority may not sign for them
    box.open()
    leaf = box.leaf()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {
        *("localhost", "shelf.local", "hearth-shelf.local", "shelf.home.arpa"),
    }
    assert texts(names.get_values_for_type(x509.IPAddress)) == {"127.0.0.1", "::1", "192.168.1.5", "fd00::5"}
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_its_key_is_made_once_and_for_nobody_else_to_read(tmp_path: Path) -> None:
    box = Box(tmp_path / "tls")
    first = box.open().authority
    for file in ("ca.pem", "server.pem"):
        assert stat.S_IMODE((tmp_path / "tls" / file).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert box.open().authority.pin == first.pin
    assert len(first.pin) == 43
    assert not write_once(tmp_path / "tls" / "ca.pem", b"another")
    assert read(tmp_path / "tls" / "ca.pem").pin == first.pin


@pytest.mark.parametrize("step", ["open", "fsync", "link", "after"])
def test_a_crash_at_any_step_leaves_an_authority_or_none(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(frozenset({"shelf.local"}), frozenset())

    class PowerCut(BaseException):
        pass

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        if step != "after":
            patch.setattr(os, step, cut)
        else:
            patch.setattr(Path, "unlink", cut)
        with pytest.raises(PowerCut):
            opened(tmp_path, names, NOW)
    left = read(tmp_path / "ca.pem").pin if (tmp_path / "ca.pem").exists() else None
    again = opened(tmp_path, names, NOW).pin
    assert left in {None, again}
    assert opened(tmp_path, names, NOW).pin == again


def test_a_broken_authority_is_not_replaced_in_silence(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.open()
    (tmp_path / "ca.pem").write_bytes((tmp_path / "ca.pem").read_bytes()[:300])
    with pytest.raises(AuthorityError, match="put back a copy"):
        box.open()


@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_a_broken_certificate_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    box = Box(tmp_path)
    pin = box.open().authority.pin
    if content is None:  # of another authority
        other = Box(tmp_path / "other")
        other.open()
        content = (tmp_path / "other" / "server.pem").read_bytes()
    (tmp_path / "server.pem").write_bytes(content)
    own = box.open()
    assert own.authority.pin == pin
    assert own.authority.signed(box.leaf())


@pytest.mark.parametrize("name", ["shelf.local", "localhost", "127.0.0.1", "192.168.1.5", "shelf.home.arpa"])
async def test_clients_that_trust_it_accept_what_it_signed(tmp_path: Path, name: str) -> None:
    """Python's ssl, that is OpenSSL, with the constraints on names and on addresses."""
    own = Box(tmp_path, now=time.time()).open()
    async with echoing(own.context) as port, connected(port, trusting(own), name) as (reader, writer):
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"


@pytest.mark.parametrize(
    "name", ["bank.example", "shelf.local.evil.example", "8.8.8.8", "2001:4860:4860::8888"]
)
async def test_what_it_signs_for_somebody_else_is_refused(tmp_path: Path, name: str) -> None:
    """Who steals its key can be this gateway, but no bank."""
    own = Box(tmp_path, now=time.time()).open()
    try:
        forged = Names(frozenset(), frozenset({ipaddress.ip_address(name)}))
    except ValueError:
        forged = Names(frozenset({name}), frozenset())
    from gateway.tls.dates import leaf_span

    (tmp_path / "forged.pem").write_bytes(
        own.authority.issue(forged, leaf_span(time.time(), known=True, last=None))
    )
    own.context.load_cert_chain(tmp_path / "forged.pem")
    async with echoing(own.context) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            async with connected(port, trusting(own), name):
                pass


async def test_old_protocols_are_refused(tmp_path: Path) -> None:
    own = Box(tmp_path, now=time.time()).open()
    client = trusting(own)
    with pytest.warns(DeprecationWarning):
        client.minimum_version = ssl.TLSVersion.TLSv1
        client.maximum_version = ssl.TLSVersion.TLSv1_1
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    async with echoing(own.context) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            async with connected(port, client, "shelf.local"):
                pass
        client = trusting(own)
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        async with connected(port, client, "shelf.local") as (_, writer):
            assert "ECDHE" in writer.get_extra_info("cipher")[0]


def test_openssl_finds_nothing_wrong_with_the_chain(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    own = Box(tmp_path, now=time.time()).open()
    (tmp_path / "ca.crt").write_bytes(own.authority.pem)
    for check in (
        ["-verify_hostname", "shelf.local"],
        ["-verify_ip", "192.168.1.5"],
        ["-verify_ip", "fd00::5"],
    ):
        command = [openssl, "verify", "-x509_strict", "-purpose", "sslserver", *check]
        command += ["-CAfile", str(tmp_path / "ca.crt"), str(tmp_path / "server.pem")]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
