"""What the operator looks at: failures, what waits, what came in."""

from functools import partial

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from workshops.migrations.statements import run

ID = "2026-11-27T21:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes of the operator's page"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="workshops", description=DESCRIPTION)
    manager.add_raw(partial(run, "post_room.sql"))
    return manager
