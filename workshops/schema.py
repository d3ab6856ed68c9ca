"""The database's schema and the code's: bring one up to the other, and tell whether it is."""

import contextlib
import io
import re
from pathlib import Path

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration

from workshops.database import migration_lock

APP = "workshops"


class MigrationFailed(Exception):
    """A migration could not be carried out; what Piccolo said of it."""


async def migrate() -> list[str]:
    """Run the migrations that have not run, one process at a time; return their ids. Two releases at once are safe.

    Piccolo notes a migration as done outside its transaction, so every migration must bear being run again.
    """
    async with migration_lock():
        before = await _done()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            outcome = await ForwardsMigrationManager(app_name=APP).run()
        if not outcome.success:
            raise MigrationFailed(outcome.message or said.getvalue())
        return [id for id in await _done() if id not in before]


async def is_current() -> bool:
    """Whether the database has every migration that this code knows. A newer database is current too."""
    return known() <= set(await _done())


def known() -> set[str]:
    """The ids of the migrations that this code brings."""
    files = (Path(__file__).parent / "migrations").glob("workshops_*.py")
    found = (re.search(r'^ID = "(.+)"$', file.read_text(encoding="utf-8"), re.MULTILINE) for file in files)
    return {match.group(1) for match in found if match}


async def _done() -> list[str]:
    if not await Migration.table_exists():
        return []
    return await Migration.get_migrations_which_ran(app_name=APP)
