"""Does a pipeline run quietly on this machine, and is all that it left found, and removed in the end?

kfp reads annotations as objects, so they must not be postponed here.
"""

import os
import warnings

from prodml.anywhere.kubeflow.local_pipelines import LocalRuns

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kfp import dsl
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
    fail().after(write(text=text))


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


def test_a_run_is_quiet_and_leaves_artifacts(capfd) -> None:
    """Are artifacts, metrics and digests there, nothing printed, and everything gone after `close`?"""
    before = os.environ.get("TMPDIR")
    with LocalRuns() as runs:
        run = runs.run(one_step, text="abc")
        assert (run.ran, run.failed) == (["write"], None)
        assert run.path("write", "out").read_text() == "abc"
        assert run.metrics("write") == {"length": 3}
        assert run.digests() == {"write/out": "ba7816bf8f01"}  # SHA-256 of "abc", as FIPS 180-2 prints it
        again = runs.run(one_step, text="abc")
        assert again.folder != run.folder
    assert not runs.folder.exists()
    assert os.environ.get("TMPDIR") == before
    assert capfd.readouterr().out == ""


def test_a_failed_step_is_told_with_its_log() -> None:
    """Does the run name the failed task, and its log the reason?"""
    with LocalRuns() as runs:
        run = runs.run(two_steps, text="abc")
        assert run.failed is not None
        assert "fail" in run.failed
        assert "ValueError: on purpose" in run.log
        assert ("fail", "FAILURE") in run.steps


def test_the_cache_is_used_when_asked_for() -> None:
    """Is a step's result taken from an earlier run, for the same text only, and never without `cache`?"""
    with LocalRuns() as runs:
        assert runs.run(cacheable, cache=True, text="abc").cached == ()
        again = runs.run(cacheable, cache=True, text="abc")
        assert (again.ran, again.cached, again.outputs) == ([], ("length",), {"Output": 3})
        assert runs.run(cacheable, cache=True, text="other").ran == ["length"]
        assert runs.run(cacheable, text="abc").ran == ["length"]


def test_metrics_keep_a_step_out_of_the_cache() -> None:
    """kfp 2.17 takes a Metrics artifact, which has no file, for one that was lost. When this fails, tell lab 18."""
    with LocalRuns() as runs:
        runs.run(one_step, cache=True, text="abc")
        assert runs.run(one_step, cache=True, text="abc").ran == ["write"]
