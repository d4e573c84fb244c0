"""What stands there while something takes long, and afterwards: as HTML and as text.

It never says more than is known: a bar is full at no time, and past the estimate it has no length.
"""

from __future__ import annotations

from typing import NamedTuple

from prodml.lab.output import text_of

Mime = dict[str, str]  # MIME type → text

NEARLY = 0.98  # of the bar, at most


class Steps(NamedTuple):
    """How many steps are done, of how many; None if that is not known."""

    done: int
    many: int | None


def running(what: str, seconds: float, elapsed: float, steps: Steps | None = None) -> Mime:
    """While it runs.

    Args:
        seconds: expected in all. elapsed: so far; 0 before it begins.
    """
    if elapsed > seconds:
        said = f"{what}: {_time(elapsed)} so far, longer than the {_time(seconds)} expected."
    elif elapsed:
        said = f"{what}: {_time(elapsed)} of about {_time(seconds)}."
    else:
        said = f"{what}: takes about {_time(seconds)}."
    if steps and steps.done:
        said += f" {_counted(steps)}."
    share = _share(seconds, elapsed, steps)
    length = "" if share is None else f' max="1" value="{min(share, NEARLY):.2f}"'
    bar = f'<progress aria-label="{text_of(what)}"{length}></progress>'
    return _mime(said, f"{bar} {text_of(said)}")


def ended(what: str, seconds: float, elapsed: float, steps: Steps | None = None, *, whole: bool) -> Mime:
    """Afterwards.

    Args:
        whole: whether it came to its end, or an error, an interrupt or a `break` ended it.
    """
    if whole:
        said = f"{what}: took {_time(elapsed)} (about {_time(seconds)} expected)."
    else:
        said = f"{what}: stopped after {_time(elapsed)} (about {_time(seconds)} expected)."
        said += f" {_counted(steps)}." if steps else ""
    return _mime(said, text_of(said))


def _share(seconds: float, elapsed: float, steps: Steps | None) -> float | None:
    if steps and steps.many:
        return steps.done / steps.many
    return elapsed / seconds if elapsed <= seconds else None


def _counted(steps: Steps) -> str:
    return f"{steps.done} done" if steps.many is None else f"{steps.done} of {steps.many} done"


def _time(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.1f} s" if seconds < 3 else f"{seconds:.0f} s"


def _mime(text: str, markup: str) -> Mime:
    return {"text/plain": text, "text/html": f'<p style="margin:.2em 0">{markup}</p>'}
