"""Rewrite a check so that every assert site is counted: points need proof that the assertions ran."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from autograder.judge.errors import LearnerError

SITE = "__site__"  # the name under which a rewritten check finds its Sites


class SiteFailed(AssertionError):
    """Raised in the judge when an assert site did not hold.

    Attributes:
        site: number of the site.
        words: the message as evaluated; it may hold the learner's values. None where there is none.
        error: what the learner's code raised while the site was evaluated, or None.
    """

    def __init__(self, site: int, words: str | None, error: LearnerError | None = None) -> None:
        super().__init__(words or "")
        self.site, self.words, self.error = site, words, error


@dataclass(frozen=True)
class SiteText:
    """An assert as written: its line in the cell and its message, if that is one string literal."""

    line: int
    literal: str | None


@dataclass
class Sites:
    """Counts how often each assert site held or, in a plain course, where a check may catch its own, was reached."""

    texts: list[SiteText]
    reached: bool = False
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.texts)

    def __call__(self, number: int, words: Any) -> _Site:
        return _Site(self, number, words)


class _Site:
    """`with site as held: held(test)` stands where `assert test, words()` stood."""

    def __init__(self, sites: Sites, number: int, words: Any) -> None:
        self.sites, self.number, self.words = sites, number, words

    def __enter__(self) -> _Site:
        self.sites.counts[self.number] += self.sites.reached
        return self

    def __call__(self, test: Any) -> None:
        if not test:
            raise SiteFailed(self.number, self._words())
        self.sites.counts[self.number] += not self.sites.reached

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, LearnerError):
            raise SiteFailed(self.number, self._words(), error) from None

    def _words(self) -> str | None:
        if self.words is None:
            return None
        try:
            return str(self.words())
        except (LearnerError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, NameError):
            return None  # a message that formats a value which the learner did not return


class Rewriter(ast.NodeTransformer):
    """Puts a counted site in place of every `assert`.

    Attributes:
        texts: the sites in the order of their numbers.
    """

    counts_reached = False

    def __init__(self) -> None:
        self.texts: list[SiteText] = []

    def visit_Assert(self, node: ast.Assert) -> ast.With:
        held = ast.Name(id=f"__held_{len(self.texts)}__", ctx=ast.Load())
        call = ast.Expr(ast.Call(func=held, args=[node.test], keywords=[]))
        return self.site(node, node.msg, [ast.copy_location(call, node)])

    def site(self, node: ast.stmt, message: ast.expr | None, body: list[ast.stmt]) -> ast.With:
        """`with __site__(number, words) as held: body`."""
        number = len(self.texts)
        literal = message.value if isinstance(message, ast.Constant) and isinstance(message.value, str) else None
        self.texts.append(SiteText(node.lineno, literal))
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        words = ast.Lambda(args=nothing, body=message) if message else ast.Constant(value=None)
        site = ast.Call(func=ast.Name(id=SITE, ctx=ast.Load()), args=[ast.Constant(value=number), words], keywords=[])
        item = ast.withitem(context_expr=site, optional_vars=ast.Name(id=f"__held_{number}__", ctx=ast.Store()))
        return ast.copy_location(ast.With(items=[item], body=body), node)


def count_sites(source: str, rewriter: type[Rewriter] = Rewriter) -> list[SiteText]:
    """The sites of a cell by their numbers.

    Raises:
        SyntaxError: the cell is not Python.
    """
    return _rewrite(source, rewriter)[1]


def rewrite(source: str, filename: str, rewriter: type[Rewriter] = Rewriter) -> tuple[Any, Sites]:
    """Compile a check cell with every site counted."""
    tree, texts = _rewrite(source, rewriter)
    return compile(tree, filename, "exec"), Sites(texts, rewriter.counts_reached)


def _rewrite(source: str, rewriter: type[Rewriter]) -> tuple[ast.Module, list[SiteText]]:
    ours = rewriter()
    tree = ours.visit(ast.parse(source))
    return ast.fix_missing_locations(tree), ours.texts
