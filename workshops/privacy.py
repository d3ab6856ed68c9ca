"""What is stored about a person, to take along, and erased when they ask (product.md rule 11, GDPR art. 15 to 20)."""

from datetime import datetime
from typing import Any

from workshops import audit, freed, promotion
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, utcnow
from workshops.errors import NotFound
from workshops.ids import new_id
from workshops.persons import contact_keys
from workshops.turns import Turn, in_turn

Row = dict[str, Any]
_OWN = (
    "SELECT a.first_name, a.last_name, a.email, a.phone, a.aged_16_or_over, a.adult_name, a.adult_phone, a.commune, "
    "a.accommodations, a.represented, a.locale, a.origin, a.called_for, a.called_at, a.coming_at, a.reminders_off_at, "
    "a.created_at, a.updated_at, a.event, g.name AS agency, e.title, e.date, e.zone, v.name AS venue FROM attendee a "
    "JOIN event e ON e.id = a.event LEFT JOIN venue v ON v.id = e.venue LEFT JOIN organisation g ON g.id = a.agency "
    "WHERE a.id = {} AND a.anonymised_at IS NULL"
)
_LISTS = {
    "places": "SELECT w.title AS workshop, o.name AS company, s.starts_at, s.ends_at, r.status, "
    "r.share_with_exhibitor, r.attendance, r.attendance_why, r.created_at, r.cancelled_at, r.cancelled_why "
    "FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop "
    "LEFT JOIN organisation o ON o.id = w.exhibitor WHERE r.attendee = {} ORDER BY s.starts_at, r.id",
    "tickets": "SELECT code, status, created_at, replaced_at FROM ticket WHERE attendee = {} ORDER BY created_at, id",
    "readings_at_the_door": "SELECT n.effective_at AS at, w.title AS workshop, n.kind, n.outcome FROM scan n "
    "LEFT JOIN session s ON s.id = n.session LEFT JOIN workshop w ON w.id = s.workshop "
    "WHERE n.attendee = {} ORDER BY n.effective_at, n.id",
    "messages": "SELECT kind, channel, state, created_at, sent_at FROM message WHERE attendee = {} "
    "ORDER BY created_at, id",
    "sent_by": "SELECT g.name AS agency, f.mode, f.first_name, f.last_name, f.email, f.phone, f.reference, "
    "f.created_at FROM referral f JOIN organisation g ON g.id = f.agency "
    "WHERE f.attendee = {} ORDER BY f.created_at, f.id",
    "waiting_addresses": "SELECT email, created_at, expires_at FROM mail_link WHERE subject = {} "
    "AND purpose = 'address' AND used_at IS NULL ORDER BY created_at, id",
    "what_others_did": "SELECT at, action FROM audit_entry WHERE object_id = {} ORDER BY at, id",
}


async def export(attendee: str, actor: Actor) -> Row:
    """Everything that is stored about oneself, by what it is; times are aware UTC. Raises NotFound for anybody else."""
    row = await fetch_one(_OWN, attendee)
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    day = {name: row.pop(name) for name in ("title", "date", "zone", "venue")}
    row.pop("event")
    news = await fetch(
        "SELECT email, created_at FROM news_address WHERE email = {} AND withdrawn_at IS NULL", row["email"] or ""
    )
    lists = {name: await fetch(question, attendee) for name, question in _LISTS.items()}
    return {"person": row, "day": day, **lists, "news_of_the_next_days": news}


async def erase(attendee: str, actor: Actor) -> None:
    """Give one's places to come back, to who waits, and forget who one was; attendance and what is counted stay.

    Ticket and manage link open nothing any more, and nothing is sent. Raises NotFound for anybody else, and again.
    """
    now = utcnow()

    async def attempt(turn: Turn) -> None:
        row = await _own(attendee, actor)
        await freed.lock_person(attendee, now, [*contact_keys(row["email"], row["phone"]), *turn.also])
        row = await _own(attendee, actor, lock=for_update())
        await promotion.fill(await freed.free_all(attendee, actor, now), turn, now)
        await _forget_person(attendee, now)
        await _forget_messages(attendee)
        await _forget_links(attendee, row["email"], now)
        await audit.note(actor, "erase", "attendee", attendee, event=row["event"], people=1, now=now)

    await in_turn(attempt)


async def _own(attendee: str, actor: Actor, lock: str = "") -> Row:
    row = await fetch_one(
        "SELECT event, email, phone FROM attendee WHERE id = {} AND kind = 'person' AND anonymised_at IS NULL" + lock,
        attendee,
    )
    if row is None or actor.id != f"attendee:{attendee}":
        raise NotFound
    return row


async def _forget_person(attendee: str, now: datetime) -> None:
    """Keys go altogether: whoever knows a name and an address can make them."""
    await fetch(
        "UPDATE attendee SET first_name = '', last_name = '', search_name = '', email = NULL, phone = NULL, "
        "adult_name = NULL, adult_phone = NULL, accommodations = NULL, represented = NULL, called_for = NULL, "
        "called_at = NULL, called_by = NULL, network = NULL, renamed_at = NULL, manage_hash = {}, anonymised_at = {}, "
        "updated_at = {} WHERE id = {}",
        *(new_id(), now, now, attendee),
    )
    await fetch("DELETE FROM attendee_key WHERE attendee = {}", attendee)
    await fetch(
        "UPDATE registration SET share_with_exhibitor = false, attendance_why = NULL, cancelled_why = NULL, "
        "updated_at = {} WHERE attendee = {}",
        *(now, attendee),
    )
    await fetch(
        "UPDATE referral SET first_name = NULL, last_name = NULL, email = NULL, phone = NULL, reference = NULL, "
        "token_hash = NULL WHERE attendee = {}",
        attendee,
    )
    await fetch(
        "UPDATE ticket SET status = 'replaced', replaced_at = {} WHERE attendee = {} AND status = 'active'",
        *(now, attendee),
    )


async def _forget_messages(attendee: str) -> None:
    """Nothing of or about them leaves, no bytes with their name; what was to leave with it for others leaves alone."""
    theirs = (
        "(attendee = {} OR mail_link IN (SELECT id FROM mail_link WHERE subject = {}) "
        "OR referral IN (SELECT id FROM referral WHERE attendee = {}))"
    )
    carriers = f"SELECT carried_by FROM message WHERE {theirs} AND state = 'carried'"
    carrying = f"SELECT id FROM message WHERE {theirs} AND state IN ('queued', 'sending')"
    for change in (
        f"frozen = NULL WHERE frozen IS NOT NULL AND id IN ({carriers})",
        f"state = 'queued', carried_by = NULL WHERE state = 'carried' AND carried_by IN ({carrying})",
        "state = CASE WHEN state = 'queued' THEN 'superseded' ELSE state END, frozen = NULL, address_key = NULL "
        f"WHERE {theirs}",
    ):
        await fetch(f"UPDATE message SET {change}", *[attendee] * 3)
    await fetch(
        f"UPDATE inbound SET address_key = NULL WHERE message IN (SELECT id FROM message WHERE {theirs})",
        *[attendee] * 3,
    )


async def _forget_links(attendee: str, email: str | None, now: datetime) -> None:
    """Addresses to confirm or to tell something, and news of the next days, which go to one's address."""
    await fetch("UPDATE mail_link SET used_at = {}, email = '' WHERE subject = {}", now, attendee)
    await fetch("DELETE FROM news_address WHERE email = {}", email or "")
