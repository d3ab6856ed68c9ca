"""The API against its own description: schemathesis sends what it allows and what it forbids to a served process.

Left out are the two checks of which data is accepted: many a rule stands between several fields, or in the database;
and the one that what was deleted is gone: a cancelled place can still be read (contract.md).
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.programs import env
from tests.served import Served, served
from workshops.database import fetch

LEFT_OUT = "positive_data_acceptance,negative_data_rejection,use_after_free"
EXAMPLES, SEED = "20", "1"
ALL = 9
"""How many operations there are."""
CONFIG = """
[parameters]
"path.event" = "{event}"
"path.registration" = "{registration}"
"""


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("openapi")) as place:
        yield place


async def schemathesis(demo: Served, folder: Path, tested: int, *more: str, **given: str) -> str:
    """What it says of everything that the API describes, of `tested` operations. Fails where it finds anything."""
    command = (sys.executable, "-m", "schemathesis.cli", "run", f"{demo.url}/api/openapi.json")
    bounds = ("--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none")
    running = await asyncio.create_subprocess_exec(
        *(*command, *bounds, "--exclude-checks", LEFT_OUT, "--no-color", *more),
        cwd=folder,
        env={**env(**given), "PYTHONWARNINGS": "default"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await running.communicate())[0].decode()
    assert running.returncode == 0, said
    assert f"Tested: {tested}" in said
    return said


def answered(demo: Served, since: int) -> set[str]:
    """The status codes that it has given."""
    return set(re.findall(r" status=(\d+)", demo.printed()[since:]))


async def test_a_stranger_is_answered_as_described(demo: Served, tmp_path: Path) -> None:
    await schemathesis(demo, tmp_path, ALL)
    assert answered(demo, 0) == {"200", "400", "401", "404", "405", "422"}


async def test_an_admin_is_answered_as_described(demo: Served, tmp_path: Path) -> None:
    token = (await demo.call("token", "add", "schemathesis", "--role", "admin")).strip()
    day = (await fetch("SELECT id FROM event WHERE status = 'published' ORDER BY date DESC LIMIT 1"))[0]["id"]
    rows = await fetch(
        "SELECT s.id, r.id AS registration FROM session s JOIN workshop w ON w.id = s.workshop "
        "JOIN registration r ON r.session = s.id WHERE w.event = {} AND r.status = 'confirmed' ORDER BY w.id, s.id",
        day,
    )
    sessions = ",".join(dict.fromkeys(row["id"] for row in rows))
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(event=day, registration=rows[0]["registration"]))
    before = len(demo.printed())
    hooks = {"SCHEMATHESIS_HOOKS": "tests.openapi_hooks", "TEST_SESSIONS": sessions}
    await schemathesis(demo, tmp_path, ALL, "-H", f"Authorization: Bearer {token}", **hooks)
    # Whether a conflict is met among the slots chosen depends on the hour at which the season was made.
    assert answered(demo, before) | {"409"} == {"200", "201", "400", "401", "403", "404", "405", "409", "422"}


async def test_an_adviser_is_answered_as_described(demo: Served, tmp_path: Path) -> None:
    named = ("--role", "adviser", "--organisation", "mission-locale-demo")
    token = (await demo.call("token", "add", "adviser", *named)).strip()
    day = (await fetch("SELECT id FROM event WHERE status = 'published' ORDER BY date DESC LIMIT 1"))[0]["id"]
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(event=day, registration="none"))
    before, own = len(demo.printed()), ("--include-path-regex", "invitations|referrals")
    hooks = {"SCHEMATHESIS_HOOKS": "tests.openapi_hooks", "TEST_SESSIONS": ""}
    await schemathesis(demo, tmp_path, 2, *own, "-H", f"Authorization: Bearer {token}", **hooks)
    assert {"200", "201", "422"} <= answered(demo, before) <= {"200", "201", "400", "401", "404", "405", "409", "422"}
