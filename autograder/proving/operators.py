"""What a mutant changes: mutation operators as data, and those that need more than a table.

Why not a mutation library's: cosmic-ray's and mutmut's operators have comparisons, numbers and arithmetic, but neither
drops a statement, swaps arguments, or changes an axis or an order; both work on modules with a test suite of their own.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<", ">="),
    ast.Gt: (">=", "<"),
    ast.GtE: (">", "<="),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
}
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "/",
    ast.Mod: "//",
    ast.Pow: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
NAMES = {  # of functions and methods
    "abs": "float",
    "all": "any",
    "any": "all",
    "argmax": "argmin",
    "argmin": "argmax",
    "ceil": "floor",
    "cumsum": "sum",
    "first": "last",
    "floor": "ceil",
    "head": "tail",
    "idxmax": "idxmin",
    "idxmin": "idxmax",
    "intersection": "union",
    "last": "first",
    "max": "min",
    "maximum": "minimum",
    "mean": "median",
    "median": "mean",
    "min": "max",
    "minimum": "maximum",
    "nanmax": "nanmin",
    "nanmean": "mean",
    "nanmedian": "nanmean",
    "nanmin": "nanmax",
    "nansum": "sum",
    "ones": "zeros",
    "reversed": "list",
    "setdefault": "pop",
    "sorted": "list",
    "sum": "max",
    "tail": "head",
    "union": "intersection",
    "zeros": "ones",
}
COMMUTES = {"max", "min", "maximum", "minimum", "union1d", "intersect1d", "gcd", "hypot", "logical_and", "logical_or"}
WORDS = {"left": "right", "right": "left", "inner": "outer", "outer": "inner", "first": "last", "last": "first"}


@dataclass(frozen=True)
class Edit:
    """One place of a source: what stands between two offsets becomes `text`. `operator` names the kind."""

    operator: str
    start: int
    end: int
    text: str


Changed = Iterator[tuple[ast.AST | tuple[int, int], str]]  # a node or the offsets of a place, and what comes there
Operator = Callable[[ast.AST, "Text"], Changed]


class Text:
    """A source, with the offsets of its nodes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._bytes = source.splitlines(keepends=True)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Offsets of the first character of a node and of that behind its last."""
        return (
            self._offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self._offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.source[start:end]

    def _offset(self, line: int, column: int) -> int:
        text = self._bytes[line - 1]  # columns count bytes
        return self._lines[line - 1] + len(text.encode()[:column].decode())


def comparison(node: ast.AST, text: Text) -> Changed:
    """Another comparison: the boundary, the opposite."""
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
            for other in COMPARISONS[type(operator)]:
                yield _between(left, right, other, text)


def arithmetic(node: ast.AST, text: Text) -> Changed:
    """Another sign."""
    if isinstance(node, ast.BinOp) and (other := ARITHMETIC.get(type(node.op))):
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return
        yield _between(node.left, node.right, other, text)
    if isinstance(node, ast.AugAssign) and (other := ARITHMETIC.get(type(node.op))):
        yield node, f"{text.of(node.target)} {other}= {text.of(node.value)}"


def logic(node: ast.AST, text: Text) -> Changed:
    """`and` for `or`, one operand less, no negation, one side of a condition."""
    if isinstance(node, ast.BoolOp):
        other = " or " if isinstance(node.op, ast.And) else " and "
        yield node, "(" + other.join(f"({text.of(v)})" for v in node.values) + ")"
        for left_out in range(len(node.values)):
            rest = [f"({text.of(v)})" for n, v in enumerate(node.values) if n != left_out]
            yield node, "(" + (" and " if isinstance(node.op, ast.And) else " or ").join(rest) + ")"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield node, f"({text.of(node.operand)})"
    if isinstance(node, ast.IfExp):
        yield node, f"({text.of(node.body)})"
        yield node, f"({text.of(node.orelse)})"


def constant(node: ast.AST, text: Text) -> Changed:
    """Off by one, half, twice, the other word, the other truth."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield node, str(not node.value)
    elif isinstance(node.value, int):
        yield node, str(node.value + 1)
        if node.value:
            yield node, str(node.value - 1)
    elif isinstance(node.value, float):
        yield node, repr(node.value * 2 if node.value else 1.0)
        if node.value:
            yield node, repr(node.value / 2)
    elif isinstance(node.value, str):
        yield node, repr(WORDS.get(node.value, node.value + "x"))


def call(node: ast.AST, text: Text) -> Changed:
    """Another function, swapped arguments, a keyword less."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in NAMES:
        end = text.span(node.func)[1]
        yield (end - len(name), end), NAMES[name]
    for first, second in zip(node.args, node.args[1:], strict=False) if name not in COMMUTES else ():
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            span = text.span(first)[0], text.span(second)[1]
            between = text.source[text.span(first)[1] : text.span(second)[0]]
            yield span, f"{text.of(second)}{between}{text.of(first)}"
    for keyword in node.keywords:
        if keyword.arg is not None and (node.args or len(node.keywords) > 1):
            parts = [text.of(a) for a in node.args] + [text.of(k) for k in node.keywords if k is not keyword]
            yield node, f"{text.of(node.func)}({', '.join(parts)})"
        elif keyword.arg is not None:
            yield node, f"{text.of(node.func)}()"


def order(node: ast.AST, text: Text) -> Changed:
    """Elements of a tuple swapped."""
    pair = node.elts if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) else []
    for first, second in itertools.pairwise(pair):
        if ast.dump(first) != ast.dump(second) and not isinstance(first, ast.Slice) | isinstance(second, ast.Slice):
            between = text.source[text.span(first)[1] : text.span(second)[0]]
            yield (text.span(first)[0], text.span(second)[1]), f"{text.of(second)}{between}{text.of(first)}"


def branch(node: ast.AST, text: Text) -> Changed:
    """A branch always or never taken, a filter that lets all through, another error."""
    if isinstance(node, ast.If):
        yield node.test, "True"
        yield node.test, "False"
    if isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield test, "True"
    if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id != "ZeroDivisionError":
        yield node.type, "ZeroDivisionError"
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(raised, ast.Name) and raised.id != "RuntimeError":
            yield raised, "RuntimeError"


def _between(left: ast.AST, right: ast.AST, other: str, text: Text) -> tuple[tuple[int, int], str]:
    """`other` for the operator between two operands; brackets around them stay."""
    start, end = text.span(left)[1], text.span(right)[0]
    gap = text.source[start:end]
    before, behind = gap[: len(gap) - len(gap.lstrip(" )\n"))], gap[len(gap.rstrip(" (\n")) :]
    return (start, end), f"{before}{other}{behind}"


OPERATORS: dict[str, Operator] = {
    "comparison": comparison,
    "arithmetic": arithmetic,
    "logic": logic,
    "constant": constant,
    "call": call,
    "order": order,
    "branch": branch,
}
