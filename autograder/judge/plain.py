"""Checks of a plain nbgrader course, which know nothing of the judge: their own ways to test are counted and work.

Besides `assert`, a site is a statement that calls an `assert…` of NumPy, pandas or unittest, or that stands in
`with pytest.raises(…)` or its like. Where such a statement, or a `try`, waits for an exception, what the learner's code
raised arrives as an exception of the awaited class. The value of the last expression is partial credit.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from autograder.judge.asserts import Rewriter
from autograder.judge.errors import LearnerError, NotPlain

AWAITED = "__awaited__"  # the names under which a rewritten check finds these functions
CALLED = "__called__"
LAST = "__last__"
RAISES = {"raises": 1, "assertRaises": 1, "assert_raises": 1, "assertRaisesRegex": 2, "assert_raises_regex": 2}
# The number is the position of the function, where one is passed instead of a block.


class PlainRewriter(Rewriter, ast.NodeTransformer):
    """Rewrites a check cell of a plain course, which may catch what its own assertions raise, to sum up points."""

    counts_reached = True

    def visit_Module(self, node: ast.Module) -> ast.Module:
        last = node.body[-1] if node.body else None
        if isinstance(last, ast.Expr) and _site_name(last.value) is None:
            last.value = ast.copy_location(_call(LAST, [last.value]), last.value)
        self.generic_visit(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        self.generic_visit(node)
        return self.site(node, None, [node]) if _site_name(node.value) is not None else node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        position = RAISES.get(_name(node) or "", len(node.args))
        if position < len(node.args):
            node.args[position] = _call(CALLED, [_lazily(node.args[0]), node.args[position]])
        return node

    def visit_With(self, node: ast.With) -> ast.stmt:
        self.generic_visit(node)
        awaited = [i.context_expr.args[0] for i in node.items if _awaits(i.context_expr)]  # type: ignore[attr-defined]
        if not awaited:
            return node
        node.body = [_within(awaited, node.body)]
        return self.site(node, None, [node])

    def visit_Try(self, node: ast.Try) -> ast.Try:
        self.generic_visit(node)
        awaited = [h.type for h in node.handlers if h.type is not None]
        if awaited:
            node.body = [_within(awaited, node.body)]
        return node


class Awaited:
    """Around a block: what the learner's code raises there becomes an exception of a class that is waited for.

    Args:
        kinds: gives the classes: one, or tuples of them.
    """

    def __init__(self, kinds: Callable[[], Any]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, LearnerError) or isinstance(error, NotPlain):
            return  # the learner's code raised nothing: what it returned cannot be used
        for wanted in _flat(self._kinds()):
            if (fitting := _fitting(wanted, error)) is not None:
                raise fitting from None


def called(kinds: Callable[[], Any], function: Any) -> Any:
    """`function`, with `Awaited` around each call."""

    def call(*args: Any, **kwargs: Any) -> Any:
        with Awaited(kinds):
            return function(*args, **kwargs)

    return call


def _fitting(kind: Any, error: LearnerError) -> BaseException | None:
    """`error` as an exception that `except kind` catches; None where the learner's is none such."""
    if not (isinstance(kind, type) and issubclass(kind, BaseException)) or issubclass(LearnerError, kind):
        return None
    own: type[BaseException] = getattr(builtins, error.kind)
    if issubclass(own, kind):
        kind = own
    elif kind.__name__ not in error.names or getattr(builtins, kind.__name__, None) is kind:
        return None
    made: BaseException = kind.__new__(kind, error.text)
    made.args = (error.text,)
    return made


def _flat(kinds: Any) -> Iterator[Any]:
    if isinstance(kinds, tuple):
        for kind in kinds:
            yield from _flat(kind)
    else:
        yield kinds


def _name(node: ast.expr) -> str | None:
    """The last part of what is called."""
    if not isinstance(node, ast.Call):
        return None
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)


def _site_name(node: ast.expr) -> str | None:
    name = _name(node)
    return name if name is not None and (name.startswith("assert") or name == "raises") else None


def _awaits(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _name(node) in RAISES and bool(node.args)


def _within(kinds: list[ast.expr], body: list[ast.stmt]) -> ast.With:
    every = ast.Tuple(elts=list(kinds), ctx=ast.Load())
    item = ast.withitem(context_expr=_call(AWAITED, [_lazily(every)]))
    return ast.copy_location(ast.With(items=[item], body=body), body[0])


def _lazily(node: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(args=nothing, body=node)


def _call(name: str, args: list[ast.expr]) -> ast.Call:
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=args, keywords=[])
