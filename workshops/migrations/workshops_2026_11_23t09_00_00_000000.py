"""The whole model of the product. Raw SQL, the same for both engines, safe to run again after a crash in between."""

from functools import partial

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from workshops.migrations.statements import run

ID = "2026-11-23T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The programme, people, the door and the post"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="workshops", description=DESCRIPTION)
    manager.add_raw(partial(run, "first.sql"))
    return manager
