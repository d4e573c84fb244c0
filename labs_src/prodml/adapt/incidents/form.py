"""The form below the picture: it closes the incident that is shown, and says where its cause was to be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prodml.adapt.incidents.closing import UNKNOWN, closed
from prodml.adapt.incidents.evidence import Incident
from prodml.adapt.incidents.families import ACTIONS, FAMILIES, SEVERITIES
from prodml.adapt.incidents.scoring import score
from prodml.adapt.incidents.seen import best_view
from prodml.lab.controls import column, menu, row
from prodml.lab.output import text_of


class Form:
    """Menus for cause, place, action and severity, a button that closes, and one that opens the telling view.

    Args:
        incident: gives the one that is shown. onset: gives what is marked, or None.
        look: opens a view: what to look at, what to split by, and the hours from the onset to the alarm.
    """

    def __init__(
        self, incident: Callable[[], Incident], onset: Callable[[], Any], look: Callable[[str, str, int], None]
    ) -> None:
        import ipywidgets as widgets

        self._incident, self._onset, self._look = incident, onset, look
        self._number, self._points = 1, dict[int, float]()
        self._cause, self._where = menu("cause", [UNKNOWN, *FAMILIES]), menu("where", ["nowhere"])
        self._action, self._severity = menu("action", list(ACTIONS)), menu("severity", ["none", *reversed(SEVERITIES)])
        self._close = widgets.Button(layout=widgets.Layout(width="16em"))
        self._open = widgets.Button(description="Show me where", layout=widgets.Layout(width="16em", display="none"))
        self._words, self._said = widgets.HTML(), widgets.HTML()
        self._cause.observe(self._places, names="value")
        self._action.observe(self.follow, names="value")
        self._close.on_click(self._verdict)
        self._open.on_click(self._telling_view)

    def show(self) -> None:
        """Display it."""
        menus = row([self._cause, self._where, self._action, self._severity])
        text = "(a form to close the incident, in a running notebook)"
        column([menus, self._words, row_of(self._close, self._open), self._said], text)

    def begin(self, number: int) -> None:
        """Empty the form for the incident of this number."""
        self._number = number
        for one in (self._cause, self._where, self._action, self._severity):
            one.value = one.options[0]
        self._close.description = f"Close incident {number}"
        self.follow()

    def follow(self, _: Any = None) -> None:
        """Say what is chosen; a verdict of before goes."""
        since = self._onset()
        marked = "none, as no onset is marked above" if since is None else f"{since:%-d %B, %H:%M} UTC, as marked above"
        self._words.value = text_of(f"since: {marked}. {self._action.value}: {ACTIONS[self._action.value]}")
        self._said.value, self._open.layout.display = "", "none"

    def _places(self, _: Any) -> None:
        cause = self._cause.value
        self._where.options = FAMILIES[cause].places if cause in FAMILIES else ["nowhere"]

    def _verdict(self, _: Any) -> None:
        diagnosis = {
            "cause": self._cause.value, "where": self._where.value, "since": self._onset(),
            "action": self._action.value, "severity": self._severity.value,
        }  # fmt: skip
        truth = self._incident().truth
        self._points.setdefault(self._number, score(diagnosis, truth))
        _, markup = closed(diagnosis, truth)
        mean = 100 * sum(self._points.values()) / len(self._points)
        foot = f"{len(self._points)} closed so far: {mean:.0f} points on average (first answers count)."
        self._said.value = f'<div role="status">{markup}<p>{foot}</p></div>'
        self._open.layout.display = ""

    def _telling_view(self, _: Any) -> None:
        incident = self._incident()
        since, said = incident.truth.since, self._said.value
        hours = 0 if since is None else round((incident.evidence.now - since) / np.timedelta64(1, "h"))
        self._look(*best_view(incident.truth)[:2], hours)
        self._said.value, self._open.layout.display = said, ""  # the mark that moved has emptied it


def row_of(*buttons: Any) -> Any:
    """Buttons beside one another."""
    import ipywidgets as widgets

    return widgets.HBox(list(buttons), layout=widgets.Layout(flex_flow="row wrap"))
