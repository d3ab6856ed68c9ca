"""The command `workshops`, each time in a process of its own, as an operator calls it."""

import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests import factories
from tests.programs import DEADLINE, PRODUCTION, ROOT, env
from workshops import credentials
from workshops.credentials import CredentialRefused
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.ids import token_hash
from workshops.tables.people import Role


def workshops(*arguments: str, **given: str) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    command = [sys.executable, "-m", "workshops.cli", *arguments]
    return subprocess.run(command, env=env(**given), cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE)


@pytest.fixture
async def sqlite(tmp_path: Path, template: Callable[[str], Awaitable[None]]) -> str:
    """The URL of a migrated SQLite file."""
    url = f"sqlite:///{tmp_path}/workshops.db"
    await template(url)
    return url


def test_migrate_needs_the_database_only(database_url: str) -> None:
    first, second = (workshops("migrate", DATABASE_URL=database_url) for _ in range(2))
    assert re.fullmatch(r"(\d{4}-\d\d-\d\dT[\d:]+\n)+", first.stdout), first.stderr
    assert (second.returncode, second.stdout) == (0, "The database is up to date.\n")


@pytest.mark.parametrize(("what", "missing"), [("worker", "SMTP_URL"), *(("serve", name) for name in PRODUCTION)])
def test_production_refuses_to_start_without_a_setting(what: str, missing: str, sqlite: str) -> None:
    given = {name: value for name, value in PRODUCTION.items() if name != missing}
    done = workshops(what, DATABASE_URL=sqlite, **given)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {missing}: {what} needs ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "hunter2"),
        ("PUBLIC_URL", "http://hunter2.example.org"),
        ("SMTP_URL", "hunter2"),
        ("INBOX_URL", "imap://someone:hunter2@mail.example.org"),
        ("INBOX_URL", "imaps://hunter2.example.org"),
        ("DECLINED", "hunter2"),
        ("SMS_PER_DAY", "hunter2"),
        ("PORT", "hunter2"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        ("DATABASE_URL", "postgresql://root:hunter2@127.0.0.1:1/hunter2"),
        ("DATABASE_URL", "postgresql://root:hunter2@127.0.0.1:hunter2/x"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(name: str, value: str, tmp_path: Path) -> None:
    given = {"DATABASE_URL": f"sqlite:///{tmp_path}/x.db", **PRODUCTION, name: value}
    done = workshops("serve", **given)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {name}: ")
    assert "hunter2" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_wrong_key_is_not_taken_for_a_database_that_is_away(sqlite: str) -> None:
    done = workshops("migrate", DATABASE_URL=sqlite, SECRET_KEY="hunter2")
    assert (done.returncode, done.stderr.split(":")[1].strip()) == (2, "SECRET_KEY")


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["token", "list"]])
def test_a_database_that_is_not_migrated_is_refused(command: list[str], tmp_path: Path) -> None:
    done = workshops(*command, DATABASE_URL=f"sqlite:///{tmp_path}/new.db", **PRODUCTION)
    assert (done.returncode, "run `workshops migrate`" in done.stderr) == (2, True)


def test_production_refuses_the_demo_season(sqlite: str) -> None:
    loaded = workshops("demo", "--events", "3", DATABASE_URL=sqlite, DEBUG="1")
    assert loaded.returncode == 0, loaded.stderr
    for what in ("serve", "worker"):
        done = workshops(what, DATABASE_URL=sqlite, **PRODUCTION)
        assert (done.returncode, done.stderr) == (
            2,
            f"Error: DATABASE_URL: this database holds the demo season; {what} needs another one\n",
        )


def test_the_demo_needs_debug(sqlite: str) -> None:
    for command in ("demo", "run"):
        done = workshops(command, DATABASE_URL=sqlite)
        assert (done.returncode, done.stderr.startswith("Error: DEBUG: ")) == (2, True)
    done = workshops("demo", "--events", "0", DATABASE_URL=sqlite, DEBUG="1")
    assert done.returncode == 2


def test_a_taken_port_is_said(sqlite: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "run"):
            done = workshops(command, DATABASE_URL=sqlite, DEBUG="1", PORT=port)
            assert (done.returncode, done.stderr.startswith("Error: PORT: another program listens there")) == (2, True)
            assert "PORT=" in done.stderr


def test_a_token_is_printed_once_and_works_until_revoked(sqlite: str) -> None:
    made = workshops("token", "add", "cron", "--role", "admin", "--expires", "2999-12-31", DATABASE_URL=sqlite)
    assert re.fullmatch(r"ont_[\w-]{43}\n", made.stdout), made.stderr
    assert made.stderr == ""
    again = workshops("token", "add", "cron", "--role", "admin", DATABASE_URL=sqlite)
    assert (again.returncode, again.stdout, again.stderr[:22]) == (1, "", "Error: there is, or wa")
    listed = workshops("token", "list", DATABASE_URL=sqlite).stdout.splitlines()
    assert listed[1].split("\t")[:3] == ["cron", "admin", "-"]
    assert made.stdout.strip() not in "".join(listed)
    assert workshops("token", "revoke", "cron", DATABASE_URL=sqlite).returncode == 0
    assert workshops("token", "revoke", "cron", DATABASE_URL=sqlite).returncode == 1
    assert workshops("token", "add", "x", "--role", "queen", DATABASE_URL=sqlite).returncode == 2
    assert workshops("token", "add", "x", "--role", "admin", "--expires", "soon", DATABASE_URL=sqlite).returncode == 2


def test_an_account_is_made_and_invited_without_a_key(sqlite: str) -> None:
    made = workshops("account", "add", "Chef@Example.org", "--role", "admin", DATABASE_URL=sqlite)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == "The worker sends an invitation there. Its link is good for 7 days.\n"
    with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"))) as file:
        assert file.execute("SELECT email, role FROM account").fetchall() == [("chef@example.org", "admin")]
        assert file.execute("SELECT kind, state, mail_link FROM message").fetchall() == [
            ("staff_invitation", "queued", None)
        ]
        assert file.execute("SELECT actor, action FROM audit_entry").fetchall() == [("operator", "invite_account")]
    again = workshops("account", "add", "chef@example.org", "--role", "admin", DATABASE_URL=sqlite)
    assert (again.returncode, again.stderr) == (1, "Error: There is an account of this address already.\n")
    owned = workshops("account", "add", "x@example.org", "--role", "host", "--organisation", "x", DATABASE_URL=sqlite)
    assert (owned.returncode, owned.stderr) == (1, "Error: There is no such organisation.\n")


def test_a_second_factor_is_reset(sqlite: str) -> None:
    workshops("account", "add", "chef@example.org", "--role", "admin", DATABASE_URL=sqlite)
    assert workshops("account", "reset", "Chef@example.org", DATABASE_URL=sqlite).returncode == 0
    assert workshops("account", "reset", "nobody@example.org", DATABASE_URL=sqlite).returncode == 1


def test_codes_are_printed_in_the_demo_only(sqlite: str) -> None:
    assert workshops("demo", "--events", "3", DATABASE_URL=sqlite, DEBUG="1").returncode == 0
    told = workshops("account", "code", "admin@demo.example.org", DATABASE_URL=sqlite, DEBUG="1")
    assert re.fullmatch(r"\d{6}\n", told.stdout), told.stderr
    assert workshops("account", "code", "mairie@demo.example.org", DATABASE_URL=sqlite, DEBUG="1").returncode == 1
    refused = workshops("account", "code", "admin@demo.example.org", DATABASE_URL=sqlite, **PRODUCTION)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error: DEBUG: ")


def test_help_lists_the_commands() -> None:
    done = workshops("--help")
    assert re.findall(r"^  ([a-z]+) ", done.stdout, re.MULTILINE) == sorted(
        ["account", "demo", "migrate", "run", "serve", "token", "worker"]
    )
    assert workshops("dance").returncode == 2


async def test_a_token_belongs_to_an_organisation_and_ends_with_its_last_day_in_paris(db: Engine) -> None:
    agency = await factories.organisation()
    last = utcnow().date() + timedelta(days=2)
    token = await credentials.add_token("commune", Role.ADVISER, agency["slug"], last)
    row = await fetch_one("SELECT * FROM api_token WHERE name = {}", "commune")
    assert row
    assert (row["role"], row["organisation"], row["token_hash"]) == (
        "adviser",
        agency["id"],
        token_hash(token),
    )
    assert row["expires_at"].astimezone(ZoneInfo("Europe/Paris")).isoformat()[:16] == (
        f"{last + timedelta(days=1)}T00:00"
    )
    (listed,) = await credentials.tokens()
    assert (listed["organisation"], listed["revoked_at"]) == (agency["slug"], None)
    await credentials.revoke_token("commune")
    (listed,) = await credentials.tokens()
    assert abs(listed["revoked_at"] - utcnow()) < timedelta(minutes=1)


async def test_what_no_credential_is_made_for(db: Engine) -> None:
    archived = await factories.organisation(archived_at=utcnow())
    for refused in (
        credentials.add_token("x", Role.ADVISER, None),
        credentials.add_token("x", Role.ADVISER, "nowhere"),
        credentials.add_token("x", Role.ADVISER, archived["slug"]),
        credentials.add_token(" ", Role.ADMIN, None),
        credentials.add_token("x" * 61, Role.ADMIN, None),
        credentials.add_token("a\nb", Role.ADMIN, None),
        credentials.add_token("x", Role.ADMIN, None, date(2020, 1, 1)),
    ):
        with pytest.raises(CredentialRefused):
            await refused
    assert await fetch("SELECT id FROM api_token") == []
