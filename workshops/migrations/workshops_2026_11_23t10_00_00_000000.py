"""The office: second factor, mailed links, exhibitors' answers, changes that can be undone, messages, imports."""

from functools import partial

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from workshops.migrations.statements import run

ID = "2026-11-23T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The office"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="workshops", description=DESCRIPTION)
    manager.add_raw(partial(run, "office.sql"))
    return manager
