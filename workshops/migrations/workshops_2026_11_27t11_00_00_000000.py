"""Referral by advisers: invitations that can be sent again and withdrawn, messages about them."""

from functools import partial

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from workshops.migrations.statements import run

ID = "2026-11-27T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Referral by advisers"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="workshops", description=DESCRIPTION)
    manager.add_raw(partial(run, "referral.sql"))
    return manager
