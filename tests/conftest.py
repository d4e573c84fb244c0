"""What holds for all tests: a skip is never silent, and in CI never accepted; what labs cost is limited and shown."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from prodml.lab.environment import MEMORY_BYTES

ROOT = Path(__file__).resolve().parents[1]
ALLOWED_SKIPS: tuple[str, ...] = ()  # beginnings of reasons that CI accepts
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NOT_RUN = "NOT RUN browser: no chromium on this machine; make system"


@dataclass(frozen=True)
class Limits:
    """What a lab may cost, on a warm kernel as on a stock one.

    Attributes:
        seconds: for its notebook from top to bottom; shown, not judged: machines differ.
        memory: bytes, over all its processes and the parent of a warm kernel.
        machine: bytes, over these and the Jupyter server: what a machine must have, and what Binder gives.
    """

    seconds: float = 60
    memory: float = 1.5e9
    machine: float = MEMORY_BYTES


LIMITS = Limits()
Table = dict[tuple[str, ...], dict[str, float]]  # (lab, …) → column → figure

_skips: dict[str, str] = {}  # where → why
_tables: dict[str, Table] = {"labs": {}, "open": {}, "server": {}, "judged": {}}  # what `report` was told


@pytest.fixture(scope="session")
def limits() -> Limits:
    """What a lab may cost."""
    return LIMITS


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """`report(table, *row, column=figure)`: a line of a table that stands at the end of the run."""

    def tell(table: str, *row: str, **figures: float) -> None:
        record_property("report", {"table": table, "row": list(row), "figures": figures})

    return tell


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; `pytest_collection_modifyitems` skips its tests where there is none."""
    assert CHROMIUM
    return CHROMIUM


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests cannot run without a browser."""
    for item in items:
        if not CHROMIUM and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NOT_RUN))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A whole file may be skipped."""
    _note_skip(report)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Also called in xdist's controller, for the reports of its workers."""
    _note_skip(report)
    for name, what in report.user_properties:
        if name == "report":
            _tables[what["table"]][tuple(what["row"])] = what["figures"]


def _note_skip(report: pytest.CollectReport | pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skips[report.nodeid] = reason.removeprefix("Skipped: ")


def _unexpected() -> dict[str, str]:
    return {where: why for where, why in _skips.items() if not why.startswith(ALLOWED_SKIPS or ("\0",))}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what the labs cost; in CI, fail on a skip that nobody expected."""
    if hasattr(session.config, "workerinput"):
        return
    for name, table in _tables.items():
        if table:
            folder = ROOT / "artifacts"
            folder.mkdir(exist_ok=True)
            text = json.dumps([{"row": row, **figures} for row, figures in sorted(table.items())], indent=2) + "\n"
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    if os.environ.get("CI") == "true" and _unexpected() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The labs' costs, and what was not run."""
    write = terminalreporter.write_line
    for line in _lines():
        write(line)
    for reason in sorted({why for why in _skips.values() if why.startswith("NOT RUN ")}):
        write(reason)
    if os.environ.get("CI") == "true":
        for where, why in sorted(_unexpected().items()):
            write(f"UNEXPECTED SKIP (fails in CI) {where}: {why}")


def _lines() -> list[str]:
    """The tables."""
    seconds, memory, machine = f"{LIMITS.seconds:g}", f"{LIMITS.memory / 1e9:g}", f"{LIMITS.machine / 1e9:g}"
    heads = {
        "labs": f"reference notebooks: seconds (aim: {seconds}), peak memory in GB (limit: {memory})",
        "open": "what is open at first sight, deeper sections left out; pictures of a whole run; minutes",
        "server": f"all in one JupyterLab server, one after the other: peak memory with it in GB (limit: {machine})",
        "judged": "reference answers through the judge while all cores are busy",
    }
    found = []
    for name, table in _tables.items():
        if table:
            found += ["", heads[name]]
        for row, figures in sorted(table.items()):
            told = "   ".join(f"{column} {figure:g}" for column, figure in figures.items())
            found.append(f"{'  '.join(f'{word:26}' for word in row)} {told}")
    return found
