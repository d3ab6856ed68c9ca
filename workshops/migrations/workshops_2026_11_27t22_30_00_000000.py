"""News of the next days to those who asked for them."""

from functools import partial

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from workshops.migrations.statements import run

ID = "2026-11-27T22:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Which days were told to whom asked for news"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="workshops", description=DESCRIPTION)
    manager.add_raw(partial(run, "news.sql"))
    return manager
