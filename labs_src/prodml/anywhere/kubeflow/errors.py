"""What can go wrong while a pipeline is sent, and which answer of a server means what.

KubeflowError             base
├── NotReached            no answer from that address, or one that no Kubeflow Pipelines server gives
├── NotAllowed            the server wants a token, another token, or another namespace
└── NotAccepted           the pipeline or its arguments are not right, as found here or by the server
"""

from __future__ import annotations

import json

from prodml.errors import ProdmlError

TOKEN = "PRODML_KFP_TOKEN"  # an environment variable: what stands in a command line, everybody can read
NO_ENTRY = (301, 302, 303, 307, 308, 401, 403)  # a login page announces itself by a redirect


class KubeflowError(ProdmlError):
    """Base: a pipeline could not be sent."""


class NotReached(KubeflowError):
    """Raised when nothing answers at the address, or something that is no Kubeflow Pipelines server."""


class NotAllowed(KubeflowError):
    """Raised when the server refuses who asks."""


class NotAccepted(KubeflowError):
    """Raised when file or arguments do not fit, or the server refuses the run."""


def refusal(host: str, status: int, body: bytes | str | None, token: str | None) -> KubeflowError:
    """The error that an answer with this HTTP status means.

    Args:
        body: what the server said.
        token: the one that it was given, or None.
    """
    reason = reason_in(body)
    if status in NO_ENTRY:
        what = "refuses the token" if token else "wants a login, and there is no token"
        fix = f"Set {TOKEN} to a token that is valid there, and give --namespace if it has several users."
        return NotAllowed(f"{host} {what} (HTTP {status}{': ' + reason if reason else ''}).", fix)
    if status == 404:
        return NotReached(f"{host} has no Kubeflow Pipelines API (HTTP 404).", "Is a path missing: /pipeline?")
    return NotAccepted(f"{host} did not accept the run (HTTP {status}): {reason}", "Correct what it says.")


def reason_in(body: bytes | str | None) -> str:
    """What the server's error says, in at most 300 characters; nothing if it is a page for people."""
    try:
        said = json.loads(body or b"")
    except ValueError:
        return ""
    # The API declares `message`; older servers say `error` as well (kubeflow/pipelines#9941).
    return str(said.get("message") or said.get("error") or "")[:300] if isinstance(said, dict) else ""
