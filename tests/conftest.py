"""What holds for all tests: a skip is never silent, and in CI never accepted; the labs' costs are shown."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED_SKIPS: tuple[str, ...] = ()  # beginnings of reasons that CI accepts
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NOT_RUN = "NOT RUN browser: no chromium on this machine; make system"

_skips: dict[str, str] = {}  # where → why
_costs: dict[str, dict[str, object]] = {}  # lab → what one run of its reference notebook took


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
        if name == "lab_cost":
            _costs[what["lab"]] = what


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
    if _costs:
        folder = ROOT / "artifacts"
        folder.mkdir(exist_ok=True)
        text = json.dumps([_costs[lab] for lab in sorted(_costs)], indent=2) + "\n"
        (folder / "labs.json").write_text(text, encoding="utf-8")
    if os.environ.get("CI") == "true" and _unexpected() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The labs' costs, and what was not run."""
    write = terminalreporter.write_line
    if _costs:
        write("\nlab                        seconds (aim: 60)   peak memory, GB (limit: 1.5)")
        for lab in sorted(_costs):
            write(f"{lab:26} {_costs[lab]['seconds']:17.1f} {_costs[lab]['peak_memory_gb']:29.2f}")
    for reason in sorted({why for why in _skips.values() if why.startswith("NOT RUN ")}):
        write(reason)
    if os.environ.get("CI") == "true":
        for where, why in sorted(_unexpected().items()):
            write(f"UNEXPECTED SKIP (fails in CI) {where}: {why}")
