"""What the sheet of a person says: places, messages, why they are to be called. Never what is in a message."""

from collections.abc import Callable
from typing import Any

from workshops.calls import WHY
from workshops.i18n import _, hour, long_date, short_date, translate
from workshops.mail import Kind
from workshops.routes.office.message_words import KINDS as ALL_KINDS

Row = dict[str, Any]
KINDS = ALL_KINDS | {
    Kind.YOUR_PLACES.value: _("Ticket and places"),
    Kind.YOUR_LINK.value: _("Link to their places"),
    Kind.YOUR_TICKETS.value: _("All tickets, asked for again"),
    Kind.YOUR_CHANGES.value: _("Change of the programme"),
    Kind.PLACE_GIVEN.value: _("A place from the waiting list"),
    Kind.PLACE_OFFERED.value: _("A place offered"),
    Kind.OFFER_ENDED.value: _("Offer ended"),
    Kind.COME.value: _("Come: places are given at the stand"),
    Kind.PROVE.value: _("Places to confirm with one tap"),
    Kind.REMINDER.value: _("Reminder two days before"),
    Kind.MORNING.value: _("Reminder on the morning"),
    Kind.BULLETIN.value: _("Your message"),
}
STATES = {
    "queued": _("Leaves soon"),
    "sending": _("Leaving"),
    "sent": _("Sent"),
    "carried": _("Sent with another message"),
    "superseded": _("Replaced by a newer one"),
    "expired": _("Not sent: too late"),
    "failed": _("Did not arrive"),
}
DONE = {
    "booked": _("The places are booked"),
    "added": _("The places are added"),
    "moved": _("The place is moved"),
    "waits": _("The person waits for the other slot and keeps the place they have"),
    "cancelled": _("The place is given back"),
    "accepted": _("The place is theirs"),
    "refused": _("The place goes to the next person"),
    "offer_ended": _("This place was no longer kept for them"),
    "offer_stays": _("The other place has begun: it cannot be exchanged any more"),
    "confirmed": _("The places are confirmed"),
    "corrected": _("The name and the contact are written down"),
    "sent": _("The ticket leaves within a minute"),
    "replaced": _("The old ticket is void, the new one leaves within a minute"),
    "replaced_unsent": _("The old ticket is void: print the new one"),
    "called": _("Ticked off"),
    "referenced": _("Your reference is written down"),
}
"""What an address may say was just done."""


def place_state(place: Row) -> str:
    """good, wait or no."""
    if place["status"] == "cancelled" or "cancelled" in (place["session_status"], place["workshop_status"]):
        return "no"
    return "good" if place["status"] == "confirmed" and not place["must_choose"] else "wait"


def place_words(place: Row, locale: str, zone: str) -> str:
    """What a place is worth: booked, waiting behind two, offered until 14:00, to choose, given back on a day."""
    say, status = _sayer(locale), place["status"]
    if status == "cancelled":
        at = place["cancelled_at"]
        day, moment = short_date(at, locale, zone), hour(at, locale, zone)
        return say(_("Given back on %(day)s at %(hour)s"), day=day, hour=moment)
    if "cancelled" in (place["session_status"], place["workshop_status"]):
        return say(_("The slot does not take place"))
    if status == "offered" and place["offer"] == "proof":
        return say(_("To be confirmed before %(hour)s"), hour=hour(place["offered_until"], locale, zone))
    if status == "offered":
        until = place["offered_until"]
        return say(
            _("Offered until %(day)s, %(hour)s"), day=short_date(until, locale, zone), hour=hour(until, locale, zone)
        )
    if status == "waiting":
        return say(_("Waiting list, %(ahead)s before them"), ahead=place["ahead"])
    if place["must_choose"]:
        return say(_("Booked, at the same time as another: they must choose"))
    if place["declined_at"]:
        return say(_("Booked; their calendar said no on %(day)s"), day=short_date(place["declined_at"], locale, zone))
    return say(_("Booked"))


def message_words(message: Row, locale: str, zone: str) -> tuple[str, str]:
    """What was sent, and how it went: kind and state, the day and the hour of it."""
    say, at = _sayer(locale), message["sent_at"] or message["created_at"]
    what = say(KINDS.get(message["kind"], message["kind"]))
    if message["subject"]:
        what = f"{what}: {message['subject']}"
    state = say(STATES.get(message["state"], message["state"]))
    if message["state"] == "queued" and message["not_before"]:
        return what, state
    return what, f"{state}, {long_date(at, locale, zone)}, {hour(at, locale, zone)}"


def why_called(person: Row, locale: str) -> str:
    """Why somebody stands on the list to call."""
    return translate(locale, WHY.get(person["called_for"], str(person["called_for"])))


def _sayer(locale: str) -> Callable[..., str]:
    def say(message: str, **values: object) -> str:
        return translate(locale, message, values)

    return say
