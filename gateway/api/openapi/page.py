"""The description as a page for people: made whole, without script, readable on a phone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any, Final

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_CODE: Final = re.compile(r"`([^`]+)`")
_SUCCESS_BELOW: Final = "4"


def page(document: Mapping[str, Any]) -> bytes:
    """The page of a document as `document.document` makes it."""
    frame = files(__package__ or "gateway.api.openapi").joinpath("page.html").read_text("utf-8")
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            by_tag.setdefault(one["tags"][0], []).append(_operation(path, method, one, document))
    tags = sorted(by_tag)
    index = "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in tags)
    index += '<li><a href="#schemas">Schemas</a></li>'
    body = "".join(f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>{"".join(by_tag[tag])}' for tag in tags)
    schemas = "".join(_schema(name, one) for name, one in document["components"]["schemas"].items())
    filled = {
        "version": escape(document["info"]["version"]),
        "about": _prose(document["info"]["description"]),
        "index": index,
        "operations": body,
        "schemas": schemas,
    }
    return re.sub(r"<!--(\w+)-->", lambda found: filled[found[1]], frame).encode()


def policy_of(shown: bytes) -> str:
    """The Content-Security-Policy under which the page is shown: its own style, and nothing else."""
    style = _STYLE.search(shown.decode())
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _operation(path: str, method: str, one: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    where = re.sub(r"({\w+})", r"<i>\1</i>", escape(path))
    who = "" if one.get("security") != [] else "<p>Needs no token.</p>"
    if one.get("x-hearth-at-the-box"):
        who = "<p>At the box only.</p>"
    return (
        f'<details id="{escape(one["operationId"])}"><summary><b class="{method}">{method.upper()}</b> '
        f"<code>{where}</code><span>{escape(one['summary'])}</span></summary>"
        f"<p>{_prose(one.get('description', ''))}</p>{who}{_parameters(one)}{_body(one)}{_answers(one, document)}</details>"
    )


def _parameters(one: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<dt><code>{escape(each['name'])}</code> <small>{each['in']}, {_type(each['schema'])}</small></dt>"
        f"<dd>{_prose(each['description'])}</dd>"
        for each in one.get("parameters", ())
    )
    return f"<h3>Parameters</h3><dl>{rows}</dl>" if rows else ""


def _body(one: Mapping[str, Any]) -> str:
    if "requestBody" not in one:
        return ""
    left_out = "" if one["requestBody"]["required"] else " (may be left out)"
    content = one["requestBody"]["content"]["application/json"]
    return f"<h3>Body</h3><p>{_type(content['schema'])}{left_out}</p>"


def _answers(one: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    rows = ""
    shared = document["components"]["responses"]
    for status, given in one["responses"].items():
        answer = shared[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
        shapes = ", ".join(
            f"<small>{escape(media)}</small> {_type(content['schema'])}"
            for media, content in answer.get("content", {}).items()
            if status < _SUCCESS_BELOW
        )
        headers = ", ".join(f"<code>{escape(name)}</code>" for name in answer.get("headers", ()))
        rows += f"<dt>{status} {shapes}</dt><dd>{_prose(answer['description'])}"
        rows += f"<br><small>{headers}</small></dd>" if headers else "</dd>"
    return f"<h3>Answers</h3><dl>{rows}</dl>"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = (
        "".join(
            f"<dt><code>{escape(member)}</code>{'' if member in required else '?'} <small>{_type(one)}</small></dt>"
            f"<dd>{_prose(one.get('description', ''))}</dd>"
            for member, one in schema.get("properties", {}).items()
        )
        or f"<dt>{_type(schema)}</dt>"
    )
    about = _prose(schema.get("description", ""))
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<p>{about}</p><dl>{rows}</dl></details>"
    )


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with links to what it refers to."""
    return " or ".join(dict.fromkeys(_types(schema))) or "any JSON value"


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        yield f'<a href="#schema-{name}">{name}</a>'
    elif "anyOf" in schema or "oneOf" in schema:
        for one in schema.get("anyOf", schema.get("oneOf")):
            yield _type(one)
    elif "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        yield " or ".join(f"<code>{escape(str(one)) or '&quot;&quot;'}</code>" for one in values)
    elif schema.get("type") == "array":
        yield f"list of ({_type(schema.get('items', {}))})"
    elif isinstance(extra := schema.get("additionalProperties"), dict):
        yield f"names → ({_type(extra)})"
    elif "type" in schema:
        yield escape(str(schema["type"])) + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    words = {
        "minimum": "from",
        "maximum": "to",
        "minLength": "from",
        "maxLength": "to",
        "maxItems": "to",
        "format": "as",
    }
    said = [f"{word} {schema[name]}" for name, word in words.items() if name in schema]
    return escape(f" ({', '.join(said)})") if said else ""


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text)).replace("\n\n", "</p><p>")


def _anchor(tag: str) -> str:
    return escape(tag.lower().replace(" ", "-"))
