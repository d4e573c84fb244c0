"""How well are incidents diagnosed: by the obvious rules, and by the reference of lab 07?

    python benchmarks/incidents.py [PER_CAUSE]     plain and hard incidents per cause each, 20 unless said

Prints the score (cause 0.4, place, onset and action 0.2 each) of both on plain and hard incidents, the reference's
score per cause, in how many plain incidents two signs of inputs are there at once, and the strongest strength of each
sign in 100 healthy incidents.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from autograder.authoring.build import build_lab
from prodml.adapt import incidents
from prodml.adapt.incidents import FAMILIES, make_incident, obvious, scores, symptoms

LAB = Path(__file__).resolve().parents[1] / "labs_src" / "labs" / "07_debugging_production"
INPUTS = ("missing", "zeros", "implausible", "unknown code", "wrong hour", "frozen", "lag", "duplicates")


def reference():
    """The lab's own `diagnose`."""
    cells = build_lab(LAB).reference.cells
    source = next(c.source for c in cells if c.cell_type == "code" and c.source.startswith("def diagnose("))
    names = {**vars(incidents), "pd": pd}
    exec(compile(source, "diagnose", "exec"), names)
    return names["diagnose"]


def two_of_inputs(case: incidents.Incident) -> bool:
    """Whether two signs of inputs are there: then it matters which of them is asked for first."""
    found = symptoms(case.evidence)
    return found.loc[(found["strength"] > 1) & found["sign"].isin(INPUTS), "sign"].nunique() > 1


def drawn(per_cause: int) -> list[incidents.Incident]:
    """So many plain and as many hard incidents of each cause."""
    return [
        make_incident(1_000_000 + 1000 * number + 2 * i + hard, cause, bool(hard))
        for number, cause in enumerate(FAMILIES)
        for hard in (0, 1)
        for i in range(per_cause)
    ]


def main(per_cause: int) -> None:
    cases = drawn(per_cause)
    rules, best = scores(obvious, cases), scores(reference(), cases)
    table = pd.DataFrame(
        {"obvious rules": rules.groupby("hard")["score"].mean(), "reference": best.groupby("hard")["score"].mean()}
    )
    table.index = ["plain", "hard"]
    table.loc["all"] = [rules["score"].mean(), best["score"].mean()]
    print(f"{len(cases)} incidents\n{table.round(3).to_string()}\n")
    print(best.groupby(["cause", "hard"])["score"].mean().unstack().round(2).to_string(), "\n")
    plain = [case for case in cases if not case.truth.hard]
    print(f"two signs of inputs at once: {sum(map(two_of_inputs, plain))} of {len(plain)} plain incidents\n")
    healthy = [symptoms(make_incident(2_000_000 + i, "nothing").evidence) for i in range(100)]
    strongest = pd.concat([found.groupby("sign")["strength"].max() for found in healthy], axis=1).T
    print(strongest.quantile([0.5, 0.9, 0.99, 1.0]).T.round(2).to_string())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
