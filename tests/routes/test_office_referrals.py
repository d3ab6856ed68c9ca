"""An adviser between two appointments: invite, paste a list, name people in kept places, see one's people."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests import factories, truths
from tests.routes.office import Desk, make_desk
from tests.visitor import Page, Visitor
from workshops import holds
from workshops.actors import ANYONE, Staff
from workshops.database import fetch, fetch_one
from workshops.holds import Keeping
from workshops.registrations import register
from workshops.tables.people import Role

LISTED = {"told": "true", "aged": "true"}


@dataclass(slots=True)
class Advice:
    """A led day of somebody else's, and an adviser in front of the browser."""

    desk: Desk
    who: Staff

    @property
    def base(self) -> str:
        """Where the day's pages of people are."""
        return f"{self.desk.base}/people"

    async def open(self, path: str) -> Page:
        """Open a page."""
        return await self.desk.visitor.open(path)

    async def paste(self, lines: str, *sessions: str, **given: str) -> Page:
        """The preview of these lines, into these slots."""
        page = await self.open(f"{self.base}/paste")
        answers: dict[str, Any] = {**LISTED, "lines": lines, "sessions": list(sessions), **given}
        return await self.desk.visitor.press(page, "Voir ce que fait", **answers)

    async def go(self, preview: Page) -> Page:
        """Confirm it."""
        label = next(one.label for form in preview.forms for one in form.buttons if one.label.startswith("In"))
        return await self.desk.visitor.press(preview, label)

    async def invite(self, **given: str) -> Page:
        """Send the form that invites somebody."""
        page = await self.open(f"{self.base}/invite")
        return await self.desk.visitor.press(page, "Inviter cette personne", **given)


@pytest.fixture
async def advice(visitor: Visitor) -> Advice:
    desk = await make_desk(visitor)
    return Advice(desk, await desk.act_as(Role.ADVISER))


async def people() -> list[str]:
    return [row["first_name"] for row in await fetch("SELECT first_name FROM attendee ORDER BY first_name")]


async def test_an_invitation_by_mail_leaves_and_waits_in_the_list_until_it_is_withdrawn(advice: Advice) -> None:
    page = await advice.invite(first_name="Inès", email="ines@example.org", reference="D-17")
    assert "L’invitation part dans la minute" in page.text
    assert "1 personne invitée" in page.text
    assert "Réf. D-17" in page.text
    assert "/i/" not in page.html  # the link is for whoever reads that mailbox
    assert "ines" not in page.path
    again = await advice.desk.visitor.press(page, "Renvoyer Inès")
    assert "L’invitation repart" in again.text
    gone = await advice.desk.visitor.press(await advice.open("/office/people"), "Retirer Inès")
    assert "L’invitation est retirée" in gone.text
    assert "Inès" not in gone.text


async def test_an_invitation_by_phone_is_a_sheet_to_hand_over(advice: Advice) -> None:
    page = await advice.invite(first_name="Ali", phone="06 39 98 11 22")
    assert page.path.startswith("/office/invitations/")
    assert "imprimez cette feuille" in page.text
    assert "<svg" in page.html
    assert page.answer.headers["cache-control"] == "no-store"
    assert not await fetch("SELECT id FROM message")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "ines@example.org"}, "Écrivez le prénom"),
        ({"first_name": "Inès"}, "Donnez un e-mail ou un numéro"),
        ({"first_name": "Inès", "phone": "06 39"}, "Il manque un chiffre"),
        ({"first_name": "Inès", "email": "i@example.org", "reference": "x" * 21}, "20 caractères"),
    ],
)
async def test_what_is_wrong_with_an_invitation_is_said(advice: Advice, given: dict[str, str], said: str) -> None:
    page = await advice.invite(**given)
    assert (page.status, said in page.text) == (422, True)
    assert not await fetch("SELECT id FROM referral")


async def test_sent_twice_the_form_invites_once_and_another_form_is_told(advice: Advice) -> None:
    form = await advice.open(f"{advice.base}/invite")
    for _ in range(2):
        await advice.desk.visitor.press(form, "Inviter cette personne", first_name="Inès", email="ines@example.org")
    page = await advice.invite(first_name="Inès", email="ines@example.org")
    assert (page.status, "déjà invité cette personne" in page.text) == (409, True)
    assert len(await fetch("SELECT id FROM referral")) == 1


async def test_the_lines_say_what_they_would_do_and_the_good_ones_go(advice: Advice) -> None:
    desk = advice.desk
    other = await desk.act_as(Role.ADVISER)
    theirs = factories.sign_up(desk.event, desk.later, first_name="Léa", email="lea@example.org")
    await register(theirs, other)
    advice.who = await desk.act_as(Role.ADVISER)
    lines = (
        "Zoé Lefèvre; zoe@example.org; D-1\nAli Ben Salah; 06 39 98 11 22\nMax Petit\nTom Blanc; 06 39 98 1\n"
        "ZOE LEFEVRE; zoe@example.org\nLéa Lefèvre; lea@example.org"
    )
    preview = await advice.paste(lines, desk.later["id"])
    assert "3 lignes passent" in preview.text
    assert "3 lignes ne passent pas" in preview.text
    assert "Il manque un chiffre" in preview.text
    assert "La même personne qu’à la ligne 1" in preview.text
    assert "L’organisateur de la journée peut vous en dire plus" in preview.text
    assert await people() == ["Léa"]
    done = await advice.go(preview)
    assert "3 personnes sont inscrites" in done.text
    assert await people() == ["Ali", "Léa", "Max", "Zoé"]
    assert ("lines", "") in done.forms[-1].fields  # a textarea: what is left is in it
    assert "Tom Blanc; 06 39 98 1" in done.html
    rows = await fetch("SELECT told, reference FROM referral WHERE agency = {}", advice.who.organisation)
    assert sorted((row["told"], row["reference"] or "") for row in rows) == [(True, ""), (True, ""), (True, "D-1")]
    assert not await truths.offenders()


async def test_confirmed_twice_every_line_is_done_once(advice: Advice) -> None:
    preview = await advice.paste("Zoé Lefèvre; zoe@example.org\nMax Petit", advice.desk.later["id"])
    first, again = [await advice.go(preview) for _ in range(2)]
    assert "2 personnes sont inscrites" in first.text
    assert "2 personnes sont inscrites" in again.text
    assert len(await fetch("SELECT id FROM registration")) == 2
    assert len(await fetch("SELECT id FROM message WHERE kind = 'your_places'")) == 1


async def test_of_thirty_one_lines_thirty_go(advice: Advice) -> None:
    slot = await factories.session(await factories.workshop(advice.desk.event), advice.desk.event, 4, capacity=40)
    lines = "\n".join(f"Zoé Lefèvre; zoe{number}@example.org" for number in range(31))
    preview = await advice.paste(lines, slot["id"])
    assert "30 lignes au plus en une fois" in preview.text
    done = await advice.go(preview)
    assert "30 personnes sont inscrites" in done.text
    assert len(await people()) == 30
    assert "zoe30@example.org" in done.html


async def test_what_fills_up_meanwhile_is_told_line_by_line(advice: Advice) -> None:
    preview = await advice.paste("Zoé Lefèvre; zoe@example.org\nMax Petit; max@example.org", advice.desk.mason["id"])
    assert "2 lignes passent" in preview.text
    await advice.desk.signed_up(advice.desk.mason, first_name="Ada", email="ada@example.org")
    done = await advice.go(preview)
    assert "1 personne est inscrite" in done.text
    assert "Ce créneau est complet" in done.text
    assert await people() == ["Ada", "Zoé"]


async def test_a_full_slot_is_waited_for_where_the_adviser_says_so(advice: Advice) -> None:
    lines = "Zoé Lefèvre; zoe@example.org\nMax Petit; max@example.org\nAli Blanc; ali@example.org"
    preview = await advice.paste(lines, advice.desk.mason["id"], wait="true")
    assert "Liste d’attente" in preview.text
    done = await advice.go(preview)
    assert "Sur 1 liste d’attente" in done.text
    row = await fetch_one("SELECT confirmed, waiting FROM session WHERE id = {}", advice.desk.mason["id"])
    assert row == {"confirmed": 2, "waiting": 1}


async def test_lines_are_invited_by_mail_or_on_paper(advice: Advice) -> None:
    preview = await advice.paste("Inès; ines@example.org\nAli; 06 39 98 11 22\nMax Petit", how="invite")
    assert "2 lignes passent" in preview.text
    assert "il faut un e-mail ou un numéro" in preview.text
    done = await advice.go(preview)
    assert "2 personnes sont invitées" in done.text
    assert "Imprimer la feuille à remettre" in done.text
    assert len(await fetch("SELECT id FROM message WHERE kind = 'invitation'")) == 1
    assert "déjà invité" in (await advice.paste("Inès; ines@example.org", how="invite")).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"told": "false"}, "Demandez d’abord à chaque personne"),
        ({"aged": "false"}, "16 ans ou plus"),
        ({"lines": " "}, "Collez au moins une ligne"),
        ({"sessions": ""}, "au moins un horaire"),
    ],
)
async def test_what_the_paste_lacks_is_said(advice: Advice, given: dict[str, str], said: str) -> None:
    answers = {"lines": "Zoé Lefèvre; zoe@example.org"} | given
    page = await advice.paste(answers.pop("lines"), advice.desk.mason["id"], **answers)
    assert (page.status, said in page.text) == (422, True)


async def test_kept_places_are_shown_and_given_names_one_by_one_or_pasted(advice: Advice) -> None:
    desk, agency = advice.desk, advice.who.organisation
    until = desk.later["starts_at"]
    keeping = Keeping((desk.later["id"],), 3, organisation=agency, until=until)
    await holds.keep(desk.event["id"], keeping, desk.staff)
    page = await advice.open("/office/people")
    assert "3 places sans nom" in page.text
    link = next(link for link in page.links if "/people/new?slot=" in link)
    form = await advice.open(link)
    person: dict[str, Any] = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": "true", "told": "true"}
    booked = await desk.visitor.press(form, "Réserver ces places", **person, reference="D-3")
    assert "Les places sont réservées" in booked.text
    assert "D-3" in booked.text
    paste = await advice.open(next(link for link in page.links if "/people/paste?slot=" in link))
    answers = {**LISTED, "lines": "Max Petit; max@example.org\nAli Blanc; ali@example.org"}
    preview = await desk.visitor.press(paste, "Voir ce que fait", **answers)
    assert "2 lignes passent" in preview.text
    await advice.go(preview)
    assert await fetch_one("SELECT named FROM hold") == {"named": 3}
    assert "Places gardées" not in (await advice.open("/office/people")).text
    assert not await truths.offenders()


async def test_an_adviser_sees_their_people_of_all_days_and_nobody_else_s(advice: Advice) -> None:
    desk = advice.desk
    other = await factories.event()
    slot = await factories.session(await factories.workshop(other, title="Boulanger"), other)
    await register(factories.sign_up(desk.event, desk.mason), advice.who)
    await register(factories.sign_up(other, slot, first_name="Ali", email="ali@example.org"), advice.who)
    await register(factories.sign_up(desk.event, desk.mason, first_name="Max", email="max@example.org"), ANYONE)
    waiting = factories.sign_up(desk.event, desk.mason, if_full="wait", first_name="Léa", email="lea@example.org")
    await register(waiting, advice.who)
    page = await advice.open("/office/people")
    assert all(name in page.text for name in ("Lefèvre Zoé", "Lefèvre Ali", "Lefèvre Léa", "Boulanger"))
    assert "Max" not in page.text
    assert "liste d’attente, n° 1" in page.text
    waits = await advice.open("/office/people?state=waiting")
    assert "Léa" in waits.text
    assert "Lefèvre Zoé" not in waits.text
    one = await advice.open(f"/office/people?event={other['id']}")
    assert "Lefèvre Ali" in one.text
    assert "Lefèvre Zoé" not in one.text
    found = await desk.visitor.press(page, "Afficher la liste", search="lefevre zo")
    assert "Lefèvre Zoé" in found.text
    assert "Lefèvre Ali" not in found.text
    assert found.path == "/office/people"
    assert [action for action, _ in await desk.listed()].count("list_referred") == 4


async def test_the_reference_is_written_on_the_sheet(advice: Advice) -> None:
    done = await register(factories.sign_up(advice.desk.event, advice.desk.mason), advice.who)
    page = await advice.open(f"/office/attendees/{done.attendee}/reference")
    wrong = await advice.desk.visitor.press(page, "Enregistrer", reference="x" * 21)
    assert wrong.status == 422
    right = await advice.desk.visitor.press(page, "Enregistrer", reference="D-204")
    assert "Votre référence est notée" in right.text
    assert "D-204" in right.text


async def test_somebody_known_otherwise_is_not_shown_to_the_adviser_who_books_for_them(advice: Advice) -> None:
    desk = advice.desk
    await register(factories.sign_up(desk.event, desk.mason), ANYONE)
    form = await advice.open(f"{advice.base}/new")
    person: dict[str, Any] = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@example.org"}
    answers: dict[str, Any] = {"aged_16_or_over": "true", "told": "true", "sessions": [desk.carer["id"]]}
    page = await desk.visitor.press(form, "Réserver ces places", **person, **answers)
    assert (page.status, page.path) in ((200, "/office/people?done=passed"), (409, f"{advice.base}/new"))


async def test_a_sensitive_agency_is_named_to_nobody_outside(advice: Advice) -> None:
    desk, agency = advice.desk, str(advice.who.organisation)
    await fetch("UPDATE organisation SET sensitive = true, name = 'Justice et Réinsertion' WHERE id = {}", agency)
    until = desk.later["starts_at"]
    await holds.keep(desk.event["id"], Keeping((desk.later["id"],), 2, organisation=agency, until=until), desk.staff)
    link = next(one for one in (await advice.open("/office/people")).links if "/people/new?slot=" in one)
    person: dict[str, Any] = {"first_name": "Zoé", "last_name": "Lefèvre", "aged_16_or_over": "true", "told": "true"}
    booked = await desk.visitor.press(await advice.open(link), "Réserver ces places", **person)
    assert "Justice et Réinsertion" in booked.text  # the adviser reads the own name
    await advice.invite(first_name="Ali", phone="06 39 98 11 22")
    (attendee,) = await fetch("SELECT id FROM attendee")
    await desk.act_as(Role.ORGANISER, desk.staff.organisation)
    for path in (
        "",
        "/live",
        "/people",
        "/holds",
        "/calls",
        "/people/new",
        "/messages/new",
        "/journal",
        f"/office/attendees/{attendee['id']}",
        f"/office/attendees/{attendee['id']}/places",
    ):
        page = await advice.open(path if path.startswith("/office") else f"{desk.base}{path}")
        assert page.status == 200, path
        assert "Justice" not in page.html, path
    sheet = await desk.visitor.send(f"{desk.base}/people.csv", [])
    assert "Justice" not in sheet.html
    assert "Autre organisme" in sheet.html


async def test_a_group_of_a_sensitive_agency_bears_no_name(advice: Advice) -> None:
    desk, agency = advice.desk, str(advice.who.organisation)
    await fetch("UPDATE organisation SET sensitive = true, name = 'Justice et Réinsertion' WHERE id = {}", agency)
    adult: dict[str, Any] = {"adult_name": "Ada Petit", "adult_phone": "+33639981122"}
    group = Keeping((desk.later["id"],), 2, organisation=agency, by_number=True, **adult)
    attendee = await holds.keep(desk.event["id"], group, desk.staff)
    row = await fetch_one("SELECT last_name FROM attendee WHERE id = {}", attendee)
    assert row == {"last_name": "Autre organisme"}
