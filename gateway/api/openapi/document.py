"""The document: OpenAPI 3.1.1, from the routes of an application and what their handlers say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, Operation, Parameter, is_apart, operation_of, told_by
from gateway.api.openapi.schemas import Schemas
from gateway.api.openapi.shapes.problem import Problem as ProblemShape
from gateway.api.problems import PROBLEMS, TYPE_PREFIX

OPENAPI: Final = "3.1.1"
PROBLEM_JSON: Final = "application/problem+json"

ABOUT: Final = (
    "The devices of a home as Things with rights, rules and a record. A request carries `Authorization: Bearer <token>`; on the"
    " gateway's Unix socket the person at the box needs none. Paths carry no version: changes only add, so readers must ignore"
    " members that they do not know. What is forbidden to see and what does not exist answer alike: 404. What a property reads"
    " and what an action takes stands in each Thing's description (`GET /things/{thing}`)."
)

_PATH: Final = re.compile(r"{(\w+)(?::[^}]*)?}")
_PLAIN_PATH: Final = re.compile(r"{(\w+):[^}]*}")


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, with what its handler says. `name` is its operationId."""

    method: str
    path: str
    name: str
    said: Operation
    doc: str


def described_routes(app: web.Application) -> list[Route]:
    """Every route that says what it does, by path."""
    found = [
        Route(route.method.lower(), path, _name(handler, path, said), said, _doc(handler))
        for route, path in _routes(app)
        if (said := operation_of(handler := told_by(route.handler))) is not None
    ]
    return sorted(found, key=lambda one: (one.path, one.method))


def silent_routes(app: web.Application) -> list[str]:
    """Those that say nothing, and do not stand apart: there should be none."""
    return [
        f"{route.method} {path}"
        for route, path in _routes(app)
        if operation_of(told_by(route.handler)) is None
    ]


def _routes(app: web.Application) -> Iterator[tuple[web.AbstractRoute, str]]:
    for route in app.router.routes():
        if route.method == "HEAD" or is_apart(route.handler):
            continue  # HEAD answers as GET does, without the body (RFC 9110, section 9.3.2)
        info = route.resource.get_info() if route.resource is not None else {}
        yield route, _PLAIN_PATH.sub(r"{\1}", str(info.get("formatter") or info.get("path")))


def _doc(handler: object) -> str:
    """Its docstring, with lines that were broken for the source alone joined again."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(handler) or "")


def document(app: web.Application, version: str) -> dict[str, Json]:
    """The whole description."""
    routes = described_routes(app)
    schemas = Schemas(_shapes(routes))
    responses: dict[str, Json] = {}
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = _operation(route, schemas, responses)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Hearth",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": tag} for tag in sorted({route.said.tag for route in routes})],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas.components,
            "responses": dict(sorted(responses.items())),
        },
    }


def _name(handler: object, path: str, said: Operation) -> str:
    if path in said.names:
        return said.names[path]
    function = getattr(handler, "__name__", "")
    return said.name or f"{getattr(handler, '__module__', '').rpartition('.')[2]}_{function}"


def _shapes(routes: list[Route]) -> Iterator[tuple[str, object]]:
    yield "serialization", ProblemShape
    for route in routes:
        if route.said.body is not None:
            yield "validation", route.said.body
        for answer in _answers(route.said):
            if answer.shape is not None:
                yield "serialization", answer.shape


def _answers(said: Operation) -> Iterator[Answer]:
    for answers in said.answers.values():
        yield from _listed(answers)


def _listed(answers: Answer | Sequence[Answer]) -> Sequence[Answer]:
    return (answers,) if isinstance(answers, Answer) else answers


def _operation(route: Route, schemas: Schemas, responses: dict[str, Json]) -> dict[str, Json]:
    said = route.said
    shown: dict[str, Any] = {"tags": [said.tag], "operationId": route.name, "summary": said.summary}
    if route.doc:
        shown["description"] = route.doc
    if parameters := [*_in_path(route), *said.parameters]:
        shown["parameters"] = [_parameter(one) for one in parameters]
    if said.body is not None:
        content = {"application/json": {"schema": schemas.of("validation", said.body)}}
        shown["requestBody"] = {"required": said.body_needed, "content": content}
    if said.public:
        shown["security"] = []
    if said.at_box:
        shown["x-hearth-at-the-box"] = True
    shown["responses"] = {
        str(status): _response(_listed(answers), schemas) for status, answers in said.answers.items()
    } | _problems(said, route, responses)
    return shown


def _in_path(route: Route) -> Iterator[Parameter]:
    given = {one.name for one in route.said.parameters if one.where == "path"}
    return (common.in_path(name) for name in _PATH.findall(route.path) if name not in given)


def _parameter(one: Parameter) -> dict[str, Json]:
    shown: dict[str, Any] = {"name": one.name, "in": one.where, "description": one.says}
    if one.required:
        shown["required"] = True
    return {**shown, "schema": dict(one.schema)}


def _response(answers: Sequence[Answer], schemas: Schemas) -> Json:
    shown: dict[str, Any] = {"description": " / ".join(one.says for one in answers if one.says) or "Done"}
    if headers := dict.fromkeys(name for one in answers for name in one.headers):
        shown["headers"] = {
            name: {"description": common.HEADERS[name], "schema": {"type": "string"}} for name in headers
        }
    content: dict[str, Any] = {}
    for one in answers:
        if one.shape is None:
            continue
        schema, before = schemas.of("serialization", one.shape), content.get(one.media)
        content[one.media] = {"schema": {"anyOf": [before["schema"], schema]} if before else schema}
    if content:
        shown["content"] = content
    return shown


def problems_of(said: Operation, path: str) -> frozenset[str]:
    """The names of all problems that an operation can answer."""
    names = said.problems | common.ANY
    names |= common.STRANGERS if said.public else common.KNOWN
    if said.body is not None:
        names |= common.WITH_BODY
    return names | common.WITH_PATH if "{" in path else names


def _problems(said: Operation, route: Route, responses: dict[str, Json]) -> dict[str, Json]:
    """References to responses that operations share: one for each status and set of problems."""
    by_status: dict[int, list[str]] = {}
    for name in sorted(problems_of(said, route.path)):
        by_status.setdefault(PROBLEMS[name][0], []).append(name)
    shown: dict[str, Json] = {}
    for status, names in sorted(by_status.items()):
        key = f"{status}-{'.'.join(names)}"
        responses[key] = _problem_response(status, names)
        shown[str(status)] = {"$ref": f"#/components/responses/{key}"}
    return shown


def _problem_response(status: int, names: list[str]) -> Json:
    types: list[Json] = [TYPE_PREFIX + name for name in names]
    exact: Json = {"type": "object", "properties": {"type": {"enum": types}, "status": {"const": status}}}
    schema: Json = {"allOf": [{"$ref": "#/components/schemas/Problem"}, exact]}
    says = "; ".join(f"`{name}`: {PROBLEMS[name][1]}" for name in names)
    shown: dict[str, Json] = {"description": says, "content": {PROBLEM_JSON: {"schema": schema}}}
    if (header := common.OF_STATUS.get(status)) is not None:
        shown["headers"] = {
            header: {"description": common.HEADERS[header], "schema": {"type": "string"}, "required": True}
        }
    return shown
