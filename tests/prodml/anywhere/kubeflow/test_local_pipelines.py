"""Does a pipeline run quietly on this machine, and is all that it left found, and removed in the end?

kfp reads annotations as objects, so they must not be postponed here.
"""

import os
import warnings
from typing import Any

import pytest

from prodml.anywhere.kubeflow.local_pipelines import Attempt, LocalRun, LocalRuns

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kfp import dsl, local
    from kfp.dsl import Dataset, Metrics, Output

step = dsl.component(base_image="python:3.11", install_kfp_package=False)


@step
def write(text: str, out: Output[Dataset], metrics: Output[Metrics]):
    metrics.log_metric("length", len(text))
    with open(out.path, "w") as file:  # noqa: PTH123 (kfp gives a str)
        file.write(text)


@step
def fail():
    raise ValueError("on purpose")


@dsl.pipeline
def two_steps(text: str):
    write(text=text)
    fail().after(write(text=text)).set_retry(1)


@step
def length(text: str, out: Output[Dataset]) -> int:
    with open(out.path, "w") as file:  # noqa: PTH123
        file.write(text)
    return len(text)


@dsl.pipeline
def cacheable(text: str) -> int:
    return length(text=text).outputs["Output"]


@dsl.pipeline
def one_step(text: str):
    write(text=text)


def run(runs: LocalRuns, pipeline: Any, *, cache: bool = False, **arguments: Any) -> LocalRun:
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(runs.artifacts),
        enable_caching=cache,
        cache_root=str(runs.cache),
    )
    with runs.recorded() as recorded:
        pipeline(**arguments)
    return recorded


def test_a_run_is_quiet_and_leaves_artifacts(capfd) -> None:
    """Are artifacts, metrics and digests there, nothing printed, and everything gone after `close`?"""
    before = os.environ.get("TMPDIR")
    with LocalRuns() as runs:
        first = run(runs, one_step, text="abc")
        assert (first.ran, first.failed) == (["write"], None)
        assert first.path("write", "out").read_text() == "abc"
        assert first.metrics("write") == {"length": 3}
        assert first.digests() == {"write/out": "ba7816bf8f01"}  # SHA-256 of "abc", as FIPS 180-2 prints it
        again = run(runs, one_step, text="abc")
        assert again.folder != first.folder
    assert not runs.folder.exists()
    assert os.environ.get("TMPDIR") == before
    assert capfd.readouterr().out == ""


def test_a_failed_step_is_told_with_its_log() -> None:
    """Does the run name the failed task, its log the reason, and is every attempt there with its times?"""
    with LocalRuns() as runs:
        failed = run(runs, two_steps, text="abc")
        assert failed.failed is not None
        assert "fail" in failed.failed
        assert "ValueError: on purpose" in failed.log
        assert [a.status for a in failed.attempts if a.task == "fail"] == ["FAILURE", "FAILURE"]
        times = [t for a in failed.attempts for t in (a.start, a.end)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= failed.seconds + 0.01


def test_the_cache_is_used_when_asked_for() -> None:
    """Is a step's result taken from an earlier run, for the same text only, and never without a cache?"""
    with LocalRuns() as runs:
        assert run(runs, cacheable, cache=True, text="abc").cached == []
        again = run(runs, cacheable, cache=True, text="abc")
        assert (again.ran, again.cached, again.folder) == ([], ["length"], None)
        assert again.digests() == {}
        with pytest.raises(FileNotFoundError, match="length/out"):
            again.path("length", "out")
        assert run(runs, cacheable, cache=True, text="other").ran == ["length"]
        assert run(runs, cacheable, text="abc").ran == ["length"]


def test_an_exercise_that_is_not_solved_is_no_failed_run() -> None:
    """NotImplementedError is a RuntimeError, as kfp's is: does it go out?"""
    with LocalRuns() as runs, pytest.raises(NotImplementedError), runs.recorded():
        raise NotImplementedError


def test_times_go_over_midnight() -> None:
    """Does a step that begins before midnight and ends after it take seconds?"""
    log = "23:59:59.500 - INFO - Executing task 'a'\n00:00:01.000 - INFO - Task 'a' finished with status SUCCESS\n"
    assert LocalRun(log=log).attempts == [Attempt("a", 0.0, 1.5, "SUCCESS")]


def test_metrics_keep_a_step_out_of_the_cache() -> None:
    """kfp 2.17 takes a Metrics artifact, which has no file, for one that was lost. When this fails, tell lab 18."""
    with LocalRuns() as runs:
        run(runs, one_step, cache=True, text="abc")
        assert run(runs, one_step, cache=True, text="abc").ran == ["write"]
