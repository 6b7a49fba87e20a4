"""The daemon's own start."""

from __future__ import annotations

import os
import ssl

import pytest

from gateway.daemon import no_authorities


def test_authorities_are_left_out_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/mine.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with no_authorities():
        assert ssl.create_default_context().cert_store_stats()["x509"] == 0
    assert os.environ["SSL_CERT_FILE"] == "/mine.pem"
    assert "SSL_CERT_DIR" not in os.environ
