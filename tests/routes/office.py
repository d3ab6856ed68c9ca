"""What the tests of bookings, calls, kept places and messages share: a led day, and its organiser's browser."""

from dataclasses import dataclass
from typing import Any

from tests import factories
from tests.factories import Row
from tests.staff import make_staff
from tests.visitor import Visitor
from workshops.actors import ANYONE, Staff
from workshops.database import fetch
from workshops.registrations import register
from workshops.tables.people import Role


@dataclass(slots=True)
class Desk:
    """A day with a mason's two slots (the first of two places) and a carer's at the hour of the first."""

    visitor: Visitor
    staff: Staff
    event: Row
    mason: Row
    later: Row
    carer: Row

    @property
    def base(self) -> str:
        """Where the day's pages are."""
        return f"/office/events/{self.event['id']}"

    async def signed_up(self, *slots: Row, **given: Any) -> str:
        """Somebody who signed up online; the attendee's id."""
        return (await register(factories.sign_up(self.event, *slots, if_full="wait", **given), ANYONE)).attendee

    async def act_as(self, role: Role, organisation: str | None = None) -> Staff:
        """Let somebody else use the browser."""
        who, cookie = await make_staff(role, organisation)
        self.visitor.client.cookies.set(*cookie.split("=", 1))
        return who

    async def listed(self) -> list[tuple[str, int]]:
        """The lists of names that the journal knows of."""
        rows = await fetch("SELECT action, people FROM audit_entry WHERE object_kind = 'list' ORDER BY at, id")
        return [(row["action"], row["people"]) for row in rows]


async def make_desk(visitor: Visitor) -> Desk:
    """A published day, and a browser that its organiser is signed in on."""
    who, cookie = await make_staff(Role.ORGANISER)
    visitor.client.cookies.set(*cookie.split("=", 1))
    event = await factories.event(lead=who.organisation)
    masons = await factories.workshop(event, title="Maçon, maçonne", stand="7", position=1)
    carers = await factories.workshop(event, title="Aide-soignant", min_age=16, position=2)
    return Desk(
        visitor,
        who,
        event,
        await factories.session(masons, event, 0, capacity=2),
        await factories.session(masons, event, 2),
        await factories.session(carers, event, 0.5),
    )
