"""What exhibitors are written: everything they need and nothing empty, in both languages, from the newest state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import postbox
from tests.factories import Row
from tests.postbox import Clock, parsed
from tests.stands import Scene, clock, published, scene, secret_in
from tests.test_mime import body
from workshops import contacts_shared, exhibitors, letters, mime, stand_invitations
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.descriptions import Description
from workshops.i18n import LOCALES
from workshops.letters import Notice
from workshops.mail import Kind
from workshops.stand_links import by_link

__all__ = ["clock", "production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")


async def rows_of(kind: Kind) -> list[Row]:
    """The messages of this kind to the welder, the oldest first."""
    return await fetch(
        "SELECT m.* FROM message m JOIN mail_link l ON l.id = m.mail_link "
        "WHERE m.kind = {} AND l.email = 'rh@aciers.example' ORDER BY m.created_at, m.id",
        kind.value,
    )


async def newest(kind: Kind) -> Notice | None:
    """The letter of the newest message of this kind to the welder."""
    found = await letters.load((await rows_of(kind))[-1])
    assert found is None or isinstance(found, Notice)
    return found


async def some(kind: Kind) -> Notice:
    found = await newest(kind)
    assert found is not None
    return found


def written(notice: Notice, locale: str = "fr") -> tuple[str, str, str]:
    """Subject, plain text and HTML, with ordinary spaces."""
    message = parsed(mime.render(replace(notice, locale=locale), utcnow()))
    plain, html = body(message, "plain"), body(message, "html")
    return tuple(text.replace("\u00a0", " ").replace("\u202f", " ") for text in (message["subject"], plain, html))  # type: ignore[return-value]


async def every_kind(day: Scene) -> dict[Kind, Notice]:
    """One letter of each kind."""
    await stand_invitations.invite(day.event["id"], day.welder["id"], "rh@aciers.example", day.organiser)
    await stand_invitations.tell_programme(day.event["id"], day.organiser)
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    await exhibitors.review(day.stand["id"], 2, False, "Gardez les deux.", day.organiser)
    await contacts_shared.ask_for_contacts(day.exhibitor)
    kinds = (Kind.STAND_INVITATION, Kind.STAND_PROGRAMME, Kind.STAND_REVIEW, Kind.STAND_CONTACTS)
    return {kind: await some(kind) for kind in kinds}


@pytest.mark.parametrize("locale", LOCALES)
async def test_each_letter_is_whole_in_both_languages(db: Engine, locale: str) -> None:
    day = await published()
    for kind, notice in (await every_kind(day)).items():
        subject, plain, html = written(notice, locale)
        assert 10 < len(subject) < 120, kind
        for text in (plain, html):
            assert "None" not in text
            assert "{{" not in text
            assert "Lens" in text
            assert f"https://ateliers.example.org/{'contacts' if kind is Kind.STAND_CONTACTS else 'stand'}/" in text
        assert "\n\n\n\n" not in plain
        assert max(map(len, plain.splitlines())) < 400
        assert ("Bonjour" in plain) is (locale == "fr")
        assert notice.address == "rh@aciers.example"


async def test_the_link_of_each_opens_the_exhibitor_s_own_day(db: Engine) -> None:
    day = await published()
    for kind, notice in (await every_kind(day)).items():
        if kind is not Kind.STAND_CONTACTS:
            actor = await by_link(secret_in(written(notice)[1]))
            assert (actor.event, actor.organisation) == (day.event["id"], day.welder["id"])


async def test_an_invitation_names_the_workshops_and_a_day_without_hall_says_so(db: Engine) -> None:
    day = await scene()
    await fetch("UPDATE event SET venue = NULL WHERE id = {}", day.event["id"])
    await stand_invitations.invite_all(day.event["id"], day.organiser)
    for address in ("rh@aciers.example", "rh@terril.example"):
        row = await fetch_one(
            "SELECT m.* FROM message m JOIN mail_link l ON l.id = m.mail_link WHERE l.email = {}", address
        )
        assert row
        notice = await letters.load(row)
        assert isinstance(notice, Notice)
        _, plain, html = written(notice)
        for text in (plain, html):
            assert ("Soudeur, soudeuse" in text) is (address == "rh@aciers.example")
            assert ("Maçon, maçonne" in text) is (address != "rh@aciers.example")
            assert "La salle sera annoncée" in text
        assert ("2 horaires, de 9 h à 10 h 45" in plain) is (address == "rh@aciers.example")


async def test_a_second_invitation_reminds_and_one_after_the_answer_gives_the_link(db: Engine, clock: Clock) -> None:
    day = await scene()
    await stand_invitations.invite(day.event["id"], day.welder["id"], "rh@aciers.example", day.organiser)
    assert (await some(Kind.STAND_INVITATION)).shown["heading"] == "Faites essayer votre métier"
    clock.turn(hours=1)
    await stand_invitations.invite(day.event["id"], day.welder["id"], "rh@aciers.example", day.organiser)
    notice = await some(Kind.STAND_INVITATION)
    assert notice.shown["heading"] == "Nous attendons votre réponse"
    assert written(notice)[0].startswith("Rappel")
    await exhibitors.confirm(day.exhibitor)
    notice = await some(Kind.STAND_INVITATION)
    assert "Voici un nouveau lien" in written(notice)[1]
    assert not written(notice)[0].startswith("Rappel")


async def test_hours_are_those_of_now_and_of_what_takes_place(db: Engine) -> None:
    day = await published()
    await stand_invitations.tell_programme(day.event["id"], day.organiser)
    rows = await fetch(
        "SELECT m.* FROM message m JOIN mail_link l ON l.id = m.mail_link WHERE l.email LIKE 'rh@aciers%'"
    )
    await fetch("UPDATE session SET status = 'cancelled' WHERE id = {}", day.slots[0]["id"])
    notice: Any = await letters.load(rows[0])
    _, plain, _ = written(notice)
    assert "10 h – 10 h 45, 8 personnes à la fois" in plain
    assert "9 h – 9 h 45" not in plain
    await exhibitors.decline([day.stand["id"]], "Non", day.exhibitor)
    assert await letters.load(rows[0]) is None


async def test_the_outcome_is_told_with_the_organiser_s_word(db: Engine) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    await exhibitors.review(day.stand["id"], 2, False, "Gardez <b>les deux</b>.", day.organiser)
    subject, plain, html = written(await some(Kind.STAND_REVIEW))
    assert subject == "Vos changements n’ont pas été repris : Soudeur, soudeuse"
    assert "Gardez <b>les deux</b>." in plain
    assert "<b>les deux" not in html
    await exhibitors.describe(day.stand["id"], 3, Description("Soudeuse", "H2913", "y"), day.exhibitor)
    assert await newest(Kind.STAND_REVIEW) is None
    await exhibitors.review(day.stand["id"], 4, True, "", day.organiser)
    told = [await letters.load(row) for row in await rows_of(Kind.STAND_REVIEW)]
    assert {one.shown["heading"] for one in told if isinstance(one, Notice)} == {"Votre page est à jour"}


@pytest.mark.parametrize("gone", ["event", "workshop", "link"])
async def test_what_no_longer_takes_place_is_told_by_no_letter(db: Engine, gone: str) -> None:
    day = await published()
    await every_kind(day)
    if gone == "link":
        await fetch("UPDATE mail_link SET used_at = created_at")
    elif gone == "event":
        await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", day.event["id"])
    else:
        await fetch("UPDATE workshop SET status = 'cancelled' WHERE id = {}", day.stand["id"])
    kinds = [Kind.STAND_INVITATION, Kind.STAND_REVIEW]
    assert [await newest(kind) for kind in kinds] == [None, None]


async def test_a_letter_is_void_with_its_link_or_its_day(db: Engine, clock: Clock) -> None:
    day = await published()
    found = await every_kind(day)
    assert found[Kind.STAND_CONTACTS].ends_at == clock.now + timedelta(minutes=30)
    assert found[Kind.STAND_INVITATION].ends_at == day.event["ends_at"]
