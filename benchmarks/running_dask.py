"""A Dask cluster on this machine, behind TLS, each part a command of its own: for the benchmark and for tests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dask
import psutil
from distributed import Client
from distributed.security import Security

SECONDS = 120
SETTINGS = {
    "ca-file": "tls_ca_file",
    **{
        f"{role}.{part}": f"tls_{role}_{part}" for role in ("client", "scheduler", "worker") for part in ("cert", "key")
    },
}


@dataclass
class Dask:
    """A running cluster.

    Attributes:
        tls: Dask's settings for it.
        temporary: its workers' temporary folder.
    """

    address: str
    tls: dict[str, str]
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    temporary: Path

    def processes(self, part: str) -> list[psutil.Process]:
        """Those below its workers with this in their command."""
        found = []
        for each in [p for w in self.workers for p in psutil.Process(w.pid).children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended since, or nobody has waited for it
                if part in " ".join(each.cmdline()):
                    found.append(each)
        return found

    def end(self) -> None:
        """End all of it, at once; what its workers had started ends by itself."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


def start_dask(folder: Path, workers: int, *options: str) -> Dask:
    """A scheduler, and workers with a thread each.

    Args:
        folder: for certificates, logs and temporary files.
        options: the workers'.
    """
    tls, known, temporary = certificates(folder / "tls"), folder / "scheduler.json", folder / "temporary"
    temporary.mkdir()
    env = {**os.environ, **as_variables(tls), "TMPDIR": str(temporary)}
    env["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "1"

    def run(role: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--scheduler-file", str(known)]
        common = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        with (folder / f"{role}.log").open("ab") as log:
            return subprocess.Popen([*command, *common, *arguments], env=env, stdout=log, stderr=log)

    scheduler = run("scheduler", "--protocol", "tls", "--port", "0")
    own = ["--nthreads", "1", "--local-directory", str(folder / "scratch"), *options]
    running = Dask("", tls, scheduler, [run("worker", *own) for _ in range(workers)], temporary)
    try:
        with dask.config.set(tls), Client(scheduler_file=str(known), timeout=SECONDS, set_as_default=False) as client:
            client.wait_for_workers(workers, SECONDS)
    except BaseException:
        running.end()
        raise
    running.address = json.loads(known.read_text())["address"]
    return running


def certificates(folder: Path) -> dict[str, str]:
    """Dask's settings → files, with a certificate authority of their own."""
    folder.mkdir()
    security, settings = Security.temporary(), {}
    for name, attribute in SETTINGS.items():
        path = folder / f"{name}.pem"
        path.write_text(getattr(security, attribute))
        settings[f"distributed.comm.tls.{name}"] = str(path)
    return settings


def as_variables(settings: dict[str, str]) -> dict[str, str]:
    """The same settings as variables of an environment."""
    return {"DASK_" + name.upper().replace(".", "__").replace("-", "_"): path for name, path in settings.items()}
