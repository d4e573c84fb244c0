"""Check of the warm kernel: is it used, and if not, why?"""

from __future__ import annotations

import os
import sys

from labs_cli.finding import Finding

INSTALL = "run `make lab` in the checkout (or `pip install --no-deps --editable .`)"
PYTHON3 = "Labs run on the kernel python3 too; each start then takes seconds instead of a fraction of one."


def warm() -> Finding:
    """Whether the kernel prodml is forked from a warm parent. A parent is started for it, and ends by itself."""
    from prodml.runtime.warm.places import find_place
    from prodml.runtime.warm.process import WarmError
    from prodml.runtime.warm.reach import inquire, reach

    if sys.platform != "linux":
        return Finding("kernels start cold: forking them needs Linux", f"use a container. {PYTHON3}", blocks=False)
    if os.environ.get("PRODML_WARM") == "0":
        return Finding("kernels start cold: PRODML_WARM is 0", f"unset it. {PYTHON3}", blocks=False)
    missing = _missing()
    if missing:
        return Finding(f"kernels start cold: {missing}", f"{INSTALL}. {PYTHON3}", blocks=False)
    python = [sys.executable]
    try:
        place = find_place(python, os.environ)
        with reach(place, python, os.environ) as end:
            parent = inquire(end, {"status": True})
    except WarmError as error:
        return Finding(f"kernels start cold: {error.problem}", f"{error.fix} {PYTHON3}", blocks=False)
    if parent["missing"]:
        names = ", ".join(f"{name} ({why})" for name, why in parent["missing"].items())
        return Finding(f"the warm parent could not import {names}", f"{INSTALL}. {PYTHON3}", blocks=False)
    return Finding(
        f"forked from process {parent['pid']}, which imported its packages in {parent['seconds']:.1f} s"
        f" and has {parent['kernels']} kernel(s)"
    )


def _missing() -> str | None:
    from importlib.metadata import entry_points

    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        KernelSpecManager().get_kernel_spec("prodml")
    except NoSuchKernel:
        return "there is no kernel prodml"
    if not entry_points(group="jupyter_client.kernel_provisioners", name="prodml-warm"):
        return "its provisioner prodml-warm is not installed"
    return None
