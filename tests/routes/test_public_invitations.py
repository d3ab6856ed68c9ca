"""The link of an invitation, as the invited person uses it: it shows, one button leads to the choice, then a ticket."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.staff import make_staff
from tests.visitor import Page, Visitor
from workshops import referrals
from workshops.actors import Staff
from workshops.database import fetch, fetch_one
from workshops.referrals import Invitee
from workshops.tables.people import Role
from workshops.tickets import invitation_url

BY_PHONE = Invitee("Ali", None, None, "+33639981122")


@dataclass(slots=True)
class Guest:
    """A visitor without an account, an agency, and a day with one slot."""

    visitor: Visitor
    who: Staff
    event: Row
    slot: Row

    async def link(self, invitee: Invitee = BY_PHONE) -> str:
        """Where the invitation is opened."""
        made = await referrals.invite(self.event["id"], invitee, self.who)
        row = await fetch_one("SELECT revision, key_id FROM referral WHERE id = {}", made.id)
        assert row is not None
        url = invitation_url(made.id, row["revision"], row["key_id"])
        return url[url.index("/i/") :]

    async def sign_up(self, link: str, **given: str) -> Page:
        """Everything from the link to the ticket."""
        day = await self.visitor.press(await self.visitor.open(link), "Choisir mes ateliers")
        assert day.path == f"/events/{self.event['id']}"
        form = await self.visitor.open(f"{day.path}/sign-up?s={self.slot['id']}")
        answers: dict[str, Any] = {"last_name": "Ben Salah", "aged_16_or_over": "true", **given}
        check = await self.visitor.press(form, "Continuer", **answers)
        return await self.visitor.press(check, "Réserver")


@pytest.fixture
async def guest(visitor: Visitor) -> Guest:
    event = await factories.event()
    who, _cookie = await make_staff(Role.ADVISER)
    await fetch("UPDATE organisation SET name = 'Mission locale' WHERE id = {}", who.organisation)
    return Guest(visitor, who, event, await factories.session(await factories.workshop(event), event))


async def stored() -> list[Any]:
    return [
        await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in ("referral", "attendee", "message", "counter")
    ]


async def test_opening_it_changes_nothing_and_names_who_invites(guest: Guest) -> None:
    link, before = await guest.link(), await stored()
    for path in (link, link.replace("/i/", "/I/"), link.lower()):
        page = await guest.visitor.open(path)
        assert "Mission locale vous invite" in page.text
        assert "Bonjour Ali" in page.text
        assert page.answer.headers["cache-control"] == "no-store"
        assert page.answer.headers["referrer-policy"] == "same-origin"
        assert "noindex" in page.answer.headers["x-robots-tag"]
        assert "39 98" not in page.text
    assert await stored() == before


async def test_it_leads_to_a_form_that_is_filled_in_already_and_can_be_corrected(guest: Guest) -> None:
    link = await guest.link()
    done = await guest.sign_up(link, first_name="Aly", phone="06 39 98 11 23")
    assert "Votre place est réservée" in done.text
    row = await fetch_one("SELECT first_name, phone, agency, origin FROM attendee")
    assert row == {
        "first_name": "Aly",
        "phone": "+33639981123",
        "agency": guest.who.organisation,
        "origin": "invited",
    }
    assert guest.slot["id"] not in guest.visitor.client.cookies


async def test_the_form_holds_what_the_adviser_wrote(guest: Guest) -> None:
    link = await guest.link(Invitee("Inès", "Petit", "ines@example.org"))
    await guest.visitor.press(await guest.visitor.open(link), "Choisir mes ateliers")
    form = await guest.visitor.open(f"/events/{guest.event['id']}/sign-up?s={guest.slot['id']}")
    fields = dict(form.forms[-1].fields)
    assert (fields["first_name"], fields["last_name"], fields["email"]) == ("Inès", "Petit", "ines@example.org")
    assert form.answer.headers["cache-control"] == "no-store"
    elsewhere = await factories.event()
    slot = await factories.session(await factories.workshop(elsewhere), elsewhere)
    other = await guest.visitor.open(f"/events/{elsewhere['id']}/sign-up?s={slot['id']}")
    assert "ines@example.org" not in other.html


async def test_used_twice_it_leads_to_the_person_s_places(guest: Guest) -> None:
    link = await guest.link()
    await guest.sign_up(link)
    page = await guest.visitor.open(link)
    assert "Vous avez déjà choisi" in page.text
    places = await guest.visitor.press(page, "Voir mes places")
    assert re.fullmatch(r"/m/[A-Z2-7]{26}", places.path)
    assert "Ben Salah" in places.text or "Place réservée" in places.text


async def test_after_it_is_used_the_next_person_of_this_browser_is_nobody_s(guest: Guest) -> None:
    await guest.sign_up(await guest.link())
    form = await guest.visitor.open(f"/events/{guest.event['id']}/sign-up?s={guest.slot['id']}")
    assert "39 98 11 22" not in form.html
    answers = {"first_name": "Max", "last_name": "Petit", "email": "max@example.org", "aged_16_or_over": "true"}
    check = await guest.visitor.press(form, "Continuer", **answers)
    await guest.visitor.press(check, "Réserver")
    rows = await fetch("SELECT first_name, agency FROM attendee ORDER BY first_name")
    assert [(row["first_name"], bool(row["agency"])) for row in rows] == [("Ali", True), ("Max", False)]


async def test_where_another_address_was_given_the_link_goes_there_and_nowhere_else(guest: Guest) -> None:
    link = await guest.link(Invitee("Inès", None, "ines@example.org"))
    await guest.sign_up(link, email="own@example.org")
    page = await guest.visitor.press(await guest.visitor.open(link), "Voir mes places")
    assert page.path == link.rstrip("/") + "/places"
    assert "Nous vous avons envoyé votre lien" in page.text
    assert "own@" not in page.html
    assert "/m/" not in page.html
    assert len(await fetch("SELECT id FROM message WHERE kind = 'your_link'")) == 1


async def test_a_withdrawn_one_says_so_calmly_and_shows_the_day(guest: Guest) -> None:
    link = await guest.link()
    page = await guest.visitor.open(link)
    (row,) = await fetch("SELECT id FROM referral")
    await referrals.withdraw(row["id"], guest.who)
    late = await guest.visitor.press(page, "Choisir mes ateliers")
    assert "n’est plus valable" in late.text
    assert f"/events/{guest.event['id']}" in late.links


async def test_one_character_changed_there_is_nothing(guest: Guest) -> None:
    link = await guest.link()
    changed = link[:-2] + ("A" if link[-2] != "A" else "B") + link[-1]
    for path in (changed, link + "x", "/i/"):
        assert (await guest.visitor.open(path)).status == 404
    for act in ("start", "places"):
        assert (await guest.visitor.send(f"{changed}/{act}", [])).status == 404


async def test_an_invitation_is_no_manage_link_and_no_ticket(guest: Guest) -> None:
    secret = (await guest.link()).rpartition("/")[2]
    for path in (f"/m/{secret}", f"/T/{secret}"):
        assert (await guest.visitor.open(path)).status == 404
