"""Whether a Kubeflow Pipelines server answers at an address: one question, ten seconds at most."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from prodml.anywhere.kubeflow.errors import NotReached, refusal

HEALTH = "apis/v2beta1/healthz"
PATIENCE = 10.0  # seconds for the first answer


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
        with urllib.request.build_opener(_NoRedirect).open(question, timeout=PATIENCE) as answer:
            said = answer.read(1 << 20)
    except urllib.error.HTTPError as error:
        with error:
            raise refusal(host, error.code, error.read(1 << 16), token) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        fix = "Is the server up? Outside of its cluster: kubectl port-forward -n kubeflow svc/ml-pipeline-ui 3000:80"
        raise NotReached(f"No answer from {host}: {reason}", fix) from None
    if not _is_object(said):
        raise NotReached(f"What answers at {host} is no Kubeflow Pipelines server.", "Is a path missing: /pipeline?")


def _is_object(text: bytes) -> bool:
    # The API declares `multi_user`. The dashboard, which answers in its place, says more: kubeflow/pipelines#8837.
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is how a login page announces itself; and a token must not follow one to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None
