"""Which names a cell binds and which it reads."""

from __future__ import annotations

import builtins
import symtable
from dataclasses import dataclass

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "get_ipython", "display"}


@dataclass(frozen=True)
class Names:
    """Names of a cell.

    Attributes:
        bound: assigned, imported or defined at the top of the cell, or through `global`.
        loaded: read from the notebook's namespace, in functions too; builtins left out.
    """

    bound: frozenset[str]
    loaded: frozenset[str]

    @property
    def needed(self) -> frozenset[str]:
        """Names that another cell must have bound."""
        return self.loaded - self.bound


def names_of(source: str) -> Names:
    """The names of a code cell.

    Raises:
        SyntaxError: the cell is not plain Python (magics are not).
    """
    top = symtable.symtable(source, "<cell>", "exec")
    bound = {s.get_name() for s in top.get_symbols() if _binds(s)}
    loaded = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    for table in _inner(top):
        for symbol in table.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                loaded.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
    return Names(frozenset(bound), frozenset(loaded - (BUILTINS - bound)))


def without_magics(source: str) -> str:
    """The cell as plain Python."""
    from IPython.core.inputtransformer2 import TransformerManager

    return str(TransformerManager().transform_cell(source))


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _inner(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    found: list[symtable.SymbolTable] = []
    for child in table.get_children():
        found += [child, *_inner(child)]
    return found
