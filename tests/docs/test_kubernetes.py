"""Would a cluster take the manifests of docs/kubernetes as they are, and do they fit together?

What a schema says is all that is asked here: there is no cluster.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any

import dask
import jsonschema
import kubernetes_validate
import pytest
import yaml
from distributed.security import Security

from autograder.runs.connecting import TLS, check_address

ROOT = Path(__file__).resolve().parents[2]
FOLDER, PAGE = ROOT / "docs" / "kubernetes", ROOT / "docs" / "kubernetes.md"
FILES = {path.name: list(yaml.safe_load_all(path.read_text())) for path in sorted(FOLDER.glob("*.yaml"))}
KINDS = {d["kind"]: d for documents in FILES.values() for d in documents}
VERSIONS = ("1.36", "1.37")
CRD = "dask_kubernetes/operator/deployment/helm/dask-kubernetes-operator/crds/daskcluster.yaml"
UNSAFE = {"seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "Unconfined"}}


@functools.cache
def dask_cluster_schema() -> dict[str, Any]:
    """Of the resource's definition in dask-kubernetes; closed, for a cluster drops in silence what it does not know."""
    files = importlib.metadata.files("dask-kubernetes") or []
    (path,) = [f for f in files if str(f) == CRD]
    found = closed(yaml.load(path.read_text(), yaml.CSafeLoader)["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    found["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}  # every resource has them
    return found  # type: ignore[no-any-return]


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    is_open = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    return (
        inner if is_open or not isinstance(schema.get("properties"), dict) else {**inner, "additionalProperties": False}
    )


def pods() -> dict[str, dict[str, Any]]:
    return {
        "scheduler": KINDS["DaskCluster"]["spec"]["scheduler"]["spec"],
        "worker": KINDS["Deployment"]["spec"]["template"]["spec"],
        "client": KINDS["Job"]["spec"]["template"]["spec"],
    }


def variables(role: str) -> dict[str, str]:
    (container,) = pods()[role]["containers"]
    return {v["name"]: v["value"] for v in container["env"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "DaskCluster"])
def test_kubernetes_takes_it(kind: str, version: str) -> None:
    kubernetes_validate.validate(KINDS[kind], version, strict=True)


def test_dask_kubernetes_takes_it() -> None:
    jsonschema.Draft7Validator(dask_cluster_schema()).validate(KINDS["DaskCluster"])


def test_why_the_workers_are_no_part_of_it() -> None:
    """Once dask-kubernetes knows `hostUsers`, workers.yaml can go, and scheduler.yaml take its pods."""
    worker = {"replicas": 1, "spec": pods()["worker"]}
    cluster = {**KINDS["DaskCluster"], "spec": {**KINDS["DaskCluster"]["spec"], "worker": worker}}
    errors = list(jsonschema.Draft7Validator(dask_cluster_schema()).iter_errors(cluster))
    unknown = " ".join(error.message for error in errors)
    assert "hostUsers" in unknown
    assert KINDS["DaskCluster"]["spec"]["worker"]["replicas"] == 0


def test_only_workers_may_make_namespaces() -> None:
    """And no pod has rights, or a key to the cluster's own interface."""
    for role, pod in pods().items():
        (container,) = pod["containers"]
        assert (
            container["securityContext"].items()
            >= {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}.items()
        )
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert (pod["securityContext"].items() >= UNSAFE.items()) == (role == "worker")
        assert container["securityContext"].get("procMount") == ("Unmasked" if role == "worker" else None)
        assert pod.get("hostUsers") is (False if role == "worker" else None)


def test_they_meet() -> None:
    """One image, one secret, one address, and each role has its certificate where Dask looks for it."""
    cluster = KINDS["DaskCluster"]["metadata"]
    address = f"tls://{cluster['name']}-scheduler.{cluster['namespace']}.svc.cluster.local:8786"
    workers, client = (" ".join(pods()[role]["containers"][0]["args"]) for role in ("worker", "client"))
    assert f" {address} " in workers
    assert client.endswith(f"--scheduler={address}")
    assert len({c["image"] for pod in pods().values() for c in pod["containers"]}) == 1
    for role, pod in pods().items():
        (secret,) = [v["secret"] for v in pod["volumes"] if "secret" in v]
        assert secret["secretName"] in PAGE.read_text()
        files = {"CA_FILE": "ca", f"{role.upper()}__CERT": "cert", f"{role.upper()}__KEY": "key"}
        for name, file in files.items():
            assert variables(role)[f"DASK_DISTRIBUTED__COMM__TLS__{name}"] == f"/tls/{file}.pem"
    assert len({d["metadata"].get("namespace", d["metadata"].get("name")) for d in KINDS.values()}) == 1


def test_the_pages_certificate_encrypts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that docs/kubernetes.md gives, taken from there."""
    (command,) = re.findall(r"^openssl req (?:.*\\\n)*.*$", PAGE.read_text(), re.MULTILINE)
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    settings = {"ca-file": cert} | {
        f"{r}.{p}": f for r in ("client", "scheduler") for p, f in (("cert", cert), ("key", key))
    }
    with dask.config.set({TLS + name: file for name, file in settings.items()}):
        check_address("tls://anywhere:8786", insecure=False)
        security = Security()
    server, client = (
        security.get_listen_args("scheduler")["ssl_context"],
        security.get_connection_args("client")["ssl_context"],
    )
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [server.wrap_bio(to_server, to_client, server_side=True), client.wrap_bio(to_client, to_server)]
    for _ in range(4):  # each may have to wait for the other
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert [end.getpeercert() is not None for end in ends] == [True, True]
    assert ends[0].getpeercert()


def test_the_image_has_what_it_copies() -> None:
    """And no solutions, and the lock that everybody else has."""
    copied = [
        source
        for line in re.findall(r"^COPY (.*)$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert copied
    assert [c for c in copied if not (ROOT / c).exists()] == []
    assert not any((ROOT / "labs_src" / "labs").is_relative_to(ROOT / c) or c.startswith("tests") for c in copied)
    assert "requirements.txt" in copied
