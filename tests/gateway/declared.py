"""Every answer that a gateway in this process gives in a test must be one that its description has: status, problem, media
type, members. So the whole suite checks that the description is true.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final

import jsonschema_rs
import orjson
from aiohttp import web

from gateway.api.openapi.document import PROBLEM_JSON, described_routes, document

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

ADVICE: Final = "say so at the handler (gateway/api/openapi/README.md), or answer as it says"

_EXPRESS: Final = re.compile(r"/things/[^/?]+/(properties|actions)/[^/?]+")


class Declared:
    """Compares answers with the document of `app`, and keeps what does not fit."""

    def __init__(self, app: web.Application) -> None:
        said: Any = document(app, "test")
        self._components = {
            "schemas": {name: closed(one) for name, one in said["components"]["schemas"].items()},
            "responses": said["components"]["responses"],
        }
        self._paths = said["paths"]
        self._places = {(one.method, one.path) for one in described_routes(app)}
        self.wrong: list[str] = []
        self._validator = cache(self._made)

    def watching(self, handle: Handler) -> Handler:
        """`handle`, whose answers are looked at."""

        async def watched(request: web.BaseRequest) -> web.StreamResponse:
            response = await handle(request)
            if isinstance(request, web.Request) and (place := self._place(request)) in self._places:
                self.wrong += [
                    f"{request.method} {place[1]}: {one}" for one in self._faults(place, request, response)
                ]
            return response

        return watched

    def _place(self, request: web.Request) -> tuple[str, str]:
        method = "get" if request.method == "HEAD" else request.method.lower()
        info = request._match_info
        if info is not None:
            resource = info.route.resource
            return method, str(resource.canonical) if resource is not None else ""
        match = _EXPRESS.fullmatch(request.path)
        return method, f"/things/{{thing}}/{match[1]}/{{name}}" if match is not None else ""

    def _faults(
        self, place: tuple[str, str], request: web.Request, response: web.StreamResponse
    ) -> list[str]:
        operation = self._paths[place[1]][place[0]]
        answer = operation["responses"].get(str(response.status))
        if answer is None:
            if response.status == 400 and request.transport is None:
                return []  # nobody is there any more
            return [f"{response.status} is not declared; {ADVICE} ({_text(response)[:300]})"]
        if "$ref" in answer:
            answer = self._components["responses"][answer["$ref"].rpartition("/")[2]]
        faults = self._body_faults(place, request, response, answer)
        if response.status < 300:
            faults += self._request_faults(place, operation, request)
        return faults

    def _body_faults(
        self, place: tuple[str, str], request: web.Request, response: web.StreamResponse, answer: Any
    ) -> list[str]:
        content = answer.get("content", {})
        text = _text(response)
        if not text and (request.method == "HEAD" or not content or not isinstance(response, web.Response)):
            return []
        if response.content_type not in content:
            return [
                f"{response.status} with {response.content_type} is not declared; {ADVICE} ({text[:200]!r})"
            ]
        if not response.content_type.endswith("json"):
            return []
        value = orjson.loads(text)
        schema = content[response.content_type]["schema"]
        if response.content_type != PROBLEM_JSON:
            schema = closed(schema)
        validator = self._validator((*place, response.status, response.content_type), orjson.dumps(schema))
        return [
            f"{response.status} does not fit at {'/'.join(map(str, one.instance_path))}: {one.message[:300]}; {ADVICE}"
            for one in validator.iter_errors(value)
        ]

    def _request_faults(self, place: tuple[str, str], operation: Any, request: web.Request) -> list[str]:
        """What was taken must be something that may be sent."""
        known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        faults = [f"the parameter {name} is not declared; {ADVICE}" for name in set(request.query) - known]
        raw = request._read_bytes
        if raw and "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            validator = self._validator((*place, "body"), orjson.dumps(schema))
            faults += [
                f"the body was taken, and is not declared: {one.message[:300]}"
                for one in validator.iter_errors(orjson.loads(raw))
            ]
        return faults

    def _made(self, _: object, schema: bytes) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(orjson.loads(schema) | {"components": self._components})


def closed(schema: Any) -> Any:
    """`schema` without room for members that it does not name: what is answered must be declared, whatever readers ignore."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: closed(one) for name, one in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        shut.setdefault("additionalProperties", False)
    return shut


def _text(response: web.StreamResponse) -> str:
    body = response.body if isinstance(response, web.Response) else b""
    return body.decode(errors="replace") if isinstance(body, bytes) else ""
