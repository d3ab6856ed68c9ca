"""The product as a visitor meets it: a demo season, its web process and its worker, in a folder of their own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import Process, Web, migrated

SEED = "7"


@dataclass(frozen=True, slots=True)
class Served:
    """Where it answers, and the folder with its database, its outbox and what its processes print."""

    url: str
    folder: Path
    given: dict[str, str]

    def printed(self) -> str:
        """Everything that its processes have printed so far."""
        return "".join(file.read_text(encoding="utf-8") for file in sorted(self.folder.glob("*.log")))

    async def call(self, *words: str) -> str:
        """What `workshops …` prints. Raises RuntimeError where it fails."""
        async with Process(("workshops.cli", *words), self.given, self.folder) as called:
            await called.end()
            return called.words()


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Served]:
    """A demo season served until the end, when its processes must stop as they are told; this one uses its database."""
    url, key = f"sqlite:///{folder}/workshops.db", os.environ["SECRET_KEY"]
    given = {"DATABASE_URL": url, "DEBUG": "1", "PUBLIC_URL": "", "SMTP_URL": "", "SECRET_KEY": key}
    async with migrated(url, folder):
        async with Process(("workshops.cli", "demo", "--seed", SEED), given, folder) as loaded:
            await loaded.end()
        strict = "error"  # a deprecation ends it
        web = Web(url, folder, DEBUG="1", PUBLIC_URL="", SMTP_URL="", SECRET_KEY=key, PYTHONWARNINGS=strict)
        given |= {"PYTHONWARNINGS": strict, "PORT": str(web.port)}  # the links in the mail name the port
        worker = Process(("workshops.cli", "worker"), given, folder)
        try:
            await web.ready()
            yield Served(f"http://127.0.0.1:{web.port}", folder, given)
        finally:
            codes = await web.stop(), await worker.stop()
    assert codes == (0, 0), web.words() + worker.words()
