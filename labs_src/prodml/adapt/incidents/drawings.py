"""Pictures of how incidents are diagnosed: signs, confusions, slices, and what an action is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prodml.adapt.incidents.families import FAMILIES
from prodml.adapt.incidents.signs import SIGNS
from prodml.lab import plots

LEAST, MOST = 0.05, 400.0  # strengths that are drawn


def draw_signs(found: pd.DataFrame) -> None:
    """The strongest place of each sign, on one scale, with the limit of 1.

    Args:
        found: as `symptoms` returns it.
    """
    top = found.drop_duplicates("sign").iloc[::-1]
    there = top["strength"] > 1
    names = ", ".join(top.loc[there, "sign"][::-1])
    title = f"Above 1, of 16 signs: {names}" if there.any() else "No sign is above 1"
    fig, ax = plots.figure(title, x="strength (1: hardly any healthy week goes beyond)", figsize=(7, 4.2))
    shown = top["strength"].clip(LEAST, MOST)
    ax.hlines(range(len(top)), LEAST, shown, color=plots.GREY, linewidth=0.8)
    for mask, colour in ((there, plots.RED), (~there, plots.BLUE)):
        ax.plot(shown[mask], np.flatnonzero(mask), "o", color=colour)
    for y, row in enumerate(_rows(top)):
        if row.strength > 1:
            ax.annotate(f"{row.place}, {row.since:%-d %b %H:%M}", (min(row.strength, MOST), y), (7, 0),
                        textcoords="offset points", va="center", fontsize=9)  # fmt: skip
    ax.axvline(1, color=plots.INK, linewidth=1)
    ax.set_xscale("log")
    ax.set_xlim(LEAST, MOST * 12)
    ax.minorticks_off()
    ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    ax.set_yticks(range(len(top)), list(top["sign"]))
    ax.grid(visible=False)
    words = "; ".join(f"{r.sign} {r.strength:.1f} at {r.place}" for r in _rows(top[there][::-1]))
    plots.show(fig, alt=f"{title}. {words or 'All are below.'}")


def draw_confusion(mine: pd.DataFrame, tries: Sequence[float] = ()) -> None:
    """What was said, by what was true.

    Args:
        mine: as `scores` returns it. tries: points of earlier tries, of 100.
    """
    names = list(FAMILIES)
    counts: Any = pd.crosstab(mine["cause"], mine["said"]).reindex(index=names, columns=names, fill_value=0)
    right, points = int(np.trace(counts)), 100 * mine["score"].mean()
    title = f"{right} of {len(mine)} causes are right; {points:.0f} points of 100"
    if len(tries):
        title += f" (tries before: {', '.join(f'{t:.0f}' for t in tries)})"
    fig, ax = plots.figure(title, x="what was said", figsize=(7, 5.6))
    ax.set_ylabel("what was true")
    wrong = []
    for i, true in enumerate(names):
        for j, said in enumerate(names):
            if n := int(counts.iloc[i, j]):
                colour = plots.BLUE if i == j else plots.RED
                ax.plot(j, i, "s", color=colour, markersize=15, alpha=0.35)
                ax.annotate(str(n), (j, i), ha="center", va="center", fontsize=10)
                wrong += [(n, f"{true} is called {said} {n} times")] if i != j else []
    ax.plot([-0.5, len(names) - 0.5], [-0.5, len(names) - 0.5], color=plots.GREY, linewidth=0.6)
    ax.set_xticks(range(len(names)), names, rotation=90, fontsize=9)
    ax.set_yticks(range(len(names)), names, fontsize=9)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(visible=False)
    worst = "; ".join(words for _, words in sorted(wrong, reverse=True)[:6])
    plots.show(fig, alt=f"{title}. Wrong ones: {worst or 'none'}.")


def draw_company(found: Sequence[pd.DataFrame], mine: pd.DataFrame, cause: str) -> None:
    """The signs above 1 in each incident of one cause, and what was said of it.

    Args:
        found: of each incident, as `symptoms` returns it. mine: as `scores` returns it, in the same order.
    """
    rows = np.flatnonzero(mine["cause"] == cause)
    right = int(mine["cause right"].iloc[rows].sum())
    title = f"In truth {cause}: {right} of {len(rows)} are named rightly"
    fig, ax = plots.figure(title, figsize=(7, 3.2))
    labels, words = [], []
    for y, i in enumerate(rows.tolist()):
        strong = found[i][found[i]["strength"] > 1]
        for sign, group in strong.groupby("sign"):
            x, most = list(SIGNS).index(str(sign)), group["strength"].max()
            first = sign == strong["sign"].iloc[0]
            ax.plot(x, y, "o", color=plots.RED if first else plots.BLUE, markersize=13, alpha=0.5)
            places = f" ×{len(group)}" if len(group) > 1 else ""
            ax.annotate(f"{most:.1f}{places}", (x, y), (0, 9), textcoords="offset points", ha="center", fontsize=9)
        said = mine["said"].iloc[i]
        labels.append(f"{'hard' if mine['hard'].iloc[i] else 'plain'}: {said}{'' if said == cause else ' ✗'}")
        words.append(f"{labels[-1]}, signs {', '.join(strong['sign'].unique()) or 'none'}")
    ax.set_xticks(range(len(SIGNS)), list(SIGNS), rotation=60, ha="right", fontsize=9)
    ax.set_yticks(range(len(rows)), labels, fontsize=9)
    ax.set_xlim(-0.6, len(SIGNS) - 0.4)
    ax.set_ylim(len(rows) - 0.5, -0.8)
    plots.show(fig, alt=f"{title}. The strongest sign is red. {'; '.join(words)}.")


def draw_aftermath(left: dict[str, NDArray[np.int64]]) -> None:
    """Wrong alerts that add up in the day after the alarm, a line per way to act.

    Args:
        left: as `aftermath` returns it.
    """
    said = ", ".join(f"{hours.sum()} ({name})" for name, hours in left.items())
    fig, ax = plots.figure(f"Wrong alerts of a day: {said}", x="hours after the alarm", y="wrong alerts so far")
    for name, hours in left.items():
        ax.plot(np.arange(len(hours) + 1), np.append(0, np.cumsum(hours)), label=name)
    plots.label_lines(ax)
    plots.show(fig, alt=f"Wrong alerts in the log in the 24 hours after the alarm, over all incidents. {said}.")


def draw_slices(errors: Any, features: pd.DataFrame, after: Any, named: tuple[str, str] | None) -> None:
    """Each slice's mean error before and after, and the one that was named.

    Args:
        errors, features, after: what `worst_slice` gets. named: what it returned.
    """
    rows = []
    for column in features:
        groups: Any = pd.Series(errors).groupby(features[column].to_numpy())
        for name, group in groups:
            both = [group[np.asarray(after)[group.index] == late].dropna() for late in (False, True)]
            if min(map(len, both)) > 1:
                means = [part.mean() for part in both]
                spread = 2 * np.sqrt(sum(part.var() / len(part) for part in both))
                rows.append((f"{column}={name}", *means, spread, named == (column, name), min(map(len, both))))
    rows.sort(key=lambda row: row[2] - row[1])
    title = "No slice is named" if named is None else f"Named: {named[0]}={named[1]}"
    fig, ax = plots.figure(title, x="rise of the mean error (min), with two standard errors", figsize=(7, 4.6))
    for y, (_, before, late, spread, is_named, _) in enumerate(rows):
        colour = plots.RED if is_named else plots.BLUE
        ax.errorbar(late - before, y, xerr=spread, fmt="o", color=colour, capsize=3)
    ax.axvline(0, color=plots.INK, linewidth=1)
    ax.set_yticks(range(len(rows)), [f"{name} (n ≥ {n})" for name, *_, n in rows], fontsize=9)
    words = "; ".join(f"{name} {late - before:+.1f} ± {spread:.1f}" for name, before, late, spread, _, _ in rows[::-1])
    plots.show(fig, alt=f"{title}. Rises in minutes: {words}.")


def _rows(table: pd.DataFrame) -> Any:
    return table.itertuples()
