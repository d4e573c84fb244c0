"""Are the names found that a cell binds and reads?"""

from __future__ import annotations

import pytest

from autograder.authoring.names import names_of


@pytest.mark.parametrize(
    ("source", "bound", "loaded"),
    [
        ("x = y + 1", {"x"}, {"y"}),
        ("import a.b\nfrom c import d as e", {"a", "e"}, set()),
        ("def f(x):\n    return x + g(y)", {"f"}, {"g", "y"}),
        ("def f():\n    global z\n    z = 1", {"f", "z"}, set()),
        ("[i * k for i in r]", set(), {"k", "r"}),
        ("for i in range(3):\n    print(i)", {"i"}, {"i"}),
        ("with open('p') as f:\n    pass", {"f"}, set()),
        ("class A(B):\n    def m(self):\n        return C", {"A"}, {"B", "C"}),
        ("try:\n    pass\nexcept E as error:\n    error", {"error"}, {"E", "error"}),
        ("(n := m)", {"n"}, {"m"}),
        ("len = 3\nlen", {"len"}, {"len"}),
    ],
)
def test_bound_and_loaded(source: str, bound: set[str], loaded: set[str]) -> None:
    names = names_of(source)
    assert names.bound == bound
    assert names.loaded == loaded


def test_needed_leaves_out_what_the_cell_binds_itself() -> None:
    assert names_of("x = 1\ny = x + z").needed == {"z"}


def test_a_magic_is_no_python() -> None:
    with pytest.raises(SyntaxError):
        names_of("%matplotlib inline")
