"""Staff give somebody another ticket: the old QR says so from now on, and opens nothing."""

from workshops import audit, mail, newcomers, places, rights, texts
from workshops.actors import Actor
from workshops.database import transaction, utcnow
from workshops.persons import contact_keys


async def replace_ticket(attendee: str, actor: Actor) -> bool:
    """Make the ticket's next revision and send it; whether there is an address or a mobile to send it to.

    What was let in with the old one stays. Raises NotFound for whom the actor may not see.
    """
    now = utcnow()
    async with transaction():
        person = await rights.seen_attendee(actor, attendee)
        if person["email"]:
            await places.lock_people(contact_keys(person["email"], None), now)
        revision = await newcomers.reissue(person["event"], attendee, now)
        dedup = f"replaced:{attendee}:{revision}"
        await audit.note(actor, "replace_ticket", "attendee", attendee, event=person["event"], people=1, now=now)
        if not person["email"]:
            return bool(await texts.write(mail.Kind.YOUR_PLACES, [attendee], dedup=dedup, now=now))
        await mail.enqueue(
            mail.Kind.YOUR_PLACES,
            dedup=dedup,
            attendee=attendee,
            event=person["event"],
            address=person["email"],
            stranger=False,
            now=now,
        )
    return True
