"""Checks of the project's own parts: packages, kernel, TensorFlow, datasets, notebooks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from labs_cli import places
from labs_cli.catalog import all_labs
from labs_cli.errors import CliError, NotFound
from labs_cli.finding import Finding
from labs_cli.screen import count

KEY_PACKAGES = (
    "jupyterlab",
    "ipykernel",
    "ipywidgets",
    "matplotlib",
    "tensorflow-cpu",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "nbgrader",
    "nbformat",
    "papermill",
    "jupytext",
    "msgpack",
    "rich",
)
INSTALL = "run `make lab` in the checkout (or `pip install -r requirements.txt`)"
TENSORFLOW_SECONDS = 300
ILLEGAL_INSTRUCTION = -4


def packages() -> Finding:
    """Key packages, by their metadata: nothing heavy is imported."""
    found = {name: _version(name) for name in KEY_PACKAGES}
    missing = [name for name, version in found.items() if version is None]
    if missing:
        return Finding(f"missing: {', '.join(missing)}", INSTALL)
    locked = _locked()
    others = [f"{name} {v} (locked: {locked[name]})" for name, v in found.items() if locked.get(name, v) != v]
    if others:
        return Finding(f"other versions than locked: {', '.join(others)}", INSTALL, blocks=False)
    return Finding(f"{len(found)} key packages{', all as locked' if locked else ''}")


def kernel() -> Finding:
    """The stock kernel, for those who choose it, and whether its program is there."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = f"run `{sys.executable} -m ipykernel install --sys-prefix --name python3`"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("there is no kernel python3", fix)
    program = spec.argv[0]
    if shutil.which(program) is None and Path(program).name not in ("python", "python3"):
        return Finding(f"the kernel in {spec.resource_dir} starts {program}, which is not there", fix)
    return Finding(f"{spec.display_name} ({spec.resource_dir})")


def tensorflow() -> Finding:
    """Imported for real, in a process of its own: on a processor that it does not fit, the process dies."""
    command = [sys.executable, "-c", "import tensorflow; print(tensorflow.__version__)"]
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TENSORFLOW_SECONDS,
        )
    except subprocess.TimeoutExpired:
        found = f"the import did not end within {TENSORFLOW_SECONDS} s"
        return Finding(found, "close other programs, or give this machine more memory")
    if done.returncode == 0:
        return Finding(f"{done.stdout.strip()} can be imported")
    if done.returncode == ILLEGAL_INSTRUCTION:
        return Finding("this processor lacks instructions that TensorFlow uses (AVX)", "use another machine, or Binder")
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return Finding(f"the import fails: {lines[-1]}", INSTALL)


def datasets() -> Finding:
    """Every file that a dataset's SHA256 names, against its checksum."""
    from prodml.data.checksums import NAME, verified
    from prodml.errors import ProdmlError
    from prodml.paths import datasets_dir

    try:
        lists = sorted(datasets_dir().glob(f"*/{NAME}"))
        files = [p.with_name(line.partition("  ")[2]) for p in lists for line in p.read_text().splitlines() if line]
        for path in files:
            verified(path)
    except ProdmlError as error:
        return Finding(error.problem, error.fix)
    if not files:
        return Finding(f"{datasets_dir()} holds no dataset", "restore it: `git checkout -- datasets`")
    return Finding(f"{count(len(files), 'file')} in {count(len(lists), 'dataset')}, checksums right")


def notebooks() -> Finding:
    """Built, readable, and in a checkout the same as their sources make."""
    from prodml.errors import ProdmlError

    try:
        labs = all_labs()
    except (CliError, ProdmlError) as error:
        return Finding(error.problem, error.fix)
    try:
        sources = places.lab_dirs()
    except NotFound:
        return Finding(f"{count(len(labs), 'lab')} (no sources here to compare with)")
    return _in_sync(sources, count(len(labs), "lab"))


def _in_sync(sources: list[Path], labs: str) -> Finding:
    from autograder.authoring.write import out_of_date
    from autograder.errors import AutograderError
    from prodml.paths import notebooks_dir

    try:
        messages = out_of_date(sources, notebooks_dir())
    except AutograderError as error:
        return Finding(error.problem, error.fix or "mend the lab's source", blocks=False)
    if messages:
        return Finding("; ".join(messages), "run `labs build`", blocks=False)
    return Finding(f"{labs}, built from their sources")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _locked() -> dict[str, str]:
    """Package → version in the checkout's requirements.txt; empty where there is none."""
    path = places.CHECKOUT / "requirements.txt"
    if not path.is_file():
        return {}
    lines = [line.partition("#")[0].partition(";")[0].strip() for line in path.read_text().splitlines()]
    pins = [line.partition("==") for line in lines if "==" in line]
    return {name.strip().lower(): version.strip(" \\") for name, _, version in pins}
