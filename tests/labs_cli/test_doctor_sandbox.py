"""Does the doctor say whether others' work can be graded here, and what to do if not?"""

from __future__ import annotations

import pytest

from autograder.sandbox import trial
from labs_cli import doctor_sandbox


def test_this_machine_passes() -> None:
    finding = doctor_sandbox.sandbox()
    assert finding.state == "PASS", finding.detail
    assert "fences hold" in finding.detail


def test_bubblewrap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fences hold, and grading is slower?"""
    monkeypatch.setattr(trial, "try_sandbox", lambda: trial.Trial("", {"a": "b"}, (), bubblewrap=True))
    finding = doctor_sandbox.sandbox()
    assert finding.state == "PASS"
    assert "bubblewrap puts them up" in finding.detail
    assert "slower" in finding.detail


@pytest.mark.parametrize("other", ["usable", "not installed", "a hole"])
def test_bubblewrap_is_used_only_where_it_is_needed_and_holds(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """And if it does not either, are both reasons told?"""
    own = trial.Trial("no namespaces", {}, ())
    others = {
        "usable": trial.Trial("", {}, (), bubblewrap=True),
        "not installed": trial.Trial("bubblewrap is not installed", {}, ()),
        "a hole": trial.Trial("", {}, ("reach a server outside",), bubblewrap=True),
    }
    monkeypatch.setattr(trial, "try_way", lambda *, bubblewrap: others[other] if bubblewrap else own)
    monkeypatch.setattr(trial, "_done", [])
    found = trial.try_sandbox()
    assert found.usable == (other == "usable")
    if not found.usable:
        assert found.why == f"no namespaces; with bubblewrap: {others[other].why}"


@pytest.mark.parametrize(
    ("problem", "setting", "fix"),
    [
        ("RuntimeError: Unable to find libseccomp", "", "apt-get install libseccomp2"),
        ("new namespaces", "kernel/apparmor_restrict_unprivileged_userns=1", "apparmor_parser"),
        ("new namespaces", "kernel/unprivileged_userns_clone=0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("new namespaces", "user/max_user_namespaces=0", "user.max_user_namespaces=10000"),
        ("new namespaces", "", "a container forbids namespaces"),
    ],
)
def test_each_obstacle_has_its_fix(monkeypatch: pytest.MonkeyPatch, problem: str, setting: str, fix: str) -> None:
    monkeypatch.setattr(trial, "try_sandbox", lambda: trial.Trial(problem, {}, ()))
    monkeypatch.setattr(
        doctor_sandbox, "_setting", lambda name: dict([setting.split("=")]).get(name, "") if setting else ""
    )
    finding = doctor_sandbox.sandbox()
    assert finding.state == "NOTE"
    assert problem in finding.detail
    assert fix in str(finding.fix)


def test_a_fence_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "try_sandbox", lambda: trial.Trial("", {}, ("reach the network",)))
    finding = doctor_sandbox.sandbox()
    assert "submissions could reach the network" in finding.detail
