"""`labs docs`: the parts of README.md and docs/ that are made from the labs' sources."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli import places
from labs_cli.errors import NotFound, Refused
from labs_cli.screen import core_and_all, core_and_deeper, count, note, points, say

if TYPE_CHECKING:
    from autograder.authoring.source import LabSource


def docs(*, check: bool) -> int:
    """Write the generated parts of the pages, or only say which are out of date; return the exit code."""
    from autograder.authoring.source import read_source
    from labs_cli.proofs import proof_table

    folders = places.lab_dirs()
    labs = [read_source(folder) for folder in folders]
    pages = {
        "README.md": {
            "badge": badge(repository(places.CHECKOUT)),
            "labs": lab_table(labs),
            "topics": topic_table(labs, topics()),
        },
        "docs/checks.md": {"proofs": proof_table(folders)},
    }
    changed = {}
    for name, parts in pages.items():
        old = (places.CHECKOUT / name).read_text(encoding="utf-8")
        new = fill_in(old, parts, name)
        if new != old:
            changed[name] = new
    if not changed:
        say(f"{' and '.join(pages)} are what {count(len(labs), 'lab')} make them.")
    elif check:
        note(f"out of date: {', '.join(changed)}")
        note(f"fix: run `labs docs` and commit {', '.join(changed)}")
        return 1
    for name, text in changed.items():
        (places.CHECKOUT / name).write_text(text, encoding="utf-8")
        say(f"written: {name}")
    return 0


def fill_in(text: str, parts: dict[str, str], page: str = "README.md") -> str:
    """`text` of a page with each part between its `<!-- NAME: made by labs docs -->` and `<!-- NAME: end -->`.

    Raises:
        Refused: a part has no place.
    """
    for name, part in parts.items():
        place = re.compile(rf"(<!-- {name}: made by `labs docs` -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        if not place.search(text):
            raise Refused(f"{page} has no place for {name!r}", f"add <!-- {name}: made by `labs docs` --> … end")
        text = place.sub(lambda m, part=part: f"{m.group(1)}{part}\n{m.group(2)}", text)  # type: ignore[misc]
    return text


def repository(checkout: Path) -> str:
    """`owner/name` of the repository on GitHub, the one setting in pyproject.toml."""
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["tool"]["prodml"]["repository"])


def badge(repository: str) -> str:
    image = "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"
    return f"{image}(https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/00_start_here/00_start_here.ipynb)"


def topics() -> dict[str, str]:
    """Topic → number of the lab that teaches it, of the whole curriculum.

    Raises:
        NotFound: the file is not there.
    """
    import yaml

    path = places.SOURCES / "topics.yaml"
    if not path.is_file():
        raise NotFound(f"{path} is missing", "restore it from the repository")
    outline = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {topic: number for number, ids in outline.items() for topic in ids}


def lab_table(labs: list[LabSource]) -> str:
    """Markdown: one row per lab."""
    rows = ["| | lab | the question | minutes | exercises | points |", "|---|---|---|---|---|---|"]
    for lab in labs:
        link = f"[{lab.meta['title']}](notebooks/{lab.slug}/{lab.slug}.ipynb)"
        minutes = core_and_all(lab.core_minutes, lab.minutes)
        exercises = core_and_deeper(len(lab.core), len(lab.of_kind("exercise")))
        numbers = f"{minutes} | {exercises} | {points(lab.points)}"
        rows.append(f"| {_number(lab)} | {link} | {lab.meta['question']} | {numbers} |")
    return "\n".join(rows)


def topic_table(labs: list[LabSource], outline: dict[str, str]) -> str:
    """Markdown: topic × lab × exercise; topics of labs that are not written yet are counted below."""
    rows = ["| topic | lab | exercises |", "|---|---|---|"]
    for lab in labs:
        for topic, names in lab.meta["covers"].items():
            rows.append(f"| {topic} | {_number(lab)} | {', '.join(f'`{n}`' for n in names)} |")
    open_topics = set(outline) - {topic for lab in labs for topic in lab.meta["covers"]}
    if open_topics:
        to_come = sorted({outline[topic] for topic in open_topics})
        rows.append(f"\n{count(len(open_topics), 'more topic')} with labs to come: {', '.join(to_come)}.")
    return "\n".join(rows)


def _number(lab: LabSource) -> str:
    return lab.slug.partition("_")[0]
