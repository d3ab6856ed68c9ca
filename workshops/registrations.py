"""Taking places: one person, one or several slots of one day, one decision, one transaction (rules 1 to 7)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workshops import advisers, audit, clashes, idempotency, invitations, kept, mail, newcomers, news, places, texts
from workshops.actors import Actor
from workshops.clashes import Known
from workshops.database import is_unique_violation, transaction, utcnow
from workshops.errors import NotFound, WorkshopsError
from workshops.ids import new_id
from workshops.limits import PROOF, VOUCHED, Source
from workshops.persons import Person, contact_keys, person_keys
from workshops.places import Place, Slot
from workshops.refusals import AlreadyRegistered, Refused, SessionFull
from workshops.tables.people import Role
from workshops.turns import LockFirst

ATTEMPTS = 3
Taken = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a person asks for. `if_full`: "refuse" lets one full slot change nothing, "wait" joins its waiting list.

    `holds`: places kept for a group that staff give to the person. `source`: where it comes from, if nobody vouches;
    `invitation`: the one they opened. Of an adviser: `told`, the person knows; `reference`, the agency's own.
    """

    event: str
    person: Person
    sessions: tuple[str, ...]
    if_full: str = "refuse"
    share_with_exhibitor: bool = False
    news: bool = False
    holds: tuple[str, ...] = ()
    source: Source = VOUCHED
    invitation: str | None = None
    told: bool = True
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The outcome: ids and statuses.

    `created`: this very request made the attendee, so that its maker may see the ticket; `visible`: the actor may
    see the attendee anyway.
    """

    attendee: str
    created: bool
    visible: bool
    places: Taken


async def register(sign_up: SignUp, actor: Actor, once: idempotency.Key | None = None) -> Registered:
    """Take the places asked for, all in one decision; each comes back confirmed or waiting.

    What is doubtful (see `limits`) comes back offered instead of confirmed, until one tap in the mail. Asked again
    with the same key, answer the same. Raises NotFound, Invalid and the refusals of `workshops.refusals`; then nothing
    has changed, except that the stored address may be sent its link.
    """
    also: frozenset[str] = frozenset()
    for attempt in range(ATTEMPTS):
        try:
            async with transaction():
                outcome = await _register_once(sign_up, actor, once, also)
        except LockFirst as more:
            also |= more.keys
        except Exception as error:
            # Two tickets drew the same code, or one person was made twice by different contacts: look again.
            if attempt + 1 == ATTEMPTS or not is_unique_violation(error):
                raise
        else:
            break
    else:
        raise AlreadyRegistered
    if isinstance(outcome, WorkshopsError):
        raise outcome
    return outcome


async def _register_once(
    sign_up: SignUp, actor: Actor, once: idempotency.Key | None, also: frozenset[str]
) -> Registered | WorkshopsError:
    """Return the outcome; an error that is returned, not raised, is committed with the message that goes with it."""
    now = utcnow()
    if once and (stored := await idempotency.claim(once, now)):
        return _replayed(stored)
    leads_event = not actor.is_anyone and await clashes.leads(actor, sign_up.event)
    if actor.role is Role.ORGANISER and not leads_event:
        raise NotFound
    person = sign_up.person
    keys = person_keys(person.first_name, person.last_name, person.email, person.phone, actor.organisation)
    locked = {*keys, *contact_keys(person.email, person.phone), *also}
    await places.lock_people(locked, now)
    contacts = (person.email, person.phone) if actor.is_anyone else (None, None)
    known = await clashes.known_people(keys, sign_up.event, contacts=contacts)
    sign_up = replace(sign_up, source=clashes.judged(sign_up.source, known, actor))
    outcome: Registered | WorkshopsError
    if known.is_nobody:
        outcome = await _welcome(sign_up, keys, actor, leads_event, now)
    else:
        outcome = await _add(sign_up, known, keys, locked, actor, leads_event, now)
    if isinstance(outcome, Registered):
        invited = await invitations.use(sign_up.invitation, sign_up.event, outcome.attendee, outcome.created, now)
        if invited or actor.role is Role.ADVISER or not outcome.created:
            await advisers.tell([outcome.attendee], now, actor if person.email else None)
        if not actor.is_anyone:
            await _note(sign_up.event, outcome, actor, now)
    if once:
        await idempotency.keep(once, *_kept(outcome))
    return outcome


async def _welcome(sign_up: SignUp, keys: list[str], actor: Actor, leads_event: bool, now: datetime) -> Registered:
    """Nothing stored stands against a newcomer: what is theirs is written first, so that a slot is locked shortly."""
    person, first = sign_up.person, new_id()
    attendee = await _newcomer(sign_up, keys, actor, now)
    if not sign_up.source.doubtful:
        await _tell(sign_up, first, attendee, person.email, actor, now)
    slots = await _lock(sign_up, actor, leads_event, now)
    places.check_request(slots, person.aged_16_or_over, now, actor)
    taken = await _take(sign_up, slots, first, attendee, actor, now)
    if sign_up.source.doubtful:
        await _tell(sign_up, first, attendee, person.email, actor, now, taken)
    return Registered(attendee, True, leads_event or actor.role is Role.ADVISER, taken)


async def _add(
    sign_up: SignUp,
    known: Known,
    keys: list[str],
    locked: set[str],
    actor: Actor,
    leads_event: bool,
    now: datetime,
) -> Registered | WorkshopsError:
    """More places for somebody who is stored, if what is stored allows it."""
    slots = await _lock(sign_up, actor, leads_event, now)
    places.check_request(slots, sign_up.person.aged_16_or_over, now, actor)
    refusal = clashes.check_stored(known, keys, slots, actor, leads_event)
    addressee = known.clashing or known.attendee
    if unlocked := set(contact_keys(addressee["email"], None) if addressee else ()) - locked:
        raise LockFirst(unlocked)  # the stored address is written to, and its lock comes before those of sessions
    if refusal is not None:
        await _send_link(known.clashing, actor, now)
        return refusal
    stored, first = known.attendee, new_id()
    attendee = stored["id"] if stored else await _newcomer(sign_up, keys, actor, now)
    taken = await _take(sign_up, slots, first, attendee, actor, now)
    await _tell(sign_up, first, attendee, stored["email"] if stored else sign_up.person.email, actor, now, taken)
    is_own = actor.role is Role.ADVISER and (stored is None or stored["agency"] == actor.organisation)
    return Registered(attendee, stored is None, leads_event or is_own, taken)


async def _newcomer(asked: SignUp, keys: list[str], actor: Actor, now: datetime) -> str:
    said = asked.source, asked.told, asked.reference
    return await newcomers.write(asked.event, asked.person, keys, actor, now, *said)


async def _lock(sign_up: SignUp, actor: Actor, leads_event: bool, now: datetime) -> list[Slot]:
    slots = await places.lock_slots(sign_up.event, sign_up.sessions)
    return await kept.opened(slots, sign_up.holds, actor, leads_event, now)


async def _take(sign_up: SignUp, slots: list[Slot], first: str, attendee: str, actor: Actor, now: datetime) -> Taken:
    full = [slot.id for slot in slots if not slot.is_free]
    if full and sign_up.if_full == "refuse":
        raise SessionFull(full)
    free = "offered" if sign_up.source.doubtful else "confirmed"
    await places.count(slots, now, free)
    await kept.name(slots, now)
    ids = [first, *(new_id() for _ in slots[1:])]
    taken = [Place(id, slot.id, free if slot.is_free else "waiting") for id, slot in zip(ids, slots, strict=True)]
    await places.insert(attendee, taken, slots, sign_up.share_with_exhibitor, actor, now, now + PROOF)
    return tuple(taken)


async def _tell(
    sign_up: SignUp, first: str, attendee: str, email: str | None, actor: Actor, now: datetime, taken: Taken = ()
) -> None:
    """One message for the decision, named after the first of its places."""
    asked = any(place.status == "offered" for place in taken)
    if not email:
        if not asked:  # staff confirm on the telephone
            await texts.write(mail.Kind.YOUR_PLACES, [attendee], dedup=f"places:{first}", now=now)
        return
    await mail.enqueue(
        mail.Kind.PROVE if asked else mail.Kind.YOUR_PLACES,
        dedup=f"places:{first}",
        attendee=attendee,
        event=sign_up.event,
        address=email,
        stranger=actor.is_anyone,
        now=now,
    )
    if sign_up.news:
        await news.remember(email, sign_up.person.locale, now)


async def _send_link(clashing: dict[str, Any] | None, actor: Actor, now: datetime) -> None:
    """Only its owner learns what clashes: the stored address is sent its link, at most once an hour (contract.md)."""
    if clashing and clashing["email"] and actor.is_anyone:
        await mail.enqueue(
            mail.Kind.YOUR_LINK,
            dedup=f"link:{new_id()}",
            attendee=clashing["id"],
            event=clashing["event"],
            address=clashing["email"],
            stranger=True,
            now=now,
        )


async def _note(event: str, outcome: Registered, actor: Actor, now: datetime) -> None:
    """Staff and programs leave an entry; what people do for themselves is told by their places."""
    taken = {"places": [[place.session, place.status] for place in outcome.places]}
    await audit.note(actor, "register", "attendee", outcome.attendee, event=event, after=taken, people=1, now=now)


def _kept(outcome: Registered | WorkshopsError) -> tuple[int, dict[str, Any]]:
    """What an idempotency record keeps: ids and statuses, or which problem it was."""
    if isinstance(outcome, WorkshopsError):
        return outcome.status, {"type": outcome.type, "sessions": getattr(outcome, "sessions", [])}
    return 201, {
        "attendee": outcome.attendee,
        "created": outcome.created,
        "visible": outcome.visible,
        "places": [[place.id, place.session, place.status] for place in outcome.places],
    }


def _replayed(stored: idempotency.Stored) -> Registered | WorkshopsError:
    answer = stored.answer
    if stored.status != 201:
        kinds = {kind.type: kind for kind in Refused.__subclasses__()}
        return kinds[answer["type"]](answer["sessions"])
    return Registered(
        answer["attendee"], answer["created"], answer["visible"], tuple(Place(*place) for place in answer["places"])
    )
