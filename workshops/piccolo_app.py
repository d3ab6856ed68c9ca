"""Piccolo's view of this application, for `piccolo migrations forwards workshops`."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="workshops",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        [f"workshops.tables.{module}" for module in ("programme", "people", "referrals", "door", "office", "post")]
    ),
    migration_dependencies=[],
    commands=[],
)
