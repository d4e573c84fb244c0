"""A picture of runs of one pipeline: which step was executed, when and for how long, and which was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodml.anywhere.kubeflow.local_pipelines import LocalRun
from prodml.lab import plots

COLOURS = (plots.BLUE, plots.RED, plots.GREY)  # they are text, too


def draw_runs(runs: Mapping[str, LocalRun], steps: Sequence[str], title: str) -> None:
    """Draw a bar per execution, over the seconds of its run, and a word where there was none.

    Args:
        runs: name → run; at most three.
        steps: the pipeline's, from top to bottom.
        title: the finding.
    """
    fig, ax = plots.figure(title, x="seconds since the run began", figsize=(7, 0.9 + 0.4 * len(steps)))
    height, said = 0.8 / len(runs), []
    for at, ((name, run), colour) in enumerate(zip(runs.items(), COLOURS, strict=False)):
        attempts = {a.task: [b for b in run.attempts if b.task == a.task] for a in run.attempts}
        for row, step in enumerate(steps):
            y = row + (at - (len(runs) - 1) / 2) * height
            for attempt in attempts.get(step, []):
                ax.barh(y, attempt.end - attempt.start, height * 0.8, left=attempt.start, color=colour)
            if step not in attempts:
                words = "from the cache" if step in run.cached else "not executed"
                ax.text(0, y, f" {words}", va="center", color=colour, fontsize="small")
                said.append(f"{name}: {step} {words}")
        end = max((a.end for a in run.attempts), default=0.0)
        said.append(f"{name}: {len(run.ran)} steps executed in {end:.1f} s")
        ax.text(1, 1 - 0.08 * at, name, transform=ax.transAxes, ha="right", va="top", color=colour)
    ax.set_xlim(left=0)
    ax.set_yticks(range(len(steps)), steps)
    ax.set_ylim(len(steps) - 0.5, -0.5)
    plots.show(fig, alt=f"{title}. {'; '.join(said)}.")
