"""Is every place found where a lab would read badly, with its line and a fix?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.build import build_lab
from autograder.authoring.reading_rules import hard_to_read
from autograder.authoring.source import read_source
from autograder.errors import AuthorErrors

LAB = '''\
# ---
# jupyter:
#   lab:
#     title: A lab
#     question: Does it read well?
#     minutes: {core: 60, all: 90}
#     core: [one]
#     seconds: 1
#     objectives: [one, two, three]
#     prerequisites: []
#     covers: {}
# ---

# %% [markdown]
# # A lab
#
# ```mermaid
# flowchart LR
#   accTitle: Two boxes
#   accDescr: One leads to two.
#   one --> two
# ```
#
# ```
# # no heading, but code
# ```

# %% kind="setup"
# Imports.
from prodml import begin, check

begin("90_lab")

# %% kind="exercise" name="one" exports=["one"]
def one():
    """The number 1."""
    ### BEGIN SOLUTION
    return 1  # a line of the solution may be as long as its author likes, because no learner ever sees it, however long
    ### END SOLUTION

# %% kind="check" name="one" points=1
with check("one"):
    assert one() == 1, "One is 1, and this line of a folded cell may be as long as it needs to be, because it is wrapped."

# %% [markdown] kind="hints" name="one"
# 1. Count.
# 2. Stop early.

# %% kind="explore"
total = one() + 1

# %% [markdown]
# What follows takes 30 minutes more.

# %% [markdown] deeper=30
# ## Two

# %% [markdown]
# ### A part of it

# %% kind="setup"
# Twice as much.
twice = 2

# %% kind="exercise" name="two" exports=["two"]
def two():
    """The number 2."""
    ### BEGIN SOLUTION
    return twice
    ### END SOLUTION

# %% kind="check" name="two" points=1
with check("two"):
    assert two() == 2, "Two is 2."

# %% [markdown] kind="hints" name="two"
# 1. Count.
# 2. Stop later.

# %% kind="explore"
more = two() + total

# %% [markdown]
# ## The end

# %% kind="explore"
print(total)
'''

DEEPER = "# %% [markdown] deeper=30\n"
MISTAKES = {
    "a core that is none": ("core: [one]", "core: [three]", "`core` does not name", 1),
    "four in the core": ("core: [one]", "core: [one, one, one, one]", "`core` does not name", 1),
    "too long a core": ("{core: 60,", "{core: 80,", "minutes are too many", 1),
    "a core longer than all": ("all: 90}", "all: 50}", "minutes are too many", 1),
    "core exercise in a deeper section": ("core: [one]", "core: [two]", "'two' of the core stands in a deeper section", None),
    "deeper exercise in the core": (DEEPER, "# %% [markdown]\n", "'two' is not of the core", None),
    "deeper without minutes": ("deeper=30", "deeper=true", "no number of minutes", None),
    "text beside a deeper heading": ("# ## Two\n", "# ## Two\n# *hard*\n#\n# A text.\n", "which stays open", None),
    "heading in the middle": ("# What follows", "# What follows\n# ### Soon", "heading in the middle", None),
    "core reads a deeper name": ("print(total)", "print(more)", "reads 'more'", None),
    "a setup cell without a sentence": ("# Imports.\n", "", "first line says nothing: from prodml", None),
    "a folded cell with a word": ("# Twice as much.", "# twice", "first line says nothing: # twice", None),
    "a wide open line": ("total = one() + 1", f"total = one() + 1  # {'wide ' * 20}", "characters in a line", None),
    "a wide docstring": ('"""The number 1."""', f'"""The number 1{" and nothing else" * 6}."""', "characters in a line", None),
    "a diagram without a description": ("#   accDescr: One leads to two.\n", "", "without `accDescr:`", None),
}  # fmt: skip


def mistakes_of(folder: Path, text: str) -> list[str]:
    (folder / "lab.py").write_text(text, encoding="utf-8")
    return [str(error) for error in hard_to_read(read_source(folder))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "90_lab"
    folder.mkdir()
    return folder


def test_a_lab_that_reads_well_breaks_no_rule(folder: Path) -> None:
    assert mistakes_of(folder, LAB) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_found(folder: Path, name: str) -> None:
    old, new, says, line = MISTAKES[name]
    assert old in LAB
    text = LAB.replace(old, new, 1)
    found = mistakes_of(folder, text)
    assert any(says in mistake for mistake in found), found
    if line is not None:
        assert any(f"lab.py:{line}:" in mistake for mistake in found), found


def test_deeper_needs_a_heading(folder: Path) -> None:
    text = LAB.replace("# ## Two", "# Two")
    assert any("no number of minutes at a heading" in mistake for mistake in mistakes_of(folder, text))


def test_the_line_is_the_one_to_change(folder: Path) -> None:
    """Does a place after a solution, which counts for nothing, keep its line?"""
    text = LAB.replace("total = one() + 1", f"total = one() + 1  # {'wide ' * 20}")
    line = next(n for n, text in enumerate(text.splitlines(), 1) if "wide" in text)
    assert any(f"lab.py:{line}:" in mistake for mistake in mistakes_of(folder, text))


def test_the_learners_notebook_is_folded_accordingly(folder: Path) -> None:
    """Are deeper sections collapsed under their heading, and is the core named in the metadata?"""
    (folder / "lab.py").write_text(LAB, encoding="utf-8")
    nb = build_lab(folder).learner
    collapsed = [c.source for c in nb.cells if c.metadata.get("jp-MarkdownHeadingCollapsed")]
    assert collapsed == ["## Two"]
    assert (nb.metadata.lab.minutes, nb.metadata.lab.core_minutes, nb.metadata.lab.core) == (90, 60, ["one"])
    folded = [c.id for c in nb.cells if c.metadata.get("jupyter") == {"source_hidden": True}]
    assert folded == ["setup-1", "check-one", "setup-2", "check-two"]


def test_a_lab_that_reads_badly_is_not_built(folder: Path) -> None:
    (folder / "lab.py").write_text(LAB.replace("print(total)", "print(more)"), encoding="utf-8")
    with pytest.raises(AuthorErrors, match="reads 'more'"):
        build_lab(folder)
