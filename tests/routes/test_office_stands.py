"""The exhibitors of a day in the office: the organiser's table and buttons, its reviews; an exhibitor's account."""

from datetime import timedelta

import pytest

from tests import factories
from tests.staff import make_staff
from tests.stands import TEXT, Scene, agreeing, journal, letters, published, scene
from tests.visitor import Page, Visitor
from workshops import database, exhibitors
from workshops.database import fetch, utcnow
from workshops.descriptions import Description
from workshops.tables.people import Role


def sign_in(visitor: Visitor, cookie: str) -> None:
    """Let the visitor be the member of staff of this cookie, or nobody."""
    visitor.client.cookies.clear()
    if cookie:
        visitor.client.cookies.set(*cookie.split("=", 1))


def office(day: Scene) -> str:
    return f"/office/events/{day.event['id']}/stands"


def buttons(page: Page) -> list[str]:
    return [button.label for form in page.forms for button in form.buttons]


@pytest.fixture
async def day(visitor: Visitor) -> Scene:
    """A draft that the visitor organises."""
    made = await scene()
    sign_in(visitor, made.cookie)
    return made


async def test_one_press_invites_all_and_the_button_counts_them(visitor: Visitor, day: Scene) -> None:
    page = await visitor.open(office(day))
    assert "rh@aciers.example" in page.text
    assert page.text.count("Pas encore invité") == 2
    page = await visitor.press(page, "Inviter 2 exposants")
    assert "Un message part à 2 exposants" in page.text
    assert page.text.count("Pas encore de réponse") == 2
    assert not [one for one in buttons(page) if one.startswith(("Inviter", "Relancer"))]
    assert len(await letters("stand_invitation")) == 2


async def test_those_that_lag_are_reminded_and_counted(visitor: Visitor, day: Scene) -> None:
    await visitor.press(await visitor.open(office(day)), "Inviter")
    await fetch("UPDATE mail_link SET created_at = {}", database.utcnow() - timedelta(hours=21))
    await exhibitors.decline([day.stand["id"]], "Non", day.exhibitor)
    page = await visitor.press(await visitor.open(office(day)), "Relancer 1 exposant")
    assert "Un message part à 1 exposant" in page.text
    assert [row["email"] for row in await letters("stand_invitation")][2:] == ["rh@terril.example"]


async def test_hours_are_offered_once_the_day_is_published(visitor: Visitor, day: Scene) -> None:
    await fetch("UPDATE workshop SET status = 'ready', rome_code = 'H2913' WHERE event = {}", day.event["id"])
    assert "Envoyer" not in (await visitor.open(office(day))).text
    assert (await visitor.send(office(day), [("letter", "programme")])).status == 409
    await fetch("UPDATE event SET status = 'published', published_at = {} WHERE id = {}", utcnow(), day.event["id"])
    await visitor.press(await visitor.open(office(day)), "Envoyer leurs horaires à 2 exposants")
    assert len(await letters("stand_programme")) == 2
    assert (await visitor.send(office(day), [("letter", "anything")])).status == 404


async def test_the_page_of_edits_that_wait_leads_to_where_they_are_accepted(visitor: Visitor, day: Scene) -> None:
    await fetch("UPDATE workshop SET status = 'ready', rome_code = 'H2913' WHERE event = {}", day.event["id"])
    await fetch("UPDATE event SET status = 'published', published_at = {} WHERE id = {}", utcnow(), day.event["id"])
    workshop = await day.workshop()
    await exhibitors.describe(workshop["id"], workshop["version"], TEXT, day.exhibitor)
    exhibitor = f"{office(day)}/{day.welder['id']}"
    page = await visitor.open(f"{exhibitor}/workshops/{day.stand['id']}")
    assert "Ce que liront les habitants si vous acceptez" in page.text
    assert f"{exhibitor}#w-{day.stand['id']}" in page.links
    assert "Reprendre ces changements" in (await visitor.open(exhibitor)).text


async def test_an_address_is_corrected_and_written_to(visitor: Visitor, day: Scene) -> None:
    await fetch("UPDATE organisation SET email = NULL WHERE id = {}", day.welder["id"])
    page = await visitor.open(office(day))
    assert "Impossible d’écrire à 1 exposant" in page.text
    page = await visitor.open(page.link(f"/stands/{day.welder['id']}"))
    wrong = await visitor.press(page, "Inviter l’exposant", email="rh@")
    assert wrong.status == 422
    assert ("email", "rh@") in wrong.forms[-1].fields
    page = await visitor.press(page, "Inviter l’exposant", email="rh@aciers.example")
    assert "Le message part dans la minute" in page.text
    assert [row["email"] for row in await letters("stand_invitation")] == ["rh@aciers.example"]


async def test_the_organiser_completes_a_page_by_telephone_and_says_ready(visitor: Visitor, day: Scene) -> None:
    page = await visitor.open(f"{office(day)}/{day.welder['id']}")
    assert "Déclarer la page prête" not in page.text
    page = await visitor.open(page.link("/page"))
    page = await visitor.press(page, "Enregistrer et", rome_code="H2913", description="Vous soudez.")
    page = await visitor.press(page, "Déclarer la page prête")
    assert "La page est prête" in page.text
    row = await day.workshop()
    assert (row["status"], row["answer"]) == ("ready", None)
    [entry] = await journal("ready_stand")
    assert entry["actor"] == day.organiser.id


async def test_edits_are_shown_before_and_after_and_taken_over(visitor: Visitor) -> None:
    day = await published()
    sign_in(visitor, day.cookie)
    wanted = Description("Soudeuse", "H2913", "Vous soudez <b>tout</b>.", website="https://aciers.example")
    await exhibitors.describe(day.stand["id"], 1, wanted, day.exhibitor)
    page = await visitor.open(office(day))
    assert "1 page a des changements à lire" in page.text
    page = await visitor.open(page.link(f"/stands/{day.welder['id']}"))
    for text in ("Vous soudez deux pièces.", "Vous soudez <b>tout</b>.", "https://aciers.example"):
        assert text in page.text
    assert "<b>tout" not in page.html
    refused = await visitor.press(page, "Refuser ces changements")
    assert refused.status == 422
    page = await visitor.press(page, "Reprendre ces changements")
    assert "La page est à jour" in page.text
    assert (await day.workshop())["title"] == "Soudeuse"


async def test_edits_are_refused_with_a_word_that_the_exhibitor_reads(visitor: Visitor) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    sign_in(visitor, day.cookie)
    page = await visitor.open(f"{office(day)}/{day.welder['id']}")
    page = await visitor.press(page, "Refuser ces changements", why="Gardez « soudeur »")
    assert "L’exposant lira votre mot" in page.text
    sign_in(visitor, (await make_staff(Role.EXHIBITOR, day.welder["id"]))[1])
    page = await visitor.open(f"/office/stands/{day.event['id']}/workshops/{day.stand['id']}")
    assert "Gardez « soudeur »" in page.text.replace("\u00a0", " ")
    assert "Soudeur, soudeuse" in page.text


async def test_edits_that_changed_meanwhile_are_not_taken_over_unread(visitor: Visitor) -> None:
    day = await published()
    sign_in(visitor, day.cookie)
    await exhibitors.describe(day.stand["id"], 1, Description("Lue", "H2913", "x"), day.exhibitor)
    page = await visitor.open(f"{office(day)}/{day.welder['id']}")
    await exhibitors.describe(day.stand["id"], 2, Description("Pas lue", "H2913", "x"), day.exhibitor)
    late = await visitor.press(page, "Reprendre ces changements")
    assert late.status == 409
    assert "Pas lue" in late.text
    assert (await day.workshop())["title"] == "Soudeur, soudeuse"


async def test_a_stand_without_its_exhibitor_is_shown_first_with_the_reason(visitor: Visitor) -> None:
    day = await published()
    sign_in(visitor, day.cookie)
    await exhibitors.decline([day.stand["id"]], "Machine en panne", day.exhibitor)
    page = await visitor.open(office(day))
    assert "1 atelier sans son exposant" in page.text
    assert "Machine en panne" in page.text
    assert "Il est toujours en ligne" in page.text
    assert f"/office/workshops/{day.stand['id']}/cancel" in page.links


@pytest.mark.parametrize("who", ["other agency", "exhibitor", "adviser", "host", "nobody"])
async def test_only_the_day_s_organiser_reads_its_exhibitors(visitor: Visitor, day: Scene, who: str) -> None:
    cookie = {
        "other agency": (await make_staff(Role.ORGANISER))[1],
        "exhibitor": (await make_staff(Role.EXHIBITOR, day.welder["id"]))[1],
        "adviser": (await make_staff(Role.ADVISER, day.organiser.organisation))[1],
        "host": (await make_staff(Role.HOST))[1],
        "nobody": "",
    }[who]
    sign_in(visitor, cookie)
    expected = {"other agency": 404, "nobody": 303}.get(who, 403)
    one, workshop = f"{office(day)}/{day.welder['id']}", f"/workshops/{day.stand['id']}"
    for path in (office(day), one, one + workshop, f"{one}{workshop}/page"):
        assert (await visitor.client.get(path)).status_code == expected
    for path, body in (
        (office(day), b"letter=invitations"),
        (f"{one}/invitation", b"email=x%40example.org"),
        (f"{one}{workshop}/page", b"title=x&version=1"),
        (f"{one}{workshop}/ready", b""),
        (f"{one}{workshop}/review", b"do=accept&version=1"),
    ):
        answer = await visitor.client.post(path, content=body, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == expected, path
    assert await letters("stand_invitation") == []
    assert (await day.workshop())["version"] == 1


async def test_an_account_does_on_its_own_page_what_its_link_does(visitor: Visitor, day: Scene) -> None:
    sign_in(visitor, (await make_staff(Role.EXHIBITOR, day.welder["id"]))[1])
    assert "Aucune journée" in (await visitor.open("/office/stands")).text
    assert (await visitor.open(f"/office/stands/{day.event['id']}")).status == 404
    sign_in(visitor, day.cookie)
    await visitor.press(await visitor.open(office(day)), "Inviter")
    sign_in(visitor, (await make_staff(Role.EXHIBITOR, day.welder["id"]))[1])
    page = await visitor.open("/office/stands")
    page = await visitor.open(page.link(f"/office/stands/{day.event['id']}"))
    page = await visitor.press(page, "Nous serons là")
    page = await visitor.open(page.link("/page"))
    page = await visitor.press(page, "Enregistrer et", rome_code="H2913", description="Vous soudez.")
    page = await visitor.press(page, "Notre page est prête")
    assert (await day.workshop())["status"] == "ready"
    assert [entry["actor"][:8] for entry in await journal("ready_stand")] == ["account:"]


async def test_an_account_reads_no_contact_without_the_fresh_mail(visitor: Visitor) -> None:
    day = await published()
    await agreeing(day, first_name="Zoé", last_name="Accord", email="zoe@example.org")
    sign_in(visitor, (await make_staff(Role.EXHIBITOR, day.welder["id"]))[1])
    page = await visitor.open(f"/office/stands/{day.event['id']}")
    page = await visitor.press(page, "Recevoir le lien")
    assert "Accord" not in page.html
    assert "zoe@example.org" not in page.html
    assert [row["email"] for row in await letters("stand_contacts")] == ["rh@aciers.example"]


async def test_an_account_sees_its_own_stands_alone(visitor: Visitor) -> None:
    day, elsewhere = await published(), await published()
    _, cookie = await make_staff(Role.EXHIBITOR, day.mason["id"])
    sign_in(visitor, cookie)
    base = f"/office/stands/{day.event['id']}"
    assert (await visitor.open(base)).status == 200
    for path in (f"{base}/workshops/{day.stand['id']}", f"/office/stands/{elsewhere.event['id']}", "/office/stands/x"):
        assert (await visitor.open(path)).status == 404
    sent = await visitor.send(f"{base}/workshops/{day.stand['id']}/page", [("title", "À moi"), ("version", "1")])
    assert sent.status == 404
    assert (await day.workshop())["title"] == "Soudeur, soudeuse"
    sign_in(visitor, (await make_staff(Role.ORGANISER, day.organiser.organisation))[1])
    assert (await visitor.client.get("/office/stands")).status_code == 403


async def test_stands_that_nobody_holds_are_named(visitor: Visitor, day: Scene) -> None:
    await factories.workshop(day.event, exhibitor=None, rome_code=None, status="draft", title="Cariste")
    page = await visitor.open(office(day))
    assert "1 stand sans exposant" in page.text
    assert "Cariste" in page.text


async def test_the_table_asks_the_database_little_whatever_its_length(
    visitor: Visitor, day: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        exhibitor = await factories.organisation("exhibitor", email=f"x{number}@example.org")
        made = await factories.workshop(day.event, exhibitor=exhibitor["id"], status="draft")
        await factories.session(made, day.event)
    await visitor.press(await visitor.open(office(day)), "Inviter 22 exposants")
    asked: list[str] = []
    run = type(database.engine()).run

    async def counted(self: object, sql: str, values: object) -> object:
        asked.append(sql)
        return await run(self, sql, values)  # type: ignore[arg-type]

    monkeypatch.setattr(type(database.engine()), "run", counted)
    page = await visitor.open(office(day))
    assert page.status == 200
    assert len(asked) <= 6
    assert len(page.html.encode()) < 60_000
