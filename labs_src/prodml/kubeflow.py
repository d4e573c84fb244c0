"""Send a compiled pipeline to a Kubeflow Pipelines server, as a run.

    python -m prodml.kubeflow --host http://localhost:3000 pipeline.yaml --arguments arguments.json

kfp's own client does the work. What it does not do: fail at once, and in words, where there is no server or no
permission. Tested against a server that answers from files (tests/prodml/kubeflow_api); *not* tested on a cluster.

KubeflowError             base
├── NotReached            no answer from that address, or one that no Kubeflow Pipelines server gives
├── NotAllowed            the server wants a token, another token, or another namespace
└── NotAccepted           the pipeline or its arguments are not right, as found here or by the server
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodml.errors import ProdmlError

TOKEN = "PRODML_KFP_TOKEN"  # an environment variable: what stands in a command line, everybody can read
HEALTH = "apis/v2beta1/healthz"
PATIENCE = 10.0  # seconds for the first answer
EXPERIMENT = "prodml"


class KubeflowError(ProdmlError):
    """Base: a pipeline could not be sent."""


class NotReached(KubeflowError):
    """Raised when nothing answers at the address, or something that is no Kubeflow Pipelines server."""


class NotAllowed(KubeflowError):
    """Raised when the server refuses who asks."""


class NotAccepted(KubeflowError):
    """Raised when file or arguments do not fit, or the server refuses the run."""


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
        KubeflowError: see the top of this module.
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
            raise _refused(host, error.status, _reason(error.body), token) from None
        except urllib3.exceptions.HTTPError as error:
            raise NotReached(f"{host} answered at first, then no more: {error}", "Try again later.") from None
    return Submitted(run.run_id, f"{host}/#/runs/details/{run.run_id}")


def check_arguments(pipeline: Path, arguments: Mapping[str, Any]) -> None:
    """Whether the file is a pipeline, and the arguments are its parameters.

    Raises:
        NotAccepted: they are not.
    """
    import yaml

    try:
        spec = next(iter(yaml.safe_load_all(pipeline.read_text(encoding="utf-8"))), None)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NotAccepted(f"{pipeline} cannot be read: {error}", "Give the YAML file that kfp has compiled.") from None
    if not isinstance(spec, dict) or not isinstance(spec.get("root"), dict):
        raise NotAccepted(f"{pipeline} is no compiled pipeline: it has no `root`.", "Compile it with kfp.compiler.")
    known = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    needed = {n for n, p in known.items() if "defaultValue" not in p and not p.get("isOptional")}
    for what, names in (("does not know", set(arguments) - set(known)), ("also needs", needed - set(arguments))):
        if names:
            problem = f"{pipeline}: the pipeline {what} {', '.join(sorted(names))}."
            raise NotAccepted(problem, f"Its parameters: {', '.join(sorted(known)) or 'none'}.")


def check_server(host: str, token: str | None) -> None:
    """Whether a Kubeflow Pipelines server answers at this address, and lets us in.

    Raises:
        NotReached, NotAllowed: it does not.
    """
    if not host.startswith(("http://", "https://")):
        raise NotReached(f"{host} is no address.", "Write it with http:// or https://.")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    question = urllib.request.Request(f"{host}/{HEALTH}", headers=headers)
    try:
        with _opener().open(question, timeout=PATIENCE) as answer:
            said = answer.read(1 << 20)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(host, error.code, _reason(error.read(1 << 16)), token) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        fix = "Is the server up? Outside of its cluster: kubectl port-forward -n kubeflow svc/ml-pipeline-ui 3000:80"
        raise NotReached(f"No answer from {host}: {reason}", fix) from None
    if not _is_object(said):
        raise NotReached(f"What answers at {host} is no Kubeflow Pipelines server.", "Is a path missing: /pipeline?")


def _refused(host: str, status: int, reason: str, token: str | None) -> KubeflowError:
    if status in (301, 302, 303, 307, 308, 401, 403):
        what = "refuses the token" if token else "wants a login, and there is no token"
        fix = f"Set {TOKEN} to a token that is valid there, and give --namespace if it has several users."
        return NotAllowed(f"{host} {what} (HTTP {status}{': ' + reason if reason else ''}).", fix)
    if status == 404:
        return NotReached(f"{host} has no Kubeflow Pipelines API (HTTP 404).", "Is a path missing: /pipeline?")
    return NotAccepted(f"{host} did not accept the run (HTTP {status}): {reason}", "Correct what it says.")


def _reason(body: bytes | str | None) -> str:
    """What the server's error says, in at most 300 characters; nothing if it is a page for people."""
    try:
        said = json.loads(body or b"")
    except ValueError:
        return ""
    return str(said.get("message") or said.get("error") or "")[:300] if isinstance(said, dict) else ""


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is how a login page announces itself; and a token must not follow one to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)


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


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser("python -m prodml.kubeflow", description="Send a compiled pipeline to a server.")
    parser.add_argument("pipeline", type=Path, help="YAML file from kfp's compiler")
    parser.add_argument("--host", required=True, metavar="URL", help="the server, as http://localhost:3000")
    parser.add_argument("--arguments", type=Path, metavar="FILE", help="JSON object: values of its parameters")
    parser.add_argument("--namespace", help="on a server with several users: whose run it is")
    parser.add_argument("--name", help="how the run is called")
    parser.epilog = f"A token is read from the environment variable {TOKEN}."
    options = parser.parse_args(argv)
    try:
        values = _arguments(options.arguments)
        run = submit(options.host, options.pipeline, values, namespace=options.namespace, name=options.name)
    except KubeflowError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Run {run.run_id}: {run.url}")
    return 0


def _arguments(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotAccepted(f"{path} cannot be read: {error}", "Give a JSON object: parameter → value.") from None
    if not isinstance(values, dict):
        raise NotAccepted(f"{path} holds no JSON object.", "Give a JSON object: parameter → value.")
    return values


if __name__ == "__main__":
    sys.exit(main())
