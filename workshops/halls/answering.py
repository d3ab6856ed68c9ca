"""A host answers for its hall, signed in or by the link of the mail: yes, no, no but this instead; or takes it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshops import audit
from workshops.actors import Actor, Staff
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotAllowed, NotFound
from workshops.halls.asking import LONGEST
from workshops.handover import RequestAnswered, Yes, give, tell_agencies
from workshops.i18n import _
from workshops.ids import is_id
from workshops.mail_links import LinkPurpose, find
from workshops.occupancy import Stay, lock, taken
from workshops.rights import touch
from workshops.tables.people import Role

ANSWERERS = (Role.HOST, Role.ORGANISER, Role.ADMIN)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a host offers instead: a hall of its own, at these hours."""

    venue: str
    stay: Stay


async def by_link(secret: str) -> tuple[str, Actor]:
    """The request that a mailed link is about, and who answers by it: its host, for that request alone.

    The link may be opened again after the answer, to read it or to take a yes back; the request's own state says what
    is still open. Raises NotFound, MailLinkExpired once the day is over.
    """
    link = await find(secret, LinkPurpose.HALL)
    row = await fetch_one(
        "SELECT v.organisation FROM venue_request r JOIN venue v ON v.id = r.venue WHERE r.id = {}", link["subject"]
    )
    if row is None:
        raise NotFound
    return link["subject"], Actor(f"link:{link['id']}", Role.HOST, row["organisation"])


async def accept(request: str, actor: Actor) -> None:
    """Promise the hall. Of several who do so at once for overlapping hours, the first gets it.

    Raises NotAllowed, NotFound, HallTaken, RequestAnswered.
    """
    async with transaction():
        now, asked = utcnow(), await _asked_of(request, actor)
        await lock(asked["venue"])
        if asked["event_status"] == "cancelled" or asked["until_at"] <= now:
            raise RequestAnswered
        yes = Yes(_how(actor), _who(actor), now)
        await give(asked, Stay(asked["from_at"], asked["until_at"]), yes, actor, now)
        await tell_agencies([request], now, but=actor)


async def decline(request: str, reason: str | None, actor: Actor, proposal: Proposal | None = None) -> None:
    """Say no, with a reason (≤ 300 characters) or with what is possible instead, which the agency may take.

    Raises NotAllowed, NotFound, RequestAnswered, Invalid for a proposal that cannot be kept.
    """
    async with transaction():
        now, asked = utcnow(), await _asked_of(request, actor)
        await lock(proposal.venue if proposal else asked["venue"])
        if proposal:
            await _check(proposal, asked, now)
        declined = await fetch(
            "UPDATE venue_request SET status = 'declined', reason = {}, answered_at = {}, answered_by = {}, "
            "answered_how = {}, proposed_venue = {}, proposed_from_at = {}, proposed_until_at = {} "
            "WHERE id = {} AND status = 'asked' RETURNING id",
            *(reason, now, _who(actor), _how(actor)),
            *((proposal.venue, proposal.stay.from_at, proposal.stay.until_at) if proposal else (None, None, None)),
            request,
        )
        if not declined:
            raise RequestAnswered
        after = {"status": "declined", "proposed_venue": proposal.venue if proposal else None}
        about = {"event": asked["event"], "before": {"status": "asked"}, "after": after, "now": now}
        await audit.note(actor, "decline_hall", "venue_request", request, **about)
        await tell_agencies([request], now, but=actor)


async def revoke(request: str, reason: str, actor: Actor) -> None:
    """Take a promised hall back, with a reason (≤ 300 characters); the agency is told at once.

    A draft is without a hall again. A published day stays published: its people are told nothing until its organiser
    knows where it takes place instead, or cancels it; until then its own pages say loudly that the hall is gone.
    Raises NotAllowed, NotFound, RequestAnswered.
    """
    async with transaction():
        now, asked = utcnow(), await _asked_of(request, actor)
        await lock(asked["venue"])
        revoked = await fetch(
            "UPDATE venue_request SET status = 'revoked', reason = {}, answered_at = {}, answered_by = {}, "
            "answered_how = {} WHERE id = {} AND status = 'accepted' AND until_at > {} RETURNING id",
            *(reason, now, _who(actor), _how(actor), request, now),
        )
        if not revoked:
            raise RequestAnswered
        await fetch(
            "UPDATE event SET venue = NULL WHERE id = {} AND venue = {} AND status = 'draft'",
            *(asked["event"], asked["venue"]),
        )
        await touch(asked["event"], now)
        before, after = {"status": "accepted"}, {"status": "revoked", "reason": reason}
        about = {"event": asked["event"], "before": before, "after": after, "now": now}
        await audit.note(actor, "revoke_hall", "venue_request", request, **about)
        await tell_agencies([request], now, but=actor)


async def _asked_of(request: str, actor: Actor) -> Row:
    """A request that the actor may answer: for a hall of its organisation. Raises NotAllowed, NotFound."""
    if actor.role not in ANSWERERS:
        raise NotAllowed
    row = is_id(request) and await fetch_one(
        "SELECT r.id, r.event, r.venue, r.from_at, r.until_at, v.organisation, e.status AS event_status "
        "FROM venue_request r JOIN venue v ON v.id = r.venue JOIN event e ON e.id = r.event "
        "WHERE r.id = {} AND ({} = 'admin' OR v.organisation = {})",
        *(request, actor.role, actor.organisation),
    )
    if not row:
        raise NotFound
    return row


async def _check(proposal: Proposal, asked: Row, now: datetime) -> None:
    hall = await fetch_one(
        "SELECT id FROM venue WHERE id = {} AND organisation = {} AND archived_at IS NULL",
        *(proposal.venue, asked["organisation"]),
    )
    stay, faults = proposal.stay, []
    if hall is None:
        faults.append(Fault("proposed_venue", _("Choose one of your halls.")))
    if stay.until_at <= stay.from_at:
        faults.append(Fault("proposed_until_time", _("The hall is needed until a later moment than it begins.")))
    elif stay.until_at - stay.from_at > LONGEST:
        faults.append(Fault("proposed_until_date", _("Ask for a hall for at most 7 days.")))
    elif stay.from_at <= now:
        faults.append(Fault("proposed_from_date", _("This is already past.")))
    elif (proposal.venue, stay) == (asked["venue"], Stay(asked["from_at"], asked["until_at"])):
        faults.append(Fault("proposed_venue", _("This is what was asked for: say yes to it, or change something.")))
    elif await taken(proposal.venue, stay, asked["event"]):
        faults.append(Fault("proposed_venue", _("This hall is promised to another day at these hours.")))
    if faults:
        raise Invalid(faults=tuple(faults))


def _how(actor: Actor) -> str:
    return "office" if isinstance(actor, Staff) else "mail"


def _who(actor: Actor) -> str | None:
    return actor.name if isinstance(actor, Staff) else None
