"""What a message tells, read from the newest state at the moment it is written."""

from collections.abc import Awaitable, Callable
from typing import Any

from workshops.letters import (
    after,
    attendees,
    bulletins,
    cancelled,
    changes,
    declined,
    exhibitors,
    halls,
    next_days,
    own,
    referrals,
    reminders,
    slots,
    staff,
    stand_changes,
    texts,
    waiting,
)
from workshops.letters.attendees import MOST_PEOPLE, Day, Letter, Person
from workshops.letters.notices import Notice
from workshops.letters.places import Slot
from workshops.letters.texts import Text
from workshops.mail import Kind

__all__ = ["MOST_PEOPLE", "Day", "Letter", "Notice", "Person", "Slot", "Text", "load"]

Row = dict[str, Any]
LOADERS: dict[Kind, Callable[[Row], Awaitable[Letter | Notice | None]]] = {
    Kind.YOUR_PLACES: attendees.load,
    Kind.SLOT: slots.load,
    Kind.YOUR_LINK: attendees.load,
    Kind.PROVE: attendees.load,
    Kind.YOUR_TICKETS: own.load_tickets,
    Kind.NEW_ADDRESS: own.load_new_address,
    Kind.CONTACT_CHANGED: own.load_changed,
    Kind.YOUR_CHANGES: changes.load,
    Kind.YOU_CANCELLED: cancelled.load,
    Kind.DECLINED: declined.load,
    Kind.PLACE_GIVEN: waiting.load,
    Kind.PLACE_OFFERED: waiting.load,
    Kind.OFFER_ENDED: waiting.load,
    Kind.COME: waiting.load,
    Kind.REMINDER: reminders.load,
    Kind.MORNING: reminders.load,
    Kind.BULLETIN: bulletins.load_bulletin,
    Kind.STAFF_INVITATION: staff.load_invitation,
    Kind.STAFF_PASSWORD: staff.load_password,
    Kind.HALL_REQUEST: halls.load_request,
    Kind.HALL_REMINDER: halls.load_request,
    Kind.HALL_OUTCOME: halls.load_outcome,
    Kind.STAND_INVITATION: exhibitors.load_invitation,
    Kind.STAND_PROGRAMME: exhibitors.load_programme,
    Kind.STAND_REVIEW: exhibitors.load_review,
    Kind.STAND_CONTACTS: exhibitors.load_contacts,
    Kind.STAND_CHANGES: stand_changes.load,
    Kind.INVITATION: referrals.load_invitation,
    Kind.ADVISER_NEWS: referrals.load_news,
    Kind.ADVISER_DIGEST: referrals.load_digest,
    Kind.THANK_YOU: after.load_thanks,
    Kind.MISSED_YOU: after.load_missed,
    Kind.ADVISER_ABSENCES: after.load_absences,
    Kind.NEXT_DAYS: next_days.load,
}


async def load(message: Row) -> Letter | Notice | Text | None:
    """The letter of a row of `message`; None if there is nothing left to tell, or no address any more."""
    if message["channel"] == "sms":
        return await texts.load(message)
    return await LOADERS[Kind(message["kind"])](message)
