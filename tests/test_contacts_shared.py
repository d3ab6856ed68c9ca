"""Those who agreed to be contacted: who is on the list, who gets the link, how often, how long, what is kept."""

import asyncio
from datetime import timedelta

import pytest

from tests import factories
from tests.postbox import Clock, place
from tests.stands import acting, agreeing, clock, journal, letters, link, published
from workshops import contacts_shared, stand_invitations
from workshops.contacts_shared import AskedTooOften, NoMailbox
from workshops.database import Engine, fetch
from workshops.errors import NotFound
from workshops.mail_links import LinkPurpose, MailLinkExpired, MailLinkUsed

__all__ = ["clock"]
HALF_HOUR = timedelta(minutes=30)


async def test_only_those_who_agreed_are_on_the_list(db: Engine) -> None:
    day = await published()
    await agreeing(day, first_name="Zoé", last_name="Accord", email="zoe@example.org", phone="+33612345678")
    await agreeing(day, share=False, first_name="Non", email="non@example.org")
    await agreeing(day, "waiting", first_name="Attend", email="attend@example.org")
    await agreeing(day, "offered", first_name="Offre", email="offre@example.org")
    await agreeing(day, "cancelled", first_name="Parti", email="parti@example.org")
    await agreeing(day, first_name="Jeune", email="jeune@example.org", aged_16_or_over=False)
    await agreeing(day, first_name="Sans", email="sans@example.org", aged_16_or_over=None)
    await agreeing(day, first_name="Groupe", email="groupe@example.org", kind="group")
    gone = await agreeing(day, first_name="", email=None)
    await fetch("UPDATE attendee SET anonymised_at = created_at WHERE id = {}", gone["id"])
    elsewhere = await agreeing(day, share=False, first_name="Ailleurs", email="ailleurs@example.org")
    mason_slot = await factories.session(day.other, day.event, 3)
    await place(elsewhere, mason_slot, share_with_exhibitor=True)
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, HALF_HOUR)
    assert (await contacts_shared.offered(secret)).people == 1
    offer, contacts = await contacts_shared.open_contacts(secret)
    assert offer.exhibitor == "Aciers d’Artois"
    assert [(one.first_name, one.last_name, one.email, one.phone) for one in contacts] == [
        ("Zoé", "Accord", "zoe@example.org", "+33612345678")
    ]


async def test_somebody_with_two_places_is_one_person_on_two_lines(db: Engine) -> None:
    day = await published()
    zoe = await agreeing(day)
    await place(zoe, day.slots[1], share_with_exhibitor=True)
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, HALF_HOUR)
    offer, contacts = await contacts_shared.open_contacts(secret)
    assert (offer.people, len(contacts)) == (1, 2)
    assert [entry["people"] for entry in await journal("list_contacts")] == [1]


async def test_who_left_no_contact_is_not_on_it(db: Engine) -> None:
    day = await published()
    await agreeing(day, email=None)
    assert await contacts_shared.agreed(day.event["id"], day.welder["id"]) == 0


@pytest.mark.parametrize("what", ["session", "workshop"])
async def test_a_place_that_does_not_take_place_is_not_on_it(db: Engine, what: str) -> None:
    day = await published()
    await agreeing(day)
    row = day.slots[0] if what == "session" else day.stand
    await fetch(f"UPDATE {what} SET status = 'cancelled' WHERE id = {{}}", row["id"])
    assert await contacts_shared.agreed(day.event["id"], day.welder["id"]) == 0


async def test_the_link_goes_to_the_exhibitor_s_mailbox_at_once_and_ends_with_it(db: Engine, clock: Clock) -> None:
    day = await published()
    await stand_invitations.invite(day.event["id"], day.welder["id"], "neuf@aciers.example", day.organiser)
    await fetch("UPDATE organisation SET email = 'pirate@example.org' WHERE id = {}", day.welder["id"])
    assert await contacts_shared.ask_for_contacts(day.exhibitor) == "neuf@aciers.example"
    [told] = await letters("stand_contacts")
    assert (told["email"], told["priority"]) == ("neuf@aciers.example", 0)
    assert told["expires_at"] == clock.now + HALF_HOUR
    assert len(await journal("ask_contacts")) == 1


async def test_without_a_mailbox_nothing_is_sent(db: Engine) -> None:
    day = await published()
    await fetch("UPDATE organisation SET email = NULL WHERE id = {}", day.welder["id"])
    with pytest.raises(NoMailbox):
        await contacts_shared.ask_for_contacts(day.exhibitor)
    assert await fetch("SELECT id FROM mail_link") == []


async def test_three_links_an_hour_even_at_once(db: Engine, clock: Clock) -> None:
    day = await published()
    asked = await asyncio.gather(
        *(contacts_shared.ask_for_contacts(day.exhibitor) for _ in range(6)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in asked) == ["AskedTooOften"] * 3 + ["str"] * 3
    await contacts_shared.ask_for_contacts(acting(day.mason, day.event))
    clock.turn(minutes=61)
    await contacts_shared.ask_for_contacts(day.exhibitor)
    for _ in range(2):
        await contacts_shared.ask_for_contacts(day.exhibitor)
    with pytest.raises(AskedTooOften):
        await contacts_shared.ask_for_contacts(day.exhibitor)


async def test_the_list_opens_once_and_that_is_kept(db: Engine) -> None:
    day = await published()
    await agreeing(day)
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, HALF_HOUR)
    opened = await asyncio.gather(*(contacts_shared.open_contacts(secret) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in opened) == ["MailLinkUsed", "MailLinkUsed", "tuple"]
    [entry] = await journal("list_contacts")
    assert (entry["event"], entry["people"], entry["changes"]) == (day.event["id"], 1, None)
    assert entry["actor"].startswith("link:")
    with pytest.raises(MailLinkUsed):
        await contacts_shared.offered(secret)


async def test_to_look_at_the_offer_uses_nothing_up(db: Engine) -> None:
    day = await published()
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, HALF_HOUR)
    for _ in range(3):
        await contacts_shared.offered(secret)
    assert await journal("list_contacts") == []
    await contacts_shared.open_contacts(secret)


async def test_it_is_good_for_half_an_hour(db: Engine, clock: Clock) -> None:
    day = await published()
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, HALF_HOUR)
    clock.turn(minutes=30)
    for opens in (contacts_shared.offered, contacts_shared.open_contacts):
        with pytest.raises(MailLinkExpired):
            await opens(secret)
    assert await journal("list_contacts") == []


async def test_a_link_to_an_address_that_was_corrected_has_ended(db: Engine) -> None:
    day = await published()
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, HALF_HOUR)
    await stand_invitations.invite(day.event["id"], day.welder["id"], "neuf@aciers.example", day.organiser)
    with pytest.raises(MailLinkExpired):
        await contacts_shared.open_contacts(secret)


async def test_the_link_of_the_page_opens_no_list(db: Engine) -> None:
    day = await published()
    with pytest.raises(NotFound):
        await contacts_shared.open_contacts(await day.link())
