"""JupyterLab as `make lab` starts it, with a workspace and settings of its own, and a page of a headless browser."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S+")
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # else cells off screen are not in the page
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The learner's workspace."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def address(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What `make lab LAB=02` prints as its address; the server runs until the tests of the file are done."""
    env = _environment(tmp_path_factory.mktemp("jupyter")) | {"PRODML_WORKSPACE": str(workspace)}
    with _running(["make", "--no-print-directory", "lab", "LAB=02"], env) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := ADDRESS.search(line):
                break
        else:
            pytest.fail(f"`make lab LAB=02` ended without an address:\n{''.join(said)}")
        yield found.group()


@pytest.fixture(scope="module")
def page(address: str, chromium: str) -> Iterator[Page]:
    """The address, opened, with the notebook and its kernel ready."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root; the only page is ours.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(120_000)
        page.goto(address)
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.isReady")
        page.evaluate(
            """async () => {
                const session = jupyterapp.shell.currentWidget.sessionContext;
                await session.ready; await session.session.kernel.info; }"""
        )
        yield page
        browser.close()


def _environment(folder: Path) -> dict[str, str]:
    """A person's, but for settings, no browser window, and a port that is free."""
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    exposed = {"LabApp": {"expose_app_in_browser": True}}  # `window.jupyterapp`
    (folder / "jupyter_lab_config.json").write_text(json.dumps(exposed), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    person = {
        k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTEST", "PRODML", "JUPYTER"))
    }
    return person | {
        "BROWSER": "none",
        "JUPYTER_PORT": str(port),
        "JUPYTER_CONFIG_DIR": str(folder),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "layouts"),
    }


@contextmanager
def _running(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command in a process group of its own, which is ended with the block."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.stdout.read()  # else a full pipe could keep it from ending
            process.wait(30)
