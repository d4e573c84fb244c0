"""Is what a teacher sees of a submission text, in nbgrader's pages as in a terminal, and never more?"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from attack_samples import notebooks, shown
from attack_samples.target import GOOD, SECRET, Attack
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from autograder.authoring.build import Built
from autograder.authoring.notebooks import to_text
from autograder.course.autograded import write_autograded
from autograder.course.shown import MACROS, ids_of_page
from autograder.marking.marker import Marker
from autograder.plain_text import UNSEEN

# What can load, run, send or hide something in a page.
RISKY = ["script", "style", "link", "meta", "base", "iframe", "object", "embed", "form", "input", "button", "img", "svg",
         "video", "audio", "details", "template", "math", "title"]  # fmt: skip
PAGES = {  # as FormgradeExtension and GenerateFeedback configure them
    "formgrade": {"resources": {"index": 0, "total": 1, "base_url": "", "submission_id": "1", "notebook_id": "n", "assignment_id": "a",
                                "student": "mallory", "notebook_path": "n"}},
    "feedback": {"resources": {"nbgrader": {"notebook": "n", "score": 0, "max_score": 1, "late_penalty": 0}}},
}  # fmt: skip
Page = Callable[[str, Path], BeautifulSoup]


@pytest.fixture(scope="module")
def page() -> Page:
    """`page(template, notebook)`: what nbgrader makes of it."""
    css = Path(handlers.static_path, "node_modules", "bootstrap", "dist", "css")
    exporters = {}
    for template in PAGES:
        config = Config(
            {"HTMLExporter": {"template_name": template, "extra_template_basedirs": [handlers.template_path]}}
        )
        config.HTMLExporter.extra_template_paths = [str(css)]
        exporters[template] = HTMLExporter(config=config)

    def render(template: str, path: Path) -> BeautifulSoup:
        nb = nbformat.read(path, as_version=4)
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):
                cell.metadata.nbgrader["score"] = 0.0  # as GetGrades reads it from the gradebook
        html, _ = exporters[template].from_notebook_node(nb, resources=copy.deepcopy(PAGES[template]["resources"]))
        return BeautifulSoup(html, "html.parser")

    return render


@pytest.fixture(scope="module")
def autograded(marker: Marker, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Attack], Path]:
    """Judge an attack, and write what a teacher looks at."""

    def write(attack: Attack) -> Path:
        nb = copy.deepcopy(built.learner)
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = {**GOOD, **attack.cells}.get(name, cell.source)
        content = (attack.change(nb) if attack.change else None) or to_text(nb).encode()
        result, source = marker.mark("mallory", content, only=["double"]), to_text(built.nbgrader_source).encode()
        course = tmp_path_factory.mktemp("course")
        return write_autograded(course, marker.assignment, source, content, result, "") / "92_target.ipynb"

    return write


@pytest.fixture(scope="module")
def honest(autograded: Callable[[Attack], Path], page: Page) -> dict[str, Counter[str]]:
    """What does something in the pages of an honest submission: nbgrader's own."""
    path = autograded(Attack("honest", "P7"))
    return {template: risks(page(template, path)) for template in PAGES}


def risks(page: BeautifulSoup) -> Counter[str]:
    """Elements and attributes that do something, with how often each stands there."""
    found: Counter[str] = Counter()
    for element in page.find_all(True):
        if element.name in RISKY:
            found[str(element)[:2000]] += 1
        for name, value in element.attrs.items():
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "action"):
                found[f"{name}={value}"] += 1
            if name in ("href", "src") and not str(value).lower().startswith(
                ("http:", "https:", "#", "/", "data:image")
            ):
                found[f"{name}={value}"] += 1
    return found


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in [*shown.ATTACKS, *notebooks.ATTACKS]])
def test_a_page_shows_text(
    autograded: Callable[[Attack], Path], page: Page, honest: dict[str, Counter[str]], attack: Attack
) -> None:
    """Nothing but what stands in the page of an honest submission does anything, and all can be read."""
    path = autograded(attack)
    assert SECRET not in path.read_text()
    for template, expected in honest.items():
        seen = page(template, path)
        assert risks(seen) - expected == Counter()
        assert not UNSEEN.search(seen.get_text())
        assert not {h.get("id") for h in seen.find_all(["h1", "h2"])} & ids_of_page(["double", "check_double"])
        assert "92 · A target" in seen.get_text()
        assert len(str(seen)) < 3_000_000


def test_a_page_shows_as_many_cells_as_it_can_hold(autograded: Callable[[Attack], Path]) -> None:
    attack = next(a for a in shown.ATTACKS if a.name == "1,500 cells")
    nb = nbformat.read(autograded(attack), as_version=4)
    assert sum(cell.id.startswith("added") for cell in nb.cells) == 200
    assert "1300 more cells of the learner's own" in nb.cells[0].source
    text = "\n".join(cell.source for cell in nb.cells)
    assert "cell 199\n" in text + "\n"
    assert "cell 200\n" not in text + "\n"


@pytest.mark.parametrize("name", sorted(shown.MARKDOWN.keys() - shown.TEXT_ANYWAY))
def test_a_page_of_the_notebook_as_it_was_would_do_more(page: Page, tmp_path: Path, name: str) -> None:
    """Is there something to stop, and would it be found?"""
    text = shown.MARKDOWN[name]
    path = tmp_path / "n.ipynb"
    cells = [nbformat.v4.new_markdown_cell("before"), nbformat.v4.new_markdown_cell(text)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells[:1]), path)
    clean = risks(page("formgrade", path))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    if "not there" in name:
        with pytest.raises(InvalidNotebook):
            page("formgrade", path)
    elif "heading with" in name:
        assert page("formgrade", path).find(["h1", "h2"])["id"] in ids_of_page(["double", "check_double"])
    elif "formula" in name:
        assert MACROS.search(text) or "script" in name
    else:
        assert UNSEEN.search(text) or risks(page("formgrade", path)) - clean
