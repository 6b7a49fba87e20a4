"""The log of the HTTP server itself: strangers write no line of it by sending what is no request."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

NAME: Final = "hearth.http"

_MISTAKES: Final = (HttpProcessingError, RequestPayloadError, ConnectionError)
"""Of whoever sends: they are answered with 400, and told to nobody else."""


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, _MISTAKES)


def server_log() -> logging.Logger:
    """For `web.AppRunner`: what remains are faults of the gateway's own."""
    log = logging.getLogger(NAME)
    if _is_ours not in log.filters:
        log.addFilter(_is_ours)
    return log
