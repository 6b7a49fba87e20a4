"""Expressions: from Jinja's syntax tree to functions of a `Run`.

The tree comes from Jinja's own parser; evaluating it is done here and not by Jinja, whose sandbox keeps templates away from
Python's internals and does not keep them from eating memory and time. What is not listed here does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import nodes

from drivers.mqtt.sandbox import access, formats, operators
from drivers.mqtt.sandbox.calls import (
    Eval,
    apply,
    apply_method,
    check_pattern,
    compared,
    constant,
    literal,
    literal_text,
    nothing,
    wants_run,
)
from drivers.mqtt.sandbox.checks import CHECKS, PATTERN_CHECKS, TEXT_CHECKS
from drivers.mqtt.sandbox.names import CONSTANTS, FILTERS, FUNCTIONS, NEED_A_CLOCK, PATTERN_FILTERS, why_not
from drivers.mqtt.sandbox.run import MAX_NUMBER_BITS, Run, Undefined
from drivers.mqtt.sandbox.syntax import why_not_syntax
from drivers.mqtt.template_error import TemplateError

MAX_DEPTH: Final = 60
"""Of expressions in expressions, and of branches in branches. Publishers need ten."""

MAX_LITERAL_POWER: Final = 12
"""`10**1` is how a widely used library writes the decimals of its numbers: two literals, evaluated when compiled."""

_BINARY: Final[dict[type, operators.Binary]] = {
    nodes.Add: operators.add, nodes.Sub: operators.subtract, nodes.Mul: operators.multiply, nodes.Div: operators.divide,
    nodes.FloorDiv: operators.floor_divide, nodes.Mod: operators.modulo,
}  # fmt: skip


class Expressions:
    """Compiles expressions that may use the variables `known`, and the clock if `timed`. Collects what they look at."""

    def __init__(self, known: frozenset[str], timed: bool) -> None:
        self.read: set[str] = set()
        self.mentions: set[str] = set()
        self._known = set(known)
        self._timed = timed
        self._depth = 0

    def know(self, name: str) -> None:
        """A variable that the template itself sets."""
        self._known.add(name)

    def deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateError(f"the template is nested more than {MAX_DEPTH} deep")

    def higher(self) -> None:
        self._depth -= 1

    def compile(self, node: nodes.Node) -> Eval:
        """Raises `TemplateError` for what is not allowed."""
        how = _KINDS.get(type(node))
        if how is None:
            raise TemplateError(why_not_syntax(type(node).__name__))
        self.deeper()
        try:
            return how(self, node)
        finally:
            self.higher()

    def _const(self, node: nodes.Const) -> Eval:
        value = node.value
        if isinstance(value, int) and value.bit_length() > MAX_NUMBER_BITS:
            raise TemplateError("the template has a number that is too large")
        return constant(value)

    def _name(self, node: nodes.Name) -> Eval:
        name = node.name
        if name in self._known:
            self.read.add(name)

            def load(run: Run) -> Any:
                variables = run.variables
                return variables[name] if name in variables else Undefined(name)

            return load
        if name in CONSTANTS:
            return constant(CONSTANTS[name])
        raise TemplateError(why_not("variable", name))

    def _getattr(self, node: nodes.Getattr) -> Eval:
        of, name = self.compile(node.node), node.attr
        self._mention(node.node, name)

        def get(run: Run) -> Any:
            value = of(run)
            if type(value) is dict and name in value:
                return value[name]
            return access.member(value, name)

        return get

    def _getitem(self, node: nodes.Getitem) -> Eval:
        if isinstance(node.arg, nodes.Slice):
            return self._slice(node.node, node.arg)
        of, key = self.compile(node.node), self.compile(node.arg)
        if isinstance(node.arg, nodes.Const):
            self._mention(node.node, node.arg.value)
        return lambda run: access.entry(of(run), key(run))

    def _slice(self, node: nodes.Node, where: nodes.Slice) -> Eval:
        of = self.compile(node)
        start, stop, step = (
            self.compile(bound) if bound is not None else nothing
            for bound in (where.start, where.stop, where.step)
        )
        return lambda run: access.part(run, of(run), start(run), stop(run), step(run))

    def _binary(self, node: nodes.BinExpr) -> Eval:
        text = literal_text(node.left)
        if text is not None and isinstance(node, nodes.Mod):
            return self._percent(text, node.right)
        if isinstance(node, nodes.Mul) and (text is not None or literal_text(node.right) is not None):
            raise TemplateError("the template repeats a text with *, which is not allowed here")
        operation, left, right = _BINARY[type(node)], self.compile(node.left), self.compile(node.right)
        return lambda run: operation(run, left(run), right(run))

    def _percent(self, text: str, right: nodes.Node) -> Eval:
        formats.check_percent(text)
        value = self.compile(right)

        def write(run: Run) -> Any:
            found = value(run)
            return run.made(formats.percent(run, text, *(found if isinstance(found, tuple) else (found,))))

        return write

    def _power(self, node: nodes.Pow) -> Eval:
        base, exponent = node.left, node.right
        if isinstance(base, nodes.Const) and isinstance(exponent, nodes.Const):
            numbers = (base.value, exponent.value)
            if all(type(number) is int and 0 <= number <= MAX_LITERAL_POWER for number in numbers):
                return constant(base.value**exponent.value)
        raise TemplateError(why_not_syntax("Pow"))

    def _unary(self, node: nodes.UnaryExpr) -> Eval:
        of = self.compile(node.node)
        if isinstance(node, nodes.Not):
            return lambda run: not of(run)
        if isinstance(node, nodes.Neg):
            return lambda run: operators.negative(run, of(run))
        return lambda run: operators.positive(run, of(run))

    def _both(self, node: nodes.And) -> Eval:
        left, right = self.compile(node.left), self.compile(node.right)
        return lambda run: left(run) and right(run)

    def _either(self, node: nodes.Or) -> Eval:
        left, right = self.compile(node.left), self.compile(node.right)
        return lambda run: left(run) or right(run)

    def _choice(self, node: nodes.CondExpr) -> Eval:
        test, yes = self.compile(node.test), self.compile(node.expr1)
        no = self.compile(node.expr2) if node.expr2 is not None else lambda run: Undefined("the other case")
        return lambda run: yes(run) if test(run) else no(run)

    def _compare(self, node: nodes.Compare) -> Eval:
        first = self.compile(node.expr)
        rest = [(operators.COMPARISONS[item.op], self.compile(item.expr)) for item in node.ops]
        for item in node.ops:
            if item.op in ("in", "notin") and isinstance(node.expr, nodes.Const):
                self._mention(item.expr, node.expr.value)
        if len(rest) == 1:
            compare, right = rest[0]
            return lambda run: compared(run, compare, first(run), right(run))

        def chain(run: Run) -> bool:
            left = first(run)
            for compare, other in rest:
                right = other(run)
                if not compared(run, compare, left, right):
                    return False
                left = right
            return True

        return chain

    def _concat(self, node: nodes.Concat) -> Eval:
        parts = [self.compile(part) for part in node.nodes]

        def join(run: Run) -> str:
            texts = [run.text(part(run)) for part in parts]
            run.fits(sum(map(len, texts)))
            return "".join(texts)

        return join

    def _list(self, node: nodes.List | nodes.Tuple) -> Eval:
        parts, kind = (
            [self.compile(item) for item in node.items],
            list if isinstance(node, nodes.List) else tuple,
        )

        if all(isinstance(item, nodes.Const) for item in node.items):
            return constant(kind(literal(item) for item in node.items))

        def make(run: Run) -> Any:
            made = kind([part(run) for part in parts])
            run.weigh(made)
            return made

        return make

    def _dict(self, node: nodes.Dict) -> Eval:
        pairs = [(self.compile(pair.key), self.compile(pair.value)) for pair in node.items]

        if all(
            isinstance(pair.key, nodes.Const) and isinstance(pair.value, nodes.Const) for pair in node.items
        ):
            return constant({literal(pair.key): literal(pair.value) for pair in node.items})

        def make(run: Run) -> dict[Any, Any]:
            made = {key(run): value(run) for key, value in pairs}
            run.weigh(made)
            return made

        return make

    def _filter(self, node: nodes.Filter) -> Eval:
        if node.node is None:
            raise TemplateError(why_not_syntax("FilterBlock"))
        text = literal_text(node.node)
        if node.name == "format":
            if text is None:
                raise TemplateError(
                    "the template formats with a text that is computed: it has to stand in the template"
                )
            formats.check_percent(text)
            return self._call(
                lambda run, _, *values: formats.percent(run, text, *values), True, nothing, node
            )
        function = FILTERS.get(node.name) or PATTERN_FILTERS.get(node.name)
        if function is None:
            raise TemplateError(why_not("filter", node.name))
        self._clock(node.name)
        if node.name in PATTERN_FILTERS:
            check_pattern(node)
        return self._call(function, wants_run(function), self.compile(node.node), node)

    def _test(self, node: nodes.Test) -> Eval:
        check = CHECKS.get(node.name) or PATTERN_CHECKS.get(node.name) or TEXT_CHECKS.get(node.name)
        if check is None:
            raise TemplateError(why_not("test", node.name))
        if node.name in PATTERN_CHECKS:
            check_pattern(node)
        plain = node.name in CHECKS and not node.args and not node.kwargs
        if plain and node.dyn_args is None and node.dyn_kwargs is None:
            of = self.compile(node.node)
            return lambda run: check(of(run))
        return self._call(check, wants_run(check), self.compile(node.node), node)

    def _called(self, node: nodes.Call) -> Eval:
        callee = node.node
        if isinstance(callee, nodes.Getattr):
            return self._method(callee, node)
        if not isinstance(callee, nodes.Name):
            raise TemplateError("the template calls what is not a function")
        function = FUNCTIONS.get(callee.name)
        if function is None or callee.name in self._known:
            raise TemplateError(why_not("function", callee.name))
        self._clock(callee.name)
        arguments, named = self._arguments(node)
        wants = wants_run(function)

        def call(run: Run) -> Any:
            values = [argument(run) for argument in arguments]
            return apply(run, function, wants, values, {key: value(run) for key, value in named})

        return call

    def _method(self, callee: nodes.Getattr, node: nodes.Call) -> Eval:
        name = callee.attr
        arguments, named = self._arguments(node)
        text = literal_text(callee.node)
        if name == "format" and text is not None:
            formats.check_braces(text)
            if named:
                raise TemplateError(
                    "the template formats with names: only short formats such as '{:.1f}' are allowed here"
                )
            return lambda run: run.made(formats.braces(run, text, *(argument(run) for argument in arguments)))
        if name not in access.METHOD_NAMES:
            raise TemplateError(why_not("method", name))
        of = self.compile(callee.node)
        if name == "get" and node.args and isinstance(node.args[0], nodes.Const):
            self._mention(callee.node, node.args[0].value)

        def call(run: Run) -> Any:
            value = of(run)
            if name == "get" and type(value) is dict and len(arguments) == 1:
                return value.get(arguments[0](run))
            values = [argument(run) for argument in arguments]
            return apply_method(run, value, name, values, {key: value(run) for key, value in named})

        return call

    def _call(
        self, function: Callable[..., Any], wants_run: bool, of: Eval, node: nodes.Filter | nodes.Test
    ) -> Eval:
        arguments, named = self._arguments(node)
        if not arguments and not named:
            return lambda run: apply(run, function, wants_run, [of(run)], {})

        def call(run: Run) -> Any:
            values = [of(run), *(argument(run) for argument in arguments)]
            return apply(run, function, wants_run, values, {key: value(run) for key, value in named})

        return call

    def _arguments(self, node: Any) -> tuple[list[Eval], list[tuple[str, Eval]]]:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise TemplateError("the template calls with * or **, which is not allowed here")
        return [self.compile(item) for item in node.args], [
            (item.key, self.compile(item.value)) for item in node.kwargs
        ]

    def _clock(self, name: str) -> None:
        if name in NEED_A_CLOCK and not self._timed:
            raise TemplateError(f"the template asks for the time ({name!r}), which is not known here")

    def _mention(self, node: nodes.Node, member: Any) -> None:
        if isinstance(node, nodes.Name) and node.name == "value_json" and isinstance(member, str):
            self.mentions.add(member)


_KINDS: Final[Mapping[type, Callable[[Expressions, Any], Eval]]] = {
    nodes.Const: Expressions._const, nodes.Name: Expressions._name, nodes.Getattr: Expressions._getattr,
    nodes.Getitem: Expressions._getitem, nodes.Pow: Expressions._power, nodes.Not: Expressions._unary,
    nodes.Neg: Expressions._unary, nodes.Pos: Expressions._unary, nodes.And: Expressions._both, nodes.Or: Expressions._either,
    nodes.CondExpr: Expressions._choice, nodes.Compare: Expressions._compare, nodes.Concat: Expressions._concat,
    nodes.List: Expressions._list, nodes.Tuple: Expressions._list, nodes.Dict: Expressions._dict,
    **dict.fromkeys(_BINARY, Expressions._binary), nodes.Filter: Expressions._filter,
    nodes.Test: Expressions._test, nodes.Call: Expressions._called,
}  # fmt: skip
