"""Each truth about the waiting list finds what breaks it."""

from datetime import timedelta

import pytest

from tests import factories, truths
from tests.planned import organiser, somebody
from workshops import changes, waiting_list
from workshops.actors import OPERATOR, Actor
from workshops.database import Engine, fetch, utcnow
from workshops.rescheduling.moving import move_slot

FAR, NEAR = 10, 1
"""Days until the slot: a place that comes free is given, or offered."""
BROKEN = [
    (NEAR, "an offer that outlasts the beginning of its slot", "UPDATE session SET starts_at = {now}, sequence = 1"),
    (FAR, "somebody asked to choose whom no change moved", "UPDATE registration SET must_choose = true"),
    (FAR, "a place from the waiting list, and no notice of it", "DELETE FROM message WHERE kind = 'place_given'"),
    (NEAR, "a place from the waiting list, and no notice of it", "UPDATE message SET state = 'superseded'"),
    (
        FAR,
        "a place from the waiting list, and two notices of it",
        "UPDATE message SET kind = 'place_given', created_at = {now}, registration = (SELECT m.registration "
        "FROM message m WHERE m.kind = 'place_given')",
    ),
    (
        NEAR,
        "an offer that was taken, and not one answer",
        "UPDATE registration SET status = 'confirmed' WHERE status = 'offered'",
    ),
    (
        NEAR,
        "an offer that ended, and not one notice of it",
        "UPDATE registration SET status = 'cancelled', cancelled_at = {now}, cancelled_why = 'offer_ended'",
    ),
    (
        FAR,
        "a place that passed on from somebody unreachable whom nobody calls",
        "UPDATE registration SET status = 'cancelled', cancelled_at = {now}, cancelled_why = 'unreachable'",
    ),
    (FAR, "a free place beside somebody who waits for it", "UPDATE session SET capacity = capacity + 1"),
    (FAR, "a change of the plan, and not one notice of it", "DELETE FROM message WHERE kind = 'your_changes'"),
    (FAR, "a notice of a change that was taken back", "UPDATE plan_change SET undone_at = {now}"),
]


@pytest.mark.parametrize(("days", "truth", "breaks"), BROKEN, ids=[truth for _, truth, _ in BROKEN])
async def test_a_truth_finds_what_breaks_it(db: Engine, days: int, truth: str, breaks: str) -> None:
    event = await factories.event(date=(utcnow() + timedelta(days=days)).date())
    slot = await factories.session(await factories.workshop(event), event, 4, capacity=1)
    people = [await somebody(event, slot, email=f"{n}@example.org") for n in range(4)]
    other = await factories.session(await factories.workshop(event), event, 0)
    await somebody(event, other, email="moved@example.org")
    await changes.cancel(people[0].places[0].id, OPERATOR)
    hour = timedelta(hours=1)
    await move_slot(other["id"], other["starts_at"] + hour, other["ends_at"] + hour, await organiser(event))
    assert await truths.offenders() == {}
    assert truth not in await truths.offenders()
    await fetch(breaks.replace("{now}", "{}"), *[utcnow()] * breaks.count("{now}"))
    assert truth in await truths.offenders()


async def test_an_offer_that_is_taken_is_answered_once(db: Engine) -> None:
    event = await factories.event(date=(utcnow() + timedelta(days=NEAR)).date())
    slot = await factories.session(await factories.workshop(event), event, 4, capacity=1)
    first, second = [await somebody(event, slot, email=f"{n}@example.org") for n in range(2)]
    await changes.cancel(first.places[0].id, OPERATOR)
    await waiting_list.accept(second.places[0].id, Actor(f"attendee:{second.attendee}"))
    assert await truths.offenders() == {}
    await fetch("DELETE FROM message WHERE dedup_key LIKE 'accepted:%'")
    assert await truths.offenders() == {"an offer that was taken, and not one answer": [second.places[0].id]}
