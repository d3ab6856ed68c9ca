"""What the pages of staff call messages, their states and why one did not arrive."""

from collections.abc import Mapping
from typing import Any

from workshops.failures import Failure, failure_of
from workshops.i18n import _

KINDS = {
    "your_places": _("Places booked, with the ticket"),
    "slot": _("Calendar invitation"),
    "your_link": _("Link to their places"),
    "your_tickets": _("Tickets sent again"),
    "new_address": _("Check of a new address"),
    "contact_changed": _("Address changed"),
    "your_changes": _("Change of the day"),
    "you_cancelled": _("Places given back"),
    "place_given": _("A place is theirs"),
    "place_offered": _("A place is offered"),
    "offer_ended": _("Offer over"),
    "come": _("Come, places are given at the stand"),
    "prove": _("Confirm the address"),
    "reminder": _("Reminder two days before"),
    "morning": _("Reminder on the morning"),
    "declined": _("Question after a calendar said no"),
    "bulletin": _("Message to a group"),
    "staff_invitation": _("Invitation of a colleague"),
    "staff_password": _("New password"),
    "hall_request": _("Request for a hall"),
    "hall_reminder": _("Reminder for a hall"),
    "hall_outcome": _("Outcome for a hall"),
    "stand_invitation": _("Invitation of an exhibitor"),
    "stand_programme": _("Programme of an exhibitor"),
    "stand_review": _("Workshop to read again"),
    "stand_contacts": _("Contacts of people who agreed"),
    "stand_changes": _("Change for an exhibitor"),
    "invitation": _("Invitation by an agency"),
    "adviser_news": _("News for an adviser"),
    "adviser_digest": _("Morning summary of an adviser"),
    "adviser_absences": _("Absences, to an adviser"),
    "thank_you": _("Thanks, the day after"),
    "missed_you": _("Other dates for who was missed"),
    "next_days": _("News of the next days"),
}
"""Every kind of message that the code sends."""
STATES = {
    "queued": _("waits"),
    "sending": _("is leaving"),
    "sent": _("has left"),
    "carried": _("told in another message"),
    "superseded": _("nothing left to tell"),
    "expired": _("came too late to be useful"),
    "failed": _("did not arrive"),
}
FAILURES = {
    Failure.UNKNOWN_ADDRESS: _("The address does not exist"),
    Failure.FULL: _("The mailbox is full"),
    Failure.REFUSED: _("Their server refuses the message"),
    Failure.SUPPRESSED: _("The address had been given up"),
    Failure.UNREACHABLE: _("The server could not be reached"),
    Failure.OTHER: _("Another cause"),
}
OUTCOMES = {
    "accepted": _("Calendars that say yes"),
    "asked": _("Calendars that say no: the person is asked"),
    "declined": _("Calendars that say no"),
    "released": _("Calendars that say no: the place is given back"),
    "failed": _("Messages that came back"),
    "suppressed": _("Messages that came back from a dead address"),
    "nothing": _("Nothing to do"),
    "outdated": _("Answers to something older"),
    "repeated": _("Copies"),
    "unknown": _("Not understood: set aside in the mailbox"),
    "faulty": _("Not understood: set aside in the mailbox"),
    "too_large": _("Too large: set aside in the mailbox"),
    "unreadable": _("Not readable: set aside in the mailbox"),
}
"""What became of mail that came in, by `inbound.outcome`."""


__all__ = ["FAILURES", "KINDS", "OUTCOMES", "STATES", "failure_of", "why"]


def why(message: Mapping[str, Any]) -> str:
    """Why a message did not arrive, or waits after a try; an English msgid."""
    return FAILURES[failure_of(message["last_cause"])]
