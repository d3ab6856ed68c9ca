"""The whole model of the product. Raw SQL, the same for both engines, safe to run again after a crash in between."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-23T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The programme, people, the door and the post"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="workshops", description=DESCRIPTION)
    manager.add_raw(_create)
    return manager


async def _create() -> None:
    engine = engine_finder()
    assert engine is not None
    for statement in Path(__file__).with_name("first.sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            await engine.run_ddl(statement)
