"""Of an affordance's forms the one that is used for an operation (TD 1.1, sections 5.3.4.2 and 8.3.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from capabilities.td import DataSchema, Form
from capabilities.vocabulary import Json
from drivers.wot.content import is_spoken, media_type
from drivers.wot.document import Document, Problems
from drivers.wot.origins import OriginError, Reach
from drivers.wot.security import Choice, SecurityError, chosen
from drivers.wot.templates import TemplateError, expand, variables

MAX_FORMS: Final = 256
"""Of one affordance. Servers list one for each of their addresses, formats and names, which makes some seventy."""

JSON: Final = "application/json"
SSE: Final = "sse"
LONGPOLL: Final = "longpoll"

_METHODS: Final[Mapping[str, str]] = {"writeproperty": "PUT", "invokeaction": "POST"}
_MAY: Final[Mapping[str, frozenset[str]]] = {
    "writeproperty": frozenset({"PUT", "POST", "PATCH"}),
    "invokeaction": frozenset({"POST", "PUT", "PATCH", "DELETE", "GET"}),
    "readproperty": frozenset({"GET", "POST"}),
}
_WATCHES: Final = frozenset({"observeproperty", "subscribeevent", "observeallproperties"})


@dataclass(frozen=True, slots=True)
class Way:
    """How one operation is done. `url` is absolute and may be a template; `needed` are the variables it cannot do without,
    `wanted` those it takes. `preset` are the values that the description gives them.
    """

    operation: str
    method: str
    url: str
    content_type: str
    subprotocol: str
    security: Choice
    needed: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    preset: tuple[tuple[str, str | int | float | bool], ...] = ()

    def address(self, values: Mapping[str, Json] | None = None) -> str:
        """Raises `TemplateError`."""
        return expand(self.url, {**dict(self.preset), **(values or {})})


@dataclass(slots=True)
class FormReader:
    """Finds ways in one description. What is not usable gets one line an affordance, unless another form is."""

    document: Document
    reach: Reach
    problems: Problems

    def way(
        self, where: str, operation: str, forms: list[Form] | None, usual: tuple[str, ...],
        uri_variables: Mapping[str, DataSchema] | None = None, *, must_fill: bool = True,
    ) -> Way | None:  # fmt: skip
        """The first usable form for `operation`; of streams the first by `sse`, for nothing is lost between two events there.
        `usual` are the operations of a form that names none. `must_fill`: nobody will bring values for variables.
        """
        found: Way | None = None
        why = ""
        for form in (forms or [])[:MAX_FORMS]:
            if operation not in _operations(form, usual):
                continue
            try:
                way = self._usable(operation, form, uri_variables or {}, must_fill=must_fill)
            except (OriginError, SecurityError, TemplateError, ValueError) as error:
                why = why or str(error)
                continue
            found = found or way
            if way.subprotocol != LONGPOLL:
                found = way
                break
        if found is None and why:
            self.problems.add(f"{where} cannot be used for {operation}: {why}")
        return found

    def _usable(
        self, operation: str, form: Form, uri_variables: Mapping[str, DataSchema], *, must_fill: bool
    ) -> Way:
        subprotocol, content_type = form.subprotocol or "", form.content_type or JSON
        if operation in _WATCHES:
            if subprotocol not in (SSE, LONGPOLL):
                raise ValueError(f"its subprotocol is {subprotocol[:20]!r}; sse and longpoll are spoken here")
            spoken = is_spoken(content_type) or (
                subprotocol == SSE and media_type(content_type) == "text/event-stream"
            )
        else:
            if subprotocol:
                raise ValueError(f"its subprotocol {subprotocol[:20]!r} is not spoken here")
            spoken = is_spoken(content_type)
        if not spoken:
            raise ValueError(
                f"its content type is {content_type[:40]!r}; application/json and text/plain are spoken here"
            )
        if form.content_coding:
            raise ValueError("its content is packed")
        method = self._method(operation, form)
        needed, wanted = variables(form.href)
        preset = _preset(uri_variables, needed | wanted)
        if must_fill and (missing := needed - preset.keys()):
            raise ValueError(f"it needs a value for {sorted(missing)[0][:40]!r}, and has none")
        url = self.reach.resolve(self.document.base.base or "", form.href)
        names = form.security if form.security is not None else self.document.base.security
        security = chosen(names, self.document.base.security_definitions)
        return Way(
            operation, method, url, content_type, subprotocol, security, needed, wanted, tuple(sorted(preset.items()))
        )  # fmt: skip

    def _method(self, operation: str, form: Form) -> str:
        extra = form.__pydantic_extra__ or {}
        method = str(extra.get("htv:methodName") or _METHODS.get(operation, "GET")).upper()
        if method not in _MAY.get(operation, frozenset({"GET"})):
            raise ValueError(f"its method is {method[:20]!r}")
        return method


def _operations(form: Form, usual: tuple[str, ...]) -> tuple[str, ...] | list[str]:
    if form.op is None:
        return usual
    return [form.op] if isinstance(form.op, str) else form.op


def _preset(
    uri_variables: Mapping[str, DataSchema], names: frozenset[str]
) -> dict[str, str | int | float | bool]:
    """The defaults and constants of those that the address names."""
    return {name: value for name, value in _defaults(uri_variables) if name in names}


def _defaults(uri_variables: Mapping[str, DataSchema]) -> Iterator[tuple[str, str | int | float | bool]]:
    for name, schema in uri_variables.items():
        for value in (schema.const, schema.default):
            if isinstance(value, bool | int | float | str) and len(str(value)) <= 128:
                yield name, value
                break
