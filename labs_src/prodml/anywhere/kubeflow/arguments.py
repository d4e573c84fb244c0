"""Whether a file is a compiled pipeline, and whether arguments are its parameters: found before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodml.anywhere.kubeflow.errors import NotAccepted


def check_arguments(pipeline: Path, arguments: Mapping[str, Any]) -> None:
    """Whether the file is a pipeline, and the arguments are its parameters.

    Raises:
        NotAccepted: they are not.
    """
    known = _parameters(pipeline)
    needed = {n for n, p in known.items() if "defaultValue" not in p and not p.get("isOptional")}
    for what, names in (("does not know", set(arguments) - set(known)), ("also needs", needed - set(arguments))):
        if names:
            problem = f"{pipeline}: the pipeline {what} {', '.join(sorted(names))}."
            raise NotAccepted(problem, f"Its parameters: {', '.join(sorted(known)) or 'none'}.")


def read_arguments(path: Path | None) -> dict[str, Any]:
    """The arguments in a JSON file; none without a file.

    Raises:
        NotAccepted: it cannot be read, or holds no object.
    """
    if path is None:
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotAccepted(f"{path} cannot be read: {error}", "Give a JSON object: parameter → value.") from None
    if not isinstance(values, dict):
        raise NotAccepted(f"{path} holds no JSON object.", "Give a JSON object: parameter → value.")
    return values


def _parameters(pipeline: Path) -> dict[str, dict[str, Any]]:
    """Parameter → its definition in the compiled pipeline."""
    import yaml

    try:
        spec = next(iter(yaml.safe_load_all(pipeline.read_text(encoding="utf-8"))), None)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NotAccepted(f"{pipeline} cannot be read: {error}", "Give the YAML file that kfp has compiled.") from None
    if not isinstance(spec, dict) or not isinstance(spec.get("root"), dict):
        raise NotAccepted(f"{pipeline} is no compiled pipeline: it has no `root`.", "Compile it with kfp.compiler.")
    known: dict[str, dict[str, Any]] = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return known
