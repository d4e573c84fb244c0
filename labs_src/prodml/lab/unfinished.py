"""What a cell would have made, had the exercise above it been done: a placeholder that says so.

Without it, a cell that uses `by_month` after the cell that makes it has met a stub's NotImplementedError would end
with a NameError, which sends the learner looking for a mistake that is not there.
"""

from __future__ import annotations

import symtable
from typing import Any


class Unfinished:
    """Stands where a value is not there yet; whatever is done with it raises NotImplementedError."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name} is not there yet: the cell that makes it waits for an exercise>"

    def __getattr__(self, name: str) -> Any:
        return _refuse(self)


def _refuse(self: Unfinished, *args: Any, **kwargs: Any) -> Any:
    name = object.__getattribute__(self, "_name")
    raise NotImplementedError(f"`{name}` comes from a cell above that waits for an exercise. Run it again when done.")


for _name in (
    *("call", "bool", "len", "iter", "next", "contains", "getitem", "setitem", "delitem", "hash", "format", "array"),
    *("eq", "ne", "lt", "le", "gt", "ge", "int", "float", "complex", "index", "round", "enter", "exit"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod"),
    *("pow", "rpow", "matmul", "rmatmul", "and", "rand", "or", "ror", "xor", "rxor", "neg", "pos", "abs", "invert"),
):
    setattr(Unfinished, f"__{_name}__", _refuse)


def watch_for_unfinished() -> None:
    """From now on, a cell that ends with NotImplementedError leaves placeholders for the names that it did not bind."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None and _leave_placeholders not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _leave_placeholders)


def _leave_placeholders(result: Any) -> None:
    if not isinstance(result.error_in_exec, NotImplementedError):
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    for name in bound(shell.transform_cell(result.info.raw_cell)):
        shell.user_ns.setdefault(name, Unfinished(name))


def bound(source: str) -> list[str]:
    """The names that a cell binds, its imports among them."""
    symbols = symtable.symtable(source, "<cell>", "exec").get_symbols()
    return [s.get_name() for s in symbols if s.is_assigned() or s.is_imported()]
