"""MCP messages between stdio (a line each) and Streamable HTTP (a request each): what goes into headers, and errors. No I/O."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final

Message = dict[str, Any]

ENVELOPE: Final = "io.modelcontextprotocol/protocolVersion"
"""In `params._meta` of each request from 2026-07-28 on; before, versions are agreed on once."""

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
NOT_ANSWERED: Final = -32000

_NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_PLAIN: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SENTINEL: Final = re.compile(r"=\?base64\?.*\?=")


def parsed(line: bytes) -> Message | None:
    """The message of a line; None for what is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def line_of(message: Message) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def is_request(message: Message) -> bool:
    """Whether it has to be answered."""
    return "method" in message and message.get("id") is not None


def params_of(message: Message) -> Message:
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def version_of(message: Message) -> str:
    """The version that a request of the newest era names; "" for one of the handshake."""
    meta = params_of(message).get("_meta")
    version = meta.get(ENVELOPE) if isinstance(meta, dict) else None
    return version if isinstance(version, str) and _PLAIN.fullmatch(version) else ""


def headers_of(message: Message) -> dict[str, str]:
    """What stands in headers as in the body (Streamable HTTP of 2026-07-28, "Standard Headers")."""
    method = str(message.get("method", ""))
    headers = {"MCP-Protocol-Version": version_of(message), "Mcp-Method": _safe(method)}
    name = params_of(message).get(_NAMED_BY.get(method, ""))
    return headers | {"Mcp-Name": _safe(name)} if isinstance(name, str) else headers


def error(identifier: Any, code: int, words: str, data: Any = None) -> Message:
    told: Message = {"code": code, "message": words} | ({} if data is None else {"data": data})
    return {"jsonrpc": "2.0", "id": identifier, "error": told}


def _safe(value: str) -> str:
    if _PLAIN.fullmatch(value) and not _SENTINEL.fullmatch(value):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="
