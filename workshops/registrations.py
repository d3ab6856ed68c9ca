"""Taking places: one person, one or several slots of one day, one decision, one transaction (rules 1 to 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import clashes, idempotency, mail, places, sql
from workshops.actors import Actor
from workshops.database import fetch, is_unique_violation, transaction, utcnow
from workshops.errors import NotFound, WorkshopsError
from workshops.ids import new_id
from workshops.persons import Person, contact_keys, person_keys, search_name
from workshops.places import Place, Slot
from workshops.refusals import AlreadyRegistered, SessionFull
from workshops.tables.people import Origin, Role
from workshops.tickets import Purpose, make_secret, new_code

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a person asks for. `if_full`: "refuse" lets one full slot change nothing, "wait" joins its waiting list."""

    event: str
    person: Person
    sessions: tuple[str, ...]
    if_full: str = "refuse"
    share_with_exhibitor: bool = False
    news: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """The outcome: ids and statuses.

    `created`: this very request made the attendee, so that its maker may see the ticket; `visible`: the actor may
    see the attendee anyway.
    """

    attendee: str
    created: bool
    visible: bool
    places: tuple[Place, ...]


async def register(sign_up: SignUp, actor: Actor, once: idempotency.Key | None = None) -> Registered:
    """Take the places asked for, all in one decision; each comes back confirmed or waiting.

    Asked again with the same key, answer the same. Raises NotFound, Invalid and the refusals of
    `workshops.refusals`; then nothing has changed, except that the stored address may be sent its link.
    """
    also: frozenset[str] = frozenset()
    for attempt in range(ATTEMPTS):
        try:
            async with transaction():
                outcome = await _register_once(sign_up, actor, once, also)
        except _LockFirst as more:
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


class _LockFirst(Exception):
    """A stored address is to be written to: begin again with its lock, which comes before those of sessions."""

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__()
        self.keys = frozenset(keys)


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
    slots = await places.lock_slots(sign_up.event, sign_up.sessions)
    places.check_request(slots, person, now, actor)
    known = await clashes.known_people(keys, sign_up.event)
    refusal = clashes.check_stored(known, keys, slots, actor, leads_event)
    addressee = known.clashing or known.attendee
    if unlocked := set(contact_keys(addressee["email"], None) if addressee else ()) - locked:
        raise _LockFirst(unlocked)
    outcome: Registered | WorkshopsError
    if refusal is None:
        outcome = await _take(sign_up, slots, known.attendee, keys, actor, leads_event, now)
    else:
        outcome = refusal
        await _send_link(known.clashing, actor, now)
    if once:
        await idempotency.keep(once, *_kept(outcome))
    return outcome


async def _take(
    sign_up: SignUp,
    slots: list[Slot],
    attendee: dict[str, Any] | None,
    keys: list[str],
    actor: Actor,
    leads_event: bool,
    now: datetime,
) -> Registered:
    full = [slot.id for slot in slots if not slot.is_free]
    if full and sign_up.if_full == "refuse":
        raise SessionFull(full)
    await places.count(slots, now)
    person = sign_up.person
    attendee_id = attendee["id"] if attendee else await _new_attendee(sign_up, keys, actor, now)
    taken = [Place(new_id(), slot.id, "confirmed" if slot.is_free else "waiting") for slot in slots]
    await places.insert(attendee_id, taken, slots, sign_up.share_with_exhibitor, actor, now)
    email = attendee["email"] if attendee else person.email
    if email:
        await mail.enqueue(
            mail.Kind.YOUR_PLACES,
            dedup=f"places:{taken[0].id}",
            attendee=attendee_id,
            event=sign_up.event,
            address=email,
            stranger=actor.is_anyone,
            now=now,
        )
        if sign_up.news:
            await _remember_news(email, person.locale, now)
    visible = leads_event or (
        actor.role is Role.ADVISER and (attendee is None or attendee["agency"] == actor.organisation)
    )
    return Registered(attendee_id, attendee is None, visible, tuple(taken))


async def _new_attendee(sign_up: SignUp, keys: list[str], actor: Actor, now: datetime) -> str:
    person, event, attendee = sign_up.person, sign_up.event, new_id()
    manage, ticket = make_secret(Purpose.MANAGE, attendee), make_secret(Purpose.TICKET, attendee)
    row = {
        "id": attendee,
        "event": event,
        "kind": "person",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "search_name": search_name(person.first_name, person.last_name),
        "email": person.email,
        "phone": person.phone,
        "aged_16_or_over": person.aged_16_or_over,
        "adult_name": person.adult_name,
        "adult_phone": person.adult_phone,
        "commune": person.commune,
        "accommodations": " ".join(person.accommodations) or None,
        "represented": person.represented,
        "locale": person.locale,
        "agency": actor.organisation if actor.role is Role.ADVISER else person.agency,
        "origin": _origin(actor).value,
        "registered_by": None if actor.is_anyone else actor.id,
        "manage_hash": manage.hash,
        "manage_key": manage.key,
        "called_for": None if person.email else "no_email",
        "created_at": now,
        "updated_at": now,
    }
    await fetch(f"INSERT INTO attendee ({', '.join(row)}) VALUES ({sql.marks(len(row))})", *row.values())
    if keys:
        rows = [(new_id(), event, attendee, key, True) for key in keys]
        await fetch(
            f"INSERT INTO attendee_key (id, event, attendee, key, active) VALUES {sql.rows(len(rows), 5)}",
            *(value for one in rows for value in one),
        )
    await fetch(
        "INSERT INTO ticket (id, event, attendee, status, secret_hash, secret_key, code, created_at) "
        "VALUES ({}, {}, {}, 'active', {}, {}, {}, {})",
        *(new_id(), event, attendee, ticket.hash, ticket.key, new_code(), now),
    )
    if actor.role is Role.ADVISER:
        await fetch(
            "INSERT INTO referral (id, agency, event, attendee, mode, told, created_at) "
            "VALUES ({}, {}, {}, {}, 'on_behalf', {}, {})",
            *(new_id(), actor.organisation, event, attendee, True, now),
        )
    return attendee


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


async def _remember_news(email: str, locale: str, now: datetime) -> None:
    await fetch(
        "INSERT INTO news_address (id, email, locale, token_hash, created_at) VALUES ({}, {}, {}, {}, {}) "
        "ON CONFLICT (email) WHERE withdrawn_at IS NULL DO NOTHING",
        *(identity := new_id(), email, locale, make_secret(Purpose.MANAGE, identity).hash, now),
    )


def _origin(actor: Actor) -> Origin:
    if actor.is_anyone:
        return Origin.ONLINE
    return Origin.ON_BEHALF if actor.role is Role.ADVISER else Origin.DESK


def _kept(outcome: Registered | WorkshopsError) -> tuple[int, dict[str, Any]]:
    """What an idempotency record keeps: ids and statuses, or which problem it was."""
    if isinstance(outcome, WorkshopsError):
        return outcome.status, {}
    return 201, {
        "attendee": outcome.attendee,
        "created": outcome.created,
        "visible": outcome.visible,
        "places": [[place.id, place.session, place.status] for place in outcome.places],
    }


def _replayed(stored: idempotency.Stored) -> Registered | WorkshopsError:
    if stored.status != 201:
        return AlreadyRegistered()
    answer = stored.answer
    return Registered(
        answer["attendee"], answer["created"], answer["visible"], tuple(Place(*place) for place in answer["places"])
    )
