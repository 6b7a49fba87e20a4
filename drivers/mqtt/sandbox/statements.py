"""Statements: text, `{{ … }}`, `{% if %}` and `{% set %}`. There are no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from jinja2 import nodes

from drivers.mqtt.sandbox.calls import Eval
from drivers.mqtt.sandbox.expressions import Expressions
from drivers.mqtt.sandbox.run import Namespace, Run
from drivers.mqtt.sandbox.syntax import why_not_syntax
from drivers.mqtt.template_error import TemplateError

Statement: TypeAlias = Callable[[Run, list[str]], None]
"""Appends what it writes."""

Store: TypeAlias = Callable[[Run, Any], None]


def body(expressions: Expressions, items: Sequence[nodes.Node]) -> tuple[Statement, ...]:
    """Raises `TemplateError` for what is not allowed."""
    expressions.deeper()
    found: list[Statement] = []
    for node in items:
        how = _KINDS.get(type(node))
        if how is None:
            raise TemplateError(why_not_syntax(type(node).__name__))
        found.extend(how(expressions, node))
    expressions.higher()
    return tuple(found)


def _output(expressions: Expressions, node: nodes.Output) -> list[Statement]:
    return [
        _constant(part.data) if isinstance(part, nodes.TemplateData) else _written(expressions.compile(part))
        for part in node.nodes
    ]


def _constant(text: str) -> Statement:
    return lambda run, out: out.append(text)


def _written(value: Eval) -> Statement:
    def write(run: Run, out: list[str]) -> None:
        text = run.text(value(run))
        run.charge(len(text))
        out.append(text)

    return write


def _if(expressions: Expressions, node: nodes.If) -> list[Statement]:
    cases = [(expressions.compile(case.test), body(expressions, case.body)) for case in (node, *node.elif_)]
    otherwise = body(expressions, node.else_ or [])

    def branch(run: Run, out: list[str]) -> None:
        chosen = next((statements for test, statements in cases if test(run)), otherwise)
        for statement in chosen:
            statement(run, out)

    return [branch]


def _assign(expressions: Expressions, node: nodes.Assign) -> list[Statement]:
    value = expressions.compile(node.node)
    store = _target(expressions, node.target)
    return [lambda run, out: store(run, value(run))]


def _assign_block(expressions: Expressions, node: nodes.AssignBlock) -> list[Statement]:
    if node.filter is not None:
        raise TemplateError(why_not_syntax("FilterBlock"))
    statements = body(expressions, node.body)
    store = _target(expressions, node.target)

    def keep(run: Run, out: list[str]) -> None:
        inner: list[str] = []
        for statement in statements:
            statement(run, inner)
        run.fits(sum(map(len, inner)))
        store(run, "".join(inner))

    return [keep]


def _target(expressions: Expressions, node: nodes.Node) -> Store:
    if isinstance(node, nodes.Name):
        name = node.name
        expressions.know(name)
        return lambda run, value: run.variables.__setitem__(name, value)
    if isinstance(node, nodes.NSRef):
        return _namespace_target(expressions, node)
    if isinstance(node, nodes.Tuple):
        stores = [_target(expressions, item) for item in node.items]

        def store(run: Run, value: Any) -> None:
            values = list(value)
            if len(values) != len(stores):
                raise ValueError(f"{len(stores)} names cannot take {len(values)} values")
            for one, item in zip(stores, values, strict=True):
                one(run, item)

        return store
    raise TemplateError(why_not_syntax(type(node).__name__))


def _namespace_target(expressions: Expressions, node: nodes.NSRef) -> Store:
    of, attribute = expressions.compile(nodes.Name(node.name, "load")), node.attr

    def store(run: Run, value: Any) -> None:
        space = of(run)
        if not isinstance(space, Namespace):
            raise ValueError(f"{node.name} is no namespace")
        space.names[attribute] = value

    return store


_KINDS: Final[dict[type, Callable[[Expressions, Any], list[Statement]]]] = {
    nodes.Output: _output,
    nodes.If: _if,
    nodes.Assign: _assign,
    nodes.AssignBlock: _assign_block,
}
