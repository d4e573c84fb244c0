"""Put datasets/ and notebooks/ into the wheel. An editable installation reads them where they are."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = {"datasets": "prodml/_datasets", "notebooks": "prodml/_notebooks"}


class DataHook(BuildHookInterface):  # type: ignore[type-arg]
    """`force-include` in pyproject.toml would make a prodml/ in site-packages that hides the checkout's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build; `version` is "standard" or "editable"."""
        if version == "standard":
            build_data["force_include"].update(FOLDERS)
