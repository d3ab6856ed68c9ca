"""A day is shown to the public: now, or by itself at a time; withdrawn, closed, opened again."""

from datetime import datetime

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, transaction, utcnow
from workshops.errors import Fault, Invalid, WorkshopsError
from workshops.i18n import _
from workshops.planning import plan as plans

WORKER = Actor("worker")


class NoHall(WorkshopsError):
    """No host has promised a hall to the day."""

    status = 409
    type = "no-hall"
    title = _("This day has no hall yet: it is published once a hall is promised to it")


class NotInThisState(WorkshopsError):
    """The day is not in the state that this begins from, or people are signed up."""

    status = 409
    type = "not-in-this-state"
    title = _("This is no longer possible: the day has been changed, or people have signed up")


async def publish(event: str, version: int, actor: Actor) -> None:
    """Show a draft to the public, with the workshops that are ready; the others appear when they are.

    Raises NotFound, PlanClosed, StalePlan, NotInThisState, NoHall.
    """
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        if plan.event["status"] != "draft":
            raise NotInThisState
        if plan.event["venue"] is None:
            raise NoHall
        await show(event, actor, now)


async def show(event: str, actor: Actor, now: datetime) -> None:
    """Publish, in the caller's transaction."""
    await _set(event, "draft", "published", actor, "publish", now)


async def publish_at(event: str, version: int, at: datetime | None, actor: Actor) -> None:
    """Publish a draft at a time to come (aware), or no longer at any. It may still lack a hall: then it waits for it.

    Raises NotFound, PlanClosed, StalePlan, NotInThisState, Invalid for a time that is past or after the day.
    """
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        if plan.event["status"] != "draft":
            raise NotInThisState
        if at and not now < at < plan.event["ends_at"]:
            raise Invalid(faults=(Fault("publish_at", _("Choose a moment between now and the end of the day.")),))
        await fetch("UPDATE event SET publish_at = {} WHERE id = {}", at, event)
        before, after = {"publish_at": plan.event["publish_at"]}, {"publish_at": at}
        await audit.note(actor, "publish_at", "event", event, event=event, before=before, after=after, now=now)


async def publish_due(now: datetime) -> int:
    """Publish the drafts whose time has come and that have a hall; how many. For the worker."""
    if not await fetch(f"SELECT id FROM event e WHERE {_DUE} LIMIT 1", now, now):
        return 0
    async with transaction():
        shown = await fetch(
            "UPDATE event SET status = 'published', publish_at = NULL, published_at = {}, version = version + 1, "
            f"updated_at = {{}} WHERE {_DUE} RETURNING id",
            *(now, now, now, now),
        )
        for row in shown:
            before, after = {"status": "draft"}, {"status": "published"}
            about = row["id"]
            await audit.note(WORKER, "publish", "event", about, event=about, before=before, after=after, now=now)
    return len(shown)


async def unpublish(event: str, version: int, actor: Actor) -> None:
    """Make it a draft again, as long as nobody has ever signed up. Raises as `publish`, and NotInThisState."""
    now = utcnow()
    async with transaction():
        plan = await plans.opened(event, version, actor, now)
        if plan.people:
            raise NotInThisState
        await _set(event, "published", "draft", actor, "unpublish", now)


async def close(event: str, version: int, actor: Actor) -> None:
    """End sign-up online; the day stays on show. Raises NotFound, PlanClosed, StalePlan, NotInThisState."""
    now = utcnow()
    async with transaction():
        await plans.opened(event, version, actor, now)
        await _set(event, "published", "closed", actor, "close", now)


async def reopen(event: str, version: int, actor: Actor) -> None:
    """Let people sign up online again. Raises as `close`."""
    now = utcnow()
    async with transaction():
        await plans.opened(event, version, actor, now)
        await _set(event, "closed", "published", actor, "reopen", now)


async def _set(event: str, before: str, after: str, actor: Actor, action: str, now: datetime) -> None:
    shown = {"publish": "{}", "unpublish": "NULL"}.get(action, "published_at")
    changed = await fetch(
        f"UPDATE event SET status = {{}}, publish_at = NULL, published_at = {shown} "
        "WHERE id = {} AND status = {} RETURNING id",
        *(after, *((now,) if action == "publish" else ()), event, before),
    )
    if not changed:
        raise NotInThisState
    was, becomes = {"status": before}, {"status": after}
    await audit.note(actor, action, "event", event, event=event, before=was, after=becomes, now=now)


_DUE = "status = 'draft' AND publish_at <= {} AND venue IS NOT NULL AND ends_at > {}"
