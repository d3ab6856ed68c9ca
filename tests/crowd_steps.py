"""Everything that can happen to the places of a crowd, one step at a time.

Each step takes its choices from `below`: from hypothesis (test_races_machine) or a seed (storm). What is refused is
part of the game.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests import told
from tests.crowd import Below, Crowd, somebody, wish
from workshops import calls, changes, database, holds, passing_on, proofs, waiting_list
from workshops.actors import ANYONE, Actor
from workshops.database import fetch
from workshops.delivery import deliver_due
from workshops.errors import WorkshopsError
from workshops.holds import Keeping, Terms
from workshops.limits import Source
from workshops.registrations import SignUp, register
from workshops.rescheduling.cancelling import cancel_slot
from workshops.rescheduling.capacities import set_capacity
from workshops.rescheduling.moving import move_slot
from workshops.rescheduling.undoing import undo

Step = Callable[[Crowd, Below], Awaitable[str | None]]


async def take(kind: str, crowd: Crowd, below: Below) -> str:
    """One step; what came of it. A refusal is an answer, anything else that is raised is a fault."""
    try:
        outcome = await STEPS[kind][1](crowd, below) or "done"
    except WorkshopsError as refusal:
        outcome = refusal.type
    return f"{kind}: {outcome}"


async def sign_up(crowd: Crowd, below: Below) -> str | None:
    """Online, at times from a network that is doubted, or staff for somebody."""
    asked = wish(crowd, below, source=Source(None, below(6) == 0))
    actor: Actor = crowd.staff[asked.event] if below(6) == 0 else ANYONE
    crowd.acted = (await register(asked, actor)).attendee
    return None


async def add(crowd: Crowd, below: Below) -> str | None:
    """Staff give somebody who takes part one slot more."""
    if not (places := await crowd.places("confirmed", "waiting", "offered", "cancelled")):
        return "nobody"
    place = places[below(len(places))]
    slots = crowd.of(place["event"])
    asked, crowd.acted = [slots[below(len(slots))]["id"]], place["attendee"]
    await changes.add(place["attendee"], asked, "wait" if below(3) else "refuse", crowd.staff[place["event"]])
    return None


async def cancel(crowd: Crowd, below: Below) -> str | None:
    """A place is given back, at times one that is gone already."""
    if not (places := await crowd.places("confirmed", "waiting", "offered", *["cancelled"] * (below(6) == 0))):
        return "nobody"
    place = places[below(len(places))]
    await changes.cancel(place["id"], crowd.whoever(place, below))
    return None


async def move(crowd: Crowd, below: Below) -> str | None:
    """A place is changed for another of that day."""
    if not (places := await crowd.places("confirmed", "waiting", "offered")):
        return "nobody"
    place = places[below(len(places))]
    slots = crowd.of(place["event"])
    to = slots[below(len(slots))]["id"]
    found = await changes.move(place["id"], to, "wait" if below(2) else "refuse", crowd.whoever(place, below))
    return found.place.status


async def accept(crowd: Crowd, below: Below) -> str | None:
    """An offer is taken, or what was none."""
    statuses = ("waiting", "confirmed", "cancelled", "offered") if below(8) == 0 else ("offered",)
    if not (places := await crowd.places(*statuses)):
        return "nobody"
    place = places[below(len(places))]
    await waiting_list.accept(place["id"], crowd.whoever(place, below))
    return None


async def refuse(crowd: Crowd, below: Below) -> str | None:
    """An offer is left to the next."""
    if not (places := await crowd.places("offered")):
        return "nobody"
    place = places[below(len(places))]
    await waiting_list.refuse(place["id"], crowd.whoever(place, below))
    return None


async def prove(crowd: Crowd, below: Below) -> str | None:
    """Somebody taps in the mail that asked them to, or staff confirm on the telephone."""
    if not (places := await crowd.places("offered", where="AND r.offer = 'proof'")):
        return "nobody"
    place = places[below(len(places))]
    await proofs.confirm(place["attendee"], crowd.whoever(place, below))
    return None


async def choose(crowd: Crowd, below: Below) -> str | None:
    """One of two places at once is kept."""
    if not (places := await crowd.places("confirmed", where="AND r.must_choose")):
        return "nobody"
    place = places[below(len(places))]
    crowd.acted = place["attendee"]
    await changes.keep(place["id"], Actor(f"attendee:{crowd.acted}"))
    return None


async def resize(crowd: Crowd, below: Below) -> str | None:
    """A slot gets other places; whoever loses theirs waits, or goes to another slot as the organiser says."""
    slot, capacity = crowd.slots[below(len(crowd.slots))], 1 + below(3)
    places = [place for place in await crowd.places("confirmed") if place["session"] == slot["id"]]
    leaving = None
    if below(3) == 0 and len(places) > capacity:
        others = [one["id"] for one in crowd.of(slot["event"]) if one["workshop"] == slot["workshop"]]
        others = ["", *(one for one in others if one != slot["id"])]
        leaving = {place["id"]: others[below(len(others))] for place in places[: len(places) - capacity]}
    await set_capacity(slot["id"], capacity, crowd.staff[slot["event"]], leaving=leaving)
    return None


async def shift(crowd: Crowd, below: Below) -> str | None:
    """A slot is moved to other hours of its day."""
    slot, hours = crowd.slots[below(len(crowd.slots))], (-1.5, -1, -0.5, 0.5, 1, 1.5)[below(6)]
    now = (await fetch("SELECT starts_at, ends_at FROM session WHERE id = {}", slot["id"]))[0]
    by = timedelta(hours=hours)
    await move_slot(slot["id"], now["starts_at"] + by, now["ends_at"] + by, crowd.staff[slot["event"]])
    return None


async def call_off(crowd: Crowd, below: Below) -> str | None:
    """A slot does not take place."""
    slot = crowd.slots[below(len(crowd.slots))]
    await cancel_slot(slot["id"], crowd.staff[slot["event"]])
    return None


async def take_back(crowd: Crowd, below: Below) -> str | None:
    """One of the last changes is undone."""
    made = await fetch(
        "SELECT id, event, kind FROM plan_change WHERE undone_at IS NULL ORDER BY created_at DESC LIMIT 3"
    )
    if not made:
        return "nothing"
    change = made[below(len(made))]
    await undo(change["id"], crowd.staff[change["event"]])
    return str(change["kind"])


async def hold(crowd: Crowd, below: Below) -> str | None:
    """Places are kept for a group, to be named or by number."""
    slot, by_number = crowd.slots[below(len(crowd.slots))], below(4) == 0
    adult = {"adult_name": "Jeanne Martin", "adult_phone": "+33612000009"} if by_number else {}
    until = None if by_number else database.utcnow() + timedelta(hours=1 + below(60))
    keeping = Keeping((slot["id"],), 1 + below(2), school="Lycée", until=until, by_number=by_number, **adult)
    await holds.keep(slot["event"], keeping, crowd.staff[slot["event"]])
    return None


async def change_hold(crowd: Crowd, below: Below) -> str | None:
    """What is kept is released, or made more or fewer."""
    kept = await fetch(
        "SELECT h.id, w.event FROM hold h JOIN session s ON s.id = h.session JOIN workshop w ON w.id = s.workshop "
        "ORDER BY h.created_at DESC LIMIT 4"
    )
    if not kept:
        return "nothing"
    one = kept[below(len(kept))]
    if below(2):
        await holds.release(one["id"], crowd.staff[one["event"]])
        return "released"
    terms = Terms(1 + below(3), None, "Jeanne Martin", "+33612000009")
    await holds.change(one["id"], terms, crowd.staff[one["event"]])
    return "changed"


async def name(crowd: Crowd, below: Below) -> str | None:
    """Somebody is named for a kept place."""
    kept = await fetch(
        "SELECT h.id, h.session, w.event FROM hold h JOIN session s ON s.id = h.session "
        "JOIN workshop w ON w.id = s.workshop WHERE h.status = 'active' AND NOT h.by_number ORDER BY h.created_at"
    )
    if not kept:
        return "nothing"
    one = kept[below(len(kept))]
    asked = SignUp(one["event"], somebody(below), (one["session"],), "refuse", holds=(one["id"],))
    crowd.acted = (await register(asked, crowd.staff[one["event"]])).attendee
    return None


async def look_at_the_clock(crowd: Crowd, below: Below) -> str | None:
    """What the worker does when it looks."""
    now = database.utcnow()
    for due in (passing_on.expire_due, passing_on.pass_on_due, passing_on.promote_due):
        await due(now)
    if below(4) == 0:
        await holds.release_due(now)
        await passing_on.tell_waiting_due(now)
    return None


async def deliver(crowd: Crowd, below: Below) -> str | None:
    """What is due is sent; some addresses are dead."""
    return f"{await deliver_due(crowd.post)} left"


async def call(crowd: Crowd, below: Below) -> str | None:
    """Staff telephone somebody, who then knows."""
    people = await fetch(
        "SELECT id, event FROM attendee WHERE called_for IS NOT NULL AND called_at IS NULL ORDER BY created_at"
    )
    if not people:
        return "nobody"
    one = people[below(len(people))]
    await calls.tick(one["id"], database.utcnow(), crowd.staff[one["event"]])
    crowd.post.knows[one["id"]] = (await told.places()).get(one["id"], {})
    return None


STEPS: dict[str, tuple[int, Step]] = {
    "sign up": (13, sign_up),
    "add": (2, add),
    "cancel": (8, cancel),
    "move": (6, move),
    "accept": (5, accept),
    "refuse": (1, refuse),
    "prove": (3, prove),
    "choose": (2, choose),
    "resize": (4, resize),
    "shift": (3, shift),
    "call off": (1, call_off),
    "take back": (3, take_back),
    "hold": (3, hold),
    "change hold": (2, change_hold),
    "name": (2, name),
    "look": (3, look_at_the_clock),
    "deliver": (5, deliver),
    "call": (2, call),
}
"""How often each happens beside the others, and what it is."""
WEIGHTED = [kind for kind, (weight, _) in STEPS.items() for _ in range(weight)]
