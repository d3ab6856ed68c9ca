"""A wheel without the browser files would break only in production, so it is not built."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserFiles(BuildHookInterface[Any]):
    """Checks the files that npm brings; pyproject.toml lists them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Let the wheel be built only when every required file exists; else end the build, naming them."""
        missing = [name for name in self.config["required"] if not (Path(self.root) / name).is_file()]
        if missing:
            raise SystemExit(f"Missing: {', '.join(missing)}. Run `make build` first.")
