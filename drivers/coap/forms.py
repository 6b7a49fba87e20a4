"""Where an affordance of a Thing Description is on its endpoint: the forms (TD 1.1 §5.3.4.2, the CoAP binding).

A form is followed only to where the description came from: what a device says never makes the gateway talk to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from aiocoap.numbers.codes import Code

from capabilities.vocabulary import Json

MAX_SEGMENTS: Final = 8
MAX_PATH_BYTES: Final = 120
"""An endpoint takes messages of 160 bytes; the value must fit in as well."""

MAX_FORMS: Final = 16
"""Of one affordance, that are looked at."""

LINE_SUFFIX: Final = ".alt"
"""Hosts that are nowhere in the DNS (RFC 9476): endpoints on lines."""

_METHODS: Final = {
    "readproperty": Code.GET,
    "observeproperty": Code.GET,
    "writeproperty": Code.PUT,
    "invokeaction": Code.POST,
    "subscribeevent": Code.GET,
}
_ALLOWED: Final = {
    "readproperty": ("GET",),
    "observeproperty": ("GET",),
    "writeproperty": ("PUT", "POST"),
    "invokeaction": ("POST", "PUT"),
    "subscribeevent": ("GET",),
}
_DEFAULTS: Final = {
    "property": ("readproperty", "writeproperty"),
    "action": ("invokeaction",),
    "event": ("subscribeevent",),
}
_OBSERVING: Final = "cov:observe"


@dataclass(frozen=True, slots=True)
class Target:
    """One resource and how it is called."""

    code: Code
    path: tuple[str, ...]
    query: tuple[str, ...] = ()

    def __str__(self) -> str:
        query = "?" + "&".join(self.query) if self.query else ""
        return f"{self.code.name} /{'/'.join(self.path)}{query}"


@dataclass(frozen=True, slots=True)
class Targets:
    """By operation (`readproperty` …). `problem` says why a form was left out; "" where nothing was."""

    by_operation: Mapping[str, Target]
    problem: str = ""

    def get(self, operation: str) -> Target | None:
        return self.by_operation.get(operation)


def targets(affordance: Mapping[str, Json], role: str, base: str, host: str) -> Targets:
    """`role` is property, action or event; `base` is the description's own (or ""), `host` whom it came from."""
    forms = affordance.get("forms")
    found: dict[str, Target] = {}
    problem = ""
    for form in forms[:MAX_FORMS] if isinstance(forms, list) else ():
        if not isinstance(form, dict):
            continue
        for operation in _operations(form, role):
            target, why = _target(form, operation, base, host)
            problem = problem or why
            if target is not None:
                found.setdefault(operation, target)
    if role == "property" and "observeproperty" not in found and _observes(forms):
        reading = found.get("readproperty")
        if reading is not None:
            found["observeproperty"] = reading
    return Targets(found, problem)


def _operations(form: Mapping[str, Json], role: str) -> tuple[str, ...]:
    said = form.get("op")
    names = said if isinstance(said, list) else [said]
    known = tuple(one for one in names[:MAX_FORMS] if isinstance(one, str) and one in _METHODS)
    return known if said is not None else _DEFAULTS[role]


def _observes(forms: Json) -> bool:
    """A form without `op` that says how it is observed means reading, writing and observing at once."""
    return any(
        isinstance(form, dict) and form.get("op") is None and form.get("subprotocol") == _OBSERVING
        for form in (forms[:MAX_FORMS] if isinstance(forms, list) else ())
    )


def _target(form: Mapping[str, Json], operation: str, base: str, host: str) -> tuple[Target | None, str]:
    kind = form.get("contentType", "application/json")
    if not isinstance(kind, str) or kind.partition(";")[0].strip() not in ("application/json", "text/plain"):
        return None, "a form is in a format that is not spoken here"
    method = form.get("cov:method", form.get("cov:methodName"))
    code = _METHODS[operation]
    if method is not None:
        if method not in _ALLOWED[operation]:
            return None, "a form wants a method that is not used here"
        code = Code[str(method)]
    href = form.get("href")
    if not isinstance(href, str) or len(href) > 4 * MAX_PATH_BYTES or "{" in href:
        return None, "a form has no address that can be used"
    try:
        parts = urlsplit(urljoin(base or f"coap://{_bracketed(host)}/", href))
        named = parts.hostname or ""
    except ValueError:
        return None, "a form has no address that can be used"
    if parts.scheme != "coap" or not _is(named, host):
        return None, "a form leads to somewhere else, and is not followed"
    path = tuple(unquote(one, errors="replace") for one in parts.path.lstrip("/").split("/"))
    query = tuple(unquote(one, errors="replace") for one in parts.query.split("&")) if parts.query else ()
    size = sum(len(one.encode()) + 1 for one in (*path, *query))
    if len(path) + len(query) > MAX_SEGMENTS or size > MAX_PATH_BYTES:
        return None, "a form has an address that is too long"
    if any("/" in one or "\0" in one or "\ufffd" in one for one in path):
        return None, "a form has no address that can be used"
    return Target(code, path, query), ""


def _bracketed(host: str) -> str:
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def _is(named: str, host: str) -> bool:
    return named.lower() == host.lower().partition("%")[0] or (
        named.endswith(LINE_SUFFIX) and host.endswith(LINE_SUFFIX)
    )
