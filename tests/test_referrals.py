"""An agency invites and registers people, and its advisers are told what becomes of them (product.md rule 9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Row
from tests.postbox import parsed
from tests.staff import make_staff
from workshops import changes, digests, invitations, letters, mime, prospects, referrals, referred, registrations
from workshops.accounts import close
from workshops.actors import ANYONE, OPERATOR, Actor, Staff
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotAllowed, NotFound
from workshops.idempotency import Key
from workshops.letters import Letter, Notice
from workshops.pasted import read_lines
from workshops.referrals import Invitee
from workshops.refusals import AlreadyInvited, AlreadyRegistered, RegistrationClosed
from workshops.registrations import SignUp, register
from workshops.tables.people import Role
from workshops.tickets import Purpose, make_secret

ZOE = Invitee("Zoé", None, "zoe@example.org", None, "D-204")
BY_PHONE = Invitee("Ali", None, None, "+33639981122")


@dataclass(slots=True)
class Agency:
    """A day in ten days led by others, and an adviser."""

    event: Row
    slots: list[Row]
    who: Staff

    async def book(self, *slots: Row, actor: Actor | None = None, **given: Any) -> str:
        """The adviser registers somebody."""
        asked = factories.sign_up(self.event, *(slots or self.slots[:1]), **given)
        return (await register(asked, actor or self.who)).attendee

    async def use(self, referral: str, **given: Any) -> registrations.Registered:
        """Somebody uses an invitation."""
        asked = factories.sign_up(self.event, self.slots[0], **given)
        return await register(SignUp(asked.event, asked.person, asked.sessions, invitation=referral), ANYONE)


async def make_agency(**day: Any) -> Agency:
    event = await factories.event(**day)
    slots = [
        await factories.session(await factories.workshop(event), event, hour=hour, capacity=3) for hour in (0, 1, 2)
    ]
    who, _cookie = await make_staff(Role.ADVISER)
    return Agency(event, slots, who)


@pytest.fixture
async def agency(db: Engine) -> Agency:
    return await make_agency()


async def kinds() -> list[str]:
    return [row["kind"] for row in await fetch("SELECT kind FROM message ORDER BY created_at, id")]


def tomorrow(hour: int = 9) -> datetime:
    """Tomorrow at some hour in UTC."""
    return (utcnow() + timedelta(days=1)).replace(hour=hour, minute=0)


async def written(kind: str) -> str:
    """The words of the first message of a kind, as its reader gets them."""
    row = await fetch_one("SELECT * FROM message WHERE kind = {} ORDER BY created_at, id LIMIT 1", kind)
    assert row is not None
    letter = await letters.load(row)
    assert isinstance(letter, Notice | Letter)
    part = parsed(mime.render(letter, utcnow())).get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


async def secret_of(referral: str) -> str:
    row = await fetch_one("SELECT revision, key_id FROM referral WHERE id = {}", referral)
    assert row is not None
    return make_secret(Purpose.INVITATION, referral, row["revision"], row["key_id"]).text


async def test_who_is_invited_by_mail_chooses_and_is_the_agency_s(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    assert made.url is None  # whoever holds the link has read the mail
    words = await written("invitation")
    assert "Bonjour Zoé" in words
    assert f"/i/{await secret_of(made.id)}" in words
    done = await agency.use(made.id)
    row = await fetch_one("SELECT agency, origin FROM attendee")
    assert row == {"agency": agency.who.organisation, "origin": "invited"}
    (one,) = await referred.people(agency.who, referred.Sought())
    assert (one.person["id"], one.person["reference"]) == (done.attendee, "D-204")
    assert not await referred.invitations(agency.who)


async def test_who_has_only_a_phone_gets_a_link_on_paper(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], BY_PHONE, agency.who)
    assert made.url is not None
    assert (await invitations.by_link(made.url.rpartition("/")[2].lower())).id == made.id
    assert await kinds() == []
    assert (await referred.invitation(made.id, agency.who))["url"] == made.url
    assert made.url.rpartition("/")[2] not in str(await fetch("SELECT * FROM referral"))


async def test_an_invitation_is_used_once(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    first = await agency.use(made.id)
    second = await agency.use(made.id, first_name="Max", email="max@example.org")
    rows = {row["id"]: row["agency"] for row in await fetch("SELECT id, agency FROM attendee")}
    assert rows == {first.attendee: agency.who.organisation, second.attendee: None}
    assert (await invitations.by_link(await secret_of(made.id))).state == "used"


async def test_an_adviser_cannot_make_a_known_person_theirs_by_inviting_them(agency: Agency) -> None:
    stored = (await register(factories.sign_up(agency.event, agency.slots[1], phone="+33639981122"), ANYONE)).attendee
    made = await referrals.invite(agency.event["id"], BY_PHONE, agency.who)
    await agency.use(made.id, phone="+33639981122")
    assert await fetch_one("SELECT agency FROM attendee WHERE id = {}", stored) == {"agency": None}
    assert not await referred.people(agency.who, referred.Sought())


async def test_who_read_the_invitation_in_their_own_mailbox_is_the_agency_s(agency: Agency) -> None:
    stored = (await register(factories.sign_up(agency.event, agency.slots[1]), ANYONE)).attendee
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    await agency.use(made.id)
    row = await fetch_one("SELECT agency, origin FROM attendee WHERE id = {}", stored)
    assert row == {"agency": agency.who.organisation, "origin": "online"}


async def test_a_withdrawn_invitation_opens_nothing_and_forgets_the_contact(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    await referrals.withdraw(made.id, agency.who)
    await referrals.withdraw(made.id, agency.who)
    row = await fetch_one("SELECT first_name, email, phone, reference FROM referral")
    assert row == {"first_name": None, "email": None, "phone": None, "reference": None}
    assert (await invitations.by_link(await secret_of(made.id))).state == "withdrawn"
    assert await invitations.open_one(made.id, agency.event["id"]) is None
    assert not await referrals.send_again(made.id, agency.who)
    (message,) = await fetch("SELECT * FROM message")
    assert message["state"] == "superseded"
    assert await letters.load(message) is None
    done = await agency.use(made.id)
    assert await fetch_one("SELECT agency FROM attendee WHERE id = {}", done.attendee) == {"agency": None}


async def test_it_can_be_sent_again_once_a_minute_by_the_agency_alone(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    assert [await referrals.send_again(made.id, agency.who) for _ in range(2)] == [True, True]
    assert await kinds() in (["invitation"] * 2, ["invitation"] * 3)  # a minute may begin in between
    stranger, _cookie = await make_staff(Role.ADVISER)
    for attempt in (referrals.send_again, referrals.withdraw, referred.invitation):
        with pytest.raises(NotFound):
            await attempt(made.id, stranger)


async def test_the_same_person_is_invited_once_to_a_day_unless_the_family_shares_the_address(agency: Agency) -> None:
    event = agency.event["id"]
    await referrals.invite(event, ZOE, agency.who)
    with pytest.raises(AlreadyInvited):
        await referrals.invite(event, Invitee("ZOE", None, "zoe@example.org"), agency.who)
    await referrals.invite(event, Invitee("Max", None, "zoe@example.org"), agency.who)
    other, _cookie = await make_staff(Role.ADVISER)
    await referrals.invite(event, ZOE, other)
    assert len(await fetch("SELECT id FROM referral")) == 3


async def test_asked_twice_with_one_key_it_is_one_invitation(agency: Agency) -> None:
    key = Key(agency.who.id, "invite", "k", "b")
    first, again = [await referrals.invite(agency.event["id"], BY_PHONE, agency.who, key) for _ in range(2)]
    assert first == again
    assert len(await fetch("SELECT id FROM referral")) == 1


async def test_nobody_is_invited_to_what_is_not_or_by_who_is_no_adviser(agency: Agency) -> None:
    draft = await factories.event(status="draft")
    over = await factories.event(date=(utcnow() - timedelta(days=2)).date())
    off = await factories.event(status="cancelled")
    for event, error in (
        (draft, NotFound),
        (over, RegistrationClosed),
        (off, RegistrationClosed),
        ({"id": "x"}, NotFound),
    ):
        with pytest.raises(error):
            await referrals.invite(event["id"], ZOE, agency.who)
    with pytest.raises(Invalid):
        await referrals.invite(agency.event["id"], Invitee("Zoé"), agency.who)
    organiser, _cookie = await make_staff(Role.ORGANISER)
    for who in (organiser, OPERATOR, ANYONE):
        with pytest.raises(NotAllowed):
            await referrals.invite(agency.event["id"], ZOE, who)


async def test_a_used_link_leads_to_the_places_and_after_a_new_address_to_that_mailbox_alone(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    done = await agency.use(made.id)
    secret = await secret_of(made.id)
    assert await referrals.ask_for_link(secret) == done.attendee
    await fetch("UPDATE attendee SET email = 'new@example.org' WHERE id = {}", done.attendee)
    for _ in range(2):
        assert await referrals.ask_for_link(secret) is None
    assert (await kinds()).count("your_link") == 1
    with pytest.raises(NotFound):
        await referrals.ask_for_link(secret[:-1] + ("A" if secret[-1] != "A" else "Q"))


async def test_a_referral_remembers_the_account_what_was_said_and_the_reference(agency: Agency) -> None:
    asked = factories.sign_up(agency.event, agency.slots[0])
    done = await register(SignUp(asked.event, asked.person, asked.sessions, reference="D-9"), agency.who)
    row = await fetch_one("SELECT agency, account, mode, told, reference, attendee FROM referral")
    assert row == {
        "agency": agency.who.organisation,
        "account": agency.who.account,
        "mode": "on_behalf",
        "told": True,
        "reference": "D-9",
        "attendee": done.attendee,
    }
    await referrals.write_reference(done.attendee, "D-10", agency.who)
    assert [one.person["reference"] for one in await referred.people(agency.who, referred.Sought())] == ["D-10"]
    stranger, _cookie = await make_staff(Role.ADVISER)
    with pytest.raises(NotFound):
        await referrals.write_reference(done.attendee, "X", stranger)


async def test_the_first_message_says_who_registered_the_person_and_asks_if_it_is_not_them(agency: Agency) -> None:
    await fetch("UPDATE organisation SET name = 'Mission locale' WHERE id = {}", agency.who.organisation)
    await agency.book()
    words = await written("your_places")
    assert "Mission locale a pris ces places pour vous" in words
    assert "Ce n’est pas vous" in words


async def test_a_sensitive_agency_is_not_named_to_the_person_either(agency: Agency) -> None:
    await fetch("UPDATE organisation SET sensitive = true, name = 'Justice' WHERE id = {}", agency.who.organisation)
    await agency.book()
    await referrals.invite(agency.event["id"], BY_PHONE, agency.who)
    await referrals.invite(agency.event["id"], ZOE, agency.who)
    for kind in ("your_places", "invitation"):
        words = await written(kind)
        assert "Justice" not in words
        assert "Un organisme partenaire" in words
    (used, *_more) = await fetch("SELECT id FROM referral WHERE mode = 'invite'")
    assert (await invitations.by_link(await secret_of(used["id"]))).agency is None


async def test_who_has_no_e_mail_is_told_of_to_the_adviser_with_the_ticket_to_print(agency: Agency) -> None:
    attendee = await agency.book(email=None, phone="+33639981122")
    assert await kinds() == ["adviser_news"]
    (row,) = await fetch("SELECT account, not_before, created_at FROM message")
    assert row["account"] == agency.who.account
    words = await written("adviser_news")
    assert "Zoé Lefèvre" in words
    assert "place réservée" in words
    assert f"/office/attendees/{attendee}/ticket" in words


async def test_many_at_once_are_one_message(agency: Agency) -> None:
    for name in ("Ali", "Léa", "Max"):
        await agency.book(first_name=name, email=None)
    rows = await fetch("SELECT * FROM message ORDER BY created_at, id")
    assert len(rows) == 3
    letter = await letters.load(rows[0])
    assert isinstance(letter, Notice)
    assert all(name in mime.as_text(letter) for name in ("Ali", "Léa", "Max"))
    assert set(letter.carries) == {row["id"] for row in rows}


async def test_what_is_near_is_told_at_once_unless_the_adviser_did_it(db: Engine) -> None:
    agency = await make_agency(date=(utcnow() + timedelta(days=1)).date())
    attendee = await agency.book()
    assert await kinds() == ["your_places"]
    (place,) = await fetch("SELECT id FROM registration")
    await changes.cancel(place["id"], Actor(f"attendee:{attendee}"))
    assert (await kinds()).count("adviser_news") == 1
    assert "annulée par la personne" in await written("adviser_news")
    again = await agency.book(agency.slots[1])
    (place,) = await fetch("SELECT id FROM registration WHERE status = 'confirmed'")
    await changes.cancel(place["id"], agency.who)
    assert again == attendee
    assert (await kinds()).count("adviser_news") == 1


async def test_what_is_far_is_told_the_next_morning_once(agency: Agency) -> None:
    attendee = await agency.book()
    (place,) = await fetch("SELECT id FROM registration")
    await changes.move(place["id"], agency.slots[1]["id"], "refuse", Actor(f"attendee:{attendee}"))
    assert "adviser_news" not in await kinds()
    assert await digests.digest_due(tomorrow(3)) == 0  # 4 or 5 in Paris
    assert [await digests.digest_due(tomorrow(9)) for _ in range(3)] == [1, 0, 0]
    words = await written("adviser_digest")
    assert "au lieu de" in words
    assert words.count("place réservée") == 1
    assert await digests.digest_due(tomorrow(9) + timedelta(days=1)) == 0


async def test_nothing_is_told_where_nothing_happened_or_the_adviser_did_it(agency: Agency) -> None:
    await agency.book()
    assert await digests.digest_due(tomorrow()) == 0
    assert "adviser_digest" not in await kinds()


async def test_the_digest_does_not_repeat_what_was_told_at_once(agency: Agency) -> None:
    await agency.book(email=None)
    (place,) = await fetch("SELECT id FROM registration")
    await changes.cancel(place["id"], OPERATOR)
    assert (await kinds()).count("adviser_news") >= 1
    assert await digests.digest_due(tomorrow()) == 0


async def test_who_signs_up_by_invitation_is_in_the_digest(agency: Agency) -> None:
    made = await referrals.invite(agency.event["id"], ZOE, agency.who)
    await agency.use(made.id)
    assert await digests.digest_due(tomorrow()) == 1
    assert "Zoé Lefèvre" in await written("adviser_digest")
    assert "D-204" in await written("adviser_digest")


async def test_whoever_takes_an_account_over_is_told_and_sees_everybody(agency: Agency) -> None:
    heir, _cookie = await make_staff(Role.ADVISER, agency.who.organisation)
    other, _cookie = await make_staff(Role.ADVISER, agency.who.organisation)
    attendee = await agency.book(email=None)
    await close(agency.who.account, heir.account, OPERATOR)
    (place,) = await fetch("SELECT id FROM registration")
    await changes.cancel(place["id"], Actor(f"attendee:{attendee}"))
    rows = await fetch("SELECT account FROM message WHERE kind = 'adviser_news' ORDER BY created_at, id")
    assert [row["account"] for row in rows] == [agency.who.account, heir.account]
    assert len(await referred.people(other, referred.Sought())) == 1


async def test_without_a_successor_or_an_account_every_adviser_of_the_agency_is_told(agency: Agency) -> None:
    colleague, _cookie = await make_staff(Role.ADVISER, agency.who.organisation)
    program = Actor("token:1", Role.ADVISER, agency.who.organisation)
    await agency.book(email=None, actor=program)
    rows = await fetch("SELECT account FROM message WHERE kind = 'adviser_news'")
    assert {row["account"] for row in rows} == {agency.who.account, colleague.account}


async def test_nobody_of_another_agency_hears_of_it(agency: Agency) -> None:
    organisation = (await factories.organisation())["id"]
    await agency.book(email=None)
    await fetch("UPDATE account SET organisation = {} WHERE id = {}", organisation, agency.who.account)
    await fetch("DELETE FROM message")
    (place,) = await fetch("SELECT id FROM registration")
    await changes.cancel(place["id"], OPERATOR)
    assert await kinds() == []
    assert await digests.digest_due(tomorrow()) == 0


async def test_who_waits_and_gets_a_place_is_told_of_like_who_loses_one(agency: Agency) -> None:
    slot = await factories.session(
        await factories.workshop(agency.event, title="Boulanger"), agency.event, 5, capacity=1
    )
    first = (await register(factories.sign_up(agency.event, slot, email="ada@example.org"), ANYONE)).attendee
    await agency.book(slot, if_full="wait", first_name="Ali", email=None)
    await fetch("DELETE FROM message")
    (place,) = await fetch("SELECT id FROM registration WHERE attendee = {}", first)
    await changes.cancel(place["id"], Actor(f"attendee:{first}"))
    assert [kind for kind in await kinds() if kind != "you_cancelled"] == ["adviser_news"]
    assert "Boulanger, place réservée" in await written("adviser_news")


async def test_who_waits_and_can_be_written_to_is_in_the_digest(agency: Agency) -> None:
    slot = await factories.session(
        await factories.workshop(agency.event, title="Boulanger"), agency.event, 5, capacity=1
    )
    first = (await register(factories.sign_up(agency.event, slot, email="ada@example.org"), ANYONE)).attendee
    await agency.book(slot, if_full="wait", first_name="Ali", email="ali@example.org")
    (place,) = await fetch("SELECT id FROM registration WHERE attendee = {}", first)
    await changes.cancel(place["id"], Actor(f"attendee:{first}"))
    assert "adviser_news" not in await kinds()
    assert await digests.digest_due(tomorrow()) == 1
    assert "Boulanger, place réservée" in await written("adviser_digest")


async def test_the_preview_says_what_each_line_would_do_and_writes_nothing(agency: Agency) -> None:
    ours = await agency.book(agency.slots[1], first_name="Ali", email="ali@example.org")
    theirs, _cookie = await make_staff(Role.ADVISER)
    await agency.book(agency.slots[0], first_name="Léa", email="lea@example.org", actor=theirs)
    before = [await fetch(f"SELECT * FROM {table}") for table in ("attendee", "registration", "message", "referral")]
    lines = read_lines(
        "Max Lefèvre;max@example.org\nAli Lefèvre;ali@example.org\nLéa Lefèvre;lea@example.org\n"
        "Max Lefèvre;max@example.org\nZoé Lefèvre;06 39\nTom Lefèvre;tom@example.org"
    )
    found = await prospects.to_register(agency.event["id"], lines, [agency.slots[0]["id"]], [], False, agency.who)
    assert [one.does for one in found] == ["register", "add", "refused", "refused", "refused", "refused"]
    assert found[1].attendee == ours
    assert isinstance(found[2].error, AlreadyRegistered)
    assert found[2].error.sessions == []  # nothing is told of another agency's person
    assert found[5].error is not None
    assert found[5].error.type == "session-full"
    after = [await fetch(f"SELECT * FROM {table}") for table in ("attendee", "registration", "message", "referral")]
    assert before == after


async def test_the_preview_gives_kept_places_first_then_free_ones_then_turns_on_the_waiting_list(
    agency: Agency,
) -> None:
    slot = agency.slots[0]
    now = utcnow()
    hold = {"id": "kept", "session": slot["id"], "organisation": agency.who.organisation, "places": 2, "named": 0}
    hold |= {"status": "active", "until_at": now + timedelta(days=1), "created_at": now}
    await factories.insert("hold", hold)
    await fetch("UPDATE session SET held = 2 WHERE id = {}", slot["id"])
    lines = read_lines("\n".join(f"Zoé Lefèvre;z{number}@example.org" for number in range(5)))
    found = await prospects.to_register(agency.event["id"], lines, [slot["id"]], ["kept"], True, agency.who)
    assert [bool(one.waits) for one in found] == [False, False, False, True, True]
    assert [row["remaining"] for row in await referred.kept_places(agency.who)] == [2]
