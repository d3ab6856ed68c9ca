"""An exhibitor's pages by its link: the whole way, whose they are, what residents read meanwhile, the contacts."""

import pytest

from tests.postbox import Clock
from tests.stands import Scene, agreeing, clock, journal, letters, link, published, scene
from tests.visitor import Page, Visitor
from workshops import exhibitors, mail_links, stand_invitations
from workshops.contacts_shared import LASTS
from workshops.database import fetch, fetch_one, utcnow
from workshops.mail_links import LinkPurpose

__all__ = ["clock"]
BAD = '<script>alert("x")</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'
NIR = "1 85 05 78 006 084 42"


async def sent(kind: str) -> str:
    """The secret of the newest message of this kind."""
    row = (await letters(kind))[-1]
    made = await fetch_one("SELECT key_id FROM mail_link WHERE id = {}", row["mail_link"])
    assert made
    return mail_links.secret(row["mail_link"], made["key_id"])


async def public_page(visitor: Visitor, day: Scene) -> Page:
    return await visitor.open(f"/events/{day.event['id']}/workshops/{day.stand['id']}")


async def write_page(visitor: Visitor, base: str, day: Scene, button: str = "Enregistrer et", /, **given: str) -> Page:
    form = await visitor.open(f"{base}/workshops/{day.stand['id']}/page")
    return await visitor.press(form, button, **given)


async def test_from_the_mail_to_a_page_that_residents_read(visitor: Visitor) -> None:
    day = await scene()
    await stand_invitations.invite_all(day.event["id"], day.organiser)
    base = f"/stand/{await day.link()}"
    page = await visitor.open(base)
    assert "Aciers d’Artois" in page.text
    assert "Bâti-Terril" not in page.text
    page = await visitor.press(page, "Nous serons là")
    assert "Merci, à bientôt" in page.text
    page = await visitor.open(page.link(f"{base}/workshops/{day.stand['id']}/page"))
    page = await visitor.press(page, "Chercher", job="soudure", description="Vous soudez.", openings="2")
    assert ("rome_code", "H2913") in page.forms[-1].boxes
    assert "Vous soudez." in page.html
    assert (await day.workshop())["version"] == 1
    page = await visitor.press(page, "Enregistrer et", rome_code="H2913", description="Vous soudez.", openings="2")
    assert "Votre page est enregistrée" in page.text
    assert "Vous soudez." in page.text
    assert "2 postes" in page.text
    page = await visitor.press(page, "Notre page est prête")
    assert "dès que la journée sera en ligne" in page.text
    await fetch("UPDATE event SET status = 'published', published_at = {} WHERE id = {}", utcnow(), day.event["id"])
    assert "Vous soudez." in (await public_page(visitor, day)).text
    assert [entry["actor"][:5] for entry in await journal("ready_stand")] == ["link:"]


async def test_the_link_opens_again_and_again_until_the_day_is_over(visitor: Visitor, clock: Clock) -> None:
    day = await scene()
    await stand_invitations.invite_all(day.event["id"], day.organiser)
    address = f"/stand/{await sent('stand_invitation')}"
    for _ in range(3):
        answer = await visitor.client.get(address)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["x-robots-tag"] == "noindex"
    clock.now = day.event["ends_at"]
    assert (await visitor.open(address)).status == 200
    clock.turn(hours=8)
    assert (await visitor.open(address)).status == 410
    assert (await visitor.open("/stand/AAAAAAAAAAAAAAAAAAAAAAAAAA")).status == 404


async def test_a_corrected_address_ends_the_link_that_went_astray(visitor: Visitor) -> None:
    day = await scene()
    wrong = await day.link(email="faux@example.org")
    assert (await visitor.open(f"/stand/{wrong}")).status == 200
    await stand_invitations.invite(day.event["id"], day.welder["id"], "juste@example.org", day.organiser)
    assert (await visitor.open(f"/stand/{wrong}")).status == 410
    assert (await visitor.open(f"/stand/{await sent('stand_invitation')}")).status == 200


async def test_somebody_else_s_workshop_is_not_found(visitor: Visitor) -> None:
    day, elsewhere = await scene(), await scene()
    base = f"/stand/{await day.link()}"
    for other in (day.other["id"], elsewhere.stand["id"], "x", "%00"):
        for path in (f"{base}/workshops/{other}", f"{base}/workshops/{other}/page"):
            assert (await visitor.open(path)).status == 404
        fields = [("title", "À moi"), ("version", "1")]
        assert (await visitor.send(f"{base}/workshops/{other}/page", fields)).status == 404
        assert (await visitor.send(f"{base}/workshops/{other}/ready", [])).status == 404
        declined = [("answer", "declined"), ("why", "Non"), ("workshop", other)]
        assert (await visitor.send(f"{base}/answer", declined)).status == 404
    assert (await day.workshop(day.other))["version"] == 1


async def test_no_get_changes_anything(visitor: Visitor) -> None:
    day = await published()
    await agreeing(day)
    base = f"/stand/{await day.link()}"
    before = (
        await fetch("SELECT * FROM workshop"),
        await fetch("SELECT * FROM mail_link"),
        await fetch("SELECT * FROM message"),
    )
    for path in (
        "",
        f"/workshops/{day.stand['id']}",
        f"/workshops/{day.stand['id']}/page",
        "?done=ready&answer=declined",
    ):
        assert (await visitor.open(base + path)).status == 200
    for path in ("/answer", "/contacts", f"/workshops/{day.stand['id']}/ready"):
        assert (await visitor.open(base + path)).status == 405
    assert before == (
        await fetch("SELECT * FROM workshop"),
        await fetch("SELECT * FROM mail_link"),
        await fetch("SELECT * FROM message"),
    )
    foreign = await visitor.client.post(
        f"{base}/answer", content=b"answer=confirmed", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert (await day.workshop())["answer"] is None


async def test_a_public_page_stays_as_it_was_until_the_organiser_takes_the_edits_over(visitor: Visitor) -> None:
    day = await published()
    base = f"/stand/{await day.link()}"
    before = (await public_page(visitor, day)).text
    page = await write_page(visitor, base, day, "Proposer", title="Chaudronnier", website="www.aciers.example")
    assert "Vos changements attendent l’organisateur" in page.text
    assert "Chaudronnier" in page.text
    assert (await public_page(visitor, day)).text == before
    row = await day.workshop()
    await exhibitors.review(day.stand["id"], row["version"], True, "", day.organiser)
    after = await public_page(visitor, day)
    assert "Chaudronnier" in after.text
    assert "https://www.aciers.example" in after.links


async def test_two_people_editing_one_page_are_told(visitor: Visitor) -> None:
    day = await scene()
    base = f"/stand/{await day.link()}"
    first = await visitor.open(f"{base}/workshops/{day.stand['id']}/page")
    second = await visitor.open(f"{base}/workshops/{day.stand['id']}/page")
    await visitor.press(first, "Enregistrer et", title="Le premier", description="De la première")
    late = await visitor.press(second, "Enregistrer et", title="Le second")
    assert late.status == 409
    assert "Quelqu’un a modifié cette page" in late.text
    assert "Le premier" in late.text
    assert ("title", "Le second") in late.forms[-1].fields
    assert (await day.workshop())["title"] == "Le premier"
    await visitor.press(late, "Enregistrer et")
    assert (await day.workshop())["title"] == "Le second"


async def test_what_is_written_is_text_and_never_markup(visitor: Visitor) -> None:
    day = await published()
    base = f"/stand/{await day.link()}"
    texts = dict.fromkeys(("title", "description", "prerequisites", "access", "contract_kinds", "training_title"), BAD)
    page = await write_page(visitor, base, day, "Proposer", **texts)
    row = await day.workshop()
    pages = [page, await visitor.open(f"{base}/workshops/{day.stand['id']}/page"), await visitor.open(base)]
    await exhibitors.review(day.stand["id"], row["version"], True, "", day.organiser)
    pages += [
        await public_page(visitor, day),
        await visitor.open(f"/events/{day.event['id']}"),
        await visitor.open(base),
    ]
    for seen in pages:
        assert "<script>alert" not in seen.html
        assert "<img src=x" not in seen.html
        assert "49" not in seen.text or "{{ 7 * 7 }}" in seen.text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "https://banque.fr@pirate.example"])
async def test_only_a_website_is_a_website(visitor: Visitor, address: str) -> None:
    day = await published()
    page = await write_page(visitor, f"/stand/{await day.link()}", day, "Proposer", website=address)
    assert page.status == 422
    assert "Vérifiez cette adresse de site" in page.text
    await fetch("UPDATE organisation SET website = {} WHERE id = {}", address, day.welder["id"])
    shown = await public_page(visitor, day)
    assert shown.status == 200
    assert address not in shown.html


async def test_a_social_security_number_is_refused_and_what_was_typed_is_kept(visitor: Visitor) -> None:
    day = await scene()
    base = f"/stand/{await day.link()}"
    page = await write_page(visitor, base, day, description=f"Appelez {NIR}", openings="3")
    assert page.status == 422
    assert "numéro de sécurité sociale" in page.text
    assert ("openings", "3") in page.forms[-1].fields
    page = await visitor.press(await visitor.open(base), "Prévenir", why=f"Le {NIR} ne vient pas")
    assert page.status == 422
    assert (await day.workshop())["answer"] is None


async def test_declining_needs_a_word_and_may_be_taken_back(visitor: Visitor) -> None:
    day = await scene()
    base = f"/stand/{await day.link()}"
    page = await visitor.press(await visitor.open(base), "Prévenir")
    assert page.status == 422
    page = await visitor.press(page, "Prévenir", why="Trop de travail")
    assert "L’organisateur sait que vous ne venez pas" in page.text
    assert (await day.workshop())["answer_why"] == "Trop de travail"
    page = await visitor.press(page, "Nous pouvons venir finalement")
    assert (await day.workshop())["answer"] == "confirmed"
    assert (await visitor.send(f"{base}/answer", [("answer", "maybe")])).status == 404


async def test_the_page_counts_and_never_names(visitor: Visitor) -> None:
    day = await published()
    await agreeing(day, first_name="Zoé", last_name="Secrète", email="zoe@secret.example", phone="+33612345678")
    await fetch("UPDATE session SET confirmed = 5, waiting = 2 WHERE id = {}", day.slots[0]["id"])
    base = f"/stand/{await day.link()}"
    pages = [await visitor.open(base), await visitor.open(f"{base}/workshops/{day.stand['id']}")]
    assert all("5 personnes inscrites, 2 en attente" in page.text for page in pages)
    assert "1 personne est d’accord" in pages[0].text
    assert "5 sur 8" in pages[1].text
    for page in pages:
        assert not [word for word in ("Secrète", "secret.example", "612345678", "12 34 56 78") if word in page.html]


async def test_contacts_come_by_a_fresh_link_to_the_mailbox_and_open_once(visitor: Visitor) -> None:
    day = await published()
    await agreeing(day, first_name="Zoé", last_name="Accord", email="zoe@example.org", phone="+33612345678")
    await agreeing(day, share=False, first_name="Marc", last_name="Refus", email="marc@example.org")
    page = await visitor.press(await visitor.open(f"/stand/{await day.link()}"), "Recevoir le lien")
    assert "rh@aciers.example" in page.text.replace("@ ", "@")
    address = f"/contacts/{await sent('stand_contacts')}"
    for _ in range(2):
        offer = await visitor.open(address)
        assert offer.status == 200
        assert "Accord" not in offer.html
    assert await journal("list_contacts") == []
    answer = await visitor.send(address, [])
    assert "Zoé Accord" in answer.text
    assert "06 12 34 56 78" in answer.text.replace("\u00a0", " ")
    assert "Refus" not in answer.html
    assert answer.answer.headers["cache-control"] == "no-store"
    [entry] = await journal("list_contacts")
    assert (entry["people"], entry["event"]) == (1, day.event["id"])
    for again in (await visitor.send(address, []), await visitor.open(address)):
        assert again.status == 410
        assert "Accord" not in again.html


async def test_the_link_to_the_contacts_is_good_for_half_an_hour(visitor: Visitor, clock: Clock) -> None:
    day = await published()
    await agreeing(day)
    secret = await link(LinkPurpose.CONTACTS, day.event, day.welder, None, LASTS)
    clock.turn(minutes=30)
    for answer in (await visitor.open(f"/contacts/{secret}"), await visitor.send(f"/contacts/{secret}", [])):
        assert answer.status == 410
        assert "zoe@example.org" not in answer.html
    assert await journal("list_contacts") == []


async def test_contacts_are_sent_three_times_an_hour(visitor: Visitor) -> None:
    day = await published()
    await agreeing(day)
    base = f"/stand/{await day.link()}"
    statuses = [(await visitor.send(f"{base}/contacts", [])).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert len(await letters("stand_contacts")) == 3


async def test_links_open_nothing_but_their_own(visitor: Visitor) -> None:
    day = await published()
    stand, contacts = await day.link(), await link(LinkPurpose.CONTACTS, day.event, day.welder, None, LASTS)
    assert (await visitor.open(f"/stand/{contacts}")).status == 404
    assert (await visitor.open(f"/contacts/{stand}")).status == 404
    assert (await visitor.send(f"/contacts/{stand}", [])).status == 404


async def test_jobs_are_found_as_public_data(visitor: Visitor) -> None:
    answer = await visitor.client.get("/jobs", params={"q": "soudure"})
    assert answer.json()[0] == {"code": "H2913", "label": "Soudeur / Soudeuse"}
    assert "public" in answer.headers["cache-control"]
    assert (await visitor.client.get("/jobs")).json() == []
    assert len((await visitor.client.get("/jobs", params={"q": "technicien " * 500})).json()) <= 10


async def test_a_cancelled_day_says_so_and_offers_nothing(visitor: Visitor) -> None:
    day = await scene()
    base = f"/stand/{await day.link()}"
    form = await visitor.open(f"{base}/workshops/{day.stand['id']}/page")
    await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", day.event["id"])
    page = await visitor.open(base)
    assert "Cette journée est annulée" in page.text
    assert not [button for shown in page.forms for button in shown.buttons if button.label not in ("English",)]
    assert (await visitor.press(form, "Enregistrer et")).status == 409
