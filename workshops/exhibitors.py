"""What an exhibitor says of its workshops, itself or by its organiser: we come or not, our page, it is ready.

The page of a workshop that is public changes only when the organiser accepts it; until then it is what residents read.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, transaction, utcnow
from workshops.descriptions import COLUMNS, Description, Proposal, of_row, proposal
from workshops.errors import Fault, Invalid, NotFound, WorkshopsError
from workshops.i18n import _
from workshops.ids import is_id
from workshops.mail import Kind, enqueue_to
from workshops.mail_links import LinkPurpose, make
from workshops.rights import led_workshop, touch
from workshops.sql import marks
from workshops.stand_links import Exhibitor, StandClosed, lasts, mailbox, subject

Row = dict[str, Any]
PLANNED = {"title", "rome_code", "min_age"}
"""What the plan of the day shows of a page: whoever is planning must not write over it unseen."""
MISSING = {
    "exhibitor": _("Choose who holds this stand."),
    "title": _("Write what the workshop is called."),
    "rome_code": _("Choose the job in the list of jobs."),
    "description": _("Write what people will do at your stand."),
}


class StalePage(WorkshopsError):
    """Somebody else changed the page meanwhile."""

    status = 409
    type = "stale-page"
    title = _("Somebody changed this page in the meantime. Look at it again, then save")


async def confirm(actor: Exhibitor) -> None:
    """Say that the exhibitor comes, with every workshop it has that day; again changes nothing. Raises StandClosed."""
    now = utcnow()
    async with transaction():
        await _open_event(actor.event, now)
        told = await fetch(
            "UPDATE workshop SET answer = 'confirmed', answered_at = {}, answer_why = NULL WHERE event = {} "
            "AND exhibitor = {} AND kind = 'stand' AND status <> 'cancelled' "
            "AND (answer IS NULL OR answer <> 'confirmed') RETURNING id",
            *(now, actor.event, actor.organisation),
        )
        for row in told:
            await _note(actor, "confirm_stand", row["id"], actor.event, now, after={"answer": "confirmed"})


async def decline(workshops: Sequence[str], why: str, actor: Exhibitor) -> None:
    """Say that the exhibitor does not come with these workshops, and why (at most 300 characters).

    Before the day is published they are drafts again; afterwards they stay as they are and the organiser is warned.
    Raises NotFound unless all are its own, StandClosed.
    """
    now, wanted = utcnow(), sorted({one if is_id(one) else "" for one in workshops}) or [""]
    async with transaction():
        event = await _open_event(actor.event, now)
        back = "status = 'draft', version = version + 1, " if event["status"] == "draft" else ""
        told = await fetch(
            f"UPDATE workshop SET {back}answer = 'declined', answered_at = {{}}, answer_why = {{}} WHERE event = {{}} "
            f"AND exhibitor = {{}} AND kind = 'stand' AND status <> 'cancelled' AND id IN ({marks(len(wanted))}) "
            "RETURNING id, status",
            *(now, why, actor.event, actor.organisation, *wanted),
        )
        if len(told) != len(wanted):
            raise NotFound
        for row in told:
            after = {"answer": "declined", "answer_why": why, "status": row["status"]}
            await _note(actor, "decline_stand", row["id"], actor.event, now, after=after)
        if back:
            await touch(actor.event, now)


async def describe(workshop: str, version: int, wanted: Description, actor: Actor) -> bool:
    """Give the page of a workshop these words. True if they hold at once, False if some wait for the organiser.

    What an exhibitor changes waits once residents read it. `version` is that of the page that was edited.
    Raises NotFound, StandClosed, StalePage, and Invalid if a page that is ready would lack what it needs.
    """
    now = utcnow()
    async with transaction():
        row = await _held(workshop, actor, now)
        if row["version"] != version:
            raise StalePage
        if row["status"] == "ready":
            _require(wanted.lacks("title", "rome_code"))
        changes = of_row(row).changed(wanted)
        if not isinstance(actor, Exhibitor):
            await _apply(row, changes, row["proposal"], row["proposed_at"], actor, now)
            return True
        waits = await _waiting(row, changes)
        at_once = {name: value for name, value in changes.items() if name not in waits}
        stored = Proposal(actor.organisation, waits).write() if waits else None
        await _apply(row, at_once, stored, now if waits else None, actor, now)
        if waits:
            await _note(actor, "propose_page", row["id"], row["event"], now, after=waits, before=row)
        return not waits


async def say_ready(workshop: str, actor: Actor) -> None:
    """Say that a workshop's page is complete: it is shown as soon as the day is. Again changes nothing.

    Needs an exhibitor and a job; of the exhibitor itself also what people will do. Raises Invalid, which names what is
    missing, NotFound, StandClosed.
    """
    now, own = utcnow(), isinstance(actor, Exhibitor)
    async with transaction():
        row = await _held(workshop, actor, now)
        if row["status"] == "ready":
            return
        needed = ("title", "rome_code", "description") if own else ("title", "rome_code")
        _require([] if row["exhibitor"] else ["exhibitor"], of_row(row).lacks(*needed))
        answer, at = ("confirmed", now) if own else (row["answer"], row["answered_at"])
        await fetch(
            "UPDATE workshop SET status = 'ready', answer = {}, answered_at = {}, version = version + 1, "
            "updated_at = {} WHERE id = {}",
            *(answer, at, now, workshop),
        )
        await _note(actor, "ready_stand", workshop, row["event"], now, before=row, after={"status": "ready"})
        await touch(row["event"], now)


async def review(workshop: str, version: int, accepted: bool, why: str, actor: Actor) -> None:
    """Take over the edits that wait, or refuse them with a word; the exhibitor is told.

    `version` is that of the edits that the organiser has read. Raises NotFound, StandClosed, StalePage if others wait.
    """
    now = utcnow()
    async with transaction():
        if isinstance(actor, Exhibitor):
            raise NotFound
        row = await _held(workshop, actor, now)
        proposed = proposal(row)
        if proposed is None or row["proposed_at"] is None or row["version"] != version:
            raise StalePage
        refused = None if accepted else replace(proposed, refused=why).write()
        await _apply(row, proposed.changes if accepted else {}, refused, None, actor, now)
        if not accepted:
            await _note(actor, "refuse_page", workshop, row["event"], now, after={"why": why})
        address = await mailbox(row["event"], row["exhibitor"])
        if address:
            about = subject(row["event"], row["exhibitor"])
            link = await make(LinkPurpose.STAND, about, address, lasts(row, now), now)
            told = {"link": link, "workshop": workshop, "event": row["event"], "expires_at": row["event_ends_at"]}
            dedup = f"stand_review:{workshop}:{version}"
            await enqueue_to(Kind.STAND_REVIEW, dedup=dedup, address=address, now=now, **told)


async def _held(workshop: str, actor: Actor, now: datetime) -> Row:
    """The row of a stand that the actor may change, with the event's facts and its exhibitor's website.

    The day is locked before it, as whoever plans it does.
    """
    workshop = workshop if is_id(workshop) else ""
    await fetch(f"SELECT id FROM event WHERE id = (SELECT event FROM workshop WHERE id = {{}}){for_update()}", workshop)
    if not isinstance(actor, Exhibitor):
        row: Row | None = await led_workshop(actor, workshop, lock=True)
    else:
        row = await fetch_one(
            "SELECT w.*, e.status AS event_status, e.date, e.zone, e.ends_at AS event_ends_at "
            "FROM workshop w JOIN event e ON e.id = w.event WHERE w.id = {} AND w.event = {} AND w.exhibitor = {}"
            + (f"{for_update()} OF w" if for_update() else ""),
            *(workshop, actor.event, actor.organisation),
        )
    if row is None or row["kind"] != "stand":
        raise NotFound
    if "cancelled" in (row["status"], row["event_status"]) or row["event_ends_at"] <= now:
        raise StandClosed
    known = await fetch_one("SELECT website FROM organisation WHERE id = {}", row["exhibitor"])
    return {**row, "website": known and known["website"]}


async def _open_event(event: str, now: datetime) -> Row:
    row = await fetch_one(f"SELECT status, ends_at FROM event WHERE id = {{}}{for_update()}", event)
    if row is None or row["status"] == "cancelled" or row["ends_at"] <= now:
        raise StandClosed
    return row


async def _waiting(row: Row, changes: dict[str, Any]) -> dict[str, Any]:
    """What of these changes residents would read at once; the website stands on every page of the exhibitor."""
    if _is_public(row):
        return changes
    if "website" not in changes:
        return {}
    elsewhere = await fetch_one(
        "SELECT w.id FROM workshop w JOIN event e ON e.id = w.event WHERE w.exhibitor = {} AND w.status = 'ready' "
        "AND e.status IN ('published', 'closed') AND e.ends_at > {} LIMIT 1",
        *(row["exhibitor"], utcnow()),
    )
    return {"website": changes["website"]} if elsewhere else {}


def _is_public(row: Row) -> bool:
    return bool(row["status"] == "ready" and row["event_status"] != "draft")


async def _apply(
    row: Row, changes: dict[str, Any], proposed: str | None, proposed_at: datetime | None, actor: Actor, now: datetime
) -> None:
    values = {name: value for name, value in changes.items() if name in COLUMNS}
    values |= {"proposal": proposed, "proposed_at": proposed_at, "updated_at": now if changes else row["updated_at"]}
    await fetch(
        f"UPDATE workshop SET version = version + 1, {', '.join(f'{name} = {{}}' for name in values)} WHERE id = {{}}",
        *(*values.values(), row["id"]),
    )
    if "website" in changes:
        await fetch("UPDATE organisation SET website = {} WHERE id = {}", changes["website"], row["exhibitor"])
    if changes:
        await _note(actor, "edit_page", row["id"], row["event"], now, before=row, after=changes)
    if changes and (_is_public(row) or PLANNED & set(changes)):
        await touch(row["event"], now)


async def _note(
    actor: Actor, action: str, workshop: str, event: str, now: datetime, *, after: Row, before: Row | None = None
) -> None:
    was = {name: (before or {}).get(name) for name in after}
    await audit.note(actor, action, "workshop", workshop, event=event, before=was, after=after, now=now)


def _require(*missing: Sequence[str]) -> None:
    names = [name for some in missing for name in some]
    if names:
        raise Invalid(faults=tuple(Fault(name, MISSING[name]) for name in names))
