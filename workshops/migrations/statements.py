"""Raw SQL for both engines, every statement of which bears being run again after a crash in between."""

import re
from pathlib import Path

from piccolo.engine.finder import engine_finder

_ADDED = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+) ")


async def run(name: str) -> None:
    """Run the statements of a file beside this one; a column that is there already is left as it is."""
    engine = engine_finder()
    assert engine is not None
    for statement in Path(__file__).with_name(name).read_text(encoding="utf-8").split(";\n"):
        added = _ADDED.match(statement.strip())
        if added and engine.engine_type == "sqlite":  # which knows no IF NOT EXISTS here
            known = await engine.run_ddl(f"SELECT name FROM pragma_table_info('{added[1]}')")
            if added[2] in {row["name"] for row in known}:
                continue
        elif added:
            statement = statement.replace("ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
        if statement.strip():
            await engine.run_ddl(statement)
