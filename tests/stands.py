"""A day with two exhibitors for the tests of stands, the links they were sent, and the pages that they read."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import Clock, attendee, place
from tests.staff import make_staff
from workshops import contacts_shared, database, exhibitors, mail_links, stand_invitations, stand_links, stands
from workshops.actors import Staff
from workshops.database import fetch, fetch_one, transaction
from workshops.descriptions import Description
from workshops.mail_links import LinkPurpose
from workshops.stand_links import Exhibitor
from workshops.tables.people import Role

VERBS = (exhibitors, stand_invitations, contacts_shared, stands, mail_links)
TEXT = Description(title="Soudeur, soudeuse", rome_code="H2913", description="Vous soudez deux pièces.")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of everything that has to do with stands, standing still until a test turns it."""
    turned = Clock()
    for module in (database, factories, *VERBS):
        monkeypatch.setattr(module, "utcnow", turned)
    return turned


@dataclass(slots=True)
class Scene:
    """A day led by `organiser`. `welder` holds `stand` with two slots; `mason` holds `other`."""

    organiser: Staff
    cookie: str
    event: Row
    welder: Row
    mason: Row
    stand: Row
    other: Row
    slots: list[Row]

    @property
    def exhibitor(self) -> Exhibitor:
        """The welder as an actor."""
        return acting(self.welder, self.event)

    async def workshop(self, row: Row | None = None) -> Row:
        """The welder's workshop, or another one, as it is stored now."""
        found = await fetch_one("SELECT * FROM workshop WHERE id = {}", (row or self.stand)["id"])
        assert found is not None
        return found

    async def link(self, who: Row | None = None, email: str | None = None, days: int = 5) -> str:
        """A fresh STAND link of the welder, or of another exhibitor; its secret."""
        return await link(LinkPurpose.STAND, self.event, who or self.welder, email, timedelta(days=days))

    async def event_version(self) -> int:
        """How often the day has changed."""
        row = await fetch_one("SELECT version FROM event WHERE id = {}", self.event["id"])
        assert row is not None
        return int(row["version"])


def acting(organisation: Row, event: Row) -> Exhibitor:
    """An exhibitor on a day, by a link."""
    return Exhibitor("link:test", Role.EXHIBITOR, organisation=organisation["id"], event=event["id"])


async def scene(status: str = "draft", stand_status: str = "draft", **stand: Any) -> Scene:
    """Such a day in ten days; the welder's workshop is a draft without a page unless told otherwise."""
    organiser, cookie = await make_staff(Role.ORGANISER)
    event = await factories.event(status=status, lead=organiser.organisation)
    welder = await factories.organisation("exhibitor", name="Aciers d’Artois", email="rh@aciers.example")
    mason = await factories.organisation("exhibitor", name="Bâti-Terril", email="rh@terril.example")
    page = {"title": "Soudeur, soudeuse", "rome_code": None, "stand": "7", **stand}
    mine = await factories.workshop(event, exhibitor=welder["id"], status=stand_status, position=1, **page)
    other = await factories.workshop(event, exhibitor=mason["id"], status=stand_status, position=2)
    slots = [await factories.session(mine, event, 0), await factories.session(mine, event, 1)]
    await factories.session(other, event, 0)
    return Scene(organiser, cookie, event, welder, mason, mine, other, slots)


async def published() -> Scene:
    """The same, published, both workshops ready."""
    return await scene("published", "ready", rome_code="H2913", description="Vous soudez deux pièces.")


async def link(purpose: LinkPurpose, event: Row, who: Row, email: str | None, lasts: timedelta) -> str:
    """A link about an exhibitor's day; its secret."""
    about = stand_links.subject(event["id"], who["id"])
    async with transaction():
        row = await mail_links.make(purpose, about, email or who["email"], lasts, database.utcnow())
    made = await fetch_one("SELECT key_id FROM mail_link WHERE id = {}", row)
    assert made is not None
    return mail_links.secret(row, made["key_id"])


async def agreeing(day: Scene, status: str = "confirmed", share: bool = True, slot: int = 0, **given: Any) -> Row:
    """Somebody with a place at the welder's who agreed to be contacted."""
    person = await attendee(day.event, **{"aged_16_or_over": True, **given})
    ended = {"cancelled_at": database.utcnow()} if status == "cancelled" else {}
    await place(person, day.slots[slot], status, share_with_exhibitor=share, **ended)
    return person


async def journal(action: str) -> list[Row]:
    """The entries of the journal about this."""
    return await fetch("SELECT * FROM audit_entry WHERE action = {} ORDER BY at, id", action)


async def letters(kind: str) -> list[Row]:
    """The messages of this kind, with the address of their link."""
    return await fetch(
        "SELECT m.*, l.email, l.subject FROM message m JOIN mail_link l ON l.id = m.mail_link WHERE m.kind = {} "
        "ORDER BY m.created_at, m.id",
        kind,
    )


def secret_in(text: str, door: str = "stand") -> str:
    """The secret of the link that a message carries."""
    found = re.search(rf"/{door}/([A-Z2-7]{{26}})", text)
    assert found, text
    return found[1]
