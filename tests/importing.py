"""What the tests of imports share: an organiser with a draft, sheets that were sent, what there is afterwards."""

from typing import Any

from tests import factories
from tests.staff import make_staff
from workshops import imports, sheets
from workshops.actors import Actor, Staff
from workshops.database import fetch
from workshops.imports import Run
from workshops.sheets import write_csv
from workshops.sheets.reading import rows_of
from workshops.tables.people import Role

Row = dict[str, Any]
HEAD = ["Entreprise", "E-mail", "Métier", "Code ROME", "Stand", "Animateur", "Places", "Horaires"]
RULE = "9h-12h et 13h30-16h30 / 45 min / 8 places"
LIST = "Entreprise;Métier;Horaires\nACME;Maçon;" + RULE + "\nBoulange;Boulanger;9h-9h45, 10h-10h45, 6 places\n"


async def read_here(content: bytes) -> list[sheets.Row]:
    """What `sheets.read` reads, in this process, which is quicker; the one of its own is tested in test_sheets.py."""
    return rows_of(content)


async def lead(**given: Any) -> tuple[Staff, Row]:
    """An organiser and a draft of theirs."""
    who, _cookie = await make_staff(Role.ORGANISER)
    return who, await factories.event(lead=who.organisation, **{"status": "draft", **given})


async def looked(event: Row, who: Actor, *rows: list[str], head: list[str] = HEAD) -> Run:
    """The answers to these rows."""
    return await imports.look(await imports.preview(event["id"], write_csv(head, rows), who), who)


def shown(run: Run) -> tuple[int, int]:
    """What the page announces."""
    return len(run.good), run.slots


async def imported(event: Row, who: Actor, text: str = LIST) -> str:
    """A run that was carried out."""
    run = await imports.look(await imports.preview(event["id"], text.encode(), who), who)
    await imports.confirm(run.id, shown(run), who)
    return run.id


async def counted() -> tuple[int, ...]:
    """How many workshops, slots and exhibitors there are."""
    rows = await fetch(
        "SELECT COUNT(*) AS number FROM workshop UNION ALL SELECT COUNT(*) FROM session "
        "UNION ALL SELECT COUNT(*) FROM organisation WHERE kind = 'exhibitor'"
    )
    return tuple(row["number"] for row in rows)
