"""Send a compiled pipeline through kfp's own client, quietly, after checks that say at once what is wrong."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodml.anywhere.kubeflow.arguments import check_arguments
from prodml.anywhere.kubeflow.errors import TOKEN, NotReached, refusal
from prodml.anywhere.kubeflow.server import check_server

EXPERIMENT = "prodml"


@dataclass(frozen=True)
class Submitted:
    """A run that the server has accepted; it has not been waited for.

    Attributes:
        run_id: the server's name for it.
        url: its page in the server's dashboard.
    """

    run_id: str
    url: str


def submit(
    host: str,
    pipeline: str | Path,
    arguments: Mapping[str, Any] | None = None,
    *,
    token: str | None = None,
    namespace: str | None = None,
    name: str | None = None,
) -> Submitted:
    """Start a run of a compiled pipeline.

    Args:
        host: the server's address with http:// or https://, as its dashboard has it before "/#/".
        pipeline: the YAML file that kfp's compiler has written.
        arguments: values of the pipeline's parameters.
        token: a bearer token, where the server asks for one. Default: the environment variable PRODML_KFP_TOKEN.
        namespace: on a server with several users, whose run it is.
        name: how the run is called. Default: the file's name and the time.

    Raises:
        KubeflowError: see prodml.anywhere.kubeflow.errors.
    """
    import kfp
    import urllib3
    from kfp_server_api import ApiException

    host, token = host.rstrip("/"), token or os.environ.get(TOKEN) or None
    given = dict(arguments or {})
    check_arguments(Path(pipeline), given)
    check_server(host, token)
    with _quiet():
        try:
            # Without a namespace it asks for the server's health, up to five times in 25 seconds: hence `check_server`.
            client = kfp.Client(host=host, existing_token=token, namespace=namespace or "")
            run = client.create_run_from_pipeline_package(
                str(pipeline), given, run_name=name, experiment_name=EXPERIMENT, namespace=namespace
            )
        except ApiException as error:
            raise refusal(host, error.status, error.body, token) from None
        except urllib3.exceptions.HTTPError as error:
            raise NotReached(f"{host} answered at first, then no more: {error}", "Try again later.") from None
    return Submitted(run.run_id, f"{host}/#/runs/details/{run.run_id}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """kfp's client announces its version, and prints or displays links."""
    from kfp.client import client

    shown, client.auth.is_ipython = client.auth.is_ipython, lambda: False
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        client.auth.is_ipython = shown
