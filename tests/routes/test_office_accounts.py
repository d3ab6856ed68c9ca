"""The pages where an admin looks after accounts and tokens."""

import httpx
import pytest

from tests import factories
from tests.colleagues import Colleague, colleague
from tests.routes.test_sign_in import FORM, come_in
from tests.visitor import Page, Visitor
from workshops import credentials
from workshops.access import USED_EVERY
from workshops.database import Engine, fetch, utcnow
from workshops.tables.people import Role


@pytest.fixture
async def chief(visitor: Visitor, db: Engine) -> Colleague:
    """An admin, signed in on the visitor's browser."""
    who = await colleague(Role.ADMIN, name="Camille Chef")
    await come_in(visitor, who)
    return who


async def page_of(visitor: Visitor, who: Colleague) -> Page:
    """The page of an account."""
    return await visitor.open(f"/office/accounts/{who.id}")


async def test_somebody_is_invited(visitor: Visitor, chief: Colleague) -> None:
    agency = await factories.organisation(name="Mission locale")
    page = await visitor.press(await visitor.open("/office/accounts/new"), "Envoyer", email="nobody", name="Zoé")
    assert page.status == 422
    for told in ("Vérifiez cette adresse", "Choisissez ce que fait cette personne"):
        assert told in page.text
    assert ("name", "Zoé") in page.forms[-1].fields
    page = await visitor.press(
        page, "Envoyer", email="zoe@example.org", role="adviser", organisation=agency["slug"], name="Zoé"
    )
    assert (page.path, "L’invitation part" in page.text) == ("/office/accounts?done=invited", True)
    for told in ("zoe@example.org", "Mission locale", "Prescripteur", "Invitation envoyée"):
        assert told in page.text
    (message,) = await fetch("SELECT kind, state FROM message")
    assert (message["kind"], message["state"]) == ("staff_invitation", "queued")


async def test_rights_are_changed_a_phone_forgotten_an_account_closed_and_opened(
    visitor: Visitor, chief: Colleague
) -> None:
    who = await colleague(name="Zoé")
    heir = await colleague(organisation=who.organisation, name="Max")
    page = await visitor.press(await page_of(visitor, who), "Enregistrer", role="host", organisation="")
    assert (page.status, "seul un administrateur" in page.text) == (422, True)
    page = await visitor.press(await page_of(visitor, who), "Enregistrer", role="adviser")
    assert "Le compte est modifié" in page.text
    page = await visitor.press(await page_of(visitor, who), "Effacer la double vérification")
    assert "un autre téléphone" in page.text
    page = await visitor.press(await page_of(visitor, who), "Fermer le compte", successor=heir.id)
    assert "Suite : Max" in page.text.replace("\u00a0", " ")
    page = await visitor.press(await page_of(visitor, who), "Rouvrir le compte")
    assert (page.path, "Invitation envoyée" in page.text) == ("/office/accounts?done=invited", True)
    page = await visitor.press(await page_of(visitor, who), "Renvoyer l’invitation")
    assert page.path == "/office/accounts?done=invited"
    kept = await fetch("SELECT action, actor, object_id FROM audit_entry WHERE object_kind = 'account' ORDER BY at, id")
    assert {(row["actor"], row["object_id"]) for row in kept} == {(f"account:{chief.id}", who.id)}
    assert [row["action"] for row in kept] == [
        "change_account",
        "reset_second_factor",
        "close_account",
        "reopen_account",
        "invite_account_again",
    ]


async def test_one_s_own_account_is_kept_from_oneself(visitor: Visitor, chief: Colleague) -> None:
    await colleague(Role.ADMIN)
    page = await visitor.press(await page_of(visitor, chief), "Fermer le compte")
    assert (page.status, "un autre administrateur doit le faire" in page.text) == (409, True)


async def test_tokens_are_seen_and_revoked(visitor: Visitor, chief: Colleague) -> None:
    agency = await factories.organisation(slug="mission-locale")
    token = await credentials.add_token("Site de la commune", Role.ADVISER, agency["slug"])
    page = await visitor.open("/office/accounts/tokens")
    assert ("Site de la commune" in page.text, token in page.html) == (True, False)
    page = await visitor.press(page, "Révoquer")
    assert "Le jeton est révoqué" in page.text
    (row,) = await fetch("SELECT revoked_at FROM api_token")
    assert row["revoked_at"]


async def test_that_a_token_is_used_is_noted_once_an_hour(visitor: Visitor, db: Engine) -> None:
    token = await credentials.add_token("site", Role.ADMIN, None)

    async def used() -> object:
        answer = await visitor.client.get("/api/v1/registrations/none", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 404
        (row,) = await fetch("SELECT last_used_at FROM api_token")
        return row["last_used_at"]

    first = await used()
    assert (first is not None, await used()) == (True, first)
    before = utcnow() - USED_EVERY
    await fetch("UPDATE api_token SET last_used_at = {}", before)
    assert await used() != before


async def test_others_do_not_come_here(visitor: Visitor, db: Engine) -> None:
    organiser = await colleague(Role.ORGANISER)
    await come_in(visitor, organiser)
    for path in ("", "/new", "/tokens", f"/{organiser.id}"):
        assert (await visitor.open(f"/office/accounts{path}")).status == 403
    answer: httpx.Response = await visitor.client.post("/office/accounts/new", content="", headers=FORM)
    assert answer.status_code == 403
