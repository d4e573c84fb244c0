"""Keeps formgrader's pages from running what stands in their own addresses, in names of folders and of students.

nbgrader writes all three into its pages as they are: a link to
`…/formgrader/manage_students/x";alert(1);"`, on whatever page, runs that in the teacher's server. A Jupyter server
loads this extension where this package is installed; where formgrader is switched off it does nothing.
"""

from __future__ import annotations

import functools
import html
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tornado.web import HTTPError

from autograder.plain_text import UNSEEN

FORMGRADER = "nbgrader.server_extensions.formgrader.base"
DOES_MORE = re.compile(r"""[<>"'`&\\#?%]|^\.\.$""")  # than be a name, in HTML, in a script or in an address


def load(server: Any) -> None:
    """Guard formgrader as soon as all extensions are loaded."""
    server.io_loop.add_callback(guard, server.web_app)


def guard(web_app: Any) -> None:
    """Have formgrader answer no address, and list no submission, whose names are more than names; escape names."""
    if FORMGRADER not in sys.modules:
        return
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.server_extensions.formgrader.base import BaseHandler

    if not hasattr(BaseHandler, "unguarded"):
        BaseHandler.unguarded, BaseHandler.prepare = BaseHandler.prepare, _prepare
        NbGraderAPI.all_submissions, NbGraderAPI.get_submissions = NbGraderAPI.get_submissions, _submissions
    exporter = web_app.settings["nbgrader_exporter"]
    exporter.from_filename = functools.partial(_from_filename, exporter.from_filename)
    web_app.settings["nbgrader_jinja2_env"].autoescape = True


async def _prepare(handler: Any) -> None:
    await handler.unguarded()
    parts = [*handler.path_args, *handler.path_kwargs.values()]
    if not all(is_name(name) for part in parts for name in (part or "").split("/")):
        raise HTTPError(404)


def _submissions(api: Any, assignment_id: str) -> list[dict[str, Any]]:
    """Those with a button each, whose failure a page tells with the student's id as HTML."""
    return [s for s in api.all_submissions(assignment_id) if is_name(s["student"])]


def _from_filename(export: Callable[..., Any], filename: str, resources: Mapping[str, Any]) -> Any:
    """The page of a submission, whose template writes these texts into it."""
    return export(filename, resources={k: html.escape(v) if isinstance(v, str) else v for k, v in resources.items()})


def is_name(part: str) -> bool:
    """Whether a part of an address, or a folder's name, is nothing but text wherever a page writes it."""
    return not (DOES_MORE.search(part) or UNSEEN.search(part))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "autograder.formgrader_guard"}]


_load_jupyter_server_extension = load
