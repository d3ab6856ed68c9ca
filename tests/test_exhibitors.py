"""What exhibitors say of their workshops: whether they come, their pages, and that nothing public moves by itself."""

import asyncio
from datetime import timedelta

import pytest

from tests import factories
from tests.postbox import Clock
from tests.staff import make_staff
from tests.stands import TEXT, acting, clock, journal, letters, published, scene
from workshops import contacts_shared, exhibitors, stand_invitations, stands
from workshops.contacts_shared import AskedTooOften
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.descriptions import Description, proposal
from workshops.errors import Invalid, NotFound
from workshops.exhibitors import StalePage
from workshops.stand_links import StandClosed
from workshops.tables.people import Role

__all__ = ["clock"]


async def test_an_exhibitor_confirms_all_its_workshops_of_the_day_at_once(db: Engine) -> None:
    day = await scene()
    second = await factories.workshop(day.event, exhibitor=day.welder["id"], status="draft", rome_code=None)
    await exhibitors.confirm(day.exhibitor)
    assert [(await day.workshop(row))["answer"] for row in (day.stand, second, day.other)] == ["confirmed"] * 2 + [None]
    at = (await day.workshop())["answered_at"]
    await exhibitors.confirm(day.exhibitor)
    assert (await day.workshop())["answered_at"] == at
    assert len(await journal("confirm_stand")) == 2


async def test_the_whole_way_from_the_invitation_to_a_page_that_residents_read(db: Engine) -> None:
    day = await scene()
    assert await stand_invitations.invite_all(day.event["id"], day.organiser) == 2
    await exhibitors.confirm(day.exhibitor)
    row = await day.workshop()
    assert row["invited_at"]
    assert await exhibitors.describe(row["id"], row["version"], TEXT, day.exhibitor)
    await exhibitors.say_ready(row["id"], day.exhibitor)
    row = await day.workshop()
    assert (row["status"], row["rome_code"], row["description"]) == ("ready", "H2913", "Vous soudez deux pièces.")
    entries = {one["action"]: one for one in await fetch("SELECT action, changes, actor FROM audit_entry")}
    assert {"confirm_stand", "edit_page", "ready_stand"} <= set(entries)
    assert "H2913" in entries["edit_page"]["changes"]
    assert entries["edit_page"]["actor"] == "link:test"


async def test_a_page_that_lacks_something_is_not_ready_and_says_what(db: Engine) -> None:
    day = await scene()
    with pytest.raises(Invalid) as refused:
        await exhibitors.say_ready(day.stand["id"], day.exhibitor)
    assert [fault.name for fault in refused.value.faults] == ["rome_code", "description"]
    with pytest.raises(Invalid) as refused:
        await exhibitors.say_ready(day.stand["id"], day.organiser)
    assert [fault.name for fault in refused.value.faults] == ["rome_code"]
    empty = await factories.workshop(day.event, exhibitor=None, rome_code=None, status="draft")
    with pytest.raises(Invalid) as refused:
        await exhibitors.say_ready(empty["id"], day.organiser)
    assert [fault.name for fault in refused.value.faults] == ["exhibitor", "rome_code"]


async def test_the_organiser_says_ready_for_an_exhibitor_that_has_not_answered(db: Engine) -> None:
    day = await scene(rome_code="H2913")
    await exhibitors.say_ready(day.stand["id"], day.organiser)
    row = await day.workshop()
    assert (row["status"], row["answer"]) == ("ready", None)
    await exhibitors.say_ready(day.stand["id"], day.organiser)
    assert len(await journal("ready_stand")) == 1


@pytest.mark.parametrize("whose", ["other workshop", "other day", "other agency", "meeting", "no id"])
async def test_somebody_else_s_workshop_is_not_there(db: Engine, whose: str) -> None:
    day, elsewhere = await scene(), await scene()
    actor = {
        "other workshop": acting(day.mason, day.event),
        "other day": acting(day.welder, elsewhere.event),
        "other agency": elsewhere.organiser,
        "meeting": day.organiser,
        "no id": day.exhibitor,
    }[whose]
    target = str(day.stand["id"])
    if whose == "meeting":
        target = (await factories.workshop(day.event, kind="meeting"))["id"]
    elif whose == "no id":
        target = "\x00'; DROP TABLE workshop; --"
    with pytest.raises(NotFound):
        await exhibitors.describe(target, 1, TEXT, actor)
    with pytest.raises(NotFound):
        await exhibitors.say_ready(target, actor)
    if isinstance(actor, type(day.exhibitor)):
        with pytest.raises(NotFound):
            await exhibitors.decline([target], "Non", actor)
    with pytest.raises(NotFound):
        await exhibitors.review(target, 1, True, "", actor)
    assert (await day.workshop())["version"] == 1


async def test_an_exhibitor_never_reviews_its_own_edits(db: Engine) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Autre", "H2913", "x"), day.exhibitor)
    with pytest.raises(NotFound):
        await exhibitors.review(day.stand["id"], 2, True, "", day.exhibitor)


async def test_declining_before_publication_makes_a_draft_again(db: Engine) -> None:
    day = await scene("draft", "ready", rome_code="H2913")
    version = await day.event_version()
    await exhibitors.decline([day.stand["id"]], "Trop de travail", day.exhibitor)
    row = await day.workshop()
    assert (row["status"], row["answer"], row["answer_why"]) == ("draft", "declined", "Trop de travail")
    assert await day.event_version() == version + 1
    assert (await day.workshop(day.other))["answer"] is None
    await exhibitors.confirm(day.exhibitor)
    row = await day.workshop()
    assert (row["status"], row["answer"], row["answer_why"]) == ("draft", "confirmed", None)


async def test_declining_a_published_workshop_leaves_it_to_the_organiser(db: Engine) -> None:
    day = await published()
    await exhibitors.decline([day.stand["id"]], "Malade", day.exhibitor)
    row = await day.workshop()
    assert (row["status"], row["answer"]) == ("ready", "declined")
    assert (await stands.own_day(day.exhibitor)).stands[0].state == "declined"


async def test_declining_some_and_another_s_changes_nothing(db: Engine) -> None:
    day = await scene()
    with pytest.raises(NotFound):
        await exhibitors.decline([day.stand["id"], day.other["id"]], "Non", day.exhibitor)
    with pytest.raises(NotFound):
        await exhibitors.decline([], "Non", day.exhibitor)
    assert (await day.workshop())["answer"] is None


async def test_edits_of_a_public_page_wait_for_the_organiser(db: Engine) -> None:
    day = await published()
    version, wanted = (
        await day.event_version(),
        Description("Soudeuse", "H2913", "Vous soudez.", website="https://aciers.example"),
    )
    assert not await exhibitors.describe(day.stand["id"], 1, wanted, day.exhibitor)
    row = await day.workshop()
    assert (row["title"], row["description"]) == ("Soudeur, soudeuse", "Vous soudez deux pièces.")
    assert await day.event_version() == version
    assert proposal(row).changes == {  # type: ignore[union-attr]
        "title": "Soudeuse",
        "description": "Vous soudez.",
        "website": "https://aciers.example",
    }
    [stand] = (await stands.own_day(day.exhibitor)).stands
    assert (stand.state, stand.page.title, stand.draft.title) == ("proposed", "Soudeur, soudeuse", "Soudeuse")
    await exhibitors.review(day.stand["id"], 2, True, "", day.organiser)
    row = await day.workshop()
    assert (row["title"], row["description"], row["proposal"], row["proposed_at"]) == (
        "Soudeuse",
        "Vous soudez.",
        None,
        None,
    )
    assert await day.event_version() == version + 1
    [told] = await letters("stand_review")
    assert (told["email"], told["workshop"]) == ("rh@aciers.example", day.stand["id"])


async def test_refused_edits_leave_the_page_and_give_a_word(db: Engine) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    await exhibitors.review(day.stand["id"], 2, False, "Gardez les deux genres", day.organiser)
    row = await day.workshop()
    assert (row["title"], row["proposed_at"]) == ("Soudeur, soudeuse", None)
    [stand] = (await stands.own_day(day.exhibitor)).stands
    assert stand.proposal
    assert (stand.proposal.refused, stand.draft.title, stand.state) == ("Gardez les deux genres", "Soudeuse", "ready")
    assert len(await letters("stand_review")) == 1
    with pytest.raises(StalePage):
        await exhibitors.review(day.stand["id"], row["version"], True, "", day.organiser)


async def test_edits_taken_back_no_longer_wait(db: Engine) -> None:
    day = await published()
    before = stands_page(await stands.own_day(day.exhibitor))
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    assert await exhibitors.describe(day.stand["id"], 2, before, day.exhibitor)
    row = await day.workshop()
    assert (row["proposal"], row["proposed_at"]) == (None, None)


def stands_page(day: stands.StandDay) -> Description:
    return day.stands[0].page


async def test_edits_of_a_draft_on_a_published_day_hold_at_once(db: Engine) -> None:
    day = await scene("published", "draft")
    assert await exhibitors.describe(day.stand["id"], 1, TEXT, day.exhibitor)
    assert (await day.workshop())["rome_code"] == "H2913"


async def test_a_website_that_residents_read_elsewhere_waits(db: Engine) -> None:
    day = await scene()
    elsewhere = await factories.event()
    await factories.workshop(elsewhere, exhibitor=day.welder["id"])
    wanted = Description("Soudeuse", None, "", website="https://autre.example")
    assert not await exhibitors.describe(day.stand["id"], 1, wanted, day.exhibitor)
    row, company = (
        await day.workshop(),
        await fetch_one("SELECT website FROM organisation WHERE id = {}", day.welder["id"]),
    )
    assert company is not None
    assert (row["title"], company["website"]) == ("Soudeuse", None)
    await exhibitors.review(day.stand["id"], 2, True, "", day.organiser)
    company = await fetch_one("SELECT website FROM organisation WHERE id = {}", day.welder["id"])
    assert company is not None
    assert company["website"] == "https://autre.example"


async def test_edits_of_an_exhibitor_that_no_longer_holds_the_stand_are_void(db: Engine) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    await fetch("UPDATE workshop SET exhibitor = {} WHERE id = {}", day.mason["id"], day.stand["id"])
    with pytest.raises(StalePage):
        await exhibitors.review(day.stand["id"], 2, True, "", day.organiser)


async def test_of_two_edits_of_one_version_one_holds(db: Engine) -> None:
    day = await scene()
    both = [Description("Le premier", "H2913", "a"), Description("Le second", "H2913", "b")]
    done = await asyncio.gather(
        *(exhibitors.describe(day.stand["id"], 1, one, day.exhibitor) for one in both), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["StalePage", "bool"]
    row = await day.workshop()
    assert (row["title"], row["version"]) == (both[[one is True for one in done].index(True)].title, 2)


async def test_edits_that_change_while_the_organiser_reads_are_not_taken_over_unseen(db: Engine) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Lue", "H2913", "x"), day.exhibitor)
    await exhibitors.describe(day.stand["id"], 2, Description("Pas lue", "H2913", "x"), day.exhibitor)
    with pytest.raises(StalePage):
        await exhibitors.review(day.stand["id"], 2, True, "", day.organiser)
    assert (await day.workshop())["title"] == "Soudeur, soudeuse"


async def test_the_organiser_s_own_edits_hold_at_once_and_leave_what_waits(db: Engine) -> None:
    day = await published()
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeuse", "H2913", "x"), day.exhibitor)
    wanted = Description("Soudeur, soudeuse", "H2913", "Vous soudez deux pièces.", openings=3)
    assert await exhibitors.describe(day.stand["id"], 2, wanted, day.organiser)
    row = await day.workshop()
    assert (row["openings"], row["title"]) == (3, "Soudeur, soudeuse")
    assert row["proposed_at"]
    await exhibitors.review(day.stand["id"], 3, True, "", day.organiser)
    row = await day.workshop()
    assert (row["openings"], row["title"]) == (3, "Soudeuse")


async def test_a_ready_page_keeps_its_name_and_its_job(db: Engine) -> None:
    day = await published()
    for actor in (day.organiser, day.exhibitor):
        with pytest.raises(Invalid) as refused:
            await exhibitors.describe(day.stand["id"], 1, Description("x", None, "y"), actor)
        assert [fault.name for fault in refused.value.faults] == ["rome_code"]


@pytest.mark.parametrize("end", ["cancelled day", "cancelled workshop", "over"])
async def test_what_is_over_or_cancelled_no_longer_changes(db: Engine, clock: Clock, end: str) -> None:
    day = await scene()
    if end == "over":
        clock.now = day.event["ends_at"] + timedelta(seconds=1)
    elif end == "cancelled day":
        await fetch("UPDATE event SET status = 'cancelled' WHERE id = {}", day.event["id"])
    else:
        await fetch("UPDATE workshop SET status = 'cancelled' WHERE id = {}", day.stand["id"])
    with pytest.raises(StandClosed):
        await exhibitors.describe(day.stand["id"], 1, TEXT, day.exhibitor)
    with pytest.raises(StandClosed):
        await exhibitors.say_ready(day.stand["id"], day.organiser)
    if end != "cancelled workshop":
        with pytest.raises(StandClosed):
            await exhibitors.confirm(day.exhibitor)
        with pytest.raises(StandClosed):
            await stand_invitations.invite_all(day.event["id"], day.organiser)
    else:
        with pytest.raises(NotFound):
            await exhibitors.decline([day.stand["id"]], "Non", day.exhibitor)


async def test_each_exhibitor_gets_one_message_for_all_its_workshops(db: Engine) -> None:
    day = await scene()
    await factories.workshop(day.event, exhibitor=day.welder["id"], status="draft", rome_code=None)
    assert await stand_invitations.invite_all(day.event["id"], day.organiser) == 2
    assert sorted(row["email"] for row in await letters("stand_invitation")) == [
        "rh@aciers.example",
        "rh@terril.example",
    ]
    assert await stand_invitations.invite_all(day.event["id"], day.organiser) == 0
    [entry] = await journal("send_stand_invitation")
    assert entry["people"] == 2


async def test_two_presses_at_once_invite_once(db: Engine) -> None:
    day = await scene()
    done = await asyncio.gather(*(stand_invitations.invite_all(day.event["id"], day.organiser) for _ in range(2)))
    assert sorted(done) == [0, 2]
    assert len(await letters("stand_invitation")) == 2


async def test_those_that_lag_are_reminded_once_a_day(db: Engine, clock: Clock) -> None:
    day = await scene()
    await stand_invitations.invite_all(day.event["id"], day.organiser)
    assert await stand_invitations.remind(day.event["id"], day.organiser) == 0
    clock.turn(hours=21)
    await exhibitors.decline([day.other["id"]], "Non", acting(day.mason, day.event))
    assert await stand_invitations.remind(day.event["id"], day.organiser) == 1
    assert await stand_invitations.remind(day.event["id"], day.organiser) == 0
    clock.turn(hours=21)
    await exhibitors.describe(day.stand["id"], 1, TEXT, day.exhibitor)
    await exhibitors.say_ready(day.stand["id"], day.exhibitor)
    assert await stand_invitations.remind(day.event["id"], day.organiser) == 0


async def test_an_address_is_kept_and_its_value_is_not_in_the_journal(db: Engine) -> None:
    day = await scene()
    assert await stand_invitations.invite(day.event["id"], day.welder["id"], "neuf@aciers.example", day.organiser)
    assert not await stand_invitations.invite(day.event["id"], day.welder["id"], "neuf@aciers.example", day.organiser)
    company = await fetch_one("SELECT email FROM organisation WHERE id = {}", day.welder["id"])
    assert company == {"email": "neuf@aciers.example"}
    [entry] = await journal("set_address")
    assert entry["changes"] == '{"email": null}'
    assert len(await letters("stand_invitation")) == 1


async def test_only_exhibitors_of_a_day_that_the_agency_leads_are_written_to(db: Engine) -> None:
    day, elsewhere = await scene(), await scene()
    for verb in (stand_invitations.invite_all, stand_invitations.remind, stand_invitations.tell_programme):
        with pytest.raises(NotFound):
            await verb(day.event["id"], elsewhere.organiser)
    with pytest.raises(NotFound):
        await stand_invitations.invite(day.event["id"], elsewhere.welder["id"], "x@example.org", day.organiser)
    assert await letters("stand_invitation") == []


async def test_hours_are_sent_once_the_day_is_published_to_those_that_come(db: Engine, clock: Clock) -> None:
    day = await scene("draft", "ready", rome_code="H2913")
    with pytest.raises(stand_invitations.NotPublished):
        await stand_invitations.tell_programme(day.event["id"], day.organiser)
    await fetch("UPDATE event SET status = 'published', published_at = {} WHERE id = {}", utcnow(), day.event["id"])
    await exhibitors.decline([day.other["id"]], "Non", acting(day.mason, day.event))
    assert await stand_invitations.tell_programme(day.event["id"], day.organiser) == 1
    assert await stand_invitations.tell_programme(day.event["id"], day.organiser) == 0
    clock.turn(minutes=11)
    assert await stand_invitations.tell_programme(day.event["id"], day.organiser) == 1
    assert {row["email"] for row in await letters("stand_programme")} == {"rh@aciers.example"}


async def test_counts_tell_how_many_come_and_never_who(db: Engine) -> None:
    day = await published()
    await fetch("UPDATE session SET confirmed = 5, waiting = 2 WHERE id = {}", day.slots[0]["id"])
    await fetch("UPDATE session SET status = 'cancelled' WHERE id = {}", day.slots[1]["id"])
    [stand] = (await stands.own_day(day.exhibitor)).stands
    assert [(slot.confirmed, slot.waiting, slot.capacity) for slot in stand.slots] == [(5, 2, 8)]
    assert (await stands.booked(day.event["id"]))[day.stand["id"]] == (5, 2, 8)


async def test_an_account_sees_a_draft_only_once_it_was_invited(db: Engine) -> None:
    day = await scene()
    account, _ = await make_staff(Role.EXHIBITOR, day.welder["id"])
    assert await stands.days_of(account) == []
    await stand_invitations.invite_all(day.event["id"], day.organiser)
    assert [row["id"] for row in await stands.days_of(account)] == [day.event["id"]]


async def test_who_plans_the_day_is_told_of_a_new_name_and_not_of_other_words(db: Engine) -> None:
    day = await scene()
    version = await day.event_version()
    await exhibitors.describe(day.stand["id"], 1, Description("Soudeur, soudeuse", None, "Vous soudez."), day.exhibitor)
    assert await day.event_version() == version
    await exhibitors.describe(day.stand["id"], 2, Description("Soudeuse", None, "Vous soudez."), day.exhibitor)
    assert await day.event_version() == version + 1


async def test_what_is_said_of_one_day_at_once_happens_in_turn(db: Engine) -> None:
    day = await published()
    mason = acting(day.mason, day.event)
    for turn in range(6):
        wanted = Description(f"Soudeur {turn}", "H2913", "x")
        at_once = [
            exhibitors.describe(day.other["id"], (await day.workshop(day.other))["version"], wanted, day.organiser),
            exhibitors.describe(day.stand["id"], (await day.workshop())["version"], wanted, day.exhibitor),
            exhibitors.confirm(day.exhibitor),
            exhibitors.decline([day.other["id"]], "Non", mason),
            stand_invitations.invite(day.event["id"], day.welder["id"], f"rh{turn}@aciers.example", day.organiser),
            stand_invitations.remind(day.event["id"], day.organiser),
            contacts_shared.ask_for_contacts(mason),
        ]
        done = await asyncio.gather(*at_once, return_exceptions=True)
        assert not [one for one in done if isinstance(one, Exception) and not isinstance(one, AskedTooOften)]
