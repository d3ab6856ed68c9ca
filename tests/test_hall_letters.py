"""Letters about halls: who gets which, in whose language, whole and readable; none that is no longer true."""

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from tests import factories, postbox
from tests.postbox import parsed
from tests.staff import make_staff
from workshops import halls, letters, mime
from workshops.actors import Staff
from workshops.database import Engine, fetch, utcnow
from workshops.halls.answering import Proposal
from workshops.mail import Kind
from workshops.occupancy import Stay
from workshops.tables.people import Role

__all__ = ["production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
Row = dict[str, Any]


async def a_request(locale: str = "fr", **given: Any) -> tuple[str, Row, Row, Staff, Staff]:
    """A request, its day and hall, who asked and who answers."""
    agency = await factories.organisation(name="PLIE de Béthune", email="plie@example.org")
    who, _cookie = await make_staff(Role.ORGANISER, agency["id"], name="Inès Caron", locale=locale)
    event = await factories.event(**{"status": "draft", "venue": None, "lead": agency["id"], **given})
    town = await factories.organisation("municipality", name="Mairie de Lens", email="mairie@example.org")
    hall = await factories.venue(organisation=town["id"], name="Salle Jean & Fils", address="3 rue Basse")
    host, _cookie = await make_staff(Role.HOST, town["id"], name="Luc Denis")
    await factories.session(await factories.workshop(event), event, 0, capacity=40)
    return await halls.request(event["id"], hall["id"], hours(event), who), event, hall, who, host


def hours(event: Row, days: int = 0) -> Stay:
    """An hour before and after the day."""
    stay = Stay(event["starts_at"] - timedelta(hours=1), event["ends_at"] + timedelta(hours=1))
    return stay.later(days, "Europe/Paris")


async def written(kind: Kind) -> list[EmailMessage]:
    """The letters of a kind as their readers see them; each is complete."""
    made = []
    for row in await fetch("SELECT * FROM message WHERE kind = {} ORDER BY created_at, id", kind.value):
        if letter := await letters.load(row):
            message = parsed(mime.render(letter, utcnow()))
            for part in (plain(message), html(message)):
                assert not re.search(r"None|%\(|{{|}}|Undefined", part), part
            made.append(message)
    return made


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\N{NO-BREAK SPACE}", " ")


def html(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


async def test_the_request_says_who_asks_for_what_and_has_one_button(db: Engine) -> None:
    await a_request()
    (message,) = await written(Kind.HALL_REQUEST)
    assert (message["to"], message["content-language"]) == ("mairie@example.org", "fr")
    text = plain(message)
    for said in ("PLIE de Béthune", "Salle Jean & Fils, 3 rue Basse, Lens", "de 8 h à 18 h", "Inès Caron", "40 places"):
        assert said in text, said
    assert re.findall(r"https://ateliers.example.org/halls/answer/[A-Z2-7]{26}\b", text)
    assert len(set(re.findall(r'href="(https[^"]+)"', html(message)))) == 1
    assert "Salle Jean &amp; Fils" in html(message)


async def test_a_request_that_is_answered_is_no_longer_sent(db: Engine) -> None:
    request, _event, _hall, who, host = await a_request()
    await halls.accept(request, host)
    assert await written(Kind.HALL_REQUEST) == []
    (message,) = await written(Kind.HALL_OUTCOME)
    assert message["to"] == who.email


async def test_a_reminder_says_since_when_and_uses_the_same_link(db: Engine) -> None:
    await a_request()
    await halls.remind_due(utcnow() + timedelta(days=4))
    (first,), (reminder,) = await written(Kind.HALL_REQUEST), await written(Kind.HALL_REMINDER)
    links = [re.findall(r"/halls/answer/(\w+)", plain(one)) for one in (first, reminder)]
    assert links[0] == links[1] != []
    await fetch("UPDATE event SET status = 'cancelled'")
    assert await written(Kind.HALL_REMINDER) == []


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("outcome", ["accepted", "declined", "proposed", "taken", "revoked", "elsewhere"])
async def test_who_asked_reads_the_outcome_in_their_language(db: Engine, locale: str, outcome: str) -> None:
    request, event, hall, who, host = await a_request(locale)
    match outcome:
        case "declined":
            await halls.decline(request, "Un mariage <3", host)
        case "proposed":
            await halls.decline(request, None, host, Proposal(hall["id"], hours(event, 1)))
        case "taken":
            other, _cookie = await make_staff(Role.ORGANISER)
            rival = await factories.event(status="draft", venue=None, lead=other.organisation)
            won = await halls.request(rival["id"], hall["id"], hours(rival), other)
            await halls.accept(won, host)
        case _:
            await halls.accept(request, host)
    if outcome == "revoked":
        await fetch("UPDATE event SET status = 'published'")
        await halls.revoke(request, "Un mariage <3", host)
    if outcome == "elsewhere":
        room = await factories.venue(organisation=who.organisation)
        await fetch("UPDATE event SET status = 'published', venue = {} WHERE id = {}", room["id"], event["id"])
    (message,) = [one for one in await written(Kind.HALL_OUTCOME) if one["to"] == who.email]
    assert message["content-language"] == locale
    text, page = plain(message), f"https://ateliers.example.org/office/events/{event['id']}/venue"
    assert page in text
    assert page in html(message)
    assert ("Un mariage <3" in text) is (outcome in ("declined", "revoked"))
    expected = {
        "accepted": ("publier", "publishing"),
        "declined": ("pas de salle", "cannot lend"),
        "proposed": ("autre chose", "something else"),
        "taken": ("autre organisme", "Another agency"),
        "revoked": ("reste publiée", "stays published"),
        "elsewhere": ("autre salle", "another hall"),
    }[outcome]
    assert expected[locale == "en"] in text


async def test_without_an_account_the_agency_is_written_to(db: Engine) -> None:
    request, _event, _hall, who, host = await a_request()
    await fetch("UPDATE account SET closed_at = {} WHERE id = {}", utcnow(), who.account)
    await halls.accept(request, host)
    (message,) = await written(Kind.HALL_OUTCOME)
    assert message["to"] == "plie@example.org"


@pytest.mark.parametrize("outcome", ["withdrawn", "cancelled", "phone", "proposal"])
async def test_the_host_reads_what_the_agency_has_done(db: Engine, outcome: str) -> None:
    request, event, hall, who, host = await a_request()
    match outcome:
        case "withdrawn":
            await halls.withdraw(request, who)
        case "cancelled":
            moment = utcnow() - timedelta(hours=2)
            await fetch("UPDATE event SET status = 'cancelled', cancelled_at = {}", moment)
            await halls.release_cancelled(utcnow())
        case "phone":
            await halls.record_yes(event["id"], hall["id"], hours(event), "Mme Brasseur", utcnow(), who)
        case "proposal":
            await halls.decline(request, None, host, Proposal(hall["id"], hours(event, 1)))
            await halls.take_proposal(request, who)
    (message,) = [one for one in await written(Kind.HALL_OUTCOME) if one["to"] == "mairie@example.org"]
    said = {"withdrawn": "retiré", "cancelled": "annulée", "phone": "Mme Brasseur", "proposal": "convient"}[outcome]
    assert said in plain(message)
    assert "/halls/answer/" in plain(message)


async def test_what_has_changed_again_is_told_once_as_it_is_now(db: Engine) -> None:
    request, _event, _hall, who, host = await a_request()
    await halls.accept(request, host)
    await halls.revoke(request, "Inondation", host)
    (message,) = [one for one in await written(Kind.HALL_OUTCOME) if one["to"] == who.email]
    assert "Inondation" in plain(message)


async def test_a_dead_address_is_marked(db: Engine) -> None:
    await a_request()
    row = (await fetch("SELECT * FROM message"))[0]
    dead = {"id": "s1", "address_key": row["address_key"], "cause": "5.1.1", "created_at": utcnow()}
    await factories.insert("suppression", dead)
    letter = await letters.load(row)
    assert letter is not None
    assert letter.suppressed
