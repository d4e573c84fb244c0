"""Does every answer of a server become the error that it means?"""

from __future__ import annotations

import pytest

from prodml.anywhere.kubeflow import KubeflowError, NotAccepted, NotAllowed, NotReached
from prodml.anywhere.kubeflow.errors import reason_in, refusal


@pytest.mark.parametrize(
    ("status", "token", "kind"),
    [
        (302, None, NotAllowed),
        (401, None, NotAllowed),
        (403, "old", NotAllowed),
        (404, None, NotReached),
        (400, "t", NotAccepted),
    ],
)
def test_the_status_decides(status: int, token: str | None, kind: type[KubeflowError]) -> None:
    """Is it told whether to look at the address, the token or the pipeline?"""
    assert type(refusal("http://x", status, b"", token)) is kind


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"code": 3, "message": "no integer"}', "no integer"),
        ('{"error": "no integer"}', "no integer"),  # as in kubeflow/pipelines#9941
        (b"<html>Welcome</html>", ""),
        (None, ""),
        (b'["no object"]', ""),
        ('{"message": "' + 400 * "x" + '"}', 300 * "x"),
    ],
)
def test_the_reason_is_found(body: bytes | str | None, reason: str) -> None:
    """Is what the server said passed on, and a page for people left out?"""
    assert reason_in(body) == reason
