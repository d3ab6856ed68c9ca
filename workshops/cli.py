"""The command `workshops` (contract.md "Commands"). What goes wrong is told on stderr: 2 a setting, 1 anything else."""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

import click

from workshops.errors import WorkshopsError
from workshops.settings import WrongSetting, settings
from workshops.tables.people import Role

ROLE = click.Choice([role.value for role in Role])
DATE = click.DateTime(["%Y-%m-%d"])


def main(arguments: list[str] | None = None) -> int:
    """Carry out the command line and return its exit code."""
    try:
        return int(commands.main(arguments, prog_name="workshops", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except WrongSetting as error:
        return _told(error, 2)
    except WorkshopsError as error:
        faults = " ".join(fault.message % fault.limits for fault in error.faults)
        return _told(faults or error.detail, 1)


def _told(what: object, code: int) -> int:
    click.echo(f"Error: {what}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Sign-up, tickets and the door for « Osons nos talents »."""


@commands.command()
def serve() -> None:
    """Serve pages, API and door on HOST and PORT."""
    from workshops import server

    server.serve()


@commands.command()
def worker() -> None:
    """Send the mail that is due."""
    from workshops import server

    server.work()


@commands.command()
def migrate() -> None:
    """Bring the database to the code's schema."""
    from workshops import schema, server

    async def migrated() -> list[str]:
        await server.require_database()
        return await schema.migrate()

    try:
        done = asyncio.run(migrated())
    except schema.MigrationFailed as error:
        raise click.ClickException(str(error)) from None
    click.echo("\n".join(done) or "The database is up to date.")


@commands.command()
@click.option("--seed", default=1, show_default=True, help="The same seed and start hour give the same season.")
@click.option("--events", default=6, show_default=True, help="How many days.")
def demo(seed: int, events: int) -> None:
    """Load a fictional season on the real communes; needs DEBUG=1."""
    from workshops.run import load_demo

    if not settings().debug:
        raise WrongSetting("DEBUG: the demo season is loaded with DEBUG=1 only")
    try:
        _on_database(load_demo(seed, events))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@commands.command()
def run() -> int:
    """The demo season with its web process and worker; needs DEBUG=1."""
    from workshops.run import run as run_all

    return asyncio.run(run_all())


@commands.group()
def account() -> None:
    """The accounts of staff."""


@account.command("add")
@click.argument("email")
@click.option("--organisation", metavar="SLUG", help="Every role but admin needs one.")
@click.option("--role", type=ROLE, required=True)
def account_add(email: str, organisation: str | None, role: str) -> None:
    """Make an account."""
    from workshops.accounts import invite
    from workshops.actors import OPERATOR

    _on_database(invite(email, "", role, organisation or "", OPERATOR))
    click.echo("The worker sends an invitation there. Its link is good for 7 days.")


@account.command("reset")
@click.argument("email")
def account_reset(email: str) -> None:
    """Forget somebody's second factor and sign them out everywhere: the next sign-in sets up another phone."""
    from workshops.accounts import reset_by_address
    from workshops.actors import OPERATOR

    _on_database(reset_by_address(email, OPERATOR))
    click.echo("Done. The next sign-in with the password sets up a second factor.")


@account.command("code")
@click.argument("email")
def account_code(email: str) -> None:
    """Print a code of the authenticator app, as a phone would show it; needs DEBUG=1."""
    from workshops.demo.accounts import code_of

    if not settings().debug:
        raise WrongSetting("DEBUG: codes are printed with DEBUG=1 only")
    click.echo(_on_database(code_of(email)))


@commands.group()
def token() -> None:
    """The tokens of partners' programs."""


@token.command("add")
@click.argument("name")
@click.option("--role", type=ROLE, required=True)
@click.option("--organisation", metavar="SLUG", help="Every role but admin needs one.")
@click.option("--expires", type=DATE, metavar="DATE", help="Its last day, as 2027-12-31; without it, none.")
def token_add(name: str, role: str, organisation: str | None, expires: datetime | None) -> None:
    """Make a token and print it, once: only its hash is kept."""
    from workshops.credentials import add_token

    click.echo(_on_database(add_token(name, Role(role), organisation, expires.date() if expires else None)))


@token.command("list")
def token_list() -> None:
    """List the tokens, those that ended too; fields are divided by tabs."""
    from workshops.credentials import tokens

    click.echo("name\trole\torganisation\tmade\texpires\trevoked\tused")
    for row in _on_database(tokens()):
        click.echo("\t".join(_shown(value) for value in row.values()))


@token.command("revoke")
@click.argument("name")
def token_revoke(name: str) -> None:
    """End a token at once."""
    from workshops.credentials import revoke_token

    _on_database(revoke_token(name))


def _on_database(work: Coroutine[Any, Any, Any]) -> Any:
    """Do `work`; raise WrongSetting, naming DATABASE_URL, where the database does not answer or is not migrated."""
    from workshops.server import require_schema

    async def done() -> Any:
        try:
            await require_schema()
        except BaseException:
            work.close()
            raise
        return await work

    return asyncio.run(done())


def _shown(value: object) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value or "-")


if __name__ == "__main__":
    sys.exit(main())
