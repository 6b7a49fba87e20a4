"""URI templates of forms (TD 1.1, section 5.3.4.1; RFC 6570, simple and form-style query expansion)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from capabilities.vocabulary import Json

_EXPRESSION: Final = re.compile(r"\{([?&]?)([A-Za-z0-9_.,%]+)\}")


class TemplateError(ValueError):
    """An address with what cannot be filled in. The text names it."""


def variables(href: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names in the path, which must have a value, and those in the query, which may. Raises `TemplateError`."""
    needed: set[str] = set()
    wanted: set[str] = set()
    rest = _EXPRESSION.sub("", href)
    if "{" in rest or "}" in rest:
        raise TemplateError("its address has a template that is not read here")
    for operator, names in _EXPRESSION.findall(href):
        (wanted if operator else needed).update(names.split(","))
    return frozenset(needed), frozenset(wanted)


def expand(href: str, values: Mapping[str, Json]) -> str:
    """`href` with the variables filled in. Raises `TemplateError` where one that must be there is not."""
    return _EXPRESSION.sub(lambda match: _expanded(match[1], match[2].split(","), values), href)


def _expanded(operator: str, names: list[str], values: Mapping[str, Json]) -> str:
    if not operator:
        missing = [name for name in names if name not in values]
        if missing:
            raise TemplateError(f"needs a value for {missing[0][:40]!r}")
        return ",".join(_text(values[name]) for name in names)
    pairs = [f"{quote(name, safe='')}={_text(values[name])}" for name in names if name in values]
    return (operator if pairs else "") + "&".join(pairs)


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return quote(str(value), safe="")
    raise TemplateError("takes numbers, texts, true and false only")
